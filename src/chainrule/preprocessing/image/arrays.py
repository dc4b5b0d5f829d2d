"""Pictures from files to arrays and back. Keras's names and results; Pillow reads and writes."""

import io
import os
from typing import Any

import numpy as np

from chainrule import backend
from chainrule.errors import DataError, FileError, ShapeError, missing_file, unknown

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: Any, color_mode: str = "rgb", target_size: Any = None, interpolation: str = "nearest",
    keep_aspect_ratio: bool = False, grayscale: bool = False,
) -> Any:  # fmt: skip
    """A picture of Pillow from a file.

    color_mode: "rgb", "grayscale" or "rgba".  target_size: (height, width), or None to leave it.
    keep_aspect_ratio: cuts the picture in the middle instead of stretching it.
    """
    from PIL import Image, UnidentifiedImageError

    mode = "L" if grayscale else MODES.get(color_mode)
    if mode is None:
        raise unknown("color_mode", color_mode, MODES)
    try:
        source: Any = path if isinstance(path, (str, io.IOBase)) else os.fspath(path)
        with Image.open(source) as opened:
            opened.load()
            picture: Any = opened
    except UnidentifiedImageError:
        raise FileError(f"{path} is not a picture that can be read.") from None
    except FileNotFoundError:
        raise missing_file(path) from None
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    if not (mode == "L" and picture.mode in ("I;16", "I", "L")):
        picture = picture.convert(mode)
    return (
        picture
        if target_size is None
        else resized(picture, tuple(target_size), interpolation, keep_aspect_ratio)
    )


def resized(picture: Any, size: tuple[int, int], interpolation: str, keep_aspect_ratio: bool) -> Any:
    """The picture in another size (height, width)."""
    from PIL import Image

    if interpolation not in INTERPOLATIONS:
        raise unknown("interpolation", interpolation, INTERPOLATIONS)
    how, (height, width) = Image.Resampling[interpolation.upper()], size
    if picture.size == (width, height):
        return picture
    if not keep_aspect_ratio:
        return picture.resize((width, height), how)
    wide, tall = picture.size
    cut_height, cut_width = min(tall, wide * height // width), min(wide, tall * width // height)
    top, left = (tall - cut_height) // 2, (wide - cut_width) // 2
    return picture.resize((width, height), how, box=(left, top, left + cut_width, top + cut_height))


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> np.ndarray:
    """A picture as an array (height, width, channels) float32, 0..255; (channels, height, width) where those are first.

    >>> img_to_array(array_to_img(np.full((2, 3, 1), 7.0), scale=False)).shape
    (2, 3, 1)
    """
    first = channels_first(data_format)
    array = np.asarray(img, dtype=dtype or "float32")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3:
        raise ShapeError(
            f"A picture has the shape (height, width) or (height, width, channels); it got {array.shape}."
        )
    return np.moveaxis(array, -1, 0) if first else array


def array_to_img(x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Any:
    """An array (height, width, channels) as a picture of Pillow. scale: stretches its numbers to 0..255."""
    from PIL import Image

    first = channels_first(data_format)
    array = np.asarray(x, dtype=dtype or "float32")
    if array.ndim != 3:
        raise ShapeError(
            f"A picture needs an array of shape (height, width, channels); it got {array.shape}."
        )
    array = np.moveaxis(array, 0, -1) if first else array
    if scale:
        array = array - array.min()
        highest = array.max()
        array = array / highest * 255 if highest else array
    channels = array.shape[-1]
    if channels not in (1, 3, 4):
        raise ShapeError(f"A picture has 1, 3 or 4 channels; the array has {channels}.")
    if channels == 1 and array.max() > 255:
        return Image.fromarray(array[..., 0].astype("int32"))
    pixels = array.astype("uint8")
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels)


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **settings: Any,
) -> None:
    """Writes an array as a picture file; its kind is that of the name's ending, or file_format."""
    picture = array_to_img(x, data_format, scale)
    if picture.mode == "RGBA" and (file_format or str(path).rpartition(".")[2]).lower() in ("jpg", "jpeg"):
        picture = picture.convert("RGB")
    try:
        picture.save(path, format=file_format, **settings)
    except (OSError, ValueError) as problem:
        raise FileError(f"{path} cannot be written: {problem}.") from None


def smart_resize(
    x: Any, size: Any, interpolation: str = "bilinear", data_format: str | None = None
) -> np.ndarray:
    """Pictures (height, width, channels), or a batch of them, cut to the right proportions and made `size` large."""
    first = channels_first(data_format)
    array = np.asarray(x, dtype=np.float32)
    if array.ndim == 4:
        return np.stack([smart_resize(one, size, interpolation, data_format) for one in array])
    if array.ndim != 3:
        raise ShapeError(
            f"smart_resize needs pictures of shape (height, width, channels); it got {array.shape}."
        )
    array = np.moveaxis(array, 0, -1) if first else array
    from PIL import Image

    planes = [
        np.asarray(resized(Image.fromarray(array[..., channel]), tuple(size), interpolation, True))
        for channel in range(array.shape[-1])
    ]
    return np.stack(planes, axis=0 if first else -1)


FORMATS = ("channels_first", "channels_last")


def channels_first(data_format: str | None) -> bool:
    """Whether a picture's channels are its first axis; None is what `keras.backend.image_data_format()` says.

    >>> channels_first("channels_first"), channels_first(None)
    (True, False)
    """
    said = backend.image_data_format() if data_format is None else data_format
    if said not in FORMATS:
        raise unknown("data_format", said, FORMATS)
    return said == "channels_first"


def check_pictures(x: Any, first: bool = False) -> np.ndarray:
    """A batch of pictures with four axes, or an error that says what came. first: their channels are axis 1."""
    array = np.asarray(x)
    if array.ndim != 4:
        hint = (
            f" Add the axis of channels: x[{':, None' if first else '..., None'}]." if array.ndim == 3 else ""
        )
        order = "channels, height, width" if first else "height, width, channels"
        raise DataError(f"Pictures have the shape (n, {order}); it got {array.shape}.{hint}")
    return array
