"""The look that all figures share, and how they leave: as a file, or as SVG that a web page takes its colours from."""

import math
import re
from html import escape
from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Everything that is not data has this grey, which stands out equally (4.5 to 1) from white and from black. Nothing else
# has it, so that a page may put its own colour in its place.
INK = "#757575"
# Told apart by all kinds of eyes (Okabe and Ito's set), those first that also stand out from white and from black.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LINES = ("-", "--", ":", "-.")
DEPTHS = "Blues_r"  # from deep valleys to heights; a path in COLOURS[1] is seen on all of it
WRONG = "Oranges"  # from few mistakes to many
SIGNED = "RdBu_r"  # from negative (blue) through 0 (white) to positive (red)
BESIDE: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}  # a key of many names
ENDINGS = (".png", ".svg")
DPI = 120


def axes(ax: "Axes | None", width: float = 6.0, height: float = 4.0) -> "Axes":
    """The axes to draw into: those given, or new ones in a transparent figure of so many inches."""
    if ax is not None:
        return ax
    require_package("matplotlib", "plot", "Drawing")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="none")
    made = figure.add_subplot(facecolor="none")
    made._repr_svg_ = lambda: drawn(made, ".svg").decode()  # type: ignore[attr-defined]  # what a notebook shows
    return made


def dressed(ax: "Axes", title: str = "", x: str = "", y: str = "") -> "Axes":
    """The axes with their words, and all that is not data in the ink."""
    ax.set_title(title, color=INK, fontsize=11)
    ax.set_xlabel(x, color=INK)
    ax.set_ylabel(y, color=INK)
    ax.tick_params(which="both", color=INK, labelcolor=INK)
    for name, spine in ax.spines.items():
        spine.set_color(INK)
        if name in ("top", "right"):
            spine.set_visible(False)
    return ax


def bare(ax: "Axes", title: str = "") -> "Axes":
    """The axes without ticks and frame, for pictures."""
    dressed(ax, title)
    ax.set_axis_off()
    return ax


def name_run(ax: "Axes", run: Any) -> "Axes":
    """The name of the recorded run that a figure of its own shows, small, in the lower right corner."""
    name = getattr(run, "name", None)
    if isinstance(name, str) and name:
        ax.figure.text(0.995, 0.005, name, color=INK, fontsize=6, ha="right", va="bottom").set_in_layout(
            False
        )
    return ax


def note(ax: "Axes", text: str, place: Any, above: bool = True) -> None:
    """Words at a place on a coloured ground, in a box of their own, on that side where there is room."""
    (low, high), (x, _) = ax.get_xlim(), place
    left = x < (low + high) / 2
    ax.annotate(
        text, place, xytext=(8 if left else -8, 9 if above else -9), textcoords="offset points", fontsize=8, color="black",
        ha="left" if left else "right", va="bottom" if above else "top",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    ).set_in_layout(False)  # fmt: skip


def whole_steps(axis: Any) -> None:
    """Steps as whole numbers with commas, as they are printed elsewhere."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_major_locator(MaxNLocator("auto", integer=True, min_n_ticks=1))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def by_powers(axis: Any) -> None:
    """An axis on which equal steps are equal factors, with numbers as people write them: 0.6, 1, 2, 20.

    >>> ax = axes(None, 3, 3)
    >>> by_powers(ax.yaxis)
    >>> ax.get_yscale(), ax.yaxis.get_minor_formatter()(0.6)
    ('log', '0.6')
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    (axis.axes.set_yscale if axis.axis_name == "y" else axis.axes.set_xscale)("log")

    def written(value: float, _: Any) -> str:
        return (
            f"{value:,.10g}"
            if 1e-4 <= value < 1e6
            else f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
        )

    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low) if low > 0 else 9.0
    axis.set_major_formatter(FuncFormatter(written))
    few = decades < 1.5
    axis.set_minor_locator(LogLocator(subs=(2, 3, 4, 6, 8) if decades < 0.8 else (2, 5)))
    axis.set_minor_formatter(FuncFormatter(written) if few else NullFormatter())


def legend(ax: "Axes", **places: Any) -> None:
    """The key to the colours, without a box."""
    made = ax.legend(frameon=False, fontsize=9, **places)
    for text in made.get_texts():
        text.set_color(INK)


def scale(ax: "Axes", image: Any, words: str, ticks: Any = None) -> None:
    """The scale beside a picture whose colours are numbers."""
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03)
    if ticks is not None:
        bar.set_ticks(ticks, labels=[f"{tick:g}" for tick in ticks], minor=False)
        bar.minorticks_off()
    bar.set_label(words, color=INK)
    bar.ax.tick_params(which="both", color=INK, labelcolor=INK)
    bar.outline.set_visible(False)


def svg(ax: "Axes | Figure", label: str = "") -> str:
    """A figure as an <svg> element for a web page: its text is text, and with the axes takes the page's colour and font.

    label: what it shows, for those who do not see it.

    >>> from chainrule import plots
    >>> text = plots.svg(plots.curves({"loss": [2.0, 1.0, 0.5]}))
    >>> text[:4], "currentColor" in text, 'id="' in text.split("</defs>")[-1]
    ('<svg', True, False)
    """
    text = drawn(ax, ".svg").decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(
        r"\s*<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL
    )  # it would rule the whole page
    used = set(
        re.findall(r"(?:url\(|href=\")#([\w-]+)", text)
    )  # these are named by their content; other figures have the others, too
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    text = re.sub(r"font: (?:(\d+) )?([\d.]+)px [^;\"]*", font, text)  # matplotlib before 3.11
    text = re.sub(r" ?font-family: [^;\"]*;?", "", text)
    if label:
        text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)
    return re.sub(INK, "currentColor", text, flags=re.IGNORECASE)


def font(found: "re.Match[str]") -> str:
    """A font's weight and size, without its name."""
    weight = f"font-weight: {found[1]}; " if found[1] else ""
    return f"{weight}font-size: {found[2]}px"


def save(ax: "Axes | Figure", path: Any) -> None:
    """Writes a figure to a .png or .svg file; beside, then into place."""
    from chainrule.files.disk import write

    write(str(path), [drawn(ax, ending_of(str(path)))])


def ending_of(path: str) -> str:
    """What kind of file is meant."""
    for ending in ENDINGS:
        if path.lower().endswith(ending):
            return ending
    raise SettingError(
        f"A picture can be written to a file whose name ends in .png or .svg; it got {path!r}."
    )


def drawn(ax: "Axes | Figure", ending: str) -> bytes:
    """The bytes of a figure's file; the same figure has the same bytes."""
    import io

    from matplotlib import rc_context

    figure: Any = ax if hasattr(ax, "savefig") else ax.figure
    file = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "chainrule"}):  # for this moment only
        metadata = {"Date": None} if ending == ".svg" else {"Software": None}
        figure.savefig(
            file, format=ending[1:], dpi=DPI, metadata=metadata, transparent=figure.get_facecolor()[3] == 0
        )
    return file.getvalue()
