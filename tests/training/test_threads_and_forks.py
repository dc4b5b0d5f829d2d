"""One model in several threads, and in a process that was forked: no step is lost, nobody waits for ever."""

import multiprocessing
import os
import signal
import sys
import threading
import warnings

import numpy as np
import pytest

from chainrule import Sequential, arrays, layers, ops
from chainrule.errors import SettingError
from chainrule.models import Model

RNG = np.random.default_rng(5)
X = RNG.normal(size=(600, 6)).astype(np.float32)
Y = (X.sum(axis=1) > 0).astype(np.int64)


def unbuilt() -> Sequential:
    model = Sequential(
        [
            layers.Dense(12, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    model.seed = 7
    return model


def compiled(backend: str = "numpy", loss="sparse_categorical_crossentropy") -> Sequential:
    model = unbuilt()
    model.compile("adam", loss, backend=backend)
    return model


def at_once(*calls) -> list[Exception]:
    """Calls, each in a thread of its own; what they raised."""
    raised = []

    def caught(call):
        try:
            call()
        except Exception as problem:  # noqa: BLE001
            raised.append(problem)

    threads = [threading.Thread(target=caught, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.fixture
def impatient():
    """Threads that take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def while_it_learns(model, call) -> Exception | None:
    """What a call from another thread raises while a model is in the middle of `fit`."""
    session = model.session(X, Y, epochs=2)
    session.advance(steps=3)
    found = at_once(call)
    session.drain()
    return found[0] if found else None


OTHERS = {
    "fit": lambda model: model.fit(X, Y, verbose=0),
    "train_on_batch": lambda model: model.train_on_batch(X[:8], Y[:8]),
    "a stream": lambda model: model.fit(iter([(X[:8], Y[:8])]), steps_per_epoch=1, verbose=0),
    "compile": lambda model: model.compile("sgd", "mse"),
    "a session": lambda model: model.session(X, Y).advance(),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_second_thread_that_wants_to_learn_is_refused(other) -> None:
    """Whatever way of learning it chooses: a sentence, and the first training loses no step."""
    model = compiled()
    refused = while_it_learns(model, lambda: OTHERS[other](model))
    assert isinstance(refused, SettingError)
    assert "is learning in another thread" in str(refused)
    alone = compiled()
    alone.fit(X, Y, epochs=2, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), alone.get_weights(), strict=True))
    OTHERS[other](model)  # and afterwards nothing is in the way


def test_two_fits_from_two_threads_lose_no_step() -> None:
    """Three threads call fit on one model: as many steps are counted as the fits that were not refused took."""
    model, epochs = compiled(), 4
    refused = at_once(*[lambda: model.fit(X, Y, epochs=epochs, verbose=0)] * 3)
    assert all(isinstance(problem, SettingError) for problem in refused)
    assert model.optimizer.iterations == (3 - len(refused)) * epochs * 19


def test_a_layer_that_two_models_share_learns_in_one_of_them_at_a_time() -> None:
    """Another model, the same weights: refused too."""
    inside = layers.Input((6,))
    shared = layers.Dense(5, activation="relu")
    one, other = (Model(inside, layers.Dense(2, activation="softmax")(shared(inside))) for _ in range(2))
    for model in (one, other):
        model.compile("sgd", "sparse_categorical_crossentropy", backend="numpy")
    assert isinstance(while_it_learns(one, lambda: other.fit(X, Y, verbose=0)), SettingError)
    other.fit(X, Y, verbose=0)


def test_a_fit_inside_a_callback_of_a_fit_is_no_second_thread() -> None:
    """A callback may train the model further between two epochs, as before."""
    from chainrule.callbacks import LambdaCallback

    model = compiled()
    again = LambdaCallback(on_epoch_end=lambda epoch, logs: model.train_on_batch(X[:8], Y[:8]))
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[again])
    assert model.optimizer.iterations == 2 * 19 + 2


def test_a_training_that_was_given_up_stands_in_nobodys_way() -> None:
    """A session begun in a thread that has ended does not hold the model."""
    model = compiled()
    sessions = []
    at_once(lambda: sessions.append(model.session(X, Y)) or sessions[0].advance(steps=2))
    model.fit(X, Y, verbose=0)


def test_a_training_that_another_thread_forgets_leaves_ctrl_c_as_it_was() -> None:
    """A session begun here and closed elsewhere: Ctrl-C raises KeyboardInterrupt again, at the first try."""
    session = compiled().session(X, Y)
    session.advance(steps=2)
    assert at_once(session.events.close) == []
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("impatient")
def test_eight_threads_may_be_the_first_to_predict() -> None:
    """The weights are drawn once, and all threads get the same answers."""
    for _ in range(10):
        model, answers = unbuilt(), []
        assert at_once(*[lambda: answers.append(model.predict(X[:20], verbose=0))] * 8) == []
        assert len(answers) == 8
        assert all(np.array_equal(answer, answers[0]) for answer in answers)


# ── forks ────────────────────────────────────────────────────────────────────────────────────────────────────────
forks = pytest.mark.skipif(
    not (arrays.jax_installed() and hasattr(os, "fork")), reason="needs JAX and a system that forks"
)


def own_loss(y, p):
    return ops.mean(ops.square(p - ops.reshape(ops.cast(y, "float32"), (-1, 1))), axis=-1)


def in_a_forked_child(call) -> str:
    """What a call says in a forked process; "nothing" where it was not heard of within a minute."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def child():
        try:
            call()
            there.send("learned")
        except SettingError as problem:
            there.send(str(problem))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX and Python warn of such a fork
        process = context.Process(target=child)
        process.start()
    said = here.recv() if here.poll(60) else "nothing"
    process.kill()
    process.join()
    return said


@forks
@pytest.mark.parametrize("begun", ["by a fit", "by the program"])
def test_learning_on_jax_in_a_forked_child_is_refused(begun) -> None:
    """JAX had started in the parent, through us or not: a sentence with a way out, and no waiting. NumPy learns there."""
    if begun == "by a fit":
        compiled("jax").fit(X, Y, verbose=0)
    else:
        import jax

        jax.numpy.ones(3).sum().block_until_ready()
    for model in (compiled("jax"), compiled("numpy", own_loss)):
        said = in_a_forked_child(lambda: model.fit(X, Y, verbose=0))
        assert "forked after JAX had started" in said
        assert "spawn" in said
    model = compiled("numpy")
    assert in_a_forked_child(lambda: model.fit(X, Y, verbose=0)) == "learned"


@forks
def test_what_was_compiled_in_the_parent_is_not_run_in_the_child() -> None:
    """The same model, trained in the parent and again in the child."""
    model = compiled("jax")
    model.fit(X, Y, verbose=0)
    assert "forked after JAX had started" in in_a_forked_child(lambda: model.fit(X, Y, verbose=0))
