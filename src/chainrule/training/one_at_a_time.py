"""A model learns in one thread at a time: of two, each would write over the steps of the other."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from chainrule.errors import SettingError

_learning: WeakKeyDictionary[Any, threading.Thread] = WeakKeyDictionary()  # layers and optimizers
_lock = threading.Lock()


@contextmanager
def alone(model: Any) -> Iterator[None]:
    """While this is open, no other thread may let the model learn, nor another model with one of its layers.

    The same thread may: a callback's own `fit` comes between two epochs.
    """
    here = threading.current_thread()
    with _lock:
        check(model)
        mine = [part for part in parts(model) if _learning.get(part) is not here]
        for part in mine:
            _learning[part] = here
    try:
        yield
    finally:
        with _lock:
            for part in mine:
                if _learning.get(part) is here:
                    del _learning[part]


def check(model: Any) -> None:
    """SettingError where a model, or one of its layers, is learning in another thread."""
    here = threading.current_thread()
    for part in parts(model):
        other = _learning.get(part)
        if other is not None and other is not here and other.is_alive():
            raise SettingError(
                f"The model {model.name!r} is learning in another thread ({other.name}); two at once would lose each "
                "other's steps. Wait until it is done, or let the other one learn a copy (models.clone_model)."
            )


def parts(model: Any) -> list[Any]:
    """What learning changes: the layers with weights, and the optimizer."""
    return [*model.flat_layers, *([] if model.optimizer is None else [model.optimizer])]
