"""Accounts in a notebook: static HTML without scripts, in the page's own colours, every text escaped."""

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape

import numpy as np

from chainrule.explain.equations import Equation, number
from chainrule.explain.trace import Block, Heading, Part, Pictures, Shares, Table, Text, Trace

LINE = "1px solid rgba(128,128,128,.4)"
CODE = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em;white-space:pre-wrap"
LONG = 60  # letters of formula and numbers that fit into one line
FAINT = "opacity:.65"
CELL = f"padding:.1em .6em;border:0;text-align:right;background:none;{CODE}"


def page(trace: Trace) -> str:
    """A whole account as one element."""
    told = "".join(element(part) for part in trace.parts)
    style = f"color:inherit;background:transparent;border:{LINE};border-radius:6px;padding:.8em 1em;max-width:70em;overflow-x:auto"
    return f'<div class="chainrule-trace" style="{style}"><div style="font-weight:600">{escape(trace.title)}</div>{told}</div>'


def element(part: Part) -> str:
    """One part."""
    if isinstance(part, Heading):
        return f'<div style="margin-top:1em;padding-top:.5em;border-top:{LINE};font-weight:600">{escape(part.words)}</div>'
    if isinstance(part, Text):
        return f'<div style="margin:.3em 0">{escape(part.words)}</div>'
    if isinstance(part, Block):
        return lines(part.equations)
    if isinstance(part, Shares):
        rows = [
            [label, e.numbers, f"= {result(e)}"] for label, e in zip(part.labels, part.equations, strict=True)
        ]
        return table([part.heads[0], " · ".join(part.heads[1:-1]), f"= {part.heads[-1]}"], rows)
    if isinstance(part, Table):
        return table(part.heads, part.rows)
    shown = zip(part.pictures, part.captions, strict=True)
    return (
        "".join(figure(picture, caption) for picture, caption in shown) if isinstance(part, Pictures) else ""
    )


def lines(equations: Sequence[Equation]) -> str:
    """Name on the left, what it is on the right: short ones in one line, long ones with the numbers below the formula.

    Numbers that are only given stand beside each other.
    """
    told, plain = "", list[Equation]()
    for equation in [*equations, None]:
        if equation is not None and not (equation.formula or equation.numbers or equation.note):
            plain.append(equation)
            continue
        if plain:
            shown = "".join(
                f'<span style="margin-right:2em">{escape(e.name)} = {value(e)}</span>' for e in plain
            )
            told += f'<div style="grid-column:1/3">{shown}</div>'
            plain = []
        if equation is not None:
            told += f'<div style="text-align:right">{escape(equation.name)}</div><div>{right_side(equation)}</div>'
    grid = "display:grid;grid-template-columns:max-content minmax(0,1fr);column-gap:.6em;row-gap:.15em"
    return f'<div style="{CODE};{grid};margin:.3em 0 .3em 1em">{told}</div>'


def right_side(equation: Equation) -> str:
    """= formula = numbers = value."""
    pieces = [f"= {escape(piece)}" for piece in (equation.formula, equation.numbers) if piece]
    long = sum(map(len, pieces)) > LONG
    return ("<br>" if long else " ").join(pieces) + f" = {value(equation)}".lstrip(" " if not pieces else "")


def value(equation: Equation) -> str:
    """What an equation comes to, what the engine had instead, and what there is to say about it."""
    engine = "" if equation.engine is None else f" ≈ <b>{number(equation.engine)}</b>"
    note = f'<span style="{FAINT}">   {escape(equation.note)}</span>' if equation.note else ""
    came = number(equation.value)
    return (f"<b>{came}</b>" if not engine else came) + engine + note


def result(equation: Equation) -> str:
    """What an equation comes to, what the engine had, and what there is to say about it."""
    engine = "" if equation.engine is None else f" ≈ {number(equation.engine)}"
    return number(equation.value) + engine + (f"   ({equation.note})" if equation.note else "")


def table(heads: object, rows: object) -> str:
    """Cells under heads."""
    first = CELL.replace("right", "left")

    def row(cells: object, tag: str) -> str:
        styled = [(first if i == 0 else CELL, cell) for i, cell in enumerate(cells)]  # type: ignore[arg-type, var-annotated]
        return (
            "<tr>"
            + "".join(f'<{tag} style="{style}">{escape(str(c))}</{tag}>' for style, c in styled)
            + "</tr>"
        )

    body = "".join(row(cells, "td") for cells in rows)  # type: ignore[attr-defined]
    return f'<table style="border-collapse:collapse;margin:.4em 0">{row(heads, "th")}{body}</table>'


def figure(picture: np.ndarray, caption: str) -> str:
    """A picture, four times as large, with its caption."""
    data = base64.b64encode(png(picture)).decode()
    high, wide = picture.shape
    scale = max(1, 112 // max(high, wide))
    return (
        '<figure style="display:inline-block;margin:.4em .8em .4em 0;text-align:center">'
        f'<img alt="{escape(caption)}" width="{wide * scale}" height="{high * scale}" '
        f'style="image-rendering:pixelated;border:{LINE}" src="data:image/png;base64,{data}">'
        f'<figcaption style="font-size:.85em">{escape(caption)}</figcaption></figure>'
    )


def png(picture: np.ndarray) -> bytes:
    """A grey picture, 0 to 1, as the bytes of a PNG file."""
    pixels = (np.clip(np.asarray(picture, np.float64), 0, 1) * 255).round().astype(np.uint8)
    high, wide = pixels.shape
    rows = np.concatenate(
        [np.zeros((high, 1), np.uint8), pixels], axis=1
    ).tobytes()  # each row: filter 0, then pixels

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
