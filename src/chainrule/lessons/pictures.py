"""Shows the pictures of the lessons: in a notebook under the cell, in a terminal as files in a folder.

    show("xor", lines, x, {"relu": a}, x_name="z")        # a name, a function that draws, and what it needs

The folder is named behind the script, `python 1_neuron.py my-folder`, by `chainrule lesson 1 --pictures
my-folder` or by LESSON_PICTURES; else it is `lesson-pictures`, where you are. A picture that is there already
and looks otherwise is kept: the new one becomes `xor-2.png`. Without matplotlib the lessons run all the same,
without pictures.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chainrule import plots
from chainrule.errors import MissingDependencyError, require_package

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # for all kinds of eyes
GREY = "#757575"  # can be read on white and on black
Numbers = Sequence[float]
said: list[str] = []  # that something is missing is said once


def show(name: str, draw: Callable[..., Any], *args: Any, **settings: Any) -> None:
    """Draws a picture and shows it, or says where it is."""
    try:
        axes = draw(*args, **settings)
    except MissingDependencyError as problem:
        if not said:
            print(f"(No pictures here and below. {problem})")
            said.append(str(problem))
        return
    if "ipykernel" in sys.modules:  # a notebook
        from IPython.display import HTML, display

        display(HTML(plots.svg(axes)))  # so its text takes the colour and the font of the page
    else:
        print(f"[picture: {saved(axes, name)}]")


def lines(
    x: Numbers,
    curves: Mapping[str, Numbers],
    title: str = "",
    x_name: str = "",
    y_name: str = "",
    log: bool = False,
    x_log: bool = False,
    dots: Mapping[str, tuple[Numbers, Numbers]] | None = None,
) -> Any:
    """Curves over the same x, each with its name; dots: points on top, name -> (x, y). Returns the Axes."""
    figure = require_package("matplotlib.figure", "plot", "A picture").Figure
    axes = figure(figsize=(7, 4), layout="constrained", facecolor="none").add_subplot(facecolor="none")
    axes.set_prop_cycle(color=COLOURS)
    for label, y in curves.items():
        axes.plot(x[: len(y)], y, label=label)
    for label, (at, y) in (dots or {}).items():
        axes.plot(at, y, "o", markersize=4, label=label)
    axes.set_title(title, color=GREY, fontsize=11)
    axes.set_xlabel(x_name, color=GREY)
    axes.set_ylabel(y_name, color=GREY)
    axes.tick_params(which="both", color=GREY, labelcolor=GREY)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    if log:
        axes.set_yscale("log")
    if x_log:
        axes.set_xscale("log")
    if len(curves) + len(dots or {}) > 1:
        axes.legend(frameon=False, labelcolor=GREY, fontsize=9)
    return axes


def saved(axes: Any, name: str) -> Path:
    """Writes the picture where no other one is lost; the same picture is not written twice."""
    folder = chosen_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        fresh = Path(beside) / f"{name}.png"
        plots.save(axes, fresh)
        count = 1
        while (place := folder / (f"{name}.png" if count == 1 else f"{name}-{count}.png")).exists():
            if place.read_bytes() == fresh.read_bytes():
                return place
            count += 1
        fresh.rename(place)
    return place


def chosen_folder() -> Path:
    """Where pictures go."""
    script, *words = sys.argv
    if words and Path(script).resolve().parent == Path(__file__).resolve().parent / "texts":
        return Path(words[-1])
    return Path(os.environ.get("LESSON_PICTURES", "lesson-pictures"))
