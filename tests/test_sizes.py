"""Short files: one idea each, and a backpropagation that is read in one sitting."""

from pathlib import Path

import pytest

import chainrule

ROOT = Path(chainrule.__file__).parent
TEXTS = (ROOT / "lessons" / "texts").glob("*.py")  # read from beginning to end
FILES = sorted({*ROOT.rglob("*.py"), *Path(__file__).parent.rglob("*.py")} - {*TEXTS})


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_file_is_longer_than_400_lines(path) -> None:
    """A file that grows longer holds two ideas: split it."""
    lines = len(path.read_text().splitlines())
    assert lines <= 400, f"{path.name} has {lines} lines"


def test_backprop_is_read_in_one_sitting() -> None:
    """The file to open first stays within 220 lines."""
    assert len((ROOT / "backprop.py").read_text().splitlines()) <= 220
