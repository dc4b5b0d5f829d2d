"""Examples as pictures: many of them in one grid."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.engine.examples import Scaled
from chainrule.errors import ShapeError
from chainrule.plots.style import COLOURS, INK, axes, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.15  # between two pictures, of a picture's width
MOST = 400  # pictures in one grid


def digits(
    x: Any, labels: Any = None, said: Any = None, columns: int | None = None, names: Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Axes":  # fmt: skip
    """A grid of pictures, with what each is above it; where `said` differs, both: "5 not 3".

    x: (n, h, w), (n, pixels) of square ones in grey or in colour, or (n, h, w, 3), from 0 to 1 or to 255; at most 400.  labels, said: (n,) names
    or numbers of classes.  names: of the classes.  Raises ShapeError when x are no pictures.

    >>> from chainrule import plots
    >>> ax = plots.digits(np.zeros((6, 28, 28)), labels=[5, 0, 4, 1, 9, 2], columns=3)
    >>> [text.get_text() for text in ax.texts]
    ['5', '0', '4', '1', '9', '2']
    """
    shown = as_pictures(x)[:MOST]
    n, wide = len(shown), shown.shape[2]
    columns = columns or columns_for(n)
    head = 0.32 if labels is not None else 0.0
    ax = axes(ax, 0.3 + 0.8 * min(n, columns), 0.2 + 0.8 * -(-n // columns) * (shown.shape[1] / wide + head))
    for k, (left, top) in enumerate(grid_of(ax, shown, columns, head)):
        if labels is None:
            break
        truth, answer = named(labels[k], names), None if said is None else named(said[k], names)
        wrong = answer is not None and answer != truth
        ax.text(left + wide / 2, top - 0.05 * wide, f"{answer} not {truth}" if wrong else truth, ha="center", va="bottom",
                fontsize=9, color=COLOURS[1] if wrong else INK)  # fmt: skip
    return bare(ax)


def as_pictures(x: Any) -> np.ndarray:
    """Examples as pictures (n, h, w) or (n, h, w, 3), from 0 to 1."""
    values = x.rows(slice(None)) if isinstance(x, Scaled) else np.asarray(x)
    if values.ndim == 2 and math.isqrt(values.shape[1]) ** 2 == values.shape[1]:
        side = math.isqrt(values.shape[1])
        values = values.reshape(-1, side, side)
    elif (
        values.ndim == 2
        and values.shape[1] % 3 == 0
        and math.isqrt(values.shape[1] // 3) ** 2 * 3 == values.shape[1]
    ):
        side = math.isqrt(values.shape[1] // 3)
        values = values.reshape(-1, side, side, 3)
    if values.ndim == 4 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim not in (3, 4) or (values.ndim == 4 and values.shape[-1] != 3) or not len(values):
        raise ShapeError(
            f"Pictures have the shape (n, h, w), (n, h, w, 3) or (n, pixels of a square, in grey or in colour); these have {values.shape}."
        )
    top = 255 if values.dtype.kind in "iu" or values.max() > 1.5 else 1
    return np.clip(values.astype(np.float32) / top, 0, 1)


def columns_for(n: int) -> int:
    """How many pictures stand beside each other: half again as many as below each other."""
    return max(1, min(n, math.ceil(math.sqrt(1.5 * n))))


def grid_of(
    ax: "Axes", pictures: np.ndarray, columns: int, head: float = 0.0, foot: float = 0.0, **look: Any
) -> list[tuple[int, int]]:
    """Draws pictures in rows, as one image whose gaps are transparent; returns their left upper corners, in pixels.

    pictures: (n, h, w) or (n, h, w, 3).  head, foot: room above and below each, in widths of a picture.
    """
    n, high, wide = pictures.shape[:3]
    above, below, gap = (round(share * wide) for share in (head, foot, GAP))
    across, down = wide + gap, above + high + below + gap
    corners = [((k % columns) * across, (k // columns) * down + above) for k in range(n)]
    size = (-(-n // columns) * down - gap, min(n, columns) * across - gap)
    whole = np.zeros((*size, 4), np.float32) if pictures.ndim == 4 else np.full(size, np.nan, np.float32)
    for picture, (left, top) in zip(pictures, corners, strict=True):
        place = whole[top : top + high, left : left + wide]
        if pictures.ndim == 4:
            place[..., :3], place[..., 3] = picture, 1
        else:
            place[:] = picture
    chosen: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1} | look
    ax.imshow(whole, interpolation="none", extent=(0, size[1], size[0], 0), **chosen)
    return corners


def named(value: Any, names: Sequence[str] | None) -> str:
    """A class as it is called."""
    if isinstance(value, str):
        return value
    return (
        str(names[int(value)])
        if names is not None
        else f"{value:g}"
        if isinstance(value, float)
        else str(int(value))
    )
