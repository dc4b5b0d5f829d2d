"""A quick look at a training that has just ended: what was recorded, and what it reached beside always answering the same.

Neither the data nor the network is opened again, so it takes milliseconds; `diagnose` looks closer.
"""

import math
from contextlib import suppress
from typing import Any

import numpy as np

from chainrule.diagnosis import gradients, learning_rate, overfitting, setup
from chainrule.diagnosis.diagnose import without_echoes
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.diagnosis.units import idle
from chainrule.errors import ChainruleError
from chainrule.internal.plain_numbers import plainly
from chainrule.runs import Run

EPOCHS = 5  # before a trend is one
FELL = 0.05  # of the loss on what was held back, over the last fifth of the epochs


def look_after(
    run: Run | None, measured: dict[str, Any], commonest: str = "", falling_rate: bool = False
) -> list[Finding]:
    """The findings, the worst first; none where all is well.

    run: as it was recorded, or None.  measured: accuracy or mean_absolute_error, baseline, test_examples.
    commonest: the class that is the baseline, in words.  falling_rate: whether a schedule lowered the rate to nothing, so
    that more epochs would only have come with another plan.

    >>> look_after(None, {"accuracy": 0.3, "baseline": 0.325, "test_examples": 40}, "square")[0].says
    "no better than always answering 'square' (30 % against 32 %): nothing usable was learned."
    """
    found: list[Finding] = []
    if run is not None:
        with suppress(
            ChainruleError, OSError, ValueError
        ):  # a record that cannot be read must not spoil a model that can
            found = without_echoes(recorded(run, falling_rate))
    useless = reached(measured, commonest)
    if useless:
        found = [
            finding for finding in found if finding.name not in ("no progress", "no better than one answer")
        ]
    return sorted(useless + found, key=lambda finding: finding.weight)


def recorded(run: Run, falling_rate: bool) -> list[Finding]:
    """What the loss, the sizes of the steps and the figures after each epoch say."""
    records = Records(run)
    if not records.count:
        return []
    return [
        *learning_rate.not_finite(records),
        *(learning_rate.too_high(records) or learning_rate.jumping(records)),
        *learning_rate.too_low(records),
        *learning_rate.no_progress(records),
        *gradients.exploding(records),
        *gradients.vanishing(records),
        *idle(records, None, records.last),
        *setup.end_and_loss(records, None),
        *overfitting.overfitting(records),
        *([] if falling_rate else still_learning(records)),
    ]


def reached(measured: dict[str, Any], commonest: str) -> list[Finding]:
    """Whether the result is better than always giving the same answer, and by more than chance gives."""
    base, count = measured.get("baseline"), int(measured.get("test_examples", 0))
    if base is None or not count:
        return []
    if "mean_absolute_error" in measured:
        error = float(measured["mean_absolute_error"])
        if not error >= base > 0:
            return []
        says = f"no better than always answering the median (off by {plainly(error)} against {plainly(base)}): nothing usable was learned."
        return [
            Finding(
                "no better than one answer", "severe", says, "", evidence={"error": error, "baseline": base}
            )
        ]
    right, always = (
        float(measured["accuracy"]),
        f"always answering {commonest!r}" if commonest else "always answering the commonest class",
    )
    digits = 0 if count < 300 else 1
    while digits < 2 and right != base and f"{100 * right:.{digits}f}" == f"{100 * base:.{digits}f}":
        digits += 1  # two shares that differ are not shown alike
    against = f"({100 * right:.{digits}f} % against {100 * base:.{digits}f} %)"
    evidence = {"accuracy": right, "baseline": base}
    if right <= base:
        says = f"no better than {always} {against}: nothing usable was learned."
        return [Finding("no better than one answer", "severe", says, "", evidence=evidence)]
    if right < min(1.0, base + 2 * math.sqrt(base * (1 - base) / count)):
        says = f"hardly better than {always} {against}: chance alone may give that."
        return [Finding("no better than one answer", "warning", says, "", evidence=evidence)]
    return []


def still_learning(records: Records) -> list[Finding]:
    """The loss on what was held back was still falling when the epochs were over."""
    held = records.figure("val_loss")
    if len(held) < EPOCHS or not np.isfinite(held).all() or not held[-1] > 0:
        return []
    before = float(held[: -max(1, len(held) // 5)].min())
    last = float(held[-max(1, len(held) // 5) :].mean())
    if not (last < (1 - FELL) * before and held[-1] <= held.min() * 1.02):
        return []
    says = f"still learning when the epochs were over: the loss on what was held back fell from {plainly(before)} to {plainly(float(held[-1]))} at the end."
    return [Finding("still learning", "note", says, "More epochs.", evidence={"val_loss": held.tolist()})]
