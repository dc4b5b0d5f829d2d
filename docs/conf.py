"""The pages as a site: `sphinx-build -W docs site` from the project's folder; it needs sphinx and myst-parser."""

import re
from pathlib import Path
from typing import Any

project = "Chainrule"
copyright = "the Chainrule authors"  # noqa: A001 - the name that Sphinx knows
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
exclude_patterns = ["_build"]
myst_heading_anchors = 4
html_theme = "alabaster"
html_theme_options = {
    "description": "Neural networks that show their work",
    "fixed_sidebar": True,
    "page_width": "1100px",
}
html_static_path: list[str] = []
highlight_language = "text"
html_title = "Chainrule"
release = next(
    line.split('"')[1]
    for line in (Path(__file__).parents[1] / "src" / "chainrule" / "__init__.py").read_text().splitlines()
    if line.startswith("__version__")
)


def told_by_name(app: Any, name: str, source: list[str]) -> None:
    """Links to files of the project that are no pages are told by the file's name."""
    source[0] = re.sub(
        r"\[([^\]]+)\]\(\.\./([^)]+)\)",
        lambda found: found[1] if found[2].endswith(found[1].strip("`")) else f"{found[1]} (`{found[2]}`)",
        source[0],
    )


def setup(app: Any) -> None:
    """Sphinx calls this once."""
    app.connect("source-read", told_by_name)
