"""The engine's own lines, to stand beside what calls them."""

import inspect
import sys
import textwrap
from pathlib import Path
from typing import Any

from chainrule.internal.terminal import columns_of


def code(text: str, columns: int | None = None) -> list[str]:
    """Lines of code behind a bar, those that are too long broken between words. columns: of the terminal, None: its own.

    >>> code("y = x @ w + b", 16)
    ['    │ y = x @ w', '    │     + b']
    """
    width = columns or columns_of(sys.__stdout__) or 1000
    lines = []
    for line in text.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        lines += textwrap.wrap(
            line, max(10, width - 6), subsequent_indent=indent + "    ", drop_whitespace=True, break_long_words=False,
            break_on_hyphens=False, replace_whitespace=False,
        ) or [""]  # fmt: skip
    return [f"    │ {line}".rstrip() for line in lines]


def source(thing: Any) -> None:
    """Prints a function's lines as they are in Chainrule, without its docstring, and the file that they are in.

    >>> from chainrule import layers
    >>> source(layers.Dense.forward)                                                            # doctest: +ELLIPSIS
        layers/dense.py:...
        │ def forward(self, params: Params, x: Array, context: ...
    """
    lines, first = inspect.getsourcelines(thing)
    result = textwrap.dedent("".join(lines)).rstrip()
    if thing.__doc__:
        begin = result.index('"""')
        result = result[:begin].rstrip() + result[result.index('"""', begin + 3) + 3 :]
    file = Path(inspect.getsourcefile(thing) or "")
    place = "/".join(
        file.parts[file.parts.index("chainrule") + 1 :] if "chainrule" in file.parts else file.parts[-1:]
    )
    print(f"    {place}:{first}")
    print("\n".join(code(result)))
