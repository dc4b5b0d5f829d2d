"""How pictures are prepared: the settings, which are stored in the model's file so that every door prepares alike."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from chainrule.errors import SettingError, unknown

FORMER_NAMES = {"passing": "mnist_like"}  # as earlier versions stored them


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared; stored in the model file, so that every door prepares alike.

    The bools switch stages off. Widths are in pixels of the `box`. `views` are the readings of one digit whose
    probabilities are averaged: (finest stroke, widest stroke, share of the slant taken out).

    >>> Preparation.from_dict(Preparation(lines=False).to_dict()).lines
    False
    """

    size: int = 28
    box: int = 20
    mnist_like: bool = True  # an MNIST-like picture passes through unchanged
    colour: bool = True  # the clearest channel; off: brightness
    polarity: bool = True  # light ink found from the picture; off: ink is dark
    background: bool = True  # shadows evened out; off: the paper is the brightest grey
    local: bool = True  # threshold from the neighbourhood; off: half the darkest
    lines: bool = True  # ruled and squared paper taken out
    clutter: bool = True  # specks, borders and edges taken out
    thickness: bool = True  # strokes brought to MNIST's width
    averaging: bool = True  # all views; off: the first
    views: tuple[tuple[float, float, float], ...] = ((2.2, 3.0, 0.0), (2.9, 2.9, 0.0), (2.5, 2.5, 0.5))
    version: int = 1

    STAGES = (
        "mnist_like",
        "colour",
        "polarity",
        "background",
        "local",
        "lines",
        "clutter",
        "thickness",
        "averaging",
    )

    def to_dict(self) -> dict[str, Any]:
        """Settings as plain values that JSON can hold."""
        return {**asdict(self), "views": [list(v) for v in self.views]}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Preparation":
        """The settings that `to_dict` wrote; SettingError for a name or a value that does not belong."""
        known = {f.name: f for f in fields(cls)}
        values = {FORMER_NAMES.get(name, name): value for name, value in values.items()}
        for name in values:
            if name not in known:
                raise unknown("preparation setting", name, known)
        changed = dict(values)
        try:
            if "views" in changed:
                changed["views"] = tuple((float(a), float(b), float(c)) for a, b, c in changed["views"])
        except (TypeError, ValueError):
            raise SettingError(f"views: expected rows of three numbers, got {values['views']!r}.") from None
        for name, value in changed.items():
            if name != "views" and type(value) is not type(known[name].default):
                raise SettingError(f"{name}: expected {type(known[name].default).__name__}, got {value!r}.")
        return cls(**changed)

    def without(self, stage: str) -> "Preparation":
        """The same preparation with one stage left out.

        >>> Preparation().without("lines").lines
        False
        """
        if stage not in self.STAGES:
            raise unknown("stage", stage, self.STAGES)
        changed: dict[str, Any] = {stage: False}
        return replace(self, **changed)
