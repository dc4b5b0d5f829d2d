"""Replay and forks: any step again, to the last bit, on both backends."""

from dataclasses import replace

import numpy as np
import pytest
from taken_again import EveryState, digest_of, examples, job, learned, often, run_of

from chainrule.errors import SettingError
from chainrule.recording import resume
from chainrule.runs import compare


@pytest.fixture
def path(tmp_path):
    """The examples of this file's trainings."""
    return examples(tmp_path)


def test_every_state_is_the_one_that_training_had(path, tmp_path, backend, monkeypatch) -> None:
    """Weights, memory, step, rate and seed before random steps: the same digests, forwards, backwards and twice."""
    often(monkeypatch)
    training, seen = job(path, backend, tmp_path / "runs"), EveryState()
    learned(training, [seen])
    replay = resume.opened(run_of(training))
    steps = [0, 89, 15, 14, 37, 36, 38, *np.random.default_rng(4).integers(0, 90, 13).tolist()]
    assert len(seen.digests) == 90
    for step in steps:
        assert digest_of(replay.at(step)) == seen.digests[step], f"step {step}"
    assert replay.compare(0, 90) == 0.0


def test_what_a_step_learned_from_is_known(path, tmp_path) -> None:
    """The examples of an epoch's batches are all examples once, and their losses are those recorded."""
    training = job(path, "numpy", tmp_path / "runs")
    training.learn(0)
    replay = resume.opened(run_of(training))
    chosen = np.concatenate([replay.chosen(step) for step in range(15, 30)])
    assert sorted(chosen.tolist()) == list(range(240))
    x, y, weight = replay.batch(20)
    assert (x == training.data.x_train[replay.chosen(20)]).all()
    assert (y.argmax(axis=1) == training.data.y_train[replay.chosen(20)]).all()
    assert weight is None


def test_states_are_let_go_of_when_they_are_too_many(path, tmp_path) -> None:
    """With little memory for visited states all steps are still reached, and few states are kept."""
    training = job(path, "numpy", tmp_path / "runs")
    training.learn(0)
    replay, roomy = resume.opened(run_of(training), cache_bytes=1), resume.opened(run_of(training))
    for step in (80, 10, 50, 10):
        assert digest_of(replay.at(step)) == digest_of(roomy.at(step))
        assert len(replay.visited) <= 2
    with pytest.raises(SettingError, match="The run has the steps 0 to 90; there is no step 91."):
        replay.at(91)


@pytest.mark.parametrize("step", [0, 15, 17, 37, 44, 89])
def test_a_fork_with_nothing_changed_is_its_parent_again(path, tmp_path, backend, monkeypatch, step) -> None:
    """Left at any step, also in the middle of an epoch: the same weights, the same figures, the same recorded numbers."""
    often(monkeypatch)
    training = job(path, backend, tmp_path / "runs")
    plain = learned(training)
    parent = run_of(training)
    fork = resume.forked(parent, step)
    assert learned(fork) == plain
    run = run_of(fork)
    assert run.info.parent.run == parent.name
    assert run.info.parent.step == run.info.step == step
    assert run.info.parent.changes == []
    assert run.epochs[-1].metrics == parent.epochs[-1].metrics
    assert [e.metrics for e in run.epochs] == [e.metrics for e in parent.epochs[run.info.epoch :]]
    both = compare(parent, run)
    assert both.settings == []
    assert both.parted is None
    assert both.common == (step, 90)


def test_a_fork_of_a_fork_is_still_the_same(path, tmp_path, monkeypatch) -> None:
    """Forked in the middle of an epoch, and its fork again in the middle of the same epoch."""
    often(monkeypatch)
    training = job(path, "numpy", tmp_path / "runs")
    plain = learned(training)
    first = resume.forked(run_of(training), 34)
    learned(first)
    second = resume.forked(run_of(first), 41)
    assert learned(second) == plain
    assert resume.opened(run_of(second)).compare(41, 90) == 0.0
    assert digest_of(resume.opened(run_of(second)).at(60)) == digest_of(
        resume.opened(run_of(training)).at(60)
    )


def test_a_fork_that_is_cut_off_is_resumed(path, tmp_path, monkeypatch) -> None:
    """Forks are runs like others: killed in the middle of an epoch they end with the same bits."""
    from taken_again import Stop

    often(monkeypatch, spacing=11)
    training = job(path, "numpy", tmp_path / "runs")
    plain = learned(training)
    fork = resume.forked(run_of(training), 34)
    with pytest.raises(Stop.Killed):
        fork.learn(0, [Stop(25)])
    fork.record.writer.close()
    assert learned(resume.resumed(run_of(fork))) == plain


def test_a_fork_with_another_rate_parts_there_and_says_so(path, tmp_path) -> None:
    """Same examples in the same order; the numbers part with the first step at the new rate."""
    training = job(path, "numpy", tmp_path / "runs", learning_rate=0.001)
    plain = learned(training)
    fork = resume.forked(run_of(training), 20, learning_rate=0.01)
    assert learned(fork) != plain
    run = run_of(fork)
    assert run.info.parent.changes == ["learning_rate: 0.001 / 0.01"]
    assert compare(run_of(training), run).parted == 20
    assert (resume.opened(run).chosen(50) == resume.opened(run_of(training)).chosen(50)).all()


def test_a_fork_may_change_optimizer_batch_and_epochs(path, tmp_path) -> None:
    """Another optimizer begins with an empty memory; batches change between whole batches; more epochs go on learning."""
    training = job(path, "numpy", tmp_path / "runs")
    training.learn(0)
    parent = run_of(training)
    fork = resume.forked(parent, 20, optimizer="sgd", learning_rate=0.1)
    assert digest_of({"p": fork.record.start.learning["params"]}) == digest_of(
        {"p": resume.opened(parent).at(20)["params"]}
    )
    fork.learn(0)
    assert run_of(fork).status == "finished"
    longer = resume.forked(parent, 90, epochs=8)
    assert len(longer.learn(0).history["loss"]) == 2
    assert len(run_of(longer).steps) == 30
    other = resume.forked(parent, 20, batch_size=20)  # 5 steps of 16 are 4 of 20
    other.learn(0)
    assert len(run_of(other).steps) == 8 + 3 * 12 + 12
    assert resume.opened(run_of(other)).compare(20, 60) == 0.0
    with pytest.raises(SettingError, match="112 examples of the epoch are learned at this step"):
        resume.forked(parent, 22, batch_size=20)
    with pytest.raises(SettingError, match="a fork from there needs more epochs"):
        resume.forked(parent, 90)


def test_states_on_the_way_shorten_the_next_way(path, tmp_path, monkeypatch) -> None:
    """After one visit to the end no step is further from a state at hand than the grid, and all are exact."""
    monkeypatch.setattr("chainrule.recording.replay.LEAST_GRID", 8)
    training, seen = job(path, "numpy", tmp_path / "runs"), EveryState()
    learned(training, [seen])
    replay, lengths = resume.opened(run_of(training)), []
    advance = replay.engine.advance
    monkeypatch.setattr(
        replay.engine, "advance", lambda *args: lengths.append(args[5] - args[4]) or advance(*args)
    )
    replay.at(90)
    assert sum(lengths) == 0 or run_of(training).snapshots() == [0, 90]
    replay.at(89)
    lengths.clear()
    for step in (87, 11, 63, 40, 41):
        assert digest_of(replay.at(step)) == seen.digests[step]
    assert sum(lengths) <= 5 * 7


def test_elsewhere_replay_says_how_far_it_is_off(path, tmp_path) -> None:
    """A run of the other backend stands for another machine: close, said in numbers, and what is different is named."""
    training = job(path, "jax", tmp_path / "runs")
    training.learn(0)
    result = training.record.folder / "run.json"
    result.write_text(
        result.read_text()
        .replace('"backend": "jax"', '"backend": "numpy"')
        .replace('"numpy": "2', '"numpy": "1')
    )
    replay = resume.opened(run_of(training))
    replay.at(80)
    assert 0 < replay.drift < 1e-4
    assert replay.drift == replay.compare(0, 80)
    assert replay.note().startswith("Replayed and recorded losses differ by at most ")
    assert "numpy: 1" in replay.note()


def test_beyond_the_tolerance_replay_refuses(path, tmp_path) -> None:
    """Losses that are not those recorded are no rounding: refused with both numbers, unless more is allowed."""
    training = job(path, "numpy", tmp_path / "runs")
    training.learn(0)
    same = resume.opened(run_of(training))
    same.at(80)
    assert same.drift == 0.0
    assert same.note() is None
    run = run_of(training)
    rows = run.steps.rows.copy()
    rows[40:, 0] *= 1.05
    run.__dict__["steps"] = replace(run.steps, rows=rows)
    replay = resume.opened(run)
    assert digest_of(replay.at(40)) == digest_of(same.at(40))
    with pytest.raises(
        SettingError, match=r"differ from the recorded ones by 4\.\d+%, more than the tolerance of 1\.00%"
    ):
        replay.at(80)
    assert digest_of(resume.opened(run, tolerance=0.1).at(80)) == digest_of(same.at(80))
