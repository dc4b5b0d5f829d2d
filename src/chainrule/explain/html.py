"""Explanations in a notebook: static HTML without scripts, in the page's own colours, every text escaped."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.explain.equations import Equation, number
from chainrule.explain.parts import Block, Heading, Part, Shares, Table, Text
from chainrule.explain.text import engine_of
from chainrule.report.markup import Html, h, join

LINE = "1px solid rgba(128,128,128,.4)"
CODE = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em;white-space:pre-wrap"
LONG = 60  # letters of formula and numbers that fit into one line
FAINT = "opacity:.65"
LOUD = "color:#d32f2f;font-weight:600"
CELL = f"padding:.1em .6em;border:0;text-align:right;background:none;{CODE}"
BOX = f"color:inherit;background:transparent;border:{LINE};border-radius:6px;padding:.8em 1em;max-width:70em;overflow-x:auto"
GRID = f"{CODE};display:grid;grid-template-columns:max-content minmax(0,1fr);column-gap:.6em;row-gap:.15em;margin:.3em 0 .3em 1em"
SIDE = 112  # pixels that a small picture is enlarged to


def element_of(title: str, parts: Sequence[Part]) -> Html:
    """A whole explanation as one element."""
    heading = h("div", title, style="font-weight:600")
    return h("div", heading, [element(part) for part in parts], class_="chainrule-trace", style=BOX)


def element(part: Part) -> Html:
    """One part."""
    if isinstance(part, Heading):
        style = f"margin-top:1em;padding-top:.5em;border-top:{LINE};font-weight:600"
        return h("div", part.words, style=style)
    if isinstance(part, Text):
        return h("div", part.words, style="margin:.3em 0")
    if isinstance(part, Block):
        return block(part.equations)
    if isinstance(part, Shares):
        rows = [
            [label, e.numbers, join("= ", result(e, "span"))]
            for label, e in zip(part.labels, part.equations, strict=True)
        ]
        return table([part.heads[0], " · ".join(part.heads[1:-1]), f"= {part.heads[-1]}"], rows)
    if isinstance(part, Table):
        return table(part.heads, part.rows)
    return join(*(figure(p, caption) for p, caption in zip(part.pictures, part.captions, strict=True)))


def block(equations: Sequence[Equation]) -> Html:
    """Name on the left, what it is on the right: short ones in one line, long ones with the numbers below the formula.

    Numbers that are only given stand beside each other.
    """
    shown, waiting = list[Html](), list[Equation]()

    def given() -> None:
        if waiting:
            spans = [h("span", f"{e.name} = ", result(e), style="margin-right:2em") for e in waiting]
            shown.append(h("div", spans, style="grid-column:1/3"))
            waiting.clear()

    for equation in equations:
        if not (equation.formula or equation.numbers or equation.note):
            waiting.append(equation)
            continue
        given()
        shown.append(h("div", equation.name, style="text-align:right"))
        shown.append(h("div", right_side(equation)))
    given()
    return h("div", shown, style=GRID)


def right_side(equation: Equation) -> Html:
    """= formula = numbers = value."""
    pieces = [f"= {piece}" for piece in (equation.formula, equation.numbers) if piece]
    gap = h("br") if sum(map(len, pieces)) > LONG else " "
    return join(
        [[piece, gap] for piece in pieces[:-1]], pieces[-1:], " = " if pieces else "= ", result(equation)
    )


def result(equation: Equation, tag: str = "b") -> Html:
    """What an equation comes to, what the engine had instead, and what there is to say about it."""
    value, engine = number(equation.value), engine_of(equation)
    note = h("span", f"   ({equation.note})", style=FAINT) if equation.note else None
    if not engine:
        return join(h(tag, value), note)
    return join(value, h(tag, engine, style=None if equation.agrees else LOUD), note)


def table(heads: Sequence[Any], rows: Sequence[Sequence[Any]]) -> Html:
    """Cells under heads; the first column to the left, all others to the right."""
    first = CELL.replace("right", "left")

    def row(cells: Sequence[Any], tag: str) -> Html:
        return h("tr", [h(tag, cell, style=CELL if i else first) for i, cell in enumerate(cells)])

    style = "border-collapse:collapse;margin:.4em 0"
    return h("table", row(heads, "th"), [row(cells, "td") for cells in rows], style=style)


def figure(picture: np.ndarray, caption: str) -> Html:
    """A picture, enlarged, with its caption."""
    high, wide = picture.shape[:2]
    scale = max(1, SIDE // max(high, wide))
    data = "data:image/png;base64," + base64.b64encode(png(picture)).decode()
    style = f"image-rendering:pixelated;border:{LINE}"
    image = h("img", alt=caption, width=wide * scale, height=high * scale, style=style, src=data)
    inner = join(image, h("figcaption", caption, style="font-size:.85em"))
    return h("figure", inner, style="display:inline-block;margin:.4em .8em .4em 0;text-align:center")


def png(picture: np.ndarray) -> bytes:
    """A picture, (h, w) in grey or (h, w, 3) in colour from 0 to 1, as the bytes of a PNG file."""
    from PIL import Image

    pixels = (np.clip(np.nan_to_num(np.asarray(picture, np.float64)), 0, 1) * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
