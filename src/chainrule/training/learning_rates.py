"""Which learning rate: a test that raises it step by step, and a sweep that trains many rates beside each other.

    find(model, x, y)            the loss while the rate rises from tiny to huge, and a suggestion with its reason
    sweep(model, x, y, rates)    the same training once for each rate; on JAX all of them at once, as one program

Neither changes the model. Both begin with the weights that it has, and use the engine's own step.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.arrays import choose_backend, seconds_on_numpy
from chainrule.backprop import first_state, make_step
from chainrule.engine.engines import ENGINES
from chainrule.engine.epoch import empty_records, on_host, steps_in, totals_of
from chainrule.engine.examples import Examples
from chainrule.errors import SettingError
from chainrule.optimizers.schedules import ExponentialDecay
from chainrule.runs import size_of
from chainrule.training.fit import batch_size_of, evaluate, metrics_of, order_of

__all__ = ["RateCurve", "Sweep", "find", "sweep"]

Numbers = NDArray[np.float64]

REACH = 8  # neighbours on each side that the smoothed loss of a step looks at
BLOWN_UP = 4.0  # times the lowest smoothed loss: further up there is nothing to learn
# The test is that of L. Smith (2017), who chooses by eye. Half the rate at which the loss is lowest came, after one epoch of sweeps
# over small and large networks, within 10 % of the held-back loss of the best rate with Adam, within 35 % with SGD, which bears more.
BACK = 2.0
# Eight networks of 10,000 or 50,000 weights learn 1.4 times as fast together as one after the other; with 200,000 weights each it is
# slower by a tenth, with 700,000 by half, because their weights and memory no longer stay in the cache (benchmarks/LOG.md).
CACHE = 8_000_000  # bytes
SLICE = 20  # steps between two looks whether it has blown up


@dataclass(frozen=True, eq=False)
class RateCurve:
    """The loss while the rate rose. Arrays have one number for each step, up to where the loss blew up.

    smooth: a running mean of the losses.  suggestion: a rate to begin with, or None.  reason: why that one.
    """

    rates: Numbers
    losses: Numbers
    smooth: Numbers
    suggestion: float | None
    reason: str

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from chainrule.internal.cards import card

        ends = f"{self.rates[0]:.2g} to {self.rates[-1]:.2g}" if len(self.rates) else None
        return card(
            "Learning rate",
            {"suggestion": self.suggestion, "tried": ends, "why": self.reason},
            curve=self.smooth.tolist(),
        )

    def to_dict(self) -> dict[str, Any]:
        """The same for programs."""
        arrays = {name: getattr(self, name).tolist() for name in ("rates", "losses", "smooth")}
        return arrays | {"suggestion": self.suggestion, "reason": self.reason}


@dataclass(frozen=True, eq=False)
class Sweep:
    """What each rate came to.

    rates: (r,), ascending.  losses: (r, steps), the loss of every step.  figures: for each rate those of its last epoch.
    params: for each rate the weights learned, one dict a link.  backend: "jax" or "numpy".  at_once: how many learned together.
    """

    rates: Numbers
    losses: Numbers
    metrics: tuple[dict[str, float], ...]
    params: tuple[list[dict[str, NDArray[Any]]], ...]
    backend: str
    at_once: int

    @property
    def best(self) -> float | None:
        """The rate with the lowest loss on what was held back, else on what was learned; None where no loss is finite."""
        losses = np.array([f.get("val_loss", f["loss"]) for f in self.metrics], np.float64)
        return (
            float(self.rates[np.nanargmin(np.where(np.isfinite(losses), losses, np.nan))])
            if np.isfinite(losses).any()
            else None
        )

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, without the weights."""
        rows = [
            {"rate": float(rate)} | metrics for rate, metrics in zip(self.rates, self.metrics, strict=True)
        ]
        return {"rates": rows, "best": self.best, "backend": self.backend, "at_once": self.at_once}


def find(
    model: Any, x: Any, y: Any, *, batch_size: int | None = None, lowest: float = 1e-6, highest: float = 10.0, steps: int = 200,
    backend: str | None = None, progress: Callable[[int, int], Any] | None = None,
) -> RateCurve:  # fmt: skip
    """Raises the learning rate evenly on a logarithmic scale from `lowest` to `highest` and watches the loss.

    model: compiled; it is not changed.  steps: how many learning steps are taken (fewer, where it blows up).  progress: called
    with (done, steps).  Raises SettingError for rates that do not rise.

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> x = np.array([[0., 1], [1, 0], [1, 1], [2, 1]])
    >>> 0.01 < find(model, x, x @ [2, -1]).suggestion < 1
    True
    """
    if not 0 < lowest < highest < math.inf or steps < 10:
        raise SettingError(
            f"The rates must rise from above 0 over 10 steps or more; it got {lowest!r} to {highest!r} in {steps!r}."
        )
    examples, batch = prepared(model, x, y, batch_size)
    optimizer = copy.copy(model.optimizer)
    optimizer.learning_rate = ExponentialDecay(
        lowest, decay_steps=max(1, steps - 1), decay_rate=highest / lowest
    )
    name = choose_backend(
        backend or model.backend_asked, seconds_on_numpy(model.count_params(), batch, steps)
    )
    engine = ENGINES[name](make_step(model.learning_graph, model.outputs_asked, optimizer), batch)
    loaded, state = engine.load(examples), engine.state(fresh(model, optimizer))
    per_epoch, losses = max(1, len(examples) // batch), np.zeros(0)
    while len(losses) < steps and not blown_up(losses):
        epoch, k = divmod(len(losses), per_epoch)  # whole batches only
        stop = min(per_epoch, k + SLICE, k + steps - len(losses))
        order = order_of(model.seed, epoch, len(examples), shuffle=True)
        state, records = engine.advance(
            state, empty_records((), steps_in(len(examples), batch)), loaded, order, k, stop
        )
        rows = np.asarray(records["loss"], np.float64)[k:stop]
        losses = np.concatenate([losses, rows[:, 0] / np.maximum(rows[:, 1], 1)])
        if progress is not None:
            progress(len(losses), steps)
    return judged(lowest * (highest / lowest) ** (np.arange(len(losses)) / (steps - 1)), losses)


def judged(rates: Numbers, losses: Numbers) -> RateCurve:
    """The curve with a suggestion: half the rate at which the smoothed loss is lowest.

    >>> rates = np.geomspace(1e-4, 1, 200)
    >>> judged(rates, 2 - np.minimum(rates, 0.1) * 10 + 50 * np.maximum(rates - 0.1, 0)).suggestion
    0.04
    """
    smooth = smoothed(losses)
    stop = end_of_use(smooth)
    rates, losses, smooth = rates[:stop], losses[:stop], smooth[:stop]
    place = int(np.argmin(smooth))
    lowest, fell = float(rates[place]), float(smooth[: place + 1].max() - smooth[place])
    begun, noise = float(smooth[: max(1, place)].max()), float(np.std(losses[: max(2, len(losses) // 5)]))
    if place < 3 or fell < max(0.02 * abs(begun), 0.5 * noise):
        reason = "The loss did not fall at any rate: look at the inputs, the labels and the loss first."
        return RateCurve(rates, losses, smooth, None, reason)
    rate = float(f"{lowest / BACK:.0e}")
    rose = (
        "and rises above it"
        if place < len(smooth) - 2
        else "which is the highest that was tried: try higher ones"
    )
    reason = f"The loss is lowest at a rate of {lowest:.2g} {rose}; half of that still learns fast and leaves room."
    return RateCurve(rates, losses, smooth, rate, reason)


def sweep(
    model: Any, x: Any, y: Any, rates: Sequence[float], *, epochs: int = 1, batch_size: int | None = None,
    validation_data: Any = None, backend: str | None = None,
) -> Sweep:  # fmt: skip
    """Trains a copy of the model with each of some constant rates: the same weights, the same batches in the same order.

    On JAX the copies learn at once in one compiled program, each step for all of them (`jax.vmap` over the engine's own step): as
    many as fit into a processor's cache together, because more would be slower. On NumPy they learn one after the other.
    model: compiled; it is not changed.  validation_data: (x, y), judged at the end.  Raises SettingError without rates above 0.

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> x = np.array([[0., 1], [1, 0], [1, 1], [2, 1]])
    >>> sweep(model, x, x @ [2, -1], [1e-6, 0.1], epochs=20).best
    0.1
    """
    asked = np.unique(np.asarray(rates, np.float64))
    if not len(asked) or not (np.isfinite(asked).all() and asked[0] > 0) or epochs < 1:
        raise SettingError(
            f"A sweep needs rates above 0 and one epoch or more; it got {list(rates)!r} and {epochs!r}."
        )
    examples, batch = prepared(model, x, y, batch_size)
    steps = steps_in(len(examples), batch)
    seconds = seconds_on_numpy(model.count_params(), batch, steps * epochs * len(asked))
    name = choose_backend(backend or model.backend_asked, seconds)
    optimizer = copy.copy(model.optimizer)
    optimizer.learning_rate = 0.0  # each state has its own
    step = make_step(model.learning_graph, model.outputs_asked, optimizer)
    orders = [order_of(model.seed, epoch, len(examples), shuffle=True) for epoch in range(epochs)]
    first = [fresh(model, optimizer) | {"rate": np.asarray(rate, np.float32)} for rate in asked]
    train, groups = (
        (all_at_once(step, batch), grouped(first)) if name == "jax" else (one_by_one(step, batch), [first])
    )
    done = [train(group, examples, orders, model.record_names) for group in groups]
    states = [state for group, _ in done for state in group]
    records = [[row for _, epochs in done for row in epochs[epoch]] for epoch in range(len(orders))]
    held = None if validation_data is None else model.problem().examples(*validation_data)
    result = tuple(
        metrics_of_rate(model, state, last, held) for state, last in zip(states, records[-1], strict=True)
    )
    losses = [
        np.concatenate([of_rate["loss"][:, 0] / of_rate["loss"][:, 1] for of_rate in row])
        for row in zip(*records, strict=True)
    ]
    return Sweep(
        asked,
        np.asarray(losses, np.float64),
        result,
        tuple(state["params"] for state in states),
        name,
        len(groups[0]) if name == "jax" else 1,
    )


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


Training = Callable[[list[Any], Examples, list[Any], list[str]], tuple[list[Any], list[list[Any]]]]


def one_by_one(step: Any, batch: int) -> Training:
    """The loop in NumPy, once for each state. It returns the states, and for each epoch and state its records."""
    engine = ENGINES["numpy"](step, batch)

    def train(states: list[Any], examples: Examples, orders: list[Any], names: list[str]) -> Any:
        count, epochs = steps_in(len(examples), batch), []
        for order in orders:
            pairs = [
                engine.advance(state, empty_records(names, count), examples, order, 0, count)
                for state in states
            ]
            states = [state for state, _ in pairs]
            epochs.append([records for _, records in pairs])
        return states, epochs

    return train


def all_at_once(step: Any, batch: int) -> Training:
    """The compiled loop, over a step that takes all states, with one more axis in front, through the same batch."""
    import jax

    engine = ENGINES["jax"](jax.vmap(step, in_axes=(0, None)), batch)

    def train(states: list[Any], examples: Examples, orders: list[Any], names: list[str]) -> Any:
        state, loaded = engine.state(jax.tree.map(lambda *a: np.stack(a), *states)), engine.load(examples)
        count, places, epochs = steps_in(len(examples), batch), range(len(states)), []
        for order in orders:
            empty = {name: np.zeros((count, len(states), 2), np.float32) for name in ("loss", *names)}
            state, records = engine.advance(state, empty, loaded, order, 0, count)
            kept = on_host(records)
            epochs.append([{name: rows[:, place] for name, rows in kept.items()} for place in places])
        learned = on_host(state)
        return [jax.tree.map(lambda a, place=place: a[place], learned) for place in places], epochs

    return train


def grouped(states: list[Any]) -> list[list[Any]]:
    """The states in groups whose numbers fit into a processor's cache together; all in one where there is no such limit."""
    import jax

    together = max(1, CACHE // size_of(states[0])) if jax.default_backend() == "cpu" else len(states)
    count = -(-len(states) // together)
    bounds = [round(k * len(states) / count) for k in range(count + 1)]
    return [states[start:stop] for start, stop in pairwise(bounds)]


def prepared(model: Any, x: Any, y: Any, batch_size: int | None) -> tuple[Examples, int]:
    """The examples as fit would take them, and the size of a batch."""
    examples: Examples = model.problem(x, y, "this").examples(x, y)
    return examples, batch_size_of(batch_size, len(examples))


def fresh(model: Any, optimizer: Any) -> Any:
    """The state before the first step: the model's weights, an empty memory."""
    graph = model.learning_graph
    return first_state(
        [dict(layer.params) for layer in graph.layers], optimizer, seed=model.seed, network=graph
    )


def metrics_of_rate(model: Any, state: Any, records: Any, held: Examples | None) -> dict[str, float]:
    """The last epoch's figures of one rate, and those on what was held back."""
    result = metrics_of(model, totals_of(records))
    if held is not None:
        chain = model.learning_graph.layers
        before = [link.params for link in chain]
        try:
            for link, params in zip(chain, state["params"], strict=True):
                link.params = params
            result |= {f"val_{name}": value for name, value in evaluate(model, held).items()}
        finally:
            for link, params in zip(chain, before, strict=True):
                link.params = params
    return result


def smoothed(losses: Numbers) -> Numbers:
    """The mean over each step and its neighbours, the near ones counting more; as far as a step has neighbours.

    >>> smoothed(np.array([2.0, 2.0, 2.0])).round(6)
    array([2., 2., 2.])
    """
    weights = 1.0 + REACH - np.abs(np.arange(-REACH, REACH + 1))
    known = np.convolve(np.ones(len(losses)), weights)[REACH : REACH + len(losses)]
    with np.errstate(all="ignore"):
        return np.asarray(np.convolve(losses, weights)[REACH : REACH + len(losses)] / known)


def end_of_use(smooth: Numbers) -> int:
    """How many steps there are before the loss blows up, or stops being a finite number."""
    with np.errstate(invalid="ignore"):
        high = ~(smooth <= BLOWN_UP * np.minimum.accumulate(np.where(np.isfinite(smooth), smooth, np.inf)))
    return max(1, int(np.argmax(high)) if high.any() else len(smooth))


def blown_up(losses: Numbers) -> bool:
    """Whether it has blown up already."""
    return len(losses) > 0 and end_of_use(smoothed(losses)) < len(losses)
