"""The pages as a site with search, made by one command from the same files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built; any warning is an error."""
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "docs", out],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out


def test_every_page_is_in_the_site(site) -> None:
    """Each Markdown file of docs/ has its page, and the search finds words of it."""
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        html = (site / f"{page.stem}.html").read_text(encoding="utf-8")
        assert f'"{page.stem}"' in index
        title = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert title is not None
        assert re.search(r"<h1>", html)
    assert "backpropag" in index


def test_the_reference_from_the_docstrings_is_in_it(site) -> None:
    """Public names can be found with their signatures and first sentences."""
    html = (site / "reference.html").read_text(encoding="utf-8")
    assert "Every output looks at every input" in html
    assert "chainrule.plots" in html


def test_nothing_is_loaded_from_elsewhere(site) -> None:
    """The site can be read without a network: no script, style or picture comes from another address."""
    for page in site.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="https?://[^"]+\.(?:js|css|png|svg)"', html), page.name
