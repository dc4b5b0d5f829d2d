"""One layer in a step: its inputs and outputs, the error that reached it, the weights that moved most."""

import numpy as np

from chainrule.explain.equations import number, short
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Heading, Part, Table, Text
from chainrule.explain.sizes import inactive_units, rms
from chainrule.explain.trace import Trace

MOVED = 8  # weights with a line of their own


def explain_layer(step: OpenedStep, link: OpenedLink) -> Trace:
    """The explanation of a layer."""
    rows = [
        ["input x", str(tuple(link.x.shape)), *spread(link.x)],
        ["output y", str(tuple(link.y.shape)), *spread(link.y)],
    ]
    if link.delta is not None:
        rows.append(
            ["delta · n", str(tuple(link.delta.shape)), *spread(step.n * np.asarray(link.delta, np.float64))]
        )
    for name in link.params:
        rows.append([name, str(tuple(link.params[name].shape)), *spread(link.params[name])])
        if name in link.gradient:
            shape = str(tuple(link.params[name].shape))
            rows += [
                [f"gradient of {name}", shape, *spread(link.gradient[name])],
                [f"update of {name}", shape, *spread(link.update[name])],
            ]
    parts: list[Part] = [Table(["", "shape", "typical", "smallest", "largest", "zero"], rows)]
    said = inactive_units(step, link)
    if said != "-":
        parts.append(Text(f"Units for the whole batch: {said}."))
    if not link.gradient:
        parts.append(
            Text("This layer does not learn (trainable=False)." if link.params else "It has no weights.")
        )
    for name in link.gradient:
        parts += [Heading(f"{name}: the largest updates"), largest_updates(link, name)]
    facts = {"layer": link.name, "step": step.number, "sizes": {row[0] or "all": row[1:] for row in rows}}
    return Trace(f"Layer {link.name} in step {step.number}", parts, facts)


def spread(array: object) -> list[str]:
    """An array's typical size, extremes, and share of zeros."""
    values = np.asarray(array, np.float64)
    if not values.size:
        return ["-"] * 4
    return [
        short(rms(values)),
        short(float(values.min())),
        short(float(values.max())),
        f"{(values == 0).mean():.1%}",
    ]


def largest_updates(link: OpenedLink, name: str, chosen: list[tuple[int, ...]] | None = None) -> Table:
    """The weights with the largest updates: gradient, old and new value."""
    update = np.asarray(link.update[name])
    if chosen is None:
        flat = np.argsort(-np.abs(update), axis=None, kind="stable")[:MOVED]
        chosen = [tuple(int(i) for i in np.unravel_index(place, update.shape)) for place in flat]
    rows = [
        [f"{name}{list(i)}", number(link.gradient[name][i]), number(link.params[name][i]), number(link.learned[name][i]), number(update[i], 3)]
        for i in chosen
    ]  # fmt: skip
    return Table(["weight", "gradient", "before", "after", "moved by"], rows)
