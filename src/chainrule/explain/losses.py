"""The loss with numbers plugged in: how wrong the k-th example was, and the derivative by the network's output.

Losses that are a mean over the outputs have their two formulas in a table, in p (the output) and y (the target);
cross-entropies over classes are written out row by row.
"""

import re
from typing import Any, NamedTuple

import numpy as np

from chainrule.activations import softmax
from chainrule.explain.equations import Equation, equation, finished, given, near_one, number, weighted_sum
from chainrule.explain.expressions import computed
from chainrule.explain.opened import OpenedStep
from chainrule.explain.outputs import OpenedOutput
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
from chainrule.losses.base import is_one_column, one_hot
from chainrule.losses.crossentropy import EPSILON

CLASSES = (CategoricalCrossentropy, SparseCategoricalCrossentropy)
SPELLED = 3  # terms of a sum that are written out
SMALL = 1e-30  # below it a float32 probability has no digits left
NEAR_ONE = 1e-4  # within it 1 - p has few digits left where p is a float32
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


def targets(output: OpenedOutput, k: int) -> np.ndarray:
    """The k-th example's targets as the loss compares them with the outputs: one-hot, smoothed."""
    loss, y, z = output.loss, output.y[k : k + 1], output.z[k : k + 1]
    if isinstance(loss, SparseCategoricalCrossentropy):
        return np.asarray(one_hot(y, z)[0], np.float64)
    smoothed = getattr(loss, "smoothed", None)
    found = np.asarray(smoothed(y, z)[0] if smoothed else y[0], np.float64)
    if is_one_column(y, z.shape[1:]):
        return np.broadcast_to(found, z.shape[1:])
    return found.reshape(z.shape[1:])


def probabilities(output: OpenedOutput, k: int) -> np.ndarray:
    """What the k-th example's outputs say as probabilities: the outputs, or what softmax or sigmoid makes of logits."""
    loss = output.loss
    if output.end.fused or not getattr(loss, "from_logits", False):
        return np.asarray(output.p[k], np.float64)
    if isinstance(loss, CLASSES):
        return np.asarray(softmax(output.z[k]), np.float64)
    return np.asarray(1 / (1 + np.exp(-np.asarray(output.z[k], np.float64))))


# ── the loss of an example ───────────────────────────────────────────────────────────────────────────────────────


def loss_of(step: OpenedStep, symbols: Symbols, k: int) -> list[Equation]:
    """How wrong the k-th example was at each output, what that counts where examples or outputs have weights, and the sum."""
    lines, parts = list[Equation](), list[Equation]()
    for output in step.outputs:
        name = f"loss of #{k}{output.at_name}"
        lines.append(loss_line(output, symbols, k, name, float(output.losses[k])))
        if output.sample_weight is not None:
            values = {"loss": lines[-1].used, "weight": float(output.sample_weight[k])}
            weighted_loss = float(output.weighted_losses[k])
            lines.append(equation(f"weighted {name}", "loss · weight", values, weighted_loss))
        parts.append(lines[-1])
    if len(parts) > 1:
        letters = " + ".join(output.name for output in step.outputs)
        numbers = weighted_sum([(part.used,) for part in parts])
        lines.append(finished(f"loss of #{k}", letters, numbers, float(step.weighted_losses[k])))
    return lines


def loss_line(output: OpenedOutput, symbols: Symbols, k: int, name: str, known: float) -> Equation:
    """The unweighted loss of one example at one output."""
    loss, y = output.loss, targets(output, k)
    if isinstance(loss, CLASSES):
        return over_classes(output, symbols, k, name, known)
    said = (
        probabilities(output, k)
        if isinstance(loss, BinaryCrossentropy)
        else np.asarray(output.z[k], np.float64)
    )
    terms = []
    for m, (p, t) in enumerate(zip(said.reshape(-1), y.reshape(-1), strict=True)):
        found = one_output(output, symbols, k, m, float(p), float(t))
        if found is None:
            return given(name, known, f"by {loss.name}")
        if output.counts(k, m):
            terms.append(found)
    return over_outputs(output, k, name, terms, known)


def one_output(
    output: OpenedOutput, symbols: Symbols, k: int, m: int, p: float, y: float
) -> tuple[str, str] | None:
    """What one number of an output adds to the loss, as a formula and the same with numbers."""
    loss = output.loss
    if isinstance(loss, BinaryCrossentropy) and loss.from_logits:
        if p > SMALL and (y == 1 or p < 1 - (NEAR_ONE if output.end.fused else 1e-12)):
            formula = binary(y)
        else:
            z = float(np.asarray(output.z[k]).reshape(-1)[m])
            worked = equation("", "max(z, 0) - z · y + log(1 + exp(-abs(z)))", {"z": z, "y": y})
            return spelled(worked.formula, output, m, symbols), worked.numbers
    else:
        found = formulas_for(loss, p, y)
        if found is None:
            return None
        formula = found.value
    worked = equation("", formula, {"p": near_one(p), "y": y} | settings_of(loss))
    return spelled(formula, output, m, symbols), worked.numbers


def over_outputs(
    output: OpenedOutput, k: int, name: str, terms: list[tuple[str, str]], known: float, note: str = ""
) -> Equation:
    """The terms of an example's loss: the largest written out, the others summed; divided by how many it is a mean of."""
    if not terms:
        return finished(name, "", "0", known, note=output.note(k) or note)
    values = np.array([computed(numbers) for _, numbers in terms])
    order = np.argsort(-np.abs(values), kind="stable")
    most = [int(m) for m in (order if len(terms) == 1 else order[:SPELLED])]
    letters, numbers = [terms[m][0] for m in most], [terms[m][1] for m in most]
    if len(terms) > len(most):
        letters.append(f"rest of {len(terms) - len(most)}")
        numbers.append(number(values.sum() - values[most].sum()))
    formula, plugged = (
        part[0] if len(part) == 1 else " + ".join(f"({n})" if n.startswith("-") else n for n in part)
        for part in (letters, numbers)
    )
    count = output.divisor(rows=isinstance(output.loss, CLASSES))
    if count != 1:
        formula, plugged = divided(formula, count), divided(plugged, count)
    size = float(np.abs(values).sum()) / count
    return finished(name, formula, plugged, known, note=output.note(k) or note, size=size)


def divided(text: str, count: float) -> str:
    """A sum divided by a number, or times its inverse where that is a whole one.

    >>> divided("a + b", 4.0), divided("a", 0.25)
    ('(a + b) / 4', '(a) · 4')
    """
    times = round(1 / count)
    return (
        f"({text}) · {times}"
        if count < 1 and abs(times * count - 1) < 1e-9
        else f"({text}) / {number(count)}"
    )


def over_classes(output: OpenedOutput, symbols: Symbols, k: int, name: str, known: float) -> Equation:
    """A cross-entropy over classes: -Σ y · log(p) of each row, and the mean over the rows."""
    y, p = targets(output, k), probabilities(output, k)
    classes = y.shape[-1]
    rows = [
        class_terms(output, symbols, k, row)
        for row in range(y.size // classes)
        if output.counts(k, row * classes)
    ]
    pieces = [piece for row in rows for piece in row]
    if not pieces:
        return finished(name, "-Σ y · log(p)", "0", known)
    return over_outputs(output, k, name, pieces, known, note=cut_note(output, p))


def class_terms(output: OpenedOutput, symbols: Symbols, k: int, row: int) -> list[tuple[str, str]]:
    """The terms of one row's cross-entropy: letters, numbers."""
    y, p = targets(output, k), probabilities(output, k)
    classes, shape = y.shape[-1], y.shape
    truth, said = y.reshape(-1, classes)[row], p.reshape(-1, classes)[row]
    total, from_logits = total_of(output, said), getattr(output.loss, "from_logits", False)
    target, chance = (letter + output.digit for letter in "yp")
    found = []
    for m in np.flatnonzero(truth):
        place = row * classes + int(m)
        times = "" if truth[m] == 1 else f"{at(target, shape, place)} · "
        factor = "" if truth[m] == 1 else f"{number(truth[m])} · "
        if from_logits and said[m] <= SMALL:
            z = np.asarray(output.z[k], np.float64).reshape(-1, classes)[row]
            numbers = equation("", "log(total) - (z - highest)", {
                "total": float(np.exp(z - z.max()).sum()), "z": z[m], "highest": z.max()}).numbers  # fmt: skip
            symbol = logits_of(output, symbols)
            letters = f"log(Σ exp({symbol} - max {symbol})) - ({at(symbol, shape, place)} - max {symbol})"
            found.append(
                (f"{times}({letters})" if times else letters, f"{factor}({numbers})" if factor else numbers)
            )
            continue
        q = said[m] / (total or 1.0)
        if not output.end.fused and not from_logits and not EPSILON <= q <= 1 - EPSILON:
            inner = f"cut {at(chance, shape, place)}"
            plugged = number(EPSILON if q < EPSILON else 1 - EPSILON, 17)
        elif total is None:
            inner, plugged = at(chance, shape, place), near_one(said[m])
        else:
            inner = f"{at(chance, shape, place)} / Σ{chance}"
            plugged = f"{number(said[m])} / {number(total)}"
        found.append((f"-{times}log({inner})", f"-{factor}log({plugged})"))
    return found


def total_of(output: OpenedOutput, said: np.ndarray) -> float | None:
    """What a row of outputs is divided by to be probabilities; None where they are that already."""
    if output.end.fused or getattr(output.loss, "from_logits", False):
        return None
    total = float(said.sum()) or 1.0
    return None if abs(total - 1) < SUMS_TO_ONE else total


def cut_note(output: OpenedOutput, p: np.ndarray) -> str:
    """What is said where a probability is kept away from 0 and 1 before its logarithm."""
    if output.end.fused or getattr(output.loss, "from_logits", False):
        return ""
    low, high = float(p.min(initial=1)), float(p.max(initial=0))
    return (
        f"probabilities are kept within {EPSILON:g} of 0 and 1" if low < EPSILON or high > 1 - EPSILON else ""
    )


# ── the derivative by one output ─────────────────────────────────────────────────────────────────────────────────


def derivative_of(output: OpenedOutput, symbols: Symbols, k: int, unit: int) -> list[Equation]:
    """The derivative of the k-th example's loss by one number of what an output's loss takes, as it comes from that output."""
    loss, shape = output.loss, output.z.shape[1:]
    name = "d" + at(logits_of(output, symbols), shape, unit)
    known = output.n * float(np.asarray(output.delta[k]).reshape(-1)[unit])
    if not output.counts(k, unit):
        return [given(name, 0.0, "its step does not count: the mask leaves it out")]
    y, z = float(targets(output, k).reshape(-1)[unit]), float(np.asarray(output.z[k]).reshape(-1)[unit])
    if isinstance(loss, CLASSES):
        if loss.from_logits:
            return through_softmax(output, symbols, k, unit, name, known)
        return [through_classes(output, k, unit, name, known)]
    if isinstance(loss, BinaryCrossentropy) and loss.from_logits:
        said = float(np.asarray(output.p[k]).reshape(-1)[unit]) if output.end.fused else None
        chance = equation(at(f"p{output.digit}", shape, unit), "1 / (1 + exp(-z))", {"z": z}, said)
        chance = chance._replace(formula=f"1 / (1 + exp(-{at(logits_of(output, symbols), shape, unit)}))")
        return [chance, weighted(output, k, name, "p - y", {"p": near_one(chance.used), "y": y}, known)]
    found = formulas_for(loss, z, y)
    if found is None:
        return [given(name, known, f"by the derivative of {loss.name}")]
    values = {"p": near_one(z), "y": y} | settings_of(loss)
    return [weighted(output, k, name, found.derivative, values, known)]


def logits_of(output: OpenedOutput, symbols: Symbols) -> str:
    """The letter of what the loss takes, before softmax or sigmoid."""
    return symbols.outs[output.end.z.node]


def through_softmax(
    output: OpenedOutput, symbols: Symbols, k: int, unit: int, name: str, known: float
) -> list[Equation]:
    """dz = p - y, with p worked out from the logits."""
    classes, shape = output.z.shape[-1], output.z.shape[1:]
    row, m = divmod(unit, classes)
    z = np.asarray(output.z[k], np.float64).reshape(-1, classes)[row]
    highest, symbol = float(z.max()), logits_of(output, symbols)
    p = float(probabilities(output, k).reshape(-1)[unit])
    values: dict[str, Any] = {"z": z[m], "highest": highest, "total": float(np.exp(z - highest).sum())}
    chance = equation(at(f"p{output.digit}", shape, unit), "exp(z - highest) / total", values, p)
    formula = f"exp({at(symbol, shape, unit)} - max {symbol}) / Σ exp({symbol} - max {symbol})"
    y = targets(output, k).reshape(-1, classes)[row]
    total = float(y.sum())
    product = "p - y" if abs(total - 1) < SUMS_TO_ONE else "p · Σy - y"
    values = {"p": near_one(p), "y": float(y[m]), "Σy": total}
    return [chance._replace(formula=formula), weighted(output, k, name, product, values, known)]


def through_classes(output: OpenedOutput, k: int, unit: int, name: str, known: float) -> Equation:
    """dp = (Σy - y / q) / Σp with q = p / Σp: the derivative of -Σ y log q, where no q is cut off."""
    classes = output.z.shape[-1]
    row, m = divmod(unit, classes)
    y, p = (array.reshape(-1, classes)[row] for array in (targets(output, k), probabilities(output, k)))
    sum_p = float(p.sum())
    q = p / (sum_p or 1.0)
    if not sum_p or ((y > 0) & ~((q >= EPSILON) & (q <= 1 - EPSILON))).any():
        note = f"by the derivative of {output.loss.name}, which is 0 for a probability that is cut off"
        return given(name, known, note)
    values = {"Σy": float(y.sum()), "y": float(y[m]), "p": p[m], "Σp": sum_p}
    return weighted(output, k, name, "(Σy - y · Σp / p) / Σp", values, known)


def weighted(
    output: OpenedOutput, k: int, name: str, formula: str, values: dict[str, Any], known: float
) -> Equation:
    """A derivative, divided by how many numbers the loss is a mean of, and times the example's weight, if it has one."""
    count = output.divisor(rows=isinstance(output.loss, CLASSES))
    if count != 1:
        shared = "· rows" if count < 1 else "/ outputs"
        formula = (
            f"{formula} {shared}" if "-" not in formula or formula[-1] == ")" else f"({formula}) {shared}"
        )
        values = values | {"outputs": count, "rows": 1 / count}
    if output.sample_weight is not None:
        formula = f"({formula}) · weight" if count == 1 else f"{formula} · weight"
        values = values | {"weight": float(output.sample_weight[k])}
    return equation(name, formula, values, known)


def spelled(formula: str, output: OpenedOutput, m: int, symbols: Symbols) -> str:
    """A formula with the place of p, y and z in it: abs(p[1] - y[1])."""
    letters = {"p": f"p{output.digit}", "y": f"y{output.digit}", "z": logits_of(output, symbols)}
    return re.sub(r"\b[pyz]\b", lambda found: at(letters[found[0]], output.z.shape[1:], m), formula)
