"""A whole step in sizes: what each layer saw, what error reached it, how far it moved."""

import numpy as np

from chainrule.explain.equations import number
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import learners, off, rms, short
from chainrule.explain.step import StepExplained
from chainrule.explain.symbols import legend, symbols_of
from chainrule.explain.trace import Heading, Part, Pictures, Table, Text, Trace

HARDEST = 6


def overview(step: StepExplained) -> Trace:
    """The account of a step."""
    moment = step.moment
    optimizer = type(moment.optimizer).__name__
    counted = [f"{metric.name} {metric.figure(step.record[metric.name]):.4g}" for metric in moment.metrics]
    figures = ", ".join([f"loss {number(step.loss)}", *counted])
    parts: list[Part] = [
        Text(legend(step.links, symbols_of(step.links))),
        Text(f"{step.n} examples: {figures}. {optimizer} with learning rate {number(step.rate, 6)}."),
    ]
    if step.penalty:
        parts.append(Text(f"Of the loss, {number(step.penalty)} is a penalty on the weights."))
    rows = []
    for link in learners(step):
        rows += [
            [f"{link.name}.{name}", str(tuple(link.params[name].shape)), short(rms(link.x)), short(rms(link.delta) * step.n),
             short(rms(link.gradient[name])), short(rms(link.update[name])), short(rms(link.params[name])),
             short(rms(link.update[name]) / (rms(link.params[name]) or np.nan)), off(step, link)]
            for name in link.gradient
        ]  # fmt: skip
    parts += [
        Heading("Sizes (root mean squares; delta: the derivative of one example's loss by the weighed sums)"),
        Table(
            ["", "shape", "input", "delta", "gradient", "update", "weight", "update/weight", "units"], rows
        ),
        *hardest(step),
    ]
    if moment.after is not None:
        parts.append(Text(str(step.agreement())))
    facts = {
        "step": step.number,
        "loss": step.loss,
        "examples": step.n,
        "rate": step.rate,
        "losses": step.losses.tolist(),
    }
    return Trace(f"Step {step.number}", parts, facts)


def hardest(step: StepExplained) -> list[Part]:
    """The examples with the largest losses."""
    order = [int(k) for k in np.argsort(-step.losses, kind="stable")[:HARDEST]]
    captions = [f"#{k}: {step.moment.target(k)}, {step.losses[k]:.3g}" for k in order]
    pictures = [picture_of(step, k) for k in order]
    heading = Heading("The largest losses")
    drawn = [picture for picture in pictures if picture is not None]
    if len(drawn) == len(order):
        return [heading, Pictures(drawn, captions)]
    return [heading, Text("   ".join(captions))]
