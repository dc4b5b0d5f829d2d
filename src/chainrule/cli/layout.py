"""Lines that fit the terminal: prose broken between words, tables whose cells are broken or which go on below."""

import re
from collections.abc import Sequence

CODE = re.compile("\x1b\\[[0-9;]*m")  # for colours; takes no room
ABOUT = re.compile(r"(\s*\S.*?\S)\s{2,}(\S.*)")  # a command, and behind two spaces what it does
LEAST = 12  # letters: no column of words is made narrower


def fitted(text: str, columns: int | None) -> str:
    """The text with each line that is too long broken between words; what follows stands a little further in.

    columns: letters a line has, or None where there is no end. A word that is longer than a line stays whole, so that a
    path can be copied.

    >>> print(fitted("note: all that is said here is too long for its line", 30))
    note: all that is said here is
      too long for its line
    >>> print(fitted("  chainrule evaluate model.keras   which classes it confuses", 40))
      chainrule evaluate model.keras
          which classes it confuses
    """
    if columns is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _broken(line, columns))


def _broken(line: str, columns: int) -> list[str]:
    if _length(line) <= columns:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()))
    if (command := ABOUT.fullmatch(line)) and _length(command[1]) <= columns and command[1] != indent:
        return [command[1], *_filled(_words(command[2]), indent + "    ", indent + "    ", columns)]
    return _filled(_words(line), indent, indent + "  ", columns)


def _words(text: str) -> list[str]:
    """The words of a text; a number and its % stay together."""
    return [word.replace("\0", " ") for word in text.replace(" %", "\0%").split()]


def _filled(words: Sequence[str], first: str, later: str, columns: int) -> list[str]:
    lines, empty = [first], True
    for word in words:
        if not empty and _length(lines[-1]) + 1 + _length(word) > columns:
            lines.append(later)
            empty = True
        lines[-1] += word if empty else f" {word}"
        empty = False
    return lines


def _length(text: str) -> int:
    """How many letters are seen."""
    return len(CODE.sub("", text))


def table(rows: Sequence[Sequence[str]], left: Sequence[int] = (0,), columns: int | None = None) -> list[str]:
    """Rows of cells as lines with straight columns; those in `left` are words and start at the left.

    columns: letters a line has. Where the table is wider, its words are broken; where that is not enough, its later columns
    stand below, with the first column again.

    >>> table([("class", "right"), ("a", "7")])
    ['class  right', 'a          7']
    >>> print("\\n".join(table([("name", "what it is for"), ("jax", "compiled training")], (0, 1), 18)))
    name  what it is
          for
    jax   compiled
          training
    """
    widths = [max(_length(row[k]) for row in rows) for k in range(len(rows[0]))]
    if columns is not None:
        for k in sorted(left, key=lambda k: -widths[k]):
            over = sum(widths) + 2 * (len(widths) - 1) - columns
            longest = max(_length(word) for row in rows for word in row[k].split() or [""])
            widths[k] = min(widths[k], max(longest, LEAST, widths[k] - max(0, over)))
        if sum(widths) + 2 * (len(widths) - 1) > columns and len(widths) > 2:
            return _below(rows, left, widths, columns)
    lines = []
    for row in rows:
        cells = [
            [cell] if _length(cell) <= width else _cell(cell, width)
            for cell, width in zip(row, widths, strict=True)
        ]
        for i in range(max(map(len, cells))):
            line = [_aligned(c[i] if i < len(c) else "", w, k in left) for k, (c, w) in enumerate(zip(cells, widths, strict=True))]  # fmt: skip
            lines.append("  ".join(line).rstrip())
    return lines


def _cell(cell: str, width: int) -> list[str]:
    indent = " " * (len(cell) - len(cell.lstrip()))
    return _filled(cell.split(), indent, indent, width)


def _aligned(cell: str, width: int, left: bool) -> str:
    room = " " * (width - _length(cell))
    return cell + room if left else room + cell


def _below(
    rows: Sequence[Sequence[str]], left: Sequence[int], widths: Sequence[int], columns: int
) -> list[str]:
    """The table in two: as many columns as fit, then the first one again with the others."""
    count, used = 1, widths[0]
    while count < len(widths) and (count == 1 or used + 2 + widths[count] <= columns):
        used += 2 + widths[count]
        count += 1
    above = table([row[:count] for row in rows], [k for k in left if k < count], columns)
    if count == len(widths):
        return above
    others = [0, *range(count, len(widths))]
    below = [[row[k] for k in others] for row in rows]
    return [*above, "", *table(below, [i for i, k in enumerate(others) if k in left], columns)]
