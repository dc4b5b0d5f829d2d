"""A report to hand on: one page about a recorded run that needs nothing but a browser.

page(run)              the page: print it, or look at its title, its sections and what was left out
write(run, "run.html") the same, into a file

A file each for the sections, in their order: summary, trained, curves, confusion, mistakes, errors, weights, sizes,
doctor, opened, reproduce.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.report.document import Page, page, write

__all__ = ["Page", "page", "write"]


def __getattr__(name: str) -> Any:
    """The page, imported when it is asked for: explanations use the markup alone."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chainrule.report import document

    return getattr(document, name)
