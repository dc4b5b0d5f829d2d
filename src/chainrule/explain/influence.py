"""Which examples moved a weight, or the answer to an example, over some steps: by taking the steps again.

The update of a step has a part that the optimizer's memory and weight decay would have made with a gradient of 0, and
a part that the gradient made: their difference. That part is shared among penalties and examples in proportion to
their terms of the gradient, so that the shares add up. What a step changed in an example's loss is the sum of those shares times
the loss's derivative (to first order), and a rest by curvature, which is told too.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import Params
from chainrule.backprop import Weights, backward_sweep, forward_sweep
from chainrule.errors import SettingError
from chainrule.explain.equations import number
from chainrule.explain.factors import gradients_of_example
from chainrule.explain.letters import refuse_coupled, terms_of
from chainrule.explain.opened import OpenedLink, OpenedStep, as_tuple
from chainrule.explain.outputs import opened_outputs
from chainrule.explain.parts import Heading, Part, Pictures, Table, Text
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import learners
from chainrule.explain.step_inputs import StepInputs, inputs_of_run, replay_of
from chainrule.explain.trace import Trace
from chainrule.graph import Source, as_graph
from chainrule.layers import Dense

LISTED, DRAWN = 12, 6  # examples and steps in the tables, and pictures shown


class Contribution(NamedTuple):
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
    """Which examples moved something, and when. contributions: the largest first.  steps: in order."""

    what: str
    start: float
    stop: float
    contributions: tuple[Contribution, ...]
    steps: tuple[StepShare, ...]
    share_of_listed: float

    def trace(self) -> Trace:
        """The explanation for a terminal or a notebook."""
        total = [sum(row[i] for row in self.steps) for i in range(1, 5)]
        parts: list[Part] = [
            Text(f"{self.what} went from {number(self.start)} to {number(self.stop)} in {len(self.steps)} steps."),
            Text(f"Of the change of {number(total[0], 4)}: the examples of the batches {number(total[1], 4)}, the optimizer's "
                 f"memory (earlier batches), decay and penalties {number(total[2], 4)}, the rest {number(total[3], 4)}."),
            Heading("The examples with the largest contributions"),
        ]  # fmt: skip
        largest = [c for c in self.contributions if c.share]
        drawn = [(p.picture, f"{p.target}: {p.share:+.2g}") for p in largest[:DRAWN] if p.picture is not None]
        if drawn:
            parts.append(Pictures([p for p, _ in drawn], [c for _, c in drawn]))
        parts.append(
            Table(
                ["example", "target", "step", "contribution"],
                [[p.name, p.target, str(p.step), f"{p.share:+.4g}"] for p in largest],
            )
            if largest
            else Text("None of the examples contributed to it.")
        )
        busiest = sorted(self.steps, key=lambda row: -abs(row.change))[:LISTED]
        rows = [[str(s.step), *(f"{v:+.4g}" for v in s[1:])] for s in busiest]
        parts += [
            Heading("The steps that moved it most"),
            Table(["step", "change", "this batch", "memory, decay", "rest"], rows),
        ]
        facts = {"what": self.what, "start": self.start, "stop": self.stop,
                 "contributions": [p._replace(picture=None)._asdict() for p in self.contributions], "steps": [s._asdict() for s in self.steps]}  # fmt: skip
        return Trace(f"Which examples moved {self.what}", parts, facts)

    def __str__(self) -> str:
        return str(self.trace())

    def _repr_html_(self) -> str:
        return self.trace()._repr_html_()


def influence_on_weight(
    steps: Iterable[StepInputs], layer: str | int, name: str, index: tuple[int, ...]
) -> Influence:
    """Which examples moved one weight most. steps: in order."""
    tally = Tally()
    for inputs in steps:
        step = OpenedStep(inputs)
        link = step.link(layer)
        place = link.index(name, tuple(index))
        tally.what = f"{link.name}.{name}{list(place)}"
        ratio, others = split_by_penalty(link, name, *parts_of(step, link, name))
        shares = terms_of(step, link, name, place) * ratio[place]
        before, after = float(link.params[name][place]), float(link.learned[name][place])
        tally.add(step, before, after, shares, float(others[place]))
    return tally.result()


def influence_on_example(steps: Iterable[StepInputs], x: Any, y: Any) -> Influence:
    """Which examples moved the loss of one example most: negative shares helped it. x, y: as a batch has them, or one alone."""
    tally = Tally("the loss of the example")
    for inputs in steps:
        step = OpenedStep(inputs)
        one = batch_of_one(inputs, x, y)
        before, grads = loss_and_gradient(inputs, step.inputs.state["params"], *one)
        after, _ = loss_and_gradient(inputs, step.state["params"], *one)
        shares, rest = np.zeros(step.n), 0.0
        for link in learners(step):
            refuse_coupled(step, link)
            for name in link.gradient:
                ratio, others = split_by_penalty(link, name, *parts_of(step, link, name))
                g = np.asarray(grads[link.entry][name], np.float64)
                shares += sum(along(node, name, g * ratio) for node in step.nodes_of(link))
                rest += float((g * others).sum())
        tally.add(step, before, after, shares, rest)
    return tally.result()


class Tally:
    """What has been found so far, step by step."""

    def __init__(self, what: str = "") -> None:
        self.what, self.contributions, self.steps, self.total = (
            what,
            list[Contribution](),
            list[StepShare](),
            0.0,
        )
        self.start = self.stop = float("nan")

    def add(
        self, step: OpenedStep, before: float, after: float, shares: np.ndarray, optimizer_state: float
    ) -> None:
        """One step."""
        inputs, batch = step.inputs, float(shares.sum())
        self.start = before if not self.steps else self.start
        self.stop = after
        self.steps.append(
            StepShare(
                step.number, after - before, batch, optimizer_state, after - before - batch - optimizer_state
            )
        )
        self.total += float(np.abs(shares).sum())
        strongest = np.argsort(-np.abs(shares), kind="stable")[:LISTED]
        new = [
            Contribution(
                float(shares[k]),
                step.number,
                inputs.example(int(k)),
                inputs.target(int(k)),
                picture_of(step, int(k)),
            )
            for k in strongest
        ]
        self.contributions = sorted([*self.contributions, *new], key=lambda c: -abs(c.share))[:LISTED]

    def result(self) -> Influence:
        """What was found."""
        if not self.steps:
            raise SettingError("There are no steps to look at: the range is empty.")
        share = sum(abs(c.share) for c in self.contributions) / (self.total or 1)
        return Influence(
            self.what, self.start, self.stop, tuple(self.contributions), tuple(self.steps), share
        )


def parts_of(step: OpenedStep, link: OpenedLink, name: str) -> tuple[np.ndarray, np.ndarray]:
    """An array's update in two parts: what this step's gradient made, and what would have happened without it."""
    optimizer, state = step.inputs.optimizer, step.inputs.state
    nothing: Weights = [{} for _ in step.graph.layers]
    nothing[link.entry] = {name: np.zeros_like(link.params[name])}
    alone, _ = optimizer.update(
        nothing, state["optimizer_state"], state["params"], state["step"], step.passed.step_trace.rate
    )
    without = np.asarray(alone[link.entry][name], np.float64)
    return np.asarray(link.learned[name], np.float64) - without, without - np.asarray(
        link.params[name], np.float64
    )


def split_by_penalty(
    link: OpenedLink, name: str, own: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The update by one unit of the examples' gradient, and all that is not theirs: memory, decay and penalties.

    own, others: of `parts_of`. What the gradient made is shared between examples and penalties in proportion to their
    parts of the gradient; where the gradient is 0 there is nothing to share.
    """
    g, data = (np.asarray(a, np.float64) for a in (link.gradient[name], link.data_gradient[name]))
    with np.errstate(all="ignore"):
        ratio = np.where(g != 0, own / g, 0.0)
    return ratio, others + ratio * (g - data)


def along(link: OpenedLink, name: str, slope: np.ndarray) -> np.ndarray:
    """Each example's term of a gradient, times a slope for each weight, summed: (batch,)."""
    if type(link.link) is Dense:
        delta = np.asarray(link.delta, np.float64)
        product = delta * (slope if name == "bias" else np.asarray(link.x, np.float64) @ slope)
        return np.asarray(product.reshape(len(delta), -1).sum(axis=1))
    found: list[Params] = [gradients_of_example(link, k) for k in range(len(link.y))]
    return np.array([float((np.asarray(g[name], np.float64) * slope).sum()) for g in found])


@np.errstate(all="ignore")  # of a network that diverges, too
def loss_and_gradient(
    inputs: StepInputs, params: Weights, x: np.ndarray, y: np.ndarray
) -> tuple[float, Weights]:
    """The loss of examples as in `evaluate` (no noise, no penalties), and its derivative by every weight."""
    graph = as_graph(inputs.network)
    values, cache = forward_sweep(graph, params, x)
    outputs, told = opened_outputs(graph, inputs.outputs, values, x, y, None), dict[Source, Any]()
    for output in outputs:
        z = output.end.z
        told[z] = told[z] + output.delta if z in told else output.delta
    grads, _ = backward_sweep(graph, params, cache, told)
    return float(sum(np.mean(o.weighted_losses, dtype=np.float64) for o in outputs)), grads


def batch_of_one(inputs: StepInputs, x: Any, y: Any) -> tuple[Any, Any]:
    """An example in the shape that a batch has; tuples where the network has several inputs or outputs."""
    like = inputs.batch[:2]
    x, y = (as_batch(value, wanted) for value, wanted in zip((x, y), like, strict=True))
    here, there = ([[np.shape(a)[1:] for a in as_tuple(value)] for value in pair] for pair in ((x, y), like))
    if here != there or len({len(a) for value in (x, y) for a in as_tuple(value)}) > 1:
        shapes = [", ".join(str(tuple(shape)) for shape in shapes) for shapes in (*there, *here)]
        raise SettingError(
            f"The example must look like those of the batches: x {shapes[0]} and y {shapes[1]}; "
            f"it got {shapes[2]} and {shapes[3]}."
        )
    return x, y


def as_batch(value: Any, like: Any) -> Any:
    """One example as a batch of one, in the type of a batch."""
    if isinstance(like, tuple):
        parts = (
            value if isinstance(value, (tuple, list)) and len(value) == len(like) else (value,) * len(like)
        )
        return tuple(as_batch(part, one) for part, one in zip(parts, like, strict=True))
    array = np.asarray(value, np.asarray(like).dtype)
    return array[None] if array.ndim == np.ndim(like) - 1 else array


def steps_of_run(run: Any, start: int, stop: int) -> Iterable[StepInputs]:
    """The inputs of the steps start..stop (stop itself left out) of a recorded run. run: see `step_inputs.replay_of`."""
    replay = replay_of(run)
    return (inputs_of_run(replay, step) for step in range(start, stop))
