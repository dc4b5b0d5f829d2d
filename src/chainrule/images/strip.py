"""How a picture was seen: a strip of every stage, and a small drawing of blocks for the terminal."""

from typing import Any

import numpy as np

from chainrule.images.preparation import Prepared

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def blocks(digit: Pixels) -> str:
    """A digit as text, two rows of pixels a line.

    >>> print(blocks(np.array([[0, 255], [255, 255]], np.uint8)))
    ▄█
    """
    rows = np.asarray(digit) >= 96
    if len(rows) % 2:
        rows = np.pad(rows, ((0, 1), (0, 0)))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(" ▄▀█"[2 * int(a) + int(b)] for a, b in zip(up, low, strict=True)).rstrip()
                     for up, low in pairs)


def strip(prepared: Prepared, probabilities: "np.ndarray[Any, Any] | None" = None,
          nearest: "np.ndarray[Any, Any] | None" = None, side: int = 220, names: list[str] | None = None) -> Any:
    """A Pillow picture: every stage in order; below, each digit enlarged, its probabilities as bars, its likes.

    probabilities: (digits, classes); nearest: uint8 (digits, k, 28, 28), training digits like each one found.
    """
    from PIL import Image, ImageDraw

    stages = list(prepared.stages.items())
    digits = prepared.digits[:8]
    line = 20
    width = max(len(stages), 4) * (side + 8)
    sheet = Image.new("RGB", (width, side + line + (len(digits) or 1) * (side // 2 + line)), (250, 250, 248))
    draw = ImageDraw.Draw(sheet)
    for k, (name, pixels) in enumerate(stages):
        small = Image.fromarray(pixels).convert("RGB")
        small.thumbnail((side, side))
        draw.text((k * (side + 8), 4), f"{k + 1} {name}", fill=(40, 40, 40))
        sheet.paste(small, (k * (side + 8), line))
    half = side // 2
    if not digits and prepared.refused:
        draw.text((4, side + line + 4), prepared.refused, fill=(180, 30, 30))
    for k, digit in enumerate(digits):
        top = side + line + k * (half + line) + line // 2
        at = 0
        shown = [*digit.views, *(nearest[k] if nearest is not None else [])]
        for pixels in shown:
            big = Image.fromarray(np.ascontiguousarray(pixels)).resize((half, half), Image.Resampling.NEAREST)
            sheet.paste(big.convert("RGB"), (at, top))
            at += half + 6
        if probabilities is not None:
            _bars(draw, probabilities[k], at + 10, top, half, names)
    return sheet


def _bars(draw: Any, probabilities: "np.ndarray[Any, Any]", left: int, top: int, height: int,
          names: list[str] | None) -> None:
    """One horizontal bar a class, the longest dark."""
    step = height / len(probabilities)
    best = int(np.argmax(probabilities))
    for k, p in enumerate(probabilities):
        y = top + k * step
        draw.text((left, y - 1), names[k] if names else str(k), fill=(40, 40, 40))
        colour = (30, 90, 160) if k == best else (170, 190, 210)
        draw.rectangle((left + 16, y + 1, left + 17 + 110 * float(p), y + step - 2), fill=colour)
        if p >= 0.005:
            draw.text((left + 22 + 110 * float(p), y - 1), f"{p * 100:.0f} %", fill=(90, 90, 90))
