"""What the training loop stands on: the state between model and engine, the finite guard, evaluation, orders."""

import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from typing import Any

import numpy as np

from chainrule.arrays import generator
from chainrule.backprop import first_state, penalty
from chainrule.callbacks.checkpoint import (
    Checkpointer,
    ResumePoint,
    first_point,
    restore_callbacks,
    restore_model,
)
from chainrule.engine import finite_guard
from chainrule.engine.carried import batch_size_of as batch_size_of_states
from chainrule.engine.carried import carried_answers
from chainrule.engine.epoch import empty_records, on_host, steps_in, totals_of
from chainrule.engine.examples import Examples, each, in_rows
from chainrule.engine.jax_engine import JaxEngine
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.engine.prediction import answers
from chainrule.errors import SettingError
from chainrule.graph import tuple_of
from chainrule.losses.masked import counts_of, masked
from chainrule.losses.outputs import fused_output
from chainrule.training.masks import marked_answers, masks_outputs


class EngineState:
    """The state in the engine's hands, and the arrays in the model's that are the same."""

    def __init__(self, model: Any, engine: NumpyEngine | JaxEngine) -> None:
        self.model, self.engine = model, engine
        self.state: Any = None
        self.last_finite: Any = None  # from before the step that was not finite
        self.held: list[Any] = []

    def renew(self) -> None:
        """Takes over what callbacks changed in the model: other weights, another memory, another rate."""
        now = arrays_of(self.model)
        same = len(now) == len(self.held) and all(a is b for a, b in zip(now, self.held, strict=True))
        if self.state is None or not same:
            self.state, self.held = self.engine.state(state_of(self.model)), now
        self.state = self.state | {"rate": rate_like(self.state["rate"], self.model)}

    def begin(self, checkpointers: list[Checkpointer], plan: Any) -> ResumePoint:
        """Lets those who keep the learning say where it begins; the model and its callbacks are then as they were there."""
        model = self.model
        start = anew = first_point(model, state_of(model))
        for checkpointer in checkpointers:
            start = checkpointer.begin(self.engine, plan, start)
        if start is not anew:
            restore_model(model, start)
            restore_callbacks(plan.callbacks, start.callback_states)
            put_back(model, start.learning)
        return start

    def put_back(self) -> None:
        """Gives the model what was learned."""
        put_back(self.model, self.state)
        self.held = arrays_of(self.model)


class FiniteGuard:
    """The last state known to be finite, and the step of the epoch before which it was taken. gone: it is lost already."""

    SECONDS = 1.0  # between two copies

    def __init__(self, state: Any, done: int, gone: bool = False) -> None:
        self.state, self.done, self.time, self.gone = on_host(state), done, time.perf_counter(), gone

    def lost(self, state: Any, records: Any, stop: int, last: bool) -> bool:
        """Whether a number stopped being finite since; true only once. Weights are looked at once a second."""
        if self.gone:
            return False
        due = last or time.perf_counter() - self.time > self.SECONDS
        after = on_host(state) if due else None
        if not finite_guard.is_finite(records["loss"]) or (
            after is not None and not all_finite(after, records)
        ):
            self.gone = True
            return True
        if after is not None:
            self.state, self.done, self.time = after, stop, time.perf_counter()
        return False


def report_not_finite(
    model: Any, engine: NumpyEngine | JaxEngine, guard: FiniteGuard, loaded: Examples, order: np.ndarray, stop: int, batch: int,
    epoch: int,
) -> Any:  # fmt: skip
    """Finds by replay the first step whose loss or weights are not finite, and says what it found; the state before it."""

    def replayed(until: int) -> tuple[Any, Any]:
        first_point = empty_records(model.record_names, steps_in(len(order), batch))
        state, records = engine.advance(
            engine.state(guard.state), first_point, loaded, order, guard.done, until
        )
        return on_host(state), on_host(records)

    low, high = guard.done, stop  # finite after `low` steps, not after `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if all_finite(*replayed(middle)) else (low, middle)
    state, learned = replayed(low)[0], replayed(high)[0]["params"]
    chosen = order[low * batch : (low + 1) * batch]
    x, y = (each(lambda v: np.asarray(v[chosen]), part) for part in (loaded.x, loaded.y))
    seen = Examples(x, divisor=loaded.divisor).inputs(slice(None)), y
    culprit = finite_guard.first_in(model.learning_graph, model.outputs_asked, state, seen, learned)
    rate = float(model.optimizer.rate_at(state["step"], state["rate"]))
    model.not_finite = f"step {int(state['step']) + 1}: {culprit}"
    warnings.warn(
        f"The loss stopped being finite at step {int(state['step']) + 1} (step {low + 1} of epoch "
        f"{epoch + 1}). The first number that was not finite: {culprit}. The learning rate is {rate:g}; "
        "a lower one, inputs scaled to about 0..1, or clipnorm=1 usually help."
        + (
            " Training ends, and the model has the weights from before that step."
            if model.stop_on_not_finite
            else ""
        ),
        stacklevel=4,
    )
    return state


def evaluate(
    model: Any, examples: Examples, batch_size: int = 32, asked: int | None = None
) -> dict[str, float]:
    """The loss and metrics of a model on examples, weights as they are.

    batch_size: counts only where outputs have masks: the loss is the mean over the steps that count of each batch.
    asked: the same where it was said, for layers that carry states.
    """
    graph, outputs = model.graph, model.outputs_asked
    ends = [fused_output(graph, output.loss, k) for k, output in enumerate(outputs)]
    params = [layer.params for layer in graph.layers]
    totals = totals_of(empty_records(model.record_names, 0))
    for metric in model.metric_objects:
        metric.reset_state()
    wanted = [source for end in ends for source in (end.z, end.p)]
    if graph.carries_states:
        size = batch_size_of_states(graph, asked, len(examples))
        passed = carried_answers(graph, wanted, examples, size)
    elif masks_outputs(graph, params, examples):
        passed = marked_answers(graph, params, wanted, examples, batch_size)
    else:
        nothing = (None,) * len(wanted)
        passed = (
            (*found, nothing)
            for found in answers(graph, wanted, examples, model.programs_for(graph, len(examples)))
        )
    for rows, values, added, masks in passed:
        some = itemgetter(rows)
        ys, weights = (tuple_of(each(some, part), len(ends)) for part in (examples.y, examples.weight))
        totals["loss"] = totals["loss"] + np.array([added * len(ys[0]), 0])
        for k, (output, end, y, weight) in enumerate(zip(outputs, ends, ys, weights, strict=True)):
            (z, p), mask = values[2 * k : 2 * k + 2], masks[2 * k + 1]
            with np.errstate(all="ignore"):
                losses = masked(end.loss, mask).values(y, z)
                total = float(np.sum(losses if weight is None else losses * weight, dtype=np.float64))
                counts = {
                    metric.name: np.asarray(counts_of(metric, y, p, mask), np.float64)
                    for metric in output.metrics
                }
            if output.name:
                totals[f"{output.name}_loss"] = totals[f"{output.name}_loss"] + np.array([total, len(y)])
            totals["loss"] = totals["loss"] + np.array([total * output.weight, 0 if k else len(y)])
            for name, own in counts.items():
                totals[name] = totals[name] + own
    logs = metrics_of(model, totals)
    logs["loss"] += float(penalty(graph, params))
    return logs


def metrics_of(model: Any, totals: Any) -> dict[str, float]:
    """The losses and metrics that sums over batches stand for."""
    losses = ["loss", *(f"{output.name}_loss" for output in model.outputs_asked if output.name)]
    found = {name: float(totals[name][0]) / max(1.0, float(totals[name][1])) for name in losses}
    found |= {metric.name: metric.figure(totals[metric.name]) for metric in model.metric_objects}
    return dict(sorted(found.items()))


def is_validated(epoch: int, every: Any) -> bool:
    """Whether an epoch, counted from 0, ends with a validation: every so many do, or those in a list, counted from 1.

    >>> is_validated(3, 2), is_validated(4, [1, 5]), is_validated(4, 3)
    (True, True, False)
    """
    return epoch + 1 in every if isinstance(every, (list, tuple)) else (epoch + 1) % every == 0


def order_of(seed: int, epoch: int, n: int, shuffle: bool) -> np.ndarray:
    """The order in which an epoch takes the examples: decided by seed and epoch alone."""
    if not shuffle:
        return np.arange(n, dtype=np.int32)
    return generator(seed, "order", epoch).permutation(n).astype(np.int32)


def state_of(model: Any) -> Any:
    """The model's state as the step needs it."""
    graph = model.learning_graph
    params = [{name: in_rows(array) for name, array in layer.params.items()} for layer in graph.layers]
    return first_state(
        params, model.optimizer, model.optimizer_state, model.optimizer.iterations, model.seed, graph
    )


def put_back(model: Any, state: Any) -> None:
    """What was learned, back into the layers and the optimizer's state."""
    state = on_host(state)
    for layer, params in zip(model.learning_graph.layers, state["params"], strict=True):
        if params:
            layer.params = params
    model.optimizer_state = state["optimizer_state"]
    model.optimizer.iterations = int(state["step"])


def take_averages(model: Any) -> None:
    """At the end of `fit` the weights become their moving averages, where the optimizer keeps them; as in Keras."""
    if model.optimizer.average is None or not model.optimizer.iterations:
        return
    graph = model.learning_graph
    learned = {graph.nodes[i].entry for i in graph.learners}
    for i, averages in enumerate(model.optimizer_state[model.optimizer.average.slot]):
        if i in learned:
            graph.layers[i].params = graph.layers[i].params | averages


def arrays_of(model: Any) -> list[Any]:
    """The arrays that the layers hold, and the optimizer's state."""
    weights = [array for layer in model.learning_graph.layers for array in layer.params.values()]
    return [*weights, model.optimizer_state]


def all_finite(state: Any, records: Any) -> bool:
    """Whether all losses and all weights are finite."""
    weights = [w for layer in state["params"] for w in layer.values()]
    return finite_guard.is_finite(records["loss"]) and all(finite_guard.is_finite(w) for w in weights)


def rate_like(rate: Any, model: Any) -> Any:
    """The optimizer's present learning rate, in the state's own type."""
    value = model.optimizer.learning_rate
    return (
        rate if not isinstance(value, float) else rate.__array_namespace__().asarray(value, dtype=rate.dtype)
    )


@contextmanager
def stop_on_interrupt(model: Any) -> Iterator[None]:
    """The first Ctrl-C lets the slice end and keeps what was learned; the second stops at once.

    A process that was started to ignore Ctrl-C (`nohup`, a shell's background job) goes on ignoring it.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield
        return

    over = False

    def first(_number: int, _frame: Any) -> None:
        if over:  # it could not be taken away: see below
            signal.signal(signal.SIGINT, before)
            signal.raise_signal(signal.SIGINT)
            return
        model.interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("\nStopping; what was learned so far is kept.", file=sys.stderr, flush=True)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        over = True
        with suppress(ValueError):  # a session that nobody finished, closed by another thread
            signal.signal(signal.SIGINT, before)


def batch_size_of(batch_size: Any, n: int) -> int:
    """The batch size asked for, Keras's 32 by default; never more than there are examples."""
    if batch_size is None:
        batch_size = 32
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise SettingError(f"batch_size must be a whole number, 1 or more; it got {batch_size!r}.")
    return int(min(batch_size, n))
