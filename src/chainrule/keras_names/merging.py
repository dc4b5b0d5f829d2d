"""Keras 1's `merge` and `Merge`: one function and one layer for all ways to join outputs, also of whole models."""

from typing import Any

from chainrule import layers as today
from chainrule.errors import SettingError
from chainrule.models import Functional, Sequential

MERGES = {
    "sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot", "cos": "Dot",
}  # fmt: skip


def merge(
    inputs: Any, mode: str = "sum", concat_axis: int = -1, dot_axes: Any = -1, name: str | None = None, **more: Any
) -> Any:  # fmt: skip
    """Keras 1's one function for all ways to join outputs of layers.

    >>> merge([today.Input((2,)), today.Input((3,))], mode="concat").shape
    (None, 5)
    """
    if mode not in MERGES:
        raise SettingError(f"merge: mode must be one of {', '.join(MERGES)}; it got {mode!r}.")
    settings = {
        "concat": {"axis": concat_axis},
        "dot": {"axes": dot_axes},
        "cos": {"axes": dot_axes, "normalize": True},
    }.get(mode, {})
    return getattr(today, MERGES[mode])(name=name, **settings)(inputs)


class Merge:
    """Keras 1's layer for `merge`: called with values, or with models as a Sequential's first layer.

    >>> Merge(mode="mul")([today.Input((3,)), today.Input((3,))]).shape
    (None, 3)
    """

    def __init__(
        self, layers: Any = None, mode: str = "sum", concat_axis: int = -1, dot_axes: Any = -1, name: str | None = None, **more: Any
    ) -> None:  # fmt: skip
        self.models = list(layers or ())
        self.settings = {"mode": mode, "concat_axis": concat_axis, "dot_axes": dot_axes, "name": name}

    def __call__(self, values: Any) -> Any:
        return merge(values, **self.settings)


class Joined(Functional):
    """A Sequential that began with Merge([left, right]): a network of several inputs that still grows by `add`."""

    def add(self, layer: Any) -> None:
        """Puts a layer on top."""
        if isinstance(layer, Merge):
            raise SettingError("Merge of models can only come first in a Sequential.")
        Functional.__init__(self, self.inputs, layer(self.outputs[0]), name=self.name)


def begin_with(model: Any, join: Merge) -> None:
    """Makes an empty Sequential the network of several inputs that a Merge of models begins."""
    if model.layers or model.input_layer is not None:
        raise SettingError("Merge of models can only come first in a Sequential.")
    inputs, outputs = [], []
    for branch in join.models:
        if not isinstance(branch, (Sequential, Functional)) or branch.input_shape is None:
            raise SettingError(
                "Merge([left, right]) joins models whose first layer says its input_shape=; it got "
                f"{branch!r}."
            )
        given = [today.Input(tuple(value.shape[1:])) for value in branch.inputs]
        outputs.append(branch(given if len(given) > 1 else given[0]))
        inputs.extend(given)
    name = model.name
    vars(model).clear()
    model.__class__ = Joined
    Functional.__init__(model, inputs, join(outputs), name=name)


def install() -> None:
    """Lets a Sequential begin with a Merge of models."""
    add = Sequential.add

    def added(self: Any, layer: Any) -> None:
        begin_with(self, layer) if isinstance(layer, Merge) and layer.models else add(self, layer)

    added.__doc__ = add.__doc__
    Sequential.add = added  # type: ignore[method-assign]
