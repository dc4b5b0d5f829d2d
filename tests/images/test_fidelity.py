"""Pixels are what the file says: every kind of picture against a reference computed in float64."""

import io
import struct
import zlib

import numpy as np
import pytest
from drawn_pages import saved
from PIL import Image

from chainrule.images import read_picture

H, W = 22, 30
RAMP = np.linspace(0, 1, H * W).reshape(H, W)  # exact grey, float64
COLOUR = np.stack([RAMP, RAMP[::-1], np.abs(np.sin(6 * RAMP))], axis=2)
ALPHA = np.abs(np.cos(3 * RAMP))


def levels(values, bits=8):
    """0..1 as whole numbers of so many bits."""
    return np.rint(values * (2**bits - 1)).astype(np.uint8 if bits <= 8 else np.uint16)


def chunk(name, body):
    """One part of a PNG."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(values, bits, colour, palette=b"", interlaced=False):
    """A PNG written by hand, values (h, w) or (h, w, c) of whole numbers: what Pillow cannot write."""
    flat = values.reshape(*values.shape[:2], -1)
    whole = [(0, 0, 1, 1)]
    adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for left, top, across, down in adam7 if interlaced else whole:
        for line in flat[top::down, left::across].reshape(len(flat[top::down]), -1):
            if bits == 16:
                packed = line.astype(">u2").tobytes()
            else:
                each = np.unpackbits(line.astype(np.uint8)[:, None], axis=1)[:, 8 - bits :]
                packed = np.packbits(each.reshape(-1)).tobytes()
            rows += b"\0" + packed if len(line) else b""
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, colour, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + palette
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def on_white(values, alpha):
    """The reference for transparency: laid on white paper."""
    alpha = alpha.reshape(*alpha.shape, *[1] * (values.ndim - alpha.ndim))
    return values * alpha + (1 - alpha)


def of_pillow(mode, kind, **how):
    """The colour ramp converted by Pillow and saved."""
    file = io.BytesIO()
    Image.fromarray(levels(COLOUR)).convert(mode).save(file, kind, **how)
    return file.getvalue()


def tiff16(order):
    """A 16-bit grey TIFF in one strip, in either byte order."""
    body = levels(RAMP, 16).astype(f"{order}u2").tobytes()
    tags = [
        (256, 3, W),
        (257, 3, H),
        (258, 3, 16),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, H),
        (279, 4, len(body)),
    ]
    entries = b"".join(struct.pack(f"{order}HHI", tag, kind, 1) + struct.pack(f"{order}{'HH' if kind == 3 else 'I'}",
                       *([value, 0] if kind == 3 else [value])) for tag, kind, value in tags)  # fmt: skip
    return (
        (b"II*\0" if order == "<" else b"MM\0*")
        + struct.pack(f"{order}I", 8 + len(body))
        + body
        + struct.pack(f"{order}H", len(tags))
        + entries
        + bytes(4)
    )


GREY8, COLOUR8, ALPHA8 = levels(RAMP) / 255, levels(COLOUR) / 255, levels(ALPHA) / 255
BIT, TWO, FOUR = (levels(RAMP, bits) / (2**bits - 1) for bits in (1, 2, 4))
PALETTE = np.array([[250, 10, 10], [10, 200, 30], [20, 30, 240], [0, 0, 0]])
PLACES = np.indices((H, W)).sum(0) % 4
PLTE = chunk(b"PLTE", PALETTE.astype(np.uint8).tobytes())
RGBA, LA = (
    np.concatenate([v, levels(ALPHA)[..., None]], axis=2) for v in (levels(COLOUR), levels(RAMP)[..., None])
)
# name: (bytes, reference from 0 to 1, largest error in levels of 255)
MODES = {
    "grey": (saved(levels(RAMP)), GREY8, 0), "colour": (saved(levels(COLOUR)), COLOUR8, 0),
    "1 bit": (png(levels(RAMP, 1), 1, 0), BIT, 0), "2 bits": (png(levels(RAMP, 2), 2, 0), TWO, 0),
    "4 bits": (png(levels(RAMP, 4), 4, 0), FOUR, 0), "16 bits": (png(levels(RAMP, 16), 16, 0), RAMP, 0.51),
    "16-bit colour": (png(levels(COLOUR, 16), 16, 2), COLOUR, 1), "interlaced": (png(levels(RAMP), 8, 0, b"", True), GREY8, 0),
    "interlaced colour": (png(levels(COLOUR), 8, 2, b"", True), COLOUR8, 0),
    "interlaced 16 bits": (png(levels(RAMP, 16), 16, 0, b"", True), RAMP, 0.51),
    "alpha": (saved(RGBA), on_white(COLOUR8, ALPHA8), 0.6), "grey and alpha": (png(LA, 8, 4), on_white(GREY8, ALPHA8), 0.6),
    "16-bit alpha": (png(np.concatenate([levels(COLOUR, 16), levels(ALPHA, 16)[..., None]], 2), 16, 6),
                     on_white(COLOUR, ALPHA), 2),
    "palette": (png(PLACES, 8, 3, PLTE), PALETTE[PLACES] / 255, 0), "2-bit palette": (png(PLACES, 2, 3, PLTE), PALETTE[PLACES] / 255, 0),
    "palette and alpha": (png(PLACES, 2, 3, PLTE + chunk(b"tRNS", b"\0\x80\xff\xff")),
                          on_white(PALETTE / 255, np.array([0, 128, 255, 255]) / 255)[PLACES], 0.6),
    "grey with one level clear": (png(levels(RAMP, 4), 4, 0, chunk(b"tRNS", b"\0\x07")), np.where(levels(RAMP, 4) == 7, 1, FOUR), 0),
    "little-endian TIFF": (tiff16("<"), RAMP, 0.51), "big-endian TIFF": (tiff16(">"), RAMP, 0.51),
    "TIFF": (of_pillow("RGB", "TIFF"), COLOUR8, 0), "LZW TIFF": (of_pillow("RGB", "TIFF", compression="tiff_lzw"), COLOUR8, 0),
    "float TIFF": (saved(RAMP.astype(np.float32), "TIFF"), RAMP, 0.51), "BMP": (of_pillow("RGB", "BMP"), COLOUR8, 0),
    "grey BMP": (saved(levels(RAMP), "BMP"), GREY8, 0), "1-bit BMP": (saved(levels(RAMP, 1) > 0, "BMP"), BIT, 0),
    "GIF": (saved(levels(RAMP), "GIF"), GREY8, 0), "WebP": (of_pillow("RGB", "WEBP", lossless=True), COLOUR8, 0),
    "WebP and alpha": (saved(RGBA, "WEBP", lossless=True, exact=True), on_white(COLOUR8, ALPHA8), 0.6),
    "JPEG": (of_pillow("RGB", "JPEG", quality=100, subsampling=0), COLOUR8, 4),
    "progressive JPEG": (of_pillow("RGB", "JPEG", quality=100, subsampling=0, progressive=True), COLOUR8, 4),
    "grey JPEG": (saved(levels(RAMP), "JPEG", quality=100), GREY8, 3),
    "CMYK JPEG": (of_pillow("CMYK", "JPEG", quality=100, subsampling=0), COLOUR8, 4),
    "CMYK TIFF": (of_pillow("CMYK", "TIFF"), COLOUR8, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", list(MODES))
def test_pixels_are_what_the_file_says(name):
    """Depths, palettes, transparency, byte orders, interlacing, CMYK: within the error that 8 bits allow."""
    data, reference, error = MODES[name]
    pixels = read_picture(data).pixels / 255
    if pixels.ndim > reference.ndim:
        reference = np.repeat(reference[..., None], pixels.shape[2], axis=2)
    assert pixels.shape == reference.shape
    assert np.abs(pixels - reference).max() * 255 <= error + 1e-6


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_every_orientation_of_every_format_stands_upright(kind, turn):
    """EXIF 1 to 8 in the formats that carry it: equal after turning, a JPEG within 8 levels."""
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turn]
    image = Image.fromarray(levels(COLOUR))
    stored = image if undo is None else image.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[274] = turn
    how = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    file = io.BytesIO()
    stored.save(file, kind, exif=exif, **how)
    picture = read_picture(file.getvalue())
    assert picture.size == (W, H)
    assert np.abs(picture.pixels.astype(int) - levels(COLOUR)).max() <= (8 if kind == "JPEG" else 0)
