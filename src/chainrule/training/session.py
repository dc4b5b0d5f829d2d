"""A training that can be advanced, paused, stepped and told another learning rate; `fit` drains one.

session = Session(model, engine, plan)
for event in session: ...                 # "epoch began", "steps done", "epoch ended"
session.advance(steps=1)                  # or only as far as wanted
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from chainrule.callbacks import CallbackList, History
from chainrule.callbacks.checkpoint import Checkpointer
from chainrule.engine.epoch import empty_records, on_host, steps_in, totals_of
from chainrule.engine.examples import Examples
from chainrule.errors import SettingError
from chainrule.training.fit import (
    EngineState,
    FiniteGuard,
    evaluate,
    is_validated,
    metrics_of,
    order_of,
    put_back,
    report_not_finite,
    stop_on_interrupt,
    take_averages,
)
from chainrule.training.one_at_a_time import alone
from chainrule.training.progress import Progress, verbosity


@dataclass
class Plan:
    """What one call of fit is asked to do."""

    examples: Examples
    validation: Examples | None
    batch: int
    epochs: int
    initial_epoch: int
    shuffle: bool
    verbose: Any
    callbacks: list[Any]
    validation_freq: Any = 1
    pieces: int | None = None  # of a batch, where learning is shared out
    first_epochs_seen: int = field(default=0)
    validation_batch: int | None = None

    @property
    def steps(self) -> int:
        """The steps of an epoch."""
        return steps_in(len(self.examples), self.batch)

    @property
    def count(self) -> int | None:
        """The examples of an epoch; None where nobody knows."""
        return len(self.examples)


@dataclass
class BatchPlan(Plan):
    """The same for data that come in batches. examples: the first batch.  steps_per_epoch: as asked.  length: of an epoch, where known."""

    steps_per_epoch: int | None = None
    length: int | None = None

    UNKNOWN = 1000  # steps of an epoch that will only tell by its end, as far as snapshots are planned

    @property
    def steps(self) -> int:
        return self.length or self.UNKNOWN

    @property
    def count(self) -> int | None:
        return None if self.length is None else self.length * self.batch


class Event(NamedTuple):
    """What has just happened: "epoch began", "steps done" or "epoch ended"; in which epoch, at which step of it.

    logs: the loss and metrics of the epoch so far.
    """

    kind: str
    epoch: int
    step: int
    logs: dict[str, float]


class Session:
    """The training loop as an object: an iterator of events, which `fit` goes through to the end.

    Callbacks, checkpointers, progress and history listen to it. Between two events the model may be told another learning
    rate (`set_rate`): it holds from the next step on, and a recorded run knows it.

    >>> import numpy as np
    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> session = model.session(np.ones((8, 2)), np.ones(8), batch_size=2, epochs=2, verbose=0)
    >>> session.advance(steps=3).step, session.set_rate(0.001), session.advance().kind
    (3, None, 'epoch ended')
    """

    def __init__(self, model: Any, engine: Any, plan: Plan) -> None:
        self.model, self.engine, self.plan = model, engine, plan
        self.steps = plan.steps
        self.verbose = verbosity(plan.verbose)
        self.over, self.limit = False, 0  # limit: the most steps before the next event; 0 for as many as suit
        self.checkpointers = [callback for callback in plan.callbacks if isinstance(callback, Checkpointer)]
        self.callbacks = CallbackList(
            plan.callbacks, add_history=True, model=model,
            verbose=self.verbose, epochs=plan.epochs, steps=self.steps, do_validation=plan.validation is not None,
        )  # fmt: skip
        self.history = self.callbacks.history
        self.state = EngineState(model, engine)
        self.events = self.run()

    # ── for whoever drives it ────────────────────────────────────────────────────────────────────────────────────
    def __iter__(self) -> Iterator[Event]:
        return self.events

    @property
    def step(self) -> int:
        """How many steps the model has taken in its life."""
        return int(self.model.optimizer.iterations if self.state.state is None else self.state.state["step"])

    def advance(self, steps: int | None = None) -> Event | None:
        """Goes on for so many steps, or to the end of the epoch; the last event on the way, None when all is learned."""
        goal, last = None if steps is None else self.step + steps, None
        self.limit = steps or 0
        while (event := next(self.events, None)) is not None:
            last = event
            if event.kind == "epoch ended" if goal is None else self.step >= goal:
                break
            self.limit = 0 if goal is None else goal - self.step
        self.limit = 0
        return last

    def set_rate(self, rate: float) -> None:
        """Another learning rate from the next step on. SettingError where the rate follows a schedule."""
        if not isinstance(self.model.optimizer.learning_rate, float):
            raise SettingError("The learning rate follows a schedule; another one is a fork or a new run.")
        self.model.optimizer.learning_rate = rate
        if self.state.state is not None:
            self.state.renew()

    def stop(self) -> None:
        """Lets the training end after the steps that are done."""
        self.model.stop_training = True

    def drain(self) -> History:
        """Goes on to the end; returns the History."""
        for _ in self.events:
            pass
        return self.history

    # ── the loop ─────────────────────────────────────────────────────────────────────────────────────────────────
    def run(self) -> Iterator[Event]:
        """The plan, while no other thread lets the model learn."""
        with alone(self.model):
            yield from self.epochs()

    def epochs(self) -> Iterator[Event]:
        """The epochs of the plan; the model's weights and state are those learned, however it ends."""
        model, plan, callbacks, state = self.model, self.plan, self.callbacks, self.state
        model.stop_training, model.interrupted, model.not_finite, model.history = (
            False,
            False,
            None,
            self.history,
        )
        model.epoch_to_start = plan.initial_epoch
        callbacks.call("on_train_begin", {})
        loaded = self.engine.load(plan.examples)
        start = state.begin(self.checkpointers, plan)
        if start.begun and len(start.records["loss"]) != self.steps:
            raise SettingError(
                f"Learning goes on in the middle of an epoch of {len(start.records['loss'])} steps; this one has {self.steps}."
            )
        self.history.begin_after(start.past)
        logs: dict[str, float] = dict(start.past[-1][1]) if start.past else {}
        place, records = (start.epoch, start.begun), start.records
        with stop_on_interrupt(model):
            for epoch in range(start.epoch, plan.epochs if not start.stopped else 0):
                callbacks.call("on_epoch_begin", epoch, {})
                if model.stop_training:
                    break
                begun = place[1]
                if begun and start.rate is not None:  # the hook has set it once before, when this epoch began
                    model.optimizer.learning_rate = start.rate
                state.renew()
                progress = Progress(self.verbose, self.steps)
                if plan.epochs > 1:
                    progress.say(f"Epoch {epoch + 1}/{plan.epochs}")
                yield Event("epoch began", epoch, begun, {})
                order = order_of(model.seed, model.epochs_seen, len(plan.examples), plan.shuffle)
                records = records if begun else empty_records(model.record_names, self.steps)
                for metric in model.metric_objects:
                    metric.reset_state()
                done = begun
                for event, recorded in self.slices(loaded, order, progress, epoch, records, begun):
                    records, done = recorded, event.step
                    yield event
                state.put_back()
                logs = metrics_of(model, totals_of(records))
                if (
                    model.interrupted and done < self.steps
                ):  # Ctrl-C: what was learned is kept, but it is not an epoch
                    progress.finish(logs, done)
                    place = epoch, done
                    break
                model.epochs_seen += 1
                place, records = (epoch + 1, 0), {}
                if plan.validation is not None and is_validated(epoch, plan.validation_freq):
                    callbacks.call("on_test_begin", {})
                    held_back = evaluate(
                        model, plan.validation, plan.validation_batch or plan.batch, plan.validation_batch
                    )
                    logs |= {f"val_{name}": value for name, value in held_back.items()}
                    callbacks.call("on_test_end", held_back)
                callbacks.call("on_epoch_end", epoch, logs)
                if self.checkpointers:
                    state.renew()
                for checkpointer in self.checkpointers:
                    checkpointer.epoch_done(state.state, epoch, logs)
                progress.finish(logs, done)
                yield Event("epoch ended", epoch, done, logs)
                if model.stop_training:
                    break
        if self.checkpointers and state.state is None:  # there was no epoch left
            state.renew()
        for checkpointer in self.checkpointers:
            checkpointer.end(state.state, place, records if place[1] else {}, logs)
        if state.last_finite is not None and model.stop_on_not_finite:
            put_back(model, state.last_finite)
        take_averages(model)
        self.over = True
        callbacks.call("on_train_end", logs)

    def slices(
        self, loaded: Examples, order: Any, progress: Progress, epoch: int, records: Any, done: int
    ) -> Iterator[tuple[Event, Any]]:
        """The steps of one epoch, in slices short enough to show progress and to be stopped between."""
        model, engine, callbacks, state = self.model, self.engine, self.callbacks, self.state
        steps = steps_in(len(order), self.plan.batch)
        size, seconds = steps, 0.25 if progress.verbose == 1 else 1.0
        if callbacks.per_batch:
            size = 1
        elif progress.verbose == 1 or engine.name == "numpy" or steps > 10_000:
            size = max(1, steps // 100)
        guard = FiniteGuard(state.state, done, gone=model.not_finite is not None)
        while done < steps and not (model.interrupted or model.stop_training):
            stop = min(steps, done + size, done + (self.limit or steps))
            if callbacks.per_batch:
                callbacks.call("on_train_batch_begin", done, {})
                state.renew()
            number = int(state.state["step"]) if self.checkpointers else 0
            for checkpointer in self.checkpointers:
                wanted = checkpointer.next_stop(number)
                stop = stop if wanted is None else min(stop, done + wanted - number)
                checkpointer.before(state.state, loaded, order, done, number)
            began = time.perf_counter()
            state.state, records = engine.advance(state.state, records, loaded, order, done, stop)
            records = on_host(records)  # waits until the slice is done
            if guard.lost(state.state, records, stop, last=stop == steps or callbacks.per_batch):
                state.last_finite = report_not_finite(
                    model, engine, guard, loaded, order, stop, self.plan.batch, epoch
                )
                model.stop_training = model.stop_training or model.stop_on_not_finite
                callbacks.call("on_not_finite", metrics_of(model, totals_of(records)))
            spent = time.perf_counter() - began
            logs = metrics_of(model, totals_of(records))
            if callbacks.per_batch:
                state.put_back()
                callbacks.call("on_train_batch_end", stop - 1, logs)
                state.renew()
            # when all callbacks have seen the step: what they remember is kept with it
            for checkpointer in self.checkpointers:
                checkpointer.after(state.state, records, epoch, done, stop)
            if not callbacks.per_batch:
                size = max(1, int((stop - done) * min(4.0, seconds / max(spent, 1e-6))))
            done = stop
            progress.update(done, logs)
            yield Event("steps done", epoch, done, logs), records
