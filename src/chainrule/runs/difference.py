"""Where two nested dicts differ, place by place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chainrule.runs import values

MISSING = "(not there)"


@dataclass(frozen=True)
class Difference:
    """One place where two settings differ; MISSING stands for an entry that one of them does not have.

    >>> print(Difference("training.optimizer.learning_rate", 0.001, 0.01))
    training.optimizer.learning_rate: 0.001 / 0.01
    """

    place: str
    here: Any
    there: Any

    def __str__(self) -> str:
        return f"{self.place}: {shown(self.here)} / {shown(self.there)}"


def differences(here: dict[str, Any], there: dict[str, Any]) -> list[Difference]:
    """All places where two nested dicts of plain values differ, in the order of the first.

    >>> [str(d) for d in differences({"batch": 32, "model": {"layers": [784, 100]}}, {"batch": 32, "model": {"layers": [784]}})]
    ['model.layers[1]: 100 / (not there)']
    """
    return list(walk("", values.plain(here), values.plain(there)))


def walk(place: str, here: Any, there: Any) -> Iterator[Difference]:
    """The differences below one place."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in [*here, *(key for key in there if key not in here)]:
            yield from walk(
                f"{place}.{key}" if place else key, here.get(key, MISSING), there.get(key, MISSING)
            )
    elif isinstance(here, list) and isinstance(there, list):
        for i in range(max(len(here), len(there))):
            yield from walk(
                f"{place}[{i}]", *(side[i] if i < len(side) else MISSING for side in (here, there))
            )
    elif here != there or isinstance(here, bool) != isinstance(there, bool):
        yield Difference(place, here, there)


def shown(value: Any) -> str:
    """A value in a line of a table: short."""
    result = value if isinstance(value, str) else values.text(value)
    return result if len(result) <= 60 else f"{result[:57]}..."
