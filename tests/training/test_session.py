"""A training as an object: advanced, paused, stepped, told another rate; it ends as fit would have ended."""

import numpy as np
import pytest

from chainrule import RunRecorder, Sequential, open_run, utils
from chainrule.callbacks import Callback
from chainrule.errors import SettingError
from chainrule.layers import Dense, Dropout, Input
from chainrule.optimizers import SGD
from chainrule.optimizers.schedules import ExponentialDecay

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(50, 3)).astype(np.float32), RNG.normal(size=(50, 1)).astype(np.float32)


def model(backend: str = "numpy", rate: object = 0.1) -> Sequential:
    utils.set_random_seed(5)
    made = Sequential([Input((3,)), Dense(4, "tanh"), Dropout(0.2), Dense(1)])
    made.compile(SGD(rate), "mse", backend=backend)
    return made


def weights(made: Sequential) -> bytes:
    return b"".join(w.tobytes() for w in made.get_weights())


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("strides", [[1] * 21, [3, 4, 14], [7, 7, 7], [10, 1, 10]])
def test_however_it_is_advanced_it_ends_with_the_bits_of_fit(backend, strides) -> None:
    """Step by step, in strides that end in the middle of an epoch or at its end: the weights are those of fit."""
    plain, stepped = model(backend), model(backend)
    plain.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    session = stepped.session(X, Y, batch_size=8, epochs=3)
    for stride in strides:
        before = session.step
        session.advance(stride)
        assert session.step == before + stride
    history = session.drain()
    assert weights(plain) == weights(stepped)
    assert history.history == plain.history.history
    assert session.over
    assert session.advance() is None


def test_events_come_in_their_order() -> None:
    """Each epoch begins, takes its steps and ends; the logs of the end are those of the history."""
    session = model().session(X, Y, batch_size=25, epochs=2)
    events = list(session)
    assert [event.kind for event in events if event.kind != "steps done"] == [
        "epoch began",
        "epoch ended",
    ] * 2
    assert [event.step for event in events if event.kind == "epoch ended"] == [2, 2]
    assert events[-1].logs["loss"] == session.history.history["loss"][-1]


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_rate_set_before_a_step_holds_from_it_and_replay_knows_it(backend, tmp_path) -> None:
    """The step before moves by the old rate, the step itself by the new one, and the recorded run replays to the bit."""
    made = model(backend)
    record = RunRecorder(tmp_path)
    session = made.session(X, Y, batch_size=8, epochs=2, callbacks=[record])
    session.advance(5)
    session.set_rate(0.5)
    session.drain()
    run = open_run(record.folder.name, runs_dir=tmp_path, model=model(backend), x=X, y=Y)
    rates = np.asarray(run.steps["learning_rate"])
    assert rates[:5] == pytest.approx(0.1)
    assert rates[5:] == pytest.approx(0.5)
    assert run.replay.compare(0, 14) == 0.0
    assert run.at(14)["params"][0]["kernel"].tobytes() == made.layers[0].params["kernel"].tobytes()


def test_a_session_can_be_ended_and_listens_to_callbacks() -> None:
    """stop ends it after the steps that are done; callbacks hear the end."""
    heard = []

    class Hears(Callback):
        def on_train_end(self, logs=None):
            heard.append("end")

    session = model().session(X, Y, batch_size=8, epochs=5, callbacks=[Hears()])
    session.advance(3)
    session.stop()
    session.drain()
    assert heard == ["end"]
    assert session.step == 3


def test_a_schedule_is_not_overruled() -> None:
    """A rate that follows a schedule cannot be set."""
    session = model(rate=ExponentialDecay(0.1, 10, 0.9)).session(X, Y)
    with pytest.raises(SettingError, match="follows a schedule"):
        session.set_rate(0.1)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_number_of_the_optimizer_changed_between_two_fits_is_used(backend) -> None:
    """Another momentum after a fit acts in the next one, also where the loop was compiled with the old one."""
    ends = []
    for momentum in (0.9, 0.1):
        made = model(backend)
        made.compile(SGD(0.1, momentum=0.9), "mse", backend=backend)
        made.fit(X, Y, batch_size=8, epochs=1, verbose=0)
        made.optimizer.momentum = momentum
        made.fit(X, Y, batch_size=8, epochs=1, verbose=0)
        ends.append(weights(made))
    assert ends[0] != ends[1]
