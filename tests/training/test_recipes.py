"""Recipes: the classic job to the letter, and networks that fit the task."""

import numpy as np
import pytest

from chainrule.datasets.dataset import Dataset
from chainrule.errors import SettingError
from chainrule.images.writing_styles import STYLES
from chainrule.optimizers import Adam
from chainrule.optimizers.schedules import CosineDecay, OneCycle
from chainrule.training import recipes
from chainrule.utils import set_random_seed


def pictures(n: int = 120) -> Dataset:
    """Two kinds of pictures that are easily told apart."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 40, (n, 28, 28)).astype(np.uint8)
    y = np.arange(n) % 2
    x[y == 1, 10:18] += 200
    return Dataset("bars", x[:-20], y[:-20], x[-20:], y[-20:], class_names=("dark", "light"), scale=1 / 255)


def numbers(task: str) -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int) if task == "two classes" else (40 + 10 * x[:, 0]).astype(np.float32)
    more = (
        {"class_names": ("no", "yes")}
        if task == "two classes"
        else {"preparation": {"target": {"mean": 40.0, "std": 10.0}}}
    )
    return Dataset("table", x[:60], y[:60], x[60:], y[60:], task=task, **more)


def test_the_classic_job_is_the_classic_job() -> None:
    """784-784-100-10, relu and softmax, cross-entropy, Adam's defaults, batch 32, 10 epochs; nothing added."""
    recipe = recipes.recipe("classic")
    model = recipes.prepare(recipe, pictures(), backend="numpy")
    dense = [layer for layer in model.layers if type(layer).__name__ == "Dense"]
    assert [(layer.units, layer.activation) for layer in dense] == [
        (784, "relu"),
        (100, "relu"),
        (2, "softmax"),
    ]
    assert (recipe.batch_size, recipe.epochs, recipe.augmentation, recipe.non_digits) == (32, 10, False, 0)
    assert model.optimizer.get_config() == Adam().get_config()
    assert model.loss_object.get_config()["label_smoothing"] == 0
    assert model.loss_object.key == "categorical_crossentropy"
    assert all(layer.kernel_initializer.get_config() == {"seed": None} for layer in dense)


@pytest.mark.parametrize("make", [pictures, lambda: numbers("two classes"), lambda: numbers("regression")])
def test_a_recipe_learns_what_the_data_ask_for(make) -> None:
    """Classes, yes or no, and numbers: the right end, loss and metric, and something is learned."""
    set_random_seed(2)
    data = make()
    recipe = recipes.recipe(
        "fast", examples=len(data.x_train), hidden=(16,), epochs=40, batch_size=20, learning_rate=0.02
    )
    model = recipes.prepare(recipe, data, backend="numpy")
    recipes.learn(recipe, data, model, verbose=0)
    judged = recipes.judge(data, model)
    if data.task == "regression":
        assert judged["mae"] < 5
        assert abs(model.predict(data.x_test, verbose=0).mean() - 40) < 6
    else:
        assert judged["accuracy"] > 0.9
        assert model.loss_object.key == (
            "categorical_crossentropy" if data.task == "classes" else "binary_crossentropy"
        )


def test_rates_are_planned_over_all_steps() -> None:
    """One cycle and cosine end with the run's last step; a constant rate is a number."""
    one, cosine, flat = (
        recipes.optimizer_of(
            recipes.recipe("classic", schedule=name, learning_rate=0.5, warmup=0.2), 100
        ).learning_rate
        for name in ("one-cycle", "cosine", "constant")
    )
    assert isinstance(one, OneCycle)
    assert isinstance(cosine, CosineDecay)
    assert [float(one(k)) for k in (9.5, 19.5, 59.5, 100)] == pytest.approx([0.25, 0.5, 0.25, 0.0])
    assert [float(cosine(k)) for k in (0, 10, 20, 60, 100)] == pytest.approx(
        [0.0, 0.25, 0.5, 0.25, 0.0], abs=1e-7
    )
    assert flat == 0.5


def test_the_handwriting_recipe_bends_pictures_while_learning_only() -> None:
    """Its model carries the bending as a link before all others, and predicts without it."""
    recipe = recipes.recipe("handwriting", hidden=(16,), epochs=2, non_digits=0.0)
    data = pictures()
    model = recipes.prepare(recipe, data, backend="numpy")
    assert model.learning_chain[0] is model.augmentation
    assert model.chain == model.learning_chain[1:]
    recipes.learn(recipe, data, model, verbose=0)
    x = data.x_test.astype(np.float32) / 255
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises(SettingError, match="28 x 28"):
        recipes.prepare(recipe, numbers("two classes"))


def test_recipes_are_changed_stored_and_refused_by_name() -> None:
    """A recipe survives being written down; unknown names and impossible numbers are refused."""
    changed = recipes.recipe("fast", epochs=3, optimizer=None)
    assert (changed.epochs, changed.optimizer) == (3, "adam")
    for recipe in recipes.RECIPES.values():
        assert recipes.Recipe.from_dict(recipe.to_dict()) == recipe
    with pytest.raises(SettingError, match="Did you mean 'classic'"):
        recipes.recipe("clasic")
    with pytest.raises(SettingError, match="schedule"):
        recipes.optimizer_of(recipes.recipe("classic", schedule="sawtooth"), 10)
    with pytest.raises(SettingError, match="batch_size of 1"):
        recipes.prepare(recipes.recipe("classic").changed(batch_size=0), pictures())


def test_handwriting_adds_other_hands_and_non_digits_to_digits_only() -> None:
    """Drawn 1s, 4s, 7s and 9s with their labels, signs that are none with "all equally likely"; other classes stay alone."""
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 255, (120, 28, 28)).astype(np.uint8), np.arange(120) % 10
    digits = Dataset(
        "ten", x[:100], y[:100], x[100:], y[100:], class_names=tuple("0123456789"), scale=1 / 255
    )
    recipe = recipes.recipe("handwriting", epochs=1)
    pictures_, answers = recipes.examples(recipe, digits, 3)
    again, _ = recipes.examples(recipe, digits, 3)
    writing_styles, non_digits = round(recipe.writing_styles * 100), round(recipe.non_digits * 100)
    assert len(pictures_.values) == len(answers) == 100 + writing_styles + non_digits
    assert np.array_equal(pictures_.values, again.values)
    drawn = set(answers[100 : 100 + writing_styles].argmax(axis=1))
    assert drawn <= set(STYLES)
    assert np.allclose(answers[100 + writing_styles :], 0.1)
    assert len(recipes.examples(recipe, pictures(), 3)[0].values) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [("network", -1), ("network_config", float("nan")), ("schedule", []), ("epochs", "9"), ("epochs", True), ("warmup", None),
     ("learning_rate", "fast"), ("camera", "no"), ("hidden", 7), ("optimizer_settings", []), ("name", None)],
)  # fmt: skip
def test_a_stored_recipe_of_other_hands_is_refused(field, value) -> None:
    """What is no such setting is named; a recipe that was written here comes back as it was."""
    stored = recipes.CONV.to_dict()
    assert recipes.Recipe.from_dict(stored) == recipes.CONV
    with pytest.raises(SettingError, match="not written by Chainrule"):
        recipes.Recipe.from_dict(stored | {field: value})
