"""The README from top to bottom on a fresh machine: a copy of this folder, a fresh environment, every line as printed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from readme_commands import README, masked, typed

STAYS = ("chainrule serve", "chainrule studio")  # until it is stopped


@pytest.mark.timeout(3000)
def test_every_line_of_the_readme_runs_in_the_order_printed(tmp_path) -> None:
    """The first line installs and trains; all others follow in the same environment; shown outputs come out."""
    root = README.parent
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, tmp_path / name)
    first, *others = typed()
    assert first.lines[1] == 'pip install ".[test]" && pytest'  # this is what the core tests are
    environment = {
        k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }

    def run(line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", f"[ -d .venv ] && . .venv/bin/activate; {line}"], cwd=tmp_path, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}"
        return done.stdout

    def stays(line: str) -> None:
        with subprocess.Popen(
            ["bash", "-c", f". .venv/bin/activate; exec {line}"], cwd=tmp_path, env=environment
        ) as process:
            time.sleep(8)
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)

    compare(first.shown, run(first.lines[0]))
    for block in others:
        if block.python:
            (tmp_path / "block.py").write_text("\n".join(block.lines))
            compare(block.shown, run("python block.py"))
            continue
        said = [stays(line) or "" if line.startswith(STAYS) else run(line) for line in block.lines]
        compare(block.shown, "\n".join(said))


def compare(shown: str, said: str) -> None:
    """Each line that is shown was said, but for its numbers; what follows a line of dots may be anything."""
    for line in masked(shown.split("\n...", maxsplit=1)[0]):
        assert not line or line in masked(said), f"{line}\nis not in\n{said}"
