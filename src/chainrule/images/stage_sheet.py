"""How a picture was seen: a sheet of every stage and every digit, and a small drawing of blocks for the terminal."""

from typing import Any

import numpy as np

from chainrule.images.preparation import Digit, Prepared

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

WIDTH, EDGE, GAP = 1240, 24, 16  # pixels of the sheet, its margin, and between things on it
ACROSS = 4  # stages in a row
SEEN, LIKE = 140, 84  # a digit as the network saw it; the others beside it
MOST = 12  # digits shown
PAPER, INK, FAINT, RED, BLUE, PALE = (
    (252, 251, 248),
    (40, 40, 44),
    (120, 120, 126),
    (178, 34, 34),
    (30, 90, 160),
    (176, 196, 216),
)
STAGES = {
    "read": "as it came, upright", "grey": "where the ink is clearest", "paper": "the paper without ink",
    "ink": "darker than the paper", "mask": "ink or not", "lines": "ruled lines taken out",
    "writing": "specks and edges taken out", "digits": "what makes a digit", "digit": "as MNIST's are already",
}  # fmt: skip


def blocks(digit: Pixels) -> str:
    """A digit as text, two rows of pixels a line.

    >>> print(blocks(np.array([[0, 255], [255, 255]], np.uint8)))
    ▄█
    """
    rows = np.asarray(digit) >= 96
    if len(rows) % 2:
        rows = np.pad(rows, ((0, 1), (0, 0)))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(
        "".join(" ▄▀█"[2 * int(a) + int(b)] for a, b in zip(up, low, strict=True)).rstrip()
        for up, low in pairs
    )


def stage_sheet(
    prepared: Prepared,
    probabilities: "np.ndarray[Any, Any] | None" = None,
    nearest: "np.ndarray[Any, Any] | None" = None,
    *,
    likes: "np.ndarray[Any, Any] | None" = None,
    answer: str = "",
    refused: str | None = None,
    without: list[tuple[str, str]] | None = None,
    names: list[str] | None = None,
) -> Any:
    """A Pillow picture: every stage in order; below, each digit as the network saw it, what it is like, its bars.

    probabilities: (digits, classes).  nearest: uint8 (digits, k, 28, 28), training digits like each one found, and
    likes: their labels (digits, k).  without: pairs of a stage and what the answer would be if it were left out.
    """
    from PIL import Image, ImageDraw

    stages = [(name, _fitted(pixels)) for name, pixels in prepared.stages.items()]
    rows = [stages[k : k + ACROSS] for k in range(0, len(stages), ACROSS)]
    shown = prepared.digits[:MOST]
    columns = 1 if len(shown) == 1 else 2
    heights = [max(small.height for _, small in row) + 44 for row in rows]
    below = -(-len(shown) // columns) * (SEEN + 34)
    useful = [(stage, other) for stage, other in without or () if other != "the same"]
    lines = 1 + -(-len(useful) // 2)
    sheet = Image.new(
        "RGB",
        (WIDTH, 62 + sum(heights) + (36 + below) * bool(shown) + 24 * lines * (without is not None) + EDGE),
        PAPER,
    )
    pen = ImageDraw.Draw(sheet)
    reason = refused or prepared.refused
    text(pen, EDGE, 16, f"{answer}   {reason or ''}".strip(), RED if reason else INK, 20)
    top = 56
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        for k, (name, small) in enumerate(row):
            left = EDGE + k * (_cell() + GAP)
            end = text(pen, left, top, f"{number * ACROSS + k + 1}  {name}", INK, 16)
            text(pen, end + 10, top + 2, STAGES.get(name, ""), FAINT, 13)
            sheet.paste(small, (left, top + 24))
            pen.rectangle(
                (left - 1, top + 23, left + small.width, top + 24 + small.height), outline=(214, 212, 206)
            )
        top += height
    if shown:
        more = f", the first {MOST} of {len(prepared.digits)}" if len(prepared.digits) > MOST else ""
        text(
            pen,
            EDGE,
            top,
            f"What the network saw{more}; the training digits most like it; what it answers",
            INK,
            16,
        )
        for k, digit in enumerate(shown):
            left = EDGE + (k % columns) * (WIDTH - 2 * EDGE + GAP) // 2
            at = top + 34 + k // columns * (SEEN + 34)
            _digit(
                sheet,
                pen,
                (left, at),
                digit,
                None if nearest is None else nearest[k],
                None if likes is None else likes[k],
                None if probabilities is None else probabilities[k],
                names,
            )
            if columns == 1 and len(digit.views) > 1:
                _views(sheet, pen, (WIDTH - EDGE - 3 * (LIKE + 6), at), digit.views)
        top += 36 + below
    if without is not None:
        _without(pen, top, useful)
    return sheet


def text(pen: Any, left: float, top: float, words: str, colour: tuple[int, int, int], size: int) -> float:
    """Writes words at a readable size, in the letters that come with Pillow; returns where they end."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    pen.text((left, top), words, fill=colour, font=font)
    return left + float(pen.textlength(words, font=font))


def _cell() -> int:
    """The width of one stage."""
    return (WIDTH - 2 * EDGE - (ACROSS - 1) * GAP) // ACROSS


def _fitted(pixels: Pixels) -> Any:
    """A stage at the size it is shown in; small pictures keep their pixels as squares."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
    scale = min(_cell() / image.width, 240 / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.NEAREST if scale >= 2 else Image.Resampling.LANCZOS)


def _digit(
    sheet: Any,
    pen: Any,
    place: tuple[int, int],
    digit: Digit,
    nearest: Any,
    likes: Any,
    probabilities: Any,
    names: list[str] | None,
) -> None:
    """One digit: enlarged, what it is like, its probabilities."""
    from PIL import Image

    left, top = place

    def put(pixels: Pixels, at: tuple[int, int], side: int) -> None:
        big = Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(big.convert("RGB"), at)

    put(digit.pixels, (left, top), SEEN)
    at = left + SEEN + GAP
    for k, pixels in enumerate(() if nearest is None else nearest):
        put(pixels, (at, top), LIKE)
        if likes is not None:
            label = int(likes[k])
            text(pen, at + LIKE / 2 - 4, top + LIKE + 4, names[label] if names else str(label), FAINT, 14)
        at += LIKE + 6
    if probabilities is not None:
        _bars(pen, probabilities, at + 10, top, SEEN, names)


def _bars(pen: Any, probabilities: Any, left: int, top: int, height: int, names: list[str] | None) -> None:
    """One horizontal bar a class, the longest dark."""
    step = height / len(probabilities)
    size = max(8, min(13, round(step)))
    best = int(np.argmax(probabilities))
    for k, p in enumerate(probabilities):
        y = top + k * step
        text(pen, left, y - 1, names[k] if names else str(k), INK, size)
        pen.rectangle(
            (left + 16, y + 2, left + 17 + 80 * float(p), y + step - 2), fill=BLUE if k == best else PALE
        )
        if p >= 0.005:
            text(pen, left + 22 + 80 * float(p), y - 1, f"{p * 100:.0f} %", FAINT, size)


def _views(sheet: Any, pen: Any, place: tuple[int, int], views: Pixels) -> None:
    """The readings of one digit that are averaged."""
    from PIL import Image

    left, top = place
    for k, pixels in enumerate(views[:3]):
        big = Image.fromarray(np.ascontiguousarray(pixels)).resize((LIKE, LIKE), Image.Resampling.NEAREST)
        sheet.paste(big.convert("RGB"), (left + k * (LIKE + 6), top))
    text(pen, left, top + LIKE + 4, f"read in {min(3, len(views))} ways, averaged", FAINT, 13)


def _without(pen: Any, top: int, useful: list[tuple[str, str]]) -> None:
    """The answers that would be others if a stage were left out, in two columns."""
    title = (
        "Without one of these stages the answer would be"
        if useful
        else "Without any one of the stages the answer is the same."
    )
    text(pen, EDGE, top, title, INK, 16)
    half = -(-len(useful) // 2)
    for k, (stage, other) in enumerate(useful):
        left, at = EDGE + k // half * (WIDTH // 2), top + 26 + k % half * 22
        text(pen, left, at, stage, FAINT, 14)
        text(pen, left + 110, at, other if len(other) < 62 else other[:60] + " …", RED, 14)
