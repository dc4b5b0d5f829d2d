"""Pictures that change a little at every step while a network learns: RandomFlip, RandomRotation, RandomZoom, RandomTranslation ...

Names, settings and meanings are Keras's. When predicting they change nothing. Each turns the picture by looking up, for every
pixel, the place it comes from; backward sends the derivative to those places.
"""

import math
from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.internal.number_settings import is_number, number_setting
from chainrule.layers.base import PREDICTING, Context, Layer, choice
from chainrule.layers.naming import Shape

FILLS = ("reflect", "wrap", "constant", "nearest")


def limits(label: str, factor: Any, lowest: float = -1.0) -> tuple[float, float]:
    """A factor as the range that is drawn from: 0.2 is (-0.2, 0.2).

    >>> limits("RandomRotation", 0.2), limits("RandomZoom", (-0.3, -0.1))
    ((-0.2, 0.2), (-0.3, -0.1))
    """
    given = tuple(factor) if isinstance(factor, (tuple, list)) else (factor,)
    numbers = all(map(is_number, given))
    found = (-abs(given[0]), abs(given[0])) if numbers and len(given) == 1 else given
    if not numbers or len(found) != 2 or not lowest <= found[0] <= found[1]:
        raise SettingError(
            f"{label} needs a number, or two from low to high, of {lowest:g} or more; it got {factor!r}."
        )
    return float(found[0]), float(found[1])


def range_setting(label: str, value_range: Any) -> tuple[Any, Any]:
    """The smallest and the largest number of a pixel."""
    given = tuple(value_range) if isinstance(value_range, (tuple, list)) else ()
    if len(given) != 2 or not number_setting(label, "value_range", given[0]) < number_setting(
        label, "value_range", given[1]
    ):
        raise SettingError(
            f"{label}: value_range is two numbers from low to high, such as (0, 255); it got {value_range!r}."
        )
    return given[0], given[1]


class RandomPicture(Layer):
    """What these layers share: pictures (height, width, channels) of numbers; nothing happens when predicting."""

    def __init__(
        self, seed: Any = None, data_format: Any = None, value_range: Any = (0, 255), **settings: Any
    ) -> None:
        super().__init__(**settings)
        if data_format not in (None, "channels_last"):
            raise SettingError(
                f"{type(self).__name__}: pictures have their channels last here; it got {data_format!r}."
            )
        self.seed = seed if isinstance(seed, int) else None
        self.value_range = range_setting(type(self).__name__, value_range)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise ShapeError(
                f"{self.label} takes pictures of shape (height, width, channels); it got {tuple(input_shape)}."
            )
        return input_shape

    def drawn(self, context: Context, x: Array, k: int, low: float, high: float) -> Array:
        """A number for each picture, the k-th that the layer draws."""
        noise: Any = context.noise
        return low + (high - low) * noise((8, x.shape[0]))[k]


class RandomFlip(RandomPicture):
    """Mirrors pictures at random.   mode: "horizontal", "vertical" or "horizontal_and_vertical"

    >>> RandomFlip("horizontal")(np.ones((1, 2, 2, 3))).shape
    (1, 2, 2, 3)
    """

    def __init__(self, mode: str = "horizontal_and_vertical", **settings: Any) -> None:
        super().__init__(**settings)
        self.mode = choice("mode", mode, ("horizontal_and_vertical", "horizontal", "vertical"))

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        shape = (-1, 1, 1, 1)
        turned = [self.drawn(context, x, k, 0, 1).reshape(shape) < 0.5 for k in range(2)]
        return self.flipped(x, turned), turned

    def flipped(self, x: Array, turned: Any) -> Array:
        """The pictures with those mirrored that were chosen."""
        xp = namespace(x)
        for which, axis, asked in ((turned[0], 2, "horizontal"), (turned[1], 1, "vertical")):
            if asked in self.mode:
                x = xp.where(which, xp.flip(x, axis), x)
        return x

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy if cache is None else self.flipped(dy, cache)  # mirrored again

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mode": self.mode, "seed": self.seed}


class Moved(RandomPicture):
    """A layer that looks up every pixel at another place: turned, shifted, larger or smaller."""

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self.fill_mode = choice("fill_mode", fill_mode, FILLS)
        self.interpolation = choice("interpolation", interpolation, ("bilinear", "nearest"))
        self.fill_value = float(fill_value)

    def places(self, context: Context, x: Array, row: Array, column: Array) -> tuple[Array, Array]:
        """Where the pixels come from, given their own places, counted from the middle."""
        raise NotImplementedError

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        xp, (height, width) = namespace(x), x.shape[1:3]
        middle = (height - 1) / 2, (width - 1) / 2
        row, column = xp.meshgrid(
            xp.arange(height, dtype=xp.float32) - middle[0],
            xp.arange(width, dtype=xp.float32) - middle[1],
            indexing="ij",
        )
        r, c = self.places(context, x, row[None], column[None])
        r, c = (
            xp.broadcast_to(r + middle[0], (x.shape[0], height, width)),
            xp.broadcast_to(c + middle[1], (x.shape[0], height, width)),
        )
        corners = self.corners(xp, r, c, height, width)
        first = xp.arange(x.shape[0])[:, None, None]
        y = sum(share[..., None] * x[first, i, j] for i, j, share in corners)
        if self.fill_mode == "constant" and self.fill_value:
            y = y + self.fill_value * (1 - sum(share for _, _, share in corners))[..., None]
        return y.astype(x.dtype), (corners, x.shape)

    def corners(
        self, xp: Any, r: Array, c: Array, height: int, width: int
    ) -> list[tuple[Array, Array, Array]]:
        """The pixels around each place, with their shares."""
        if self.interpolation == "nearest":
            r, c = xp.round(r), xp.round(c)
        top, left = xp.floor(r), xp.floor(c)
        found = []
        for i, by_row in ((top, 1 - (r - top)), (top + 1, r - top)):
            for j, by_column in ((left, 1 - (c - left)), (left + 1, c - left)):
                share = by_row * by_column
                if self.fill_mode == "constant":
                    share = xp.where((i >= 0) & (i < height) & (j >= 0) & (j < width), share, 0)
                found.append(
                    (
                        within(xp, i, height, self.fill_mode),
                        within(xp, j, width, self.fill_mode),
                        share.astype(xp.float32),
                    )
                )
        return found

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        if cache is None:
            return dy
        corners, shape = cache
        xp = namespace(dy)
        dx = xp.zeros(shape, dtype=dy.dtype)
        first = xp.arange(shape[0])[:, None, None]
        for i, j, share in corners:  # each pixel hears from all that it gave a share to
            part = share[..., None] * dy
            if xp is np:
                np.add.at(dx, (first, i, j), part)
            else:
                dx = dx.at[first, i, j].add(part)
        return dx

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "fill_mode": self.fill_mode, "interpolation": self.interpolation, "fill_value": self.fill_value, "seed": self.seed,
        }  # fmt: skip


def within(xp: Any, place: Array, size: int, fill_mode: str) -> Array:
    """The places beyond the edge brought inside: mirrored, from the other side, or the edge itself."""
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        place = xp.mod(place, 2 * size)
        place = xp.where(place >= size, 2 * size - 1 - place, place)
    elif fill_mode == "wrap":
        place = xp.mod(place, size)
    return xp.clip(place, 0, size - 1).astype(xp.int32)


class RandomRotation(Moved):
    """Turns pictures by a random part of a full turn.   factor: 0.1 is up to 36 degrees either way

    >>> RandomRotation(0.1)(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """

    def __init__(self, factor: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = limits("RandomRotation", factor)

    def places(self, context: Context, x: Array, row: Array, column: Array) -> tuple[Array, Array]:
        xp = namespace(x)
        angle = (2 * math.pi * self.drawn(context, x, 0, *self.factor)).reshape(-1, 1, 1)
        cos, sin = xp.cos(angle), xp.sin(angle)
        return cos * row + sin * column, cos * column - sin * row

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"factor": list(self.factor)}


class RandomZoom(Moved):
    """Makes pictures larger or smaller.   height_factor: -0.2 is 20 % nearer, 0.2 is 20 % further away

    width_factor: drawn apart where it is given, else the same as the height's.

    >>> RandomZoom(0.2)(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """

    def __init__(self, height_factor: Any, width_factor: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.height_factor = limits("RandomZoom", height_factor)
        self.width_factor = None if width_factor is None else limits("RandomZoom", width_factor)

    def places(self, context: Context, x: Array, row: Array, column: Array) -> tuple[Array, Array]:
        by_row = 1 + self.drawn(context, x, 0, *self.height_factor).reshape(-1, 1, 1)
        by_column = (
            by_row
            if self.width_factor is None
            else 1 + self.drawn(context, x, 1, *self.width_factor).reshape(-1, 1, 1)
        )
        return row * by_row, column * by_column

    def get_config(self) -> dict[str, Any]:
        width = None if self.width_factor is None else list(self.width_factor)
        return super().get_config() | {"height_factor": list(self.height_factor), "width_factor": width}


class RandomTranslation(Moved):
    """Shifts pictures.   height_factor, width_factor: in parts of the picture; positive is down and to the right

    >>> RandomTranslation(0.1, 0.1)(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """

    def __init__(self, height_factor: Any, width_factor: Any, **settings: Any) -> None:
        super().__init__(**settings)
        self.height_factor = limits("RandomTranslation", height_factor)
        self.width_factor = limits("RandomTranslation", width_factor)

    def places(self, context: Context, x: Array, row: Array, column: Array) -> tuple[Array, Array]:
        down = x.shape[1] * self.drawn(context, x, 0, *self.height_factor).reshape(-1, 1, 1)
        right = x.shape[2] * self.drawn(context, x, 1, *self.width_factor).reshape(-1, 1, 1)
        return row - down, column - right

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height_factor": list(self.height_factor),
            "width_factor": list(self.width_factor),
        }


class RandomContrast(RandomPicture):
    """Draws pictures towards their mean colour or away from it.   factor: 0.2 is 0.8 to 1.2 times the distance

    value_range: the smallest and the largest number of a pixel; what goes beyond is cut.

    >>> RandomContrast(0.2)(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """

    def __init__(self, factor: Any, **settings: Any) -> None:
        super().__init__(**settings)
        given = tuple(factor) if isinstance(factor, (tuple, list)) else (factor, factor)
        if len(given) != 2:
            raise SettingError(
                f"RandomContrast: factor is a number or two, such as (0.2, 0.4); it got {factor!r}."
            )
        self.factor = tuple(number_setting("RandomContrast", "factor", one, at_least=0) for one in given)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        share = self.drawn(context, x, 0, 1 - self.factor[0], 1 + self.factor[1]).reshape(-1, 1, 1, 1)
        mean = x.mean(axis=(1, 2), keepdims=True)
        y = (x - mean) * share + mean
        return namespace(x).clip(y, *self.value_range).astype(x.dtype), (
            share,
            (y >= self.value_range[0]) & (y <= self.value_range[1]),
        )

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        if cache is None:
            return dy
        share, uncut = cache
        dy = dy * uncut
        return (dy * share + (dy * (1 - share)).mean(axis=(1, 2), keepdims=True)).astype(dy.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "factor": list(self.factor),
            "value_range": list(self.value_range),
            "seed": self.seed,
        }


class RandomBrightness(RandomPicture):
    """Makes pictures brighter or darker.   factor: 0.2 adds up to a fifth of the value range, or takes it off

    >>> RandomBrightness(0.2)(np.ones((1, 4, 4, 1))).shape
    (1, 4, 4, 1)
    """

    def __init__(self, factor: Any, value_range: Any = (0, 255), **settings: Any) -> None:
        super().__init__(value_range=value_range, **settings)
        self.factor = limits("RandomBrightness", factor)

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if context.noise is None:
            return x, None
        low, high = self.value_range
        y = x + (high - low) * self.drawn(context, x, 0, *self.factor).reshape(-1, 1, 1, 1)
        return namespace(x).clip(y, low, high).astype(x.dtype), (y >= low) & (y <= high)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy if cache is None else (dy * cache).astype(dy.dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "factor": list(self.factor),
            "value_range": list(self.value_range),
            "seed": self.seed,
        }
