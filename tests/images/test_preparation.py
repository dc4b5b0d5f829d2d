"""Preparing pictures: what comes out is one digit as MNIST has it, whatever the paper, pen and light were."""

import json

import numpy as np
import pytest
from drawn_pages import page, saved, sign
from PIL import Image

from chainrule.errors import SettingError
from chainrule.images import Preparation, Rejection, prepare
from chainrule.images import rejection as rejections
from chainrule.images.background import ink_is_light
from chainrule.images.components import components
from chainrule.images.filters import window_max, window_mean, window_min
from chainrule.images.lines import without_lines
from chainrule.images.mnist_like import is_mnist_like
from chainrule.images.non_digits import drawn_glyphs, spoiled
from chainrule.images.placing import centred, sheared, slant
from chainrule.images.stage_sheet import blocks, stage_sheet
from chainrule.images.strokes import rewidened, stroke_width


def reference(name="2"):
    """The sign prepared from clean black on white."""
    return prepare(page([(name, 140, 90)], paper=(255, 255, 255), ink=(0, 0, 0), noise=0)).digits[0].pixels


def alike(a, b):
    """The cosine between two digits, softened a little: 1 when they are the same up to brightness."""
    return float((rejections.signature(a[None]) @ rejections.signature(b[None]).T)[0, 0])


CASES = {
    "a grey photo with noise": {"noise": 8, "paper": (170, 165, 160)},
    "a strong shadow": {"shade": 0.6},
    "a blue pen": {"ink": (60, 70, 170)},
    "a red pen": {"ink": (190, 60, 60)},
    "a yellow pen": {"ink": (250, 235, 60), "paper": (255, 255, 255), "noise": 1},
    "a faint pencil": {"ink": (175, 175, 175), "noise": 2},
    "chalk on a board": {"ink": (230, 235, 225), "paper": (35, 60, 45), "noise": 5},
    "white on black": {"ink": (255, 255, 255), "paper": (0, 0, 0), "noise": 0},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["2", "5", "7", "0"])
def test_paper_pen_and_light_do_not_matter(case, name):
    """The same digit on other paper, in another colour, in shadow or as chalk comes out the same."""
    prepared = prepare(page([(name, 140, 90)], **CASES[case]))
    assert prepared.refused is None
    assert len(prepared.digits) == 1
    assert alike(prepared.digits[0].pixels, reference(name)) > 0.93


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("tilt", [0.0, 0.03])
def test_ruled_and_squared_paper_is_taken_out(squared, tilt):
    """Lines across the paper, level or tilted, leave the digit as it is."""
    pixels = page([("2", 140, 90)])
    y, x = np.mgrid[:300, :400]
    lines = (y + tilt * x) % 48 < 2
    lines |= squared & ((x - tilt * y) % 48 < 2)
    pixels[lines] = (pixels[lines] * 0.55).astype(np.uint8)
    prepared = prepare(pixels)
    assert "lines" in prepared.stages
    assert len(prepared.digits) == 1
    assert alike(prepared.digits[0].pixels, reference()) > 0.9


@pytest.mark.parametrize("size", [16, 20, 32, 50])
def test_small_pictures_cut_out_tightly_keep_their_strokes(size):
    """A digit of two tones that fills a picture of 16 pixels is the same digit as in a photo."""
    for name in ("0", "2", "4", "5"):
        ink = Image.fromarray((sign(name, pen=9) * 255).astype(np.uint8))
        small = np.asarray(ink.crop(ink.getbbox()).resize((size * 3 // 4, size), Image.Resampling.BOX))
        for pixels in (np.where(small > 100, 255, 0), np.where(small > 100, 0, 255)):
            digit = prepare(pixels.astype(np.uint8), single=True).digits[0].pixels
            assert (
                alike(digit, prepare(np.asarray(ink.crop(ink.getbbox()).resize((150, 200)))).digits[0].pixels)
                > 0.85
            )


def test_the_result_is_placed_as_mnist_places_digits():
    """The longer side is about 20 pixels, the centre of mass in the middle, the pen as wide as MNIST's."""
    for name in ("0", "1", "2", "4", "5", "7"):
        digit = prepare(page([(name, 20, 150)])).digits[0].pixels
        assert is_mnist_like(digit) is not None
        rows, columns = np.nonzero(digit > 20)
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
        assert digit.max() > 220


def test_size_and_pen_do_not_matter():
    """A digit three times as large or small, and one drawn with a finer pen, come out much the same."""
    picture = Image.fromarray(page([("5", 140, 90)]))
    for factor in (0.5, 3.0):
        other = picture.resize((int(400 * factor), int(300 * factor)), Image.Resampling.BOX)
        assert alike(prepare(np.asarray(other)).digits[0].pixels, reference("5")) > 0.85
    thin = 255 - (sign("5", pen=2) * 255).astype(np.uint8)
    assert alike(prepare(thin).digits[0].pixels, reference("5")) > 0.85


def test_an_mnist_digit_passes_through_unchanged():
    """A 28 x 28 digit placed as MNIST's is returned byte for byte, from an array, a PNG, or black on white."""
    digit = centred(sign("2").astype(np.float32))
    for source in (
        digit,
        saved(digit),
        digit[..., None],
        digit.reshape(784),
        digit / 255.0,
        255 - digit,
        np.stack([digit] * 3, 2),
    ):
        prepared = prepare(source)
        assert prepared.passed
        assert prepared.digits[0].pixels.tobytes() == digit.tobytes()
        assert len(prepared.digits[0].views) == 1
    corner = np.pad(digit, ((0, 14), (0, 14)))
    assert not prepare(corner).passed
    assert alike(prepare(corner).digits[0].pixels, digit) > 0.9


def test_several_digits_are_found_in_reading_order():
    """Two rows of digits come back row by row, left to right, with boxes that hold them."""
    placed = [("2", 20, 20), ("7", 170, 30), ("0", 300, 15), ("5", 60, 180), ("1", 220, 175)]
    prepared = prepare(page(placed, size=(440, 320)))
    assert [d.row for d in prepared.digits] == [0, 0, 0, 1, 1]
    for digit, (name, left, top) in zip(prepared.digits, placed, strict=True):
        assert alike(digit.pixels, reference(name)) > 0.9
        assert left - 3 <= digit.box[0]
        assert digit.box[2] <= left + 123
        assert top - 3 <= digit.box[1]
        assert digit.box[3] <= top + 123
    assert prepared.text([2, 7, 0, 5, 1]) == "270|51"


def test_single_takes_all_ink_as_one_digit():
    """With single, two strokes far apart are one digit."""
    pixels = page([("1", 60, 90), ("1", 220, 90)])
    assert len(prepare(pixels).digits) == 2
    assert len(prepare(pixels, single=True).digits) == 1


def test_boxes_are_in_pixels_of_the_original():
    """A large picture is worked at less than its size; the boxes are given at its own."""
    pixels = np.full((3000, 2400), 240, np.uint8)
    pixels[1000:1800, 1100:1200] = 30
    left, top, right, bottom = prepare(pixels).digits[0].box
    assert abs(left - 1100) <= 3
    assert abs(top - 1000) <= 3
    assert abs(right - 1200) <= 3
    assert abs(bottom - 1800) <= 3


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((200, 300), 230, np.uint8),
        page([]),
        np.zeros((50, 50), np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 300), dtype=np.uint8),
    ],
    ids=["flat", "paper", "black", "noise"],
)
def test_a_picture_without_writing_is_refused_with_a_reason(pixels):
    """Blank paper and noise give no digit and say why."""
    prepared = prepare(pixels)
    assert not prepared.digits
    assert prepared.refused
    assert prepared.refused.endswith(".")


def test_every_stage_is_kept_and_can_be_left_out():
    """Stages come in order as pictures; each can be switched off and the picture is still prepared."""
    pixels = page([("2", 140, 90)])
    names = list(prepare(pixels).stages)
    assert names[:5] == ["read", "grey", "paper", "ink", "mask"]
    assert names[-2:] == ["writing", "digits"]
    for stage in Preparation.STAGES:
        assert prepare(pixels, Preparation().without(stage)).digits
    with pytest.raises(SettingError, match="colour"):
        Preparation().without("color")


def test_settings_survive_the_model_file():
    """Preparation and Rejection go through JSON unchanged; a wrong name or value is named."""
    settings = Preparation(lines=False, views=((2.0, 3.0, 0.5),))
    assert Preparation.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    assert Rejection.from_dict(json.loads(json.dumps(Rejection(1.5).to_dict()))) == Rejection(1.5)
    for wrong in ({"line": True}, {"lines": "yes"}, {"views": 3}):
        with pytest.raises(SettingError):
            Preparation.from_dict(wrong)


def test_components_are_what_touches():
    """Pieces, boxes and areas agree with a slow search on random masks."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        mask = rng.random((rng.integers(1, 14), rng.integers(1, 14))) < 0.4
        found = components(mask)
        assert np.array_equal(found.labels > 0, mask)
        left = {tuple(p) for p in np.argwhere(mask)}
        pieces = 0
        while left:
            todo, piece = [left.pop()], []
            while todo:
                r, c = todo.pop()
                piece.append((r, c))
                near = {(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
                left -= near
                todo += near
            pieces += 1
            k = found.labels[piece[0]] - 1
            assert all(found.labels[p] == k + 1 for p in piece)
            assert found.area[k] == len(piece)
            assert found.top[k] == min(p[0] for p in piece)
            assert found.right[k] == max(p[1] for p in piece) + 1
        assert pieces == len(found)


def test_windows_agree_with_a_slow_search():
    """Means and extremes over windows equal those taken pixel by pixel."""
    values = np.random.default_rng(6).random((9, 11)).astype(np.float32)
    for r in (1, 2, 7):
        for (i, j), mean in np.ndenumerate(window_mean(values, r)):
            window = values[max(0, i - r) : i + r + 1, max(0, j - r) : j + r + 1]
            assert mean == pytest.approx(window.mean(), abs=1e-5)
            assert window_max(values, r)[i, j] == window.max()
            assert window_min(values, r)[i, j] == window.min()


def test_polarity_follows_the_ink_and_not_the_brightness():
    """Dark ink on dark paper is dark ink; light ink on grey is light ink."""
    assert not ink_is_light(page([("2", 140, 90)], paper=(70, 70, 70), ink=(20, 20, 20))[..., 0])
    assert ink_is_light(page([("2", 140, 90)], paper=(120, 120, 120), ink=(220, 220, 220))[..., 0])


def test_a_stroke_that_fills_its_picture_is_no_ruled_line():
    """A 7 cut out tightly keeps its bar."""
    ink = sign("7") > 0.5
    rows, columns = np.nonzero(ink)
    tight = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert not without_lines(tight)[1].any()


def test_strokes_are_measured_and_redrawn():
    """A bar of 6 made 4 wider measures about 10; a lean is found and taken out."""
    bar = np.zeros((100, 100), np.float32)
    bar[20:80, 47:53] = 1
    wider, finer = rewidened(bar, 4), rewidened(bar, -2)
    assert wider[50].sum() == pytest.approx(10, abs=1)
    assert finer[50].sum() == pytest.approx(4, abs=1)
    assert stroke_width(wider) > stroke_width(bar) > stroke_width(finer)
    leaning = sheared(bar, -0.4)
    assert slant(leaning) == pytest.approx(0.4, abs=0.05)
    assert abs(slant(sheared(leaning, slant(leaning)))) < 0.05


def test_probabilities_are_calibrated():
    """Over-sure probabilities are cooled, the error of calibration falls; the nearest known digit is found."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 4000)
    logits = 2.0 * np.eye(10)[labels] + rng.normal(0, 1, (4000, 10))
    sharp = rejections.tempered(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 1 / 3)
    temperature = rejections.best_temperature(sharp, labels)
    assert temperature > 1.3
    cooled = Rejection(temperature).calibrated(sharp)
    before, after = (rejections.calibration_error(p, labels) for p in (sharp, cooled))
    assert after < 0.5 * before
    kept = rejections.signature(np.stack([reference("2"), reference("7")]))
    distance, nearest = rejections.strangeness(reference("7")[None], kept)
    assert distance[0] < 0.01
    assert nearest[0, 0] == 1


def test_non_digits_are_drawn_alike_from_the_same_seed():
    """Glyphs that are no digits: the same for a seed, different for another, placed as digits are."""
    first = drawn_glyphs(60, 4)
    assert np.array_equal(first, drawn_glyphs(60, 4))
    assert not np.array_equal(first, drawn_glyphs(60, 5))
    assert first.dtype == np.uint8
    assert (first.reshape(60, -1).max(1) > 60).all()
    digits = np.stack([reference(n) for n in ("2", "5", "7")])
    assert spoiled(digits, np.array([2, 5, 7]), 1).shape == (3, 28, 28)


def test_what_was_seen_can_be_shown():
    """The sheet is a picture of a readable width with all stages; more digits make it longer; blocks are at most 28 wide."""
    prepared = prepare(page([("2", 140, 90)]))
    near = np.stack([np.stack([reference("7")] * 3)])
    sheet = stage_sheet(
        prepared,
        np.full((1, 10), 0.1),
        near,
        likes=np.array([[7, 7, 7]]),
        answer="2",
        without=[("lines", "7")],
    )
    assert sheet.size[0] == 1240
    assert np.asarray(sheet).std() > 20
    more = stage_sheet(prepare(page([("2", 20, 90), ("7", 160, 90), ("5", 280, 90)])), np.full((3, 10), 0.1))
    assert more.size[1] > stage_sheet(prepared, np.full((1, 10), 0.1)).size[1]
    assert len(blocks(prepared.digits[0].pixels).splitlines()) in (13, 14)
    assert stage_sheet(prepare(page([]))).size[1] > 200


def test_a_speck_is_no_digit():
    """What is smaller than five pixels is not read, whatever it looks like."""
    pixels = np.full((300, 300), 240, np.uint8)
    pixels[100:104, 50:250:50] = 20
    assert "specks" in prepare(pixels).refused
    pixels[100:112, 50:250:50] = 20
    assert len(prepare(pixels).digits) == 4


def test_a_network_may_judge_what_is_doubtful():
    """A judge that is sure of the whole keeps a wide sign whole; one that is sure of halves parts it."""
    pixels = np.full((120, 200), 240, np.uint8)
    pixels[20:100, 30:38] = pixels[20:100, 120:128] = pixels[56:60, 30:128] = 20

    def judge(sure_of_wide):
        def classify(x):
            wide = (x > 0.5).any(1).sum(1) >= 17
            sure = np.where(wide == sure_of_wide, 0.95, 0.2)
            p = np.full((len(x), 10), 0.0)
            p[:, 0] = sure
            p[:, 1:] = (1 - sure[:, None]) / 9
            return p

        return classify

    assert len(prepare(pixels, classify=judge(True)).digits) == 1
    assert len(prepare(pixels, classify=judge(False)).digits) == 2


def test_half_a_page_in_the_shade_is_read_like_one_in_the_light():
    """A hard shadow over half of a clean page is no ink, on either side, however even both tones are."""
    y, x = np.indices((240, 320))
    ring = np.abs(np.hypot(x - 150, y - 120) - 50) < 8
    for shade in (x + y / 2 > 230, x < 150, y > 110):
        page = np.where(ring, 90, 235) * np.where(shade, 0.55, 1.0)
        found = prepare(page.astype(np.uint8)).stages["writing"] > 0
        assert (found & ring).sum() > 0.9 * (found | ring).sum()


@pytest.mark.parametrize("dark", [20, 40, 180])
def test_faint_broad_strokes_are_ink_as_dark_ones_are(dark):
    """A broad ring that is hardly darker than its grainy paper is found whole."""
    y, x = np.indices((250, 250))
    ring = np.abs(np.hypot(x - 125, y - 125) - 70) < 12
    page = 232 - dark * ring + np.random.default_rng(3).normal(0, 1.5, ring.shape)
    found = prepare(page.astype(np.uint8)).stages["writing"] > 0
    assert (found & ring).sum() > 0.85 * (found | ring).sum()
