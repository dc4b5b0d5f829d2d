"""Reading pictures: what people have is read; what cannot be read is refused in one sentence."""

import base64
import io
import struct
import sys
import zlib

import numpy as np
import pytest
from drawn_pages import saved
from PIL import Image

from chainrule.errors import DataError, MissingDependencyError
from chainrule.images import read_picture
from chainrule.images.decoding import Limits, upright

RNG = np.random.default_rng(3)
GREY = RNG.integers(0, 256, (24, 17), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (24, 17, 3), dtype=np.uint8)


def sentence(problem):
    """Checks that an error is one clear line."""
    text = str(problem.value)
    assert text
    assert "\n" not in text
    assert "Traceback" not in text
    assert len(text) < 400
    return text


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF", "WEBP", "JPEG"])
def test_every_format_people_have_is_read(kind, tmp_path):
    """A picture saved in any of the formats comes back with its pixels."""
    how = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    path = tmp_path / f"p.{kind.lower()}"
    smooth = np.add.outer(np.arange(24) * 5, np.arange(17) * 3).astype(np.uint8)
    path.write_bytes(saved(smooth, kind, **how))
    read = read_picture(path)
    pixels = read.pixels if read.pixels.ndim == 2 else read.pixels[..., 0]
    assert np.abs(pixels.astype(int) - smooth).max() <= (3 if kind == "JPEG" else 0)
    assert read.size == (17, 24)
    assert not read.notes


def test_bytes_streams_and_images_read_like_files(tmp_path):
    """The same picture as a path, text path, bytes, stream or Pillow image gives the same pixels."""
    data = saved(COLOUR)
    path = tmp_path / "a.png"
    path.write_bytes(data)
    sources = [path, str(path), data, bytearray(data), io.BytesIO(data), Image.fromarray(COLOUR)]
    for source in sources:
        assert np.array_equal(read_picture(source).pixels, COLOUR)


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_stands_upright_whatever_the_camera_wrote(turn):
    """All eight EXIF orientations of a PNG give exactly the upright pixels."""
    image = Image.fromarray(COLOUR)
    undo = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[turn]
    stored = image if undo is None else image.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[274] = turn
    file = io.BytesIO()
    stored.save(file, "PNG", exif=exif)
    picture = read_picture(file.getvalue())
    assert np.array_equal(picture.pixels, COLOUR)
    assert picture.size == (17, 24)
    assert np.array_equal(upright(np.asarray(stored), turn), COLOUR)


def test_sixteen_bits_keep_their_levels():
    """A 16-bit ramp keeps 256 levels instead of turning white."""
    ramp = np.linspace(0, 65535, 256 * 4).astype(np.uint16).reshape(4, 256)
    file = io.BytesIO()
    Image.fromarray(ramp).save(file, "PNG")
    pixels = read_picture(file.getvalue()).pixels
    assert len(np.unique(pixels)) == 256
    assert np.abs(pixels - ramp / 257.0).max() <= 0.51


def test_what_is_transparent_is_paper():
    """Fully transparent pixels are white paper, whatever colour hides under them; light strokes lie on black."""
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[5:15, 9:11] = (10, 20, 30, 255)
    pixels = read_picture(saved(rgba)).pixels
    assert (pixels[0, 0] == 255).all()
    assert (pixels[10, 10] == (10, 20, 30)).all()
    rgba[5:15, 9:11] = 255
    assert (read_picture(saved(rgba)).pixels[0, 0] == 0).all()


def test_palettes_greys_and_cmyk_come_out_as_they_look():
    """Palette with transparency, grey with alpha, one bit, and CMYK are all read."""
    palette = Image.fromarray(COLOUR).quantize(8)
    file = io.BytesIO()
    palette.save(file, "PNG", transparency=0)
    seen = np.asarray(palette.convert("RGB"))
    hidden = np.asarray(palette) == 0
    pixels = read_picture(file.getvalue()).pixels
    assert np.array_equal(pixels[~hidden], seen[~hidden])
    assert (pixels[hidden] == 255).all()
    assert np.array_equal(read_picture(Image.fromarray(GREY).convert("LA")).pixels[..., 0], GREY)
    assert set(np.unique(read_picture(Image.fromarray(GREY).convert("1")).pixels)) <= {0, 255}
    file = io.BytesIO()
    flat = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    flat.save(file, "JPEG", quality=100)
    red = read_picture(file.getvalue()).pixels[8, 8]
    assert red[0] > 200
    assert red[1] < 60
    assert red[2] < 60


def test_arrays_of_every_shape_and_type_are_one_picture():
    """28x28, 28x28x1, 784; bool, integers, floats from 0 to 1 and to 255 are the same digit."""
    digit = (GREY[:14, :14] > 128).repeat(2, 0).repeat(2, 1)
    whole = digit.astype(np.uint8) * 255
    for array in (
        whole,
        whole[..., None],
        whole.reshape(784),
        digit,
        whole / 255,
        (whole / 255).astype(np.float16),
        whole.astype(np.int64),
        whole.astype(np.uint16) * np.uint16(257),
        digit.astype(int),
        whole[None],
        whole.tolist(),
        whole.astype(float),
    ):
        assert np.array_equal(read_picture(array).pixels, whole)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((28, 28), np.nan), "NaN"),
        (np.zeros((3, 28, 28)), "one by one"),
        (np.zeros(783), "expected one picture"),
        (np.zeros((0, 5)), "expected one picture"),
        (np.full((4, 4), -1.0), "undo the scaling"),
        (np.full((4, 4), 1e9), "up to"),
        (np.zeros((4, 4), complex), "numbers"),
        (np.array([["a"]]), "numbers"),
        (None, "numbers"),
        ({}, "numbers"),
        ([[1, 2], [3]], "array of pixels"),
        (3.5, "expected one picture"),
    ],
)
def test_arrays_that_are_no_picture_are_refused_in_words(array, words):
    """A wrong array says what came and what was expected."""
    with pytest.raises(DataError) as problem:
        read_picture(array)
    assert words in sentence(problem)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
        (b"<svg xmlns='x'/>", "SVG"),
        (b"<!DOCTYPE html><p>", "HTML"),
        (b"%!PS-Adobe-3.0 EPSF", "PostScript"),
        (b"8BPS\0\1", "Photoshop"),
        (b"hello world", "text file"),
        (bytes(100), "zero bytes"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
        (b"\xff\xd8\xff", "cut off"),
        (b"GIF89a", "cut off"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x93NUMPY", "NumPy"),
        (b"BM", "text file"),
    ],
)
def test_a_file_that_is_something_else_is_named(data, words, tmp_path):
    """What a file really is, is said, whatever it is called."""
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    with pytest.raises(DataError) as problem:
        read_picture(path)
    assert words in sentence(problem)
    assert "photo.png" in str(problem.value)


def test_a_wrong_ending_is_read_and_remarked_on(tmp_path):
    """A JPEG called .png is read with a note; a TIFF called .png is refused."""
    path = tmp_path / "a.png"
    path.write_bytes(saved(COLOUR, "JPEG"))
    assert read_picture(path).notes == ("named .png but is a JPEG picture",)
    path.write_bytes(saved(COLOUR, "TIFF"))
    with pytest.raises(DataError) as problem:
        read_picture(path)
    assert "TIFF" in sentence(problem)


def test_a_missing_file_or_folder_says_so(tmp_path):
    """No file, a folder, a name with a newline in it: one line each."""
    for path, words in ((tmp_path / "no.png", "no file"), (tmp_path, "folder"), ("a\nb\0.png", "\\n")):
        with pytest.raises(DataError) as problem:
            read_picture(path)
        assert words in sentence(problem)


def header(width, height, bits=8, colour=0):
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(2**31 - 1, 2**31 - 1), (0, 0), (20000, 20000), (300000, 1), (1, 300000)]
)
def test_sizes_are_checked_before_anything_is_decoded(width, height):
    """A picture that claims to be huge, or nothing, is refused from its header."""
    with pytest.raises(DataError) as problem:
        read_picture(header(width, height))
    sentence(problem)


def test_colours_cost_more_than_grey():
    """A 9,400 x 9,400 picture in colour is refused; so is any file above the limit in bytes."""
    with pytest.raises(DataError) as problem:
        read_picture(header(9400, 9400, 8, 2))
    assert "too large" in sentence(problem)
    with pytest.raises(DataError) as problem:
        read_picture(bytes(101), limits=Limits(file_bytes=100))
    assert "at most" in sentence(problem)


def test_a_long_thin_strip_is_a_picture():
    """30,000 x 2 and 1 x 100,000 pixels are read."""
    assert read_picture(saved(np.zeros((2, 30000), np.uint8))).size == (30000, 2)
    assert read_picture(saved(np.zeros((100000, 1), np.uint8))).size == (1, 100000)


def test_a_jpeg_cut_anywhere_is_refused():
    """A JPEG missing a tenth or nine tenths of its bytes is said to be cut off."""
    data = saved(RNG.integers(0, 256, (200, 200), dtype=np.uint8), "JPEG")
    for tenth in range(1, 10):
        with pytest.raises(DataError) as problem:
            read_picture(data[: len(data) * tenth // 10])
        sentence(problem)


def test_a_jpeg_of_hundreds_of_scans_is_refused():
    """A JPEG that repeats its scan a thousand times is refused before it costs time."""
    data = saved(GREY, "JPEG", progressive=True)
    scan = data.rfind(b"\xff\xda")
    with pytest.raises(DataError) as problem:
        read_picture(data[:-2] + data[scan:-2] * 1000 + data[-2:])
    assert "scans" in sentence(problem)


def test_texts_profiles_and_later_frames_cost_nothing():
    """Compressed texts that swell are skipped, the first frame of an animation is taken, a tail is ignored."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for k in range(40):
        info.add_text(f"k{k}", "x" * 900_000, zip=True)
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "PNG", pnginfo=info)
    assert np.array_equal(read_picture(file.getvalue()).pixels, GREY)
    frames = [Image.fromarray(np.full((20, 20), level, np.uint8)) for level in (0, 100, 200)]
    for kind in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        how = {"lossless": True} if kind == "WEBP" else {}
        frames[0].save(file, kind, save_all=True, append_images=frames[1:], **how)
        assert read_picture(file.getvalue()).pixels.max() < 5
    assert np.array_equal(read_picture(saved(GREY) + b"PK\x03\x04 tail").pixels, GREY)


def test_a_flipped_byte_in_a_png_is_noticed():
    """A PNG with one wrong byte among its pixels is called damaged."""
    data = bytearray(saved(GREY))
    data[data.find(b"IDAT") + 30] ^= 0x55
    with pytest.raises(DataError) as problem:
        read_picture(bytes(data))
    assert "damaged" in sentence(problem)


# A 7 drawn by page([("7", 0, 0)]), 64 x 64, as a phone stores it.
HEIC = base64.b85decode(
    "0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<00042ZDn*}000000000XXk=`10000000000aA{+700000000000000000000B57=IV*mgE07O"
    "6l0RRC200001dH?|c00000008#@001LtX>Mi!000000RR916=`l}WdZ;I000310BCk&F#rGn01j|zbZr0t000010002iX>f9I0002DX>en20"
    "001ZXm(>m0RwOV0058x000009`FGC{rLC*01pFT0096PKmiN^|NjGU00093kN^M!000939=ZZRVE_RDD?$MQ18@KU0|1Z!00RI30{|YNAb|y"
    "z>PacCZUPz%2mk;B0LTCU0{{p>VgLaE2SfqEa<C#m0000JV{dG7ZewhC0096E00w{n000zeb8uw<00000002M$002M$000nhX?SS>000032n"
    "YxO000+haBX1#00000000310R({p0|Wp70RL@dVRQfh0P`pTuNi>DzlF@>p1kcX@}=+xjb`g2f(dP*XU;y@2!xlPRQw8Sh?)tUItT(C1r0EZ"
    "u&0Hdm8z$3xvO$r%TeCCiZbg;qtc0k(V?tO&~FY^T@_qSnA%<S6uT*dutkI0o;&(-aInLV*bY5B=@O~SiFevJ%QE@lGpm;6=6|+m#hpnj3Mk"
    "B603DZyB+kt}CRlg~<za6o<G8G!J}=ZUuy*3c(9)tx>#Ib)o+ttVkDA|=R2Mxzac(KDV8^=qJEVbrkVPGU?{eE2bhfElt4L5o+v{yIQYQ*RA"
    "QSIEzQTqCEQL!eW@y2O8Q=!?U;"
)


def test_a_phones_heic_is_read_where_its_part_is_installed():
    """With the extra, HEIC is a picture like others, in any file's name; cut off, it is refused like others."""
    pytest.importorskip("pi_heif")
    picture = read_picture(HEIC)
    assert (picture.format, picture.size, picture.pixels.shape) == ("HEIC", (64, 64), (64, 64, 3))
    dark = picture.pixels[..., 1] < 130
    assert 200 < dark.sum() < 600
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        with pytest.raises(DataError) as problem:
            read_picture(HEIC[: int(share * len(HEIC))])
        assert "HEIC" in sentence(problem)


def test_heic_without_its_part_says_what_to_install(monkeypatch):
    """Where the extra is missing, the sentence names it."""
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(MissingDependencyError, match=r"chainrule\[heic\]"):
        read_picture(HEIC)
