"""Any step of a recorded run again: the nearest snapshot, and the same loop from there.

The states that come out are those that training had, to the last bit, on the same machine and versions. Elsewhere the
losses that are replayed are held against those that were recorded: `off` says how far they differ, and beyond
`tolerance` replay refuses to go on.
"""

from collections import OrderedDict
from typing import Any

import numpy as np

from chainrule.backprop import Batch
from chainrule.callbacks.checkpoint import ResumePoint
from chainrule.engine.epoch import empty_records, on_host, steps_in
from chainrule.engine.examples import Examples, each
from chainrule.engine.windows import in_windows
from chainrule.errors import FileError, SettingError
from chainrule.runs import Run, differences, size_of, this_machine
from chainrule.training.fit import order_of, state_of

TOLERANCE = 0.01  # of the losses; rounding alone stays far below over the steps between two snapshots
LEAST_GRID = 64  # steps between two states that are kept on the way
RECENT = 4  # states that were asked for and are kept beside those


class Replay:
    """Goes to any step of a run.

    run: a recorded run.  model: compiled as the run's was, with the run's seed.  examples: what it learned from.
    memory: bytes of visited states to keep at hand.  tolerance: how far the losses that are replayed may be from the
    recorded ones, relative to them.  off: how far they were so far; 0.0 means the same bits.  data: the data set, where
    it is known.
    """

    data: Any = None

    def __init__(
        self,
        run: Run,
        model: Any,
        examples: Examples,
        cache_bytes: int = 200_000_000,
        tolerance: float = TOLERANCE,
    ) -> None:
        settings = run.info.settings
        if model.seed != settings.seed:
            raise SettingError(f"The run's seed is {settings.seed}; the model's is {model.seed}.")
        self.run, self.model, self.examples, self.cache_bytes, self.tolerance = (
            run,
            model,
            examples,
            cache_bytes,
            tolerance,
        )
        self.drift = 0.0
        problem, pieces = model.problem(what="replay"), settings.training.get("pieces")
        self.engine = in_windows(problem.engine(settings.backend, settings.batch, pieces), examples)
        self.loaded = self.engine.load(examples)
        self.per_epoch = steps_in(len(examples), settings.batch)
        self.first, self.shuffle = run.info.step, bool(settings.training.get("shuffle", True))
        started = run.load_snapshot(self.first)
        self.epochs_seen, self.begun = int(started.extra["epochs_seen"]), int(started.extra["begun"])
        must_fit(run, model, started.state["learning"])
        self.visited: OrderedDict[int, Any] = OrderedDict({self.first: started.state["learning"]})
        self.look()
        room = max(1, cache_bytes // max(1, size_of(self.visited[self.first])) - RECENT)
        self.grid = max(LEAST_GRID, -(-(self.last - self.first) // room))

    def look(self) -> None:
        """Reads how far the run has come."""
        run = self.run
        self.last = max([self.first + len(run.steps), *run.snapshots()])
        self.recorded = {name: run.steps[name] for name in ("loss", "learning_rate") if name in run.columns}

    def renew(self) -> None:
        """Reads again how far a run has come that is still learning."""
        self.run.reload()
        self.look()

    def at(self, step: int) -> Any:
        """The state before a step, as NumPy arrays: params, memory, step, rate, seed.

        Some of the states on the way there stay at hand, so that the next way is a shorter one.
        """
        if not self.first <= step <= self.last:
            raise SettingError(f"The run has the steps {self.first} to {self.last}; there is no step {step}.")
        if step not in self.visited:
            near = max(s for s in self.visited if s <= step)
            state = (
                self.run.load_nearest(step).state["learning"]
                if self.run.nearest(step) > near
                else self.visited[near]
            )
            while (here := int(state["step"])) < step:
                state = self.advance(state, min(step, (here // self.grid + 1) * self.grid))[0]
                self.remember(state)
            self.remember(state)
        self.visited.move_to_end(step)
        return self.at_its_rate(self.visited[step], step, 0, 1)[
            0
        ]  # a kept state has the rate of the step before

    def advance(self, state: Any, until: int) -> tuple[Any, np.ndarray]:
        """Runs on from a state; returns the new one and the losses of the steps between."""
        begin = int(state["step"])
        state, losses = self.engine.state(state), []
        while (step := int(state["step"])) < until:
            epoch, k = self.place(step)
            stop = min(self.steps_of(epoch), k + until - step)
            state, stop = self.at_its_rate(state, step, k, stop)
            state, records = self.slice(state, self.empty(), epoch, k, stop)
            losses.append(np.asarray(records["loss"])[k:stop])
        rows = np.concatenate(losses) if losses else np.zeros((0, 2), np.float32)
        values = rows[:, 0] / np.maximum(rows[:, 1], 1)
        self.check_drift(begin, values)
        return on_host(state), values

    def at_its_rate(self, state: Any, step: int, k: int, stop: int) -> tuple[Any, int]:
        """The state with the rate that a step had, and how far in its epoch that rate goes: callbacks may have set it."""
        if not isinstance(self.model.optimizer.learning_rate, float) or "learning_rate" not in self.recorded:
            return state, stop
        rates = self.recorded["learning_rate"][step - self.first : step - self.first + stop - k]
        if not len(rates):
            return state, stop
        rate, changes = state["rate"], np.flatnonzero(rates != rates[0])
        if float(rate) != float(rates[0]):
            state = state | {"rate": rate.__array_namespace__().asarray(rates[0], dtype=rate.dtype)}
        return state, k + int(changes[0]) if len(changes) else stop

    def check_drift(self, begin: int, losses: np.ndarray) -> None:
        """Compares losses with those recorded; SettingError when they are too far from them."""
        if "loss" not in self.recorded:
            return
        there = self.recorded["loss"][begin - self.first :][: len(losses)]
        drift = distance(losses[: len(there)], there)
        if drift > self.tolerance:
            raise SettingError(
                f"Replayed, the losses of the steps {begin:,} to {begin + len(losses) - 1:,} of {self.run.name} differ from the "
                f"recorded ones by {drift:.2%}, more than the tolerance of {self.tolerance:.2%}: these are not the states "
                f"that training had. {self.machine_differences() or 'Are data, model and callbacks those of the run?'} "
                "With a higher tolerance replay goes on all the same."
            )
        self.drift = max(self.drift, drift)

    def machine_differences(self) -> str | None:
        """A sentence that names what of machine and versions is not as it was when the run was recorded."""
        changed = differences(self.run.info.machine, this_machine())
        if not changed:
            return None
        return f"It was recorded elsewhere (there / here): {'; '.join(map(str, changed))}."

    def note(self) -> str | None:
        """What is to be said about how exact the replay is; None when all was the same to the last bit."""
        if not self.drift:
            return None
        why = (
            self.machine_differences()
            or "Machine and versions are the same: are data, model and callbacks those of the run?"
        )
        return f"Replayed and recorded losses differ by at most {self.drift:.2g} of them, so states are that exact. {why}"

    def tried(self) -> "Replay":
        """Itself, after the first two steps: a model or a loss that only looks like the run's shows in their losses."""
        self.at(min(self.first + 2, self.last))
        return self

    def slice(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> tuple[Any, Any]:
        """Some steps of one epoch."""
        return self.engine.advance(state, records, self.loaded, self.order(epoch), start, stop)  # type: ignore[no-any-return]

    def empty(self) -> dict[str, np.ndarray]:
        """Room for what an epoch records."""
        return empty_records(self.model.record_names, self.per_epoch)

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch and its place there, both counted from 0 where the run begins."""
        return divmod(step - self.first + self.begun, self.per_epoch)

    def steps_of(self, epoch: int) -> int:
        """How many steps an epoch has."""
        return self.per_epoch

    def start(self, step: int) -> ResumePoint:
        """All that learning needs to go on from a step: the state, its epoch and what that has recorded so far."""
        epoch, k = self.place(step)
        state, kept = self.at(step), self.run.load_nearest(step)
        records = self.empty()
        if k:
            begin, was = kept.step, kept.state["learning"]
            if self.place(begin)[0] == epoch and self.place(begin)[1]:
                records = kept.state["records"]
            elif self.place(begin)[0] < epoch:
                begin = step - k
                was = self.at(begin)
            _, records = self.slice(self.engine.state(was), records, epoch, self.place(begin)[1], k)
        return ResumePoint(
            state, on_host(records) if k else {}, k, self.run.info.epoch + epoch, self.epochs_seen + epoch
        )

    def order(self, epoch: int) -> np.ndarray:
        """The order of the examples in an epoch of the run, counted from 0."""
        return order_of(self.model.seed, self.epochs_seen + epoch, len(self.examples), self.shuffle)

    def chosen(self, step: int) -> np.ndarray:
        """Which examples a step learned from."""
        epoch, k = self.place(step)
        batch = self.run.info.settings.batch
        return self.order(epoch)[k * batch : (k + 1) * batch]

    def batch(self, step: int) -> Batch:
        """What a step learned from: inputs, targets, weights."""
        index, e = self.chosen(step), self.examples
        return e.inputs(index), each(lambda v: v[index], e.y), each(lambda v: v[index], e.weight)

    def compare(self, start: int, stop: int) -> float:
        """The largest difference between the losses recorded and those replayed over some steps, relative to them."""
        _, losses = self.advance(self.at(start), stop)
        return distance(losses, self.run.steps["loss"][start - self.first : stop - self.first])

    def remember(self, state: Any) -> None:
        """Keeps a state at hand; lets go of others when they are too many: first of those that are no waymarks."""
        self.visited[int(state["step"])] = state
        self.visited.move_to_end(int(state["step"]))
        size = size_of(state)
        while len(self.visited) * size > self.cache_bytes and len(self.visited) > 2:
            visits = [step for step in self.visited if step % self.grid and step != self.first]
            marks = [step for step in self.visited if step not in visits and step != self.first]
            del self.visited[(visits if len(visits) > RECENT or not marks else marks)[0]]


def must_fit(run: Run, model: Any, state: Any) -> None:
    """FileError where a run's weights and optimizer memory are not of the network and the optimizer that it names."""
    own = state_of(model)
    shapes = [
        [{name: np.shape(array) for name, array in layer.items()} for layer in one["params"]]
        for one in (own, state)
    ]
    if shapes[0] != shapes[1] or set(own["optimizer_state"]) != set(state["optimizer_state"]):
        raise FileError(
            f"{run.name} is damaged: its snapshots do not hold what the network and the optimizer that it names would learn."
        )


def distance(losses: np.ndarray, recorded: np.ndarray) -> float:
    """The largest difference between losses, relative to the recorded one or, where that is small, to their mean.

    >>> distance(np.array([1.0, 2.0]), np.array([1.0, 2.5])), distance(np.array([np.nan]), np.array([np.nan]))
    (0.2, 0.0)
    """
    here, there = np.asarray(losses, np.float64), np.asarray(recorded, np.float64)
    finite = np.isfinite(there)
    scale = np.maximum(np.abs(there), np.abs(there[finite]).mean() if finite.any() else 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        drift = np.where(
            (here == there) | (np.isnan(here) & np.isnan(there)), 0.0, np.abs(here - there) / scale
        )
    return float(np.max(np.where(np.isfinite(drift), drift, np.inf), initial=0.0))
