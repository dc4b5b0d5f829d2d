"""What a look at a run may find: a symptom, how bad, where, with which numbers, and what usually helps."""

from dataclasses import asdict, dataclass, field
from typing import Any

SEVERITIES = ("severe", "warning", "note")  # a note deserves to be known; it is no alarm

# Causes stand before what usually follows from them.
NAMES = (
    "end does not fit the loss", "wrong loss for these labels", "sorted data", "labels from 1", "not finite", "inputs not scaled", "rate too high", "exploding gradients", "vanishing gradients", "dead units", "saturated units",
    "rate too low", "no progress", "no better than one answer", "class missing", "update too large", "update too small", "class never predicted", "suspicious labels", "overfitting", "still learning",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One symptom of a run.

    name: one of NAMES.  severity: one of SEVERITIES.  says: what was found.  advice: what usually helps.
    layer: where, or None.  steps: the first and last step at which it was seen, or None.  evidence: the numbers.

    >>> print(Finding("dead units", "warning", "40 of 64 units are dead.", "A lower rate.", "dense", (0, 99)))
    warning: dead units in dense, steps 0 to 99
      40 of 64 units are dead.
      -> A lower rate.
    """

    name: str
    severity: str
    says: str
    advice: str
    layer: str | None = None
    steps: tuple[int, int] | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The symptom and where it is, in a few words."""
        place = f" in {self.layer}" if self.layer else ""
        first, last = self.steps or (0, 0)
        time = (
            ""
            if self.steps is None
            else f", steps {first:,} to {last:,}"
            if first < last
            else f", before step {first:,}"
        )
        return f"{self.name}{place}{time}"

    @property
    def weight(self) -> tuple[int, int]:
        """What findings are sorted by: the worst first, causes before what follows from them."""
        return SEVERITIES.index(self.severity), NAMES.index(self.name)

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, ready for JSON."""
        return asdict(self) | {"steps": None if self.steps is None else list(self.steps)}

    def __str__(self) -> str:
        return f"{self.severity}: {self.title}\n  {self.says}\n  -> {self.advice}"
