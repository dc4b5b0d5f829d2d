"""`chainrule train`: what it learns from, what it writes, and what it says."""

import numpy as np
import pytest

from chainrule import files
from chainrule.models import load_model

SMALL = ("--layers", "8", "--epochs", "2", "--batch-size", "10", "--backend", "numpy")


def test_it_says_accuracy_with_its_interval_and_where_the_file_is_and_what_to_type_next(
    type_, folder, here
) -> None:
    """The end of a training is four facts: how good, how long, where, and what now; a line for each epoch if asked for."""
    said = type_("train", folder / "bars.npz", *SMALL, "--epochs", 12, "--seed", 1, "--verbose")
    assert said.code == 0
    assert "Test accuracy " in said.out
    assert " % (" in said.out.splitlines()[0]
    assert "12 of 12 epochs, 144 steps on numpy, seed 1." in said.out
    assert "Saved as bars.keras, " in said.out
    assert "chainrule report " in said.out
    assert "chainrule predict bars.keras PICTURE.png" in said.out
    assert "Epoch 12/12" in said.err
    assert "Epoch" not in said.out


def test_the_json_holds_the_same_and_nothing_else_is_on_stdout(type_, folder, here) -> None:
    """A script reads one object: figures, file, seed, history, recipe."""
    said = type_("train", folder / "bars.npz", *SMALL, "--json")
    found = said.json
    assert found["model"] == "bars.keras"
    assert found["bytes"] == (here / "bars.keras").stat().st_size
    assert found["error"] == pytest.approx(1 - found["accuracy"])
    assert found["recipe"]["hidden"] == [8]
    assert found["run"]["epochs"] == len(found["history"]["loss"]) == 2
    assert found["dataset"]["name"] == "bars"
    assert 0 <= found["run"]["seed"] < 1_000_000_000


def test_the_file_knows_how_it_was_made(type_, folder, here) -> None:
    """Class names, preparation, recipe, data digest, seed and accuracy travel in the model file."""
    said = type_("train", folder / "pictures", *SMALL, "--seed", 7, "--size", 20, "--json")
    extras = load_model("pictures.keras").extras
    assert sorted(extras["class_names"]) == ["lying", "none", "standing"]
    assert extras["preparation"]["height"] == 20
    assert extras["recipe"]["name"] == "fast"
    assert extras["run"] == {"seed": 7, "epochs": 2, "steps": 6, "backend": "numpy", "interrupted": False}
    assert len(extras["dataset"]["digest"]) == 64
    assert extras["dataset"]["options"] == {"size": 20}
    assert extras["accuracy"] == said.json["accuracy"]
    assert extras["chainrule"]


def test_a_seed_decides_everything(type_, folder, here) -> None:
    """The same seed twice gives the same weights; another seed gives others."""
    for seed, name in ((3, "a.keras"), (3, "b.keras"), (4, "c.keras")):
        assert type_("train", folder / "bars.npz", *SMALL, "--seed", seed, "--out", name).code == 0
    a, b, c = (
        np.concatenate([w.ravel() for w in load_model(name).get_weights()])
        for name in ("a.keras", "b.keras", "c.keras")
    )
    assert (a == b).all()
    assert (a != c).any()


def test_a_file_that_is_there_is_never_hidden_or_replaced(type_, folder, here) -> None:
    """The default name takes a number; a name that was typed is refused before anything is learned; --force replaces."""
    (here / "bars.keras").write_text("mine")
    assert "bars-2.keras" in type_("train", folder / "bars.npz", *SMALL).out
    said = type_("train", folder / "bars.npz", *SMALL, "--out", "bars.keras")
    assert said.code == 2
    assert (
        "'bars.keras' is there already and is kept. Choose another name, or --force to replace it."
        in said.err
    )
    assert "Epoch" not in said.err
    assert (here / "bars.keras").read_text() == "mine"
    assert type_("train", folder / "bars.npz", *SMALL, "--out", "bars.keras", "--force").code == 0
    assert files.kind("bars.keras") == "keras"


def test_a_file_that_appears_while_learning_is_kept_too(type_, folder, here, monkeypatch) -> None:
    """Another program may write the same name meanwhile: its file stays, ours takes a number."""
    from chainrule.cli.commands import train

    def measure(data, model):
        (here / "new.keras").write_text("theirs")
        return {}

    monkeypatch.setattr(train, "measure", measure)
    assert "Saved as new-2.keras" in type_("train", folder / "bars.npz", *SMALL, "--out", "new.keras").out
    assert (here / "new.keras").read_text() == "theirs"


def test_a_regression_reports_how_far_off_it_is(type_, folder, here) -> None:
    """For numbers: the mean absolute error in the target's own unit, beside what the median would reach."""
    said = type_(
        "train", folder / "houses.csv", "--target", "price", *SMALL, "--epochs", 12, "--learning-rate", 0.05
    )
    assert "Mean absolute error " in said.out
    assert "in price" in said.out
    assert "Always answering the median would be off by" in said.out
    assert "houses.keras ROWS.csv" in said.out
    extras = load_model("houses.keras").extras
    assert extras["mean_absolute_error"] < extras["baseline"]


def test_classes_of_different_sizes_are_compared_with_the_commonest(type_, folder, here) -> None:
    """An accuracy that always answering the same would reach is shown for what it is."""
    said = type_("train", folder / "pets.csv", "--target", "pet", *SMALL)
    table = (folder / "pets.csv").read_text()
    assert ("Always answering the commonest class" in said.out) == (
        max(table.count("cat"), table.count("dog")) > 60
    )


def test_every_option_reaches_the_recipe(type_, folder, here) -> None:
    """Layers, activation, loss, optimizer, rate, schedule, batch and epochs are what was typed."""
    said = type_("train", folder / "bars.npz", "--recipe", "classic", "--layers", "12,6", "--activation", "tanh", "--loss",
                 "mse", "--optimizer", "sgd", "--learning-rate", "0.02", "--schedule", "cosine", "--batch-size", "25",
                 "--epochs", "3", "--backend", "numpy", "--json")  # fmt: skip
    recipe = said.json["recipe"]
    assert {k: recipe[k] for k in ("name", "hidden", "activation", "loss", "optimizer", "learning_rate", "schedule",
                                   "batch_size", "epochs")} == {
        "name": "classic", "hidden": [12, 6], "activation": "tanh", "loss": "mse", "optimizer": "sgd",
        "learning_rate": 0.02, "schedule": "cosine", "batch_size": 25, "epochs": 3,
    }  # fmt: skip
    model = load_model("bars.keras")
    assert [layer.output_shape for layer in model.layers] == [(784,), (12,), (6,), (3,)]
    assert model.layers[1].activation == "tanh"
    assert type(model.optimizer).__name__ == "SGD"
    assert model.loss_object.key == "mean_squared_error"


@pytest.mark.parametrize(
    "loss", ["categorical_crossentropy", "sparse_categorical_crossentropy", "mae", "huber"]
)
def test_classes_can_be_learned_with_any_loss(type_, folder, here, loss) -> None:
    """The answers are made one-hot or left as numbers, as the loss wants them."""
    assert type_("train", folder / "bars.npz", *SMALL, "--loss", loss, "-q").code == 0


def test_validation_is_set_aside_and_judged(type_, folder, here) -> None:
    """--validation judges a part of its own after each epoch; the test part stays for the end."""
    said = type_("train", folder / "bars.npz", *SMALL, "--validation", "10%", "--json")
    assert "108 + 12 + 30 examples" in said.err
    assert said.json["test_examples"] == 30


def test_without_a_test_part_it_says_so(type_, folder, here) -> None:
    """--test 0 learns from everything; there is nothing to measure on, and that is said."""
    said = type_("train", folder / "bars.npz", *SMALL, "--test", 0)
    assert said.code == 0
    assert "No part of the data was set aside" in said.out


def test_quiet_leaves_only_the_result(type_, folder, here) -> None:
    """-q: no progress, no notes; the result stays."""
    said = type_("train", folder / "bars.npz", *SMALL, "-q")
    assert said.err == ""
    assert "Saved as" in said.out


def test_bad_rows_are_named_and_can_be_skipped(type_, folder, here) -> None:
    """A table with a bad cell is refused with file and line; --skip-bad goes on and counts it."""
    text = (folder / "houses.csv").read_text().replace("\n", "\nmany,Bern,100\n", 1)
    (here / "bad.csv").write_text(text)
    said = type_("train", "bad.csv", "--target", "price", *SMALL)
    assert said.code == 1
    assert "bad.csv:2" in said.err
    assert "--skip-bad" in said.err
    said = type_("train", "bad.csv", "--target", "price", *SMALL, "--skip-bad")
    assert said.code == 0
    assert "left out 1, the first: bad.csv:2" in said.err


def test_numbers_that_stop_being_finite_end_it_without_a_file(type_, folder, here) -> None:
    """A rate that is far too high: exit code 1, the step and layer where it began, and nothing is written."""
    np.savez(
        "huge.npz",
        x=np.full((40, 3), 1e28, np.float32) * np.arange(1, 41)[:, None].astype(np.float32),
        y=np.arange(40) % 2,
    )
    said = type_(
        "train", "huge.npz", "--optimizer", "sgd", "--learning-rate", "1e30", *SMALL, "--activation", "linear"
    )
    assert said.code == 1
    assert "The numbers stopped being finite at step 1" in said.err
    assert "No file was written" in said.err
    assert "Traceback" not in said.err
    assert [p.name for p in here.iterdir()] == ["huge.npz"]


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("--recipe", "fsat"), 2, "There is no recipe called 'fsat'. Did you mean 'fast'?"),
        (("--epoch", "3"), 2, "There is no option --epoch. Did you mean --epochs?"),
        (("--epochs", "many"), 2, "--epochs: expected a whole number, 1 or more; got 'many'."),
        (("--epochs", "0"), 2, "--epochs: expected a whole number"),
        (("--layers", "784,x"), 2, "--layers: expected the sizes of the hidden layers"),
        (("--learning-rate", "-1"), 2, "--learning-rate: expected a number above 0; got '-1'."),
        (("--validation", "2"), 2, "--validation: expected a share such as 0.1 or 10%"),
        (("--optimizer", "adm"), 2, "Did you mean 'adam'?"),
        (("--out", "model.txt"), 2, "its name must end in .keras or .h5"),
        (("--out", "nowhere/model.keras"), 1, "there is no folder 'nowhere'"),
        (("--target", "price"), 2, "--target does not apply to"),
        (("--batch-size",), 2, "--batch-size: expected one argument."),
        (("one", "two"), 2, "train: unexpected argument"),
    ],
)  # fmt: skip
def test_mistakes_get_one_clear_sentence(type_, folder, here, words, code, hint) -> None:
    """Whatever is mistyped: the sentence, the nearest name, the exit code, no traceback, no file."""
    said = type_("train", folder / "bars.npz", *words)
    assert said.code == code
    assert hint in said.err
    assert said.err.startswith("chainrule train: ")
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnits", "Did you mean 'mnist'?"),
        ("houss.csv", "There is no data 'houss.csv'. Did you mean 'houses.csv'?"),
        ("nowhere/at/all.csv", "there is no folder 'nowhere/at'"),
        ("notes.md", "is not data that can be read"),
    ],
)
def test_data_that_is_not_there_is_answered_with_the_nearest(type_, here, name, hint) -> None:
    """A name or path without data: exit code 1, and what was meant."""
    (here / "houses.csv").write_text("a,b\n1,2\n")
    (here / "notes.md").write_text("hello")
    said = type_("train", name)
    assert said.code == 1
    assert hint in said.err
