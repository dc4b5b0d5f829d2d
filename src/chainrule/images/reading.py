"""Whatever a person has, a file, bytes, an array, to one upright `Picture`; or one clear sentence why not."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from chainrule.errors import DataError, MissingDependencyError, printable
from chainrule.images import formats
from chainrule.images.decoding import Limits, Pixels, decode, on_paper, plain, shrink, turn_of, upright

LIMITS = Limits()


@dataclass(frozen=True, eq=False)
class Picture:
    """An upright picture: pixels uint8 (h, w) or (h, w, 3), and what it was called, was, and how large it was.

    `size` is (width, height) of the original; the pixels may be fewer. `notes` are remarks for the person.
    """

    pixels: Pixels
    size: tuple[int, int]
    name: str = "array"
    format: str = "array"
    notes: tuple[str, ...] = ()

    @property
    def scale(self) -> tuple[float, float]:
        """Original pixels per pixel kept, across and down."""
        return self.size[0] / self.pixels.shape[1], self.size[1] / self.pixels.shape[0]


def read_picture(source: object, *, name: str | None = None, limits: Limits = LIMITS) -> Picture:
    """Reads a path, bytes, a binary file (stdin), a Pillow image or an array into an upright `Picture`.

    Files: PNG, JPEG, WebP, BMP, GIF (first frame), TIFF, and HEIC with the extra `heic`; told by content.
    Arrays: 28x28, 28x28x1, 784, (h, w), (h, w, 3) or (h, w, 4); any real type; 0..1, 0..255 or 16-bit.
    Raises DataError with one sentence, MissingDependencyError for HEIC without its extra.

    >>> read_picture(np.zeros(784)).pixels.shape
    (28, 28)
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        shown = name or str(path)
        return _from_bytes(_file_bytes(path, shown, limits), shown, limits, suffix_of=path.name)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), name or "The picture", limits)
    if hasattr(source, "read"):
        shown = name or str(getattr(source, "name", "the stream"))
        return _from_bytes(_stream_bytes(source, shown, limits), shown, limits)
    if hasattr(source, "getbands") and hasattr(source, "convert"):  # a Pillow image
        return _from_image(source, name or "this image", limits)
    return from_array(source, name=name or "this array", limits=limits)


def from_array(values: object, *, name: str = "this array", limits: Limits = LIMITS) -> Picture:
    """An array as a picture, see `read_picture`; levels 0..1 become 0..255, uint8 stays as it is."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError, MemoryError):
        raise DataError(f"{name}: expected an array of pixels, got {type(values).__name__}") from None
    kind = array.dtype.kind
    if kind not in "buif":
        raise DataError(
            f"{name}: expected numbers as pixels, got {type(values).__name__} of type {array.dtype}"
        )
    shape = array.shape
    if shape in ((784,), (1, 784), (784, 1)):
        array = array.reshape(28, 28)
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] == 1 and array.shape[2] > 4:
        array = array[0]
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or 0 in array.shape:
        raise DataError(
            f"{name}: got shape {shape}; expected one picture: (28, 28), (28, 28, 1), (784,), (h, w), (h, w, 3) or "
            "(h, w, 4)" + ("; hand several pictures over one by one" if len(shape) > 2 else "")
        )
    if array.size > limits.decoded_bytes:
        raise DataError(
            f"{name}: shape {shape} is too large; make it smaller, a few million pixels are plenty"
        )
    if array.dtype != np.uint8:
        array = _to_levels(array, name)
    size = (array.shape[1], array.shape[0])
    array = on_paper(array) if array.ndim == 3 and array.shape[2] == 4 else array
    return Picture(np.array(shrink(array, limits.side)), size, name)


def _to_levels(array: np.ndarray[Any, Any], name: str) -> Pixels:
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError(f"{name}: holds NaN or infinite values; expected pixels from 0 to 1 or from 0 to 255")
    low, high = float(array.min()), float(array.max())
    if low < 0:
        raise DataError(
            f"{name}: values go from {low:g} to {high:g}; expected 0 to 1 or 0 to 255: undo the "
            "scaling before handing the picture over"
        )
    if array.dtype.kind == "f" and high <= 1.0:
        factor = 255.0
    elif high <= 255:
        factor = 255.0 if high <= 1 and array.dtype.kind in "ui" else 1.0  # a 0/1 mask of integers
    elif high <= 65535 and array.dtype.kind in "ui":
        factor = 1 / 257
    else:
        raise DataError(f"{name}: values go up to {high:g}; expected 0 to 1, 0 to 255, or 16-bit integers")
    out: Pixels = np.clip(np.rint(array.astype(np.float32) * np.float32(factor)), 0, 255).astype(np.uint8)
    return out


def _from_bytes(data: bytes, name: str, limits: Limits, suffix_of: str = "") -> Picture:
    try:
        pixels, kind, size = decode(data, limits)
    except DataError as problem:
        raise DataError(f"{printable(name)} {problem}.") from None
    except MissingDependencyError:
        raise
    except MemoryError:
        raise DataError(f"{printable(name)} needs more memory than there is; make it smaller.") from None
    note = formats.mismatch(suffix_of, kind)
    if note and kind == "TIFF":  # many programs store anything as TIFF; none of them calls it .png
        raise DataError(f"{printable(name)} is {note}: give it its real ending, or save it as a PNG.")
    return Picture(pixels, size, name, kind, (note,) if note else ())


def _from_image(image: Any, name: str, limits: Limits) -> Picture:
    if image.width < 1 or image.height < 1:
        raise DataError(f"{name} has no pixels: it is {image.width} x {image.height}.")
    turn = turn_of(image)
    pixels = np.ascontiguousarray(upright(plain(image, limits.side), turn))
    size = image.size[::-1] if turn in (5, 6, 7, 8) else image.size
    return Picture(pixels, size, name, image.format or "image")


def _file_bytes(path: Path, shown: str, limits: Limits) -> bytes:
    name = printable(shown)
    try:
        if path.is_dir():
            raise DataError(f"{name} is a folder; expected a picture file.")
        if not path.exists():
            raise DataError(f"There is no file {name}.")
        if not path.is_file():
            raise DataError(f"{name} is not a regular file.")
        if path.stat().st_size > limits.file_bytes:
            raise DataError(
                f"{name} is {path.stat().st_size / 1e6:.0f} MB large; "
                f"at most {limits.file_bytes / 1e6:.0f} MB are read."
            )
        return path.read_bytes()
    except (OSError, ValueError) as problem:
        if isinstance(problem, DataError):
            raise
        raise DataError(
            f"{name} could not be read: {getattr(problem, 'strerror', None) or problem}."
        ) from None


def _stream_bytes(stream: Any, name: str, limits: Limits) -> bytes:
    source: BinaryIO = getattr(stream, "buffer", stream)  # a text stream's bytes, as for sys.stdin
    try:
        data = source.read(limits.file_bytes + 1)
    except (OSError, ValueError) as problem:
        raise DataError(f"{printable(name)} could not be read: {problem}.") from None
    if not isinstance(data, bytes):
        raise DataError(f"{printable(name)} gave text; expected a file opened for reading bytes ('rb').")
    return data
