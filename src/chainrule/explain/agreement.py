"""How far a replayed step is from what training made of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.backprop import State


class Compared(NamedTuple):
    """One array: the largest difference, and how large its numbers are (in steps of float32 at that size)."""

    name: str
    difference: float
    steps: float  # the difference in units of the spacing of float32 at the array's largest number
    equal: float  # the share of numbers with the same bits


class Agreement(NamedTuple):
    """Weights and optimizer state of a replayed step, against those that training had."""

    rows: tuple[Compared, ...]
    doubt: str | None = None  # why what it is compared with may not be what training had

    @property
    def largest(self) -> float:
        """The largest difference of any number."""
        return max((row.difference for row in self.rows), default=0.0)

    @property
    def same_bits(self) -> bool:
        """Whether not one bit differs from what training had."""
        return self.doubt is None and all(row.equal == 1 for row in self.rows)

    def __str__(self) -> str:
        if self.same_bits:
            return "Replayed, the step gives the same bits as training did."
        if self.doubt is not None:
            return f"This may not be the step that training took. {self.doubt}"
        worst = max(self.rows, key=lambda row: row.steps)
        share = sum(row.equal for row in self.rows) / len(self.rows)
        return (
            f"Replayed, the step differs from training by at most {worst.difference:.2g} in {worst.name}, "
            f"{worst.steps:.2g} of float32's steps there; {share:.1%} of the numbers have the same bits."
        )


def agreement(links: Sequence[Any], here: State, there: State, doubt: str | None = None) -> Agreement:
    """Compares two states after a step, array by array. doubt: why the second may not be what training had."""
    rows = []
    for link in {link.entry: link for link in links}.values():
        place = link.entry
        for name in here["params"][place]:
            rows.append(
                compared(f"{link.name}.{name}", here["params"][place][name], there["params"][place][name])
            )
            for slot in link.slots if name in link.gradient else ():
                mine, other = (
                    here["optimizer_state"][slot][place][name],
                    there["optimizer_state"][slot][place][name],
                )
                rows.append(compared(f"{slot} of {link.name}.{name}", mine, other))
    return Agreement(tuple(rows), doubt)


def compared(name: str, here: Any, there: Any) -> Compared:
    """One array against another."""
    a, b = np.asarray(here), np.asarray(there)
    same = (a == b) | (np.isnan(a) & np.isnan(b))  # of inf and nan, too: where learning diverged
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0, np.abs(a.astype(np.float64) - b.astype(np.float64)))
    finite = np.abs(b[np.isfinite(b)])
    spacing = float(np.spacing(finite.max(initial=0).astype(np.float32)))
    largest = float(apart.max(initial=0))
    return Compared(name, largest, largest / spacing, float(same.mean()) if a.size else 1.0)
