"""The answer to one example: the one form in which every door, the command line, a server, a studio, gives it.

`VERSION` goes up when a key changes its meaning or goes away; new keys may come at any time.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.inference.handwriting import Reading

VERSION = 1
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Glyph:
    """One digit, letter or class that was read.

    ranks: the classes from the likeliest on, with their probabilities.  box: left, top, right, bottom in pixels of
    the picture.  doubt: why it may be another one or none, None where it is sure.
    """

    ranks: tuple[tuple[str, float], ...]
    box: Box | None = None
    doubt: str | None = None

    @property
    def label(self) -> str:
        """The likeliest class."""
        return self.ranks[0][0]

    @property
    def probability(self) -> float:
        """That the label is right."""
        return self.ranks[0][1]

    def to_dict(self, top: int = 1) -> dict[str, Any]:
        """For programs; `top` classes are listed where more than one is asked for."""
        found: dict[str, Any] = {
            "label": self.label, "probability": self.probability, "box": self.box, "doubt": self.doubt,
        }  # fmt: skip
        if top > 1:
            found["top"] = [{"label": name, "probability": p} for name, p in self.ranks[:top]]
        return found


@dataclass(frozen=True, repr=False)
class Answer:
    """What a model says about one example of a file.

    file, row: where the example is from; row is None for a picture.
    text: the answer as people write it: the best reading whenever there is one, "?" for one of several digits that is
    hardly likely to be right, `|` between rows.  label: the class, where there is exactly one.  probability: of the least certain digit.
    value: the number, or numbers, of a regression.  digits: each with its classes and doubt.  glyphs: what stands beside
    the digits and is none, (kind, box): "minus", "point", "slash" and others.  doubt: why the answer may be wrong, or None.
    refused: why there is no answer at all, or None.  seen: the pixels that the network was given.  reading: how a picture of
    handwriting was read, stage by stage.

    >>> Answer("a.png", text="7", digits=(Glyph((("7", 0.9), ("1", 0.1))),), probability=0.9).to_dict()["label"]
    '7'
    >>> Answer("rents.csv", 2, text="812", value=812.0, doubt="'rooms' is missing: as in the rows without it")
    <Answer rents.csv[2]: 812 ('rooms' is missing: as in the rows without it)>
    """

    file: str
    row: int | None = None
    text: str | None = None
    probability: float | None = None
    value: float | list[float] | None = None
    digits: tuple[Glyph, ...] = ()
    glyphs: tuple[tuple[str, Box], ...] = ()
    doubt: str | None = None
    refused: str | None = None
    seen: tuple[Any, ...] = ()
    reading: "Reading | None" = None

    @property
    def label(self) -> str | None:
        """The class, where exactly one was read."""
        return self.digits[0].label if len(self.digits) == 1 and self.refused is None else None

    def __str__(self) -> str:
        """As people write it: the text, how sure it is, and why it may be wrong."""
        if self.refused is not None:
            return f"refused: {self.refused}"
        sure = "" if self.probability is None else f" {100 * self.probability:.2f} %"
        return f"{self.text}{sure}{f' ({self.doubt})' if self.doubt else ''}"

    def __repr__(self) -> str:
        return f"<Answer {self.file}{'' if self.row is None else f'[{self.row}]'}: {self}>"

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages of preparation that a picture went through."""
        return () if self.reading is None else tuple(self.reading.prepared.stages)

    def to_dict(self, top: int = 1) -> dict[str, Any]:
        """For programs: always the same keys; arrays of pixels are left out."""
        return {
            "version": VERSION, "file": self.file, "row": self.row, "text": self.text, "label": self.label,
            "probability": self.probability, "value": self.value, "doubt": self.doubt, "refused": self.refused,
            "digits": [glyph.to_dict(top) for glyph in self.digits],
            "glyphs": [{"kind": kind, "box": box} for kind, box in self.glyphs],
            "stages": list(self.stages),
        }  # fmt: skip
