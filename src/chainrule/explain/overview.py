"""A whole step in sizes: each layer's input, the error that reached it, how far its weights moved."""

import numpy as np

from chainrule.explain.equations import number, short
from chainrule.explain.letters import network_line, symbols_of
from chainrule.explain.opened import OpenedStep
from chainrule.explain.parts import Heading, Part, Pictures, Table, Text
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import inactive_units, learners, rms
from chainrule.explain.trace import Trace

MOST = 6


def explain_step(step: OpenedStep) -> Trace:
    """The explanation of a step."""
    inputs = step.inputs
    optimizer = type(inputs.optimizer).__name__
    figures = [f"loss {number(step.loss)}"]
    for output in step.outputs:
        if output.several:
            total, count = step.record[f"{output.name}_loss"]
            figures.append(f"{output.name}_loss {number(float(total) / float(count))}")
        figures += [
            f"{metric.name} {metric.figure(step.record[metric.name]):.4g}" for metric in output.metrics
        ]
    metrics = ", ".join(figures)
    parts: list[Part] = [
        Text(network_line(step, symbols_of(step))),
        Text(f"{step.n} examples: {metrics}. {optimizer} with learning rate {number(step.rate, 6)}."),
    ]
    if step.penalty:
        parts.append(Text(f"Of the loss, {number(step.penalty)} is penalties on weights and outputs."))
    rows = []
    for link in learners(step):
        rows += [
            [f"{link.name}.{name}", str(tuple(link.params[name].shape)), short(rms(link.x)), short(rms(link.delta) * step.n),
             short(rms(link.gradient[name])), short(rms(link.update[name])), short(rms(link.params[name])),
             short(rms(link.update[name]) / (rms(link.params[name]) or np.nan)), inactive_units(step, link)]
            for name in link.gradient
        ]  # fmt: skip
    parts += [
        Heading(
            "Sizes (root mean squares; delta: the derivative of one example's loss by the layer's output)"
        ),
        Table(
            ["", "shape", "input", "delta", "gradient", "update", "weight", "update/weight", "units"], rows
        ),
        *largest_losses(step),
    ]
    if inputs.after is not None:
        parts.append(Text(str(step.agreement())))
    facts = {
        "step": step.number,
        "loss": step.loss,
        "examples": step.n,
        "rate": step.rate,
        "losses": step.losses.tolist(),
    }
    facts |= step.weights
    return Trace(f"Step {step.number}", parts, facts)


def largest_losses(step: OpenedStep) -> list[Part]:
    """The examples with the largest losses."""
    order = [int(k) for k in np.argsort(-step.weighted_losses, kind="stable")[:MOST]]
    captions = [f"#{k}: {step.inputs.target(k)}, {step.weighted_losses[k]:.3g}" for k in order]
    pictures = [picture_of(step, k) for k in order]
    heading = Heading("The largest losses" + (", times the examples' weights" if step.weights else ""))
    drawn = [picture for picture in pictures if picture is not None]
    if len(drawn) == len(order):
        return [heading, Pictures(drawn, captions)]
    return [heading, Text("   ".join(captions))]
