"""open_run: a run by its name, any step of it, and leaving it there, also for programs of one's own."""

import numpy as np
import pytest
from taken_again import EveryState, digest, digest_of, examples, job, learned

import chainrule
from chainrule import Sequential, explain, ops
from chainrule.errors import FileError, SettingError
from chainrule.layers import GRU, LSTM, Conv1D, Dense, Flatten, Input, Layer
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
        callbacks=[chainrule.RunRecorder(tmp_path / "runs", label="mine", keep_examples=False)],
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


class LowerRate(chainrule.callbacks.Callback):
    """Sets another rate before every epoch, from the first on."""

    def on_epoch_begin(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.02 / (epoch + 1)


def recorded(root, model, callbacks=(), label="mine", epochs=3):
    """A run of a program, 8 steps an epoch; the callback that recorded it."""
    record = chainrule.RunRecorder(root / "runs", label=label)
    model.fit(X, Y, epochs=epochs, batch_size=8, verbose=0, callbacks=[*callbacks, record])
    return record


def test_every_step_is_explained_with_the_rate_that_training_used(tmp_path) -> None:
    """Epoch 0's rate set by a callback, steps at which it changes, visited in any order: each has its own rate and its own bits."""
    recorded(tmp_path, own(), [LowerRate()])
    run = chainrule.open_run("last", tmp_path / "runs", model=own(), x=X, y=Y)
    for step in (15, 0, 8, 7, 16, 23, 8, 0):
        opened = explain.step(run, step)
        assert opened.rate == np.float32(0.02 / (step // 8 + 1))
        assert opened.agreement().same_bits


def test_the_first_step_of_a_fork_has_the_forks_rate_and_a_fork_of_it_is_itself(tmp_path) -> None:
    """A fork with another rate: its first step is explained with it, and a fork from there with nothing changed ends alike."""
    recorded(tmp_path, own())
    run = chainrule.open_run("last", tmp_path / "runs", model=own(), x=X, y=Y)
    other = own(0.1)
    left = run.leave(13, other)
    other.fit(X, Y, epochs=3, batch_size=8, verbose=0, callbacks=[left])
    fork = chainrule.open_run(left.folder.name, tmp_path / "runs", model=own(0.1), x=X, y=Y)
    opened = explain.step(fork, 13)
    assert opened.rate == np.float32(0.1)
    assert opened.agreement().same_bits
    for steps in (range(13, 15), range(14, 16)):
        moments = list(explain.steps_of_run(fork, steps.start, steps.stop))
        assert [float(inputs.state["rate"]) for inputs in moments] == [np.float32(0.1)] * 2
    same = own(0.1)
    same.fit(X, Y, epochs=3, batch_size=8, verbose=0, callbacks=[fork.leave(13, same)])
    assert digest(same.get_weights()) == digest(other.get_weights())


def test_a_run_that_is_left_keeps_the_rate_that_a_callback_had_set(tmp_path) -> None:
    """leave() begins with the rate of the step, not with the one that the model was compiled with."""
    recorded(tmp_path, own(), [LowerRate()])
    run = chainrule.open_run("last", tmp_path / "runs", model=own(), x=X, y=Y)
    model = own()
    run.leave(18, model)
    assert np.float32(model.optimizer.learning_rate) == np.float32(0.02 / 3)


@pytest.mark.parametrize(
    ("given", "x", "y", "words"),
    [
        (lambda: own(0.1), X, Y, r"learning_rate: 0\.01 / 0\.1"),
        (lambda: own(optimizer="sgd"), X, Y, "Adam"),
        (lambda: own(optimizer=chainrule.optimizers.Adam(clipnorm=0.5)), X, Y, "clipnorm: null / 0.5"),
        (
            lambda: own(optimizer=chainrule.optimizers.Adam(weight_decay=0.1)),
            X,
            Y,
            "weight_decay: null / 0.1",
        ),
        (own, X * 2, Y, "learned from other data"),
        (own, X, Y[::-1], "learned from other data"),
    ],
)
def test_another_model_or_other_data_than_the_runs_are_refused(tmp_path, given, x, y, words) -> None:
    """Optimizer, rate, clipping, decay and the data's digest are compared; the answer says what differs."""
    recorded(tmp_path, own())
    with pytest.raises(SettingError, match=words):
        explain.step(chainrule.open_run("last", tmp_path / "runs", model=given(), x=x, y=y), 3)


def looking_alike(scale: float = 1.0, share: float = 1.0, backend: str = "numpy") -> Sequential:
    """A network with a layer and a loss of one's own, whose code no file keeps."""

    class Bent(Layer):
        def build(self, input_shape) -> None:
            self.w = self.add_weight(shape=(input_shape[-1], 5), initializer="glorot_uniform", name="w")

        def call(self, inputs):
            return ops.tanh(inputs @ self.w) * scale

    def wrong(y_true, y_pred):
        return ops.mean((y_true - y_pred) ** 2, axis=-1) * share

    set_random_seed(9)
    model = Sequential([Input((4,)), Bent(name="bent"), Dense(1)])
    model.compile("sgd", wrong, backend=backend)
    return model


@pytest.mark.parametrize("changed", [{"scale": 1.0005}, {"share": 1.002}, {}])
def test_a_layer_or_loss_that_only_looks_like_the_runs_is_told(tmp_path, backend, changed) -> None:
    """Code of one's own cannot be compared; its losses can: nothing is called training's own then, at no step."""
    y = X[:, :1] * X[:, 1:2]
    model = looking_alike(backend=backend)
    record = chainrule.RunRecorder(tmp_path / "runs")
    model.fit(X, y, epochs=3, batch_size=16, verbose=0, callbacks=[record])
    run = chainrule.open_run(
        "last", tmp_path / "runs", model=looking_alike(**changed, backend=backend), x=X, y=y
    )
    for number in (7, 0, 11):
        step = explain.step(run, number)
        text = " ".join(str(step.weight_of("bent", "w", 1, 2)).split())
        for said in (text, " ".join(str(step).split())):
            assert ("This may not be the step that training took" in said) == bool(changed)
            assert ("those of the run?" in said) == bool(changed)
        assert ("Training went to" in text) == (not changed)
        if changed:
            assert not step.agreement().same_bits


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=-1)[..., ::2],
    "float64 columns": lambda a: np.asfortranarray(a.astype(np.float64)),
}
NETS = {
    "LSTM": lambda: [LSTM(3)],  # its first recurrent kernel is drawn as columns
    "GRU": lambda: [GRU(4, return_sequences=True), Flatten()],
    "Conv1D": lambda: [Conv1D(4, 2), Flatten(), Dense(6, "tanh")],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("net", NETS)
def test_how_arrays_lie_in_memory_changes_no_bit(tmp_path, net, layout) -> None:
    """Batches of one example and of several, of arrays and weights in rows or columns: one result, and each step again."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(7, 5, 3)).astype(np.float32), rng.normal(size=(7, 2)).astype(np.float32)
    for seed, batch in ((1, 1), (3, 3)):
        ends = []
        for lay in (LAYOUTS[layout], np.ascontiguousarray):
            set_random_seed(seed)
            model = Sequential([Input((5, 3)), *NETS[net](), Dense(2)])
            model.compile("sgd", "mse", backend="numpy")
            model.set_weights([lay(w) if w.ndim > 1 else w for w in model.get_weights()])
            record = chainrule.RunRecorder(tmp_path / "runs")
            model.fit(lay(x), lay(y), epochs=2, batch_size=batch, verbose=0, callbacks=[record])
            ends.append(b"".join(w.tobytes() for w in model.get_weights()))
            run = chainrule.open_run(record.folder)
            for step in range(len(run.steps)):
                agreement = explain.step(run, step).agreement()
                assert agreement.same_bits, (seed, batch, step, str(agreement))
        assert ends[0] == ends[1]
