"""Any step of a recorded run again: the nearest snapshot, and the same loop from there.

The states that come out are those that training had, to the last bit, on the same machine and versions; `compare`
says how far the losses differ anywhere.
"""

from collections import OrderedDict
from typing import Any

import numpy as np

from chainrule.backprop import Batch
from chainrule.callbacks.keeping import Start
from chainrule.engines import empty_records, on_host, steps_in
from chainrule.errors import SettingError
from chainrule.examples import Examples
from chainrule.recording import size_of
from chainrule.runs import Run
from chainrule.training import order_of


class Replay:
    """Goes to any step of a run.

    run: a recorded run.  model: compiled as the run's was, with the run's seed.  examples: what it learned from.
    memory: bytes of visited states to keep at hand.
    """

    def __init__(self, run: Run, model: Any, examples: Examples, memory: int = 200_000_000) -> None:
        settings = run.info.settings
        if model.seed != settings.seed:
            raise SettingError(f"The run's seed is {settings.seed}; the model's is {model.seed}.")
        self.run, self.model, self.examples, self.memory = run, model, examples, memory
        self.engine = model._engine(settings.backend, settings.batch)  # noqa: SLF001
        self.loaded = self.engine.load(examples)
        self.per_epoch = steps_in(len(examples), settings.batch)
        self.first, self.shuffle = run.info.step, bool(settings.training.get("shuffle", True))
        started = run.load_snapshot(self.first)
        self.epochs_seen, self.begun = int(started.extra["epochs_seen"]), int(started.extra["begun"])
        self.visited: OrderedDict[int, Any] = OrderedDict({self.first: started.state["learning"]})
        self.last = max([self.first + len(run.steps), *run.snapshots()])

    def at(self, step: int) -> Any:
        """The state before a step, as NumPy arrays: params, memory, step, rate, seed."""
        if not self.first <= step <= self.last:
            raise SettingError(f"The run has the steps {self.first} to {self.last}; there is no step {step}.")
        if step not in self.visited:
            near = max(s for s in self.visited if s <= step)
            stored = self.run.nearest(step)
            state = self.run.load_nearest(step).state["learning"] if stored > near else self.visited[near]
            self.visited[step] = self.advance(state, step)[0]
            self.forget()
        self.visited.move_to_end(step)
        return self.visited[step]

    def advance(self, state: Any, until: int) -> tuple[Any, np.ndarray]:
        """Runs on from a state; returns the new one and the losses of the steps between."""
        state, losses = self.engine.state(state), []
        while (step := int(state["step"])) < until:
            epoch, k = self.place(step)
            stop = min(self.per_epoch, k + until - step)
            state, records = self.slice(state, self.empty(), epoch, k, stop)
            losses.append(np.asarray(records["loss"])[k:stop])
        rows = np.concatenate(losses) if losses else np.zeros((0, 2), np.float32)
        return on_host(state), rows[:, 0] / np.maximum(rows[:, 1], 1)

    def slice(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> tuple[Any, Any]:
        """Some steps of one epoch."""
        return self.engine.advance(state, records, self.loaded, self.order(epoch), start, stop)  # type: ignore[no-any-return]

    def empty(self) -> dict[str, np.ndarray]:
        """Room for what an epoch records."""
        return empty_records(self.model.record_names, self.per_epoch)

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch and its place there, both counted from 0 where the run begins."""
        return divmod(step - self.first + self.begun, self.per_epoch)

    def start(self, step: int) -> Start:
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
        return Start(state, on_host(records) if k else {}, k, self.run.info.epoch + epoch, self.epochs_seen + epoch)

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
        return e.inputs(index), e.y[index], None if e.weight is None else e.weight[index]

    def compare(self, start: int, stop: int) -> float:
        """The largest relative difference between the losses recorded and those replayed over some steps."""
        _, losses = self.advance(self.at(start), stop)
        recorded = np.asarray(self.run.steps["loss"])[start - self.run.steps.first : stop - self.run.steps.first]
        return float(np.max(np.abs(losses - recorded) / np.maximum(np.abs(recorded), 1e-12), initial=0.0))

    def forget(self) -> None:
        """Lets go of the states visited longest ago, but for the first."""
        while sum(size_of(state) for state in self.visited.values()) > self.memory and len(self.visited) > 2:
            oldest = next(step for step in self.visited if step != self.first)
            del self.visited[oldest]
