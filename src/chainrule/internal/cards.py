"""What a notebook shows of a thing without being asked: a title, facts, a small table and a small curve, as HTML."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

SHOWN = 12  # rows of a table
LINE = "#0072B2"  # as in all figures
CELL = 'style="text-align:right;padding:0.1em 0.8em 0.1em 0"'


def card(
    title: str, facts: Mapping[str, Any] | None = None, table: Sequence[Sequence[Any]] = (), curve: Sequence[float] = (),
    text: str = "",
) -> str:  # fmt: skip
    """HTML about a thing. facts: words and what they stand for; None is left out.  table: rows, the heads first; of a long one
    the last are shown.  curve: numbers, drawn as a line.  text: shown as it is, in letters of one width.

    >>> card("A <b>", {"seed": 1, "parent": None})
    '<div><strong>A &lt;b&gt;</strong><div>seed: 1</div></div>'
    """
    message = " · ".join(
        f"{escape(name)}: {escape(_said(value))}"
        for name, value in (facts or {}).items()
        if value is not None
    )
    pieces = [f"<strong>{escape(title)}</strong>", f"<div>{message}</div>" if message else "", _curve(curve)]
    if text:
        pieces.append(f'<pre style="line-height:1.2">{escape(text)}</pre>')
    if table:
        heads, *rows = table
        left_out = f"<div>… {len(rows) - SHOWN} rows before</div>" if len(rows) > SHOWN else ""
        body = "".join(_row(row, "td") for row in rows[-SHOWN:])
        pieces.append(f"{left_out}<table><thead>{_row(heads, 'th')}</thead><tbody>{body}</tbody></table>")
    return f"<div>{''.join(pieces)}</div>"


def frame(page: str, height: int = 640) -> str:
    """A whole HTML page in a frame, so that its styles stay its own.

    >>> frame("<p>a</p>")[:18]
    '<iframe srcdoc="&l'
    """
    return f'<iframe srcdoc="{escape(page)}" style="width:100%;height:{height}px;border:1px solid #8888" title="a report"></iframe>'


def _row(cells: Sequence[Any], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag} {CELL}>{escape(_said(cell))}</{tag}>" for cell in cells) + "</tr>"


def _said(value: Any) -> str:
    """A number with four digits that count; anything else as text."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return (
        f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else ""
        if value is None
        else str(value)
    )


def _curve(numbers: Sequence[float]) -> str:
    """A line through numbers, those that are not finite left out."""
    known = [(k, float(v)) for k, v in enumerate(numbers) if math.isfinite(v)]
    if len(known) < 2:
        return ""
    low, high = min(v for _, v in known), max(v for _, v in known)
    wide, tall = max(1, known[-1][0]), (high - low) or 1.0
    points = " ".join(f"{300 * k / wide:.1f},{2 + 56 * (high - v) / tall:.1f}" for k, v in known)
    line = f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'
    return f'<svg viewBox="0 0 300 60" width="300" height="60" role="img" aria-label="from {high:.4g} to {low:.4g}">{line}</svg>'
