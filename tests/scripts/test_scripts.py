"""Scripts in the styles of 2016 to 2026 run to their end, unchanged; each checks for itself that it has learned."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SCRIPTS = sorted(
    path for path in HERE.iterdir() if path.suffix in (".py", ".ipynb") and path.name[:2] == "20"
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs_as_it_is(script, tmp_path) -> None:
    """`chainrule run SCRIPT` ends with exit code 0: what the script asserts holds."""
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "run", "--no-record", str(script)], cwd=tmp_path, capture_output=True, text=True,
        check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def test_every_style_of_these_years_is_there() -> None:
    """No year from 2016 to 2026 is missing."""
    assert {int(path.name[:4]) for path in SCRIPTS} == set(range(2016, 2027))


def test_a_script_that_judges_what_it_learned_sets_its_seed() -> None:
    """No script hangs on a lucky draw of first weights: where something is asserted after `fit`, a seed is set before."""
    for path in SCRIPTS:
        text = path.read_text(encoding="utf-8")
        assert "assert" not in text or "seed(" in text, path.name
