"""Lessons for somebody who has never seen a network learn; `chainrule lesson` reads them to you.

Each is a Python file with cells (`# %%`), in texts/. What they share is here: `show` a picture, draw `lines`, print the
engine's own `source`, `check` the answer to an exercise.
"""

from chainrule.lessons.exercise import check
from chainrule.lessons.pictures import lines, show
from chainrule.lessons.source import source

__all__ = ["check", "lines", "show", "source"]
