"""What a file or a network says is not believed: no number that is none, no letters that move the cursor, no size that lies."""

import json

import numpy as np
import pytest

from chainrule import Input, Sequential, datasets, layers
from chainrule.cli.output import harmless
from chainrule.errors import FileError, NotFiniteError
from chainrule.inference.card import ModelCard
from chainrule.inference.evaluation import evaluate
from chainrule.inference.predictor import Predictor


def network(inputs=4, outputs=2, **extras):
    """A small classifier with a card."""
    model = Sequential([Input((inputs,)), layers.Dense(outputs, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    model.build()
    model.extras = {"task": "classes", "class_names": [chr(97 + k) for k in range(outputs)],
                    "preparation": {"kind": "array", "shape": [inputs], "dtype": "float32", "scale": None}} | extras  # fmt: skip
    return model


def spoil(model, value):
    """One weight that is not finite, or so large that the answer is not."""
    kernel, bias = model.layers[-1].get_weights()
    kernel[0, 0] = value
    model.layers[-1].params = {"kernel": kernel, "bias": bias}
    return model


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_network_that_answers_nan_is_never_quoted(type_, here, value, form) -> None:
    """Refused for each example, in words and as JSON, with exit code 1."""
    with pytest.warns(UserWarning, match="NaN or infinite"):
        spoil(network(), value).save("broken.keras")
    np.save("x.npy", np.ones((3, 4), "f4"))
    said = type_("predict", "broken.keras", "x.npy", *(["--json"] if form == "json" else []))
    assert said.code == 1
    assert "nan %" not in said.out.lower()
    assert said.out.count("not a finite number") == 3
    if form == "json":
        assert all(
            line["text"] is None and line["probability"] is None and line["refused"] for line in said.lines
        )


def test_what_is_not_finite_is_not_measured(type_, here) -> None:
    """No accuracy, no calibration of such answers; the regression and the digits likewise."""
    model = spoil(network(), np.nan)
    with pytest.raises(NotFiniteError, match="for 6 of 6 examples"):
        evaluate(model, ModelCard.of(model), np.ones((6, 4), "f4"), np.arange(6) % 2)
    model.extras["class_names"] = ["0", "1"]
    with pytest.warns(UserWarning, match="NaN or infinite"):
        model.save("broken.keras")
    np.savez("d.npz", x=np.random.default_rng(0).normal(size=(40, 4)).astype("f4"), y=np.arange(40) % 2)
    said = type_("evaluate", "broken.keras", "d.npz", "--part", "all")
    assert said.code == 1
    assert "not a finite number" in said.err
    digits = spoil(network(784, 10, class_names=list("0123456789"), preparation={
        "kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist", "scale": 1 / 255}), np.nan)  # fmt: skip
    with pytest.warns(UserWarning, match="NaN or infinite"):
        digits.save("digits.keras")
    from PIL import Image

    Image.fromarray(np.pad(255 - datasets.load("mnist").x_test[0], 30, constant_values=255)).save("seven.png")
    said = type_("predict", "digits.keras", "seven.png")
    assert said.code == 1
    assert "not a finite number" in said.err


def test_one_example_that_overflows_does_not_spoil_the_others() -> None:
    """Only the answer that is none is refused."""
    model = network()
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel * 0 + 1e38, bias])
    x = np.zeros((3, 4), "f4")
    x[1] = 1e30
    result = Predictor(model, ModelCard.of(model)).rows("x", x)
    assert [answer.refused is not None for answer in result] == [False, True, False]


EVIL = [
    "\x1b[2J\x1b[31mcat",
    "cat\nx.npy[1]: dog  99.99 %",
    "\x1b]0;title\x07",
    "\u202etac",
    "a\rb",
    "\x9b31m",
    "\b\b\bdog",
]


@pytest.mark.parametrize("name", EVIL)
def test_names_from_a_file_cannot_write_to_the_terminal(type_, here, name) -> None:
    """Class names, data names and columns with escape codes, line ends and turned writing are shown as what they are."""
    network(class_names=[name, name + "2"], dataset={"name": name, "digest": name, "options": {}}).save(
        "evil.keras"
    )
    np.save("x.npy", np.ones((1, 4), "f4"))
    for command in (
        ("predict", "evil.keras", "x.npy"),
        ("summary", "evil.keras"),
        ("predict", "evil.keras", "x.npy", "--top", "2"),
    ):
        said = type_(*command)
        for text in (said.out, said.err):
            assert not set(text) & set("\x1b\x07\r\b\x9b\u202e")
        if command[0] == "predict":
            assert len(said.out.splitlines()) == 1


@pytest.mark.parametrize("name", EVIL)
def test_names_in_a_table_cannot_either(type_, here, name) -> None:
    """The words of a column, and its name."""
    quoted = '"' + name + '"'
    rows = [f"{k / 7:.3f},{quoted if k % 2 else 'plain'}" for k in range(40)]
    (here / "evil.csv").write_text("\n".join([f"a{k}" if k else "a,y" for k in range(1)] + rows), newline="")
    said = type_("data", "evil.csv", "--target", "y")
    for text in (said.out, said.err):
        assert not set(text) & set("\x1b\x07\b\x9b\u202e")


def test_our_own_colors_pass() -> None:
    """Bold and colors, lines and tabs stay; all else is escaped."""
    assert (
        harmless("\x1b[1mbold\x1b[0m\n\ttext ä 数 ✓ \x1b[38;2;1;2;3mx")
        == "\x1b[1mbold\x1b[0m\n\ttext ä 数 ✓ \x1b[38;2;1;2;3mx"
    )
    assert harmless("\x1b[2J") == "\\x1b[2J"


@pytest.mark.parametrize(
    "preparation",
    [
        {"kind": "picture", "height": 10_000, "width": 10_000, "colour": True, "fit": "stretch"},
        {"kind": "picture", "height": 28, "width": 28, "colour": True, "fit": "stretch", "like": "mnist"},
        {"kind": "array", "shape": [100_000, 100_000], "dtype": "float64"},
        {"kind": "table", "columns": [{"name": "a", "kind": "number", "mean": 0, "std": 1}], "target": {"name": "y", "kind": "category", "values": ["a"]}},
        {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist", "photos": {"size": 20_000}},
        {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist", "photos": {"size": "28"}},
    ],
)  # fmt: skip
def test_a_preparation_that_does_not_suit_the_network_is_refused_before_a_picture_is_opened(
    preparation,
) -> None:
    """What would take gigabytes, or never fit, is compared with the network's input first."""
    model = network(784, 10, preparation=json.loads(json.dumps(preparation)))
    with pytest.raises(FileError, match=r"It is not used|makes no sense"):
        ModelCard.of(model)


@pytest.mark.parametrize(
    "notation", [{"group": "x"}, {"unit": "elephants"}, {"decimal": 5}, "x", {"more": ","}]
)
def test_a_notation_that_is_none_is_refused(notation) -> None:
    """How a column's numbers are written is checked as everything in a card is."""
    column = {"name": "a", "kind": "number", "mean": 0.0, "std": 1.0, "notation": notation}
    model = network(
        1,
        2,
        preparation={
            "kind": "table",
            "columns": [column],
            "target": {"name": "y", "kind": "category", "values": ["a", "b"]},
        },
    )
    with pytest.raises(FileError, match="makes no sense"):
        ModelCard.of(model)


def test_system_files_in_a_folder_of_pictures_are_left_out(type_, here) -> None:
    """Thumbs.db, desktop.ini, .DS_Store and a readme are no pictures that failed: the exit code is 0."""
    from PIL import Image

    (here / "pictures").mkdir()
    for k, digit in enumerate(datasets.load("mnist").x_test[:3]):
        Image.fromarray(np.pad(255 - digit, 6, constant_values=255)).save(here / "pictures" / f"{k}.png")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store", "readme.txt", "labels.json"):
        (here / "pictures" / name).write_text("not a picture")
    said = type_("predict", "pictures")
    assert said.code == 0
    assert len(said.out.splitlines()) == 3
    assert said.err == ""
