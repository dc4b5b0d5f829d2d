"""The loss with numbers plugged in: how wrong the k-th example was, and the derivative by the network's output.

Losses that are a mean over the outputs have their two formulas in a table, in p (the output) and y (the target);
cross-entropies over classes are written out row by row.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from chainrule.activations import softmax
from chainrule.explain.equations import Equation, equation, finished, given, near_one, number
from chainrule.explain.expressions import computed
from chainrule.explain.opened import OpenedStep
from chainrule.explain.symbols import Symbols, at
from chainrule.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Huber,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from chainrule.losses.base import numbers_per_example, one_hot, rows_per_example
from chainrule.losses.crossentropy import EPSILON

CLASSES = (CategoricalCrossentropy, SparseCategoricalCrossentropy)
SPELLED = 3  # terms of a sum that are written out
SMALL = 1e-30  # below it a float32 probability has no digits left
SUMS_TO_ONE = 1e-6  # how far probabilities may be from that to be printed without a division


class OutputFormulas(NamedTuple):
    """What one output adds to a loss that is their mean, and the derivative by it, as texts in p and y."""

    value: str
    derivative: str


def formulas_for(loss: Loss, p: float, y: float) -> OutputFormulas | None:
    """The formulas of a loss for one output; None where they are not written out."""
    if type(loss) is MeanSquaredError:
        return OutputFormulas("(p - y)²", "2 · (p - y)")
    if type(loss) is MeanAbsoluteError:
        return OutputFormulas("abs(p - y)", "sign(p - y)")
    if type(loss) is Huber:
        near = abs(p - y) <= loss.delta
        value = "(p - y)² / 2" if near else "δ · (abs(p - y) - δ / 2)"
        return OutputFormulas(value, "max(min(p - y, δ), -δ)")
    if type(loss) is BinaryCrossentropy and not loss.from_logits and EPSILON <= p <= 1 - EPSILON:
        return OutputFormulas(binary(y), "(p - y) / (p · (1 - p))")
    return None


def binary(y: float) -> str:
    """The binary cross-entropy of one output, for a target of 0, 1 or between."""
    if y in (0, 1):
        return "-log(p)" if y else "-log(1 - p)"
    return "-y · log(p) - (1 - y) · log(1 - p)"


def settings_of(loss: Loss) -> dict[str, float]:
    """The letters of a loss's own settings."""
    return {"δ": loss.delta} if isinstance(loss, Huber) else {}


def targets(step: OpenedStep, k: int) -> np.ndarray:
    """The k-th example's targets as the loss compares them with the outputs: one-hot, smoothed."""
    loss, y, z = step.end.loss, step.inputs.batch[1][k : k + 1], step.z[k : k + 1]
    if isinstance(loss, SparseCategoricalCrossentropy):
        return np.asarray(one_hot(y, z)[0], np.float64)
    smoothed = getattr(loss, "smoothed", None)
    return np.asarray(smoothed(y, z)[0] if smoothed else y[0], np.float64).reshape(z.shape[1:])


def probabilities(step: OpenedStep, k: int) -> np.ndarray:
    """What the k-th example's outputs say as probabilities: the outputs, or what softmax or sigmoid makes of logits."""
    loss = step.end.loss
    if step.end.fused or not getattr(loss, "from_logits", False):
        return np.asarray(step.p[k], np.float64)
    if isinstance(loss, CLASSES):
        return np.asarray(softmax(step.z[k]), np.float64)
    return np.asarray(1 / (1 + np.exp(-np.asarray(step.z[k], np.float64))))


# ── the loss of an example ───────────────────────────────────────────────────────────────────────────────────────


def loss_of(step: OpenedStep, symbols: Symbols, k: int) -> list[Equation]:
    """How wrong the k-th example was, and what that counts in the batch where examples have weights."""
    name, known = f"loss of #{k}", float(step.losses[k])
    lines = [loss_line(step, symbols, k, name, known)]
    if step.sample_weight is not None:
        values = {"loss": lines[-1].used, "weight": float(step.sample_weight[k])}
        weighted = float(step.weighted_losses[k])
        lines.append(equation(f"weighted loss of #{k}", "loss · weight", values, weighted))
    return lines


def loss_line(step: OpenedStep, symbols: Symbols, k: int, name: str, known: float) -> Equation:
    """The unweighted loss of one example."""
    loss, y = step.end.loss, targets(step, k)
    if isinstance(loss, CLASSES):
        return over_classes(step, symbols, k, name, known)
    said = (
        probabilities(step, k) if isinstance(loss, BinaryCrossentropy) else np.asarray(step.z[k], np.float64)
    )
    terms = []
    for m, (p, t) in enumerate(zip(said.reshape(-1), y.reshape(-1), strict=True)):
        found = one_output(step, symbols, k, m, float(p), float(t))
        if found is None:
            return given(name, known, f"by {loss.name}")
        terms.append(found)
    return over_outputs(name, terms, y.shape, known)


def one_output(
    step: OpenedStep, symbols: Symbols, k: int, m: int, p: float, y: float
) -> tuple[str, str] | None:
    """What one output adds to the loss, as a formula and the same with numbers."""
    loss = step.end.loss
    if isinstance(loss, BinaryCrossentropy) and loss.from_logits:
        if p > SMALL and (p < 1 - 1e-12 or y == 1):
            formula = binary(y)
        else:
            z = float(np.asarray(step.z[k]).reshape(-1)[m])
            worked = equation("", "max(z, 0) - z · y + log(1 + exp(-abs(z)))", {"z": z, "y": y})
            return spelled(worked.formula, step.z.shape[1:], m, logits_of(step, symbols)), worked.numbers
    else:
        found = formulas_for(loss, p, y)
        if found is None:
            return None
        formula = found.value
    worked = equation("", formula, {"p": near_one(p), "y": y} | settings_of(loss))
    return spelled(formula, step.z.shape[1:], m), worked.numbers


def over_outputs(name: str, terms: list[tuple[str, str]], shape: tuple[int, ...], known: float) -> Equation:
    """The mean over the outputs: the largest terms written out, the others summed."""
    if len(terms) == 1:
        return finished(name, terms[0][0], terms[0][1], known)
    values = np.array([computed(numbers) for _, numbers in terms])
    most = [int(m) for m in np.argsort(-values, kind="stable")[:SPELLED]]
    letters, numbers = [terms[m][0] for m in most], [terms[m][1] for m in most]
    if len(terms) > len(most):
        letters.append(f"rest of {len(terms) - len(most)}")
        numbers.append(number(values.sum() - values[most].sum()))
    formula, plugged = (
        " + ".join(f"({n})" if n.startswith("-") else n for n in part) for part in (letters, numbers)
    )
    return finished(name, f"({formula}) / {len(terms)}", f"({plugged}) / {len(terms)}", known)


def over_classes(step: OpenedStep, symbols: Symbols, k: int, name: str, known: float) -> Equation:
    """A cross-entropy over classes: -Σ y · log(p) of each row, and the mean over the rows."""
    y, p = targets(step, k), probabilities(step, k)
    classes = y.shape[-1]
    rows = [class_terms(step, symbols, k, row) for row in range(y.size // classes)]
    pieces = [(sign, letters, numbers) for row in rows for sign, letters, numbers in row]
    if not pieces:
        return finished(name, "-Σ y · log(p)", "0", known)
    if len(pieces) == 1 and len(rows) == 1:
        _, letters, numbers = pieces[0]
        return finished(name, letters, numbers, known, note=cut_note(step, p))
    values = np.array([computed(numbers) for *_, numbers in pieces])
    order = [int(m) for m in np.argsort(-np.abs(values), kind="stable")[:SPELLED]]
    shown = [pieces[m][1] for m in order]
    plain = [pieces[m][2] for m in order]
    if len(pieces) > len(order):
        shown.append(f"rest of {len(pieces) - len(order)}")
        plain.append(number(values.sum() - values[order].sum()))
    formula, plugged = (
        " + ".join(f"({n})" if n.startswith("-") else n for n in part) for part in (shown, plain)
    )
    if len(rows) > 1:
        formula, plugged = f"({formula}) / {len(rows)}", f"({plugged}) / {len(rows)}"
    return finished(name, formula, plugged, known, note=cut_note(step, p))


def class_terms(step: OpenedStep, symbols: Symbols, k: int, row: int) -> list[tuple[int, str, str]]:
    """The terms of one row's cross-entropy: place, letters, numbers."""
    y, p = targets(step, k), probabilities(step, k)
    classes, shape = y.shape[-1], y.shape
    truth, said = y.reshape(-1, classes)[row], p.reshape(-1, classes)[row]
    total = divisor(step, said)
    found = []
    for m in np.flatnonzero(truth):
        place = row * classes + int(m)
        times = "" if truth[m] == 1 else f"{at('y', shape, place)} · "
        factor = "" if truth[m] == 1 else f"{number(truth[m])} · "
        if getattr(step.end.loss, "from_logits", False) and said[m] <= SMALL:
            z = np.asarray(step.z[k], np.float64).reshape(-1, classes)[row]
            numbers = equation("", "log(total) - (z - highest)", {
                "total": float(np.exp(z - z.max()).sum()), "z": z[m], "highest": z.max()}).numbers  # fmt: skip
            symbol = logits_of(step, symbols)
            letters = f"log(Σ exp({symbol} - max {symbol})) - ({at(symbol, shape, place)} - max {symbol})"
            found.append(
                (
                    place,
                    f"{times}({letters})" if times else letters,
                    f"{factor}({numbers})" if factor else numbers,
                )
            )
            continue
        q = said[m] / (total or 1.0)
        cut = (
            not step.end.fused
            and not getattr(step.end.loss, "from_logits", False)
            and not EPSILON <= q <= 1 - EPSILON
        )
        if cut:
            inner, plugged = (
                f"cut {at('p', shape, place)}",
                number(EPSILON if q < EPSILON else 1 - EPSILON, 17),
            )
        elif total is None:
            inner, plugged = at("p", shape, place), near_one(said[m])
        else:
            inner, plugged = f"{at('p', shape, place)} / Σp", f"{number(said[m])} / {number(total)}"
        found.append((place, f"-{times}log({inner})", f"-{factor}log({plugged})"))
    return found


def divisor(step: OpenedStep, said: np.ndarray) -> float | None:
    """What a row of outputs is divided by to be probabilities; None where they are that already."""
    if step.end.fused or getattr(step.end.loss, "from_logits", False):
        return None
    total = float(said.sum()) or 1.0
    return None if abs(total - 1) < SUMS_TO_ONE else total


def cut_note(step: OpenedStep, p: np.ndarray) -> str:
    """What is said where a probability is kept away from 0 and 1 before its logarithm."""
    if step.end.fused or getattr(step.end.loss, "from_logits", False):
        return ""
    low, high = float(p.min(initial=1)), float(p.max(initial=0))
    return (
        f"probabilities are kept within {EPSILON:g} of 0 and 1" if low < EPSILON or high > 1 - EPSILON else ""
    )


# ── the derivative by one output ─────────────────────────────────────────────────────────────────────────────────


def derivative_of(step: OpenedStep, symbols: Symbols, k: int, unit: int) -> list[Equation]:
    """The derivative of the k-th example's loss by one number at the end of the chain that the backward sweep begins with."""
    loss, body, shape = step.end.loss, step.end.z.node, step.z.shape[1:]
    name = "d" + at(symbols.outs[body], shape, unit)
    delta = step.links[body].delta
    known = None if delta is None else step.n * float(np.asarray(delta[k]).reshape(-1)[unit])
    y, z = float(targets(step, k).reshape(-1)[unit]), float(np.asarray(step.z[k]).reshape(-1)[unit])
    if isinstance(loss, CLASSES):
        if loss.from_logits:
            return through_softmax(step, symbols, k, unit, name, known)
        return [through_classes(step, k, unit, name, known)]
    count = numbers_per_example(step.z)
    if isinstance(loss, BinaryCrossentropy) and loss.from_logits:
        said = float(np.asarray(step.p[k]).reshape(-1)[unit]) if step.end.fused else None
        chance = equation(at("p", shape, unit), "1 / (1 + exp(-z))", {"z": z}, said)
        chance = chance._replace(formula=f"1 / (1 + exp(-{at(logits_of(step, symbols), shape, unit)}))")
        return [chance, weighted(step, k, name, "p - y", {"p": near_one(chance.used), "y": y}, count, known)]
    found = formulas_for(loss, z, y)
    if found is None:
        return [given(name, float("nan") if known is None else known, f"by the derivative of {loss.name}")]
    values = {"p": near_one(z), "y": y} | settings_of(loss)
    return [weighted(step, k, name, found.derivative, values, count, known)]


def logits_of(step: OpenedStep, symbols: Symbols) -> str:
    """The letter of what the loss takes, before softmax or sigmoid."""
    return symbols.outs[step.end.z.node]


def through_softmax(
    step: OpenedStep, symbols: Symbols, k: int, unit: int, name: str, known: float | None
) -> list[Equation]:
    """dz = p - y, with p worked out from the logits."""
    classes, shape = step.z.shape[-1], step.z.shape[1:]
    row, m = divmod(unit, classes)
    z = np.asarray(step.z[k], np.float64).reshape(-1, classes)[row]
    highest, symbol = float(z.max()), logits_of(step, symbols)
    p = float(probabilities(step, k).reshape(-1)[unit])
    values: dict[str, Any] = {"z": z[m], "highest": highest, "total": float(np.exp(z - highest).sum())}
    chance = equation(at("p", shape, unit), "exp(z - highest) / total", values, p)
    formula = f"exp({at(symbol, shape, unit)} - max {symbol}) / Σ exp({symbol} - max {symbol})"
    y = targets(step, k).reshape(-1, classes)[row]
    total = float(y.sum())
    product = "p - y" if abs(total - 1) < SUMS_TO_ONE else "p · Σy - y"
    values = {"p": near_one(p), "y": float(y[m]), "Σy": total}
    return [
        chance._replace(formula=formula),
        weighted(step, k, name, product, values, rows_per_example(step.z), known),
    ]


def through_classes(step: OpenedStep, k: int, unit: int, name: str, known: float | None) -> Equation:
    """dp = (Σy - y / q) / Σp with q = p / Σp: the derivative of -Σ y log q, where no q is cut off."""
    classes = step.z.shape[-1]
    row, m = divmod(unit, classes)
    y, p = (array.reshape(-1, classes)[row] for array in (targets(step, k), probabilities(step, k)))
    sum_p = float(p.sum())
    q = p / (sum_p or 1.0)
    if not sum_p or ((y > 0) & ~((q >= EPSILON) & (q <= 1 - EPSILON))).any():
        note = f"by the derivative of {step.end.loss.name}, which is 0 for a probability that is cut off"
        return given(name, float("nan") if known is None else known, note)
    values = {"Σy": float(y.sum()), "y": float(y[m]), "p": p[m], "Σp": sum_p}
    return weighted(step, k, name, "(Σy - y · Σp / p) / Σp", values, rows_per_example(step.z), known)


def weighted(
    step: OpenedStep, k: int, name: str, formula: str, values: dict[str, Any], count: int, known: float | None
) -> Equation:
    """A derivative, divided among the outputs that the loss is a mean of, and times the example's weight, if it has one."""
    if count > 1:
        formula = (
            f"{formula} / outputs" if "-" not in formula or formula[-1] == ")" else f"({formula}) / outputs"
        )
    if step.sample_weight is not None:
        formula = f"({formula}) · weight" if count == 1 else f"{formula} · weight"
        values = values | {"weight": float(step.sample_weight[k])}
    return equation(name, formula, values | {"outputs": count}, known)


def spelled(formula: str, shape: tuple[int, ...], m: int, z: str = "z") -> str:
    """A formula with the place of p, y and z in it.

    >>> spelled("abs(p - y)", (3,), 1)
    'abs(p[1] - y[1])'
    """
    letters = {"p": "p", "y": "y", "z": z}
    return re.sub(r"\b[pyz]\b", lambda found: at(letters[found[0]], shape, m), formula)
