"""Killed before and behind every single call to the disk, also twice in a row: what goes on ends the same."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "fault_points.py"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.long)])
def test_killed_at_any_call_to_the_disk_it_ends_with_the_same_bits(tmp_path, every) -> None:
    """Weights, recorded numbers, epochs, the log, the best model: those of the training that was left alone.

    At every write the system took half of it; each second kill is followed by one while the run is taken up again.
    """
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def ask(*words):
        print(*words, file=process.stdin, flush=True)
        killed, calls, *left = process.stdout.readline().split()
        return int(killed), int(calls), left

    _, calls, alone = ask("alone")
    assert calls > 100
    kills = 0
    for number in range(0, calls, every):
        behind = "+" if number // every % 2 else ""
        fatal = (
            [f"{number}{behind}", str(number // every % 25)]
            if number // every % 4 > 1
            else [f"{number}{behind}"]
        )
        killed, _, left = ask(f"at-{number}", *fatal)
        kills += killed
        assert killed >= 1
        # killed behind the last calls, it had come to its end; only its weights were not returned any more
        assert left[1:] == alone[1:], f"killed at {fatal}"
        if number < calls - 4:
            assert left[0] == alone[0], f"killed at {fatal}"
    assert kills > calls // every
    process.communicate()
