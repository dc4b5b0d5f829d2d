"""docs/plots.md: its calls run, every public name is there, and its pictures are there and small."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from chainrule import Scaled, landscapes, plots

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "plots.md").read_text(encoding="utf-8")


def test_the_page_names_everything() -> None:
    """Every public name of plots, and of landscapes what makes something to draw."""
    for name in plots.__all__:
        assert re.search(rf"\bplots\.{name}\b|`{name}`", PAGE), f"docs/plots.md does not name {name}"
    for name in ("line", "plane", "path", "path_plane"):
        assert f"landscapes.{name}(" in PAGE


@pytest.mark.parametrize("name", sorted(set(re.findall(r"\(pictures/(.+?)\)", PAGE))))
def test_a_picture_is_there_and_small(name) -> None:
    """At most 60 kB, transparent, with words for those who do not see it."""
    file = DOCS / "pictures" / name
    assert file.stat().st_size <= 60_000
    assert Image.open(file).convert("RGBA").getpixel((0, 0))[3] == 0
    assert re.search(rf"!\[[^\]]{{20,}}\]\(pictures/{name}\)", PAGE)


def test_no_picture_is_left_over() -> None:
    """Every picture that the script draws is on the page."""
    drawn = {file.name for file in (DOCS / "pictures").glob("plots-*.png")}
    assert drawn == set(re.findall(r"\(pictures/(plots-.+?)\)", PAGE))
    script = (DOCS / "pictures" / "plots.py").read_text(encoding="utf-8")
    assert drawn == {
        f"plots-{name}.png" for name in re.findall(r'^        "([\w-]+)": plots\.', script, re.MULTILINE)
    }


def test_the_pages_calls_run(learned, tmp_path, monkeypatch) -> None:
    """Line by line, here with a smaller network and smaller landscapes."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {
        "np": np, "plots": plots, "landscapes": landscapes, "Scaled": Scaled, "run": learned.run, "model": learned.model,
        "x": learned.inputs, "y": learned.y, "p": learned.p,
        "data": type("Data", (), {"x_test": learned.x, "y_test": learned.y, "x_train": learned.x, "y_train": learned.y}),
    }  # fmt: skip
    for block in blocks[1:]:
        code = (
            block.replace("np.eye(10)", "np.eye(3)")
            .replace("targets)", "targets, points=5)")
            .replace("(run))", "(run), points=5)")
        )
        code = code.replace("columns=10", "columns=5")
        for statement in code.strip().splitlines():
            made = eval(statement, names) if statement.startswith("plots.") else exec(statement, names)
            assert made is None or isinstance(made, Axes | Figure)
    assert (tmp_path / "curves.png").exists()
    assert names["text"].startswith("<svg")
