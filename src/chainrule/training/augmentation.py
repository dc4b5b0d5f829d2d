"""Handwriting as other people would have written it: each picture is bent a little, anew at every step.

It is a link at the beginning of the chain while a model learns, and is left out of everything else. Its randomness is
the step's noise, so a run with it can be replayed like any other.
"""

import math
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape

SIDE = 28
COARSE = 7  # the elastic field is drawn on a 7 x 7 grid and smoothed to 28 x 28
NUMBERS = 12  # per picture, beside the elastic field and the grain


class Handwriting(Layer):
    """Rotated, scaled, sheared, shifted, bent, with a thicker or thinner pen, softer, paler, grainier.

    rotation: degrees.  scale, aspect, shear: shares.  shift: pixels.  elastic: pixels, Simard et al. (2003).
    thickness: share of a pixel added to or taken from each edge.  blur, contrast, grain: shares.
    clean: the share of pictures left as they are.  Pictures (batch, 28, 28) or (batch, 784), ink 1 on paper 0.

    >>> import numpy as np
    >>> Handwriting().forward({}, np.ones((2, 784), np.float32))[0].shape      # when predicting: unchanged
    (2, 784)
    """

    def __init__(
        self, rotation: float = 12.0, scale: float = 0.15, aspect: float = 0.15, shear: float = 0.25,
        shift: float = 1.2, elastic: float = 1.3, smoothness: float = 4.0, thickness: float = 0.8, blur: float = 0.6,
        contrast: float = 0.2, grain: float = 0.02, clean: float = 0.1, **settings: Any,
    ) -> None:  # fmt: skip
        super().__init__(**settings)
        self.settings = {
            "rotation": rotation, "scale": scale, "aspect": aspect, "shear": shear, "shift": shift, "elastic": elastic,
            "smoothness": smoothness, "thickness": thickness, "blur": blur, "contrast": contrast, "grain": grain,
            "clean": clean,
        }  # fmt: skip

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        if math.prod(x.shape[1:]) != SIDE * SIDE:
            raise ShapeError(
                f"Handwriting bends pictures of 28 x 28; it got examples of shape {tuple(x.shape[1:])}."
            )
        n, s = x.shape[0], self.settings
        field, pixels = 2 * COARSE * COARSE, SIDE * SIDE
        drawn = 2 * context.noise((n, NUMBERS + field + pixels)) - 1  # -1..1
        u = drawn[:, :NUMBERS].T[..., None, None]  # one number per picture and kind of change
        bend = drawn[:, NUMBERS : NUMBERS + field].reshape(n, 2, COARSE, COARSE)
        picture = x.reshape(n, SIDE, SIDE)

        y = sampled(picture, *self.places(u, bend))
        y = with_pen(y, u[7] * s["thickness"], namespace(x).abs(u[8]) * s["blur"])
        y = self.shaded(y, u, drawn[:, -pixels:].reshape(n, SIDE, SIDE))
        clean = u[0] > 1 - 2 * s["clean"]
        return namespace(x).where(clean, picture, y).reshape(x.shape), None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy  # nothing below the first link learns, so nobody asks

    def places(self, u: Array, bend: Array) -> tuple[Array, Array]:
        """Where in the old picture each pixel of the new one looks: rows and columns, (n, 28, 28)."""
        xp, s, n = namespace(u), self.settings, u.shape[1]
        u = u.reshape(u.shape[0], n)
        angle = u[3] * math.radians(s["rotation"])
        tall, wide = (
            xp.exp(-u[4] * s["scale"] - u[5] * s["aspect"]),
            xp.exp(-u[4] * s["scale"] + u[5] * s["aspect"]),
        )
        down = xp.stack([tall * xp.cos(angle), -tall * xp.sin(angle)])  # the new row, from old row and column
        across = xp.stack([wide * xp.sin(angle), wide * xp.cos(angle)]) + u[6] * s["shear"] * down
        moved = u[1:3] * s["shift"]
        turn = xp.stack([xp.stack([*way, -(way * moved).sum(axis=0)]) for way in (down, across)])  # (2, 3, n)
        straight = xp.matmul(turn.transpose(2, 0, 1), xp.asarray(GRID)).reshape(n, 2, SIDE, SIDE)
        smooth = xp.asarray(smoother(s["smoothness"]))
        elastic = (
            xp.matmul(xp.matmul(smooth, bend), smooth.T)
            * (1.7 * s["elastic"] * xp.abs(u[9]))[:, None, None, None]
        )
        centre = (SIDE - 1) / 2
        return straight[:, 0] + centre + elastic[:, 0], straight[:, 1] + centre + elastic[:, 1]

    def shaded(self, y: Array, u: Array, grain: Array) -> Array:
        """Another darkness of the ink, another hardness of its edge, and grain."""
        xp, s = namespace(y), self.settings
        y = xp.clip(y, 1e-6, 1) ** xp.exp(2 * s["contrast"] * u[10]) * (1 + s["contrast"] * u[11])
        return xp.clip(y + s["grain"] * 1.7 * grain * xp.abs(u[0]), 0, 1)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.settings


# Row, column and 1 of each pixel, from the middle: one product with a 2 x 3 matrix turns, sizes and moves a picture.
GRID = np.stack([*(np.indices((SIDE, SIDE)).reshape(2, -1) - (SIDE - 1) / 2), np.ones(SIDE * SIDE)]).astype(
    np.float32
)


def smoother(sigma: float) -> np.ndarray:
    """(28, 7): a coarse row of independent numbers to a smooth row of 28 of the same variance."""
    at = np.arange(SIDE)[:, None]
    knots = (np.arange(COARSE)[None] + 0.5) * SIDE / COARSE - 0.5
    weights = np.exp(-((at - knots) ** 2) / (2 * sigma**2))
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)), dtype=np.float32)


def sampled(picture: Array, row: Array, column: Array) -> Array:
    """The picture's brightness at places between pixels (bilinear); 0 outside.   all (n, 28, 28)"""
    xp, n, wide = namespace(picture), picture.shape[0], SIDE + 3
    framed = xp.pad(picture, ((0, 0), (1, 2), (1, 2))).reshape(-1)
    row, column = xp.clip(row, -1, SIDE), xp.clip(column, -1, SIDE)
    top, left = xp.floor(row), xp.floor(column)
    down, right = row - top, column - left
    first = xp.arange(n, dtype=xp.int32)[:, None, None] * (wide * wide)
    at = first + (top + 1).astype(xp.int32) * wide + (left + 1).astype(xp.int32)
    upper = framed[at] * (1 - right) + framed[at + 1] * right
    lower = framed[at + wide] * (1 - right) + framed[at + wide + 1] * right
    return upper * (1 - down) + lower * down


def with_pen(picture: Array, thicker: Array, softer: Array) -> Array:
    """Edges moved out (thicker above 0) or in, then mixed with the mean of the four neighbours."""
    xp = namespace(picture)
    framed = xp.pad(picture, ((0, 0), (1, 1), (1, 1)))
    up, down = framed[:, :-2, 1:-1], framed[:, 2:, 1:-1]
    left, right = framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]
    most = xp.maximum(xp.maximum(up, down), xp.maximum(left, right))
    least = xp.minimum(xp.minimum(up, down), xp.minimum(left, right))
    grown = picture + thicker * (xp.maximum(picture, most) - picture)
    thinned = picture - 0.8 * thicker * (xp.minimum(picture, least) - picture)
    blurred = 0.36 * picture + 0.16 * (up + down + left + right)
    return xp.where(thicker > 0, grown, thinned) * (1 - softer) + softer * blurred
