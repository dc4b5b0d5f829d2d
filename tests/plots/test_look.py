"""What all figures share: axes in, axes out, nothing of matplotlib's changed, readable on white and black, SVG for pages."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from chainrule import Sequential, landscapes, plots
from chainrule.errors import FileError, MissingDependencyError, SettingError
from chainrule.layers import Conv2D
from chainrule.plots.style import COLOURS, INK
from chainrule.utils import set_random_seed


def convolution() -> Sequential:
    """A small network of pictures."""
    set_random_seed(1)
    return Sequential([Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1))])


DRAW = {
    "batch_paths": lambda of, ax: plots.batch_paths(epochs=2, ax=ax),
    "confusion": lambda of, ax: plots.confusion(of.y, of.p, ax=ax),
    "curves": lambda of, ax: plots.curves(of.run, of.history, ax=ax),
    "digits": lambda of, ax: plots.digits(of.x[:6], of.y, of.p.argmax(1), ax=ax),
    "feature_maps": lambda of, ax: plots.feature_maps(convolution(), np.ones((8, 8, 1)), ax=ax),
    "filters": lambda of, ax: plots.filters(convolution(), ax=ax),
    "histograms": lambda of, ax: plots.histograms(of.run, ax=ax),
    "line_fit": lambda of, ax: plots.line_fit(steps=5, ax=ax),
    "loss_line": lambda of, ax: plots.loss_line(
        landscapes.line(of.model, of.inputs, of.targets, points=5), ax=ax
    ),
    "loss_plane": lambda of, ax: plots.loss_plane(
        landscapes.plane(of.model, of.inputs, of.targets, points=5), ax=ax
    ),
    "mistakes": lambda of, ax: plots.mistakes(of.x, of.y, of.p, ax=ax),
    "sizes": lambda of, ax: plots.sizes(of.run, ax=ax),
    "valleys": lambda of, ax: plots.valleys(steps=5, ax=ax),
    "weights": lambda of, ax: plots.weights(of.model, ax=ax),
}


def luminance(colour) -> float:
    """How bright a colour is, 0 to 1 (WCAG 2)."""
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def linear(colour) -> np.ndarray:
    """Red, green and blue as amounts of light."""
    return np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])


def lab(light) -> np.ndarray:
    """Amounts of light in CIE L*a*b*, where distances are about as large as they look."""
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ light
        / [0.9505, 1, 1.089]
    )
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def settings() -> dict:
    """All of matplotlib's, but for the one that is found out when it is looked at."""
    return {name: mpl.rcParams[name] for name in mpl.rcParams if name != "backend"}


def contrast(one, other) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_figure_is_tested_here() -> None:
    """The list above has every public name but those that draw nothing."""
    assert set(DRAW) == set(plots.__all__) - {"confusion_counts", "most_wrong", "save", "sheet", "svg"}


@pytest.mark.parametrize("name", sorted(DRAW))
def test_a_figure_is_drawn_where_it_is_told(name, learned) -> None:
    """Axes that are given come back; otherwise they are new, in a transparent figure; no setting changes, nothing is shown."""
    before = settings()
    given = Figure().add_subplot()
    assert DRAW[name](learned, given) is given
    own = DRAW[name](learned, None)
    assert own.figure.get_facecolor()[3] == 0
    assert own.get_facecolor()[3] == 0
    assert settings() == before
    assert given.has_data()


@pytest.mark.parametrize("name", sorted(DRAW))
def test_as_svg_a_figure_takes_the_pages_colours(name, learned) -> None:
    """One <svg> element: well-formed, text as text, the ink as currentColor, no ids or styles that reach into the page."""
    text = plots.svg(DRAW[name](learned, None), label='a "figure"')
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "currentColor" in text
    assert INK not in text.lower()
    assert not re.search(r"<style|<\?xml|<!DOCTYPE|<metadata", text)
    assert "sans" not in text.lower()
    referred = set(re.findall(r"(?:url\(|href=\")#([\w-]+)", text))
    assert set(re.findall(r' id="([^"]+)"', text)) == referred, "an id without a use may be another figure's"
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "figure"'
    assert root.findall(".//{http://www.w3.org/2000/svg}text")


def test_two_figures_on_a_page_share_only_what_is_the_same(learned) -> None:
    """An id that stands in two figures stands for the same shape in both."""
    shapes: dict[str, str] = {}
    for name in sorted(DRAW):
        root = ET.fromstring(plots.svg(DRAW[name](learned, None)))
        for node in root.iter():
            if (key := node.get("id")) is not None:
                inner = ET.tostring(node).decode()
                assert shapes.setdefault(key, inner) == inner, f"{key} of {name} is another figure's"


def test_the_same_figure_has_the_same_bytes(learned, tmp_path) -> None:
    """Nothing of the date or of luck is in a file."""
    for ending in ("svg", "png"):
        for k in range(2):
            plots.save(plots.curves(learned.run), tmp_path / f"{k}.{ending}")
        assert (tmp_path / f"0.{ending}").read_bytes() == (tmp_path / f"1.{ending}").read_bytes()
    picture = Image.open(tmp_path / "0.png")
    assert picture.mode == "RGBA"
    assert picture.getpixel((0, 0))[3] == 0
    ET.fromstring((tmp_path / "0.svg").read_text())


def test_a_figure_of_ones_own_is_kept_as_it_is(tmp_path) -> None:
    """save() leaves the background of a figure that somebody else made."""
    ax = Figure(facecolor="white").add_subplot()
    plots.save(plots.curves({"loss": [2, 1]}, ax=ax), tmp_path / "mine.png")
    assert Image.open(tmp_path / "mine.png").convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


def test_a_place_that_can_not_be_written_is_said(tmp_path) -> None:
    """Another ending, or a folder that is not there."""
    ax = plots.curves({"loss": [2, 1]})
    with pytest.raises(SettingError, match=r"ends in \.png or \.svg"):
        plots.save(ax, tmp_path / "loss.jpg")
    with pytest.raises((FileError, OSError)):
        plots.save(ax, tmp_path / "nowhere" / "loss.png")
    assert not list(tmp_path.iterdir())


def test_a_notebook_shows_the_axes_themselves() -> None:
    """Axes of a figure of ours show themselves as SVG, as a whole file with the ink in it."""
    text = plots.valleys(steps=2)._repr_svg_()
    assert text.startswith("<?xml")
    assert INK in text.lower()


def test_words_are_read_on_white_and_on_black() -> None:
    """The ink stands out at least 4.5 to 1 (WCAG's level AA) from white, and from black; the first colours 3 to 1."""
    assert contrast(INK, "white") >= 4.5
    assert contrast(INK, "black") >= 4.5
    for colour in COLOURS[:3]:
        assert min(contrast(colour, "white"), contrast(colour, "black")) >= 3


# How red-blind and green-blind eyes see linear red, green and blue (Viénot, Brettel and Mollon 1999).
BLIND = {
    "all colours": np.eye(3),
    "red-blind": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "green-blind": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


@pytest.mark.parametrize("eyes", BLIND)
def test_colours_differ_for_all_eyes(eyes) -> None:
    """Any two colours are far apart, in CIE L*a*b* (where 2 is just noticed), also for colour-blind eyes."""
    seen = [lab(np.clip(np.asarray(BLIND[eyes]) @ linear(colour), 0, 1)) for colour in COLOURS]
    assert min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i]) > 18


def test_without_matplotlib_the_install_line_is_said(monkeypatch) -> None:
    """A missing package is an error of ours that says what to install."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "chainrule\[plot\]"'):
        plots.curves({"loss": [1.0]})


def test_importing_plots_imports_no_matplotlib() -> None:
    """matplotlib is imported when something is drawn; its pyplot never."""
    code = (
        "import sys; from chainrule import plots; assert 'matplotlib' not in sys.modules\n"
        "plots.svg(plots.valleys(steps=2)); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
