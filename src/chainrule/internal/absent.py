"""What to say about a name that is not here: whether Keras has it, and what to use instead.

A module under one of Keras's names ends with `__getattr__ = absent.refusing("layers", __all__)`, so that both
`layers.Foo` and `from chainrule.layers import Foo` end in one sentence. `absent_names.txt` lists the names of Keras
3.15; what Chainrule has is never looked up there.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

from chainrule.errors import AbsentImportError, AbsentNameError, nearest
from chainrule.internal.instead import FOR_KINDS

# What to use instead, by the full name in Keras or by the module it is in.
INSTEAD = FOR_KINDS | {
    "applications": "chainrule.pretrained lists the networks that come with Chainrule",
    "backend.function": "Model(inputs, layer.output).predict computes what it did",
    "backend.get_session": "there is no session: everything is computed at once",
    "backend.gradients": "derivatives are written out here; chainrule explain shows every one",
    "backend.learning_phase": "layers are told by training=",
    "backend.placeholder": "Input(shape=...)",
    "backend.rnn": "the recurrent layers",
    "backend.set_learning_phase": "layers are told by training=",
    "backend.set_session": "there is no session: leave it out",
    "config": "chainrule.backend has epsilon, floatx and image_data_format",
    "distillation": "train the small model on the large one's predictions: fit(x, teacher.predict(x))",
    "distribution": "DataParallel, which shares every batch out to the processes",
    "dtype_policies": "all layers work in float32",
    "export": "model.save('model.keras') writes a file that Keras opens",
    "layers.FlaxLayer": "write a Layer with forward and backward",
    "layers.JaxLayer": "write a Layer with forward and backward",
    "layers.TFSMLayer": "load a .keras or .h5 file with load_model",
    "layers.TorchModuleWrapper": "write a Layer with forward and backward",
    "mixed_precision": "all layers work in float32",
    "models.Functional": "Model(inputs, outputs)",
    "quantizers": "all layers work in float32",
    "tree": "plain lists and dicts are enough here",
    "utils.FeatureSpace": "datasets.load('table.csv') prepares a table's columns",
    "utils.audio_dataset_from_directory": "read the sounds with another package and pass arrays",
    "utils.model_to_dot": "utils.plot_model(model, 'model.svg') draws it",
    "visualization": "chainrule.plots draws pictures of runs and models",
}

# Names of Chainrule's own that are looked for where Keras keeps things of their kind.
ELSEWHERE = {
    "callbacks.Doctor": "chainrule.diagnosis.Doctor",
    "callbacks.RunRecorder": "chainrule.RunRecorder",
}


def refusing(module: str, known: Iterable[str]) -> Callable[[str], NoReturn]:
    """A module's `__getattr__`. module: its name without "chainrule.", "" for the package itself.

    What it raises is an AttributeError, so that `hasattr` answers False, or for `from ... import` an ImportError.
    """

    def refuse(name: str) -> NoReturn:
        raise missing(module, name, known, sys._getframe(1))  # noqa: SLF001

    return refuse


def missing(module: str, name: str, known: Iterable[str], frame: Any = None) -> Exception:
    """The error for a name that a module does not have. frame: of the code that asked for it.

    >>> print(missing("layers", "TFSMLayer", ["Dense"]))
    Keras's layers.TFSMLayer is not part of Chainrule; instead: load a .keras or .h5 file with load_model.
    >>> print(missing("layers", "Dens", ["Dense"]))
    chainrule.layers has nothing called 'Dens'. Did you mean 'Dense'?
    """
    if name.startswith("__"):  # asked by Python itself
        return AttributeError(f"module 'chainrule.{module}' has no attribute {name!r}")
    kind = AbsentImportError if is_imported(frame) else AbsentNameError
    return kind(sentence(module, name, known))


def sentence(module: str, name: str, known: Iterable[str]) -> str:
    """What is said about the missing name."""
    full = f"{module}.{name}" if module else name
    guess = nearest(name, known)
    if name in keras_names(module) or full in INSTEAD:
        instead = way_out(full) or (f"the nearest is {guess}" if guess else "")
        return f"Keras's {full} is not part of Chainrule" + (f"; instead: {instead}." if instead else ".")
    here = f"chainrule.{module}" if module else "chainrule"
    if full in ELSEWHERE:
        return f"{here} has nothing called {name!r}: it is {ELSEWHERE[full]}."
    return f"{here} has nothing called {name!r}." + (f" Did you mean {guess!r}?" if guess else "")


def way_out(full: str) -> str:
    """What to use instead of a name of Keras; "" where there is nothing to say.

    >>> way_out("mixed_precision.Policy")
    'all layers work in float32'
    """
    parts = full.split(".")
    return next(
        (INSTEAD[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in INSTEAD), ""
    )


def keras_names(module: str) -> frozenset[str]:
    """The public names of one of Keras's modules, "" for `keras` itself.

    >>> "LSTM" in keras_names("layers"), "layers" in keras_names("")
    (True, True)
    """
    if not _NAMES:
        lines = Path(__file__).with_name("absent_names.txt").read_text(encoding="utf-8").splitlines()
        for line in lines[1:]:
            place, _, names = line.partition(": ")
            _NAMES["" if place == "keras" else place] = frozenset(names.split())
    return _NAMES.get(module, frozenset())


_NAMES: dict[str, frozenset[str]] = {}


def is_imported(frame: Any) -> bool:
    """Whether a frame is at `from module import name`, where Python would put its own words for an AttributeError's."""
    import dis

    return (
        frame is not None
        and frame.f_lasti >= 0
        and dis.opname[frame.f_code.co_code[frame.f_lasti]] == "IMPORT_FROM"
    )
