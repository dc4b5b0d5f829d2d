"""A run that a program recorded opens itself: what fit was given lies beside the runs, as long as a run needs it."""

import numpy as np
import pytest

from chainrule import Input, Model, RunRecorder, Sequential, arrays, layers, open_run
from chainrule.errors import SettingError
from chainrule.recording import kept_examples
from chainrule.runs import find, remove


def learned(runs_dir, x, y, **settings) -> RunRecorder:
    """A small network that learned from some examples."""
    arrays.set_seed(3)
    model = Sequential([Input((3,)), layers.Dense(4, "tanh"), layers.Dense(1)])
    model.compile("adam", "mse", backend="numpy")
    recorder = RunRecorder(runs_dir, **settings)
    model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[recorder])
    return recorder


@pytest.fixture
def examples():
    rng = np.random.default_rng(0)
    return rng.normal(size=(12, 3)).astype("float32"), rng.normal(size=(12, 1)).astype("float32")


def test_a_recorded_fit_is_opened_without_its_program(tmp_path, examples) -> None:
    """Neither the model nor the arrays are given: every step comes back with its bits."""
    learned(tmp_path, *examples)
    run = open_run("last", tmp_path)
    run.at(run.replay.last)
    assert run.replay.drift == 0.0


def test_examples_of_several_inputs_and_outputs_are_kept_too(tmp_path) -> None:
    """A network with two inputs and two outputs opens itself as well."""
    arrays.set_seed(1)
    a, b = Input((2,)), Input((3,))
    joined = layers.Concatenate()([a, b])
    model = Model([a, b], [layers.Dense(1, name="u")(joined), layers.Dense(2, name="v")(joined)])
    model.compile("sgd", ["mse", "mse"], backend="numpy")
    x = np.ones((8, 2), "float32"), np.zeros((8, 3), "float32")
    y = np.ones((8, 1), "float32"), np.ones((8, 2), "float32")
    model.fit(list(x), list(y), batch_size=4, epochs=2, verbose=0, callbacks=[RunRecorder(tmp_path)])
    run = open_run("last", tmp_path)
    run.at(3)
    assert run.replay.drift == 0.0


def test_examples_go_with_the_last_run_that_needs_them(tmp_path, examples) -> None:
    """Two runs share one file; it stays until the second one is removed."""
    learned(tmp_path, *examples)
    learned(tmp_path, *examples)
    (file,) = (tmp_path / kept_examples.EXAMPLES).iterdir()
    remove(find(tmp_path, "last"))
    assert file.exists()
    remove(find(tmp_path, "last"))
    assert not file.exists()


def test_examples_that_are_too_large_are_not_kept_and_the_run_says_so(
    tmp_path, examples, monkeypatch
) -> None:
    """Such a run has its digest; who opens it reads why it needs the program."""
    monkeypatch.setattr(kept_examples, "MOST", 100)
    learned(tmp_path, *examples)
    assert not (tmp_path / kept_examples.EXAMPLES).exists()
    with pytest.raises(SettingError, match="were not kept: they take 0 MB"):
        open_run("last", tmp_path).at(0)


def test_who_does_not_want_them_kept_says_so(tmp_path, examples) -> None:
    """keep_examples=False leaves the run alone in its folder."""
    recorder = learned(tmp_path, *examples, keep_examples=False)
    assert [path.name for path in tmp_path.iterdir()] == [recorder.folder.name]
