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
    without_formats(notes)


def without_formats(notes: Notes) -> None:
    """save_format= said until Keras 3 what the file's name says today; load_weights answered with something to ask."""
    from chainrule.models.model import Model

    for name in ("save", "save_weights"):
        original = getattr(Model, name)

        @functools.wraps(original)
        def save(
            self: Any, *given: Any, save_format: Any = None, original: Any = original, **settings: Any
        ) -> Any:
            if save_format is not None:
                notes.say(f"{original.__name__}: save_format= is left out: the file's name says it today.")
            return original(self, *given, **settings)

        setattr(Model, name, save)
    load: Any = Model.load_weights

    @functools.wraps(load)
    def load_weights(self: Any, *given: Any, **settings: Any) -> "Loaded":
        load(self, *given, **settings)
        return Loaded()

    Model.load_weights = load_weights  # type: ignore[method-assign]


class Loaded:
    """What TensorFlow's load_weights answered with; here all weights are checked while they are read."""

    def expect_partial(self) -> "Loaded":
        """Nothing is left to say."""
        return self

    assert_consumed = assert_existing_objects_matched = expect_partial


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
