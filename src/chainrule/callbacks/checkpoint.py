"""What is kept so that learning can go on exactly: the state, the place in the epoch, the memory of the callbacks.

Checkpointer    a callback that keeps it while fit learns: `recording.Record`, `callbacks.BackupAndRestore`
Start     where learning begins, or goes on
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.callbacks.base import Callback
from chainrule.engine.epoch import on_host

CallbackStates = dict[
    str, dict[str, Any]
]  # of each callback that has one, by its class and its number among those


@dataclass(frozen=True)
class ResumePoint:
    """Where learning begins or goes on.

    learning: the state.  records: what its epoch has recorded so far.  begun: the steps of that epoch already done.
    epoch, epochs_seen: how many epochs came before it, in this call of fit and in the model's life.  rate: the
    optimizer's, where it is a number (None: as the model has it).  stopped: whether a callback had ended the learning.
    memory: of the callbacks.  past: the figures of the epochs before.  seed: of the model; None: as it has it.
    """

    learning: Any
    records: Any
    begun: int
    epoch: int
    epochs_seen: int
    rate: float | None = None
    stopped: bool = False
    callback_states: CallbackStates = field(default_factory=dict)
    past: Sequence[tuple[int, dict[str, Any]]] = ()
    seed: int | None = None


class Checkpointer(Callback):
    """A callback that keeps what going on needs. fit asks it where to begin, and tells it how far learning is."""

    takes_batches = False  # whether it also listens where data come in batches that cannot be asked for again

    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        """Before the first epoch. start: where fit would begin. Returns where it shall begin."""
        return start

    def next_stop(self, step: int) -> int | None:
        """The next step, counted over the whole run, before which it is to be called."""
        return None

    def before(self, state: Any, loaded: Any, order: np.ndarray, k: int, step: int) -> None:
        """Before some steps of an epoch, the first of which is k; the state is only looked at."""

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        """After the steps start..stop of an epoch."""

    def epoch_done(self, state: Any, epoch: int, logs: dict[str, float]) -> None:
        """After an epoch, when all callbacks have seen its end."""

    def end(self, state: Any, place: tuple[int, int], records: Any, logs: dict[str, float]) -> None:
        """After the last step, before on_train_end. place: the next epoch, and the steps of it already done."""


def first_point(model: Any, state: Any) -> ResumePoint:
    """Where fit begins when nothing is resumed."""
    return ResumePoint(state, {}, 0, model.epoch_to_start, model.epochs_seen)


def snapshot_of(
    model: Any, state: Any, records: Any, callbacks: Iterable[Any], epoch: int, begun: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a snapshot holds: the arrays, and what else going on needs, as plain values."""
    arrays: CallbackStates = {}
    plain: CallbackStates = {}
    for name, callback in named(callbacks):
        for key, value in callback.get_state().items():
            (arrays if holds_arrays(value) else plain).setdefault(name, {})[key] = value
    rate = model.optimizer.learning_rate
    whole = {"learning": on_host(state), "records": on_host(records)} | (
        {"callbacks": arrays} if arrays else {}
    )
    return whole, {
        "epoch": epoch, "epochs_seen": model.epochs_seen, "begun": begun, "seed": model.seed,
        "learning_rate": rate if isinstance(rate, float) else None, "stopped": bool(model.stop_training), "callbacks": plain,
    }  # fmt: skip


def resume_point_of(
    state: Any, extra: dict[str, Any], past: Sequence[tuple[int, dict[str, Any]]] = ()
) -> ResumePoint:
    """The reverse of `keeps`."""
    arrays, plain = state.get("callbacks", {}), extra.get("callbacks", {})
    callback_states = {name: plain.get(name, {}) | arrays.get(name, {}) for name in plain | arrays}
    return ResumePoint(
        state["learning"], state["records"], extra["begun"], extra["epoch"], extra["epochs_seen"],
        extra.get("learning_rate"), bool(extra.get("stopped")), callback_states, past, extra.get("seed"),
    )  # fmt: skip


def restore_model(model: Any, start: ResumePoint) -> None:
    """Sets what the model itself knows of its place in learning."""
    model.epochs_seen, model.epoch_to_start = start.epochs_seen, start.epoch
    model.stop_training = model.stop_training or start.stopped
    if start.rate is not None:
        model.optimizer.learning_rate = start.rate
    if start.seed is not None:
        model.seed = start.seed


def restore_callbacks(callbacks: Iterable[Any], callback_states: CallbackStates) -> None:
    """Gives the callbacks what they remembered."""
    for name, callback in named(callbacks):
        if name in callback_states:
            callback.set_state(callback_states[name])


def named(callbacks: Iterable[Any]) -> list[tuple[str, Any]]:
    """Callbacks by their class and their number among those of it.

    >>> [name for name, _ in named([Callback(), Checkpointer(), Callback()])]
    ['Callback 1', 'Checkpointer 1', 'Callback 2']
    """
    found: list[tuple[str, Any]] = []
    for callback in callbacks:
        kind = type(callback).__name__
        number = 1 + sum(name.rpartition(" ")[0] == kind for name, _ in found)
        found.append((f"{kind} {number}", callback))
    return found


def holds_arrays(value: Any) -> bool:
    """Whether a value is an array, or a list of arrays."""
    return isinstance(value, np.ndarray) or (
        isinstance(value, list) and len(value) > 0 and all(isinstance(entry, np.ndarray) for entry in value)
    )
