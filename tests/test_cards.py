"""What a notebook shows of a thing at the end of a cell, without any extra package."""

import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest

import chainrule as cr
from chainrule import datasets
from chainrule.training import learning_rates
from chainrule.training.progress import verbosity


class Balanced(HTMLParser):
    """Whether each element that begins also ends, and the text between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in ("polyline", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        if tag not in ("polyline", "br"):
            assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """A model that has learned, its history, run, diagnosis, rate curve, and data."""
    from chainrule import diagnosis

    root = tmp_path_factory.mktemp("cards")
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3)).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    cr.utils.set_random_seed(1)
    model = cr.Sequential([cr.Input((3,)), cr.layers.Dense(4, "relu"), cr.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    record = cr.RunRecorder(root)
    history = model.fit(x, y, epochs=15, verbose=0, callbacks=[record], validation_split=0.2)
    run = cr.runs.Run(record.folder)
    (root / "a.csv").write_text("size,kind\n" + "\n".join(f"{k},<b>{k % 2}" for k in range(60)))
    return {
        "model": model, "history": history, "run": run, "diagnosis": diagnosis.diagnose(run),
        "rates": learning_rates.find(model, x, y, steps=40), "data": datasets.load(root / "a.csv", target="kind"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("model", "Total params"), ("history", "val_accuracy"), ("run", "finished"), ("diagnosis", "looked at"), ("rates", "suggestion"),
        ("data", "examples"),
    ],
)  # fmt: skip
def test_a_thing_shows_itself(things, name, says) -> None:
    """A card with what people look for, in sound HTML that runs nothing and fits a screen."""
    html = things[name]._repr_html_()
    shown = Balanced(html)
    assert shown.open == []
    assert says in shown.text
    assert "<script" not in html
    assert len(html) < 20_000


def test_names_from_files_are_no_markup(things) -> None:
    """A class that is called <b> is shown, not obeyed."""
    assert "<b>" not in things["data"]._repr_html_()
    assert "&lt;b&gt;0" in things["data"]._repr_html_()


def test_long_histories_are_cut_and_say_so(things) -> None:
    """The last twelve epochs, and how many came before."""
    html = things["history"]._repr_html_()
    assert html.count("<tr>") == 1 + 12
    assert "3 rows before" in html
    assert re.search(r"<polyline points=\"0\.0,", html)


def test_a_report_shows_itself_in_a_frame() -> None:
    """Not as hundreds of thousands of letters; its styles stay its own."""
    from chainrule.report.document import Page

    page = Page("It reads", "<p onclick='x'>\"hi\"</p>" * 1000, ("a",), ())
    assert len(repr(page)) < 100
    assert page._repr_html_().startswith('<iframe srcdoc="&lt;p')
    assert Balanced(page._repr_html_()).open == []


def test_fit_shows_a_bar_in_a_notebook() -> None:
    """The stream of a notebook redraws a line, so "auto" is a bar there."""
    stream = type("OutStream", (io.StringIO,), {"__module__": "ipykernel.iostream"})()
    assert verbosity("auto", stream) == 1
    assert verbosity("auto", io.StringIO()) == 2
