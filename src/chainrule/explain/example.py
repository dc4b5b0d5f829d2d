"""One example in a step: what the network predicted, how wrong that was, its gradient at each layer."""

import math

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.equations import number, short
from chainrule.explain.factors import gradients_of_example
from chainrule.explain.letters import network_line, symbols_of
from chainrule.explain.losses import derivative_of, loss_of, targets
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.outputs import OpenedOutput
from chainrule.explain.parts import Block, Heading, Part, Pictures, Table, Text
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import learners, rms
from chainrule.explain.symbols import Symbols
from chainrule.explain.trace import Trace
from chainrule.explain.weight import HOW_TO_READ

OUTPUTS = 10


def explain_example(step: OpenedStep, k: int) -> Trace:
    """The explanation of the k-th example of the batch."""
    if not 0 <= k < step.n:
        raise SettingError(f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {k}.")
    inputs, symbols = step.inputs, symbols_of(step)
    parts: list[Part] = []
    picture = picture_of(step, k)
    if picture is not None:
        parts.append(Pictures([picture], [f"target {inputs.target(k)}"]))
    parts.append(Text(network_line(step, symbols)))
    for output in step.outputs:
        where = f" at {output.name}" if output.several else ""
        parts.append(Heading(f"What the network predicted{where} (largest derivative first)"))
        parts += predicted(step, output, symbols, k)
    parts += [
        Block(loss_of(step, symbols, k)),
        *(Block(derivative_of(output, symbols, k, order_of(output, k)[0])) for output in step.outputs),
        Heading("Its gradient at each layer, beside the batch's"),
        Table(["layer", "input", "delta", "its gradient", "the batch's", "agreement"], [wish(step, link, k) for link in learners(step)]),
        Text("Lengths of the gradients; agreement is the cosine between this example's gradient and the batch's mean: 1 is the "
             "same direction, below 0 the step goes against this example."),
        Text(HOW_TO_READ),
    ]  # fmt: skip
    said = {o.name: np.asarray(o.p[k], np.float64).reshape(-1).tolist() for o in step.outputs}
    facts = {
        "example": k,
        "step": step.number,
        "loss": float(step.losses[k]),
        "p": said if len(said) > 1 else said[step.outputs[0].name],
        "target": inputs.target(k),
    }
    return Trace(
        f"Example {inputs.example(k)[1:]} of step {step.number}: target {inputs.target(k)}, loss {number(step.losses[k])}",
        parts,
        facts,
    )


def order_of(output: OpenedOutput, k: int) -> list[int]:
    """The numbers of an output that are shown: those with the largest derivatives."""
    delta = np.abs(np.asarray(output.delta[k], np.float64).reshape(-1))
    return [int(m) for m in np.argsort(-delta, kind="stable")[:OUTPUTS]]


def predicted(step: OpenedStep, output: OpenedOutput, symbols: Symbols, k: int) -> list[Part]:
    """What one output gave for an example, beside what it should have been."""
    z, p, y = (np.asarray(a, np.float64).reshape(-1) for a in (output.z[k], output.p[k], targets(output, k)))
    delta = output.n * np.asarray(output.delta[k], np.float64).reshape(-1)
    inner = symbols.outs[output.end.z.node]
    shown = [
        (f"target y{output.digit}", y),
        *([(inner, z)] if output.end.fused else []),
        (f"prediction p{output.digit}", p),
        (f"d{inner}", delta),
    ]
    classes = step.inputs.classes
    shape = tuple(np.shape(output.z)[1:])
    names = (
        classes
        if classes is not None and len(classes) == len(p)
        else [", ".join(map(str, np.unravel_index(m, shape))) for m in range(len(p))]
    )
    rows = [[str(names[m]), *(number(a[m]) for _, a in shown)] for m in order_of(output, k)]
    return [Table(["output", *(name for name, _ in shown)], rows)]


def wish(step: OpenedStep, link: OpenedLink, k: int) -> list[str]:
    """How strongly an example pulls at a layer, and whether the batch pulls the same way."""
    own: dict[str, np.ndarray] = {}
    for node in step.nodes_of(link):
        for name, g in gradients_of_example(node, k).items():
            own[name] = own.get(name, 0.0) + step.n * np.asarray(g, np.float64)
    all_ = {name: np.asarray(link.data_gradient[name], np.float64) for name in own}
    length, whole = (math.sqrt(sum(float((g * g).sum()) for g in grads.values())) for grads in (own, all_))
    product = sum(float((own[name] * all_[name]).sum()) for name in own)
    cosine = product / (length * whole) if length and whole else float("nan")
    reached = [delta[k].reshape(-1) for delta in link.deltas if delta is not None]
    sizes = [rms(link.x[k]), rms(np.concatenate(reached)) * step.n, length, whole, cosine]
    return [link.name, *(short(size) for size in sizes)]
