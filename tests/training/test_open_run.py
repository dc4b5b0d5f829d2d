"""open_run: a run by its name, any step of it, and leaving it there, also for programs of one's own."""

import numpy as np
import pytest
from taken_again import EveryState, digest, digest_of, examples, job, learned

import chainrule
from chainrule import Sequential, explain
from chainrule.errors import FileError, SettingError
from chainrule.layers import Dense, Input
from chainrule.runs import Run, compare
from chainrule.utils import set_random_seed

RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(64, 4)).astype(np.float32), RNG.integers(0, 3, 64)


def test_a_run_is_opened_reached_and_forked(tmp_path) -> None:
    """run.at(step) is the state that training had; run.fork(step) with nothing changed is the run again; explain takes it."""
    path = examples(tmp_path)
    training, seen = job(path, "numpy", tmp_path / "runs"), EveryState()
    plain = learned(training, [seen])
    run = chainrule.open_run("last", tmp_path / "runs")
    assert digest_of(run.at(41)) == seen.digests[41]
    assert len(run.batch(41)[0]) == 16
    assert explain.step(run, 41).agreement().same_bits
    assert explain.step(Run(run.path), 41).loss == explain.step(run, 41).loss
    assert learned(run.fork(41)) == plain
    fork = run.fork(41, learning_rate=0.01)
    assert learned(fork) != plain
    assert Run(fork.record.folder).info.parent.run == run.name
    with pytest.raises(SettingError, match="nothing left to resume|is finished"):
        raise_if_over(run.resume())
    with pytest.raises(FileError, match="There is no run 'lost'"):
        chainrule.open_run("lost", tmp_path / "runs")


def raise_if_over(training):
    if training.over:
        raise SettingError("is finished")


def own(rate=0.01, optimizer="adam") -> Sequential:
    """The network of a program of one's own."""
    set_random_seed(9)
    model = Sequential([Input((4,)), Dense(5, "tanh"), Dense(3, "softmax")])
    model.compile(optimizer, "sparse_categorical_crossentropy", backend="numpy")
    model.optimizer.learning_rate = rate
    return model


def test_a_program_of_ones_own_opens_and_leaves_its_runs(tmp_path) -> None:
    """Model and data are given; a run that is left with nothing changed ends with the same bits, in the middle of an epoch, too."""
    whole = own()
    whole.fit(
        X,
        Y,
        epochs=4,
        batch_size=8,
        verbose=0,
        callbacks=[chainrule.RunRecorder(tmp_path / "runs", label="mine")],
    )
    with pytest.raises(SettingError, match=r"open_run\(name, model=model, x=x, y=y\)"):
        chainrule.open_run("last", tmp_path / "runs").at(3)
    run = chainrule.open_run("last", tmp_path / "runs", model=own(), x=X, y=Y)
    assert run.replay.compare(0, 32) == 0.0
    same = own()
    left = run.leave(13, same)
    history = same.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[left])
    assert digest(same.get_weights()) == digest(whole.get_weights())
    assert history.epoch == [1, 2, 3]
    both = compare(run, Run(left.folder))
    assert (both.parted, both.common, both.settings) == (None, (13, 32), [])
    for other in (own(0.1), own(0.1, "sgd")):
        left = run.leave(13, other)
        other.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[left])
        assert any("learning_rate: 0.01" in change for change in Run(left.folder).info.parent.changes)
    other = own()
    with pytest.raises(SettingError, match="in the middle of an epoch of 8 steps; this one has 4"):
        other.fit(X, Y, epochs=4, batch_size=16, verbose=0, callbacks=[run.leave(13, other)])
