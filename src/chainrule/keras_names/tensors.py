"""What models, layers, losses and optimizers give answers `.numpy()`, as in TensorFlow; a weight has a name and a rate can be set."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.internal.own_classes import is_ours
from chainrule.ops.tensor import tensor


class Rate(float):
    """A learning rate that can be set where it is read: K.set_value(model.optimizer.lr, 0.01), .assign(0.01), .numpy()."""

    owner: Any = None

    def assign(self, value: float) -> None:
        """Sets the optimizer's rate; where it falls as decay= said, that from which it falls."""
        schedule = type(self).of(self.owner)
        if schedule is None:
            self.owner.learning_rate = float(value)
        else:
            self.owner.learning_rate = type(schedule)(
                **schedule.get_config() | {"initial_learning_rate": float(value)}
            )

    @staticmethod
    def of(optimizer: Any) -> Any:
        """The schedule that stands for decay=, if the optimizer has one."""
        rate = optimizer._learning_rate  # noqa: SLF001
        return rate if type(rate).__name__ == "InverseTimeDecay" else None

    def numpy(self) -> np.float32:
        """The number as NumPy has it."""
        return np.float32(self)


def install() -> None:
    """model(x).numpy(), loss(y, p).numpy(), metric.result().numpy(), optimizer.learning_rate.numpy() and .lr."""
    from chainrule import layers, losses, metrics, models, optimizers
    from chainrule.layers.lookup import Preparing

    kinds = [
        models.Model,
        models.Sequential,
        layers.Layer,
        Preparing,
        layers.Softmax,
        losses.Loss,
        metrics.Metric,
    ]
    for kind in {owner for k in kinds for owner in k.__mro__ if "__call__" in vars(owner) and is_ours(owner)}:
        kind.__call__ = giving_tensors(kind.__call__)
    layers.Layer.__getattr__ = giving_tensors(layers.Layer.__getattr__)  # type: ignore[method-assign]
    for owner, names in (
        (layers.Normalization, ("mean", "variance")),
        (layers.Dense, ("kernel", "bias")),
    ):
        for name in names:
            setattr(owner, name, property(giving_tensors(getattr(owner, name).fget)))
    for name in WEIGHTS:
        for owner in (layers.Layer, models.Model):
            setattr(owner, name, property(with_names(getattr(owner, name).fget, name)))
    settable: Any = optimizers.Optimizer.learning_rate

    def read(self: Any) -> Any:
        rate = settable.fget(self)
        if type(rate) is not float:
            return rate
        found = Rate(rate)
        found.owner = self
        return found

    def rate(self: Any) -> Any:
        if (schedule := Rate.of(self)) is None:
            return read(self)
        found = Rate(schedule.initial_learning_rate)
        found.owner = self
        return found

    def set_rate(self: Any, value: Any) -> None:
        rate(self).assign(value) if Rate.of(self) else settable.fset(self, value)

    kind: Any = optimizers.Optimizer
    kind.learning_rate, kind.lr = property(read, settable.fset), property(rate, set_rate)


WEIGHTS = (
    "weights", "trainable_weights", "non_trainable_weights", "variables", "trainable_variables", "non_trainable_variables",
)  # fmt: skip


def with_names(original: Callable[..., Any], which: str) -> Callable[..., Any]:
    """A list of weights, each with the name that it has in its layer (kernel) and its path (dense/kernel)."""

    def weights(self: Any) -> Any:
        found = [tensor(weight) for weight in original(self)]
        names = paths_of(self, which)
        if len(names) == len(found):
            for weight, path in zip(found, names, strict=True):
                weight.path, weight.name = path, path.rpartition("/")[2]
        return found

    return weights


def paths_of(owner: Any, which: str) -> list[str]:
    """The paths of a layer's or model's weights, in the order of its list."""
    if hasattr(owner, "layers"):
        return [path for layer in owner.layers for path in paths_of(layer, which)]
    held = [name for name in owner.weight_names if name in owner.params]
    learning = [name for name in held if name not in owner.non_trainable_names and owner.trainable]
    if which.startswith("trainable"):
        held = learning
    elif which.startswith("non_trainable"):
        held = [name for name in held if name not in learning]
    return [f"{owner.name}/{name}" for name in held]


def giving_tensors(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose arrays and numbers of NumPy also answer .numpy()."""

    @functools.wraps(original)
    def call(self: Any, *arguments: Any, **settings: Any) -> Any:
        result = original(self, *arguments, **settings)
        return tensor(result) if isinstance(result, (np.ndarray, np.generic, float, list)) else result

    return call
