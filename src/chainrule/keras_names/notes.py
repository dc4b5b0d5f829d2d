"""What is said while a script runs: each thing once, on the error stream, with the script's own line."""

import os
import sys
from pathlib import Path
from types import FrameType

PACKAGE = str(Path(__file__).parents[1])
PYTHON = str(Path(os.__file__).parent)


def script_line(frame: FrameType | None = None) -> tuple[str, int]:
    """The file and line of the user's code that led here: the nearest frame outside this package and Python's own.

    >>> script_line()[0] != __file__
    True
    """
    frame = frame or sys._getframe(1)  # noqa: SLF001
    while frame is not None:
        name = frame.f_code.co_filename
        if is_users(name):
            return name, frame.f_lineno
        frame = frame.f_back
    return "", 0


def is_users(file: str) -> bool:
    """Whether a file is neither of this package nor of Python itself.

    >>> is_users("train.py"), is_users(__file__), is_users(os.__file__)
    (True, False, False)
    """
    inside = file.startswith(PYTHON) and "site-packages" not in file
    return not (inside or file.startswith((PACKAGE, "<frozen")))


class Notes:
    """The lines said so far. quiet: nothing is said."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet, self.said = quiet, set[str]()

    def say(self, what: str, line: bool = True) -> None:
        """Says it once, with the line of the script that led to it."""
        if self.quiet or what in self.said:
            return
        self.said.add(what)
        file, number = script_line() if line else ("", 0)
        sys.stdout.flush()
        print(f"{Path(file).name}:{number}: {what}" if file else what, file=sys.stderr, flush=True)
