"""Pictures as another camera would have taken them: moved, turned, nearer or farther, mirrored, lighter or darker, anew at every step.

It is a node at the beginning of the network while it learns, and is left out of everything else. Its randomness is the step's
noise, so a run with it can be replayed like any other.
"""

import math
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape

NUMBERS = 12  # for each picture


class PictureAugmentation(Layer):
    """Pictures (batch, height, width) or (batch, height, width, channels), each changed a little.

    shift: share of a side.  rotation: degrees.  scale: share.  flip: whether left and right may change places.
    brightness, contrast, colour: shares.  clean: the share of pictures left as they are.  limits: between which their
    numbers lie, and stay. What comes in from outside the picture is its edge, drawn out.

    >>> import numpy as np
    >>> PictureAugmentation().forward({}, np.ones((2, 8, 8, 3), np.float32))[0].shape      # when predicting: unchanged
    (2, 8, 8, 3)
    """

    def __init__(
        self, shift: float = 0.15, rotation: float = 20.0, scale: float = 0.25, flip: bool = False, brightness: float = 0.2,
        contrast: float = 0.4, colour: float = 0.3, clean: float = 0.05,
        limits: tuple[float, float] = (0.0, 1.0), **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        self.settings = {
            "shift": shift, "rotation": rotation, "scale": scale, "flip": flip, "brightness": brightness,
            "contrast": contrast, "colour": colour, "clean": clean,
        }  # fmt: skip
        self.limits = (float(limits[0]), float(limits[1]))

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        if x.ndim not in (3, 4):
            raise ShapeError(f"Pictures have height and width; examples of shape {tuple(x.shape[1:])} came.")
        pictures = x if x.ndim == 4 else x[..., None]
        drawn = context.noise((x.shape[0], NUMBERS))
        u = (2 * drawn - 1).T[..., None, None]  # -1..1: one number for each picture and kind of change
        changed = self.shaded(sampled(pictures, *self.places(u, pictures.shape)), u)
        clean = (drawn[:, 0] < self.settings["clean"])[:, None, None, None]
        return namespace(x).where(clean, pictures, changed).reshape(x.shape), None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy  # nothing below the first link learns, so nobody asks

    def places(self, u: Array, shape: tuple[int, ...]) -> tuple[Array, Array]:
        """Where in the old picture each pixel of the new one looks: rows and columns, (n, height, width)."""
        xp, s = namespace(u), self.settings
        _, tall, wide, _ = shape
        row = xp.arange(tall, dtype=u.dtype)[None, :, None] - (tall - 1) / 2
        column = xp.arange(wide, dtype=u.dtype)[None, None, :] - (wide - 1) / 2
        if s["flip"]:
            column = xp.where(u[1] > 0, -column, column)
        angle, size = u[2] * math.radians(s["rotation"]), xp.exp(u[3] * s["scale"])
        down = size * (xp.cos(angle) * row - xp.sin(angle) * column) + u[4] * s["shift"] * tall
        across = size * (xp.sin(angle) * row + xp.cos(angle) * column) + u[5] * s["shift"] * wide
        return down + (tall - 1) / 2, across + (wide - 1) / 2

    def shaded(self, pictures: Array, u: Array) -> Array:
        """Another brightness, another contrast, and for pictures in colour another tint."""
        xp, s, (low, high) = namespace(pictures), self.settings, self.limits
        mean = pictures.mean(axis=(1, 2, 3), keepdims=True)
        y = (
            mean
            + (pictures - mean) * (1 + s["contrast"] * u[6][..., None])
            + s["brightness"] * (high - low) * u[7][..., None]
        )
        if pictures.shape[-1] == 3:
            tint = xp.stack([u[8], u[9], u[10]], axis=-1)
            y = y + s["colour"] * (high - low) * (tint - tint.mean(axis=-1, keepdims=True))
        return xp.clip(y, low, high)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        usual = {} if self.limits == (0.0, 1.0) else {"limits": list(self.limits)}
        return super().get_config() | self.settings | usual


def sampled(pictures: Array, row: Array, column: Array) -> Array:
    """The pictures' values at places between pixels (bilinear); beyond the edge, the edge.   (n, height, width, channels)

    >>> import numpy as np
    >>> one = np.arange(4.0).reshape(1, 2, 2, 1)
    >>> sampled(one, np.array([[[0.5]]]), np.array([[[9.0]]])).ravel()
    array([2.])
    """
    xp = namespace(pictures)
    n, tall, wide, channels = pictures.shape
    row, column = xp.clip(row, 0, tall - 1), xp.clip(column, 0, wide - 1)
    top, left = xp.floor(row), xp.floor(column)
    down, right = (row - top)[..., None], (column - left)[..., None]
    flat = pictures.reshape(n * tall * wide, channels)
    first = (xp.arange(n, dtype=xp.int32) * (tall * wide))[:, None, None]
    upper, lower = top.astype(xp.int32), xp.minimum(top + 1, tall - 1).astype(xp.int32)
    near, far = left.astype(xp.int32), xp.minimum(left + 1, wide - 1).astype(xp.int32)

    def at(rows: Array, columns: Array) -> Array:
        return flat[first + rows * wide + columns]

    above = at(upper, near) * (1 - right) + at(upper, far) * right
    below = at(lower, near) * (1 - right) + at(lower, far) * right
    return above * (1 - down) + below * down
