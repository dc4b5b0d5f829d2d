"""Columns cut into pieces: two ordinary layers, exact at the cuts, kept in the file, never learned."""

from dataclasses import replace

import numpy as np

from chainrule import arrays
from chainrule.datasets.dataset import Dataset
from chainrule.models import load_model
from chainrule.training import pieces, recipes
from chainrule.training.auto.candidates import candidates, planned


def steps(seed: int = 0) -> Dataset:
    """One column of numbers and one flag; the answer is where the number lies, which no line tells."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.normal(size=300), rng.integers(0, 2, 300)], axis=1).astype(np.float32)
    y = (np.abs(x[:, 0]) < 0.7).astype(np.int32)
    table = {"kind": "table", "columns": []}
    return Dataset(
        "steps",
        x[:240],
        y[:240],
        x[240:],
        y[240:],
        task="two classes",
        class_names=("far", "near"),
        preparation=table,
    )


def test_a_linear_model_of_pieces_bends_and_its_cuts_never_learn(tmp_path) -> None:
    """What a plain linear model cannot tell it tells; the first layer ends as it began, and the file answers the same."""
    data = steps()
    reached = {}
    for cut in (0, 8):
        arrays.set_seed(1)
        recipe = replace(planned("none", 240, 2), pieces=cut)
        model = recipes.prepare(recipe, data, "numpy")
        before = [w.copy() for w in model.layers[0].get_weights()]
        recipes.learn(recipe, data, model, verbose=0, validation=False)
        reached[cut] = recipes.judge(data, model)["accuracy"]
    assert reached[8] > 0.9 > reached[0]
    for was, now in zip(before, model.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)
    model.save(tmp_path / "steps.keras")
    again = load_model(tmp_path / "steps.keras")
    np.testing.assert_array_equal(
        again.predict(data.x_test, verbose=0), model.predict(data.x_test, verbose=0)
    )


def test_the_encoding_is_0_below_1_above_and_straight_between() -> None:
    """Against numpy.interp, for numbers, a flag, and a column that never changes."""
    rng = np.random.default_rng(2)
    x = np.stack([rng.normal(size=80), rng.integers(0, 2, 80), np.full(80, 3.0)], axis=1)
    kernel, bias = pieces.weights_of(x, 4)
    new = np.stack([np.linspace(-4, 4, 50), np.arange(50) % 2, np.full(50, 3.0)], axis=1)
    made = np.clip(new @ kernel + bias, 0, 1)
    cuts = np.quantile(x[:, 0], np.linspace(0, 1, 5))
    expected = [np.interp(new[:, 0], cuts[k : k + 2], [0, 1]) for k in range(4)] + [new[:, 1], np.zeros(50)]
    np.testing.assert_allclose(made, np.stack(expected, axis=1), atol=1e-5)


def test_a_linear_model_of_amounts_begins_and_ends_at_the_least_squares(tmp_path) -> None:
    """Also where columns say nearly the same, which gradient steps alone leave far from solved."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 3)).astype(np.float32)
    x[:, 2] = x[:, 0] + 0.01 * x[:, 2]
    y = (1000 + 50 * (x[:, 2] - x[:, 0]) * 100 + x[:, 1]).astype(np.float32)
    target = {"name": "y", "kind": "number", "mean": float(y.mean()), "std": float(y.std())}
    data = Dataset(
        "amounts",
        x,
        y,
        x,
        y,
        task="regression",
        preparation={"kind": "table", "columns": [], "target": target},
    )
    recipe = candidates(data)[0]
    arrays.set_seed(1)
    model = recipes.prepare(recipe, data, "numpy")
    recipes.learn(replace(recipe, epochs=5), data, model, verbose=0, validation=False)
    assert recipes.judge(data, model)["mae"] < 0.01 * y.std()
