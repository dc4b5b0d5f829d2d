"""A script as pieces to run: a .py file is one, a .ipynb file one for each code cell."""

import json
import linecache
from pathlib import Path
from typing import NamedTuple

from chainrule.errors import FileError


class Cell(NamedTuple):
    """Source to run, and the name that tracebacks give it."""

    name: str
    text: str


def cells_of(path: Path, content: bytes) -> list[Cell]:
    """The pieces of a script, in order.

    >>> cells_of(Path("/a.py"), b"x = 1")
    [Cell(name='/a.py', text='x = 1')]
    """
    if path.suffix != ".ipynb":
        return [Cell(str(path.absolute()), decoded(path, content))]
    try:
        cells = json.loads(content)["cells"]
        sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise FileError(f"{path} is not a notebook: its cells cannot be read.") from None
    made = [Cell(f"{path.name}[{number}]", plain(source)) for number, source in enumerate(sources, 1)]
    for cell in made:  # so that tracebacks show its lines
        linecache.cache[cell.name] = (len(cell.text), None, cell.text.splitlines(keepends=True), cell.name)
    return made


def decoded(path: Path, content: bytes) -> str:
    """A script's text, in the encoding that its first lines name."""
    import io
    import tokenize

    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.TextIOWrapper(io.BytesIO(content), encoding).read()
    except (SyntaxError, UnicodeDecodeError) as problem:
        raise FileError(f"{path} is not a Python script: {problem}.") from None


def plain(source: str) -> str:
    """A cell without the lines that only a notebook understands: they become comments.

    >>> print(plain("%matplotlib inline\\nx = 1\\n!ls"))
    # %matplotlib inline
    x = 1
    # !ls
    """
    lines = source.split("\n")
    if lines[0].startswith("%%") and not lines[0].startswith(("%%time", "%%capture")):
        return "\n".join(f"# {line}" for line in lines)
    kept = []
    for line in lines:
        bare = line.lstrip()
        blank = line[: len(line) - len(bare)]
        magic = bare.startswith(("%", "!")) or bare.endswith("?")
        kept.append((f"{blank}pass  # {bare}" if blank else f"# {bare}") if magic else line)
    return "\n".join(kept)
