"""HTML whose every text is escaped: only what was made here passes as it is."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


VOID = {"br", "hr", "img", "input", "link", "meta"}  # elements without an end
Piece = Any  # Html as it is; anything else by its text; None is nothing


def h(name: str, /, *children: Piece, **attributes: Any) -> Html:
    """An element. Attributes: `class_` is class, `_` is a hyphen; True is one without a value; None and False are left out.

    >>> h("a", "<b> & ", h("b", 7), href='x"y', class_="far", data_k=1, hidden=None)
    '<a href="x&quot;y" class="far" data-k="1">&lt;b&gt; &amp; <b>7</b></a>'
    """
    text = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{text}>" if name in VOID else f"<{name}{text}>{join(*children)}</{name}>")


def join(*pieces: Piece) -> Html:
    """Pieces one after the other; lists and other rows of pieces are opened.

    >>> join("1 < 2", None, [h("i", "so"), "!"])
    '1 &lt; 2<i>so</i>!'
    """
    return Html("".join(_text(piece) for piece in pieces))


def _text(piece: Piece) -> str:
    if piece is None:
        return ""
    if isinstance(piece, Html):
        return piece
    if isinstance(piece, Iterable) and not isinstance(piece, str):
        return join(*piece)
    return escape(str(piece))


# ── parts that several sections have ─────────────────────────────────────────────────────────────────────────────


def facts(rows: Iterable[tuple[str, Piece]], kind: str = "") -> Html:
    """Words and what they stand for, those that are known. kind: "short" for two beside each other."""
    known = [(name, value) for name, value in rows if value not in (None, "")]
    return h(
        "dl",
        [h("div", h("dt", name), h("dd", value)) for name, value in known],
        class_=f"facts {kind}".strip(),
    )


def table(
    heads: Sequence[Piece], rows: Iterable[Sequence[Piece]], caption: str, words: Sequence[int] = (0,)
) -> Html:
    """A table that scrolls within itself where it is too wide. words: columns of words; all others are numbers."""

    def cells(row: Sequence[Piece], tag: str) -> Html:
        return h("tr", [h("th" if k == 0 else tag, cell, scope="row" if k == 0 and tag == "td" else "col" if tag == "th" else None,
                          class_=None if k in words else "number") for k, cell in enumerate(row)])  # fmt: skip

    inner = h("table", h("thead", cells(heads, "th")), h("tbody", [cells(row, "td") for row in rows]))
    return figure(scrolling(inner, caption), caption)


def scrolling(inner: Html, label: str) -> Html:
    """Something wide: it scrolls by itself, also with the keyboard, and the page does not."""
    return h("div", inner, class_="scroll", tabindex="0", role="region", aria_label=label)


def figure(inner: Html, caption: Piece, wide: bool = False) -> Html:
    """A figure with its sentence or two."""
    return h("figure", inner, h("figcaption", caption), class_="wide" if wide else None)


def drawing(svg: str, label: str) -> Html:
    """An <svg> that `chainrule.plots.svg` made, with a text for those who do not see it."""
    return Html(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1))


def bar(share: float, kind: str = "") -> Html:
    """A horizontal bar, 0 to 1."""
    width = f"--share:{100 * min(1.0, max(0.0, share)):.1f}%"
    return h("span", class_=f"bar {kind}".strip(), style=width, aria_hidden="true")
