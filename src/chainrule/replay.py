"""Any step of a recorded run again: the nearest snapshot, and the same loop from there.

The states that come out are those that training had, to the last bit, on the same machine and versions; `compare`
says how far the losses differ anywhere.
"""

from collections import OrderedDict
from typing import Any

import numpy as np

from chainrule.backprop import Batch
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
        self.epochs_seen = int(started.extra["epochs_seen"])
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
            epoch, k = divmod(step - self.first, self.per_epoch)
            stop = min(self.per_epoch, k + until - step)
            records = empty_records(self.model.record_names, self.per_epoch)
            state, records = self.engine.advance(state, records, self.loaded, self.order(epoch), k, stop)
            losses.append(np.asarray(records["loss"])[k:stop])
        rows = np.concatenate(losses) if losses else np.zeros((0, 2), np.float32)
        return on_host(state), rows[:, 0] / np.maximum(rows[:, 1], 1)

    def order(self, epoch: int) -> np.ndarray:
        """The order of the examples in an epoch of the run, counted from 0."""
        return order_of(self.model.seed, self.epochs_seen + epoch, len(self.examples), self.shuffle)

    def chosen(self, step: int) -> np.ndarray:
        """Which examples a step learned from."""
        epoch, k = divmod(step - self.first, self.per_epoch)
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
