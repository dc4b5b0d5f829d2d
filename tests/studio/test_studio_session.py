"""A session: every step can be reached again, rates act at the next step, forks leave where they say."""

import json

import numpy as np
import pytest

from chainrule.errors import SettingError
from chainrule.studio.frames import packed, unpacked
from chainrule.studio.lesson import Lesson
from chainrule.studio.session import Session
from chainrule.studio.toy_data import SETS, toy_data


def flat(state):
    return np.concatenate([w.ravel() for layer in state["params"] for w in layer.values()])


@pytest.fixture
def session():
    return Session.of_lesson({"data": "moons", "units": [5, 4], "batch_size": 20, "optimizer": "adam"})


def test_any_earlier_step_is_there_again_to_the_last_bit(session) -> None:
    """The state before any step is the one that learning had there."""
    live, seen = session.live(), {}
    for step in range(60):
        if step in (20, 41):
            live.set_rate(0.05 / step)
        seen[step] = flat(live.state_at(live.head))
        live.advance(1)
    for step in (0, 1, 16, 19, 20, 21, 40, 41, 42, 59):
        assert (flat(live.state_at(step)) == seen[step]).all()


def test_walking_back_is_replayed_once(session, monkeypatch) -> None:
    """Who walks back step by step finds the states of the way kept; a rate set later at one of them is honoured."""
    live = session.live()
    live.advance(48)
    ends, run = [], live.run
    monkeypatch.setattr(live, "run", lambda state, until: ends.append(until) or run(state, until))
    seen = {step: flat(live.state_at(step)) for step in range(47, 32, -1)}
    assert len(ends) == 15  # each step of the way once
    session.do("back", {"to": 40})
    session.do("rate", {"learning_rate": 0.0})
    live.advance(4)
    assert (flat(live.state_at(43)) == seen[40]).all()
    assert (flat(live.state_at(37)) == seen[37]).all()


def test_going_back_and_on_gives_the_same_steps(session) -> None:
    """Back, and on without a change: the same losses and weights."""
    live = session.live()
    live.advance(70)
    losses, end = live.losses.copy(), flat(live.state)
    session.do("back", {"to": 33})
    assert len(live.losses) == 33
    live.advance(37)
    assert (live.losses == losses).all()
    assert (flat(live.state) == end).all()


def test_the_network_learns_as_fit_does(session) -> None:
    """A session's weights after an epoch are those that `fit` makes of the same lesson."""
    from chainrule.studio import lesson

    result, data = session.lesson, session.data
    model = lesson.network_of(result, data)
    x, y = data.x_train, data.y_train
    model.fit(x, y, batch_size=result.batch_size, epochs=2, verbose=0)
    session.live().advance(2 * session.branch.per_epoch)
    made = np.concatenate([w.ravel() for link in model.learning_chain for w in link.params.values()])
    assert (made == flat(session.live().state)).all()


def test_a_rate_acts_at_the_next_step_and_is_remembered(session) -> None:
    """A rate of 0 stops all change from that step on, and the step's account says which rate it had."""
    live = session.live()
    live.advance(10)
    session.do("rate", {"learning_rate": 0.0})
    before = flat(live.state)
    live.advance(5)
    assert (flat(live.state) == before).all()
    assert session.see("step", {"step": "12"})["rate"] == 0.0
    assert session.see("step", {"step": "9"})["rate"] == pytest.approx(0.01)
    assert [step for step, _ in live.rates] == [0, 10]


def test_the_optimizers_numbers_act_at_the_next_step_and_are_replayed(session) -> None:
    """beta_1, then beta_2, set while it learns: earlier steps keep theirs, every state is there again, a fork takes them along."""
    live, seen = session.live(), {}
    for step in range(60):
        if step in (20, 41):
            session.do("set", {"name": {20: "beta_1", 41: "beta_2"}[step], "value": 0.5})
        seen[step] = flat(live.state_at(live.head))
        live.advance(1)
    plain = Session.of_lesson(session.lesson.to_dict())
    plain.live().advance(60)
    assert (flat(plain.branch.state_at(20)) == seen[20]).all()
    assert not (flat(plain.branch.state_at(22)) == seen[22]).all()
    for step in (0, 19, 20, 21, 40, 41, 42, 59):
        assert (flat(live.state_at(step)) == seen[step]).all()
        config = session.see("step", {"step": str(step)})["optimizer_config"]
        assert (config["beta_1"], config["beta_2"]) == (
            0.5 if step >= 20 else 0.9,
            0.5 if step >= 41 else 0.999,
        )
        result = session.see("weight", {"step": str(step), "layer": "dense_1", "index": "3,2"})
        assert result["new"] == float(flat_weight(session, step + 1, "dense_1")[3, 2])
    assert [step for step, _ in session.describe()["branches"][0]["scalars"]] == [0, 20, 41]
    session.do("fork", {"step": 30})
    session.live().advance(11)
    assert (flat(session.branch.state_at(41)) == seen[41]).all()
    session.do("branch", {"branch": 0})
    session.do("back", {"to": 25})
    live.advance(16)
    assert (flat(live.state_at(41)) == seen[41]).all()


@pytest.mark.parametrize(
    ("optimizer", "asked", "words"),
    [("adam", {"name": "beta_3", "value": 0.5}, "Did you mean"), ("adam", {"name": "beta_1", "value": 1.0}, "below 1"), ("adam", {"name": "beta_1"}, "number"),
     ("adam", {"name": "epsilon", "value": 0}, "above 0"), ("sgd", {"name": "momentum", "value": 0.9}, "no"), ("momentum", {"name": "momentum", "value": 0}, "fork"),
     ("momentum", {"name": "momentum", "value": float("nan")}, "from 0 to 1"), ("adam", {"name": "learning_rate", "value": 0.1}, "beta_1")],
)  # fmt: skip
def test_a_number_that_the_optimizer_does_not_have_is_refused(optimizer, asked, words) -> None:
    """What there is, is said, and nothing changes."""
    session = Session.of_lesson({"data": "xor", "units": [3], "optimizer": optimizer})
    with pytest.raises(SettingError, match=words):
        session.do("set", asked)
    assert len(session.live().settings) == 1


def test_a_fork_begins_where_it_leaves_and_keeps_the_old_curve(session) -> None:
    """Before the fork nothing changes; an unchanged fork learns the same bits; a changed one does not."""
    session.live().advance(50)
    end = flat(session.branch.state_at(50))
    session.do("fork", {"step": 30})
    session.live().advance(20)
    assert (flat(session.branch.state_at(50)) == end).all()
    result = session.do("fork", {"branch": 0, "step": 30, "learning_rate": 0.5})
    session.live().advance(20)
    assert not (flat(session.branch.state_at(50)) == end).all()
    assert [b["first"] for b in result["branches"]] == [0, 30, 30]
    assert len(session.branches[0].losses) == 50
    assert result["branches"][2]["changes"] == ["learning_rate 0.01 → 0.5"]


def test_another_batch_size_forks_between_batches_only(session) -> None:
    """A batch size that does not divide what was learned of the epoch is refused, and the place where it can change is named."""
    session.live().advance(4)
    with pytest.raises(SettingError, match="step 0"):
        session.do("fork", {"step": 4, "batch_size": 37})
    result = session.do("fork", {"step": 4, "batch_size": 40})
    session.live().advance(2)
    assert result["branches"][1]["batch"] == 40


def test_another_network_keeps_the_old_curve(session) -> None:
    """Another activation is a new branch from step 0, with the same seed."""
    session.live().advance(10)
    result = session.do("restart", {"activation": "relu"})
    assert result["current"] == 1
    assert result["branches"][1]["head"] == 0
    assert result["branches"][0]["head"] == 10


def test_learning_that_diverges_stops_and_says_so() -> None:
    """A rate that is far too high ends the playing; the step before is still there, and going back mends it."""
    session = Session.of_lesson(
        {
            "data": "spiral",
            "units": [8, 8, 8],
            "activation": "linear",
            "optimizer": "sgd",
            "learning_rate": 1000.0,
        }
    )
    session.do("play", {})
    live = session.live()
    live.advance(200)
    assert "lower one" in live.problem
    session.learn(0.01)
    assert not session.playing
    with pytest.raises(SettingError, match="stopped being finite"):
        session.do("play", {})
    session.do("back", {"to": 0})
    assert live.problem is None
    json.dumps(session.see("step", {"step": "0"}), allow_nan=False)


def test_the_account_of_a_weight_is_that_of_explain(session) -> None:
    """What the page shows of a weight is explain's own account, number for number."""
    from chainrule import explain

    session.live().advance(12)
    result = session.see("weight", {"step": "7", "layer": "dense_1", "index": "3,2"})
    there = explain.step(session.branch.inputs_of(7)).weight("dense_1", 3, 2).to_dict()
    assert {k: result[k] for k in there} == there
    assert result["new"] == float(flat_weight(session, 8, "dense_1")[3, 2])


def flat_weight(session, step, layer):
    chain, state = session.branch.model.learning_chain, session.branch.state_at(step)
    return next(p["kernel"] for link, p in zip(chain, state["params"], strict=True) if link.name == layer)


def test_factors_multiply_to_the_gradient(session) -> None:
    """The page may multiply x and delta itself: xᵀδ is the layer's gradient."""
    session.live().advance(3)
    _, arrays = session.see("factors", {"step": "2"})
    _, found = session.see("map", {"step": "2", "layer": "dense", "view": "gradient"})
    assert np.allclose(arrays["x"].T @ arrays["d:dense"], found["values"], atol=1e-6)


def test_what_is_asked_wrongly_is_said(session) -> None:
    """Steps, weights, layers, views that do not exist are answered with what there is."""
    session.live().advance(3)
    wrong = [({"step": "99"}, "step", "steps 0 to 3"), ({"step": "1", "layer": "dens", "index": "0,0"}, "weight", "Did you mean 'dense'"),
             ({"step": "1", "layer": "dense", "index": "7,0"}, "weight", "shape"), ({"step": "1", "layer": "dense", "view": "shadow"}, "map", "view"),
             ({"step": "1"}, "weight", "index="), ({"branch": "4"}, "step", "branch 4"), ({"step": "1", "layer": "dense", "unit": "50"}, "unit", "unit 50"),
             ({"step": "1", "example": "900"}, "example", "example 900")]  # fmt: skip
    for query, what, words in wrong:
        with pytest.raises(SettingError, match=words.replace("(", r"\(")):
            session.see(what, query)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"units": [0]}, "from 1 to"), ({"units": "8"}, "list"), ({"units": [4] * 50}, "hidden layers"), ({"activation": "relus"}, "relu"),
        ({"optimizer": "adamm"}, "Did you mean 'adam'"), ({"learning_rate": float("nan")}, "number"), ({"learning_rate": -1}, "from 0"), ({"batch_size": 1.5}, "whole"),
        ({"seed": True}, "whole"), ({"colour": 1}, "setting"), ([], "object"), ({"data": 5}, "name"), ({"learning_rate": "fast"}, "number"),
    ],
)  # fmt: skip
def test_a_lesson_that_makes_no_sense_is_refused(asked, words) -> None:
    """Every setting that a page can send is checked, and the answer says what was expected."""
    with pytest.raises(SettingError, match=words):
        Lesson.from_dict(asked)


@pytest.mark.parametrize("name", sorted(SETS))
def test_points_lie_in_the_plane_that_is_drawn(name) -> None:
    """Both classes are there, within the plane, the same for the same seed and others for another."""
    data = toy_data(name, 4)
    assert np.abs(data.x_train).max() < 1.25
    assert min(data.class_counts.values()) > 100
    assert (toy_data(name, 4).x_train == data.x_train).all()
    assert not (toy_data(name, 5).x_train == data.x_train).all()


def test_a_message_comes_back_as_it_was_packed() -> None:
    """Headers and arrays of every kind survive, also empty ones."""
    rng = np.random.default_rng(0)
    arrays = {
        "a": rng.normal(size=(3, 5)).astype(np.float32),
        "b": np.arange(7, dtype=np.uint8),
        "c": np.zeros((0, 4), np.float32),
        "d": rng.normal(size=9).astype(np.float16),
    }
    header, found = unpacked(packed({"täxt": "ü", "n": None}, arrays))
    assert header == {"täxt": "ü", "n": None}
    for name, values in arrays.items():
        assert found[name].dtype == values.dtype
        assert (found[name] == values).all()


def test_memory_stays_bounded_however_long_it_learns(monkeypatch) -> None:
    """States kept to return to are thinned out, and every step is still reached."""
    from chainrule.studio import branch

    monkeypatch.setattr(branch, "MEMORY", 40_000)
    session = Session.of_lesson({"data": "gauss", "units": [3]})
    live = session.live()
    live.advance(1000)
    assert len(live.kept) * live.size <= 2 * 40_000
    monkeypatch.setattr(branch, "MEMORY", 10**9)
    monkeypatch.setattr(branch, "MOST_KEPT", 20)
    live.advance(3000)
    assert len(live.kept) <= 22
    assert int(live.state_at(777)["step"]) == 777
