"""The end of the chain with numbers plugged in: how wrong an example was, and which way is worse."""

import re
from typing import Any

import numpy as np

from chainrule import losses
from chainrule.activations import softmax
from chainrule.explain.equations import Equation, equation, finished, given, near_one, number
from chainrule.explain.expressions import computed
from chainrule.explain.step import StepExplained
from chainrule.explain.symbols import at, symbols_of
from chainrule.losses import crossentropy
from chainrule.losses.base import numbers_per_example, one_hot, rows_per_example

CLASSES = (losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)
SPELLED = 3  # terms of a sum that are written out
SMALL = 1e-30  # below it a float32 probability has no digits left


def targets(step: StepExplained, k: int) -> np.ndarray:
    """What the k-th example's outputs should be, as the loss compares them: one-hot, smoothed."""
    loss, y, z = step.end.loss, step.moment.batch[1][k : k + 1], step.z[k : k + 1]
    if isinstance(loss, losses.SparseCategoricalCrossentropy):
        return np.asarray(one_hot(y, z)[0], np.float64)
    smoothed = getattr(loss, "smoothed", None)
    return np.asarray(smoothed(y, z)[0] if smoothed else y[0], np.float64).reshape(z.shape[1:])


def derivative_of(step: StepExplained, k: int, unit: int) -> list[Equation]:
    """The derivative of the k-th example's loss by one number at the end of the chain that the sweeps walk."""
    loss, body = step.end.loss, step.end.z.node
    symbols = symbols_of(step.links)
    shape = step.z.shape[1:]
    name = "d" + at(symbols.outs[body], shape, unit)
    delta = step.links[body].delta
    known = None if delta is None else step.n * float(delta[k].reshape(-1)[unit])
    y = float(targets(step, k).reshape(-1)[unit])
    if isinstance(loss, CLASSES) and loss.from_logits:
        chance, p = softmax_at(step, k, unit)
        total = float(targets(step, k).reshape(-1, shape[-1])[unit // shape[-1]].sum())
        product = "p - y" if abs(total - 1) < 1e-6 else "p · Σy - y"
        return [
            chance,
            divided(step, k, name, product, {"p": p, "y": y, "Σy": total}, rows_per_example(step.z), known),
        ]
    count = numbers_per_example(step.z)
    z = float(step.z[k].reshape(-1)[unit])
    values = {"p": near_one(z), "y": y}
    if isinstance(loss, losses.BinaryCrossentropy) and loss.from_logits:
        inner = at(symbols.outs[body], shape, unit)
        said = float(np.asarray(step.p[k]).reshape(-1)[unit]) if step.end.fused else None
        chance = equation(at("p", shape, unit), "1 / (1 + exp(-z))", {"z": z}, said)
        chance = chance._replace(formula=f"1 / (1 + exp(-{inner}))")
        return [chance, divided(step, k, name, "p - y", {"p": near_one(chance.used), "y": y}, count, known)]
    formulas = {
        losses.MeanSquaredError: "2 · (p - y)", losses.MeanAbsoluteError: "sign(p - y)",
        losses.Huber: "max(min(p - y, δ), -δ)", losses.BinaryCrossentropy: "(p - y) / (p · (1 - p))",
    }  # fmt: skip
    formula = formulas.get(type(loss))
    cut = (
        isinstance(loss, losses.BinaryCrossentropy)
        and not crossentropy.EPSILON <= z <= 1 - crossentropy.EPSILON
    )
    if formula is None or cut:
        return [given(name, float("nan") if known is None else known, f"by the rule of {loss.name}")]
    return [divided(step, k, name, formula, values | {"δ": getattr(loss, "delta", 0.0)}, count, known)]


def divided(
    step: StepExplained,
    k: int,
    name: str,
    formula: str,
    values: dict[str, object],
    count: int,
    known: float | None,
) -> Equation:
    """A derivative, shared among the outputs that the loss is a mean of, and weighed where examples have weights."""
    if count > 1:
        formula = (
            f"{formula} / outputs" if "-" not in formula or formula[-1] == ")" else f"({formula}) / outputs"
        )
    if step.sample_weight is not None:
        formula = f"({formula}) · weight" if count == 1 else f"{formula} · weight"
        values = values | {"weight": float(step.sample_weight[k])}
    return equation(name, formula, values | {"outputs": count}, known)


def softmax_at(step: StepExplained, k: int, unit: int) -> tuple[Equation, str]:
    """One probability of the k-th example, and how it is written where 1 is taken from it."""
    classes = step.z.shape[-1]
    row, m = divmod(unit, classes)
    z = np.asarray(step.z[k], np.float64).reshape(-1, classes)[row]
    highest = float(z.max())
    values = {"z": float(z[m]), "max": highest, "total": float(np.exp(z - highest).sum())}
    symbol = at(symbols_of(step.links).outs[step.end.z.node], step.z.shape[1:], unit)
    rows = step.p[k] if step.end.fused else softmax(step.z[k])
    p = float(np.asarray(rows).reshape(-1)[unit])
    chance = equation(
        "q", "exp(z - highest) / total", {"z": values["z"], "highest": highest, "total": values["total"]}, p
    )
    others = symbol.partition("[")[0]
    formula = f"exp({symbol} - max {others}) / Σ exp({others} - max {others})"
    written = near_one(p) if chance.engine is None else near_one(chance.engine)
    if chance.engine is not None or p > 0.9:
        written = near_one(p)
    return chance._replace(name=at("p", step.p.shape[1:], unit), formula=formula), written


def loss_of(step: StepExplained, k: int) -> list[Equation]:
    """How wrong the k-th example was, before it is weighed."""
    loss, known, y = step.end.loss, float(step.losses[k]), targets(step, k)
    name = f"loss of #{k}"
    if isinstance(loss, CLASSES) and y.ndim == 1 and ((y == 0) | (y == 1)).all() and y.sum() == 1:
        m = int(y.argmax())
        rows = step.p[k] if step.end.fused or not loss.from_logits else softmax(step.z[k])
        p = float(np.asarray(rows)[m])
        if p > SMALL:
            return [finished(name, f"-log({at('p', y.shape, m)})", f"-log({near_one(p)})", known)]
        if loss.from_logits:
            z = np.asarray(step.z[k], np.float64)
            total = number(np.exp(z - z.max()).sum())
            spread = f"log({total}) - ({number(z[m])} - {number(z.max()) if z.max() >= 0 else f'({number(z.max())})'})"
            return [finished(name, "log(Σ exp(z - max z)) - (z - max z)", spread, known)]
    if isinstance(loss, CLASSES) and y.ndim == 1:
        rows = step.p[k] if step.end.fused or not loss.from_logits else softmax(step.z[k])
        chances = np.asarray(rows, np.float64)
        if (chances > SMALL).all() and chances.shape == y.shape:
            return [over_classes(name, y, chances, known)]
    said = step.p if step.end.fused else step.z
    terms = [
        one_output(loss, near_one(p), float(t))
        for p, t in zip(np.asarray(said[k]).reshape(-1), y.reshape(-1), strict=True)
    ]
    if all(terms):
        return [over_outputs(name, [term for term in terms if term], y.shape, known)]
    return [given(name, known, f"by {loss.name}")]


def one_output(loss: Any, p: str, y: float) -> tuple[str, dict[str, Any]] | None:
    """What one output adds to the loss: a formula and its numbers; None where it is not spelled out."""
    values = {"p": p, "y": y}
    if isinstance(loss, losses.MeanSquaredError):
        return "(p - y)²", values
    if isinstance(loss, losses.MeanAbsoluteError):
        return "abs(p - y)", values
    if isinstance(loss, losses.Huber):
        near = abs(float(p) - y) <= loss.delta
        return "(p - y)² / 2" if near else "δ · (abs(p - y) - δ / 2)", values | {"δ": loss.delta}
    if (
        isinstance(loss, losses.BinaryCrossentropy)
        and crossentropy.EPSILON <= float(p) <= 1 - crossentropy.EPSILON
    ):
        if y in (0, 1):
            return "-log(p)" if y else "-log(1 - p)", values
        return "-y · log(p) - (1 - y) · log(1 - p)", values
    return None


def over_classes(name: str, y: np.ndarray, p: np.ndarray, known: float) -> Equation:
    """-Σ y · log(p), for targets that are spread over the classes: the largest written out, the others summed."""
    terms = y * np.log(p)
    most = [int(m) for m in np.argsort(terms, kind="stable")[:SPELLED]]
    rest = float(terms.sum() - terms[most].sum())
    formula = " + ".join(f"{at('y', y.shape, m)} · log({at('p', y.shape, m)})" for m in most)
    numbers = " + ".join(f"{number(y[m])} · log({near_one(p[m])})" for m in most)
    if len(y) > len(most):
        formula += f" + rest of {len(y) - len(most)}"
        numbers += f" + ({number(rest)})"
    return finished(name, f"-({formula})", f"-({numbers})", known)


def over_outputs(
    name: str, terms: list[tuple[str, dict[str, Any]]], shape: tuple[int, ...], known: float
) -> Equation:
    """The mean over the outputs: the largest terms written out, the others summed."""
    if len(terms) == 1:
        return equation(name, *terms[0], known)
    worked = [equation("", formula, values) for formula, values in terms]
    values = np.array([computed(term.numbers) for term in worked])
    most = [int(m) for m in np.argsort(-values, kind="stable")[:SPELLED]]
    formulas = [spelled(terms[m][0], shape, m) for m in most]
    numbers = [worked[m].numbers for m in most]
    if len(terms) > len(most):
        formulas.append(f"rest of {len(terms) - len(most)}")
        numbers.append(number(values.sum() - values[most].sum()))
    bracketed = (
        " + ".join(f"({n})" if n.startswith("-") else n for n in part) for part in (formulas, numbers)
    )
    formula, plugged = bracketed
    return finished(name, f"({formula}) / {len(terms)}", f"({plugged}) / {len(terms)}", known)


def spelled(formula: str, shape: tuple[int, ...], m: int) -> str:
    """A formula with the place of p and y in it.

    >>> spelled("abs(p - y)", (3,), 1)
    'abs(p[1] - y[1])'
    """
    return re.sub(r"\b[py]\b", lambda found: at(found[0], shape, m), formula)
