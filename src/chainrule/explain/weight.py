"""How one weight got its next value: from the loss back through the network, over the batch, through the optimizer."""

from dataclasses import dataclass

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.check import check_weight
from chainrule.explain.dropped import dropped_for, saying_what_was_dropped, silent_unit
from chainrule.explain.equations import Equation, finished, given, number, weighted_sum
from chainrule.explain.factors import Factors
from chainrule.explain.layers import formulas_of
from chainrule.explain.layers.view import LayerView
from chainrule.explain.letters import coupled_above, network_line, symbols_of, terms_of
from chainrule.explain.losses import loss_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Block, Heading, Part, Pictures, Shares, Text
from chainrule.explain.path import path_back
from chainrule.explain.pictures import picture_of, pixel_of
from chainrule.explain.sizes import activation_after, way_to_activation
from chainrule.explain.symbols import Symbols, place_of
from chainrule.explain.trace import Trace
from chainrule.explain.update import gradient_parts, optimizer_parts

SHOWN = 6  # examples that have a line of their own
PLACES = 4  # places within an example that have one
HOW_TO_READ = (
    "Every line is computed in float64 from the numbers printed in it. ≈ is what the engine had in float32, with fewer "
    "digits; the next lines use it."
)
FORWARD = "Forward, with the weights before the step:"
FALSE_LINES = (
    "{count} of the {all} lines above DO NOT HOLD (≠): the formula gives another result than the engine had, by more "
    "than rounding. The layer or the loss does something that these formulas do not describe."
)


@dataclass(frozen=True)
class Asked:
    """The weight that is asked about, with all that its explanation needs."""

    step: OpenedStep
    link: OpenedLink
    name: str
    index: tuple[int, ...]
    symbols: Symbols
    factors: Factors | None

    @property
    def shared(self) -> bool:
        """Whether the layer stands at several places of the network, whose gradients are added."""
        return len(self.step.nodes_of(self.link)) > 1

    @property
    def letter(self) -> str:
        """How the weight is called: W₁[3, 4]."""
        formulas = formulas_of(self.link.link)
        return formulas.weight_name(self.link, self.symbols, self.name) + place_of(self.index)


def explain_weight(
    step: OpenedStep, link: OpenedLink, name: str, index: tuple[int, ...], example: int | None, check: bool
) -> Trace:
    """The explanation of one weight. example: whose path is followed, None for the one with the largest share."""
    index, symbols = link.index(name, index), symbols_of(step)
    if example is not None and not 0 <= example < step.n:
        raise SettingError(
            f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {example}."
        )
    asked = Asked(
        step, link, name, index, symbols, formulas_of(link.link).factors(link, symbols, name, index)
    )
    old, new = float(link.params[name][index]), float(link.learned[name][index])
    s = "s" * (step.n != 1)
    where = (
        f" {pixel_of(step, link, index[0])}" if name == "kernel" and pixel_of(step, link, index[0]) else ""
    )
    parts: list[Part] = [
        Text(network_line(step, symbols)),
        Text(f"A batch of {step.n} example{s} with loss {number(step.loss)}.{where}"),
    ]
    facts = {
        "layer": link.name, "weight": name, "index": list(index), "step": step.number, "old": old, "new": new,
        "update": new - old, "gradient": float(link.gradient[name][index]),
        "data_gradient": float(link.data_gradient[name][index]),
    }  # fmt: skip
    coupled = coupled_above(step, link)
    if coupled is None:
        terms = step.n * terms_of(step, link, name, index)
        order = np.argsort(-np.abs(np.nan_to_num(terms, nan=np.inf)), kind="stable")
        k = int(order[0]) if example is None else int(example)
        which = "The example with the largest share" if example is None else "One example"
        parts += [
            Heading(f"1. {which}: {step.inputs.example(k)}, target {step.inputs.target(k)}"),
            *one_example(asked, k),
        ]
        parts += batch_part(asked, terms, order)
        facts["terms"] = (terms / step.n).tolist()
    else:
        parts += coupled_part(asked, coupled)
    facts |= step.weights
    parts += [
        *gradient_parts(step, link, name, index),
        *optimizer_parts(step, link, name, index),
        *training_part(asked),
        Text(HOW_TO_READ),
    ]
    title = f"{link.name}.{name}{place_of(index)} in step {step.number}: {number(old)} → {number(new)}"
    trace = Trace(title, parts, facts)
    if check:
        trace.parts += [
            Heading("4. The check"),
            Text(str(check_weight(step.inputs, link.place, name, index))),
        ]
    if trace.disagreements:
        text = FALSE_LINES.format(count=len(trace.disagreements), all=len(trace.equations))
        trace.parts.append(Text(text))
        trace.facts["disagreements"] = [e.name for e in trace.disagreements]
    return trace


# ── one example ──────────────────────────────────────────────────────────────────────────────────────────────────


def one_example(asked: Asked, k: int) -> list[Part]:
    """One example: forward to its loss, and the chain rule back to this weight."""
    step, link, symbols, factors = asked.step, asked.link, asked.symbols, asked.factors
    loss = loss_of(step, symbols, k)
    if factors is None:
        return [Text(FORWARD), Block(loss)]
    details = formulas_of(link.link).details(LayerView(step, link, symbols, k), asked.name, asked.index)
    place = int(np.argmax(np.abs(np.nan_to_num(factors.products[k], nan=np.inf))))
    if factors.units is None:
        formulas = formulas_of(link.link)
        forward, back = formulas.inside(LayerView(step, link, symbols, k), place, asked.name, asked.index)
        forward = saying_what_was_dropped(forward, LayerView(step, link, symbols, k))
        output = formulas.output_of(LayerView(step, link, symbols, k), place, asked.name, asked.index)
        if output is not None and back:
            back = [*path_back(step, symbols, k, link.place, output), *back]
    else:
        unit = int(factors.units[place])
        forward = unit_forward(step, link, symbols, k, unit, asked.index)
        back = path_back(step, symbols, k, link.place, unit)
    parts: list[Part] = [
        Text(FORWARD),
        Block([*forward, *loss]),
        Text(
            "Backward: d is the derivative of this loss by what follows it; of many paths the largest is followed."
        ),
        Block(back),
    ]
    if asked.shared:
        count = len(step.nodes_of(link))
        text = f"The layer stands at {count} places of the network. This is the path of the first; shares are sums over all."
        return [*(parts if back else parts[:2]), Text(text)]
    return [*(parts if back else parts[:2]), *details, *places_part(asked, k)]


def unit_forward(
    step: OpenedStep,
    link: OpenedLink,
    symbols: Symbols,
    k: int,
    unit: int,
    index: tuple[int, ...] | None = None,
) -> list[Equation]:
    """How one output of a layer is made for the k-th example, and what its activation makes of it."""
    view = LayerView(step, link, symbols, k)
    lines = saying_what_was_dropped(formulas_of(link.link).forward(view, unit, index), view, unit)
    activation = activation_after(step, link)
    if activation is None or any(o.end.fused and activation.place == o.end.p.node for o in step.outputs):
        return lines
    for place in way_to_activation(step.graph, link.place):
        lines += formulas_of(step.links[place].link).forward(
            LayerView(step, step.links[place], symbols, k), unit
        )
    return lines


def places_part(asked: Asked, k: int) -> list[Part]:
    """Where a weight that is used at several places met one example: the largest products, the others as one number."""
    factors, step = asked.factors, asked.step
    if factors is None or factors.right.shape[1] < 2:
        return []
    products = step.n * factors.products[k]
    order = [int(m) for m in np.argsort(-np.abs(products), kind="stable")]
    nonzero = [m for m in order if products[m] != 0]
    chosen = nonzero if len(nonzero) <= PLACES + 1 else nonzero[:PLACES]
    others = [m for m in order if m not in chosen]
    lines = [product_line(factors, step.n, k, m) for m in chosen]
    labels = [(factors.right_name if factors.left is None else factors.left_name)(m) for m in chosen]
    if others:
        zero = int((products[others] == 0).sum())
        labels.append(
            f"{len(others)} other place{'s' * (len(others) > 1)}, {zero} of them 0"
            if zero
            else f"{len(others)} other places"
        )
        lines.append(given("", float(products[others].sum())))
    total = finished(f"d{asked.letter} for #{k}", "Σ", weighted_sum([(line.value,) for line in lines]), float(products.sum()),
                     size=float(np.abs(products).sum()))  # fmt: skip
    met = "the derivative" if factors.left is None else "what it met · the derivative"
    return [
        Text(
            f"The weight is used at {len(products)} places of an example; its derivative is the sum over them:"
        ),
        Shares(
            ("met", met, "its derivative")
            if factors.left is None
            else ("met", "its value", "derivative there", "its derivative"),
            labels,
            lines,
        ),
        Block([total]),
    ]


def product_line(factors: Factors, n: int, k: int, m: int) -> Equation:
    """One product of what a weight met and the derivative there, for an example's own loss."""
    right = n * float(factors.right[k, m])
    return finished(
        "", "", weighted_sum([(right,) if factors.left is None else (float(factors.left[k, m]), right)])
    )


# ── all examples ─────────────────────────────────────────────────────────────────────────────────────────────────


def batch_part(asked: Asked, terms: np.ndarray, order: np.ndarray) -> list[Part]:
    """Each example's share, the largest first, and their mean."""
    step, inputs, factors = asked.step, asked.step.inputs, asked.factors
    every = f"All {step.n} examples" if step.n > 1 else "The one example"
    parts: list[Part] = [
        Heading(f"2. {every}: the derivative of each one's loss by {asked.letter}, and the mean")
    ]
    if not terms.any():
        return [*parts, Text(why_zero(asked)), Block([given("g", 0.0)])]
    chosen = [int(k) for k in order[: SHOWN if step.n > SHOWN + 1 else step.n] if terms[k] != 0]
    pictures = [(picture_of(step, k), f"#{k}: {inputs.target(k)}") for k in chosen]
    drawn = [(picture, caption) for picture, caption in pictures if picture is not None]
    if drawn:
        parts.append(Pictures([p for p, _ in drawn], [c for _, c in drawn]))
    single = factors is not None and factors.right.shape[1] == 1 and not asked.shared
    lines = [
        product_line(factors, step.n, k, 0) if single and factors is not None else given("", terms[k])
        for k in chosen
    ]
    others = [int(k) for k in order[len(chosen) :]]
    labels = [f"{inputs.example(k)}, {inputs.target(k)}" for k in chosen]
    if others:
        silent = int((terms[others] == 0).sum())
        zero = ", all 0" if silent == len(others) else f", {silent} of them 0" if silent else ""
        labels.append(f"{len(others)} other{'s' if len(others) > 1 else ''}{zero}")
        lines.append(given("", float(terms[others].sum())))
    heads: tuple[str, ...] = ("example", "Σ over places" if factors is not None else "", "its derivative")
    if single and factors is not None:
        left = () if factors.left is None else (factors.left_name(0),)
        heads = ("example", *left, factors.right_name(0), "its derivative")
    known, values = (
        float(asked.link.data_gradient[asked.name][asked.index]),
        [(line.value,) for line in lines],
    )
    size = float(np.abs(terms if factors is None else step.n * factors.products).sum()) / step.n
    mean = finished("g", "Σ / n", f"({weighted_sum(values)}) / {step.n}", known, size=size)
    why = dropped_words(asked, others) if single else ""
    return [
        *parts,
        Shares(heads, labels, lines),
        *([Text(f"Of these others, {why}.")] if why else []),
        Text("The gradient of the batch is their mean:"),
        Block([mean]),
    ]


def coupled_part(asked: Asked, coupled: OpenedLink) -> list[Part]:
    """What is said where examples act on each other, so that a gradient has no shares by example."""
    layer = f"{type(coupled.link).__name__} {coupled.name!r}"
    words = (
        f"{layer} computes its output for one example from all examples of the batch, so no part of this gradient "
        "belongs to one example: a change of one example changes what the layer gives for the others."
    )
    g, factors = float(asked.link.data_gradient[asked.name][asked.index]), asked.factors
    heading = Heading(f"2. The whole batch: the derivative of its loss by {asked.letter}")
    if factors is None or asked.shared:
        note = f"by the gradients rule of {type(asked.link.link).__name__} {asked.link.name!r}"
        return [Text(words), heading, Block([given("g", g, note)])]
    return [Text(words), *one_meeting(asked), heading, *batch_places(asked, g)]


def one_meeting(asked: Asked) -> list[Part]:
    """The arithmetic at the place where the largest part of a gradient is made, with the derivative of all losses."""
    step, link, symbols, factors = asked.step, asked.link, asked.symbols, asked.factors
    if factors is None or factors.units is None:
        return []
    products = np.abs(np.nan_to_num(factors.products))
    k, place = (int(i) for i in np.unravel_index(int(np.argmax(products)), products.shape))
    unit = int(factors.units[place])
    return [
        Heading(
            f"1. Where the largest part is made: {step.inputs.example(k)}, target {step.inputs.target(k)}"
        ),
        Text(FORWARD),
        Block([*unit_forward(step, link, symbols, k, unit, asked.index), *loss_of(step, symbols, k)]),
        Text("Backward: d is the derivative of the sum of all examples' losses by what follows it."),
        Block(path_back(step, symbols, k, link.place, unit)),
    ]


def batch_places(asked: Asked, g: float) -> list[Part]:
    """The products of what a weight met and the derivative of the batch's loss there, over all examples and places."""
    factors = asked.factors
    assert factors is not None
    products = factors.products
    order = np.argsort(-np.abs(products), axis=None, kind="stable")
    chosen = [tuple(int(i) for i in np.unravel_index(int(m), products.shape)) for m in order[:SHOWN]]
    chosen = [place for place in chosen if products[place] != 0]
    lines = [product_line(factors, 1, k, m) for k, m in chosen]
    name = factors.right_name if factors.left is None else factors.left_name
    labels = [f"{name(m)} of {asked.step.inputs.example(k)}" for k, m in chosen]
    if products.size > len(chosen):
        labels.append(f"{products.size - len(chosen)} others")
        lines.append(given("", float(products.sum() - sum(products[place] for place in chosen))))
    numbers = weighted_sum([(line.value,) for line in lines])
    total = finished("g", "Σ", numbers, g, size=float(np.abs(products).sum()))
    heads = (
        ("met", "derivative there", "its derivative")
        if factors.left is None
        else ("met", "its value", "derivative there", "its derivative")
    )
    return [Text("Where the weight meets the batch, with the derivative of the batch's loss there:"),
            Shares(heads, labels, lines), Block([total])]  # fmt: skip


def why_zero(asked: Asked) -> str:
    """Why all shares of a weight's gradient are 0."""
    factors = asked.factors
    if factors is None:
        return "No example has a share: the layer's own rule gives 0 for each."
    left, right = factors.left, factors.right
    words = dropped_words(asked, list(range(asked.step.n)))
    dropped = f" ({words})" if words else ""
    met = "" if left is None else factors.left_name(0) if right.shape[1] == 1 else "what the weight meets"
    if left is not None and not left.any():
        if right.shape[1] == 1 and len(asked.index) == 2:
            return f"No example has a share: input {asked.index[0]} is 0 in every example of this batch{dropped}."
        return f"No example has a share: {met} is 0 in every example of this batch{dropped}."
    if not right.any():
        return (
            "No example has a share: no error reaches this unit in this batch (it is off for every example, the error "
            f"is 0, or the layers above do not use it){dropped}."
        )
    return f"No example has a share: wherever an error reaches this unit, {met} is 0{dropped}."


def dropped_words(asked: Asked, examples: list[int]) -> str:
    """For how many of some examples a dropout dropped what the weight meets, or the unit that it feeds; "" for none."""
    step, link, told = asked.step, asked.link, list[str]()
    met = dropped_for(step, link, asked.index) if asked.name == "kernel" else None
    for whose, found in (("the input was", met), ("the unit was", silent_unit(step, link, asked.index[-1]))):
        count = 0 if found is None else int(found[1][examples].sum())
        if found is not None and count:
            told.append(f"{whose} dropped by {found[0]} in {count}")
    return " and ".join(told)


def training_part(asked: Asked) -> list[Part]:
    """What training made of the weight, where that is known."""
    step, link = asked.step, asked.link
    if step.inputs.after is None:
        return []
    got = float(step.inputs.after["params"][link.entry][asked.name][asked.index])
    away = got - float(link.learned[asked.name][asked.index])
    said = f", {away:.1g} away" if away else ", the same"
    who = "Training" if step.inputs.doubt is None else "Its replay"
    return [Text(f"{who} went to {number(got)}{said}. {step.agreement()}")]
