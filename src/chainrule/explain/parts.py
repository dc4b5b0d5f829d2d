"""What an explanation is made of: headings, sentences, arithmetic, tables and pictures.

`text.py` and `html.py` say how the parts look in a terminal and in a notebook.
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
    """Small pictures beside each other, each with a caption: (h, w) from 0 (background) to 1 (ink), or (h, w, 3) in colour."""

    pictures: Sequence[np.ndarray]
    captions: Sequence[str]


Part = Heading | Text | Block | Shares | Table | Pictures


def plain(value: Any) -> Any:
    """A value as JSON knows it; a number that is not finite becomes a text."""
    if isinstance(value, Equation):
        fields = {k: plain(v) for k, v in value._asdict().items() if k != "size" and v not in (None, "")}
        return fields if value.agrees else fields | {"agrees": False}
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
