"""A course of learning whose every step can be reached again: one that goes on here, or one that was recorded.

Both have: `first`, `head` (steps there are), `losses`, `state_at(step)`, `chosen(step)`, `inputs_of(step)`.
"""

from typing import Any

import numpy as np

from chainrule.engine.epoch import empty_records, on_host, steps_in
from chainrule.engine.examples import Examples, each
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.errors import SettingError
from chainrule.explain import StepInputs
from chainrule.optimizers.scalars import scalars, with_scalar
from chainrule.recording.replay import Replay
from chainrule.runs import size_of
from chainrule.training.fit import order_of, state_of

MEMORY, MOST_KEPT = 150_000_000, 2000  # bytes and number of the states that a branch keeps to return to
BESIDE, MOST_BESIDE = (
    60_000_000,
    64,
)  # bytes and number of the states kept beside the step that was asked for last
Array = np.ndarray[Any, Any]


class Branch:
    """What both kinds share. model: compiled.  examples: what it learns from.  parent, first: where it left another one."""

    def __init__(
        self, model: Any, examples: Examples, batch: int, first: int, parent: int | None = None
    ) -> None:
        self.model, self.examples, self.batch = model, examples, min(batch, len(examples))
        self.first, self.parent = first, parent
        self.per_epoch = steps_in(len(examples), self.batch)
        self.changes: list[str] = []
        self._losses = self._scores = np.zeros(0, np.float32)

    head: int
    running = False  # whether another process learns it at this moment
    rates: list[tuple[int, float]]  # the steps at which a learning rate begins, and the rate
    problem: str | None = None  # why it cannot go on

    @property
    def losses(self) -> Array:
        """Of each step that was taken."""
        return self._losses[: self.head - self.first]

    @property
    def scores(self) -> Array:
        """The first metric (accuracy) of each step's batch."""
        return self._scores[: self.head - self.first]

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch and its place there."""
        raise NotImplementedError

    def fork(self, step: int, number: int, model: Any, batch: int) -> "LiveBranch":
        """A branch that leaves this one, the one with this number, at a step."""
        raise NotImplementedError

    def rate_at(self, step: int) -> float:
        """The learning rate that a step had or has."""
        return next((rate for begin, rate in reversed(self.rates) if begin <= step), self.rates[0][1])

    def optimizer_at(self, step: int) -> Any:
        """The optimizer that a step had or has."""
        return self.model.optimizer

    scalars: Any = ()  # the steps at which numbers of the optimizer were set, and all of them from there on

    def state_at(self, step: int) -> Any:
        """The state before a step."""
        raise NotImplementedError

    def newest_state(self) -> Any:
        """The newest state that is at hand."""
        raise NotImplementedError

    def renew(self) -> bool:
        """Takes up what another process has learned since; whether something is new."""
        return False

    def chosen(self, step: int) -> Array:
        """Which examples a step learns from."""
        raise NotImplementedError

    def checked(self, step: int) -> int:
        """A step that there is; SettingError says what there is otherwise."""
        if not self.first <= step <= self.head:
            raise SettingError(
                f"There are the steps {self.first:,} to {self.head:,}; there is no step {step:,}."
            )
        return step

    def batch_of(self, step: int) -> Any:
        """What a step learns from: inputs, targets, weights."""
        index, e = self.chosen(step), self.examples
        return e.inputs(index), each(lambda v: v[index], e.y), each(lambda v: v[index], e.weight)

    def inputs_of(self, step: int) -> StepInputs:
        """The step with all it is made of; for the step that comes next, what it would be."""
        model, before = self.model, self.state_at(self.checked(step))
        after = self.state_at(step + 1) if step < self.head else None
        return StepInputs(
            model.learning_graph, model.outputs_asked, self.optimizer_at(step), before, self.batch_of(step),
            classes=(model.extras or {}).get("class_names"), places=self.chosen(step).tolist(), after=after, batch_size=self.batch,
        ).on_host()  # fmt: skip


class LiveBranch(Branch):
    """Learns here, step by step, on NumPy. A learning rate that is set acts at the next step, and is remembered with it.

    begin: the state, epochs seen and steps done of that epoch where it begins; by default fresh weights.
    """

    def __init__(
        self, model: Any, examples: Examples, batch: int, *, begin: tuple[Any, int, int] | None = None,
        parent: int | None = None,
    ) -> None:  # fmt: skip
        state, self.epochs_seen, self.begun = (on_host(state_of(model)), 0, 0) if begin is None else begin
        super().__init__(model, examples, batch, int(state["step"]), parent)
        self.settings: list[
            tuple[int, Any, NumpyEngine]
        ] = []  # from a step on: the optimizer, the loop with it
        self.begin_with(self.first, model.optimizer)
        self.state, self.head = state, self.first
        self.kept = {self.first: state}
        self.beside: dict[int, Any] = {}
        self.spacing, self.size = 16, max(1, size_of(state))
        self._losses = np.zeros(1024, np.float32)
        self._scores = np.zeros(1024, np.float32)
        self.rates = [(self.first, float(state["rate"]))]
        self._order: tuple[int, Array] = (-1, np.zeros(0, np.int32))

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch, counted from 0 where the model was fresh, and its place there."""
        epoch, k = divmod(step - self.first + self.begun, self.per_epoch)
        return self.epochs_seen + epoch, k

    def order(self, epoch: int) -> Array:
        """The order of the examples in an epoch."""
        if self._order[0] != epoch:
            self._order = epoch, order_of(self.model.seed, epoch, len(self.examples), shuffle=True)
        return self._order[1]

    def chosen(self, step: int) -> Array:
        """Which examples a step learns from."""
        epoch, k = self.place(step)
        return self.order(epoch)[k * self.batch : (k + 1) * self.batch]

    def begin_with(self, step: int, optimizer: Any) -> None:
        """From a step on it learns with this optimizer, which differs from the one before in a number only."""
        self.model.optimizer = optimizer
        engine = self.model.problem().engine("numpy", self.batch)
        self.settings = [entry for entry in self.settings if entry[0] < step] + [(step, optimizer, engine)]

    def set_scalar(self, name: str, value: Any) -> None:
        """Another momentum, beta_1 or the like from the next step on."""
        self.begin_with(self.head, with_scalar(self.optimizer_at(self.head), name, value))
        self.forget_from(self.head)
        self.kept[self.head] = self.state

    def optimizer_at(self, step: int) -> Any:
        """The optimizer that a step had or has."""
        return next(entry[1] for entry in reversed(self.settings) if entry[0] <= step)

    @property
    def scalars(self) -> list[tuple[int, dict[str, float]]]:
        """The steps at which numbers of the optimizer were set, and all of them from there on."""
        return [(step, scalars(optimizer)) for step, optimizer, _ in self.settings]

    def set_rate(self, rate: float) -> None:
        """Another learning rate from the next step on."""
        self.state = self.state | {"rate": np.asarray(rate, dtype=self.state["rate"].dtype)}
        self.rates = [entry for entry in self.rates if entry[0] < self.head] + [(self.head, rate)]
        self.forget_from(self.head)
        self.kept[self.head] = self.state

    def advance(self, steps: int) -> int:
        """Takes so many steps; returns how many were taken, fewer where the loss stopped being finite."""
        taken = 0
        while taken < steps and self.problem is None:
            stop = min(self.head + steps - taken, (self.head // self.spacing + 1) * self.spacing)
            before = self.head
            self.state, sums = self.run(self.state, stop)
            self.note(sums)
            taken += self.head - before
            if self.head % self.spacing == 0:
                self.keep()
        return taken

    def run(self, state: Any, until: int) -> tuple[Any, dict[str, Array]]:
        """The steps from a state up to `until`, and what they measured."""
        pieces: list[dict[str, Array]] = []
        while (step := int(state["step"])) < until:
            epoch, k = self.place(step)
            place = max(i for i, entry in enumerate(self.settings) if entry[0] <= step)
            change = self.settings[place + 1][0] if place + 1 < len(self.settings) else until
            stop = min(self.per_epoch, k + min(until, change) - step)
            records = empty_records(self.model.record_names, self.per_epoch)
            state, records = self.settings[place][2].advance(
                state, records, self.examples, self.order(epoch), k, stop
            )
            pieces.append({name: rows[k:stop] for name, rows in records.items()})
        return state, {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}

    def note(self, sums: dict[str, Array]) -> None:
        """Writes down what the steps measured."""
        means = {name: rows[:, 0] / np.maximum(rows[:, 1], 1) for name, rows in sums.items()}
        loss, begin = means["loss"], self.head - self.first
        while begin + len(loss) > len(self._losses):
            self._losses = np.concatenate([self._losses, np.zeros_like(self._losses)])
            self._scores = np.concatenate([self._scores, np.zeros_like(self._scores)])
        self._losses[begin : begin + len(loss)] = loss
        others = [name for name in means if name != "loss"]
        self._scores[begin : begin + len(loss)] = means[others[0]] if others else 0
        self.head += len(loss)
        bad = np.flatnonzero(~np.isfinite(loss))
        if len(bad):
            step = self.first + begin + int(bad[0])
            rate = self.rate_at(step)
            self.problem = (
                f"The loss stopped being finite at step {step:,}. The learning rate was {rate:g}: "
                "go back some steps and take a lower one."
            )

    def keep(self) -> None:
        """Keeps the present state to return to; when they take too much memory, lets go of every other one."""
        self.kept[self.head] = self.state
        if len(self.kept) * self.size > MEMORY or len(self.kept) > MOST_KEPT:
            self.spacing *= 2
            own = {step for step, _ in self.rates}
            self.kept = {
                s: v for s, v in self.kept.items() if s % self.spacing == 0 or s in own or s == self.first
            }

    def state_at(self, step: int) -> Any:
        """The state before a step, to the last bit as it was."""
        if self.checked(step) == self.head:
            return self.state
        known = self.kept | self.beside
        near = max(have for have in known if have <= step)
        state, most = known[near], min(MOST_BESIDE, max(1, BESIDE // self.size))
        while (
            near < step
        ):  # the last ones on the way are kept: whoever walks back is not replayed to each time
            near = max(near + 1, step - most + 1)
            state, _ = self.run(state, near)
            self.beside[near] = state
        while len(self.beside) > most:
            del self.beside[next(iter(self.beside))]
        return state

    def forget_from(self, step: int) -> None:
        """Lets go of the states of a step and of all after it."""
        self.kept = {have: state for have, state in self.kept.items() if have < step}
        self.beside = {have: state for have, state in self.beside.items() if have < step}

    def newest_state(self) -> Any:
        """The state of the step that comes next."""
        return self.state

    def go_back(self, step: int) -> None:
        """Goes back to a step and forgets what came after it."""
        self.state = self.state_at(step)
        self.head, self.problem = step, None
        self.forget_from(step)
        self.kept[step] = self.state
        self.rates = [entry for entry in self.rates if entry[0] <= step]
        self.settings = [entry for entry in self.settings if entry[0] <= step]
        self.model.optimizer = self.settings[-1][1]

    def fork(self, step: int, number: int, model: Any, batch: int) -> "LiveBranch":
        """A branch that leaves this one at a step, with another optimizer, rate or batch size in its model."""
        return forked(self, step, number, model, batch, *self.place(step))


class RecordedBranch(Branch):
    """A run from its folder. Its steps come from `Replay`."""

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.model, replay.examples, replay.run.info.settings.batch, replay.first)
        self.replay = replay
        self.per_epoch = replay.per_epoch
        self.newest: tuple[int, Any] = (-1, None)
        self.read()

    def read(self) -> None:
        """Takes up what is recorded."""
        run, replay = self.replay.run, self.replay
        self.running = run.status == "running"
        self.head = replay.last
        count = self.head - self.first
        self._losses = np.asarray(run.steps["loss"][:count], np.float32)
        names = [name for name in run.columns if name not in ("loss", "learning_rate") and "[" not in name]
        self._scores = (
            np.asarray(run.steps[names[0]][:count], np.float32) if names else np.zeros(0, np.float32)
        )
        rates = (
            np.asarray(run.steps["learning_rate"][:count]) if "learning_rate" in run.columns else np.zeros(1)
        )
        marks = [0, *(int(k) + 1 for k in np.flatnonzero(np.diff(rates)))][:200]
        self.rates = [(self.first + k, float(rates[k])) for k in marks] if len(rates) else [(self.first, 0.0)]
        if run.status == "failed":
            self.problem = f"The run stopped at step {self.head:,}: the numbers were no longer finite."

    def renew(self) -> bool:
        """Reads again, while the run goes on; whether something is new."""
        was = self.head
        if self.running:
            self.replay.renew()
            self.read()
            return self.head > was or not self.running
        return False

    def newest_state(self) -> Any:
        """The newest state that is at hand: the last one, or while the run goes on that of its newest snapshot."""
        if not self.running:
            return self.state_at(self.head)
        step = self.replay.run.nearest(self.head)
        if self.newest[0] != step:
            self.newest = step, self.state_at(step)
        return self.newest[1]

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch and its place there."""
        return self.replay.place(step)

    def chosen(self, step: int) -> Array:
        """Which examples a step learned from."""
        return self.replay.chosen(step)

    def state_at(self, step: int) -> Any:
        """The state before a step."""
        return self.replay.at(self.checked(step))

    def fork(self, step: int, number: int, model: Any, batch: int) -> LiveBranch:
        """A branch that learns on from a step of the run."""
        epoch, k = self.replay.place(step)
        return forked(self, step, number, model, batch, self.replay.epochs_seen + epoch, k)


def forked(branch: Branch, step: int, number: int, model: Any, batch: int, epoch: int, k: int) -> LiveBranch:
    """A live branch from a step of another one. model: compiled with what is changed; its weights are replaced."""
    state = dict(branch.state_at(step))
    if type(model.optimizer) is not type(branch.model.optimizer):
        state["optimizer_state"] = model.optimizer.init(state["params"])
    fresh = state_of(model)
    state["rate"] = np.asarray(fresh["rate"], dtype=state["rate"].dtype)
    batch = min(batch, len(branch.examples))
    if batch != branch.batch:
        if k * branch.batch % batch:
            raise SettingError(
                f"Step {step:,} is in the middle of an epoch, where the batch size can only change to a divisor of "
                f"{k * branch.batch}. Fork at the epoch's beginning, step {step - k:,}."
            )
        k = k * branch.batch // batch
    return LiveBranch(model, branch.examples, batch, begin=(state, epoch, k), parent=number)
