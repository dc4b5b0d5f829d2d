"""Concatenate: inputs side by side along one axis."""

from itertools import accumulate, pairwise
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import ShapeError
from chainrule.internal.number_settings import whole_setting
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.merging import shapes_of
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import axis_of


class Concatenate(Layer):
    """Inputs side by side along an axis, by default the last.   (batch, m), (batch, n) -> (batch, m + n)

    >>> import numpy as np; Concatenate().forward({}, (np.array([[1., 2.]]), np.array([[3.]])))[0]
    array([[1., 2., 3.]])
    """

    def __init__(self, axis: int = -1, **settings: Any) -> None:
        super().__init__(**settings)
        self.axis = whole_setting("Concatenate", "axis", axis)

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        axis = axis_of(self.label, self.axis, x[0].ndim)
        return namespace(x[0]).concat(list(x), axis=axis), (axis, [one.shape[axis] for one in x])

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        axis, sizes = cache
        ahead = (slice(None),) * axis
        borders = pairwise(accumulate(sizes, initial=0))
        return tuple(
            dy[(*ahead, slice(start, stop))] for start, stop in borders
        )  # to each input its own part

    def next_mask(self, x: Any, mask: Any) -> Any:
        """Where any number counts, one of an input without a mask always; none where no input has a mask, as in Keras."""
        if not isinstance(mask, tuple) or all(one is None for one in mask):
            return None
        xp = namespace(x[0])
        wide = [
            xp.ones(one.shape, bool) if m is None
            else m if m.ndim == one.ndim else xp.broadcast_to(m[..., None], one.shape)
            for one, m in zip(x, mask, strict=True)
        ]  # fmt: skip
        return xp.concat(wide, axis=axis_of(self.label, self.axis, x[0].ndim)).any(axis=-1)

    def output_shape_for(self, input_shape: Any) -> Shape:
        shapes = shapes_of(self.label, input_shape)
        axis = axis_of(self.label, self.axis, len(shapes[0]) + 1) - 1
        if len({(len(s), *s[:axis], *s[axis + 1 :]) for s in shapes}) > 1:
            raise ShapeError(
                f"{self.label} takes inputs that differ in axis {self.axis} alone; it got "
                f"{' and '.join(map(str, shapes))}."
            )
        return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"axis": self.axis}
