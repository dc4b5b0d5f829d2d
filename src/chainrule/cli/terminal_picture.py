"""A small picture in the terminal: half blocks in 256 colors, or shades two letters wide where there are none."""

from typing import Any

SHADES = " ░▒▓█"
ASCII = " .:-=+*#%@"


def picture(pixels: Any, color: bool, unicode: bool, columns: int = 80) -> list[str]:
    """The lines that draw uint8 pixels (h, w) or (h, w, 3).

    >>> import numpy as np
    >>> picture(np.array([[0, 255], [128, 0]], np.uint8), color=False, unicode=True)
    ['  ██', '▒▒']
    """
    wide = 1 if color and unicode else 2
    step = max(1, -(-pixels.shape[1] * wide // max(1, columns)))
    pixels = pixels[::step, ::step]
    if color and unicode:
        return _halves(pixels)
    if pixels.ndim == 3:
        pixels = (pixels @ [0.299, 0.587, 0.114]).astype("uint8")
    shades = SHADES if unicode else ASCII
    return ["".join(shades[int(p) * len(shades) // 256] * 2 for p in row).rstrip() for row in pixels]


def _halves(pixels: Any) -> list[str]:
    """Two rows a line: the upper half block's own color above, its background below."""
    lines = []
    for k in range(0, len(pixels), 2):
        line = ""
        for i, upper in enumerate(pixels[k]):
            lower = pixels[k + 1][i] if k + 1 < len(pixels) else None
            under = f";48;5;{_place(lower)}" if lower is not None else ""
            line += f"\x1b[38;5;{_place(upper)}{under}m▀"
        lines.append(line + "\x1b[0m")
    return lines


def _place(pixel: Any) -> int:
    """A pixel's place among a terminal's 256 colors: 24 greys from 232, a cube of 6 x 6 x 6 from 16."""
    if getattr(pixel, "ndim", 0) == 0:
        return 232 + int(pixel) * 23 // 255
    r, g, b = (round(int(p) / 51) for p in pixel)
    return 16 + 36 * r + 6 * g + b
