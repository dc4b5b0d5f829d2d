"""How sure an answer is: hardly ever sure of what is no digit, and sure of digits as often as they are right."""

import numpy as np
import pytest
from drawn_pages import page, saved
from PIL import Image

from chainrule import datasets, pretrained
from chainrule.errors import SettingError
from chainrule.images import Rejection, prepare
from chainrule.images.non_digits import blot, drawn, drawn_glyphs, polygon, scribble, spiral
from chainrule.images.page import unread
from chainrule.images.rejection import FEATURES, features_of, fit_weights
from chainrule.inference.handwriting import Reader, right_ones
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
        rejection=Rejection.from_dict(model.extras.get("rejection", model.extras.get("doubt"))),
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
def test_what_is_no_digit_is_never_sure(reader, kind):
    """Of 20 pictures of a kind at most 3 get a digit with more than 90 %."""
    sure = 0
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
        sure += any(digit.probability > 0.9 for digit in found.digits)
        assert (found.text is None) == (found.refused is not None)
    assert sure <= 3


def test_digits_are_sure_and_letters_are_not(reader, test_digits):
    """Of 100 letters and marks on paper at most 12 get 90 %, of 200 digits at least 170, nearly all of them right."""
    strange = [reader.read(on_paper(ink / 255.0, k)) for k, ink in enumerate(drawn_glyphs(100, seed=9))]
    known = [reader.read(on_paper(ink / 255.0, k)) for k, ink in enumerate(test_digits[0][:200])]
    assert sum(max((d.probability for d in found.digits), default=0) > 0.9 for found in strange) <= 12
    sure = [
        found.text == str(y)
        for found, y in zip(known, test_digits[1], strict=False)
        if (found.probability or 0) > 0.9
    ]
    assert len(sure) >= 170
    assert np.mean(sure) >= 0.98
    assert sum(found.refused is not None for found in known) <= 1


def test_a_digit_alone_is_named_and_a_doubtful_one_of_several_is_not(reader, test_digits):
    """One digit keeps its label beside its doubt; who asks for a certainty gets "?" where it is not reached."""
    picture = on_paper(test_digits[0][0] / 255.0, 1)
    strict = Reader(reader.classify, rejection=reader.rejection, sure=1.0)
    assert reader.read(picture).text == "7"
    assert strict.read(picture).text == "?"
    assert strict.read(picture).digits[0].label == 7
    assert strict.read(picture).doubt is not None


def test_lines_of_a_pattern_that_are_nearly_as_dark_as_the_pen_are_looked_through(reader, test_digits):
    """On paper with dark lines across, most digits are read, since a stricter look is taken where the first is unsure."""
    right = 0
    for k in range(6):
        picture = on_paper(test_digits[0][k] / 255.0, k).astype(float)
        y, x = np.indices(picture.shape)
        picture -= 55.0 * ((y + 0.25 * x) % 17 < 2)
        right += reader.read(np.clip(picture, 0, 255).astype(np.uint8)).text == str(test_digits[1][k])
    assert right >= 4


def test_a_page_is_calm_and_a_photo_is_not():
    """Writing stays far below the unrest of pictures of things, also in shadow and on rough paper."""
    calm = [
        prepare(page([("2", 40, 40), ("7", 200, 60)], **how)).unrest
        for how in ({}, {"shade": 0.6}, {"noise": 10.0}, {"ink": (150, 150, 150), "noise": 4.0})
    ]
    restless = [p.unrest for p in map(prepare, map(photo, range(20))) if p.digits]
    assert max(calm) < 0.9
    assert np.mean(np.array(restless) > 1.2) >= 0.8


def test_ink_that_is_not_read_is_counted():
    """The share of the writing on the digits' rows that belongs to none of them."""
    mask = np.zeros((100, 300), bool)
    mask[20:80, 20:28] = mask[30:70, 60:160] = True
    mask[90:95, 200:290] = True  # below: another row
    boxes, inks = (
        [(20, 20, 28, 80), (60, 30, 160, 70)],
        [np.ones((60, 8), np.float32), np.ones((40, 100), np.float32)],
    )
    assert unread(mask, boxes[:1], inks[:1]) == pytest.approx(4000 / 4480)
    assert unread(mask, boxes, inks) == 0.0


def test_weights_that_explain_the_evidence_are_found():
    """From features of which one decides, weights are fitted under which confidence is as often right as it says."""
    rng = np.random.default_rng(1)
    features = np.concatenate([np.ones((6000, 1)), rng.normal(0, 1.5, (6000, len(FEATURES) - 1))], axis=1)
    right = rng.random(6000) < 1 / (1 + np.exp(-(0.5 + 2 * features[:, 1])))
    fitted = Rejection(weights=fit_weights(features[:3000], right[:3000]))
    confidence = fitted.confidence(features[3000:])
    for low in (0.0, 0.3, 0.6, 0.9):
        some = (confidence >= low) & (confidence < low + 0.3)
        assert confidence[some].mean() == pytest.approx(right[3000:][some].mean(), abs=0.06)


def test_a_ring_that_fills_a_small_picture_is_a_nought(reader):
    """Where a digit fills its few pixels, light on dark or dark on light, that side is ink which reads as a digit."""
    y, x = np.indices((16, 16)) - 7.5
    far = np.hypot(x, y)
    ring = np.where((far < 8.8) & (far > 5.8), 255, 0).astype(np.uint8)
    assert reader.read(ring).text == "0"
    assert reader.read(255 - ring).text == "0"


def test_words_beside_a_form_say_nothing_about_its_fields(reader, test_digits):
    """A digit in a box is as sure with letters above the box as without; on open paper letters make it less sure."""

    def read(letters, box):
        picture = np.full((300, 300), 240, np.uint8)
        ink = np.kron(test_digits[0][0], np.ones((4, 4), np.uint8))
        picture[150:262, 90:202] = np.minimum(picture[150:262, 90:202], 250 - ink)
        if box:
            for frame in (slice(140, 144), slice(270, 274)):
                picture[frame, 70:224] = 30
            picture[140:274, 70:74] = picture[140:274, 220:224] = 30
        for k in range(letters):  # an E
            picture[30:90, 20 + 50 * k : 26 + 50 * k] = 30
            for row in (30, 57, 84):
                picture[row : row + 6, 20 + 50 * k : 56 + 50 * k] = 30
        return prepare(picture, classify=reader.classify)

    assert read(5, True).elsewhere < 0.05
    assert [reader.answer(read(n, True)).text for n in (0, 5)] == ["7", "7"]
    assert read(5, False).elsewhere > 0.3


def test_a_stroke_needs_quiet_paper_and_digits_beside_it(reader):
    """As sure as the network may be: a stroke beside much that is no digit, or among strokes, is less sure than alone on its page."""
    quiet = prepare(page([("1", 100, 100)]))
    assert quiet.digits[0].stroke
    assert quiet.elsewhere == 0.0

    def confidence(unrest=0.3, elsewhere=0.0, strokes=(True,)):
        n = len(strokes)
        views = [np.full((3, 10), 0.001) + 0.99 * np.eye(10)[1]] * n
        known = features_of(
            views, np.full(n, 0.2), unrest, 0.0, np.full(n, 60), np.zeros(n), np.full(n, 0.1), elsewhere, np.array(strokes)
        )  # fmt: skip
        return reader.rejection.confidence(known)[0]

    assert confidence() > 0.9
    assert 1 - confidence(elsewhere=0.7) > 2 * (1 - confidence())
    assert 1 - confidence(unrest=3.0) > 2 * (1 - confidence())
    assert confidence(strokes=(True,) * 6) < confidence(strokes=(True, *(False,) * 5))
    assert confidence(elsewhere=0.7, strokes=(False,)) > confidence(elsewhere=0.7)


def test_the_best_class_keeps_its_place():
    """Calibrated probabilities add up to 1 and the network's best class stays the best, however unsure."""
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.full(10, 0.3), 50)
    features = features_of(list(p[:, None]), np.full(50, 0.5), 0.4, 0.0, np.full(50, 60.0), np.zeros(50))
    shown = Rejection(0.6).probabilities(p, features)
    assert (shown.argmax(axis=1) == p.argmax(axis=1)).all()
    assert np.all(shown.sum(axis=1) <= 1 + 1e-9)


def test_old_models_with_former_limits_are_read():
    """Limits that earlier versions stored are taken note of and not used; a name that never was is an error."""
    assert Rejection.from_dict({"temperature": 0.5, "most": 0.9, "unrest": 1.2}) == Rejection(0.5)
    eight = Rejection.from_dict({"weights": [0.5] * 8})
    assert eight.weights == (0.5,) * 8 + (0.0,) * (len(FEATURES) - 8)
    with pytest.raises(SettingError, match="temprature"):
        Rejection.from_dict({"temprature": 0.5})


def test_right_ones_are_those_in_order():
    """Digits added or left out cost only themselves."""
    assert right_ones([1, 2, 1, 5], [1, 2, 5]).tolist() == [True, True, False, True]
    assert right_ones([], [1]).tolist() == []
    assert right_ones([4], []).tolist() == [False]
