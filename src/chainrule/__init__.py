"""Chainrule: a neural network library that shows its work.

Names as in Keras: `chainrule.Sequential`, `chainrule.layers.Dense`, `chainrule.datasets.mnist.load_data()`.
Everything is imported when it is first used, so that `import chainrule` costs next to nothing.

    arrays errors                                                 floor 0
    activations initializers regularizers layers losses metrics
    optimizers backprop  (the network)                            floor 1
    datasets images files  (data and formats)                     floor 1
    models training callbacks engines ...                         floor 2
    explain  (one learning step with every number)                floor 3
    plots landscapes  (pictures)                                  floor 3
    report  (a run as one page)                                   floor 3
    cli                                                           floor 4
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MODULES = (
    "activations", "arrays", "backend", "backprop", "callbacks", "datasets", "diagnosis", "errors", "explain", "files", "images",
    "initializers", "landscapes", "layers", "losses", "metrics", "models", "ops", "optimizers", "plots", "preprocessing", "rates", "recipes", "regularizers",
    "report", "reruns", "runs", "saving", "utils",
)  # fmt: skip
_NAMES = {
    "Sequential": "chainrule.models",
    "Model": "chainrule.models",
    "Record": "chainrule.recording",
    "open_run": "chainrule.reruns",
    "Input": "chainrule.layers",
    "Scaled": "chainrule.examples",
}

__all__ = ["Input", "Model", "Record", "Scaled", "Sequential", "__version__", "open_run", *_MODULES]  # noqa: PLE0604

if TYPE_CHECKING:
    from chainrule import (  # noqa: F401, I001
        activations, arrays, backend, backprop, callbacks, datasets, diagnosis, errors, explain, files, images, initializers, landscapes,
        layers, losses, metrics, models, ops, optimizers, plots, preprocessing, rates, recipes, regularizers, report, reruns, runs, saving, utils,
    )  # fmt: skip
    from chainrule.examples import Scaled
    from chainrule.layers import Input
    from chainrule.models import Model, Sequential
    from chainrule.recording import Record
    from chainrule.reruns import open_run


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"chainrule.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from chainrule.absent import missing

    raise missing("", name, [*_MODULES, *_NAMES], sys._getframe(1))  # noqa: SLF001


def __dir__() -> list[str]:
    return sorted(__all__)
