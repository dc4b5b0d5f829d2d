"""Saying "I don't know": to what is no digit, to what is no page, and hardly ever to a digit."""

import numpy as np
import pytest
from drawn_pages import page, saved
from PIL import Image

from chainrule import datasets, pretrained
from chainrule.images import Rejection, grouping, prepare
from chainrule.images.components import components
from chainrule.images.non_digits import blot, drawn, drawn_glyphs, polygon, scribble, spiral
from chainrule.images.page import unread
from chainrule.inference.handwriting import Reader
from chainrule.models import load_model


@pytest.fixture(scope="module")
def test_digits():
    """MNIST's test digits and their labels."""
    data = datasets.load("mnist")
    return data.x_test, data.y_test


@pytest.fixture(scope="module")
def reader():
    """The model that comes along, as `chainrule predict` uses it."""
    model = load_model(pretrained.digits(), compile=False)
    return Reader(
        lambda x: model.predict_on_batch(x.reshape(len(x), *model.input_shape)),
        doubt=Rejection.from_dict(model.extras["doubt"]),
    )


def on_paper(ink, seed):
    """Ink (h, w) from 0 to 1 drawn with a dark pen on grainy paper."""
    rng = np.random.default_rng(seed)
    large = Image.fromarray((ink * 255).astype(np.uint8)).resize((140, 140), Image.Resampling.BICUBIC)
    wide = np.pad(np.clip((np.asarray(large) / 255 - 0.5) * 3 + 0.5, 0, 1), 40)
    paper = rng.uniform(170, 245) * (1 - rng.uniform(0, 0.3) * np.linspace(0, 1, wide.shape[1]))
    return np.clip(paper * (1 - 0.85 * wide) + rng.normal(0, 3, wide.shape), 0, 255).astype(np.uint8)


def photo(seed):
    """What a photo of things looks like from far: round shapes of many tones over each other."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((260, 340)) / 300
    out = np.full((260, 340, 3), rng.uniform(60, 200, 3))
    for _ in range(rng.integers(5, 25)):
        (cx, cy), r = rng.random(2), rng.uniform(0.03, 0.3)
        inside = (x - cx) ** 2 + (y - cy) ** 2 * rng.uniform(0.3, 3) < r * r
        out[inside] = 0.3 * out[inside] + 0.7 * rng.uniform(0, 255, 3)
    return np.clip(out + rng.normal(0, 8, out.shape), 0, 255).astype(np.uint8)


def test_all_test_digits_pass_as_files_byte_for_byte(test_digits):
    """All 10,000, each as a PNG file: what the network is given is the array itself, so its answer is the array's."""
    for digit in test_digits[0]:
        prepared = prepare(saved(digit))
        assert prepared.passed
        assert prepared.digits[0].pixels.tobytes() == digit.tobytes()


def test_the_reader_that_comes_along_knows_the_test_digits(reader, test_digits):
    """At least 99.2 % of MNIST's test digits, of which it learned from none."""
    x, y = test_digits
    assert np.mean(reader.classify(x.astype(np.float32) / 255).argmax(axis=1) == y) >= 0.992


@pytest.mark.parametrize("kind", ["scribble", "polygon", "spiral", "blot", "photo", "noise", "blank"])
def test_what_is_no_digit_is_refused(reader, kind):
    """Of 20 pictures of a kind at least 15 are answered with "I don't know" and a reason."""
    refused = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        if kind in ("scribble", "polygon", "spiral"):
            strokes = {"scribble": scribble, "polygon": polygon, "spiral": spiral}[kind](rng)
            pixels = on_paper(drawn(strokes, 8.0), seed)
        elif kind == "blot":
            pixels = on_paper(blot(rng), seed)
        elif kind == "photo":
            pixels = photo(seed)
        else:
            pixels = (
                rng.integers(0, 256, (90, 90), dtype=np.uint8)
                if kind == "noise"
                else on_paper(np.zeros((60, 60)), seed)
            )
        found = reader.read(pixels)
        refused += found.refused is not None
        assert found.refused is None or found.text is None
    assert refused >= 15


def test_letters_are_refused_and_digits_are_not(reader, test_digits):
    """Of 100 letters and marks on paper at least 85 are refused, of 200 digits at most 6."""
    strange = [
        reader.read(on_paper(ink / 255.0, k)).refused for k, ink in enumerate(drawn_glyphs(100, seed=9))
    ]
    known = [reader.read(on_paper(ink / 255.0, k)).refused for k, ink in enumerate(test_digits[0][:200])]
    assert sum(reason is not None for reason in strange) >= 85
    assert sum(reason is not None for reason in known) <= 6


def test_a_page_is_calm_and_a_photo_is_not():
    """Writing stays below the limit also in shadow and on rough paper; photos of things are above it."""
    for how in ({}, {"shade": 0.6}, {"noise": 10.0}, {"ink": (150, 150, 150), "noise": 4.0}):
        assert prepare(page([("2", 40, 40), ("7", 200, 60)], **how)).unrest < 0.7 * Rejection().unrest
    restless = [p.unrest > Rejection().unrest for p in map(prepare, map(photo, range(20))) if p.digits]
    assert np.mean(restless) >= 0.9


def test_what_stands_beside_a_digit_and_is_none_counts():
    """A word with one sign like a digit in it is no number."""
    said = Rejection().reason_for_all([None], unread=0.7)
    assert said is not None
    assert "most of what is written here is no digit" in said
    mask = np.zeros((100, 300), bool)
    mask[20:80, 20:28] = mask[30:70, 60:160] = True
    mask[90:95, 200:290] = True  # below: another row
    parts = components(mask)
    signs_found = grouping.glyphs(parts, np.ones(len(parts), bool))
    assert unread(parts, mask, signs_found[:1]) == pytest.approx(4000 / 4480)
    assert unread(parts, mask, signs_found) == 0.0


def test_a_sign_beside_sure_digits_is_doubted_less():
    """The same sign that is refused alone is read among five sure ones; a much worse one is refused also beside two."""
    sure, unsure = np.full(10, 0.01), np.full(10, 0.5 / 9)
    sure[3], unsure[4] = 0.91, 0.5
    limits = Rejection(most=0.9)
    alone = limits.reasons(unsure[None], np.array([0.6]))
    among = limits.reasons(np.stack([sure] * 5 + [unsure]), np.array([0.2] * 5 + [0.6]))
    worse = limits.reasons(np.stack([sure] * 2 + [np.full(10, 0.1)]), np.array([0.2] * 2 + [0.8]))
    assert alone[0] is not None
    assert among == [None] * 6
    assert worse[2] is not None
    assert limits.reason_for_all(worse) is None
    assert limits.reason_for_all([worse[2], None]) == worse[2]


def test_old_models_without_the_newer_limits_are_read():
    """A doubt that was stored before pages were judged gets today's limits for them."""
    assert Rejection.from_dict({"temperature": 0.5, "most": 0.9}) == Rejection(0.5, 0.9)
