"""The whole page: its sections in their order, in one file that loads nothing."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from chainrule import __version__
from chainrule.errors import ChainruleError, require_package
from chainrule.recording.replay import Replay
from chainrule.report import (
    confusion,
    curves,
    doctor,
    errors,
    mistakes,
    opened,
    reproduce,
    sizes,
    summary,
    trained,
    weights,
)
from chainrule.report.markup import Html, h, join
from chainrule.report.material import Material, WithoutExamples
from chainrule.report.section import Section
from chainrule.runs import Run

SECTIONS: dict[str, Callable[[Material], Section | None]] = {
    "What it learned from": trained.section, "How it learned": curves.section, "What it confuses": confusion.section,
    "Its worst mistakes": mistakes.section, "How far off it is": errors.section, "What it looks for": weights.section,
    "Sizes, layer by layer": sizes.section, "The doctor": doctor.section, "One step, opened": opened.section,
    "How to reproduce it": reproduce.section,
}  # fmt: skip

OF_ONE_EXAMPLE = ("Its worst mistakes", "One step, opened")  # sections about single examples
NOT_SHOWN = "single examples are not shown, as was asked."


@dataclass(frozen=True)
class Page:
    """A report.  html: all of it; `str` gives the same.  title: its first heading.  sections: their names, in order.

    left_out: a sentence for each thing that is not in it, and why.
    """

    title: str
    html: str
    sections: tuple[str, ...]
    left_out: tuple[str, ...]

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Page {self.title!r}: {len(self.sections)} sections, {len(self.html):,} letters>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the page in a frame."""
        from chainrule.internal.cards import frame

        return frame(self.html)


def page(
    run: Run, source: Any = None, replay: Replay | None = None, progress: Callable[[int, int], Any] | None = None,
    examples: bool = True,
) -> Page:  # fmt: skip
    """A report about a run as one HTML page that loads nothing, and can be read without scripts, in the dark and on paper.

    source: where the data it learned from are now, if they have moved.  replay: the run, opened, if you have it.
    progress: called with (sections done, all).  examples: False shows no picture, row or number of a single example, for
    a page that others may see.  What is not available is left out, and the page says so. The same run gives the same page.
    Raises FileError when the folder is no run, MissingDependencyError without matplotlib.

    >>> page(Run("runs/2026-11-23T07-31-05_mnist_fast")).title                                      # doctest: +SKIP
    'It reads 98.54 % of digits it has not seen'
    """
    require_package("matplotlib", "plot", "A report")
    of = Material(run, source, replay) if examples else WithoutExamples(run, source, replay)
    sections, reasons = list[Section](), dict[str, list[str]]()
    with np.errstate(all="ignore"):
        title, head = summary.head(of)
        for k, (label, make) in enumerate(SECTIONS.items()):
            if progress is not None:
                progress(k, len(SECTIONS))
            if label in OF_ONE_EXAMPLE and not examples:
                reasons.setdefault(NOT_SHOWN, []).append(label)
                continue
            try:
                made = make(of)
            except (ChainruleError, OSError) as why:
                reasons.setdefault(of.private(str(why)), []).append(label)
            else:
                sections += [made] if made is not None else []
    left_out = tuple(
        f"{', '.join(f'“{label}”' for label in labels)}: {why}" for why, labels in reasons.items()
    )
    return Page(title, whole(title, head, sections, left_out), tuple(s.name for s in sections), left_out)


def write(
    run: Run, path: Any, source: Any = None, replay: Replay | None = None, progress: Callable[[int, int], Any] | None = None,
    examples: bool = True,
) -> Page:  # fmt: skip
    """The report about a run, written to a file: beside, then into place. FileError when the disk refuses.

    source, replay, progress, examples: as `page` takes them. Returns the page.
    """
    from chainrule.files.disk import write as put

    made = page(run, source, replay, progress, examples)
    put(path, [made.html.encode()])
    return made


def whole(title: str, head: Html, sections: list[Section], left_out: tuple[str, ...]) -> str:
    """The page around its sections."""
    missing = h(
        "section", h("h2", "What is not in this report", id="missing-title"), h("ul", [h("li", line) for line in left_out]),
        id="missing", aria_labelledby="missing-title",
    ) if left_out else None  # fmt: skip
    links = [(section.name, section.label) for section in sections] + (
        [("missing", "What is not here")] if left_out else []
    )
    script = text("page.js")
    return Template(text("page.html")).substitute(
        title=join(title), style=text("page.css"), script=script, script_digest=digest(script), head=head,
        contents=join([h("li", h("a", label, href=f"#{name}")) for name, label in links]),
        sections=join([section.html for section in sections], missing), version=join(__version__),
    )  # fmt: skip


@cache
def text(name: str) -> str:
    """A file of the page that lies beside this one."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def digest(script: str) -> str:
    """The script's SHA-256 as browsers want it: the page allows this script and no other."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
