"""Pages that promise something about numbers or pictures keep it."""

import contextlib
import io
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_one_step_has_the_same_numbers_three_times() -> None:
    """Plain NumPy, Chainrule and Keras print what docs/one_step.md shows; the first has 40 lines at most."""
    text = (DOCS / "one_step.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    shown = re.findall(r"```\n(loss .*?)```", text, re.DOTALL)[0]
    assert len(blocks) == 3
    for block in blocks:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(block, {})
        assert said.getvalue() == shown
    lines = [line for line in blocks[0].splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 40
    assert "import chainrule" not in blocks[0]
    assert "import keras" in blocks[2]


def test_the_gallery_shows_every_picture() -> None:
    """docs/gallery.md has each file of docs/pictures once, with a command above it, and no other."""
    text = (DOCS / "gallery.md").read_text(encoding="utf-8")
    shown = re.findall(r"```\n(?:chainrule|python) [^\n]+\n```\n\n!\[[^\]]+\]\(pictures/([^)]+)\)", text)
    assert sorted(shown) == sorted(path.name for path in (DOCS / "pictures").glob("*.png"))


def test_every_page_is_in_the_index() -> None:
    """docs/index.md, from which the site is made, takes in all pages; those that it names are there."""
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    assert ":glob:\n\n*\n" in text
    listed = re.findall(r"^([a-z_]+)$", text, re.MULTILINE)
    assert {"cli", "reference", "one_step", "teaching", "gallery"} <= set(listed)
    assert [name for name in listed if not (DOCS / f"{name}.md").exists()] == []
