"""The optimizers, under Keras's names. `schedules` holds learning rates that change."""

from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, unknown
from chainrule.internal import absent
from chainrule.internal.custom_objects import custom_object_scope, find
from chainrule.optimizers import schedules
from chainrule.optimizers.adadelta import Adadelta, Adamax
from chainrule.optimizers.adam import Adam, AdamW, Nadam
from chainrule.optimizers.base import Optimizer
from chainrule.optimizers.ranges import check_ranges
from chainrule.optimizers.rmsprop import Adagrad, RMSprop
from chainrule.optimizers.sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "Nadam", "Optimizer", "RMSprop", "deserialize", "get", "schedules",
    "serialize",
]  # fmt: skip

CLASSES: dict[str, type[Optimizer]] = {
    kind.__name__: kind for kind in (SGD, RMSprop, Adadelta, Adagrad, Adam, AdamW, Adamax, Nadam)
}


def get(identifier: object) -> Optimizer:
    """An optimizer given as itself, by name, or as a stored {"class_name", "config"}.

    >>> get("adam").learning_rate
    0.001
    """
    if isinstance(identifier, Optimizer):
        check_ranges(type(identifier).__name__, vars(identifier))
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Optimizer):
        return identifier()  # type: ignore[call-arg]
    name: object = identifier
    settings: dict[str, Any] = {}
    if isinstance(identifier, dict):
        name, settings = schedules.stored(identifier)
    lower = {key.lower(): kind for key, kind in CLASSES.items()}
    kind = lower.get(str(name).lower()) or find(str(name))
    if kind is None:
        raise unknown("optimizer", name, lower)
    try:
        made = kind(**settings)
        check_ranges(type(made).__name__, vars(made))
        return made
    except TypeError as problem:
        raise SettingError(f"The optimizer {name} cannot be built from its settings: {problem}.") from None


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """How an optimizer is written to a file."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
    """An optimizer from its stored form."""
    with custom_object_scope(custom_objects or {}):
        return get(config)


if not TYPE_CHECKING:
    __getattr__ = absent.refusing("optimizers", __all__)
