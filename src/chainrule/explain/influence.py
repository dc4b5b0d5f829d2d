"""Which examples moved a weight, or the answer to an example, over some steps: by taking the steps again.

The update of a step has a part that the optimizer's memory and penalties would have made without this batch, and a
part that the batch made: their difference. The batch's part is shared among its examples in proportion to their terms
of the gradient, so that the shares add up. What a step changed in an example's loss is the sum of those shares times
the loss's derivative (to first order), and a rest by curvature, which is told too.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Params
from chainrule.backprop import Weights, backward_sweep, forward_sweep
from chainrule.errors import SettingError
from chainrule.explain.equations import number
from chainrule.explain.moments import Moment, replay_of, replayed
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import learners
from chainrule.explain.step import LinkExplained, StepExplained
from chainrule.explain.terms import gradients_of, pairs
from chainrule.explain.trace import Heading, Part, Pictures, Table, Text, Trace
from chainrule.graph import taken
from chainrule.layers import Dense
from chainrule.losses.outputs import fused_output

KEPT, DRAWN = 12, 6  # examples told, and pictures shown


class Push(NamedTuple):
    """One example in one step: by how much it moved what was asked about."""

    share: float
    step: int
    name: str
    target: str
    picture: np.ndarray | None


class StepShare(NamedTuple):
    """One step: the whole change, the batch's part, what memory, decay and penalties did, and the rest."""

    step: int
    change: float
    batch: float
    optimizer_state: float
    rest: float


class Influence(NamedTuple):
    """Who moved something, and when. pushes: the strongest, most first.  steps: in order."""

    what: str
    start: float
    stop: float
    pushes: tuple[Push, ...]
    steps: tuple[StepShare, ...]
    share_of_kept: float

    def trace(self) -> Trace:
        """The account for a terminal or a notebook."""
        total = [sum(row[i] for row in self.steps) for i in range(1, 5)]
        parts: list[Part] = [
            Text(f"{self.what} went from {number(self.start)} to {number(self.stop)} in {len(self.steps)} steps."),
            Text(f"Of the change of {number(total[0], 4)}: the examples of the batches {number(total[1], 4)}, the optimizer's "
                 f"memory (earlier batches), decay and penalties {number(total[2], 4)}, the rest {number(total[3], 4)}."),
            Heading("The examples that pushed most"),
        ]  # fmt: skip
        pushes = [push for push in self.pushes if push.share]
        drawn = [(p.picture, f"{p.target}: {p.share:+.2g}") for p in pushes[:DRAWN] if p.picture is not None]
        if drawn:
            parts.append(Pictures([p for p, _ in drawn], [c for _, c in drawn]))
        parts.append(
            Table(
                ["example", "target", "step", "pushed by"],
                [[p.name, p.target, str(p.step), f"{p.share:+.4g}"] for p in pushes],
            )
            if pushes
            else Text("None of the examples pushed at all.")
        )
        busiest = sorted(self.steps, key=lambda row: -abs(row.change))[:KEPT]
        rows = [[str(s.step), *(f"{v:+.4g}" for v in s[1:])] for s in busiest]
        parts += [
            Heading("The steps that moved it most"),
            Table(["step", "change", "this batch", "memory, decay", "rest"], rows),
        ]
        facts = {"what": self.what, "start": self.start, "stop": self.stop,
                 "pushes": [p._replace(picture=None)._asdict() for p in self.pushes], "steps": [s._asdict() for s in self.steps]}  # fmt: skip
        return Trace(f"Who moved {self.what}", parts, facts)

    def __str__(self) -> str:
        return str(self.trace())

    def _repr_html_(self) -> str:
        return self.trace()._repr_html_()


def influence_on_weight(
    moments: Iterable[Moment], layer: str | int, name: str, index: tuple[int, ...]
) -> Influence:
    """Which examples moved one weight most. moments: the steps, in order."""
    told = Told()
    for moment in moments:
        step = StepExplained(moment)
        link = step.link(layer)
        place = link.index(name, tuple(index))
        told.what = f"{link.name}.{name}{list(place)}"
        own, optimizer_state = parts_of(step, link, name)
        shares = link.terms(name, *place) * ratio(own, link.gradient[name])[place]
        before, after = float(link.params[name][place]), float(link.learned[name][place])
        told.add(step, before, after, shares, float(optimizer_state[place]))
    return told.all()


def influence_on_example(moments: Iterable[Moment], x: Any, y: Any) -> Influence:
    """Which examples moved the loss of one example most: negative shares helped it. x, y: as a batch has them, or one alone."""
    told = Told("the loss of the example")
    for moment in moments:
        step = StepExplained(moment)
        one = batch_of_one(moment, x, y)
        before, grads = loss_and_gradient(moment, step.moment.state["params"], *one)
        after, _ = loss_and_gradient(moment, step.state["params"], *one)
        shares, optimizer_state = np.zeros(step.n), 0.0
        for link in learners(step):
            for name in link.gradient:
                own, others = parts_of(step, link, name)
                g = np.asarray(grads[link.place][name], np.float64)
                shares += along(link, name, g * ratio(own, link.gradient[name]))
                optimizer_state += float((g * others).sum())
        told.add(step, before, after, shares, optimizer_state)
    return told.all()


class Told:
    """What has been found so far, step by step."""

    def __init__(self, what: str = "") -> None:
        self.what, self.pushes, self.steps, self.total = what, list[Push](), list[StepShare](), 0.0
        self.start = self.stop = float("nan")

    def add(
        self, step: StepExplained, before: float, after: float, shares: np.ndarray, optimizer_state: float
    ) -> None:
        """One step."""
        moment, batch = step.moment, float(shares.sum())
        self.start = before if not self.steps else self.start
        self.stop = after
        self.steps.append(
            StepShare(
                step.number, after - before, batch, optimizer_state, after - before - batch - optimizer_state
            )
        )
        self.total += float(np.abs(shares).sum())
        strongest = np.argsort(-np.abs(shares), kind="stable")[:KEPT]
        new = [
            Push(
                float(shares[k]),
                step.number,
                moment.example(int(k)),
                moment.target(int(k)),
                picture_of(step, int(k)),
            )
            for k in strongest
        ]
        self.pushes = sorted([*self.pushes, *new], key=lambda push: -abs(push.share))[:KEPT]

    def all(self) -> Influence:
        """What was found."""
        if not self.steps:
            raise SettingError("There are no steps to look at: the range is empty.")
        cache = sum(abs(push.share) for push in self.pushes) / (self.total or 1)
        return Influence(self.what, self.start, self.stop, tuple(self.pushes), tuple(self.steps), cache)


def parts_of(step: StepExplained, link: LinkExplained, name: str) -> tuple[np.ndarray, np.ndarray]:
    """An array's update in two parts: what this batch (with its penalties) made, and what would have happened without it."""
    optimizer, state = step.moment.optimizer, step.moment.state
    nothing: Weights = [{} for _ in step.links]
    nothing[link.place] = {name: np.zeros_like(link.params[name])}
    alone, _ = optimizer.update(
        nothing, state["optimizer_state"], state["params"], state["step"], step.passed.step_trace.rate
    )
    without = np.asarray(alone[link.place][name], np.float64)
    return np.asarray(link.learned[name], np.float64) - without, without - np.asarray(
        link.params[name], np.float64
    )


def ratio(own: np.ndarray, gradient: Any) -> np.ndarray:
    """The update by one unit of gradient, number by number; 0 where there was no gradient."""
    g = np.asarray(gradient, np.float64)
    with np.errstate(all="ignore"):
        return np.where(g != 0, own / g, 0.0)


def along(link: LinkExplained, name: str, slope: np.ndarray) -> np.ndarray:
    """Each example's term of a gradient, times a slope for each weight, summed: (batch,)."""
    if pairs(link.link, link.x, link.delta, name, (0,) * slope.ndim) is not None and type(link.link) is Dense:
        delta = np.asarray(link.delta, np.float64)
        told = delta * (slope if name == "bias" else np.asarray(link.x, np.float64) @ slope)
        return np.asarray(told.reshape(len(delta), -1).sum(axis=1))
    found: list[Params] = [
        gradients_of(link.link, link.params, link.x, link.delta, k) for k in range(len(link.x))
    ]
    return np.array([float((np.asarray(g[name], np.float64) * slope).sum()) for g in found])


def loss_and_gradient(moment: Moment, params: Weights, x: np.ndarray, y: np.ndarray) -> tuple[float, Weights]:
    """The loss of examples as when judging (no noise, no penalties), and its derivative by every weight."""
    end = fused_output(moment.chain, moment.loss)
    values, cache = forward_sweep(moment.chain, params, x)
    z = taken([end.z], values, (x,))
    grads, _ = backward_sweep(moment.chain, params, cache, {end.z: end.loss.derivative(y, z) / len(x)})
    return float(np.mean(end.loss.values(y, z), dtype=np.float64)), grads


def batch_of_one(moment: Moment, x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """An example in the shape that a batch has."""
    like_x, like_y = moment.batch[0], moment.batch[1]
    x, y = np.asarray(x, np.float32), np.asarray(y, np.asarray(like_y).dtype)
    x = x[None] if x.ndim == like_x.ndim - 1 else x
    y = y[None] if y.ndim == like_y.ndim - 1 else y
    if x.shape[1:] != like_x.shape[1:] or y.shape[1:] != like_y.shape[1:] or len(x) != len(y):
        raise SettingError(
            f"The example must look like those of the batches: x {like_x.shape[1:]} and y {like_y.shape[1:]}; "
            f"it got {x.shape[1:]} and {y.shape[1:]}."
        )
    return x, y


def moments_of(run: Any, start: int, stop: int) -> Iterable[Moment]:
    """The moments of the steps start..stop (stop itself left out) of a recorded run. run: see `moments.replay_of`."""
    replay = replay_of(run)
    return (replayed(replay, step) for step in range(start, stop))
