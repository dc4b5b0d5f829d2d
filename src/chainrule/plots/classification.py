"""What a network got right and wrong: the confusion matrix, and its worst mistakes with what it thought."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import DataError, ShapeError
from chainrule.internal import class_counts
from chainrule.internal.plain_numbers import share_of
from chainrule.plots.pictures import as_pictures, grid_of, named
from chainrule.plots.style import COLOURS, INK, WRONG, axes, bare, dressed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOLD = 3  # probabilities below each mistake
LINE = 0.19  # between two of them, in widths of a picture
LEVEL = 24  # letters of all names together that have room beside each other
WRITTEN = 30  # classes; of more, only colours are shown


def confusion(y: Any, p: Any, names: Sequence[str] | None = None, ax: "Axes | None" = None) -> "Axes":
    """The confusion matrix: in each row the examples of a class, counted by what they were taken for.

    y: the true classes, (n,) or one-hot (n, classes).  p: probabilities (n, classes), or the classes said (n,).
    names: of the classes.  Only mistakes are coloured, by their share of the row.

    >>> from chainrule import plots
    >>> ax = plots.confusion([0, 0, 1], [0, 1, 1], names=["cat", "dog"])
    >>> [text.get_text() for text in ax.texts], ax.get_title()
    (['1', '1', '·', '1'], '2 of 3 right (67 %)')
    """
    counts = confusion_counts(y, p, None if names is None else len(names))
    n = len(counts)
    names = [str(k) for k in range(n)] if names is None else list(names)
    side = min(9.0, max(3.0, 1.4 + 0.44 * n))
    ax = axes(ax, side, side)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(n, dtype=bool) | (counts == 0), np.nan, shares)
    most = float(np.nanmax(np.append(wrong, 1e-9)))
    ax.imshow(
        wrong, cmap=WRONG, vmin=0, vmax=1.3 * most
    )  # the darkest are left out: black is read on all others
    for i, j in np.ndindex(n, n) if n <= WRITTEN else ():
        ax.text(j, i, f"{counts[i, j]:,}" if counts[i, j] else "·", ha="center", va="center", fontsize=8 if n > 12 else 9,
                color=INK if np.isnan(wrong[i, j]) else "black", fontweight="bold" if i == j else "normal")  # fmt: skip
    right, total = int(np.trace(counts)), int(counts.sum())
    level = max(map(len, names)) < 4 or n * max(map(len, names)) <= LEVEL
    ax.set_xticks(range(n), names, rotation=0 if level else 90)
    ax.set_yticks(range(n), names)
    dressed(
        ax,
        f"{right:,} of {total:,} right ({share_of(right / max(1, total), total)})",
        "taken for",
        "what it is",
    )
    ax.tick_params(length=0)
    between = [k + 0.5 for k in range(n - 1)] if n <= WRITTEN else []
    for place in between:  # a cell ends where the next begins
        ax.axhline(place, color=INK, linewidth=0.5, alpha=0.35)
        ax.axvline(place, color=INK, linewidth=0.5, alpha=0.35)
    for spine in ax.spines.values():
        spine.set_visible(n <= WRITTEN)
        spine.set_linewidth(0.5)
        spine.set_alpha(0.35)
    return ax


def confusion_counts(y: Any, p: Any, classes: int | None = None) -> np.ndarray:
    """How often each class (row) was taken for each (column), (classes, classes).  y, p: as `confusion` takes them.

    >>> confusion_counts([0, 0, 1], [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]).tolist()
    [[1, 1], [0, 1]]
    """
    truth, said = classes_of(y), classes_of(p)
    if len(truth) != len(said):
        raise ShapeError(f"There are {len(truth)} true classes but {len(said)} answers.")
    if not len(truth):
        raise DataError("There are no examples to count.")
    wide = [np.shape(a)[1] for a in (y, p) if np.ndim(a) == 2 and np.shape(a)[1] > 1]
    n = max([int(truth.max()) + 1, int(said.max()) + 1, *wide, classes or 0])
    return class_counts.confusion_counts(truth, said, n)


def classes_of(values: Any) -> np.ndarray:
    """Numbers of classes, from them or from one number for each class; one probability means its class from 0.5 on."""
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    array = array.reshape(-1)
    return np.asarray(array >= 0.5 if array.dtype.kind == "f" else array, np.int64)


def most_wrong(y: Any, p: Any, count: int = 12) -> np.ndarray:
    """Which examples were misread, the one first to whose truth the least probability was given; at most `count`.

    y: as `confusion` takes them.  p: probabilities (n, classes).

    >>> most_wrong([0, 1, 1], [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]])
    array([2, 1])
    """
    truth, p = classes_of(y), probabilities_of(p)
    given = p[np.arange(len(truth)), truth]
    wrong = np.flatnonzero(p.argmax(axis=1) != truth)
    return np.asarray(wrong[np.argsort(given[wrong], kind="stable")][:count])


def probabilities_of(p: Any) -> np.ndarray:
    """Probabilities (n, classes); one column is that of the second of two classes."""
    result: np.ndarray = np.asarray(p, np.float64)
    if result.ndim == 1 or result.shape[1] == 1:
        result = result.reshape(-1, 1)
        result = np.concatenate([1 - result, result], axis=1)
    if result.ndim != 2:
        raise ShapeError(f"Probabilities have the shape (n, classes); these have {result.shape}.")
    return result


def mistakes(
    x: Any,
    y: Any,
    p: Any,
    names: Sequence[str] | None = None,
    count: int = 12,
    columns: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """The worst mistakes: pictures that were misread, with the probabilities that the network gave them.

    Those come first whose truth it thought least likely.  x: pictures as `digits` takes them.  y: true classes.
    p: probabilities (n, classes).  Below each picture the likeliest classes with bars; the true one is marked.

    >>> from chainrule import plots
    >>> ax = plots.mistakes(np.zeros((2, 28, 28)), [1, 0], [[0.9, 0.1], [0.8, 0.2]], names=["no", "yes"])
    >>> [text.get_text() for text in ax.texts]
    ['is yes', '#0', 'no', '90.0 %', 'yes', '10.0 %']
    """
    truth, p = classes_of(y), probabilities_of(p)
    chosen = most_wrong(y, p, count)
    if not len(chosen):
        ax = axes(ax, 4, 1.2)
        ax.text(0.5, 0.5, "No mistakes.", ha="center", va="center", color=INK)
        return bare(ax)
    shown = as_pictures(np.asarray(x.values if hasattr(x, "values") else x)[chosen])
    result, columns = min(TOLD, p.shape[1]), columns or min(len(chosen), 6)
    high, wide = shown.shape[1:3]
    head, foot = 0.28, LINE * result + 0.12
    ax = axes(ax, 0.3 + 1.4 * columns, 0.2 + 1.4 * -(-len(chosen) // columns) * (high / wide + head + foot))
    for k, (left, top) in zip(chosen, grid_of(ax, shown, columns, head, foot), strict=True):
        ax.text(
            left,
            top - 0.05 * wide,
            f"is {named(truth[k], names)}",
            ha="left",
            va="bottom",
            color=INK,
            fontsize=9,
        )
        ax.text(left + wide, top - 0.05 * wide, f"#{k}", ha="right", va="bottom", color=INK, fontsize=7)
        order = list(np.argsort(-p[k], kind="stable")[:result])
        if truth[k] not in order:
            order[-1] = truth[k]
        for i, c in enumerate(order):
            at, colour = top + high + wide * LINE * (i + 0.7), COLOURS[0] if c == truth[k] else COLOURS[1]
            ax.barh(
                at,
                max(0.42 * p[k, c], 0.01) * wide,
                left=left + 0.16 * wide,
                height=0.11 * wide,
                color=colour,
            )
            ax.text(
                left,
                at,
                named(c, names),
                ha="left",
                va="center_baseline",
                color=colour,
                fontsize=7,
                fontweight="bold",
            )
            ax.text(
                left + wide, at, per_cent(p[k, c]), ha="right", va="center_baseline", color=INK, fontsize=7
            )
    return bare(ax)


def per_cent(share: float) -> str:
    """A probability, also where it is nearly sure.

    >>> per_cent(0.5), per_cent(0.99999), per_cent(0.00001)
    ('50.0 %', '> 99.9 %', '< 0.1 %')
    """
    return (
        "> 99.9 %" if share > 0.9995 else "< 0.1 %" if share < 0.0005 else f"{share:.1%}".replace("%", " %")
    )
