"""`chainrule evaluate`: the same figures as training's, and what lies behind them."""

import numpy as np
import pytest

from chainrule.models import load_model


@pytest.mark.parametrize(
    ("model", "data"), [("bars", "bars.npz"), ("pets", "pets.csv"), ("pictures", "pictures")]
)
def test_it_measures_what_training_measured(type_, folder, models, model, data) -> None:
    """The data is cut as it was for learning, so the accuracy is the one that the file carries."""
    found = type_("evaluate", models / f"{model}.keras", folder / data, "--json").json
    extras = load_model(models / f"{model}.keras").extras
    assert found["accuracy"] == pytest.approx(extras["accuracy"])
    assert found["loss"] == pytest.approx(extras["loss"], rel=1e-5)
    assert found["error"] == pytest.approx(1 - found["accuracy"])
    assert found["part"] == "test"
    assert found["examples"] == extras["test_examples"]


def test_a_regression_is_measured_in_its_own_unit(type_, folder, models) -> None:
    """The mean absolute error is the one that the file carries; no accuracy is made up."""
    found = type_("evaluate", models / "houses.keras", folder / "houses.csv", "--json").json
    extras = load_model(models / "houses.keras").extras
    assert found["mean_absolute_error"] == pytest.approx(extras["mean_absolute_error"])
    assert found["accuracy"] is None
    assert found["classes"] == []
    said = type_("evaluate", models / "houses.keras", folder / "houses.csv")
    assert "Mean absolute error " in said.out


def test_the_table_says_which_classes_are_confused(type_, folder, models) -> None:
    """Each class has its line; the numbers of a class add up to its examples."""
    said = type_("evaluate", models / "bars.keras", folder / "bars.npz")
    assert said.out.startswith("Accuracy ")
    assert "class  examples  right" in said.out
    found = type_("evaluate", models / "bars.keras", folder / "bars.npz", "--json").json
    for k, one in enumerate(found["classes"]):
        assert one["examples"] == sum(found["confusion"][k]) == one["right"] + sum(one["taken_for"].values())
        assert one["recall"] == one["right"] / one["examples"]
    assert sum(one["right"] for one in found["classes"]) == round(found["accuracy"] * found["examples"])


def test_a_known_set_need_not_be_named(type_, digits) -> None:
    """A model that learned from MNIST is measured on MNIST's test part."""
    found = type_("evaluate", digits / "digits.keras", "--json").json
    assert (found["data"], found["part"], found["examples"]) == ("mnist", "test", 10_000)
    assert found["accuracy"] > 0.85
    assert 0 <= found["calibration_error"] < 0.2


def test_data_that_is_not_known_by_name_must_be_named(type_, models) -> None:
    """Without DATA there is a sentence with the command to type."""
    said = type_("evaluate", models / "bars.keras")
    assert said.code == 2
    assert "The model learned from 'bars'. Name them: chainrule evaluate MODEL DATA." in said.err


def test_a_file_of_keras_own_is_measured_too_and_what_is_assumed_is_said(type_, digits) -> None:
    """Without a model card the pictures are assumed to be like MNIST's, which is said on stderr."""
    said = type_("evaluate", digits / "plain.keras", "mnist", "--json")
    assert said.json["accuracy"] == type_("evaluate", digits / "digits.keras", "--json").json["accuracy"]
    assert "does not say how it was trained: its pictures are assumed to be like MNIST's" in said.err


def test_another_table_is_prepared_as_the_first_one_was(type_, folder, models, here) -> None:
    """The means and words of the training table hold; all rows are measured; a new word is refused with its line."""
    rows = (folder / "pets.csv").read_text().splitlines()
    (here / "old.csv").write_text(
        "\n".join([rows[0], *(row for row in rows[1:] if int(row.split(",")[0]) > 14)]) + "\n"
    )
    found = type_("evaluate", models / "pets.keras", "old.csv", "--json").json
    assert found["part"] == "all"
    assert found["accuracy"] > 0.9  # standardised by itself, half of these would look young
    (here / "new.csv").write_text("age,pet\n3,dog\n4,horse\n")
    said = type_("evaluate", models / "pets.keras", "new.csv")
    assert said.code == 1
    assert "new.csv:3" in said.err
    assert "horse" in said.err


def test_classes_are_matched_by_their_names(type_, folder, models, here) -> None:
    """A folder with some of the classes is measured rightly; one with an unknown class is refused by name."""
    from PIL import Image

    for name in ("standing", "none"):
        (here / "some" / name).mkdir(parents=True)
        for file in (folder / "pictures" / name).iterdir():
            Image.open(file).save(here / "some" / name / file.name)
    found = type_("evaluate", models / "pictures.keras", "some", "--part", "all", "--json").json
    assert [one["examples"] for one in found["classes"]] == [0, 12, 12]
    assert found["accuracy"] > 0.7
    (here / "some" / "none").rename(here / "some" / "nothing")
    said = type_("evaluate", models / "pictures.keras", "some")
    assert said.code == 1
    assert "no class called 'nothing'" in said.err


def test_parts_can_be_chosen(type_, folder, models) -> None:
    """--part train, test and all are as large as they should be; a part that is not there is refused."""
    sizes = [
        type_("evaluate", models / "bars.keras", folder / "bars.npz", "--part", part, "--json").json[
            "examples"
        ]
        for part in ("train", "test", "all")
    ]
    assert sizes == [120, 30, 150]
    said = type_("evaluate", models / "bars.keras", folder / "bars.npz", "--part", "val")
    assert said.code == 2
    assert "has no val part" in said.err


@pytest.mark.parametrize(
    ("model", "data", "hint"),
    [
        ("houses.keras", "bars.npz", "has classes"),
        ("bars.keras", "houses.csv", "has no column"),
        ("bars.keras", "pets.csv", "does not know every class"),
        ("bras.keras", "bars.npz", "Did you mean"),
    ],
)
def test_a_model_and_data_that_do_not_fit_are_refused(type_, folder, models, model, data, hint) -> None:
    """What does not fit is said in one sentence."""
    said = type_(
        "evaluate", models / model, folder / data, *(("--target", "size") if hint == "has no column" else ())
    )
    assert said.code in (1, 2)
    assert hint in said.err or "no column called 'size'" in said.err
    assert "Traceback" not in said.err


def test_a_model_for_other_shapes_is_refused(type_, models, here) -> None:
    """Pictures of another size than the model takes are refused with both shapes."""
    np.savez("other.npz", x=np.zeros((30, 5, 5), np.uint8), y=np.arange(30) % 3)
    said = type_("evaluate", models / "bars.keras", "other.npz")
    assert said.code == 1
    assert "takes examples of shape (28, 28); these have the shape (5, 5)" in said.err
