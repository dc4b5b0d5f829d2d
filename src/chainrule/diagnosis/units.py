"""Units that have stopped taking part: dead (relu, always 0) and saturated (sigmoid or tanh, always at an end)."""

from typing import Any

import numpy as np

from chainrule.diagnosis.answers import Answers
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.recording.measures import SATURATED

# A relu unit is dead when it is 0 for all of 2,000 examples. Healthy runs of the tests have up to 0.15 of them (large layers on few
# digits), of a batch of 32 up to 0.25; a rate thirty times too high leaves 0.5 to 0.9.
DEAD = 0.4
ALL_BUT_DEAD = 0.95
# An output is saturated when it has gone 95 % of the way to where its function is flat. Healthy runs reach 0.3; inputs of 0 to 255
# in place of 0 to 1 give more than 0.9.
STUCK = 0.75


def idle(records: Records, answers: Answers | None, step: int) -> list[Finding]:
    """Layers with many dead or saturated units: measured on examples where they can be had, else as recorded."""
    found = []
    last = {shares.layer: shares for shares in records.shares}
    measured = {} if answers is None else shares_of(answers, step)
    for layer in [*measured, *(name for name in last if name not in measured)]:
        recorded = last.get(layer)
        if layer in measured:
            kind, share, units, known = (
                *measured[layer],
                f"of {len(answers.sample):,} training examples" if answers else "",
            )
        elif recorded is not None:
            tail = recorded.share[len(recorded.share) // 2 :]
            kind, share, units = (
                recorded.what,
                float(tail.min() if recorded.what == "dead" else tail.mean()),
                0,
            )
            known = "of the examples of a step, in the second half of the run"
        limit = DEAD if kind == "dead" else STUCK
        if share < limit:
            continue
        steps = (records.last, records.last)
        if recorded is not None:
            over = np.flatnonzero(recorded.share < limit)
            begun = (
                recorded.steps[min(int(over[-1]) + 1, len(recorded.steps) - 1)]
                if len(over)
                else recorded.steps[0]
            )
            steps = (int(begun), records.last)
        evidence = {
            "share": share,
            "units": units or None,
            "examples": len(answers.sample) if layer in measured and answers else None,
        }
        found.append(finding(kind, layer, share, units, known, steps, evidence))
    return found


def finding(
    kind: str,
    layer: str,
    share: float,
    units: int,
    known: str,
    steps: tuple[int, int],
    evidence: dict[str, Any],
) -> Finding:
    """One layer's finding, in words."""
    if kind == "dead":
        many = (
            f"{round(share * units):,} of {units:,} units"
            if units
            else f"{share:.0%} of the units".replace("%", " %")
        )
        says = f"{many} are 0 for every one {known}: nothing can wake them but a change of their inputs."
        advice = "A lower learning rate, biases that do not begin below 0, first weights for relu (he_normal), or leaky_relu."
        severity = "severe" if share > ALL_BUT_DEAD else "warning"
        return Finding("dead units", severity, says, advice, layer, steps, evidence)
    says = f"{share:.0%} of the outputs are at an end of the activation, where it is flat ({known}): they pass on hardly any gradient.".replace(
        "%", " %"
    )
    advice = "Bring the inputs to about -1..1, draw smaller first weights (glorot_uniform), or lower the learning rate; relu does not saturate."
    return Finding("saturated units", "warning", says, advice, layer, steps, evidence)


def shares_of(answers: Answers, step: int) -> dict[str, tuple[str, float, int]]:
    """For each layer: "dead" or "saturated", the share, how many units; before a step, on some training examples."""
    found = {}
    for layer, kind, outputs in answers.outputs_of_units(step):
        if kind == "relu":
            flat = outputs.reshape(-1, outputs.shape[-1])
            found[layer] = ("dead", float((flat <= 0).all(axis=0).mean()), int(outputs.shape[-1]))
        else:
            ends = np.abs(2 * outputs - 1) if kind == "sigmoid" else np.abs(outputs)
            found[layer] = ("saturated", float((ends > SATURATED).mean()), int(outputs.shape[-1]))
    return found
