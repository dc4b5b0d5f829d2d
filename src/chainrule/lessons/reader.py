"""The lessons as a list, as cells, as notebooks, and read aloud in a terminal."""

import io
import json
import re
import sys
import textwrap
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from chainrule.errors import SettingError, nearest
from chainrule.internal.terminal import columns_of
from chainrule.lessons.exercise import ASKED
from chainrule.lessons.source import code

HERE = Path(__file__).parent / "texts"
QUESTION = re.compile(r"^answer = None\b", re.MULTILINE)


def paths() -> list[Path]:
    """The files of the lessons in their order.

    >>> [path.stem for path in paths()][:2]
    ['1_neuron', '2_loss']
    """
    numbered = sorted(HERE.glob("[0-9]*_*.py"), key=lambda path: int(path.stem.partition("_")[0]))
    return [*numbered, HERE / "article.py"]


def find(name: str) -> Path:
    """The file of a lesson by its number, its name or the beginning of it. SettingError with those there are.

    >>> find("1").stem, find("article").stem, find("loss").stem
    ('1_neuron', 'article', '2_loss')
    """
    wanted = name.strip().lower().removesuffix(".py")
    for path in paths():
        number, _, word = path.stem.partition("_")
        if wanted == number or (
            wanted and not wanted.isdecimal() and (path.stem.startswith(wanted) or word.startswith(wanted))
        ):
            return path
    known = [path.stem for path in paths()]
    guess = nearest(wanted, known)
    raise SettingError(
        f"There is no lesson {name!r}.{f' Did you mean {guess!r}?' if guess else ''} There are: {', '.join(known)}."
    )


def about(path: Path) -> str:
    """The title of a lesson.

    >>> about(find("1"))
    'A neuron'
    """
    first = cells(path.read_text(encoding="utf-8"))[0][1].split("\n")[0]
    return re.sub(r"^# (\d+\. )?", "", first).rstrip(".")


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


def notebook(text: str) -> str:
    """A lesson as a Jupyter notebook (nbformat 4), the cells as they are.

    >>> json.loads(notebook("# %%\\nprint(1)\\n"))["cells"][0]["source"]
    ['print(1)']
    """
    made: list[dict[str, Any]] = []
    for k, (kind, content) in enumerate(cells(text)):
        lines = content.split("\n")
        source = [line + "\n" for line in lines[:-1]] + lines[-1:]
        cell: dict[str, Any] = {"id": f"cell-{k}", "metadata": {}, "source": source}
        cell["cell_type"] = "markdown" if kind == "text" else "code"
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        made.append(cell)
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    whole = {
        "cells": made,
        "metadata": kernel | {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def prose(text: str, columns: int | None = None) -> str:
    """A text with its paragraphs filled as wide as the terminal, at most 100 letters. columns: instead of the terminal's.

    >>> print(prose("One and\\ntwo.\\n\\n- a list\\n- stays", 12))
    One and two.
    <BLANKLINE>
    - a list
    - stays
    """
    width = min(100, columns or columns_of(sys.stdout) or 100)
    filled: list[str] = []
    for piece in re.split(r"\n(?=\n|- |\d+\. |#|\||    )|(?<=\n)\n", text):
        whole = piece if piece.startswith(("|", "    ")) else " ".join(piece.split())
        later = "  " if piece.startswith("- ") else ""
        filled.append(
            textwrap.fill(
                whole, width, subsequent_indent=later, break_on_hyphens=False, break_long_words=False
            )
            if whole == " ".join(piece.split())
            else piece
        )
    return "\n".join(filled)


def read(path: Path, say: Callable[[str], Any] = print, ask: Callable[[str], str] | None = None) -> None:
    """Shows and runs a lesson, cell by cell. ask: waits for the reader, and for answers to exercises; None never waits."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for kind, content in cells(path.read_text(encoding="utf-8")):
        say("")
        if kind == "text":
            say(prose(content))
            if ask is not None:
                ask("\n[Enter] ")
            continue
        say("\n".join(code(content)) + "\n")
        if ask is not None and QUESTION.search(content):
            answered(content, path.name, names, say, ask)
        else:
            run(content, path.name, names, say)


def answered(
    content: str, name: str, names: dict[str, Any], say: Callable[[str], Any], ask: Callable[[str], str]
) -> None:
    """Runs the cell of an exercise with what the reader types in place of None, until it is right or nothing is typed."""
    while typed := ask("Your answer, as Python (Enter shows the solution): ").strip():
        try:
            compile(typed, "your answer", "eval")
            run(QUESTION.sub(lambda _: f"answer = ({typed})", content), name, names, say)
        except Exception as problem:  # noqa: BLE001 - a mistyped answer is said, not the end of the lesson
            say(f"That cannot be read: {problem}")
            continue
        if ASKED and ASKED[-1]:
            return
    run(content, name, names, say)


def run(content: str, name: str, names: dict[str, Any], say: Callable[[str], Any]) -> None:
    """Runs a cell; each line that it prints is said at once."""
    printed = Lines(say, sys.stdout)
    with redirect_stdout(printed):
        exec(compile(content, name, "exec"), names)  # noqa: S102 - the lesson's own code
    printed.end()


class Lines(io.TextIOBase):
    """A stream that hands on whole lines, to be said on another one.

    >>> lines = Lines(print, sys.stdout)
    >>> with redirect_stdout(lines):
    ...     print("one", "line")
    one line
    """

    def __init__(self, say: Callable[[str], Any], stream: Any) -> None:
        self.say, self.stream, self.begun = say, stream, ""

    def write(self, text: str) -> int:
        """Takes a piece of text."""
        *lines, self.begun = (self.begun + text).split("\n")
        with redirect_stdout(self.stream):
            for line in lines:
                self.say(line)
        return len(text)

    def end(self) -> None:
        """Hands on what has no end of line."""
        if self.begun:
            self.write("\n")
