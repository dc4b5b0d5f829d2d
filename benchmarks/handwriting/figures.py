"""What is counted: accuracy, confidence beside it, and the error of calibration."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """One picture that was read: of which source and kind, whether the answer was right, and how sure it was."""

    source: str
    kind: str
    right: bool
    probability: float
    refused: bool = False
    seconds: float = 0.0


def interval(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson's).

    >>> [round(x, 2) for x in interval(9, 10)]
    [0.6, 0.98]
    """
    z, p = 1.96, right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    wide = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - wide, middle + wide


def calibration_error(outcomes: list[Outcome], bins: int = 10) -> float:
    """Expected calibration error over bins of equal width."""
    p = np.array([o.probability for o in outcomes])
    right = np.array([o.right for o in outcomes], float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs(p[place == b].sum() - right[place == b].sum()) for b in range(bins)) / len(outcomes))


def chance_error(outcomes: list[Outcome], bins: int = 10, draws: int = 400) -> float:
    """The calibration error that chance alone gives so few pictures, if every answer were right as often as it says."""
    p, rng = np.array([o.probability for o in outcomes]), np.random.default_rng(0)
    place = np.minimum((p * bins).astype(int), bins - 1)
    off = (rng.random((draws, len(p))) < p) - p
    gaps = [np.abs(off[:, place == b].sum(axis=1)) for b in range(bins)]
    return float(np.sum(gaps, axis=0).mean() / len(p))


def line(name: str, outcomes: list[Outcome]) -> str:
    """One group as a line of the table."""
    n, right = len(outcomes), sum(o.right for o in outcomes)
    sure = float(np.mean([o.probability for o in outcomes]))
    low, high = interval(right, n)
    wrong = sum(o.probability > 0.9 and not o.right for o in outcomes)
    off = "" if n < 30 or low <= sure <= high else "  confidence off"
    return (
        f"{name[:62]:62s} n {n:4d}  right {right / n:6.1%}  mean confidence {sure:6.1%}"
        f"  wrong above 90 %: {wrong / n:5.1%}  refused {sum(o.refused for o in outcomes) / n:5.1%}{off}"
    )


def groups(outcomes: list[Outcome], by: str) -> dict[str, list[Outcome]]:
    """The outcomes by source or by kind."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(getattr(outcome, by), []).append(outcome)
    return found


def table(title: str, outcomes: list[Outcome], by: str = "source") -> None:
    """Prints a line for each group, and the means: of groups, so that no large one hides a small one, and of all."""
    if not outcomes:
        return
    print(f"\n{title}")
    parts = groups(outcomes, by)
    for name, some in sorted(parts.items()):
        print("  " + line(name, some))
    mean = float(np.mean([np.mean([o.right for o in some]) for some in parts.values()]))
    worst = min(float(np.mean([o.right for o in some])) for some in parts.values())
    sure = [o for o in outcomes if o.probability > 0.9]
    print(
        f"  mean of {by}s {mean:.1%}, worst {worst:.1%}; of all {np.mean([o.right for o in outcomes]):.1%}; calibration error"
        f" {calibration_error(outcomes):.1%} (chance alone: {chance_error(outcomes):.1%}); answers above 90 %: {len(sure) / len(outcomes):.1%},"
        f" of them right {np.mean([o.right for o in sure]) if sure else 0:.1%}; CPU {np.mean([o.seconds for o in outcomes]):.3f} s a picture"
    )
