"""Explanations as files: a page, Markdown, plain text, JSON."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from chainrule.errors import SettingError, nearest
from chainrule.explain.html import element_of
from chainrule.explain.parts import Heading, Part, Pictures, Text
from chainrule.explain.text import lines_of
from chainrule.report.markup import Html, h


class Explanation(Protocol):
    """What can be written: a `Trace`."""

    title: str
    parts: list[Part]

    def text(self, width: int = ..., unicode: bool = ..., pictures: bool = ...) -> str: ...

    def to_dict(self) -> dict[str, Any]: ...


STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em}"
    "@media print{body{margin:0;max-width:none}}"
)
WIDTH = 100  # columns of plain text


def page_of(title: str, parts: Sequence[Part]) -> str:
    """A whole page that needs nothing but a browser: no script, nothing loaded from elsewhere."""
    head = h("head", h("meta", charset="utf-8"), h("title", title),
             h("meta", name="viewport", content="width=device-width"), h("style", Html(STYLE)))  # fmt: skip
    return f"<!doctype html>\n{h('html', head, h('body', element_of(title, parts)), lang='en')}\n"


def markdown_of(title: str, parts: Sequence[Part]) -> str:
    """Markdown: headings, sentences, and all arithmetic, tables and pictures as they look in a terminal."""
    lines, open_ = [f"# {title}", ""], False

    def fence(wanted: bool) -> None:
        nonlocal open_
        if wanted != open_:
            lines.extend(["```"] if wanted else ["```", ""])
            open_ = wanted

    for part in parts:
        if isinstance(part, (Heading, Text)):
            fence(False)
            lines += [f"## {part.words}" if isinstance(part, Heading) else part.words, ""]
        else:
            fence(True)
            lines += [line.removeprefix("  ").rstrip() for line in lines_of(part, WIDTH, True)]
            if isinstance(part, Pictures):
                lines.append("")
    fence(False)
    return "\n".join(lines).rstrip() + "\n"


FORMATS: dict[str, Callable[[Explanation], str]] = {
    ".html": lambda trace: page_of(trace.title, trace.parts),
    ".md": lambda trace: markdown_of(trace.title, trace.parts),
    ".txt": lambda trace: trace.text(WIDTH) + "\n",
    ".json": lambda trace: json.dumps(trace.to_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n",
}


def write(trace: Explanation, path: str | Path) -> Path:
    """Writes an explanation into a file of the kind that its name says: .html, .md, .txt or .json."""
    path = Path(path)
    make = FORMATS.get(path.suffix.lower())
    if make is None:
        guess = nearest(path.suffix.lower(), FORMATS)
        hint = f" Did you mean {path.with_suffix(guess).name}?" if guess else ""
        raise SettingError(
            f"An explanation is written as {', '.join(FORMATS)}; the name {path.name!r} ends in none of them.{hint}"
        )
    path.write_text(make(trace), encoding="utf-8")
    return path
