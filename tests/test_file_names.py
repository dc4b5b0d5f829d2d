"""Test files have names of their own: pytest imports them by name alone, from whatever folder."""

from collections import Counter
from pathlib import Path


def test_no_two_test_files_have_one_name() -> None:
    """A second test_page.py would keep a whole run from being collected."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("*.py"))
    assert [name for name, count in names.items() if count > 1 and name != "conftest.py"] == []
