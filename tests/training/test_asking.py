"""One call from a picture, a folder, a row, a DataFrame or an array to answers with the names of classes."""

import numpy as np
import pytest
from PIL import Image

import chainrule
from chainrule import arrays, datasets
from chainrule.errors import DataError
from chainrule.inference.card import ModelCard
from chainrule.training import recipes


def saved(source, path, **options) -> datasets.Dataset:
    """A model that learned from a source, in a file as `chainrule train` writes it."""
    data = datasets.load(source, **options)
    arrays.set_seed(1)
    recipe = recipes.recipe("fast", len(data.x_train), hidden=(8,), epochs=150)
    model = recipes.prepare(recipe, data, "numpy")
    recipes.learn(recipe, data, model, verbose=0)
    model.extras = ModelCard.of_training(data, recipe).to_dict()
    model.save(path)
    return data


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with bars/ of bright and dark pictures, sold.csv, and a model of each."""
    root, rng = tmp_path_factory.mktemp("asked"), np.random.default_rng(7)
    for k in range(40):
        folder = root / "bars" / ("bright" if k % 2 else "dark")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 60, (10, 10)) + (180 if k % 2 else 0)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{k}.png")
    rows = [
        f"{a:.2f},{'Bern' if k % 3 else 'Chur'},{'yes' if a > 0 else 'no'}"
        for k, a in enumerate(rng.normal(size=80))
    ]
    (root / "sold.csv").write_text("size,town,sold\n" + "\n".join(rows) + "\n")
    saved(root / "bars", root / "bars.keras")
    saved(root / "sold.csv", root / "sold.keras", target="sold")
    return root


def test_pictures_folders_and_arrays_are_answered_with_names(root) -> None:
    """A path, a PIL image and an array of one picture give one answer; a folder and a list give a list."""
    model = chainrule.load(root / "bars.keras")
    assert sorted(model.class_names) == ["bright", "dark"]
    file = root / "bars" / "bright" / "1.png"
    pixels = np.asarray(Image.open(file))
    answers = [
        model.answer(str(file)),
        model.answer(file),
        model.answer(Image.open(file)),
        model.answer(pixels),
    ]
    assert {answer.label for answer in answers} == {"bright"}
    assert len({round(answer.probability, 5) for answer in answers}) == 1
    folder = model.answer(root / "bars")
    assert len(folder) == 40
    assert [answer.label for answer in model.answer([file, root / "bars" / "dark" / "0.png"])] == [
        "bright",
        "dark",
    ]
    assert [answer.label for answer in model.answer(np.stack([pixels, pixels]))] == ["bright", "bright"]


def test_rows_are_answered_and_what_was_missing_is_said(root) -> None:
    """A dict gives one answer, a list of dicts, a CSV file and a DataFrame a list; a hole stands in the doubt."""
    model = chainrule.load(root / "sold.keras")
    assert model.answer({"size": 2.5, "town": "Bern"}).label == "yes"
    answers = model.answer([{"size": -2.5, "town": None}, {"size": 1.5, "town": "Basel"}])
    assert answers[0].label == "no"
    assert "'town' is missing" in answers[0].doubt
    assert "'town' is 'Basel'" in answers[1].doubt
    assert len(model.answer(root / "sold.csv")) == 80
    frame = type(
        "DataFrame",
        (),
        {"columns": ["size", "town"], "to_dict": lambda self, how: [{"size": 3, "town": "Chur"}]},
    )()
    assert model.answer(frame)[0].label == "yes"
    with pytest.raises(DataError, match="the model takes rows of a table"):
        model.answer(root / "bars" / "bright" / "1.png")
    with pytest.raises(DataError, match="the model takes pictures"):
        chainrule.load(root / "bars.keras").answer({"size": 1})


def test_every_model_can_say_that_it_does_not_know(root) -> None:
    """With sure, an answer that is less likely to be right is "?", and what it would have been stands in the doubt."""
    row = {"size": 0.0, "town": "Bern"}
    plain = chainrule.load(root / "sold.keras").answer(row)
    asked = chainrule.load(root / "sold.keras", sure=0.999).answer(row)
    assert plain.text in ("yes", "no")
    assert asked.text == "?"
    assert f"{plain.text!r} is the likeliest" in asked.doubt
    assert asked.probability == plain.probability


def test_predict_with_a_files_name_says_how(root) -> None:
    """Keras's predict takes arrays: given a name, it names the call that takes names."""
    with pytest.raises(DataError, match=r"chainrule.load\('model.keras'\).answer\('a.png'\)"):
        chainrule.load(root / "bars.keras").model.predict("a.png")
