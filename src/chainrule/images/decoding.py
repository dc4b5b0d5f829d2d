"""A picture file's bytes to upright 8-bit pixels, with the cost known before anything is decoded.

Pillow decodes; what Pillow gets wrong for a photo's sake is put right here: the camera's orientation is applied,
16-bit grey keeps its levels, hidden colours under full transparency stay hidden, inverted CMYK is turned over.
"""

import io
import warnings
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import DataError, require_package
from chainrule.images import formats
from chainrule.images.formats import Header
from chainrule.internal.silence import silenced

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Limits:
    """What a picture may cost: bytes of the file, bytes while decoding, longest side and the side it is worked at.

    >>> Limits().side
    1600
    """

    file_bytes: int = 64_000_000
    decoded_bytes: int = 100_000_000
    longest: int = 200_000
    side: int = 1600


def decode(data: bytes, limits: Limits) -> tuple[Pixels, str, tuple[int, int]]:
    """Pixels (h, w) or (h, w, 3) uint8, the format's name, and the upright original's (width, height).

    The pixels are at most `limits.side` on their long side. Raises DataError with the end of a sentence
    ("is a PNG that was cut off …"); the caller knows the file's name.
    """
    if len(data) > limits.file_bytes:
        raise DataError(
            f"is {len(data) / 1e6:.0f} MB large; at most {limits.file_bytes / 1e6:.0f} MB are read"
        )
    kind = formats.kind(data)
    if kind == "PNG":
        data = formats.bare_png(data)
    image = _open(data, kind)
    header = formats.jpeg_header(data) if kind == "JPEG" else _header(image, kind)
    _affordable(header, limits, len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind == "JPEG":
                image.draft(None, shrunk(image.size, limits.side))  # halves, quarters or eighths
            with silenced(2) if kind == "TIFF" else nullcontext():
                image.load()
            turn = turn_of(image)
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        MemoryError,
        TypeError,
        KeyError,
        OverflowError,
        AttributeError,
        RuntimeError,
        NotImplementedError,
        ZeroDivisionError,
    ) as problem:
        raise DataError(f"is a {kind} picture that is damaged or cut off ({_short(problem)})") from None
    pixels = plain(image, limits.side)
    size = (header.width, header.height)
    if turn in (5, 6, 7, 8):
        size = size[::-1]
    return np.ascontiguousarray(upright(pixels, turn)), kind, size


def upright(pixels: Pixels, turn: int) -> Pixels:
    """Undoes the camera's orientation, EXIF tag 274: 1 to 8; anything else counts as 1.

    >>> upright(np.array([[1, 2]], np.uint8), 3)
    array([[2, 1]], dtype=uint8)
    """
    if turn in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _open(data: bytes, kind: str) -> Any:
    from PIL import Image

    if kind == "HEIC":
        require_package("pi_heif", "heic", "Reading a HEIC photo").register_heif_opener()
    name = {"HEIC": "HEIF", "WebP": "WEBP"}.get(kind, kind)
    if kind == "WebP" and len(data) > 30:  # Pillow's WebP decoder allocates the canvas when it opens the file
        _affordable(_webp_header(data), Limits(), len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size warning; the limits here are stricter
            if kind == "JPEG":  # by name: `open` loads the decoders of five formats first
                from PIL.JpegImagePlugin import JpegImageFile

                return JpegImageFile(io.BytesIO(data))
            if kind == "PNG":
                from PIL.PngImagePlugin import PngImageFile

                return PngImageFile(io.BytesIO(data))
            return Image.open(io.BytesIO(data), formats=[name])
    except Image.DecompressionBombError:
        raise DataError("has far too many pixels to be a photo") from None
    except Exception as problem:  # noqa: BLE001    whatever a decoder trips over, the file is at fault
        raise DataError(
            f"begins like a {kind} picture but is damaged or cut off ({_short(problem)})"
        ) from None


def _header(image: Any, kind: str) -> Header:
    cost = {"1": 1, "L": 1, "P": 8, "I;16": 4, "I;16B": 4, "I": 8, "F": 8, "RGB": 4}.get(image.mode, 8)
    if (
        kind == "HEIC"
    ):  # in truth 9 bytes; but phones make them of 24 million pixels, and 230 MB for one can be had
        cost = 4
    return Header(kind, image.width, image.height, cost + (4.0 if kind == "WebP" else 0.0))


def _webp_header(data: bytes) -> Header:
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X":
        return Header(
            "WebP", 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"), 8.0
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return Header("WebP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), 8.0)
    return Header(
        "WebP",
        int.from_bytes(body[6:8], "little") & 0x3FFF,
        int.from_bytes(body[8:10], "little") & 0x3FFF,
        8.0,
    )


def _affordable(header: Header, limits: Limits, size: int) -> None:
    w, h = header.width, header.height
    cost = w * h * header.cost
    if w < 1 or h < 1:
        raise DataError(f"has no pixels: it says it is {w} x {h}")
    if max(w, h) > limits.longest or cost > limits.decoded_bytes or cost + size > 1.2 * limits.decoded_bytes:
        raise DataError(
            f"is {w:,} x {h:,} pixels, too large to read safely; "
            f"at most {limits.decoded_bytes / header.cost / 1e6:.0f} million pixels of this kind: make it smaller, or save it as a JPEG"
        )


def turn_of(image: Any) -> int:
    """The camera's orientation of a Pillow image, EXIF tag 274; 1 where it has none."""
    try:
        return int(image.getexif().get(274, 1))
    except Exception:  # noqa: BLE001            broken EXIF is no reason to refuse good pixels
        return 1


def plain(image: Any, side: int) -> Pixels:
    """Any Pillow mode to uint8 (h, w) or (h, w, 3), alpha laid on paper, shrunk to `side`."""
    mode = image.mode
    if mode.startswith(("I", "F")):
        values, step = np.asarray(image), -(-max(image.size) // side)
        if step > 1:
            h, w = (n // step * step or n for n in values.shape)
            across, down = min(step, w), min(step, h)
            values = (
                values[:h, :w]
                .reshape(h // down, down, w // across, across)
                .mean(axis=(1, 3), dtype=np.float32)
            )
        return levels(values * 255.0 if mode == "F" and float(values.max(initial=0.0)) <= 1.0 else values)
    if mode == "CMYK":
        # Pillow already turns Adobe's inverted CMYK over while it decodes a JPEG.
        image = image.convert("RGB")
    if mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        factor = max(1, max(image.size) // side)
        return shrink(on_paper(np.asarray(image.reduce(factor) if factor > 1 else image)), side)
    image = image.convert("L" if mode in ("1", "L") else "RGB")
    size = shrunk(image.size, side)
    if size != image.size:  # before it becomes an array: a second copy of a photo is large
        image = image.resize(size, _box(), reducing_gap=2.0)
    return np.asarray(image)


def levels(values: np.ndarray[Any, Any]) -> Pixels:
    """Grey of more than 8 bits to 8: 16-bit by /257 when anything is above 255, rounded.

    >>> levels(np.array([[0, 257, 65535]], np.uint16))
    array([[  0,   1, 255]], dtype=uint8)
    """
    values = np.nan_to_num(values.astype(np.float32), posinf=65535.0)
    top = float(values.max(initial=0.0))
    if top > 255.0:
        values = values / (257.0 if top <= 65535.0 else top / 255.0)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def on_paper(rgba: Pixels) -> Pixels:
    """Lays (h, w, 4) on white paper, or on black when what is visible of it is light (chalk on nothing).

    >>> on_paper(np.array([[[9, 9, 9, 0]]], np.uint8))
    array([[[255, 255, 255]]], dtype=uint8)
    """
    alpha = rgba[..., 3:].astype(np.uint16)
    if int(alpha.min()) == 255:
        return rgba[..., :3]
    seen = alpha[..., 0] > 127
    light = seen.any() and seen.mean() < 0.9 and float(rgba[..., :3][seen].mean()) > 176
    paper = 0 if light else 255
    mixed = rgba[..., :3] * alpha + np.uint16(paper) * (255 - alpha)  # at most 255 * 255: fits 16 bits
    return ((mixed + np.uint16(127)) // 255).astype(np.uint8)


def shrunk(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height so that the long side is at most `side`, the aspect kept."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrink(pixels: Pixels, side: int) -> Pixels:
    """At most `side` pixels long, every new pixel the mean of the old ones under it; small pictures stay as they are."""
    from PIL import Image

    h, w = pixels.shape[:2]
    if max(h, w) <= side:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize(shrunk((w, h), side), _box(), reducing_gap=2.0))


def _box() -> Any:
    from PIL import Image

    return Image.Resampling.BOX


def _short(problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    return text if len(text) <= 80 and "0x" not in text else type(problem).__name__
