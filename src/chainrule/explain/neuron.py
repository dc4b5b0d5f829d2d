"""One unit in a step: what it said to each example, how it was blamed, what it learned."""

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.deltas import delta_equations
from chainrule.explain.equations import number
from chainrule.explain.layer import MOVED, moved
from chainrule.explain.losses import loss_of
from chainrule.explain.pictures import looks_at
from chainrule.explain.sizes import bend_of
from chainrule.explain.step import LinkExplained, StepExplained
from chainrule.explain.symbols import legend, symbols_of
from chainrule.explain.trace import Block, Heading, Part, Pictures, Table, Text, Trace
from chainrule.explain.weight import HOW_TO_READ, forward_equations

EXAMPLES = 8


def neuron_trace(step: StepExplained, link: LinkExplained, j: int) -> Trace:
    """The account of a unit: the j-th output of a layer with a kernel (for other layers, of each example, flat)."""
    units = link.y.shape[-1]
    if not 0 <= j < units:
        raise SettingError(f"{link.name} has {units} units, 0 to {units - 1}; there is no unit {j}.")
    symbols, bend, moment = symbols_of(step.links), bend_of(step, link), step.moment
    z = np.asarray(link.y)[..., j].reshape(step.n, -1)
    a = z if bend is None else np.asarray(bend.y)[..., j].reshape(step.n, -1)
    blame = (
        step.n * np.asarray(link.delta, np.float64)[..., j].reshape(step.n, -1)
        if link.delta is not None
        else np.full_like(z, np.nan)
    )
    strength = np.abs(np.nan_to_num(blame)).max(axis=1)
    order = [int(k) for k in np.argsort(-strength, kind="stable")[:EXAMPLES]]
    active = int((a != 0).any(axis=1).sum())
    inner, outer = symbols.outs[link.place], symbols.outs[link.place + (bend is not None)]
    heads = [
        "example",
        f"{inner}[{j}]",
        *([f"{outer}[{j}]"] if bend is not None else []),
        f"d{inner}[{j}]",
        "its loss",
    ]
    rows = []
    for k in order:
        row = int(np.abs(np.nan_to_num(blame[k])).argmax())
        numbers = [z[k, row], *([a[k, row]] if bend is not None else []), blame[k, row], step.losses[k]]
        rows.append([f"{moment.example(k)}, {moment.target(k)}", *(number(v) for v in numbers)])
    parts: list[Part] = [
        Text(legend(step.links, symbols)),
        Text(
            f"The unit is on for {active} of {step.n} examples; an error reaches it from {int((strength > 0).sum())}."
        ),
        Heading("What it said, and how each example's loss blames it (most blamed first)"),
        Table(heads, rows),
    ]
    if link.delta is not None and "kernel" in link.gradient and link.params["kernel"].ndim == 2:
        parts += learned(step, link, j, order[0])
    facts = {
        "layer": link.name, "unit": j, "step": step.number, "on": active, "outputs": a.tolist(), "deltas": blame.tolist(),
    }  # fmt: skip
    return Trace(f"Unit {j} of {link.name} in step {step.number}", parts, facts)


def learned(step: StepExplained, link: LinkExplained, j: int, k: int) -> list[Part]:
    """The unit's arithmetic for the most blamed example, and which of its weights moved most."""
    gradient = np.asarray(link.gradient["kernel"])[:, j]
    row = int(np.abs(np.asarray(link.delta[k])[..., j]).argmax())
    unit = row * link.y.shape[-1] + j
    x = np.asarray(link.x[k]).reshape(-1, len(gradient))[row]
    largest = int(np.abs(x * np.asarray(link.params["kernel"])[:, j]).argmax())
    parts: list[Part] = [
        Heading(f"Its arithmetic for {step.moment.example(k)}"),
        Block([*forward_equations(step, link, (largest, j), k, unit), *loss_of(step, k)]),
        Block(delta_equations(step, k, link.place, unit)),
        Heading("Its weights that moved most"),
    ]
    update = np.asarray(link.update["kernel"])[:, j]
    chosen: list[tuple[int, ...]] = [(int(i), j) for i in np.argsort(-np.abs(update), kind="stable")[:MOVED]]
    parts.append(moved(link, "kernel", chosen))
    if "bias" in link.gradient:
        parts.append(moved(link, "bias", [(j,)]))
    shape = looks_at(step, link)
    if shape is not None and gradient.any():
        picture = np.abs(gradient).reshape(shape) / np.abs(gradient).max()
        parts.append(Pictures([picture], ["size of the gradient, by pixel"]))
    return [*parts, Text(HOW_TO_READ)]
