"""The recipe `auto`: a network that suits the data, chosen by a validation part."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import arrays
from chainrule.datasets import NAMES
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.from_arrays import from_arrays
from chainrule.training import auto, recipes
from chainrule.training.auto import candidates, choice
from chainrule.training.auto.budget import MORE, Candidate, steps_of
from chainrule.training.auto.comparison import linear_model
from chainrule.training.auto.pace import Clock, Measured
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.auto.trial import Trial, best_look, trial_epochs
from chainrule.training.recipes import Recipe
from chainrule.training.standardised import normalization


def blobs(count: int = 120, seed: int = 0):
    """Three classes that a plane can part, far from zero and on unlike scales."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % 3
    x = rng.normal(size=(count, 4)) * [1, 100, 0.01, 1] + np.array([5, 3000, 0, 7])
    x[:, 1] += 600 * y
    return from_arrays("blobs", {"x": x.astype(np.float32), "y": y})


def rings(count: int = 240):
    """Two classes that no plane can part: inside and outside of a ring."""
    rng = np.random.default_rng(1)
    y = np.arange(count) % 2
    angle, radius = rng.uniform(0, 2 * np.pi, count), 1 + y + rng.normal(size=count) * 0.1
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return from_arrays("rings", {"x": x.astype(np.float32), "y": y})


def bars(count: int = 150, side: int = 12):
    """Bright pictures with a bar that lies or stands, somewhere."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(150, 200, (count, side, side, 3)).astype(np.uint8), np.arange(count) % 2
    for k, kind in enumerate(y):
        at, start = rng.integers(1, side - 2), rng.integers(0, side - 6)
        place = (slice(at, at + 2), slice(start, start + 6))
        x[k][place if kind else place[::-1]] = 240
    return from_arrays("bars", {"x": x, "y": y})


def learned(recipe: Recipe, data, seed: int = 0):
    """A network that has learned by a recipe."""
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, data, "numpy")
    recipes.learn(recipe, data, model, verbose=0, validation=False)
    return model


class Still(Clock):
    """A clock that stands still, so that a busy machine has time for everything."""

    def now(self) -> float:
        return 0.0

    def expected(self, recipe, data, backend=None):
        return Measured(0.0, 0.0)

    def stopwatch(self, fits):
        return Stopwatch(lambda *_: True)


def chosen(data, seed: int = 0) -> Recipe:
    """What is taken where there is time for every network."""
    return auto.choose(data, seed, backend="numpy", clock=Still())


def test_what_a_plane_can_part_gets_the_linear_model(monkeypatch) -> None:
    """The simplest network that is as good as the best is taken, and learns it."""
    monkeypatch.setattr(candidates, "STEPS", (300, 600))
    data = blobs()
    recipe = chosen(data)
    assert recipe.network == candidates.LINEAR
    assert recipes.judge(data, learned(recipe, data))["accuracy"] >= 0.9


def test_what_no_plane_can_part_gets_a_network_that_is_better_than_the_linear_model(monkeypatch) -> None:
    """Where a straight border guesses, the network that is chosen does not."""
    monkeypatch.setattr(candidates, "STEPS", (300, 600))
    data = rings()
    recipe = chosen(data)
    assert recipe.network.startswith("dense")
    assert recipes.judge(data, learned(recipe, data))["accuracy"] >= 0.95
    assert linear_model(data, 0, "numpy") < 0.75


def test_pictures_get_a_convolutional_network_in_proportion(monkeypatch) -> None:
    """A few small pictures are learned by a few thousand weights."""
    monkeypatch.setattr(candidates, "CHANGED_STEPS", 600)
    data = bars()
    recipe = chosen(data)
    assert recipe.network.startswith("conv 16")
    model = learned(recipe, data)
    assert recipes.judge(data, model)["accuracy"] >= 0.9
    assert model.count_params() < 20_000


def test_the_choice_and_its_reason_travel_with_the_recipe() -> None:
    """Every candidate is listed, with its score or as not tried, and one of them is the taken one; JSON keeps it all."""
    data = rings()
    lines: list[str] = []
    recipe = auto.choose(data, seed=0, seconds=1e-6, backend="numpy", tell=lines.append)
    assert [one["network"] for one in recipe.tried] == [one.network for one in candidates.candidates(data)]
    promised = [candidates.is_promised(one) for one in candidates.candidates(data)]  # these whatever the time
    assert [one["score"] is not None for one in recipe.tried] == promised
    assert sum(promised) == 2
    assert [one["network"] for one in recipe.tried if one.get("taken")] == [recipe.network] == ["none"]
    assert f"{len(promised) - 2} of {len(promised)} networks not tried, for want of time" in recipe.reason
    assert recipe.reason in lines[-1]
    assert Recipe.from_dict(recipe.to_dict()) == recipe


def test_a_seed_decides_the_choice_and_every_bit(monkeypatch) -> None:
    """Twice the same: the same recipe with the same scores, and the same weights."""
    monkeypatch.setattr(candidates, "STEPS", (60, 120))
    data = rings(90)
    first, second = (chosen(data, 3) for _ in range(2))
    assert first == second
    for a, b in zip(
        learned(first, data, 3).get_weights(), learned(second, data, 3).get_weights(), strict=True
    ):
        assert (a == b).all()


def test_the_test_part_is_never_looked_at_to_choose(monkeypatch) -> None:
    """With other test examples the choice and its scores are the same."""
    monkeypatch.setattr(candidates, "STEPS", (60, 120))
    data = rings(90)
    other = replace(data, x_test=data.x_test[::-1] * 7, y_test=1 - data.y_test)
    assert chosen(data, 1) == chosen(other, 1)


def test_a_regression_answers_in_its_own_unit() -> None:
    """Targets far from zero are learned as well, and measured beside the linear model."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(150, 3)).astype(np.float32)
    y = 5000 + 300 * x[:, 0] - 100 * x[:, 1] + rng.normal(size=150)
    data = from_arrays("line", {"x": x, "y": y}, task="regression")
    recipe = auto.choose(data, seed=0, seconds=1e-6, backend="numpy")
    off = recipes.judge(data, learned(recipe, data))["mae"]
    assert off < 60 < np.abs(data.y_test - np.median(data.y_train)).mean()
    assert linear_model(data, 0, "numpy") < 60


@pytest.mark.parametrize("count", [2, 6, 9])
def test_a_handful_of_examples_gets_the_linear_model_and_the_reason(count) -> None:
    """With too few examples to set some aside nothing is compared, and that is said."""
    x = np.arange(count * 2, dtype=np.float32).reshape(count, 2)
    data = from_arrays(
        "few", {"x_train": x, "y_train": np.arange(count) % 2, "x_test": x, "y_test": np.arange(count) % 2}
    )
    recipe = chosen(data)
    assert recipe.network == candidates.LINEAR
    assert "too few examples" in recipe.reason


def test_the_linear_model_wins_where_it_is_as_good_and_else_the_best() -> None:
    """The linear model within one standard error; numbers that broke never win."""

    def made(*scores):
        recipes = [Recipe("auto", network=f"net {k}") for k in range(len(scores))]
        trials = [Trial(one, score, 0.02, 50) for one, score in zip(recipes, scores, strict=True)]
        return [Candidate(one.recipe, trial=one) for one in trials]

    def best(*scores, pictures=False):
        return choice.best_of(made(*scores), pictures).recipe.network

    assert best(0.956, 0.95, 0.96) == "net 0"
    assert best(0.9, 0.95, 0.96, 0.96) == "net 2"
    assert best(0.95, 0.95, 0.93, pictures=True) == "net 1"
    assert best(0.96, 0.95, pictures=True) == "net 0"
    assert best(-np.inf, 0.9, 0.95) == "net 2"
    assert best(-np.inf, -np.inf) == "net 0"
    untried = [*made(0.9, 0.95), Candidate(Recipe("auto", network="late"))]
    assert choice.best_of(untried).recipe.network == "net 1"


def test_inputs_come_to_mean_zero_and_variance_one_whatever_their_scale() -> None:
    """Rows by place, pictures by channel; a place that never changes is only centred."""
    for data in (blobs(), bars(), bars(side=20)):
        (layer,) = normalization(data)
        x = np.asarray(data.x_train, np.float32) * (data.scale or 1)
        y = np.asarray(layer(x)).reshape(-1, x.shape[-1])
        assert np.abs(y.mean(axis=0)).max() < 1e-3
        assert np.abs(y.var(axis=0) - 1).max() < 1e-3
    x = np.ones((10, 2), np.float32) * [3, 1]
    x[:, 1] = np.arange(10)
    (layer,) = normalization(from_arrays("still", {"x": x, "y": np.arange(10) % 2}))
    assert np.asarray(layer(np.array([[4.0, 1.0]], np.float32)))[0, 0] == 1


@pytest.mark.parametrize("shape", [(6, 6), (8, 8), (9, 30), (28, 28, 3), (64, 64, 3), (200, 60)])
def test_every_candidate_fits_pictures_of_every_size(shape) -> None:
    """Each network of the list can be built, and stays small."""
    x = np.random.default_rng(0).integers(0, 255, (12, *shape)).astype(np.uint8)
    data = from_arrays("some", {"x": x, "y": np.arange(12) % 3})
    for recipe in candidates.candidates(data)[1:]:
        assert recipes.prepare(recipe, data, "numpy").count_params() < 400_000


def test_only_mnist_keeps_the_recipe_that_was_tuned_for_it() -> None:
    """auto is for all other data."""
    x, y = blobs().x_train, blobs().y_train
    for name in NAMES:
        made = Dataset(name, x, y, x, y, class_names=("a", "b", "c"))
        assert auto.is_default(made) == (name != "mnist")
    assert auto.is_default(blobs())


def test_few_pictures_are_changed_at_every_step_and_large_ones_made_smaller() -> None:
    """Whatever their scale, within it; many pictures are taken as they are. Tiny ones learn longer."""
    listed = candidates.candidates(bars(60, side=64))
    assert listed[0].network == candidates.LINEAR
    assert listed[1].camera
    assert all(one.network.startswith("shrink 2, conv 16") for one in listed[1:])
    x = np.random.default_rng(0).normal(size=(60, 8, 8)).astype(np.float32)
    waves = from_arrays("waves", {"x": x, "y": np.arange(60) % 2})
    moved = candidates.candidates(waves)
    assert moved[1].camera
    assert moved[1].epochs * len(waves.x_train) > 1.5 * listed[1].epochs * 48
    changes = recipes.prepare(moved[1], waves, "numpy").augmentation
    assert changes.limits == (waves.x_train.min(), waves.x_train.max())
    assert changes.settings["rotation"] < 20
    many = bars(60)
    many = replace(many, x_train=np.repeat(many.x_train, 200, axis=0), y_train=np.repeat(many.y_train, 200))
    assert not any(one.camera or one.shift for one in candidates.candidates(many))


def test_of_many_examples_a_part_tells_which_network_is_better() -> None:
    """A trial of 60,000 examples learns from some of them, once; what is taken learns from all, for all its steps."""
    x = np.zeros((60_000, 2), np.float32)
    (cut,) = choice.cuts_of(from_arrays("many", {"x": x, "y": np.arange(60_000) % 2}), 0)
    recipe = candidates.planned("conv 16, pool, dense 64", 60_000, 784)
    trial_steps = trial_epochs(recipe, len(cut.x_train)) * len(cut.x_train)
    assert trial_steps < 0.1 * recipe.epochs * 60_000
    assert set(cut.y_train) == {0, 1}
    assert trial_epochs(recipe, 900) == recipe.epochs


class SlowSteps(Clock):
    """A clock by which nothing takes time but steps. expected, measured: the seconds of one, before a trial and in it."""

    def __init__(self, expected: float, measured: float) -> None:
        self.of_a_step, self.measured = expected, measured

    def now(self) -> float:
        return 0.0

    def expected(self, recipe, data, backend=None):
        return Measured(0.0, self.of_a_step)

    def stopwatch(self, fits):
        class Slow(Stopwatch):
            def after(watch, state, records, epoch, start, stop) -> None:  # noqa: N805
                watch.step = self.measured
                if not fits(0.0, self.measured):
                    watch.ended = watch.model.stop_training = True

        return Slow()


@pytest.mark.parametrize("expected", [0.01, 0.0001])
def test_a_network_for_rows_that_would_not_end_in_time_learns_fewer_steps(monkeypatch, expected) -> None:
    """Whether that is known before its trial or seen in it: the longest form that fits is tried and stands in the list."""
    monkeypatch.setattr(candidates, "STEPS", (120, 300))
    data, step = rings(), 0.01
    listed = candidates.candidates(data)
    one = steps_of(listed[1], 1, len(data.x_train))
    seconds = 7.0
    recipe = auto.choose(data, 0, seconds, "numpy", clock=SlowSteps(expected, step))
    assert len(recipe.tried) == len(listed)
    short = recipe.tried[1]
    assert short["network"] == listed[1].network
    assert short["score"] is not None
    assert short["epochs"] < listed[1].epochs
    assert (choice.CUTS * 0.8 + MORE) * short["epochs"] * one * step < seconds


def test_pictures_learn_at_once_where_comparing_would_take_too_long(monkeypatch) -> None:
    """As many epochs as fit, and nothing tried before, which is said; where not even the least fits, that."""
    monkeypatch.setattr(candidates, "CHANGED_STEPS", 600)
    monkeypatch.setattr(choice, "trial", None)  # nothing is tried
    data, step, lines = bars(), 0.01, []
    listed = candidates.candidates(data)
    lengths = [one.epochs for one in (listed[1], *candidates.shorter(listed[1]))]
    linear, one = (steps_of(each, 1, len(data.x_train)) for each in listed[:2])
    beside = linear * listed[0].epochs
    for seconds, at in (
        (1e-6, -1),
        (MORE * step * (beside + one * lengths[6]) / choice.SURELY + 1e-6, 6),
        (12.0, None),
    ):
        recipe = auto.choose(data, 0, seconds, "numpy", lines.append, SlowSteps(step, step))
        assert recipe.network == listed[1].network
        assert recipe.camera
        if at is not None:
            assert recipe.epochs == lengths[at]
            assert f"as time is short ({lengths[at]} of {lengths[0]} epochs)" in lines[-1]
        assert [one["network"] for one in recipe.tried if one.get("taken")] == [recipe.network]
        assert all(one["score"] is None for one in recipe.tried)
        assert auto.in_a_line(recipe, data).startswith("taken, not compared with others, as time is short")


def test_a_trial_of_pictures_that_turns_out_too_slow_is_given_up_for_learning(monkeypatch) -> None:
    """Expected to fit, measured not to: the likeliest network learns at once, as long as its measured pace allows."""
    monkeypatch.setattr(candidates, "CHANGED_STEPS", 90)
    monkeypatch.setattr(candidates, "STEPS", (60, 90))
    data, step = bars(60), 0.01
    listed = candidates.candidates(data)
    seconds = (
        MORE * step * steps_of(listed[1], listed[1].epochs, len(data.x_train))
    )  # none for the linear model
    recipe = auto.choose(data, 0, seconds, "numpy", clock=SlowSteps(step / 100, step))
    assert recipe.tried[0]["score"] is not None
    assert recipe.tried[1]["score"] is None
    assert recipe.network == listed[1].network
    assert recipe.epochs < listed[1].epochs


def test_a_few_steps_tell_how_long_many_take() -> None:
    """More steps take longer, on the engine that is asked for; JAX takes time to begin."""
    expected = Clock().expected(candidates.candidates(bars())[2], bars(), "numpy")
    assert 0 < expected.seconds(10) < expected.seconds(100) == pytest.approx(10 * expected.seconds(10))


def test_learning_ends_where_the_validation_part_was_answered_best() -> None:
    """Earlier only where that was better by more than chance gives; the plan says it, and another number of epochs forgets it."""
    right, wrong = np.ones(50), np.zeros(50)
    assert best_look(np.stack([wrong, right, wrong])) == 1
    assert best_look(np.stack([wrong, right, right])) == 2
    assert best_look(np.stack([right, np.r_[np.zeros(1), np.ones(49)]])) == 1
    assert best_look(np.stack([right, np.full(50, -np.inf)])) == 1
    data = blobs()
    recipe = replace(candidates.planned("dense 8", 90, 4), epochs=20, best_epoch=5)
    model, again = learned(recipe, data), learned(Recipe.from_dict(recipe.to_dict()), data)
    assert model.epochs_seen == 5
    assert all((a == b).all() for a, b in zip(model.get_weights(), again.get_weights(), strict=True))
    assert recipe.changed(epochs=7).learned_epochs == 7
    assert recipe.changed(batch_size=recipe.batch_size).learned_epochs == 5


@pytest.mark.parametrize("size", [1e12, 1e-10])
def test_amounts_of_any_size_are_learned(size) -> None:
    """Where 32 bits would not hold the derivatives of the squared error, the loss is counted in deviations."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(120, 2)).astype(np.float32)
    data = from_arrays("sizes", {"x": x, "y": size * (x[:, 0] + 2)}, task="regression")
    recipe = candidates.planned("dense 16", 96, 2)
    assert recipes.judge(data, learned(recipe, data))["mae"] < 0.2 * size


def test_skewed_amounts_may_be_learned_by_their_logarithm() -> None:
    """The answers are never negative, in the target's own unit, and off by little where powers of ten lie between them."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(300, 2)).astype(np.float32)
    y = np.exp(3 + 2 * x[:, 0] + 0.1 * rng.normal(size=300))
    data = from_arrays("incomes", {"x": x, "y": y}, task="regression")
    listed = [one for one in candidates.candidates(data) if one.log_target]
    assert [one.loss for one in listed] == ["mean_absolute_error"] * 2
    assert sum(candidates.is_linear_model(one) for one in candidates.candidates(data)) == 1
    model = learned(listed[0], data)
    said = model.predict(data.x_test, verbose=0).reshape(-1)
    assert (said > 0).all()
    assert np.median(np.abs(said / data.y_test - 1)) < 0.2
    even = from_arrays("even", {"x": x, "y": x[:, 0] + 0 * y}, task="regression")
    assert not any(one.log_target for one in candidates.candidates(even))


def test_counts_with_zeros_have_a_logarithm_too() -> None:
    """What is added before it is taken away again: a network that answers 0 is 0."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(300, 2)).astype(np.float32)
    y = np.floor(np.exp(1.5 * x[:, 0])).astype(np.float64)
    data = from_arrays("counts", {"x": x, "y": y}, task="regression")
    listed = [one for one in candidates.candidates(data) if one.log_target]
    said = learned(listed[0], data).predict(data.x_test, verbose=0).reshape(-1)
    assert said.min() > -1
    assert np.abs(said - data.y_test).mean() < np.abs(data.y_test - np.median(data.y_train)).mean() / 1.5


def test_what_is_clearly_worse_on_the_first_cut_is_not_tried_on_the_others(monkeypatch) -> None:
    """It is listed with the score of one cut, and never taken."""
    monkeypatch.setattr(candidates, "STEPS", (200, 300))
    recipe = chosen(rings())
    examples = {one["network"]: one["examples"] for one in recipe.tried if not one["pieces"]}
    taken = next(one for one in recipe.tried if one.get("taken"))
    assert taken["examples"] == max(examples.values())
    assert min(examples.values()) == taken["examples"] // 3
