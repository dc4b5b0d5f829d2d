"""One layer in a step: what it saw, what error reached it, which of its weights moved most."""

import numpy as np

from chainrule.explain.equations import number
from chainrule.explain.sizes import off, rms, short
from chainrule.explain.step import LinkExplained, StepExplained
from chainrule.explain.trace import Heading, Part, Table, Text, Trace

MOVED = 8  # weights with a line of their own


def layer_trace(step: StepExplained, link: LinkExplained) -> Trace:
    """The account of a layer."""
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
    said = off(step, link)
    if said != "-":
        parts.append(Text(f"Units for the whole batch: {said}."))
    if not link.gradient:
        parts.append(
            Text("This layer learns nothing." if link.params else "There is nothing to learn in it.")
        )
    for name in link.gradient:
        parts += [Heading(f"{name}: what moved most"), moved(link, name)]
    facts = {"layer": link.name, "step": step.number, "sizes": {row[0] or "all": row[1:] for row in rows}}
    return Trace(f"Layer {link.name} in step {step.number}", parts, facts)


def spread(array: object) -> list[str]:
    """An array's typical size, extremes, and share of zeros."""
    values = np.asarray(array, np.float64)
    return [
        short(rms(values)),
        short(float(values.min())),
        short(float(values.max())),
        f"{(values == 0).mean():.1%}",
    ]


def moved(link: LinkExplained, name: str, chosen: list[tuple[int, ...]] | None = None) -> Table:
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
