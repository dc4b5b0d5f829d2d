"""Files of models under any name: earlier years saved "mnist.model", "weights.best" or "my_model", and Keras 3 refuses those."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chainrule.keras_names.notes import Notes


def install(notes: Notes) -> None:
    """Lets the models of this process be saved under any name."""
    from chainrule import files
    from chainrule.callbacks import ModelCheckpoint

    ModelCheckpoint.endings = {True: ("",), False: ("",)}
    files.save = under_any_name(files.save, ".h5", notes)
    files.save_weights = under_any_name(files.save_weights, ".weights.h5", notes)


def under_any_name(original: Callable[..., Any], suffix: str, notes: Notes) -> Callable[..., Any]:
    """A function that writes a file, for names with another ending, too: it writes HDF5 there, as Keras 1 and 2 did."""

    @functools.wraps(original)
    def save(where: Any, model: Any, **settings: Any) -> Any:
        name = os.fspath(where)
        if name.lower().endswith((".keras", ".h5", ".hdf5")):
            return original(where, model, **settings)
        notes.say(f"Names of such files end in {suffix} today; under other names HDF5 is written here.")
        beside = f"{name}{suffix}"
        if Path(beside).exists():
            beside = f"{name}.{os.getpid()}{suffix}"
        size = original(beside, model, **settings)
        Path(beside).replace(name)
        return size

    return save
