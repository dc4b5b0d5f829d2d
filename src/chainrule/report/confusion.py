"""What it takes for what: the confusion matrix, each cell of which opens its examples."""

from typing import NamedTuple

import numpy as np

from chainrule import plots
from chainrule.report.examples import place
from chainrule.report.markup import Html, figure, h, join, scrolling, table
from chainrule.report.material import Evaluated, Material
from chainrule.report.section import Section
from chainrule.report.sprites import Sprite, room
from chainrule.report.wording import count, per_cent, probability

WIDEST = 40  # classes in a matrix; of more, the most frequent mistakes are listed
PANELS = 300  # cells that open
SHOWN = 24  # examples in one of them
RIGHT = 12  # and in one of the diagonal


class Cell(NamedTuple):
    """A cell that opens: the class, what it was taken for, how often, and which examples are shown."""

    is_: int
    predicted: int
    times: int
    shown: list[int]


def section(of: Material) -> Section:
    """The section."""
    evaluated = of.classes
    counts = plots.confusion_counts(evaluated.y, evaluated.predicted, len(of.names))
    cells = opened(of, evaluated, counts)
    sprite = (
        Sprite("confused", evaluated.x[[k for cell in cells for k in cell.shown]])
        if of.pictures and cells
        else None
    )
    shown = matrix(of, counts, cells) if len(of.names) <= WIDEST else listed(of, cells)
    first = max(
        (cell for cell in cells if cell.is_ != cell.predicted), key=lambda cell: cell.times, default=None
    )
    panels, at = [], 0
    for cell in cells:
        panels.append(panel(of, evaluated, cell, counts, sprite, at, cell is first))
        at += len(cell.shown)
    body = [
        sprite.style if sprite else None,
        shown,
        h("div", panels, class_="panels", id="opened", aria_live="polite"),
    ]
    return Section("confusion", "What it confuses", title(of, counts), join(*body))


def title(of: Material, counts: np.ndarray) -> str:
    """The most frequent mistake."""
    wrong = counts - np.diag(np.diag(counts))
    if not wrong.any():
        return f"It confuses nothing on {count(int(counts.sum()), of.thing)}"
    i, j = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return f"Most often it takes {of.names[i]} for {of.names[j]}: {count(int(wrong[i, j]), 'time')}"


def opened(of: Material, evaluated: Evaluated, counts: np.ndarray) -> list[Cell]:
    """The cells that open, the mistakes first that are made most often, with as many examples as there is room for."""
    places = [(int(i), int(j)) for i, j in np.argwhere(counts)]
    places.sort(key=lambda place: (place[0] == place[1], -counts[place]))
    places = (
        places[:PANELS]
        if len(of.names) <= WIDEST
        else [place for place in places if place[0] != place[1]][:PANELS]
    )
    wanted = [min(int(counts[place]), RIGHT if place[0] == place[1] else SHOWN) for place in places]
    most = room(of.data.input_shape) if of.pictures else 10_000
    limit = next((k for k in range(SHOWN, 0, -1) if sum(min(k, n) for n in wanted) <= most), 0)
    given = evaluated.p[
        np.arange(len(evaluated.y)), evaluated.y
    ]  # the probability of the truth: the worst, and the least sure, first
    cells = []
    for (i, j), n in zip(places, wanted, strict=True):
        there = np.flatnonzero((evaluated.y == i) & (evaluated.predicted == j))
        order = there[np.argsort(given[there], kind="stable")]
        cells.append(Cell(i, j, int(counts[i, j]), order[: min(limit, n)].tolist()))
    return cells


def name_of(i: int, j: int) -> str:
    """The place of a cell's examples on the page."""
    return f"cell-{i}-{j}"


def matrix(of: Material, counts: np.ndarray, cells: list[Cell]) -> Html:
    """The matrix as a table."""
    names, n = of.names, len(of.names)
    there = {(cell.is_, cell.predicted) for cell in cells}
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    heat = np.where(np.eye(n, dtype=bool), 0, shares)
    heat = heat / max(float(heat.max()), 1e-12)
    heads = [h("th", h("span", Html("true ↓<br>predicted →")), class_="corner", scope="col")]
    heads += [h("th", h("span", name), scope="col") for name in names] + [h("th", "right", scope="col")]
    rows = []
    for i in range(n):
        line = [h("th", names[i], scope="row")]
        for j in range(n):
            kind = "hit" if i == j else "miss" if counts[i, j] else "none"
            words = f"{names[i]} taken for {names[j]}: {counts[i, j]:,}"
            shown = f"{counts[i, j]:,}" if counts[i, j] else "·"
            if (i, j) in there:
                shown = h("a", shown, href=f"#{name_of(i, j)}", aria_label=words, title=words)
            line.append(
                h("td", shown, class_=kind, style=f"--heat:{heat[i, j]:.2f}" if kind == "miss" else None)
            )
        total = int(counts[i].sum())
        line.append(h("td", per_cent(counts[i, i] / total, 1) if total else "", class_="recall"))
        rows.append(h("tr", line))
    inner = h(
        "table", h("thead", h("tr", heads)), h("tbody", rows), class_=" ".join(["matrix", *look(names)])
    )
    caption = (
        f"Each row holds the {of.things} of one class, each column those that the network called so. On the diagonal it is right; "
        "the stronger the colour of another cell, the larger its share of the row. Choose a number to see its "
        f"{of.things if of.pictures else 'examples'} below."
    )
    return figure(scrolling(inner, "confusion matrix"), caption, wide=True)


def look(names: tuple[str, ...]) -> list[str]:
    """How the matrix is set, by how many classes it has and how long their names are.

    >>> look(("0", "1")), look(tuple("0123456789abcdef")), look(("cat", "dragonfly", "emu", "fox", "gnu", "hen", "ibis"))
    (['digits'], ['many'], ['upright'])
    """
    longest = max(map(len, names))
    kinds = ["many"] if len(names) > 12 else ["digits"] if longest <= 2 else []
    return kinds + (["upright"] if longest > 4 and len(names) > 6 else [])


def listed(of: Material, cells: list[Cell]) -> Html:
    """The most frequent mistakes as a list, where there are too many classes for a matrix."""
    rows = [
        (
            of.names[c.is_],
            of.names[c.predicted],
            h("a", f"{c.times:,}", href=f"#{name_of(c.is_, c.predicted)}"),
        )
        for c in cells[:WIDEST]
    ]
    return table(
        ("is", "predicted", "times"), rows, f"The most frequent mistakes of {len(of.names)} classes.", (0, 1)
    )


def panel(
    of: Material,
    evaluated: Evaluated,
    cell: Cell,
    counts: np.ndarray,
    sprite: Sprite | None,
    at: int,
    first: bool,
) -> Html:
    """What a cell opens: its examples."""
    is_, predicted = of.names[cell.is_], of.names[cell.predicted]
    total = int(counts[cell.is_].sum())
    right = cell.is_ == cell.predicted
    title = f"{is_}, read right" if right else f"{is_}, taken for {predicted}"
    which = "those it was least sure of" if right else "the worst"
    some = (
        ""
        if len(cell.shown) == cell.times
        else f" Here are {len(cell.shown)}, {which}."
        if cell.shown
        else ""
    )
    lines = []
    for n, k in enumerate(cell.shown):
        sure = probability(evaluated.p[k, cell.predicted], 0)
        words = f"{place(of, k)}: true {is_}, predicted {predicted} with {sure}"
        picture = sprite.picture(at + n, words) if sprite else None
        lines.append(h("li", picture, h("span", f"#{k:,}"), h("span", sure), title=words if sprite else None))
    name = name_of(cell.is_, cell.predicted)
    return h(
        "section",
        h("h3", title, id=f"{name}-title"),
        h(
            "p",
            f"{cell.times:,} of {count(total, of.thing)} ({per_cent(cell.times / max(1, total), 1)}).{some} "
            f"Below each: its number in {evaluated.words}, and how sure the network was.",
        ),
        h("ul", lines, class_="pictures" if sprite else "places"),
        h("p", h("a", "back to the matrix", href="#confusion"), class_="back"),
        id=name,
        class_="panel first" if first else "panel",
        aria_labelledby=f"{name}-title",
    )
