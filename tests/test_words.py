"""The field's words: what an earlier dialect of this project said otherwise does not come back."""

import re
from pathlib import Path

import pytest

import chainrule

ROOT = Path(chainrule.__file__).parent
PROJECT = Path(__file__).parents[1]
FORMER = {  # what was said: what is said today
    r"can not": "cannot",
    r"weighed sum": "weighted sum",
    r"\bluck\b": "randomness, or the seed",
    r"gone on with": "resumed",
    r"learns? by heart": "memorises",
    r"no finite number": "not finite",
    r"leaves? no run behind": "do not record",
    r"has no use for": "unexpected argument",
    r"\bMissingPartError\b": "MissingDependencyError",
    r"\bWatched\b": "NumpyEngine",
    r"\bKeeper\b": "Checkpointer",
}
FILES = sorted([*ROOT.rglob("*.py"), *(PROJECT / "docs").glob("*.md"), *PROJECT.glob("[!C]*.md")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_speaks_the_field_s_words(path) -> None:
    """Names, comments, docstrings, messages and pages: none of the former words, unless a table of old names needs them."""
    if path.name == "versions.md":
        return
    text = path.read_text()
    found = [f"{word} -> {today}" for word, today in FORMER.items() if re.search(word, text)]
    assert found == []
