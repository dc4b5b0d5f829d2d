"""Ctrl-C ends training and keeps what was learned."""

import os
import signal
import subprocess
import sys

import pytest

PROGRAM = """
import os, signal, sys
import numpy as np
from chainrule import Sequential
from chainrule.callbacks import LambdaCallback
from chainrule.layers import Dense, Input

x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
model = Sequential([Input((1,)), Dense(1, kernel_initializer="zeros")])
model.compile("sgd", "mse", backend=sys.argv[1])

def press(batch, logs):
    if len(model.history.epoch) == 1 and batch == 3:
        os.kill(os.getpid(), signal.SIGINT)

print("begun", flush=True)
callbacks = [LambdaCallback(on_train_batch_end=press)] if sys.argv[2] == "inside" else []
history = model.fit(x, 2 * x, batch_size=8, epochs=3 if callbacks else 10**9, verbose=0, callbacks=callbacks)
print("steps", model.optimizer.iterations, "epochs", len(history.epoch), "weight", float(model.get_weights()[0][0, 0]) > 0.05)
print("handler", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
model.fit(x, 2 * x, epochs=1, verbose=0)
print("learns on")
"""


def run(*arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_an_interrupt_ends_the_epoch_at_hand(backend) -> None:
    """After the second epoch's fourth step: twelve steps are kept, one epoch is in the history, and it can go on."""
    out, err = run(backend, "inside").communicate(timeout=120)
    assert "steps 12 epochs 1 weight True" in out
    assert "handler True" in out
    assert "learns on" in out
    assert "what was learned so far is kept" in err
    assert "Traceback" not in err


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_ctrl_c_from_the_keyboard_ends_a_long_training() -> None:
    """A signal from outside ends a training of a thousand million epochs, without a traceback."""
    program = run("numpy", "outside")
    assert program.stdout is not None
    assert program.stdout.readline() == "begun\n"
    for _ in range(600):  # until the loop has taken over the signal
        program.send_signal(signal.SIGINT) if program.poll() is None else None
        try:
            out, err = program.communicate(timeout=0.2)
            break
        except subprocess.TimeoutExpired:
            continue
    assert "KeyboardInterrupt" in err or "learns on" in out


def test_the_second_interrupt_ends_at_once() -> None:
    """The first Ctrl-C waits for the end of the piece; the second does not wait."""
    from types import SimpleNamespace

    from chainrule.training.fit import stop_on_interrupt

    model = SimpleNamespace(interrupted=False)
    with pytest.raises(KeyboardInterrupt), stop_on_interrupt(model):  # noqa: PT012
        os.kill(os.getpid(), signal.SIGINT)
        assert model.interrupted
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    """Under `nohup`, or as a shell's background job, Ctrl-C is meant for somebody else."""
    from types import SimpleNamespace

    from chainrule.training.fit import stop_on_interrupt

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        model = SimpleNamespace(interrupted=False)
        with stop_on_interrupt(model):
            os.kill(os.getpid(), signal.SIGINT)
        assert not model.interrupted
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
