"""How one weight got its next value: from the loss down the chain, over the batch, through the optimizer."""

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.deltas import TERMS, delta_equations
from chainrule.explain.equations import Equation, equation, finished, given, number, weighed_sum
from chainrule.explain.losses import loss_of
from chainrule.explain.pictures import looks_at, picture_of
from chainrule.explain.step import LinkExplained, StepExplained
from chainrule.explain.symbols import at, legend, symbols_of
from chainrule.explain.terms import pairs
from chainrule.explain.trace import Block, Heading, Part, Pictures, Shares, Text, Trace
from chainrule.explain.update import gradient_parts, optimizer_parts

SHOWN = 6  # examples whose share has a line of its own
HOW_TO_READ = (
    "Every line is worked out in float64 from the numbers printed in it. ≈ is what the engine had, in "
    "float32 and so with fewer digits; the next lines go on with it."
)


def weight_trace(
    step: StepExplained,
    link: LinkExplained,
    name: str,
    index: tuple[int, ...],
    example: int | None,
    check: bool,
) -> Trace:
    """The account of one weight. example: whose way is followed, None for the one that pushes most."""
    index = link.index(name, index)
    symbols = symbols_of(step.links)
    letter = {"kernel": "W", "bias": "b"}.get(name, name) + symbols.numbers[link.place] + str(list(index))
    old, new = float(link.params[name][index]), float(link.learned[name][index])
    terms = step.n * link.terms(name, *index)
    order = np.argsort(-np.abs(terms), kind="stable")
    if example is not None and not 0 <= example < step.n:
        raise SettingError(
            f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {example}."
        )
    k, which = (
        (int(order[0]), "The example that pushes most") if example is None else (int(example), "One example")
    )
    parts: list[Part] = [
        Text(legend(step.links, symbols)),
        Text(
            f"A batch of {step.n} example{'s' * (step.n != 1)} with loss {number(step.loss)}.{pixel(step, link, name, index)}"
        ),
        Heading(f"1. {which}: {step.moment.example(k)}, target {step.moment.target(k)}"),
        *one_example(step, link, name, index, k),
        *batch_part(step, link, name, index, terms, order, letter),
        *gradient_parts(step, link, name, index),
        *optimizer_parts(step, link, name, index),
        *training_part(step, link, name, index),
        Text(HOW_TO_READ),
    ]
    if check:
        parts += [Heading("4. The check"), Text(str(step.check(link.name, name, index)))]
    title = f"{link.name}.{name}{list(index)} in step {step.number}: {number(old)} → {number(new)}"
    facts = {
        "layer": link.name, "weight": name, "index": list(index), "step": step.number, "old": old, "new": new,
        "update": new - old, "gradient": float(link.gradient[name][index]), "terms": (terms / step.n).tolist(),
    }  # fmt: skip
    return Trace(title, parts, facts)


# ── one example ──────────────────────────────────────────────────────────────────────────────────────────────────


def one_example(
    step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...], k: int
) -> list[Part]:
    """One example: forward to its loss, and the chain rule back to this weight."""
    unit = unit_of(step, link, name, index, k)
    forward = forward_equations(step, link, index, k, unit) if unit is not None and name == "kernel" else []
    parts: list[Part] = [
        Text("Forward, with the weights before the step:"),
        Block([*forward, *loss_of(step, k)]),
    ]
    if unit is None:
        return parts
    parts += [
        Text("Backward: d means the derivative of this loss by what follows; the strongest way is followed."),
        Block(delta_equations(step, k, link.place, unit)),
    ]
    return parts


def unit_of(
    step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...], k: int
) -> int | None:
    """The flat place of the delta by which an example pushes most; None where only the layer's own rule knows."""
    two = pairs(link.link, link.x, link.delta, name, index)
    if two is None:
        return None
    row = int(np.abs(two[0][k] * two[1][k]).argmax())
    return row * int(link.y.shape[-1]) + index[-1]


def forward_equations(
    step: StepExplained, link: LinkExplained, index: tuple[int, ...], k: int, unit: int
) -> list[Equation]:
    """What the weight's unit said to an example: z = Σ x · w + b, then the activation."""
    symbols, place, (i, j) = symbols_of(step.links), link.place, index
    row = unit // link.y.shape[-1]
    x = np.asarray(link.x[k], np.float64).reshape(-1, link.x.shape[-1])[row]
    w = np.asarray(link.params["kernel"], np.float64)[:, j]
    order = [i, *(int(m) for m in np.argsort(-np.abs(x * w), kind="stable") if m != i)]
    chosen = order if len(order) <= TERMS + 1 else order[:TERMS]
    rest = float((x * w)[order[len(chosen) :]].sum()) if len(chosen) < len(order) else None
    inner, number_ = symbols.ins[place], symbols.numbers[place]
    shape = link.x.shape[1:]
    letters = [f"{at(inner, shape, row * len(x) + m)} · W{number_}[{m}, {j}]" for m in chosen]
    letters += [f"rest of {len(order) - len(chosen)}"] if rest is not None else []
    numbers = weighed_sum([(x[m], w[m]) for m in chosen], rest)
    if "bias" in link.params:
        letters.append(f"b{number_}[{j}]")
        numbers += " + " + weighed_sum([(0,), (float(link.params["bias"][j]),)])[4:]
    z = float(link.y[k].reshape(-1)[unit])
    lines = [finished(at(symbols.outs[place], link.y.shape[1:], unit), " + ".join(letters), numbers, z)]
    above = step.links[place + 1] if place + 1 < len(step.links) else None
    if (
        above is not None
        and above.name.startswith(f"{link.name}:")
        and getattr(above.link, "activation", "") != "softmax"
    ):
        kind, a = above.link.activation, float(above.y[k].reshape(-1)[unit])  # type: ignore[attr-defined]
        bends = {"relu": "max(z, 0)", "sigmoid": "1 / (1 + exp(-z))", "tanh": "tanh(z)"}
        name = at(symbols.outs[place + 1], above.y.shape[1:], unit)
        if kind in bends:
            bent = equation(name, bends[kind], {"z": z}, a)
            lines.append(bent._replace(formula=f"{kind}({at(symbols.outs[place], link.y.shape[1:], unit)})"))
        else:
            lines.append(given(name, a, f"{kind} of it"))
    return lines


# ── all examples ─────────────────────────────────────────────────────────────────────────────────────────────────


def batch_part(
    step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...], terms: np.ndarray, order: np.ndarray,
    letter: str,
) -> list[Part]:  # fmt: skip
    """Each example's share, the largest first, and their mean."""
    moment, symbols = step.moment, symbols_of(step.links)
    every = f"All {step.n} examples" if step.n > 1 else "The one example"
    parts: list[Part] = [Heading(f"2. {every}: the derivative of each one's loss by {letter}, and the mean")]
    if not terms.any():
        return [*parts, Text(silence(step, link, name, index)), Block([given("g", 0.0)])]
    chosen = [int(k) for k in order[: SHOWN if step.n > SHOWN + 1 else step.n] if terms[k] != 0]
    pictures = [(picture_of(step, k), f"#{k}: {moment.target(k)}") for k in chosen]
    drawn = [(picture, caption) for picture, caption in pictures if picture is not None]
    if drawn:
        parts.append(Pictures([p for p, _ in drawn], [c for _, c in drawn]))
    two = pairs(link.link, link.x, link.delta, name, index)
    single = two is not None and two[0].shape[1] == 1
    lines = []
    for k in chosen:
        if single and two is not None:
            factors = (
                (float(two[0][k, 0]), step.n * float(two[1][k, 0]))
                if name == "kernel"
                else (step.n * float(two[1][k, 0]),)
            )
            lines.append(finished("", "", weighed_sum([factors])))
        else:
            lines.append(given("", terms[k]))
    others = [int(k) for k in order[len(chosen) :]]
    rest = float(terms[others].sum())
    silent = int((terms[others] == 0).sum())
    labels = [f"{moment.example(k)}, {moment.target(k)}" for k in chosen]
    if others:
        zero = ", all 0" if silent == len(others) else f", {silent} of them 0" if silent else ""
        labels.append(f"{len(others)} other{'s' if len(others) > 1 else ''}{zero}")
        lines.append(given("", rest))
    unit = at("d" + symbols.outs[link.place], (link.y.shape[-1],), index[-1])
    heads: tuple[str, ...] = ("example", unit, "its derivative")
    if name == "kernel" and single:
        heads = (
            "example",
            at(symbols.ins[link.place], (link.x.shape[-1],), index[0]),
            unit,
            "its derivative",
        )
    values = [line.value for line in lines]
    mean = finished(
        "g",
        "Σ / n",
        f"({weighed_sum([(v,) for v in values])}) / {step.n}",
        float(link.data_gradient[name][index]),
    )
    return [
        *parts,
        Shares(heads, labels, lines),
        Text("The gradient of the batch is their mean:"),
        Block([mean]),
    ]


def silence(step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...]) -> str:
    """Why no example pushes a weight."""
    two = pairs(link.link, link.x, link.delta, name, index)
    if two is None or name == "bias" or two[0].any():
        return "No example pushes: no error reaches this unit in this batch (it is off for every example, or nobody above listens)."
    return f"No example pushes: input {index[0]} is 0 in every example of this batch."


def training_part(step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...]) -> list[Part]:
    """What training made of the weight, where that is known."""
    if step.moment.after is None:
        return []
    got = float(step.moment.after["params"][link.place][name][index])
    away = got - float(link.learned[name][index])
    return [
        Text(
            f"Training went to {number(got)}{f', {away:.1g} away' if away else ', the same'}. {step.agreement()}"
        )
    ]


def pixel(step: StepExplained, link: LinkExplained, name: str, index: tuple[int, ...]) -> str:
    """Where in the picture the weight looks, if it looks at one."""
    shape = looks_at(step, link) if name == "kernel" else None
    if shape is None:
        return ""
    return f" Input {index[0]} is the pixel in row {index[0] // shape[1]}, column {index[0] % shape[1]}."
