"""Means and extremes over windows, the small tools every stage uses. Windows are cut at the picture's edge."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Floats = np.ndarray[Any, np.dtype[np.float32]]


def window_mean(values: Array, radius: int) -> Floats:
    """Mean over the (2 radius + 1)-square around every pixel, from running sums.

    >>> window_mean(np.array([[0., 3., 6.]]), 1).tolist()
    [[1.5, 3.0, 4.5]]
    """
    out = values.astype(np.float64)
    for axis in (0, 1):
        n = out.shape[axis]
        total = np.cumsum(out, axis=axis)
        total = np.concatenate([np.zeros_like(total.take([0], axis)), total], axis)
        at = np.arange(n)
        high, low = np.minimum(at + radius + 1, n), np.maximum(at - radius, 0)
        count = (high - low).reshape((-1, 1) if axis == 0 else (1, -1))
        out = (total.take(high, axis) - total.take(low, axis)) / count
    return out.astype(np.float32)


def window_max(values: Array, radius: int, radius_across: int | None = None) -> Array:
    """Largest value in the window around every pixel: `radius` rows up and down, `radius_across` columns (or the same).

    >>> window_max(np.array([[0, 0, 5, 0, 0, 0]]), 0, 1).tolist()
    [[0, 5, 5, 5, 0, 0]]
    """
    for axis, r in ((0, radius), (1, radius if radius_across is None else radius_across)):
        values = _max_along(values, r, axis)
    return values


def window_min(values: Array, radius: int, radius_across: int | None = None) -> Array:
    """Smallest value in the window around every pixel; see `window_max`."""
    if values.dtype == bool:
        return ~window_max(~values, radius, radius_across)
    flipped = 255 - values if values.dtype == np.uint8 else -values
    out = window_max(flipped, radius, radius_across)
    return 255 - out if values.dtype == np.uint8 else -out


def padded(values: Array, down: int, across: int | None = None, fill: float = 0) -> Array:
    """With `down` more rows above and below, `across` columns (or as many) on both sides. NumPy's `pad` takes ten times as long for a digit.

    >>> padded(np.array([[1, 2]]), 0, 1).tolist()
    [[0, 1, 2, 0]]
    """
    across = down if across is None else across
    h, w = values.shape
    out = np.full((h + 2 * down, w + 2 * across), fill, values.dtype)
    out[down : down + h, across : across + w] = values
    return out


def _max_along(values: Array, radius: int, axis: int) -> Array:
    """Sliding maximum along one axis by doubling: windows of 1, 2, 4, … then two of them overlapped."""
    n = values.shape[axis]
    radius = min(radius, n - 1)
    if radius < 1:
        return values
    low = False if values.dtype == bool else (0 if values.dtype.kind == "u" else values.min())
    out = padded(values, radius, 0, low) if axis == 0 else padded(values, 0, radius, low)
    length, wanted = 1, 2 * radius + 1
    while length < wanted:
        step = min(length, wanted - length)
        keep = out.shape[axis] - step
        out = np.maximum(_cut(out, 0, keep, axis), _cut(out, step, step + keep, axis))
        length += step
    return out


def _cut(values: Array, start: int, stop: int, axis: int) -> Array:
    return values[start:stop] if axis == 0 else values[:, start:stop]


def disc_max(values: Floats, radius: float) -> Floats:
    """Largest value within a disc around every pixel, none below 0: a stroke drawn with a rounder, wider pen."""
    h = values.shape[0]
    out: Floats = np.zeros_like(values)
    for dy in range(min(int(radius), h - 1) + 1):
        wide = _max_along(values, int((radius * radius - dy * dy) ** 0.5), 1)
        np.maximum(out[dy:], wide[: h - dy], out=out[dy:])
        np.maximum(out[: h - dy], wide[dy:], out=out[: h - dy])
    return out


def median(values: Array | list[Any]) -> float:
    """The middle value. NumPy's own loads masked arrays at its first call, which takes 20 ms."""
    return percentile(values, 50.0)


def percentile(values: Array | list[Any], percent: float) -> float:
    """The value that so many percent of the values lie below, as NumPy's `percentile`; see `median`.

    >>> percentile(np.array([1.0, 3.0, 2.0]), 75.0)
    2.5
    """
    flat = np.ravel(values)
    place = (len(flat) - 1) * percent / 100.0
    low = int(place)
    high = min(low + 1, len(flat) - 1)
    part = np.partition(flat, (low, high))
    return float(part[low]) + (place - low) * (float(part[high]) - float(part[low]))


def resized(values: Array, width: int, height: int, how: str = "BILINEAR") -> Array:
    """`values` (h, w), uint8 or float32, at another size; `how` is one of Pillow's names: BOX, BILINEAR, BICUBIC."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(values))
    return np.asarray(image.resize((width, height), Image.Resampling[how]))
