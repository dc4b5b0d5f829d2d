"""The web page, in a browser: it works without a network, reads drawings, and names the digits that Python names."""

import base64
import contextlib
import shutil

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

from chainrule import layers, losses
from chainrule.export import export_model
from chainrule.inference.card import ModelCard
from chainrule.inference.predictor import Predictor

READ = """(list) => list.map(([rows, columns, text]) => {
    const found = read(picture(rows, columns, Float32Array.from(atob(text), (c) => c.charCodeAt(0))));
    return found && found.probabilities;
})"""


@pytest.fixture(scope="module")
def file(reader, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "digits.html"
    export_model(reader, path)
    return path


@pytest.fixture(scope="module")
def page(file):
    """The page of the bundled reader."""
    with opened(file) as page:
        yield page


@contextlib.contextmanager
def opened(file):
    """A page in Chromium, opened from a file, in a browser that is offline."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        page.context.set_offline(True)
        page.wrong = []
        page.on("pageerror", lambda problem: page.wrong.append(str(problem)))
        page.on("console", lambda line: page.wrong.append(line.text))
        page.on("request", lambda request: request.url.startswith("file:") or page.wrong.append(request.url))
        page.goto(file.as_uri())
        yield page
        browser.close()


def pictures(digits, count):
    """Test digits of many sizes somewhere on plain ground, dark ink or light ink."""
    rng, found = np.random.default_rng(0), []
    for k in range(count):
        side = int(rng.integers(60, 260))
        ink = np.asarray(Image.fromarray(digits[k]).resize((side, side), Image.Resampling.BICUBIC)) / 255
        rows, columns = (int(n) for n in side + rng.integers(0, 120, 2))
        top, left = rng.integers(0, rows - side + 1), rng.integers(0, columns - side + 1)
        ground, dark = rng.integers(200, 256), rng.integers(0, 90)
        level = np.full((rows, columns), float(ground))
        level[top : top + side, left : left + side] += (dark - ground) * ink
        found.append(np.rint(255 - level if rng.random() < 0.3 else level).astype(np.uint8))
    return found


@pytest.mark.parametrize("count", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_the_page_names_the_digits_that_python_names(page, reader, digits, count) -> None:
    """On plain ground, whatever size, place and tone; probabilities are alike, too."""
    drawn = pictures(digits, count)
    python = Predictor(reader, ModelCard.of(reader)).reader
    found = [python.read(picture, single=True) for picture in drawn]
    labels = [reading.digits[0].label for reading in found]
    views = [reading.prepared.digits[0].views.astype("f4") / np.float32(255) for reading in found]
    expected = ModelCard.of(reader).rejection.calibrated(
        np.stack([python.classify(v).mean(axis=0) for v in views])
    )
    said = page.evaluate(
        READ, [[*picture.shape, base64.b64encode(picture.tobytes()).decode()] for picture in drawn]
    )
    assert (np.array(said).argmax(1) == labels).mean() >= 0.995
    assert np.median(np.abs(said - expected).max(axis=1)) < 1e-4
    assert page.wrong == []


def test_test_digits_as_they_are_get_the_models_answers(page, reader, digits) -> None:
    """28 x 28, white on black: passed through unchanged, as Python does it; within the rounding of the weights."""
    some = digits[:200]
    card = ModelCard.of(reader)
    plain = reader.predict(some.reshape(-1, *reader.input_shape).astype("f4") / np.float32(255), verbose=0)
    said = page.evaluate(READ, [[28, 28, base64.b64encode(picture.tobytes()).decode()] for picture in some])
    assert np.abs(said - card.rejection.calibrated(plain)).max() < 0.01


def test_a_stroke_on_the_pad_is_read_as_a_one(page) -> None:
    """Drawn with the mouse; Clear takes it away."""
    page.click("#clear")
    assert "Nothing is drawn yet" in page.inner_text("#note")
    box = page.locator("#pad").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 135, box["y"] + 230, steps=8)
    page.mouse.up()
    assert page.inner_text("#answer") == "1"
    assert page.locator("#bars meter").count() == 10
    page.click("#clear")
    assert page.inner_text("#answer") == ""
    assert page.wrong == []


def test_a_picture_is_chosen_and_a_bad_one_is_said(page, digits, tmp_path) -> None:
    """A PNG of a seven; a text file that is called a picture."""
    large = 255 - np.kron(digits[0], np.ones((8, 8), np.uint8))
    Image.fromarray(large).save(tmp_path / "seven.png")
    page.set_input_files("#file", tmp_path / "seven.png")
    expect(page.locator("#answer")).to_have_text("7")
    (tmp_path / "bad.png").write_text("no picture")
    page.set_input_files("#file", tmp_path / "bad.png")
    expect(page.locator("#note")).to_contain_text("bad.png is no picture")


def test_the_page_is_small_and_loads_nothing(file, reader) -> None:
    """At most 1.37 times the 16-bit weights and 150 kB; no address of another host anywhere in it."""
    text = file.read_text()
    assert len(text.encode()) <= 1.37 * 2 * reader.count_params() + 150_000
    assert "://" not in text
    assert "default-src 'none'" in text


def test_labels_cannot_break_out_of_the_script(reader, tmp_path) -> None:
    """A class called </script> is text."""
    from chainrule.export.html_page import safe

    assert "</script>" not in safe('{"labels": ["</script><script>alert(1)//"]}')


@pytest.mark.parametrize("classes", [10, 3])
def test_a_model_that_gives_logits_is_read_in_the_browser(stack, digits, tmp_path, classes) -> None:
    """The page opened from a file: its bars are probabilities, the softmax of what the model says; a stroke gets an answer."""
    model = stack((28, 28), layers.Flatten(), layers.Dense(12, activation="relu"), layers.Dense(classes))
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    shape = {
        "kind": "picture",
        "height": 28,
        "width": 28,
        "colour": False,
        "fit": "stretch",
        "scale": 1 / 255,
        "like": "mnist",
    }
    names = [f"class {k}" for k in range(classes)]
    model.extras = {"task": "classes", "class_names": names, "preparation": shape, "logits": True}
    export_model(model, tmp_path / "logits.html")
    logits = model.predict(digits[:50].astype("f4") / np.float32(255), verbose=0)
    expected = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected /= expected.sum(axis=1, keepdims=True)
    with opened(tmp_path / "logits.html") as page:
        said = page.evaluate(
            READ, [[28, 28, base64.b64encode(picture.tobytes()).decode()] for picture in digits[:50]]
        )
        assert np.abs(said - expected).max() < 0.02
        assert np.abs(np.sum(said, axis=1) - 1).max() < 1e-6
        box = page.locator("#pad").bounding_box()
        page.mouse.move(box["x"] + 150, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 135, box["y"] + 230, steps=8)
        page.mouse.up()
        assert page.inner_text("#answer") in names
        assert page.locator("#bars meter").count() == classes
        assert page.wrong == []
