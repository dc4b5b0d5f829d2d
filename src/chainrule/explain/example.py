"""One example in a step: what the network predicted, how wrong that was, its gradient at each layer."""

import math

import numpy as np

from chainrule.errors import SettingError
from chainrule.explain.equations import number, short
from chainrule.explain.factors import gradients_of_example
from chainrule.explain.letters import network_line, symbols_of
from chainrule.explain.losses import derivative_of, loss_of, targets
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.explain.parts import Block, Heading, Part, Pictures, Table, Text
from chainrule.explain.pictures import picture_of
from chainrule.explain.sizes import learners, rms
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
    body = step.end.z.node
    z, p, y = (np.asarray(a, np.float64).reshape(-1) for a in (step.z[k], step.p[k], targets(step, k)))
    delta = (
        step.n * np.asarray(step.links[body].delta[k], np.float64).reshape(-1)
        if step.links[body].delta is not None
        else z * np.nan
    )
    order = np.argsort(-np.abs(delta), kind="stable")[:OUTPUTS]
    inner = symbols.outs[body]
    shown = [
        ("target y", y),
        *([(inner, z)] if step.end.fused else []),
        ("prediction p", p),
        (f"d{inner}", delta),
    ]
    names = inputs.classes if inputs.classes is not None and len(inputs.classes) == len(p) else range(len(p))
    parts += [
        Text(network_line(step, symbols)),
        Heading("What the network predicted (largest derivative first)"),
        Table(["output", *(name for name, _ in shown)], [[str(names[m]), *(number(a[m]) for _, a in shown)] for m in order]),
        Block([*loss_of(step, symbols, k), *derivative_of(step, symbols, k, int(order[0]))]),
        Heading("Its gradient at each layer, beside the batch's"),
        Table(["layer", "input", "delta", "its gradient", "the batch's", "agreement"], [wish(step, link, k) for link in learners(step)]),
        Text("Lengths of the gradients; agreement is the cosine between this example's gradient and the batch's mean: 1 is the "
             "same direction, below 0 the step goes against this example."),
        Text(HOW_TO_READ),
    ]  # fmt: skip
    facts = {
        "example": k,
        "step": step.number,
        "loss": float(step.losses[k]),
        "p": p.tolist(),
        "target": inputs.target(k),
    }
    return Trace(
        f"Example {inputs.example(k)[1:]} of step {step.number}: target {inputs.target(k)}, loss {number(step.losses[k])}",
        parts,
        facts,
    )


def wish(step: OpenedStep, link: OpenedLink, k: int) -> list[str]:
    """How strongly an example pulls at a layer, and whether the batch pulls the same way."""
    own = {name: step.n * np.asarray(g, np.float64) for name, g in gradients_of_example(link, k).items()}
    all_ = {name: np.asarray(link.data_gradient[name], np.float64) for name in own}
    length, whole = (math.sqrt(sum(float((g * g).sum()) for g in grads.values())) for grads in (own, all_))
    product = sum(float((own[name] * all_[name]).sum()) for name in own)
    cosine = product / (length * whole) if length and whole else float("nan")
    sizes = [rms(link.x[k]), rms(link.delta[k]) * step.n, length, whole, cosine]
    return [link.name, *(short(size) for size in sizes)]
