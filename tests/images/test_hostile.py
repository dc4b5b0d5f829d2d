"""Broken and hostile pictures: whatever the bytes, an answer or one sentence, and never anything else."""

import numpy as np
import pytest
from drawn_pages import page, saved
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import DataError
from chainrule.images import prepare, read_picture

SMALL = page([("2", 0, 0)], size=(120, 120))
WHOLE = {
    "PNG": saved(SMALL),
    "JPEG": saved(SMALL, "JPEG"),
    "GIF": saved(SMALL[..., 0], "GIF"),
    "WEBP": saved(SMALL, "WEBP"),
    "BMP": saved(SMALL, "BMP"),
    "TIFF": saved(SMALL, "TIFF", compression="tiff_lzw"),
    "progressive": saved(SMALL, "JPEG", progressive=True),
    "palette": saved(SMALL[..., 0] // 32, "PNG"),
}


def answered(source):
    """True when the source was read, False when it was refused in one line; anything else raises."""
    try:
        picture = read_picture(source)
    except DataError as problem:
        text = str(problem)
        assert text
        assert "\n" not in text
        assert len(text) < 400
        return False
    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.size
    return True


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_no_mutation_of_a_picture_file_escapes(name):
    """150 seeded mutants of every format: bytes changed, cut, doubled, swapped; read or refused."""
    whole = WHOLE[name]
    assert answered(whole)
    rng = np.random.default_rng(11)
    outcomes = []
    for k in range(150):
        data = bytearray(whole)
        for _ in range(int(rng.integers(1, 12))):
            at = int(rng.integers(len(data))) if k % 2 else int(rng.integers(min(64, len(data))))
            data[at] = int(rng.integers(256))
        if k % 5 == 0:
            data = data[: int(rng.integers(len(data)))]
        if k % 7 == 0:
            at = int(rng.integers(len(data) + 1))
            data[at:at] = bytes(rng.integers(0, 256, 40, dtype=np.uint8))
        outcomes.append(answered(bytes(data)))
    assert not all(outcomes)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_no_cut_of_a_picture_file_escapes(name):
    """Every format cut at 60 places is read or refused."""
    whole = WHOLE[name]
    assert not any(answered(whole[:n]) for n in range(12))
    for share in np.linspace(0.01, 0.99, 48):
        answered(whole[: int(len(whole) * share)])


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"\xff\xd8\xff\xe0",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"BM",
            b"II*\0",
            b"MM\0*",
            b"RIFF\x20\0\0\0WEBPVP8 ",
            b"\0\0\0\x18ftypmif1",
        ]
    ),
)
def test_random_bytes_are_refused(tail, start):
    """Random bytes, with or without a format's first bytes, never escape."""
    refused: str | None = None
    try:
        answered(start + tail)
    except ImportError as problem:
        refused = str(problem)
    assert refused is None or "chainrule[heic]" in refused


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["noise", "flat", "few", "lines"]),
)
def test_any_small_picture_is_prepared_or_refused(seed, height, width, kind):
    """Noise, flat colour, a few pixels, stripes of any size down to 1 x 1: digits of 28 x 28 or a reason."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (height, width), dtype=np.uint8)
    if kind == "flat":
        pixels[:] = pixels[0, 0]
    if kind == "few":
        pixels = np.where(pixels > 250, 0, 255).astype(np.uint8)
    if kind == "lines":
        pixels[:] = pixels[:, :1]
    for single in (False, True):
        prepared = prepare(pixels, single=single)
        assert (prepared.refused is None) == (len(prepared.digits) > 0)
        assert all(d.pixels.shape == (28, 28) and d.pixels.dtype == np.uint8 for d in prepared.digits)
