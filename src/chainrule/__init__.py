"""Chainrule: a neural network library that shows its work.

Names as in Keras: `chainrule.Sequential`, `chainrule.layers.Dense`, `chainrule.datasets.mnist.load_data()`.
Everything is imported when it is first used, so that `import chainrule` costs next to nothing.
ARCHITECTURE.md lists the modules and what each is for.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_MODULES = (
    "activations", "arrays", "backend", "backprop", "callbacks", "constraints", "datasets", "diagnosis", "distribution", "errors", "explain", "files", "images",
    "inference", "initializers", "landscapes", "layers", "lessons", "losses", "metrics", "models", "ops", "optimizers", "plots", "preprocessing", "recording",
    "regularizers", "report", "runs", "saving", "training", "utils", "wrappers",
)  # fmt: skip
_NAMES = {
    "Sequential": "chainrule.models",
    "Model": "chainrule.models",
    "RunRecorder": "chainrule.recording",
    "load": "chainrule.inference.asking",
    "open_run": "chainrule.recording",
    "Input": "chainrule.layers",
    "InputSpec": "chainrule.layers",  # these as `keras` itself has them, too
    "Layer": "chainrule.layers",
    "Loss": "chainrule.losses",
    "Metric": "chainrule.metrics",
    "Optimizer": "chainrule.optimizers",
    "Initializer": "chainrule.initializers",
    "Scaled": "chainrule.engine.examples",
}
_RENAMED = {  # names of version 0.1: they still work, with a warning, for one release
    "Record": ("chainrule.recording", "RunRecorder"),
    "rates": ("chainrule.training.learning_rates", None),
    "recipes": ("chainrule.training.recipes", None),
    "reruns": ("chainrule.recording.resume", None),
}

__all__ = [  # noqa: PLE0604
    "Input", "Model", "RunRecorder", "Scaled", "Sequential", "__version__", "load", "open_run", *_MODULES,
]  # fmt: skip

if TYPE_CHECKING:
    from chainrule import (  # noqa: F401, I001
        activations, arrays, backend, backprop, callbacks, constraints, datasets, diagnosis, distribution, errors, explain, files, images, inference,
        initializers, landscapes, layers, lessons, losses, metrics, models, ops, optimizers, plots, preprocessing, recording, regularizers, report,
        runs, saving, training, utils, wrappers,
    )  # fmt: skip
    from chainrule.engine.examples import Scaled
    from chainrule.inference.asking import load
    from chainrule.initializers import Initializer  # noqa: F401
    from chainrule.layers import Input, InputSpec, Layer  # noqa: F401
    from chainrule.losses import Loss  # noqa: F401
    from chainrule.metrics import Metric  # noqa: F401
    from chainrule.optimizers import Optimizer  # noqa: F401
    from chainrule.models import Model, Sequential
    from chainrule.recording import RunRecorder, open_run


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"chainrule.{name}")
    if name == "random":
        return importlib.import_module("chainrule.ops.random")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    if name in _RENAMED:
        return _renamed(name)
    from chainrule.internal.absent import missing

    raise missing("", name, [*_MODULES, *_NAMES], sys._getframe(1))  # noqa: SLF001


def _renamed(name: str) -> Any:
    import warnings

    module, new = _RENAMED[name]
    today = f"{module}.{new}" if new else module
    warnings.warn(
        f"chainrule.{name} is now {today}; the old name goes in version 0.3.",
        DeprecationWarning,
        stacklevel=3,
    )
    found = importlib.import_module(module)
    return getattr(found, new) if new else found


def __dir__() -> list[str]:
    return sorted(__all__)
