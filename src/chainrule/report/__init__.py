"""A report to hand on: one page about a recorded run that needs nothing but a browser.

page(run)              the page: print it, or look at its title, its sections and what was left out
write(run, "run.html") the same, into a file

A file each for the sections, in their order: summary, trained, curves, confusion, mistakes, errors, weights, sizes,
doctor, opened, again.
"""

from chainrule.report.page import Page, page, write

__all__ = ["Page", "page", "write"]
