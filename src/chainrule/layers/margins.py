"""Zero padding and cropping: rows and columns added around pictures and sequences, or cut off."""

from typing import Any, ClassVar

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.window import check_rank, refuse_channels_first

Margins = tuple[tuple[int, int], ...]  # how many cells before and after each spatial axis


class ZeroPadding(Layer):
    """What the paddings share."""

    supports_masking = False
    rank: ClassVar[int]
    margins: Margins

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        return namespace(x).pad(x, [(0, 0), *self.margins, (0, 0)]), None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return cut(dy, self.margins)  # the zeros hear nothing

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, channels = check_rank(self.label, input_shape, self.rank)
        return (*(n + sum(margin) for n, margin in zip(sizes, self.margins, strict=True)), channels)


class Cropping(Layer):
    """What the croppings share."""

    supports_masking = False
    rank: ClassVar[int]
    margins: Margins

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        left = cut(x, self.margins)
        if 0 in left.shape[1:-1]:
            self.output_shape_for(x.shape[1:])  # says what is wrong
        return left, None

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return namespace(dy).pad(dy, [(0, 0), *self.margins, (0, 0)])  # what was cut off hears nothing

    def output_shape_for(self, input_shape: Shape) -> Shape:
        sizes, channels = check_rank(self.label, input_shape, self.rank)
        left = tuple(n - sum(margin) for n, margin in zip(sizes, self.margins, strict=True))
        if min(left) < 1:
            raise ShapeError(
                f"{self.label} cuts {self.margins} from {sizes}, and nothing is left. Cut off less."
            )
        return (*left, channels)


class ZeroPadding1D(ZeroPadding):
    """Adds steps of zeros before and after.   padding: a number for both sides, or (before, after)

    >>> import numpy as np; ZeroPadding1D((0, 1))(np.array([[[5.]]])).ravel()
    array([5., 0.], dtype=float32)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        refuse_channels_first("ZeroPadding1D", data_format)
        self.margins = (two_numbers("ZeroPadding1D", "padding", padding),)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"padding": list(self.margins[0]), "data_format": "channels_last"}


class ZeroPadding2D(ZeroPadding):
    """Adds rows and columns of zeros.   padding: a number, (rows, columns) or ((top, bottom), (left, right))

    >>> import numpy as np; ZeroPadding2D(((0, 1), (0, 0)))(np.array([[[[5.]]]])).ravel()
    array([5., 0.], dtype=float32)
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        refuse_channels_first("ZeroPadding2D", data_format)
        self.margins = four_numbers("ZeroPadding2D", "padding", padding)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "padding": [list(margin) for margin in self.margins], "data_format": "channels_last",
        }  # fmt: skip


class Cropping1D(Cropping):
    """Cuts steps off before and after.   cropping: a number for both sides, or (before, after)

    >>> import numpy as np; Cropping1D((0, 1))(np.array([[[5.], [6.]]])).ravel()
    array([5.], dtype=float32)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **settings: Any) -> None:
        super().__init__(**settings)
        self.margins = (two_numbers("Cropping1D", "cropping", cropping),)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"cropping": list(self.margins[0])}


class Cropping2D(Cropping):
    """Cuts rows and columns off.   cropping: a number, (rows, columns) or ((top, bottom), (left, right))

    >>> import numpy as np; Cropping2D(((0, 1), (0, 0)))(np.array([[[[5.]], [[6.]]]])).ravel()
    array([5.], dtype=float32)
    """

    rank = 2

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        refuse_channels_first("Cropping2D", data_format)
        self.margins = four_numbers("Cropping2D", "cropping", cropping)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "cropping": [list(margin) for margin in self.margins], "data_format": "channels_last",
        }  # fmt: skip


def cut(x: Array, margins: Margins) -> Array:
    """x without its margins."""
    inside = (slice(before, n - after) for n, (before, after) in zip(x.shape[1:-1], margins, strict=True))
    return x[(slice(None), *inside)]


def two_numbers(layer: str, setting: str, value: Any) -> tuple[int, int]:
    """(before, after), given so or as one number for both."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    if len(pair) != 2 or not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in pair):
        raise SettingError(
            f"{layer}: {setting} takes whole numbers of 0 or more, (before, after); it got {value!r}."
        )
    return pair


def four_numbers(layer: str, setting: str, value: Any) -> Margins:
    """((top, bottom), (left, right)), given so, as (rows, columns) or as one number for all."""
    pair = tuple(value) if isinstance(value, (list, tuple)) else (value, value)
    if len(pair) != 2:
        raise SettingError(
            f"{layer}: {setting} takes a number, (rows, columns) or ((top, bottom), (left, right)); it got {value!r}."
        )
    return tuple(two_numbers(layer, setting, margin) for margin in pair)
