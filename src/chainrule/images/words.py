"""Words at the ends of a row of digits: the sign of a currency, a unit, a name. Their letters are no digits, even those that look like some.

A glyph that surely is no digit gives a word away; what stands beside it, is no sure digit in one piece and is nearer to it than to
the digits belongs to the word.
"""

from dataclasses import replace

from chainrule.images.glyphs import Glyph

Path = list[tuple[Glyph, float]]

LETTER = 0.2  # a glyph less surely a digit than this may be a letter
TALL, WIDE = (
    0.5,
    0.25,
)  # and so high, as a share of the row's highest glyph, and so wide, as a share of its own height
SURE = 0.9  # a digit in one piece that is surer stays one
NEARER = 0.7  # so much nearer to a letter than to the next digit is part of its word, where there is only one letter


def without_words(path: Path) -> Path:
    """A row's glyphs, each with how surely it is a digit: those of words at its ends get the kind "other".

    >>> import numpy as np
    >>> def glyph(left, kind): return Glyph(np.ones((20, 10), bool), left, 0, float(left), left + 10.0, kind=kind)
    >>> kr = [(glyph(0, "other"), 0.0), (glyph(12, "digit"), 0.7)]
    >>> [g.kind for g, _ in without_words([*kr, (glyph(40, "digit"), 0.99), (glyph(60, "digit"), 0.99)])]
    ['other', 'other', 'digit', 'digit']
    """
    path = _from_the_start(path)
    return _from_the_start(path[::-1])[::-1]


def _from_the_start(path: Path) -> Path:
    """The same with the word at the first end."""
    high = max((g.height for g, _ in path), default=0)
    letters = [
        g.kind != "digit" and p < LETTER and g.height >= TALL * high and g.width >= WIDE * g.height
        for g, p in path
    ]
    end = 0
    for k, (glyph, p) in enumerate(path):
        if glyph.kind == "digit" and p >= SURE and not glyph.cut:
            break
        end = k + 1 if letters[k] and 2 * sum(letters[: k + 1]) > k else end
    if not end:
        return path
    several = sum(letters[:end]) > 1
    while end < len(path):
        group = end + 1
        while group < len(path) and path[group][0].cut and _gap(path[group - 1][0], path[group][0]) <= 0:
            group += 1  # pieces of one piece of ink
        if group == len(path) or min(p for _, p in path[end:group]) >= SURE:
            break
        before, after = _gap(path[end - 1][0], path[end][0]), _gap(path[group - 1][0], path[group][0])
        if before >= (1.0 if several else NEARER) * after:
            break
        end = group
    return [(replace(g, kind="other"), p) for g, p in path[:end]] + path[end:]


def _gap(one: Glyph, other: Glyph) -> float:
    """The columns between two glyphs, whichever comes first."""
    return max(one.start, other.start) - min(one.stop, other.stop)
