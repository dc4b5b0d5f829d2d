"""How accounts look: in a terminal, in a notebook, as JSON."""

import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from chainrule import Sequential, explain
from chainrule.datasets.mnist import load_data
from chainrule.errors import SettingError
from chainrule.explain.equations import equation, near_one, number
from chainrule.explain.html import png
from chainrule.explain.pictures import looks_like_a_square
from chainrule.explain.text import drawing, lines_of
from chainrule.layers import Dense
from chainrule.utils import set_random_seed


@pytest.fixture(scope="module")
def step():
    """A step on pictures of 8 x 8, with class names that are not safe to print into a page."""
    set_random_seed(1)
    rng = np.random.default_rng(1)
    model = Sequential([Dense(6, "relu", input_shape=(64,)), Dense(3, "softmax", name="out<script>")])
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
    classes = ["<script>alert(1)</script>", 'cat" onload="x', "dog & co"]
    x, y = rng.uniform(0, 1, (9, 64)) ** 4, rng.integers(0, 3, 9)
    return explain.step(model, x, y, classes=classes, picture=(8, 8))


def traces(step):
    """One account of each kind."""
    return [
        step.trace(),
        step.weight("dense", 12, 3),
        step.bias("dense", 2),
        step.neuron("dense", 1),
        step.example(2),
        step.layer("dense"),
    ]


class Reader(HTMLParser):
    """Collects what a page would do."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_notebook_gets_static_escaped_html(step) -> None:
    """No script, no handlers, nothing from the network, balanced tags, whatever classes and layers are called."""
    for trace in [*traces(step), step]:
        page = trace._repr_html_()
        reader = Reader()
        reader.feed(page)
        assert not reader.open
        assert set(reader.tags) <= {
            "div",
            "b",
            "br",
            "span",
            "table",
            "tr",
            "td",
            "th",
            "figure",
            "figcaption",
            "img",
        }
        assert {name for name, _ in reader.attributes} <= {"class", "style", "alt", "width", "height", "src"}
        assert all(
            value.startswith("data:image/png;base64,") for name, value in reader.attributes if name == "src"
        )
        assert not re.search(r"url\(|expression\(|javascript:", page)
        assert "color:inherit" in page
        assert "background:transparent" in page  # readable on dark pages too


def test_the_terminal_gets_lines_that_fit(step) -> None:
    """Plain lines without control characters, as wide as asked for where words can be broken, also in ASCII alone."""
    for trace in traces(step):
        for width in (70, 100):
            lines = trace.text(width=width).splitlines()
            assert all(line == line.rstrip() and "\x1b" not in line for line in lines)
            assert max(len(line) for line in lines if "  " not in line.strip()) <= width + 30
        assert trace.text(unicode=False).isascii()
        assert "?" not in trace.text(unicode=False, pictures=False)


def test_a_program_gets_everything_as_json(step) -> None:
    """to_dict survives JSON, and holds the equations with the numbers that are printed."""
    for trace in traces(step):
        fields = json.loads(json.dumps(trace.to_dict(), allow_nan=False))
        assert fields["title"] == trace.title
        assert [part["kind"] for part in fields["parts"]] == [
            type(part).__name__.lower() for part in trace.parts
        ]
    fields = step.weight("dense", 12, 3).to_dict()
    assert {"layer", "weight", "index", "old", "new", "gradient", "terms"} <= set(fields)
    equations = [e for part in fields["parts"] if part["kind"] == "block" for e in part["equations"]]
    assert {"name": "w", "value": float(number(fields["old"]))} in equations
    assert any(e["name"] == "w′" and e["numbers"] for e in equations)


def test_pixels_are_named_by_row_and_column(step) -> None:
    """A weight of the first layer on pictures says which pixel it looks at; others do not."""
    assert "Input 12 is the pixel in row 1, column 4." in str(step.weight("dense", 12, 3))
    assert "pixel" not in str(step.weight("out<script>", 2, 1))


def test_a_picture_in_letters() -> None:
    """Ink is where ink is: upper, lower, left, right; in ASCII as shades."""
    one = np.zeros((8, 8))
    one[:4, 2:4] = 1
    assert drawing(one) == [" █  ", "    "]
    assert drawing(one, unicode=False)[0] == "  @@    "
    assert drawing(np.ones((3, 5)))[0].startswith("██")
    assert len(drawing(np.ones((200, 200)))[0]) <= 32


def test_a_png_holds_the_picture() -> None:
    """The bytes are a PNG whose numbers are the picture's."""
    picture = np.linspace(0, 1, 12).reshape(3, 4)
    for shown in (picture, np.stack([picture, 1 - picture, picture / 2], axis=2)):
        image = Image.open(io.BytesIO(png(shown)))
        assert (image.format, image.size) == ("PNG", (4, 3))
        np.testing.assert_array_equal(np.asarray(image), (shown * 255).round())


def test_numbers_are_printed_so_that_they_can_be_read_back() -> None:
    """Nine digits give back every float32; what is near 1 keeps nine digits of its distance."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 2000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    for value in bits[np.isfinite(bits)]:
        assert np.float32(number(value)) == value
    assert number(-0.0) == "0"
    for value in (0.9999997, 0.99, 1.0, -0.999999, 0.5, 0.0):
        assert abs((1 - abs(float(near_one(value)))) - (1 - abs(value))) <= 1e-9 * (1 - abs(value))


def test_a_formula_is_plugged_with_numbers() -> None:
    """Names become numbers, negative ones in brackets where a sign stands before them; the engine's number is kept if it differs."""
    plugged = equation("v", "μ · v - η · g²", {"μ": 0.5, "v": -2, "η": 1, "g": -3}, engine=-10.0000001)
    assert plugged.numbers == "0.5 · (-2) - 1 · (-3)²"
    assert (plugged.value, plugged.engine, plugged.used) == (-10, -10.0000001, -10.0000001)
    same = equation("v", "max(a, b)", {"a": -1, "b": -2}, engine=-1)
    assert (same.numbers, same.engine, same.used) == ("max(-1, -2)", None, -1)


def test_an_explanation_is_written_as_a_page_markdown_text_or_json(step, tmp_path) -> None:
    """By the file's name; the page loads nothing and runs nothing; Markdown holds every line of the arithmetic."""
    trace = step.weight("dense", 12, 3)
    page = trace.save(tmp_path / "weight.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert "&lt;script&gt;" in page
    markdown = trace.save(tmp_path / "weight.md").read_text(encoding="utf-8")
    assert markdown.startswith(f"# {trace.title}\n")
    assert markdown.count("```") % 2 == 0
    assert all(line.removeprefix("  ") in markdown for block in trace.parts if hasattr(block, "equations")
               for line in lines_of(block, 100, True))  # fmt: skip
    assert trace.save(tmp_path / "weight.txt").read_text(encoding="utf-8") == str(trace) + "\n"
    assert (
        json.loads(trace.save(str(tmp_path / "weight.json")).read_text(encoding="utf-8"))["title"]
        == trace.title
    )
    with pytest.raises(SettingError, match="ends in none of them. Did you mean weight.html"):
        trace.save(tmp_path / "weight.htm")


SIGNALS = {
    "random walks": lambda rng, n, m: np.cumsum(rng.normal(size=(n, m)), axis=1),
    "waves": lambda rng, n, m: np.sin(rng.uniform(3, 20, (n, 1)) * np.linspace(0, 1, m) + rng.uniform(0, 6, (n, 1))),
    "peaks": lambda rng, n, m: np.exp(-(((np.arange(m) - rng.uniform(0, m, (n, 1))) / rng.uniform(m / 30, m / 6, (n, 1))) ** 2)),
    "polynomials": lambda rng, n, m: rng.normal(size=(n, 4)) @ np.vander(np.linspace(-1, 1, m), 4).T,
    "independent columns": lambda rng, n, m: rng.normal(size=(n, m)),
    "columns that vary together": lambda rng, n, m: rng.normal(size=(n, 5)) @ rng.normal(size=(5, m)),
}  # fmt: skip


@pytest.mark.parametrize("kind", SIGNALS)
def test_curves_and_tables_with_a_square_number_of_columns_are_no_pictures(kind) -> None:
    """Neighbours are alike in a curve, too; but so are the end of a line and the beginning of the next."""
    rng = np.random.default_rng(4)
    guesses = [
        looks_like_a_square(SIGNALS[kind](rng, n, m))
        for m in (64, 144, 784)
        for n in (6, 32)
        for _ in range(5)
    ]
    assert sum(guesses) <= 1


def test_digits_laid_out_as_rows_are_pictures() -> None:
    """MNIST in rows of 784, in small batches and large ones."""
    digits = load_data()[1][0].reshape(-1, 784)
    assert all(
        looks_like_a_square(digits[start : start + n]) for n in (4, 8, 32) for start in range(0, 3200, 320)
    )
