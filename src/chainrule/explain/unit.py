"""One unit in a step: what it gave for each example, which error reached it, what it learned."""

import math

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.dropped import silent_unit
from chainrule.explain.equations import number
from chainrule.explain.layer import MOVED, largest_updates
from chainrule.explain.letters import coupled_above, network_line, symbols_of
from chainrule.explain.losses import loss_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Block, Heading, Part, Pictures, Table, Text
from chainrule.explain.path import path_back
from chainrule.explain.pictures import pixels_of
from chainrule.explain.receptive_field import field_of, patch_of
from chainrule.explain.sizes import activation_after
from chainrule.explain.symbols import Symbols, at
from chainrule.explain.trace import Trace
from chainrule.explain.weight import HOW_TO_READ, unit_forward

EXAMPLES = 8


def explain_unit(step: OpenedStep, link: OpenedLink, j: int) -> Trace:
    """The explanation of a unit: the j-th on the last axis of a layer's output."""
    units = link.y.shape[-1]
    if not 0 <= j < units:
        raise SettingError(f"{link.name} has {units} units, 0 to {units - 1}; there is no unit {j}.")
    symbols, activation, inputs = symbols_of(step), activation_after(step, link), step.inputs
    z = np.asarray(link.y)[..., j].reshape(step.n, -1)
    a = z if activation is None else np.asarray(activation.y)[..., j].reshape(step.n, -1)
    delta = np.full_like(z, np.nan)
    if link.delta is not None:
        delta = step.n * np.asarray(link.delta, np.float64)[..., j].reshape(step.n, -1)
    strength = np.abs(np.nan_to_num(delta)).max(axis=1)
    order = [int(k) for k in np.argsort(-strength, kind="stable")[:EXAMPLES]]
    active = int((a != 0).any(axis=1).sum())
    outs = [symbols.outs[one.place] for one in (link, activation) if one is not None]
    heads = ["example", *(f"{out}[{j}]" for out in outs), f"d{outs[0]}[{j}]", "its loss"]
    rows = []
    for k in order:
        row = int(np.abs(np.nan_to_num(delta[k])).argmax())
        numbers = [z[k, row], *([a[k, row]] if activation is not None else []), delta[k, row], step.losses[k]]
        rows.append([f"{inputs.example(k)}, {inputs.target(k)}", *(number(v) for v in numbers)])
    reached = "" if link.delta is None else f"; an error reaches it from {int((strength > 0).sum())}"
    silent = silent_unit(step, link, j)
    dropped = "" if silent is None else f"; {silent[0]} drops it in {int(silent[1].sum())}"
    parts: list[Part] = [
        Text(network_line(step, symbols)),
        Text(f"The unit is not 0 for {active} of {step.n} examples{dropped}{reached}."),
        Heading("Its output, and the derivative of each example's loss by it (the largest first)"),
        Table(heads, rows),
    ]
    coupled = coupled_above(step, link)
    if coupled is not None:
        parts.append(Text(f"{type(coupled.link).__name__} {coupled.name!r} couples the examples of a batch: the derivatives "
                          "are those of the batch's loss, times the number of examples."))  # fmt: skip
    if link.delta is not None and "kernel" in link.gradient and link.params["kernel"].shape[-1] == units:
        parts += learned(step, link, symbols, j, order[0])
    facts = {
        "layer": link.name, "unit": j, "step": step.number, "on": active, "outputs": a.tolist(), "deltas": delta.tolist(),
    }  # fmt: skip
    return Trace(f"Unit {j} of {link.name} in step {step.number}", parts, facts)


def learned(step: OpenedStep, link: OpenedLink, symbols: Symbols, j: int, k: int) -> list[Part]:
    """The unit's arithmetic for the example with the largest derivative, and which of its weights moved most."""
    units, parts = link.y.shape[-1], list[Part]()
    row = int(np.abs(np.nan_to_num(np.asarray(link.delta[k])[..., j])).argmax())
    unit = row * units + j
    field = field_of(step, link, unit)
    patch = None if field is None else patch_of(step, k, field)
    if field is not None:
        parts.append(
            Text(f"At {at(symbols.outs[link.place], link.y.shape[1:], unit)} the unit sees {field}.")
        )
    parts += [
        Heading(f"Its arithmetic for {step.inputs.example(k)}"),
        *([] if patch is None else [Pictures([patch], [f"what it sees of #{k}"])]),
        Block([*unit_forward(step, link, symbols, k, unit), *loss_of(step, symbols, k)]),
    ]
    if coupled_above(step, link) is None:
        parts.append(Block(path_back(step, symbols, k, link.place, unit)))
    parts.append(Heading("Its weights that moved most"))
    update = np.asarray(link.update["kernel"])[..., j]
    strongest = np.argsort(-np.abs(update), axis=None, kind="stable")[:MOVED]
    chosen = [(*(int(i) for i in np.unravel_index(int(m), update.shape)), j) for m in strongest]
    parts.append(largest_updates(link, "kernel", chosen))
    if "bias" in link.gradient:
        parts.append(largest_updates(link, "bias", [(j,)]))
    gradient, shape = np.asarray(link.gradient["kernel"])[..., j], pixels_of(step, link)
    if shape is not None and math.prod(shape) == gradient.size and gradient.any():
        picture = np.abs(gradient).reshape(shape)
        picture = picture.max(axis=2) if picture.ndim == 3 else picture
        parts.append(Pictures([picture / picture.max()], ["size of the gradient, by pixel"]))
    return [*parts, Text(HOW_TO_READ)]
