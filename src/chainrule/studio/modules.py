"""The page's modules joined to one script, for places that have no server: an exported page, a notebook's widget."""

import json
import re
from pathlib import Path

PAGE = Path(__file__).parent / "page"


def joined(start: str, folder: Path = PAGE) -> str:
    """The modules that one module needs, and itself, as one script: imports taken out, each after those it needs."""
    done: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in done:
            return
        text = (folder / name).read_text(encoding="utf-8")
        for other in re.findall(r'^import .*? from "\./(.+?)";$', text, re.MULTILINE):
            visit(other)
        text = re.sub(r'^import .*? from "\./.+?";\n', "", text, flags=re.MULTILINE)
        done[name] = re.sub(r"^export (?=(async |class|const|function|let))", "", text, flags=re.MULTILINE)

    visit(start)
    return '"use strict";\n' + "\n".join(done.values())


def widget_module(start: str) -> str:
    """A module as anywidget loads it: one view with all that it needs. Each drawing of it has a scope and a state of its own."""
    return f"export default {{ async render(context) {{\n{joined(start)}\nreturn draw(context.model, context.el, {json.dumps(widget_style())});\n}} }};\n"


def widget_style() -> str:
    """The page's style for a root of its own: its colours hang on the widget, its widths on the notebook's cell."""
    style = (PAGE / "style.css").read_text(encoding="utf-8")
    style = re.sub(r":root((?::not\()?\[[^\]]*\]\)?)", r":host(\1)", style).replace(":root", ":host")
    return re.sub(r"@media \((min|max)-width", r"@container (\1-width", style)
