"""The letters of an opened step's links, the network in one line, and the examples' terms of a gradient."""

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.layers import LayerFormulas, formulas_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.symbols import DIGITS, Symbols, size

UNNAMED = Symbols([], [], [], [])


def symbols_of(step: OpenedStep) -> Symbols:
    """Letters for every node of a step's network; the output is p, or z where the loss takes logits."""
    ends = {
        output.end.p.node: f"p{output.digit}"
        for output in step.outputs
        if output.end.fused or not getattr(output.loss, "from_logits", False)
    }
    inputs = (
        ["x"]
        if step.graph.inputs == 1
        else [f"x{str(i + 1).translate(DIGITS)}" for i in range(step.graph.inputs)]
    )
    outs: list[str] = []
    ins: list[tuple[str, ...]] = []
    numbers: dict[int, str] = {}  # by entry of the weights
    for i, link in enumerate(step.links):
        taken = tuple(inputs[-1 - s.node] if s.node < 0 else outs[s.node] for s in link.sources)
        ins.append(taken)
        if link.params and link.entry not in numbers:
            numbers[link.entry] = str(len(numbers) + 1).translate(DIGITS)
        own = numbers.get(link.entry, str(len(numbers)).translate(DIGITS))
        letter = formulas_of(link.link).letter
        symbol = taken[0]
        if letter and i in ends:
            symbol = ends[i]
        elif letter:
            symbol = ("z" if link.params and type(formulas_of(link.link)) is LayerFormulas else letter) + own
            while symbol in outs:
                symbol = symbol[0] + symbol
        outs.append(symbol)
    own_numbers = [numbers.get(link.entry, "") for link in step.links]
    return Symbols([names[0] for names in ins], outs, own_numbers, ins)


def network_line(step: OpenedStep, symbols: Symbols) -> str:
    """The network in letters: x (784) → dense: z₁ = x·W₁ + b₁ (128) → relu: a₁ → ... → softmax: p."""
    first = step.inputs.batch[0]
    arrays = first if isinstance(first, tuple) else (first,)
    names = ["x"] if len(arrays) == 1 else [f"x{str(i + 1).translate(DIGITS)}" for i in range(len(arrays))]
    shown = [", ".join(f"{name} {size(np.shape(a)[1:])}" for name, a in zip(names, arrays, strict=True))]
    last = set(names)
    for i, link in enumerate(step.links):
        formulas = formulas_of(link.link)
        if not formulas.letter:
            continue
        expression = formulas.expression(link, symbols)
        chained = len(link.sources) == 1 and link.sources[0].node == i - 1
        if not expression and not chained:
            expression = f"of {' and '.join(symbols.sources[i])}"
            expression = f"({expression})"
        shape = f" {size(link.y.shape[1:])}" if link.params or link.y.shape != link.x.shape else ""
        said = (
            f" = {expression}"
            if expression and not expression.startswith("(of")
            else f" {expression}"
            if expression
            else ""
        )
        sign = " → " if last & set(symbols.sources[i]) else "; "  # another branch begins
        shown.append(f"{sign}{formulas.name(link)}: {symbols.outs[i]}{said}{shape}")
        last = {symbols.outs[i]}
    return "".join(shown)


def terms_of(step: OpenedStep, link: OpenedLink, name: str, index: tuple[int, ...]) -> np.ndarray:
    """Each example's term of one weight's mean gradient, (batch,) float64, over all nodes of the layer."""
    refuse_coupled(step, link)
    nodes = step.nodes_of(link)
    return np.asarray(sum(formulas_of(node.link).terms(node, UNNAMED, name, index) for node in nodes))


def coupled_above(step: OpenedStep, link: OpenedLink) -> OpenedLink | None:
    """The first layer from a link on whose output for one example depends on the others; None where there is none."""
    waiting, seen = step.nodes_of(link), set[int]()
    while waiting:
        here = waiting.pop(0)
        if here.link.couples_examples:
            return here
        seen.add(here.place)
        waiting += [user for user in step.users(here.place) if user.place not in seen]
    return None


def refuse_coupled(step: OpenedStep, link: OpenedLink) -> None:
    """SettingError where a layer's gradient is no sum of terms by example, because examples act on each other."""
    coupled = coupled_above(step, link)
    if coupled is not None:
        raise SettingError(
            f"{type(coupled.link).__name__} {coupled.name!r} computes its output for one example from the whole batch, so "
            f"the gradients of {link.name} are no sums of terms by example."
        )
