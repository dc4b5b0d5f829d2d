"""A run's steps in one page: it opens without a network, holds what was chosen, and says what it does not hold."""

import json
import re
import subprocess

import pytest

from chainrule.errors import SettingError
from chainrule.runs import list_runs
from chainrule.studio import offline
from chainrule.studio.modules import PAGE, joined


@pytest.fixture(scope="module")
def lesson(runs_dir, tmp_path_factory):
    run = list_runs(runs_dir).runs[-1]
    path = tmp_path_factory.mktemp("lesson") / "lesson.html"
    return path, offline.write(run.path, path, [0, 7, 15], weights=40)


def test_it_is_one_file_that_asks_for_nothing(lesson) -> None:
    """No address of another place stands in it, and its policy allows its own script alone."""
    path, result = lesson
    text = path.read_text()
    assert result["steps"] == [0, 7, 15]
    assert result["bytes"] == len(text.encode())
    assert re.search(r"script-src 'sha256-[^']+'", text)
    without = re.sub(r'<script type="application/octet-stream".*?</script>', "", text, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', without)
    assert "http://www" not in without.replace("http://www.w3.org", "")


def test_it_opens_in_a_browser(lesson, browser) -> None:
    """Its steps, weights and examples open; a weight and a step that are not in it are named, with what there is."""
    path, _ = lesson
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda problem: said.append(str(problem)))
    page.on(
        "request",
        lambda request: (
            asked.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
        ),
    )
    page.goto(path.as_uri())
    page.wait_for_selector("#arithmetic .factor")
    assert page.inner_text(".step-title").startswith("Step 15")
    page.click("#arithmetic .factor >> nth=0")
    page.wait_for_selector(".account-title")
    page.click(".stored-step >> nth=0")
    page.wait_for_selector(".step-title:has-text('Step 0')")
    page.click("[data-view=gradient]")
    page.wait_for_selector(".stage-told:has-text('gradient')")
    page.click(".example >> nth=2")
    page.wait_for_selector("[aria-pressed=true].example")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".step-title:has-text('Step 7')")
    page.evaluate("location.hash = '#place=step&step=9'")
    page.wait_for_selector("#notice:has-text('This page holds the steps 0, 7, 15')")
    page.click("[data-place=run]")
    page.wait_for_selector("main h1")
    assert not said
    assert not asked
    page.close()


def test_a_step_that_is_not_there_is_refused(runs_dir, tmp_path) -> None:
    """The steps that there are are named, and nothing is written."""
    run = list_runs(runs_dir).runs[-1]
    with pytest.raises(SettingError, match="steps 0 to 19"):
        offline.write(run.path, tmp_path / "x.html", [5000])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("start", ["offline.js", *sorted(path.name for path in PAGE.glob("widget_*.js"))])
def test_the_modules_join_to_one_script(start) -> None:
    """Joined, the modules are one script without imports, in which no name is declared twice."""
    script = joined(start)
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:class|const|function|let) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


def test_the_command_writes_it(runs_dir, tmp_path) -> None:
    """`chainrule export RUN --to html --steps ...` says what the page holds."""
    import os
    import sys

    out = tmp_path / "page.html"
    command = [
        sys.executable,
        "-m",
        "chainrule",
        "export",
        "last",
        "--runs-dir",
        str(runs_dir),
        "--to",
        "html",
        "--steps",
        "0,3",
        "--weights",
        "5",
        "--out",
        str(out),
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["steps"] == [0, 3]
    assert out.stat().st_size > 10_000
