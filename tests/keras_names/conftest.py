"""Scripts are run in a process of their own: what `chainrule run` puts in place lasts as long as the process."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run_script(tmp_path):
    """Writes a script and runs it with `chainrule run`; the finished process. before: options of the command itself."""

    def run(text: str, *arguments: str, name: str = "train.py", before: tuple[str, ...] = ("--no-record",)):
        (tmp_path / name).write_text(text)
        command = [sys.executable, "-m", "chainrule", "run", *before, name, *arguments]
        environ = {key: value for key, value in os.environ.items() if key != "CHAINRULE_RUNS"}
        return subprocess.run(
            command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=120
        )

    return run
