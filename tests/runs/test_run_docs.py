"""The page about the format says what the format is."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from recorded import COLUMNS, rows, same, whole

from chainrule.runs.format import Info, Settings

PAGE = Path(__file__).parents[2] / "docs" / "runs.md"


@pytest.fixture(scope="module")
def page() -> str:
    """The text of the page."""
    return PAGE.read_text(encoding="utf-8")


def test_every_entry_of_run_json_is_documented(page) -> None:
    """The table names the entries of run.json, all of them and no others, and those of the settings."""
    table = page[page.index("## run.json") : page.index("Last in the file stands")]
    rows_ = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {name for entries, _ in rows_ for name in re.findall(r"`(\w+)`", entries)}
    assert named == {field.name for field in fields(Info)} | {"format", "version"}
    result = next(text for entries, text in rows_ if "settings" in entries)
    assert {field.name for field in fields(Settings)} <= set(re.findall(r"`(\w+)`", result))


def test_the_lines_that_read_steps_without_chainrule_work(page, tmp_path, monkeypatch) -> None:
    """The program on the page reads what was recorded."""
    run = whole(tmp_path)
    monkeypatch.chdir(run.path)
    program = page[page.index("import json, struct") : page.rindex("```")]
    scope: dict = {}
    exec(program, scope)
    assert same(np_rows(scope["steps"]), rows(0, 12))


def np_rows(columns):
    """Columns by name as rows."""
    import numpy as np

    assert tuple(columns) == COLUMNS
    return np.ascontiguousarray(np.stack(list(columns.values()), axis=1))
