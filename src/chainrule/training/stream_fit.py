"""fit, evaluate and predict on data that come in batches: the same step, one batch at a time.

What came by cannot be asked for again: a recording keeps which batch each step saw (`recording/kept_batches.py`).
"""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from chainrule.callbacks import CallbackList, History
from chainrule.callbacks.base import as_list
from chainrule.callbacks.checkpoint import Checkpointer
from chainrule.distribution.data_parallel import distribution
from chainrule.engine.carried import begin_states
from chainrule.engine.changing_sizes import open_sizes
from chainrule.engine.epoch import empty_records, on_host
from chainrule.engine.inputs import build_for
from chainrule.errors import DataError, SettingError
from chainrule.training.fit import (
    EngineState,
    evaluate,
    is_validated,
    metrics_of,
    order_of,
    stop_on_interrupt,
    take_averages,
)
from chainrule.training.one_at_a_time import alone
from chainrule.training.progress import Progress, verbosity
from chainrule.training.session import BatchPlan
from chainrule.training.streams import ArrayBatches, Batches, is_stream


def fit_called(
    model: Any, x: Any, y: Any, sample_weight: Any, batch_size: int | None, validation_split: float, shuffle: bool,
    **settings: Any,
) -> History:  # fmt: skip
    """`model.fit` with a stream, or with arrays of which an epoch takes a counted number of steps."""
    if distribution() is not None:
        raise SettingError(
            "Data in batches, and counted steps, are not learned in pieces: give arrays, or set_distribution(None)."
        )
    if validation_split:
        raise SettingError(
            "validation_split needs arrays without counted steps; give validation_data instead."
        )
    if not is_stream(x):
        x, shuffle = of_arrays(model, x, y, sample_weight, batch_size, shuffle), False
    elif y is not None or sample_weight is not None:
        raise SettingError(
            "Data in batches bring their targets and weights along: leave y and sample_weight out."
        )
    with alone(model):
        history = fit(model, x, shuffle=shuffle, **settings)
    model.history = history
    return history


def fit(
    model: Any, source: Any, *, epochs: int = 1, initial_epoch: int = 0, verbose: Any = "auto", callbacks: Any = None,
    validation_data: Any = None, validation_freq: Any = 1, class_weight: Any = None, steps_per_epoch: int | None = None, shuffle: bool = True,
) -> History:  # fmt: skip
    """Learns from a stream; returns the History."""
    given = as_list(callbacks)
    for callback in given:
        if isinstance(callback, Checkpointer) and not callback.takes_batches:
            raise SettingError(
                f"{type(callback).__name__} needs arrays: what comes from a stream cannot be asked for again."
            )
    batches, verbose = Batches(source, steps_per_epoch), verbosity(verbose)
    hooks = CallbackList(
        given, add_history=True, model=model,
        verbose=verbose, epochs=epochs, steps=batches.length, do_validation=validation_data is not None,
    )  # fmt: skip
    history = hooks.history
    model.stop_training, model.interrupted, model.not_finite, model.history = False, False, None, history
    model.epoch_to_start = initial_epoch
    plan = partial(
        BatchPlan, validation=None, epochs=epochs, initial_epoch=initial_epoch, shuffle=bool(shuffle), verbose=verbose,
        callbacks=given, steps_per_epoch=batches.steps, length=batches.length,
    )  # fmt: skip
    learner = Learner(model, class_weight, plan)
    hooks.call("on_train_begin", {})
    logs: dict[str, float] = {}
    following = initial_epoch
    with stop_on_interrupt(model):
        for epoch in range(initial_epoch, epochs):
            hooks.call("on_epoch_begin", epoch, {})
            length = batches.length  # of this epoch: on_epoch_end may change it
            progress = Progress(verbose, length or 0)
            if epochs > 1:
                progress.say(f"Epoch {epoch + 1}/{epochs}")
            logs, done = learner.epoch(batches, progress, hooks, shuffle, epoch)
            ended = length is not None and done < length
            if ended and not (model.interrupted or model.stop_training):
                goes_on = batches.by_number and done > 0
                warnings.warn(
                    f"The data ended after {done} of {length} batches; "
                    f"{'the next epoch begins with the first' if goes_on else 'training ends here'}. Repeat them, or lower "
                    "steps_per_epoch or epochs.", stacklevel=3,
                )  # fmt: skip
                model.stop_training = not goes_on
                if not done:
                    break
            model.epochs_seen += 1
            following = epoch + 1
            if validation_data is not None and is_validated(epoch, validation_freq):
                hooks.call("on_test_begin", {})
                judged = evaluate(model, held_out(model, validation_data))
                hooks.call("on_test_end", dict(judged))
                logs |= {f"val_{name}": value for name, value in judged.items()}
            hooks.call("on_epoch_end", epoch, logs)
            learner.epoch_done(epoch, logs)
            progress.steps = length or done
            progress.finish(logs, done)
            if model.stop_training or model.interrupted:
                break
    learner.end(following, logs)
    take_averages(model)
    hooks.call("on_train_end", logs)
    return history


def order_in(batches: Batches, seed: Any, epochs_seen: int, shuffle: bool) -> Any:
    """The order of an epoch's batches, where they have numbers and are to be mixed; None for as they come."""
    return order_of(seed, epochs_seen, len(batches.source), True) if batches.by_number and shuffle else None


class Learner:
    """Takes steps, one batch at a time; the loop is made when the first batch shows its shape.

    plan: makes the plan of all, from the first batch and its size.
    """

    def __init__(self, model: Any, class_weight: Any, plan: Callable[..., BatchPlan]) -> None:
        self.model, self.class_weight, self.plan = model, class_weight, plan
        self.checkpointers: list[Checkpointer] = []  # from the first batch on
        self.state: Any = None

    def epoch(
        self, batches: Batches, progress: Progress, hooks: CallbackList, shuffle: bool, epoch: int
    ) -> tuple[dict[str, float], int]:
        """The steps of an epoch; the figures, and how many steps there were."""
        model, done = self.model, 0
        if self.state is not None:  # callbacks may have changed the rate or the weights since
            self.state.renew()
        totals: Any = {}
        order = order_in(batches, model.seed, model.epochs_seen, shuffle)
        logs: dict[str, float] = {}
        for x, y, weight in batches.epoch(order):
            if y is None:
                raise DataError("Learning needs targets: a batch is (inputs, targets).")
            if hooks.per_batch:
                hooks.call("on_train_batch_begin", done, {})
            found = self.step(x, y, weight)
            totals = added(totals, found)
            done += 1
            logs = metrics_of(model, totals)
            if hooks.per_batch:
                self.state.put_back()
                hooks.call("on_train_batch_end", done - 1, logs)
                self.state.renew()
            if self.checkpointers:
                self.tell(found, epoch, done)
            progress.update(done, logs)
            if model.stop_training or model.interrupted:
                break
        if self.state is not None:
            self.state.put_back()
        if done and not np.isfinite(logs.get("loss", 0.0)):
            model.not_finite = f"epoch {model.epochs_seen + 1}: the loss"
            hooks.call("on_not_finite", logs)
        return logs, done

    def step(self, x: Any, y: Any, weight: Any) -> Any:
        """One step; what it measured."""
        model, starting = self.model, self.state is None
        if starting:
            new = model.input_layer is None
            build_for(model, x)
            if new and model.input_layer is not None:
                open_sizes(model)
            problem = Job(model, x, y)
            for metric in model.metric_objects:
                metric.reset_state()
            self.problem, self.size = problem, len(problem.examples(x, y))
            model.backend_used = "numpy"  # each batch would have to be carried to the device by itself
            begin_states(self.problem.problem.graph, self.size, self.size)
            self.state = EngineState(model, problem.engine("numpy", self.size))
            self.state.renew()
        examples = self.problem.examples(x, y, weight, self.class_weight)
        if starting:
            self.begin(examples)
        for checkpointer in self.checkpointers:
            number = int(self.state.state["step"])
            checkpointer.before(self.state.state, examples, np.arange(len(examples)), 0, number)
        engine = self.problem.engine("numpy", max(self.size, len(examples)))
        records = empty_records(model.record_names, 1)
        self.state.state, records = engine.advance(
            self.state.state, records, examples, np.arange(len(examples)), 0, 1
        )
        return on_host(records)

    def begin(self, first: Any) -> None:
        """Lets those who keep the learning begin, when the first batch is there."""
        plan = self.plan(examples=first, batch=len(first))
        self.checkpointers = [one for one in plan.callbacks if isinstance(one, Checkpointer)]
        self.state.begin(self.checkpointers, plan)

    def tell(self, found: Any, epoch: int, done: int) -> None:
        """Tells them of the step that has been taken."""
        if done == 1:
            self.records = empty_records(self.model.record_names, 64)
        if done > len(self.records["loss"]):  # room for as many steps again
            more = empty_records(self.model.record_names, done)
            self.records = {name: np.concatenate([rows, more[name]]) for name, rows in self.records.items()}
        for name, row in found.items():
            self.records[name][done - 1] = row[0]
        records = {name: rows[:done] for name, rows in self.records.items()}
        for checkpointer in self.checkpointers:
            checkpointer.after(self.state.state, records, epoch, done - 1, done)

    def epoch_done(self, epoch: int, logs: dict[str, float]) -> None:
        """Tells them of the epoch's end."""
        if self.checkpointers:
            self.state.renew()
        for checkpointer in self.checkpointers:
            checkpointer.epoch_done(self.state.state, epoch, logs)

    def end(self, epoch: int, logs: dict[str, float]) -> None:
        """Tells them that all is learned; `epoch` would be the next one."""
        for checkpointer in self.checkpointers:
            checkpointer.end(self.state.state, (epoch, 0), {}, logs)


class Job:
    """What a model learns from such data, and the loop for it."""

    def __init__(self, model: Any, x: Any, y: Any) -> None:
        self.problem = model.problem(x, y)

    def examples(self, x: Any, y: Any, weight: Any = None, class_weight: Any = None) -> Any:
        """A batch, checked."""
        return self.problem.examples(x, y, weight, class_weight)

    def engine(self, backend: str, size: int) -> Any:
        """The loop for batches of a size."""
        return self.problem.engine(backend, size)


def added(totals: Any, records: Any) -> Any:
    """The sums so far with those of a step."""
    rows = {name: np.asarray(row[0], np.float64) for name, row in records.items()}
    return {name: totals.get(name, 0) + row for name, row in rows.items()}


def as_arrays(
    data: Any, steps: int | None, batch_size: int | None = None, what: str = "validation_steps"
) -> Any:
    """Validation data as (x, y, sample_weight): a stream is gone through once; of arrays the first `steps` batches."""
    if data is None:
        return None
    if is_stream(data):
        return Batches(data, steps, what).all()
    if steps is None or not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        return data
    return Batches(ArrayBatches((*data, None)[:3], int(batch_size or 32)), steps, what).all()


def held_out(model: Any, data: Any, steps: int | None = None, what: str = "validation_steps") -> Any:
    """Validation data as examples."""
    found = as_arrays(data, steps, what=what)
    if not isinstance(found, (tuple, list)) or len(found) not in (2, 3):
        raise SettingError("validation_data must be (x, y), (x, y, sample_weight), or data in batches.")
    x, y, weight = (*found, None)[:3]
    return Job(model, x, y).examples(x, y, weight)


def predict(model: Any, source: Any, steps: int | None = None) -> Any:
    """What a model says to each example of a stream; targets in it are left aside."""
    parts = []
    batches = Batches(source, steps, "steps")
    for x, _, _ in batches.to_the_end():
        parts.append(model.predict_on_batch(x))
    if not parts:
        raise DataError("The data gave no batch.")
    if isinstance(parts[0], dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], (list, tuple)):
        return [np.concatenate(column) for column in zip(*parts, strict=True)]
    return np.concatenate(parts)


def of_arrays(
    model: Any, x: Any, y: Any, sample_weight: Any, batch_size: int | None, shuffle: bool
) -> ArrayBatches:
    """Arrays as a stream, for an epoch of a counted number of steps."""
    from chainrule.arrays import generator

    rng = generator(model.seed, "order", model.epochs_seen) if shuffle else None
    return ArrayBatches((x, y, sample_weight), int(batch_size or 32), rng)
