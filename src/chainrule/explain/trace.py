"""An explanation of one thing in a step, to be shown in a terminal, in a notebook, or read by a program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainrule.explain.equations import Equation
from chainrule.explain.export import write
from chainrule.explain.html import element_of
from chainrule.explain.parts import Block, Part, Shares, plain
from chainrule.explain.text import written


class Trace:
    """What `str` prints in a terminal, a notebook shows, and `to_dict` hands to programs.

    title: what it is about.  parts: what is told, in order.  facts: the main numbers by name.
    """

    def __init__(self, title: str, parts: Sequence[Part], facts: dict[str, Any]) -> None:
        self.title, self.parts, self.facts = title, list(parts), facts

    def text(self, width: int = 100, unicode: bool = True, pictures: bool = True) -> str:
        """The explanation in lines of at most `width` columns. unicode: False for ASCII letters alone."""
        return written(self.title, self.parts, width, unicode, pictures)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Trace: {self.title}>"

    def _repr_html_(self) -> str:
        return element_of(self.title, self.parts)

    def save(self, path: str | Path) -> Path:
        """Writes the explanation as a page (.html), Markdown (.md), plain text (.txt) or JSON (.json)."""
        return write(self, path)

    @property
    def equations(self) -> list[Equation]:
        """All lines of arithmetic, in order."""
        return [e for part in self.parts if isinstance(part, (Block, Shares)) for e in part.equations]

    @property
    def disagreements(self) -> list[Equation]:
        """The lines whose result is not what the engine had, beyond rounding: they are false, and printed as such."""
        return [equation for equation in self.equations if not equation.agrees]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists, dicts, texts and numbers, ready for JSON."""
        lines = [{"kind": type(part).__name__.lower()} | plain(part._asdict()) for part in self.parts]
        return {"title": self.title, **plain(self.facts), "parts": lines}
