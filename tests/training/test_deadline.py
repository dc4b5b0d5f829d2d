"""The time that was asked for is kept, also on a machine that becomes slow, and what was learned can be repeated."""

import numpy as np
import pytest

from chainrule import arrays
from chainrule.datasets.from_arrays import from_arrays
from chainrule.recording import resume
from chainrule.recording.resume import open_run, plan_of
from chainrule.training import auto
from chainrule.training.auto.pace import Clock, Measured
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.recipes import Recipe

DENSE = Recipe("auto", hidden=(), network="dense 8", batch_size=16, epochs=12, schedule="cosine", warmup=0.05)


@pytest.fixture
def data():
    """Ninety points of two classes."""
    rng = np.random.default_rng(0)
    return from_arrays("points", {"x": rng.normal(size=(90, 3)).astype(np.float32), "y": np.arange(90) % 2})


class Ticks:
    """A clock that goes on by so many seconds whenever it is looked at."""

    def __init__(self, *each: float) -> None:
        self.time, self.each = 0.0, list(each)

    def __call__(self) -> float:
        self.time += self.each.pop(0) if len(self.each) > 1 else self.each[0]
        return self.time


def learned(recipe: Recipe, data, deadline=None, folder=None):
    """The training, recorded in a folder."""
    arrays.set_seed(3)
    job = resume.new(data, recipe, "points", {}, 3, backend="numpy", runs_dir=folder)
    resume.replace(job, deadline=deadline).learn(0)
    return job


def test_learning_ends_after_the_last_epoch_that_is_over_in_time(data) -> None:
    """Epochs of two seconds: with ten seconds the fifth is the last."""
    deadline = auto.Deadline(10.0, Ticks(2.0))
    job = learned(DENSE, data, deadline)
    assert deadline.ended_after == job.model.epochs_seen == 5
    in_time = auto.Deadline(1000.0, Ticks(2.0))
    assert learned(DENSE, data, in_time).model.epochs_seen == DENSE.epochs
    assert in_time.ended_after == 0


def test_a_first_epoch_that_compiles_does_not_count_for_the_others(data) -> None:
    """After ten seconds of compiling there is still time for epochs of a second."""
    deadline = auto.Deadline(16.0, Ticks(10.0, 1.0))
    assert learned(DENSE, data, deadline).model.epochs_seen == 7


def test_at_least_one_epoch_is_learned(data) -> None:
    """Where the time was over before learning began."""
    assert learned(DENSE, data, auto.Deadline(0.0)).model.epochs_seen == 1


def test_what_the_clock_ended_is_a_plan_that_gives_the_same_bits(data, tmp_path) -> None:
    """The plan of the run has the epochs that were learned; the rate falls as it did."""
    first = learned(DENSE, data, auto.Deadline(10.0, Ticks(2.0)), tmp_path)
    plan = plan_of(open_run("last", tmp_path))
    assert (plan.learned_epochs, plan.epochs) == (5, DENSE.epochs)
    again = learned(plan, data)
    for one, other in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_the_plan_of_a_run_that_came_to_its_end_is_its_recipe(data, tmp_path) -> None:
    """Nothing is changed where nothing was ended."""
    learned(DENSE, data, None, tmp_path)
    assert plan_of(open_run("last", tmp_path)) == DENSE


class Still(Clock):
    """A clock that stands still."""

    def now(self) -> float:
        return 0.0

    def expected(self, recipe, data, backend=None):
        return Measured(0.0, 0.001)

    def stopwatch(self, fits):
        return Stopwatch(lambda *_: True)


def test_a_chosen_network_has_what_the_linear_model_leaves_of_the_time(monkeypatch) -> None:
    """The linear model is measured beside it, so learning is to be over before the time is."""
    from chainrule.training.auto import candidates

    monkeypatch.setattr(candidates, "STEPS", (60, 90))
    rng = np.random.default_rng(0)
    angle, y = rng.uniform(0, 2 * np.pi, 200), np.arange(200) % 2
    rings = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (1 + y)[:, None]
    data = from_arrays("rings", {"x": rings.astype(np.float32), "y": y})
    deadline = auto.Deadline()
    recipe = auto.choose(data, 0, 30.0, "numpy", clock=Still(), deadline=deadline)
    assert recipe.network != "none"
    assert 20 < deadline.end < 30


def test_the_linear_model_is_always_learned_to_its_end(data, monkeypatch) -> None:
    """It is the least that is promised; noise gets it."""
    from chainrule.training.auto import candidates

    monkeypatch.setattr(candidates, "STEPS", (60, 90))
    deadline = auto.Deadline()
    assert auto.choose(data, 0, 1e-6, "numpy", deadline=deadline).network == "none"
    assert deadline.end == float("inf")


def test_so_few_epochs_that_they_say_nothing_are_learned_all_the_same(data) -> None:
    """A tenth of the plan, also where the time is over before."""
    deadline = auto.Deadline(0.0)
    deadline.least = 4
    assert learned(DENSE, data, deadline).model.epochs_seen == deadline.ended_after == 4


def test_amounts_with_a_heavy_tail_are_answered_as_well_as_by_their_median(monkeypatch) -> None:
    """Also without time for more than linear models: squares would follow the few large ones."""
    from chainrule.training.auto import candidates

    monkeypatch.setattr(candidates, "STEPS", (200, 300))
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(240, 4)).astype(np.float32), np.exp(rng.normal(size=240) * 2 + 7)
    claims = from_arrays("claims", {"x": x, "y": np.where(rng.random(240) < 0.6, 0.0, y)}, task="regression")
    recipe = auto.choose(claims, 0, 1e-6, "numpy")
    assert recipe.loss == "mean_absolute_error"
    assert [one["score"] is not None for one in recipe.tried].count(True) == 2
