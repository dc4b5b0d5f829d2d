"""A picture file to a small array, in the same way for learning and later for what the network is asked.

    open -> turn upright -> 8 bits -> lay on white -> grey or RGB -> bring to size

How, is written in a preparation: {"kind": "picture", "height", "width", "colour", "fit", "scale"}.
"""

import os
import stat
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

Pixels = NDArray[np.uint8]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # the only decoders that are let near a file
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
UNREAD = (
    ".heic",
    ".heif",
    ".avif",
    ".tif",
    ".tiff",
    ".svg",
    ".psd",
    ".jp2",
    ".jxl",
    ".dng",
    ".cr2",
    ".nef",
    ".arw",
)
FITS = ("stretch", "crop", "pad")
LARGEST = 80_000_000  # pixels
MOST_BYTES = 160_000_000  # of a picture that is decoded whole, as every one but a JPEG is
STRIP = 512  # rows of a picture that are brought to another kind together
TURNED = (5, 6, 7, 8)  # EXIF orientations that lie on their side


def read(what: "str | os.PathLike[str] | Image.Image", preparation: dict[str, Any]) -> Pixels:
    """A picture as uint8 (height, width), or (height, width, 3) in colour, made as the preparation says.

    Takes a path or a PIL image. Raises DataError naming the file when it cannot be read as a picture.

    >>> from PIL import Image
    >>> red = Image.new("RGB", (64, 48), (255, 0, 0))
    >>> read(red, {"height": 2, "width": 2, "colour": False, "fit": "stretch"})
    array([[76, 76],
           [76, 76]], dtype=uint8)
    """
    from PIL import Image, ImageOps

    height, width, colour = preparation["height"], preparation["width"], preparation["colour"]
    if isinstance(what, Image.Image):
        return _shrink(what, height, width, colour, preparation["fit"])
    name = os.fspath(what)
    with _opened(name) as image:
        try:
            image.draft(
                None, (2 * max(width, height), 2 * max(width, height))
            )  # a JPEG need not be decoded whole
            ImageOps.exif_transpose(image, in_place=True)
            return _shrink(image, height, width, colour, preparation["fit"])
        except Exception as problem:  # noqa: BLE001 - a decoder on any bytes raises anything
            raise DataError(f"{name} cannot be read: {_plain(problem)}.") from None


def measure(path: str | os.PathLike[str]) -> tuple[int, int, bool]:
    """Height and width of a picture file as it is shown, and whether it may have colours; decodes nothing."""
    with _opened(os.fspath(path)) as image:
        try:
            width, height = image.size
            if image.getexif().get(0x0112) in TURNED:
                width, height = height, width
        except Exception as problem:  # noqa: BLE001 - as above
            raise DataError(f"{os.fspath(path)} cannot be read: {_plain(problem)}.") from None
        return height, width, image.mode not in ("1", "L", "LA", "La", "I", "I;16", "I;16B")


def _opened(name: str) -> "Image.Image":
    """The file opened and its header read; only ordinary files of the known kinds and of a bearable size."""
    from PIL import Image, UnidentifiedImageError

    try:
        about = Path(name).stat()
        if not stat.S_ISREG(about.st_mode):
            raise DataError(f"{name} is not an ordinary file.")
        if not about.st_size:
            raise DataError(f"{name} is empty.")
        if Path(name).suffix.lower() in UNREAD:
            raise DataError(f"{name} is of a kind that is not read; save it as PNG or JPEG.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the size, which is looked at below
            image = Image.open(name, formats=FORMATS)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{name} does not exist.") from None
    except Image.DecompressionBombError:
        raise DataError(f"{name} has too many pixels; up to {LARGEST:,} can be read.") from None
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a picture that can be read ({', '.join(FORMATS)}).") from None
    except Exception as problem:  # noqa: BLE001 - a decoder on any bytes raises anything
        raise DataError(f"{name} cannot be read: {_plain(problem)}.") from None
    each = 4 if image.mode not in ("1", "L", "P", "I;16", "I;16B") else 2 if image.mode.startswith("I") else 1
    most = LARGEST if image.format == "JPEG" else min(LARGEST, MOST_BYTES // each)
    if not 0 < image.width * image.height <= most:
        image.close()
        raise DataError(
            f"{name} has {image.width} x {image.height} pixels; 1 to {most:,} of this kind can be read."
        )
    return image


def _shrink(image: "Image.Image", height: int, width: int, colour: bool, fit: str) -> Pixels:
    """Upright pixels to the array."""
    from PIL import Image, ImageOps

    if image.mode != ("RGB" if colour else "L") or image.has_transparency_data:
        image = _converted(image, "RGB" if colour else "L")
    if image.size != (width, height):
        smooth = Image.Resampling.BILINEAR
        if fit == "crop":
            image = ImageOps.fit(image, (width, height), smooth)
        elif fit == "pad":
            image = ImageOps.pad(image, (width, height), smooth, color="white")
        else:
            image = image.resize((width, height), smooth, reducing_gap=2.0)
    return np.array(image, np.uint8)


def _converted(image: "Image.Image", mode: str) -> "Image.Image":
    """Grey or RGB, transparent pixels laid on white; strip by strip, so that one copy is held."""
    from PIL import Image

    made = Image.new(mode, image.size)
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(image.height, top + STRIP)))
        if strip.mode.startswith("I"):  # 16 bits a pixel
            strip = Image.fromarray(
                ((np.asarray(strip).clip(0, 65535).astype(np.int32) + 128) // 257).astype(np.uint8)
            )
        if image.has_transparency_data:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip)
        made.paste(strip.convert(mode), (0, top))
    return made


def _plain(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return (str(problem) or type(problem).__name__).splitlines()[0].rstrip(".")
