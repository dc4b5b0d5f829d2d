"""What the checks of a data set found: a list of findings, each with its weight, what it means and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SEVERITIES = ("stop", "warning", "note")  # "stop": what is measured on such data would mean nothing


@dataclass(frozen=True)
class DataFinding:
    """One thing that deserves a look before learning.

    name: what kind it is ("copies in the test part").  severity: "stop", "warning" or "note".  says: what was found, in
    one sentence.  advice: what to do.  evidence: the numbers, ready for JSON.

    >>> print(DataFinding("single example", "note", "class 'lynx' has a single example.", "Find more of it."))
    note: class 'lynx' has a single example. Find more of it.
    """

    name: str
    severity: str
    says: str
    advice: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.severity}: {self.text}"

    @property
    def text(self) -> str:
        """What was found and what to do."""
        return f"{self.says} {self.advice}".strip()

    def to_dict(self) -> dict[str, Any]:
        """The same for programs."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class DataReport:
    """Everything that was found in a data set, the worst first; iterating gives the findings.

    looked_at: what was looked at.  left_out: what was not, and why.
    """

    data: str
    findings: tuple[DataFinding, ...] = ()
    looked_at: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ordered = sorted(self.findings, key=lambda finding: SEVERITIES.index(finding.severity))
        object.__setattr__(self, "findings", tuple(ordered))

    def __iter__(self) -> Iterator[DataFinding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        return True

    @property
    def stops(self) -> tuple[DataFinding, ...]:
        """The findings that make a result meaningless."""
        return tuple(finding for finding in self.findings if finding.severity == "stop")

    @property
    def flattering(self) -> tuple[DataFinding, ...]:
        """The findings for which an accuracy on the test part is better than it would be on new examples."""
        return tuple(finding for finding in self.findings if finding.evidence.get("flatters"))

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, ready for JSON."""
        return {
            "data": self.data, "findings": [finding.to_dict() for finding in self.findings],
            "looked_at": list(self.looked_at), "left_out": list(self.left_out),
        }  # fmt: skip

    def __str__(self) -> str:
        head = "nothing to worry about" if not self.findings else f"{len(self.findings)} findings"
        lines = [f"{self.data}: {head}", *(f"  {finding}" for finding in self.findings)]
        lines += [f"  looked at: {', '.join(self.looked_at)}"] if self.looked_at else []
        return "\n".join([*lines, *(f"  not looked at: {what}" for what in self.left_out)])
