"""What a model file says beside its network may be anything: it is believed only where it makes sense."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Sequential, layers
from chainrule.errors import FileError
from chainrule.inference import card
from chainrule.inference.card import ModelCard
from chainrule.models import load_model

KEYS = ["preparation", "class_names", "doubt", "task", "dataset", "recipe", "run", "accuracy", "kind", "scale", "columns", "target",
        "name", "values", "mean", "std", "height", "width", "colour", "fit", "like", "photos", "shape", "dtype", "options"]  # fmt: skip
LEAVES = (st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
          | st.sampled_from(["picture", "table", "array", "classes", "number", "category", "stretch", "mnist", "float32"]))  # fmt: skip
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6))
def test_any_additions_are_understood_or_refused(extras) -> None:
    """Whatever JSON a file holds: knowledge that is sound, or one FileError."""
    model = Sequential([layers.Input((4,)), layers.Dense(3, activation="softmax")])
    model.extras = extras
    try:
        known = ModelCard.of(model)
    except FileError:
        return
    assert isinstance(known, ModelCard)
    assert len(known.class_names) == (0 if known.task == "regression" else 3)
    assert isinstance(card.options_of(extras), dict)


GOOD = {
    "kind": "table", "target": {"name": "y", "kind": "category", "values": ["a", "b"]},
    "columns": [{"name": "x", "kind": "number", "mean": 0.0, "std": 1.0}],
}  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.update(kind="pickle"),
        lambda p: p.update(columns=[]),
        lambda p: p.update(columns="x"),
        lambda p: p.update(scale="large"),
        lambda p: p["columns"][0].update(mean="0"),
        lambda p: p["columns"][0].update(std=float("inf")),
        lambda p: p["columns"][0].update(kind="category"),
        lambda p: p["target"].update(values=[]),
        lambda p: p["target"].update(name=None),
        lambda p: p.pop("target"),
    ],
)
def test_each_part_of_a_preparation_is_checked(spoil) -> None:
    """A preparation is taken as it is, or, spoiled in any one place, refused."""
    preparation = copy.deepcopy(GOOD)
    assert card.preparation_of({"preparation": preparation}) == GOOD
    spoil(preparation)
    with pytest.raises(FileError, match="makes no sense"):
        card.preparation_of({"preparation": preparation})


def test_options_in_a_file_are_never_paths() -> None:
    """A file cannot make `evaluate` open another file."""
    given = {"target": "y", "test": "/etc/passwd.csv", "validation": 0.1, "seed": 3, "size": [2, 3], "drop": ["a"], "task": "magic",
             "unknown": 1, "skip_bad": "yes"}  # fmt: skip
    kept = card.options_of({"dataset": {"options": given}})
    assert kept == {"target": "y", "validation": 0.1, "seed": 3, "size": (2, 3), "drop": ["a"]}


@pytest.mark.parametrize(
    "extras",
    [{"preparation": {"kind": "picture", "height": 10**9, "width": 28, "colour": False, "fit": "stretch"}}, {"class_names": [1, 2]},
     {"preparation": {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist", "photos": {"box": "x"}}},
     {"preparation": {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist"}, "doubt": {"temperature": []}}],
)  # fmt: skip
def test_commands_refuse_a_file_whose_additions_make_no_sense(type_, digits, here, extras) -> None:
    """predict: exit code 1 and one sentence; summary shows what it can."""
    model = load_model(digits / "digits.keras")
    model.extras = extras
    model.save("odd.keras")
    np.save("x.npy", np.zeros((1, 28, 28), np.uint8))
    said = type_("predict", "odd.keras", digits / "seven.png")
    assert said.code == 1
    assert "The model file's" in said.err
    assert "unforeseen" not in said.err
    assert type_("summary", "odd.keras").code == 0
