"""The gradient check: derivatives as the layers write them against derivatives as they are measured.

    measured   (f(w + h) - f(w - h)) / 2h      central differences in float64, for several h; the steadiest counts
    written    what the backward rules answer, in float64

A rule that is wrong by one in a thousand is noticed. Where a relu has its corner between w - h and w + h there is nothing to
measure at that h; a smaller one is taken.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import counter_noise
from chainrule.backprop import added_losses, forward_sweep, penalty
from chainrule.explain.equations import number
from chainrule.explain.layers import formulas_of
from chainrule.explain.opened import OpenedStep, as_tuple
from chainrule.explain.outputs import OpenedOutput, opened_outputs
from chainrule.explain.sizes import learners
from chainrule.explain.step_inputs import StepInputs, step_inputs
from chainrule.explain.symbols import place_of
from chainrule.graph import as_graph
from chainrule.layers.base import Layer
from chainrule.losses.masked import masked

TOLERANCE = 1e-6  # of the larger of the two
STEPS = (1e-4, 1e-3, 1e-5, 1e-2, 1e-6, 1e-7)  # h, the likeliest first
UNSURE = 1e-3  # a doubt that is worth a word
SURE = 1e-8  # a doubt that needs no other h


class Checked(NamedTuple):
    """One derivative: by what, as written, as measured; error: their distance as a share of the larger.

    doubt: how sure the measurement is of itself, as a share of it.  float32: as training had it.
    """

    what: str
    written: float
    measured: float
    doubt: float
    float32: float | None = None

    @property
    def error(self) -> float:
        """|written - measured| / the larger; 0 where both are nothing."""
        size = max(abs(self.written), abs(self.measured))
        return 0.0 if size < 1e-12 else abs(self.written - self.measured) / size

    @property
    def ok(self) -> bool:
        """Whether they agree, as far as can be measured."""
        return bool(self.error <= max(TOLERANCE, 10 * self.doubt))

    def __str__(self) -> str:
        text = "" if self.float32 is None else f" Training, in float32, had {number(self.float32)}."
        if not np.isfinite([self.written, self.measured]).all():
            return f"The derivative of the loss by {self.what} is {number(self.written)}: nothing can be measured where the loss is not finite."
        verdict = "They agree" if self.ok else "THEY DIFFER"
        if self.ok and self.doubt > UNSURE:
            verdict = "It cannot be measured well, the loss has a corner here"
        return (
            f"The derivative of the loss by {self.what}: backpropagation says {number(self.written, 12)}, moving the "
            f"weight both ways and looking at the loss says {number(self.measured, 12)} (float64). {verdict}: "
            f"relative error {self.error:.1e}.{text}"
        )


class ModelChecked(NamedTuple):
    """All derivatives of a model, each along random directions; rules: each link's alone, weights: through the chain."""

    rules: tuple[Checked, ...]
    weights: tuple[Checked, ...]

    @property
    def worst(self) -> Checked:
        """The culprit: the link whose own rule is furthest off if one is wrong, else the furthest of all."""
        wrong = [row for row in self.rules if not row.ok] or [row for row in self.weights if not row.ok]
        return max(wrong or [*self.rules, *self.weights], key=lambda row: row.error)

    @property
    def ok(self) -> bool:
        """Whether every derivative agrees."""
        return all(row.ok for row in (*self.rules, *self.weights))

    def __str__(self) -> str:
        rows = [(row.what, number(row.written), number(row.measured), f"{row.error:.1e}", "" if row.ok else "  <- wrong")
                for row in (*self.rules, *self.weights)]  # fmt: skip
        heads = ("derivative", "written", "measured", "error", "")
        wide = [max(len(row[i]) for row in (heads, *rows)) for i in range(4)]
        lines = [
            f"{a.ljust(wide[0])}  {b.rjust(wide[1])}  {c.rjust(wide[2])}  {d.rjust(wide[3])}{e}"
            for a, b, c, d, e in (heads, *rows)
        ]
        worst = self.worst
        if self.ok:
            end = f"All derivatives agree. Furthest off: {worst.what}, by {worst.error:.1e} of its size."
        else:
            end = f"A RULE IS WRONG. Furthest off: {worst.what}, by {worst.error:.1e} of its size."
        return "\n".join([*lines, end])


def measured(f: Callable[[float], Any], scale: float = 0.1) -> tuple[float, float]:
    """The derivative of f at 0, and a doubt about it as a share of it. f: float64 in; one or many numbers out, which are summed.

    >>> value, doubt = measured(lambda h: np.exp(2 * h))
    >>> round(value, 9), doubt < 1e-8
    (2.0, True)
    """
    best, least = 0.0, np.inf
    here = np.asarray(f(0.0))
    for share in STEPS:
        h = share * scale
        (up, down), (far_up, far_down) = ((np.asarray(f(d)), np.asarray(f(-d))) for d in (h, 2 * h))
        near, far = (up - down) / (2 * h), (far_up - far_down) / (4 * h)
        moved = (up != here) | (down != here)
        rounding = 4e-16 * float(np.abs(np.where(moved, up, 0)).sum()) / h
        corner = (2 * (up + down - 2 * here) - (far_up + far_down - 2 * here) / 2) / h  # 0 where f is smooth
        doubt = float(np.abs(near - far).sum() + np.abs(corner).sum()) + rounding
        if doubt < least:
            best, least = (
                float(((4 * near - far) / 3).sum()),
                doubt,
            )  # without the error that both share (Richardson)
        if least <= SURE * abs(best):
            break
    return best, least / abs(best) if best else 0.0


@np.errstate(all="ignore")  # of a network that diverges, too
def losses_of(inputs: StepInputs, entry: int, name: str, weight: np.ndarray) -> np.ndarray:
    """The losses of the batch's examples, each its part of the mean, with one array of weights replaced; and the penalty."""
    state, (x, y, by), graph = inputs.state, inputs.batch, as_graph(inputs.network)
    params = list(state["params"])
    params[entry] = params[entry] | {name: weight}
    values, cache = forward_sweep(graph, params, x, lambda i: counter_noise(state["seed"], state["step"], i))
    losses = [
        np.asarray(output.weighted_losses) / inputs.n
        for output in opened_outputs(graph, inputs.outputs, values, x, y, by)
    ]
    return np.append(np.concatenate(losses), penalty(graph, params) + added_losses(graph, cache))


def moved_along(inputs: StepInputs, entry: int, name: str, v: np.ndarray, h: float) -> np.ndarray:
    """The losses with an array of weights moved by h along v."""
    return losses_of(inputs, entry, name, inputs.state["params"][entry][name] + h * v)


def check_weight(inputs: StepInputs, place: int, name: str, index: tuple[int, ...]) -> Checked:
    """The derivative of the loss by one weight."""
    wide = inputs.as_float64()
    link = OpenedStep(wide).links[place]
    weight, written = link.params[name], float(link.gradient[name][index])
    unit = np.zeros_like(weight)
    unit[index] = 1.0
    value, doubt = measured(partial(moved_along, wide, link.entry, name, unit))
    float32 = float(OpenedStep(inputs).links[place].gradient[name][index])
    label = f"{link.name}.{name}{place_of(index)}"
    return Checked(label, written, value, doubt, float32)


def check_model(
    model: Any, x: Any = None, y: Any = None, directions: int = 3, seed: int = 0, sample_weight: Any = None
) -> ModelChecked:
    """Checks every derivative of a model on one batch, along random directions. model: compiled, or StepInputs.

    >>> import chainrule
    >>> model = chainrule.Sequential([chainrule.layers.Dense(2, "tanh", input_shape=(3,))])
    >>> model.compile("sgd", "mse")
    >>> check_model(model, np.ones((4, 3)), np.zeros((4, 2))).ok
    True
    """
    narrow = model if isinstance(model, StepInputs) else step_inputs(model, x, y, sample_weight)
    wide = narrow.as_float64()
    step, rng = OpenedStep(wide), np.random.default_rng(seed)
    covered = {output.end.p.node for output in step.outputs if output.end.fused}  # by their loss
    rules = [
        worst_of([check_rule(step, place, rng) for _ in range(directions)])
        for place in range(len(step.links))
        if place not in covered
    ]
    weights = []
    for link in learners(step):
        for name, g in link.gradient.items():
            found = []
            for _ in range(directions):
                v = direction(np.asarray(g), rng)
                value, doubt = measured(partial(moved_along, wide, link.entry, name, v))
                found.append(Checked(f"loss by {link.name}.{name}", float((g * v).sum()), value, doubt))
            weights.append(worst_of(found))
    rules += [worst_of([check_loss(output, rng) for _ in range(directions)]) for output in step.outputs]
    return ModelChecked(tuple(rules), tuple(weights))


def direction(g: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random direction that is not at right angles to the gradient, as a purely random one nearly is among many weights."""
    chance, along = rng.normal(size=g.shape), g * rng.uniform(0.5, 1.5, size=g.shape)
    length = float(np.sqrt((along * along).sum()))
    return np.asarray(chance / np.sqrt(g.size) + (along / length if length else 0))


def worst_of(rows: list[Checked]) -> Checked:
    """The row that is furthest off."""
    return max(rows, key=lambda row: (not row.ok, row.error))


def check_rule(step: OpenedStep, place: int, rng: np.random.Generator) -> Checked:
    """One link's backward rule alone, on what the batch gave it, weighted by random numbers at its output."""
    link = step.links[place]
    us, vs = (tuple(rng.normal(size=np.shape(a)) for a in arrays) for arrays in (link.ys, link.xs))
    what = f"{type(link.link).__name__} {link.name!r} by its input"
    if not has_backward(link.link):
        return Checked(f"{what} (never asked)", 0.0, 0.0, 0.0)
    if not formulas_of(link.link).smooth or any(np.asarray(x).dtype.kind != "f" for x in link.xs):
        return Checked(f"{what} (inputs that cannot be moved a little)", 0.0, 0.0, 0.0)
    dx = as_tuple(link.link.backward(link.params, link.cache, us if len(us) > 1 else us[0]))
    written = float(sum((d * v).sum() for d, v in zip(dx, vs, strict=True)))

    def moved(h: float) -> np.ndarray:
        xs = tuple(x + h * v for x, v in zip(link.xs, vs, strict=True))
        y, cache = link.link.forward(link.params, xs if len(xs) > 1 else xs[0], link.context)
        parts = [(part * u).reshape(-1) for part, u in zip(as_tuple(y), us, strict=True)]
        return np.concatenate(
            [*parts, *([np.atleast_1d(link.link.added_loss(cache))] if link.link.adds_loss else [])]
        )

    value, doubt = measured(moved)
    return Checked(what, written, value, doubt)


def has_backward(link: Any) -> bool:
    """Whether a link has a backward pass (an augmentation at the beginning of a chain need not)."""
    return type(link).backward is not Layer.backward


def check_loss(output: OpenedOutput, rng: np.random.Generator) -> Checked:
    """A loss's derivative alone."""
    loss, y, z = masked(output.end.loss, output.mask), output.y, np.asarray(output.z, np.float64)
    v = rng.normal(size=z.shape)
    written = float((loss.derivative(y, z) * v).sum())
    value, doubt = measured(lambda h: loss.values(y, z + h * v))
    where = f"the output {output.name}" if output.several else "the chain's end"
    return Checked(f"loss {loss.name} by {where}", written, value, doubt)
