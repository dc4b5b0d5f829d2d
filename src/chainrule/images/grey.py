"""Colour to grey, by the channel in which the ink stands out most: a blue pen in red light, a yellow one in blue."""

from typing import Any

import numpy as np

from chainrule.images.filters import percentile, window_mean

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

# Weights of red, green, blue. The first is what the eye sees; another must be clearly better to replace it.
CHANNELS = {
    "brightness": (0.299, 0.587, 0.114),
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0),
    "blue": (0.0, 0.0, 1.0),
    "red + green": (0.5, 0.5, 0.0),
    "green + blue": (0.0, 0.5, 0.5),
}
THUMBNAIL = 200
BETTER = 1.25


def grey(pixels: Pixels) -> tuple[Pixels, str]:
    """(h, w, 3) to (h, w) in the channel where ink is clearest, and that channel's name; grey stays as it is.

    >>> paper = np.full((40, 40, 3), 255, np.uint8); paper[10:30, 18:22] = 255, 255, 0     # a yellow pen
    >>> grey(paper)[1]
    'blue'
    """
    if pixels.ndim == 2:
        return pixels, "grey"
    small = thumbnail(pixels)
    spread = small.max(2).astype(np.int16) - small.min(2)
    name = "brightness"
    if percentile(spread, 99.5) >= 24:  # below that the picture is grey, whatever its mode says
        planes = {name: mixed(small, weights) for name, weights in CHANNELS.items()}
        scores = {name: contrast(plane) for name, plane in planes.items()}
        best = max(scores, key=lambda n: scores[n])
        if scores[best] > BETTER * scores["brightness"]:
            name = best
    return mixed(pixels, CHANNELS[name]), name


def mixed(pixels: Pixels, weights: tuple[float, float, float]) -> Pixels:
    """A weighted sum of red, green and blue, rounded to uint8."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.convert("L", (*weights, 0.5)))


def thumbnail(pixels: Pixels, side: int = THUMBNAIL) -> Pixels:
    """At most `side` pixels long; what decides about the whole picture is decided here."""
    from PIL import Image

    h, w = pixels.shape[:2]
    scale = max(1.0, max(h, w) / side)
    if scale == 1.0:
        return pixels
    size = max(1, round(w / scale)), max(1, round(h / scale))
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BOX))


def contrast(plane: Pixels) -> float:
    """How far ink stands out from its surroundings, in units of how much the surroundings vary."""
    surroundings = window_mean(plane, max(2, max(plane.shape) // 12))
    away = np.abs(plane - surroundings)
    ink = percentile(away, 98)
    rest = away[away < ink / 3]
    return float(ink / (4.0 + (rest.mean() if rest.size else ink)))
