"""An account of one thing in a step: headings, sentences, arithmetic, tables and pictures, to be shown anywhere.

The parts say what is told, `text.py` and `html.py` how it looks in a terminal and in a notebook.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.explain.equations import Equation


class Heading(NamedTuple):
    """The title of what follows."""

    words: str


class Text(NamedTuple):
    """A sentence or two."""

    words: str


class Block(NamedTuple):
    """Lines of arithmetic, each using the results of those before."""

    equations: Sequence[Equation]


class Shares(NamedTuple):
    """Lines of the same product, one for each label, with their numbers below each other."""

    heads: tuple[str, ...]  # of the label, of each factor, of the result
    labels: Sequence[str]
    equations: Sequence[Equation]


class Table(NamedTuple):
    """Cells under heads; the first column to the left, all others to the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class Pictures(NamedTuple):
    """Small grey pictures beside each other, values 0 (paper) to 1 (ink), each with a caption."""

    pictures: Sequence[np.ndarray]
    captions: Sequence[str]


Part = Heading | Text | Block | Shares | Table | Pictures


class Trace:
    """What `str` prints in a terminal, a notebook shows, and `to_dict` hands to programs.

    title: what it is about.  parts: what is told, in order.  facts: the main numbers by name.
    """

    def __init__(self, title: str, parts: Sequence[Part], facts: dict[str, Any]) -> None:
        self.title, self.parts, self.facts = title, list(parts), facts

    def text(self, width: int = 100, unicode: bool = True, pictures: bool = True) -> str:
        """The account in lines of at most `width` columns. unicode: False for ASCII letters alone."""
        from chainrule.explain.text import written

        return written(self, width, unicode, pictures)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Trace: {self.title}>"

    def _repr_html_(self) -> str:
        from chainrule.explain.html import page

        return page(self)

    @property
    def equations(self) -> list[Equation]:
        """All lines of arithmetic, in order."""
        return [e for part in self.parts if isinstance(part, (Block, Shares)) for e in part.equations]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, texts and numbers, ready for JSON."""
        told = [{"kind": type(part).__name__.lower()} | plain(part._asdict()) for part in self.parts]
        return {"title": self.title, **plain(self.facts), "parts": told}


def plain(value: Any) -> Any:
    """A value as JSON knows it; a number that is not finite becomes a text."""
    if isinstance(value, Equation):
        return {k: plain(v) for k, v in value._asdict().items() if v not in (None, "")}
    if isinstance(value, dict):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
