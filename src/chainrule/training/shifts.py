"""Pictures moved by a pixel or two, anew at every step: a digit is the same digit a little to the left.

It stands before the network while a model learns, and is left out of everything else. Its randomness is the step's noise,
so a run with it can be replayed like any other.
"""

from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape


class Shifts(Layer):
    """Each picture moved up or down and left or right by 0 to `pixels`; what comes in at an edge is 0.

    Pictures (batch, height, width) or (batch, height, width, channels).

    >>> import numpy as np
    >>> moved = Shifts(1).forward({}, np.ones((5, 4, 4), np.float32), Context(True, lambda shape: np.zeros(shape)))[0]
    >>> moved[0]                                  # noise of 0: by one pixel to the lower right
    array([[0., 0., 0., 0.],
           [0., 1., 1., 1.],
           [0., 1., 1., 1.],
           [0., 1., 1., 1.]], dtype=float32)
    """

    def __init__(self, pixels: int = 1, **settings: Any) -> None:
        super().__init__(**settings)
        if not isinstance(pixels, int) or isinstance(pixels, bool) or pixels < 1:
            raise SettingError(f"Shifts takes a whole number of pixels, 1 or more; it got {pixels!r}.")
        self.pixels = pixels

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        if x.ndim not in (3, 4):
            raise ShapeError(
                f"Shifts moves pictures (height, width, ...); it got examples of shape {tuple(x.shape[1:])}."
            )
        xp, n = namespace(x), x.shape[0]
        by = (context.noise((n, 2)) * (2 * self.pixels + 1)).astype(xp.int32)  # 0 .. 2 · pixels
        for axis in (1, 2):
            x = self.moved(x, axis, by[:, axis - 1].reshape(n, *[1] * (x.ndim - 1)))
        return x, None

    def moved(self, x: Array, axis: int, by: Array) -> Array:
        """The pictures, each moved along an axis as `by` says: 0 by `pixels` towards its end, 2 · pixels towards its beginning."""
        xp, size = namespace(x), x.shape[axis]
        margins = [(0, 0)] * x.ndim
        margins[axis] = (self.pixels, self.pixels)
        framed = xp.pad(x, margins)
        y = x
        for start in range(2 * self.pixels + 1):
            place = (slice(None),) * axis + (slice(start, start + size),)
            y = xp.where(by == start, framed[place], y)
        return y

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy  # nothing below it learns, so nobody asks

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"pixels": self.pixels}
