"""Explanations in a terminal: plain letters, no colours, so that they can be piped, copied and recomputed."""

import re
import textwrap
from collections.abc import Sequence

import numpy as np

from chainrule.explain.equations import Equation, number
from chainrule.explain.parts import Block, Heading, Part, Pictures, Shares, Table, Text
from chainrule.internal.terminal import ASCII

INDENT = "  "
QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"  # bit 1: upper left, 2: upper right, 4: lower left, 8: lower right
SHADES = " .:-=+*#%@"
GAP = "  "


def written(title: str, parts: Sequence[Part], width: int, unicode: bool, pictures: bool) -> str:
    """A whole explanation."""
    lines = [*textwrap.wrap(title, width), "─" * min(width, len(title))]
    for part in parts:
        if isinstance(part, Pictures) and not pictures:
            continue
        if isinstance(part, Heading):
            lines.append("")
        lines += lines_of(part, width, unicode)
    text = "\n".join(line.rstrip() for line in lines)
    return text if unicode else "".join(c if ord(c) < 128 else ASCII.get(c, "?") for c in text)


def engine_of(equation: Equation) -> str:
    """What the engine had instead of a line's result, and loudly so where rounding cannot be the reason."""
    if equation.engine is None:
        return ""
    if equation.agrees:
        return f" ≈ {number(equation.engine)}"
    return f" ≠ {number(equation.engine)}, WHICH THE ENGINE HAD: THIS LINE DOES NOT HOLD"


def lines_of(part: Part, width: int, unicode: bool) -> list[str]:
    """The lines of one part."""
    if isinstance(part, Heading):
        return textwrap.wrap(part.words, width)
    if isinstance(part, Text):
        return textwrap.wrap(part.words, width, initial_indent=INDENT, subsequent_indent=INDENT)
    if isinstance(part, Block):
        return block(part.equations, width)
    if isinstance(part, Shares):
        return shares(part, width)
    if isinstance(part, Table):
        return table([list(part.heads), *map(list, part.rows)], width)
    return gallery(part, width, unicode)


def block(equations: Sequence[Equation], width: int) -> list[str]:
    """Lines of arithmetic; given numbers stand beside each other."""
    lines: list[str] = []
    waiting = ""
    for equation in equations:
        said = f"{equation.name} = {number(equation.value)}"
        if not equation.formula and not equation.numbers and not equation.note:
            if waiting and len(INDENT + waiting + said) + 3 > width:
                lines.append(INDENT + waiting)
                waiting = ""
            waiting += (" " * 3 if waiting else "") + said
            continue
        if waiting:
            lines.append(INDENT + waiting)
            waiting = ""
        lines += worked_out(equation, width)
    return [*lines, INDENT + waiting] if waiting else lines


def worked_out(equation: Equation, width: int) -> list[str]:
    """name = formula, below it the numbers and what they come to; broken before signs where the width is too small."""
    column = INDENT + " " * len(equation.name)
    pieces = [piece for piece in (equation.formula, equation.numbers) if piece]
    value = number(equation.value) + engine_of(equation)
    lines: list[str] = []
    for i, piece in enumerate([*pieces, value]):
        before = f"{INDENT}{equation.name} = " if i == 0 else f"{column} = "
        if i == len(pieces) and i > 0 and len(lines[-1]) + 3 + len(piece) <= width:
            lines[-1] += f" = {piece}"
        else:
            lines += broken(before, piece, width)
    note = f"   ({equation.note})"
    if equation.note and len(lines[-1]) + len(note) <= width:
        lines[-1] += note
    elif equation.note:
        before = column + "   "
        lines += textwrap.wrap(f"({equation.note})", width, initial_indent=before, subsequent_indent=before)
    return lines


def broken(before: str, text: str, width: int) -> list[str]:
    """A long sum over several lines, broken before a plus; a term that is too long by itself before its other signs.

    >>> broken("z = ", "a · b + c · d", 12), broken("z = ", "aaaa · bbbb", 10)
    (['z = a · b', '    + c · d'], ['z = aaaa', '    · bbbb'])
    """
    lines, line = [], before
    terms = re.split(r" (?=\+ )", text)
    pieces = [
        piece
        for term in terms
        for piece in ([term] if len(before) + len(term) <= width else re.split(r" (?=[-·/] )", term))
    ]
    for i, piece in enumerate(pieces):
        added = piece if i == 0 else f" {piece}"
        if i and len(line) + len(added) > width:
            lines.append(line)
            line, added = " " * len(before), piece
        line += added
    return [*lines, line]


def shares(part: Shares, width: int) -> list[str]:
    """Products below each other, their factors, signs and results in columns; where there is no room, below their labels."""
    rows = [[part.heads[0], " · ".join(part.heads[1:-1]), f"= {part.heads[-1]}"]]
    split = [e.numbers.split(" · ") for e in part.equations]
    wide = [
        max((len(f[i]) for f in split if len(f) == len(part.heads) - 2), default=0)
        for i in range(len(part.heads) - 2)
    ]
    for label, equation, factors in zip(part.labels, part.equations, split, strict=True):
        if len(factors) == len(wide):
            said = " · ".join(f.rjust(n) for f, n in zip(factors, wide, strict=True))
        else:
            said = equation.numbers
        value = number(equation.value).rjust(15)
        engine = engine_of(equation)
        note = f"   {equation.note}" if equation.note else ""
        rows.append([label, said, f"= {value}{engine}{note}" if said else f"  {value}{note}"])
    left, middle, right = (max(len(row[i]) for row in rows) for i in range(3))
    if len(INDENT) + left + 2 + middle + 1 + right <= width:
        return [f"{INDENT}{row[0].ljust(left)}  {row[1].rjust(middle)} {row[2]}" for row in rows]
    found = []
    for label, *row in rows:
        found += [*textwrap.wrap(label, width, initial_indent=INDENT, subsequent_indent=2 * INDENT)]
        found.append(f"{3 * INDENT}{row[0].rjust(middle)} {row[1]}")
    return found


def table(rows: list[list[str]], width: int) -> list[str]:
    """Cells in columns; where they are wider than the width, the later columns stand below, beside the first one again."""
    rows = [[shortened(row[0], width // 2), *row[1:]] for row in rows]
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    count, used = 1, len(INDENT) + wide[0]
    while count < len(wide) and (count == 1 or used + 2 + wide[count] <= width):
        used += 2 + wide[count]
        count += 1
    lines = [
        INDENT
        + "  ".join(
            cell.ljust(n) if i == 0 else cell.rjust(n)
            for i, (cell, n) in enumerate(zip(row[:count], wide[:count], strict=True))
        )
        for row in rows
    ]
    return (
        lines if count == len(wide) else [*lines, "", *table([[row[0], *row[count:]] for row in rows], width)]
    )


def shortened(text: str, most: int) -> str:
    """A text of at most so many letters.

    >>> shortened("Keras", 5), shortened("Chainrule", 5)
    ('Keras', 'Chai…')
    """
    return text if len(text) <= most else text[: most - 1] + "…"


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def gallery(part: Pictures, width: int, unicode: bool) -> list[str]:
    """Pictures beside each other as far as the width allows, captions below."""
    drawn = [drawing(picture, unicode) for picture in part.pictures]
    lines: list[str] = []
    while drawn:
        count = used = 0
        while count < len(drawn) and (
            count == 0 or used + wide(drawn[count], part.captions[count]) <= width - 2
        ):
            used += wide(drawn[count], part.captions[count]) + len(GAP)
            count += 1
        row, captions = drawn[:count], list(part.captions[:count])
        part, drawn = part._replace(captions=part.captions[count:]), drawn[count:]
        columns = [wide(lines_, caption) for lines_, caption in zip(row, captions, strict=True)]
        high = range(max(len(picture) for picture in row))
        cells = [
            [(p[i] if i < len(p) else "").ljust(n) for p, n in zip(row, columns, strict=True)] for i in high
        ]
        inked = [i for i in high if any(cell.strip() for cell in cells[i])] or [0]
        lines += [
            INDENT + GAP.join(line) for line in cells[inked[0] : inked[-1] + 1]
        ]  # without empty margins
        lines.append(INDENT + GAP.join(c.ljust(n) for c, n in zip(captions, columns, strict=True)))
    return lines


def wide(drawn: list[str], caption: str) -> int:
    """How many columns a picture with its caption takes."""
    return max(len(caption), *(len(line) for line in drawn))


def drawing(picture: np.ndarray, unicode: bool = True) -> list[str]:
    """A picture in letters. A letter is twice as high as wide: it shows 2 x 2 dots, each of two pixels above each other.

    >>> drawing(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], float))
    ['▀▄']
    """
    picture = np.nan_to_num(np.asarray(picture, np.float64))
    picture = picture.mean(axis=2) if picture.ndim == 3 else picture
    while picture.shape[1] > 64:  # more than a terminal has room for
        picture = picture[::2, ::2]
    across = picture.shape[1]
    if not unicode:
        rows = padded(picture, 2, 1).reshape(-1, 2, across).mean(axis=1)
        return ["".join(SHADES[min(9, int(v * 10))] for v in row) for row in rows]
    dots = padded(picture, 4, 2)
    dots = dots.reshape(dots.shape[0] // 2, 2, -1).mean(axis=1) > 0.35
    corner = dots.reshape(dots.shape[0] // 2, 2, dots.shape[1] // 2, 2).astype(int)
    place = corner[:, 0, :, 0] + 2 * corner[:, 0, :, 1] + 4 * corner[:, 1, :, 0] + 8 * corner[:, 1, :, 1]
    return ["".join(QUADRANTS[n] for n in row) for row in place]


def padded(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A picture with background added until its sides can be divided."""
    return np.pad(picture, ((0, -picture.shape[0] % rows), (0, -picture.shape[1] % columns)))
