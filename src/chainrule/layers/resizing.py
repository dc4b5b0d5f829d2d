"""Pictures of another size: Resizing and CenterCrop."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer, choice
from chainrule.layers.naming import Shape


def shares(size: int, wanted: int, interpolation: str) -> np.ndarray:
    """(wanted, size): of which pixels in a row each new one is made, and with what shares.

    >>> shares(4, 2, "bilinear")
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]], dtype=float32)
    """
    made = np.zeros((wanted, size), np.float32)
    place = (np.arange(wanted) + 0.5) * size / wanted - 0.5  # of the new pixel's middle, among the old ones
    if interpolation == "nearest":
        made[
            np.arange(wanted),
            np.clip(np.floor((np.arange(wanted) + 0.5) * size / wanted), 0, size - 1).astype(int),
        ] = 1
        return made
    place = np.clip(place, 0, size - 1)
    low = np.floor(place).astype(int)
    np.add.at(made, (np.arange(wanted), low), 1 - (place - low))
    np.add.at(made, (np.arange(wanted), np.minimum(low + 1, size - 1)), place - low)
    return made


class Sized(Layer):
    """What the two share: pictures (height, width, channels) become (height, width, channels) of another size."""

    def __init__(self, height: int, width: int, data_format: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        for name, value in (("height", height), ("width", width)):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise SettingError(
                    f"{type(self).__name__} needs a whole number of 1 or more for {name}; it got {value!r}."
                )
        if data_format not in (None, "channels_last"):
            raise SettingError(
                f"{type(self).__name__}: pictures have their channels last here; it got {data_format!r}."
            )
        self.height, self.width = int(height), int(width)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            raise ShapeError(
                f"{self.label} takes pictures of shape (height, width, channels); it got {tuple(input_shape)}."
            )
        return (self.height, self.width, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "height": self.height,
            "width": self.width,
            "data_format": "channels_last",
        }


class Resizing(Sized):
    """Pictures made larger or smaller, to height x width.   y = R x Cᵀ, with the shares of rows and of columns

    interpolation: "bilinear" or "nearest".

    >>> Resizing(2, 3)(np.ones((1, 4, 4, 1))).shape
    (1, 2, 3, 1)
    """

    def __init__(self, height: int, width: int, interpolation: str = "bilinear", **settings: Any) -> None:
        for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"):
            if settings.pop(name, False):
                raise SettingError(
                    f"Resizing: {name}=True is not supported; leave it out, or cut the pictures before."
                )
        for name in ("fill_mode", "fill_value"):  # of pad_to_aspect_ratio
            settings.pop(name, None)
        super().__init__(height, width, **settings)
        self.interpolation = choice("interpolation", interpolation, ("bilinear", "nearest"))

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        rows = xp.asarray(shares(x.shape[1], self.height, self.interpolation), dtype=x.dtype)
        columns = xp.asarray(shares(x.shape[2], self.width, self.interpolation), dtype=x.dtype)
        return xp.einsum("ij,kl,njlc->nikc", rows, columns, x), (rows, columns)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        rows, columns = cache
        return namespace(dy).einsum("ij,kl,nikc->njlc", rows, columns, dy)  # dx = Rᵀ dy C

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"interpolation": self.interpolation, "crop_to_aspect_ratio": False}


class CenterCrop(Sized):
    """The middle of pictures, height x width.

    >>> CenterCrop(2, 2)(np.arange(16).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  6.],
           [ 9., 10.]], dtype=float32)
    """

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        top, left = (x.shape[1] - self.height) // 2, (x.shape[2] - self.width) // 2
        return x[:, top : top + self.height, left : left + self.width], (top, left, x.shape)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        top, left, shape = cache
        around = ((0, 0), (top, shape[1] - top - self.height), (left, shape[2] - left - self.width), (0, 0))
        return namespace(dy).pad(dy, around)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        found = super().output_shape_for(input_shape)
        if input_shape[0] < self.height or input_shape[1] < self.width:
            raise ShapeError(
                f"{self.label} cuts {self.height} x {self.width} out of pictures; they have {input_shape[0]} x {input_shape[1]}. "
                "Resizing makes them larger."
            )
        return found
