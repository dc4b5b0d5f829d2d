"""Which examples moved what, over several steps: shares that add up, found by replaying the steps."""

import numpy as np
import pytest

from chainrule import Sequential, explain, optimizers
from chainrule.engine.examples import Examples
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.errors import SettingError
from chainrule.explain.watching import watched_step
from chainrule.layers import Dense
from chainrule.utils import set_random_seed


def run(optimizer, steps=4, batch=5, rate=None, **settings):
    """A model and the moments of its first steps."""
    set_random_seed(9)
    rng = np.random.default_rng(9)
    model = Sequential([Dense(4, "relu", input_shape=(3,), **settings), Dense(2, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", backend="numpy")
    x, y = rng.normal(size=(steps * batch, 3)).astype(np.float32), rng.integers(0, 2, steps * batch)
    moments, first = [], explain.step_inputs(model, x[:batch], y[:batch], places=range(batch))
    state = first.state
    for k in range(steps):
        rows = slice(k * batch, (k + 1) * batch)
        moments.append(
            explain.step_inputs(
                model, x[rows], y[rows], state=state, places=range(k * batch, (k + 1) * batch)
            )
        )
        state = watched_step(moments[-1]).state
    return model, moments, state


@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd",
        "adam",
        "rmsprop",
        "adagrad",
        "nadam",
        lambda: optimizers.AdamW(0.01),
        lambda: optimizers.SGD(0.1, momentum=0.9, clipnorm=0.1),
    ],
)
def test_the_shares_of_a_weight_add_up_to_its_change(optimizer) -> None:
    """Examples' shares, memory's share and the rest are the whole way of the weight; for a weight the rest is rounding."""
    _, moments, last = run(optimizer() if callable(optimizer) else optimizer)
    found = explain.influence_on_weight(moments, "dense", "kernel", (1, 2))
    assert found.start == float(moments[0].state["params"][0]["kernel"][1, 2])
    assert found.stop == float(last["params"][0]["kernel"][1, 2])
    for row in found.steps:
        assert row.batch + row.optimizer_state + row.rest == pytest.approx(row.change, abs=1e-12)
        assert abs(row.rest) < 1e-8
    assert sum(row.change for row in found.steps) == pytest.approx(found.stop - found.start, abs=1e-12)
    assert [row.step for row in found.steps] == [0, 1, 2, 3]


def test_with_plain_descent_a_share_is_the_rate_times_the_example_s_term() -> None:
    """For SGD nothing else is at work: share = -η · term, the strongest first."""
    _, moments, _ = run(optimizers.SGD(0.1))
    found = explain.influence_on_weight(moments, "dense_1", "bias", (1,))
    shares = []
    for moment in moments:
        shares += list(-0.1 * explain.step(moment).link("dense_1").terms("bias", 1))
    expected = sorted(shares, key=lambda share: -abs(share))[:12]
    assert [c.share for c in found.contributions] == pytest.approx(expected, rel=1e-4)
    assert all(row.optimizer_state == 0 for row in found.steps)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_loss_of_an_example_is_accounted_for(optimizer) -> None:
    """Small steps change a loss by what the shares say, to first order; a batch of the example itself helps it."""
    settings = {"sgd": optimizers.SGD(0.001), "adam": optimizers.Adam(1e-5)}
    _, moments, _ = run(settings[optimizer])
    x, y = moments[0].batch[0][0], moments[0].batch[1][0]
    found = explain.influence_on_example(moments, x, y)
    for row in found.steps:
        assert row.batch + row.optimizer_state + row.rest == pytest.approx(row.change, abs=1e-12)
        assert abs(row.rest) < 0.02 * abs(row.change) + 1e-7
    own = next(c for c in found.contributions if c.name == "#0 (example 0)")
    assert own.share < 0
    text = str(found)
    assert "Which examples moved the loss of the example" in text
    assert "(example 0)" in text
    assert "<script" not in found._repr_html_()


def test_an_example_of_another_shape_is_refused() -> None:
    """The error says what the batches look like; so does one about a range without steps."""
    _, moments, _ = run("sgd")
    with pytest.raises(SettingError, match=r"\(3,\)"):
        explain.influence_on_example(moments, np.ones(4), 1)
    for ask in (
        lambda: explain.influence_on_weight([], "dense", "kernel", (0, 0)),
        lambda: explain.when_died([], "dense", 0),
        lambda: explain.largest_rise([]),
    ):
        with pytest.raises(SettingError, match="no steps"):
            ask()


def test_the_death_of_a_unit_is_dated() -> None:
    """A unit whose bias is thrown far below 0 is off from the next step on; one that lives is said to be alive."""
    _, moments, _ = run("sgd")
    states = []
    for k, moment in enumerate(moments):
        params = [dict(layer) for layer in moment.state["params"]]
        params[0]["bias"] = np.array([5, -99, 5 if k < 2 else -99, 5], np.float32)
        states.append(moment._replace(state=moment.state | {"params": params}))
    assert explain.when_died(states, "dense", 0).died is None
    assert "alive" in str(explain.when_died(states, "dense", 0))
    assert explain.when_died(states, "dense", 1).died == 0
    assert "never on" in str(explain.when_died(states, "dense", 1))
    life = explain.when_died(states, "dense", 2)
    assert (life.died, life.active) == (2, (1.0, 1.0, 0.0, 0.0))
    assert "died with step 1" in str(life)
    with pytest.raises(SettingError, match="4 units"):
        explain.when_died(states, "dense", 4)
    with pytest.raises(SettingError, match="Did you mean 'dense'"):
        explain.when_died(states, "dnse", 0)


def test_the_step_that_raised_the_loss_most_is_found() -> None:
    """A step with a giant rate among sober ones is the one; its losses before and after are told."""
    _, moments, _ = run(optimizers.SGD(0.01))
    wild = [
        m._replace(state=m.state | {"rate": np.float32(50 if k == 2 else 0.01)})
        for k, m in enumerate(moments)
    ]
    x, y = moments[3].batch[:2]
    for worst in (explain.largest_rise(wild), explain.largest_rise(wild, probe=(x, y))):
        assert worst.step == 2
        assert worst.rise > 1
    assert "Step 2 raised the loss from" in str(explain.largest_rise(wild))
    assert all(rise.rise < 0.1 for rise in explain.rises(moments))


def test_a_replayed_run_gives_its_moments(tmp_path) -> None:
    """A recorded run's step is opened with its batch, its examples' numbers, and what training made of it."""
    from chainrule.recording.recorder import RunRecorder
    from chainrule.recording.replay import Replay
    from chainrule.runs import Run

    set_random_seed(4)
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 2, 50)
    model = Sequential([Dense(4, "relu", input_shape=(3,)), Dense(2, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    record = RunRecorder(tmp_path / "runs")
    model.fit(x, y, epochs=3, batch_size=16, verbose=0, callbacks=[record])
    recorded = Run(record.folder)
    replay = Replay(recorded, model, Examples(x, y.astype(np.int32)))
    step = explain.step(replay, 6)
    assert step.number == 6
    assert step.agreement().same_bits
    np.testing.assert_array_equal(step.inputs.batch[0], x[step.inputs.places])
    assert "Training went to" in str(step.weight("dense", 0, 1))
    assert "same bits" in str(step)
    found = explain.influence_on_weight(explain.steps_of_run(replay, 2, 9), "dense", "kernel", (0, 1))
    assert len(found.steps) == 7
    assert found.stop == pytest.approx(float(replay.at(9)["params"][0]["kernel"][0, 1]))
    columns = explain.columns_of(recorded)
    assert list(columns["epoch"]) == [1] * 4 + [2] * 4 + [3] * 4
    assert explain.Condition("loss > 0 after epoch 1").first(columns) == 4
    for wrong in (12, -1, "6", None):
        with pytest.raises(SettingError, match="step"):
            explain.step(replay, wrong)
    assert isinstance(replay.engine, NumpyEngine)
