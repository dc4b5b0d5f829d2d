"""Reads a lesson to you in the terminal: a piece of text, the code, what it prints, and on with Enter.

    python lessons/read.py 1                    # the first lesson
    python lessons/read.py 1 my-pictures        # and a folder for its pictures

Where the text asks you to predict something, the answer comes only when you press Enter. Ctrl-C ends it.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def cells(text: str) -> list[tuple[str, str]]:
    """A lesson's cells: ("text" or "code", content).

    >>> cells("# %% [markdown]\\n# One.\\n\\n# %%\\nprint(1)\\n")
    [('text', 'One.'), ('code', 'print(1)')]
    """
    found = []
    for piece in re.split(r"^# %%", text, flags=re.MULTILINE)[1:]:
        first, _, rest = piece.partition("\n")
        if "[markdown]" in first:
            rest = re.sub(r"^# ?", "", rest, flags=re.MULTILINE)
        found.append(("text" if "[markdown]" in first else "code", rest.strip("\n")))
    return found


def lesson(number: str) -> Path:
    """The file of a lesson, by its number or the beginning of its name."""
    known = sorted(HERE.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.partition("_")[0]))
    for path in known:
        if number == path.stem.partition("_")[0] or (
            number and not number.isdecimal() and path.name.startswith(number)
        ):
            return path
    sys.exit(f"There is no lesson {number!r}. There are: {', '.join(path.stem for path in known)}.")


def read(path: Path, pause: bool = True) -> None:
    """Shows and runs a lesson, cell by cell."""
    names: dict[str, Any] = {"__name__": "__main__"}
    sys.path.insert(0, str(HERE))
    for kind, content in cells(path.read_text(encoding="utf-8")):
        print()
        if kind == "text":
            print(content)
            if pause:
                input("\n[Enter] ")
        else:
            print("\n".join(f"    │ {line}" for line in content.split("\n")) + "\n")
            exec(compile(content, path.name, "exec"), names)  # noqa: S102 - the lesson's own code


if __name__ == "__main__":
    number, folder = [*sys.argv[1:], "", ""][:2]
    if folder:
        os.environ["LESSON_PICTURES"] = folder
    sys.argv = sys.argv[:1]
    try:
        read(lesson(number), pause=sys.stdin.isatty())
    except (KeyboardInterrupt, EOFError):
        print("\nUntil next time.")
