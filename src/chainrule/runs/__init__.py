"""Recorded runs: a folder of plain files from which any learning step can be reached again. See docs/runs.md."""

from chainrule.runs.blocks import Steps
from chainrule.runs.comparing import Comparison, compare
from chainrule.runs.difference import Difference, differences
from chainrule.runs.format import Info, Parent, Settings
from chainrule.runs.lines import Epoch
from chainrule.runs.listing import Listing, find, list_runs
from chainrule.runs.machine import this_machine
from chainrule.runs.reading import Run
from chainrule.runs.removal import Contents, contents, remove
from chainrule.runs.snapshots import Snapshot, size_of
from chainrule.runs.writing import RunWriter, spacing

__all__ = [
    "Comparison", "Contents", "Difference", "Epoch", "Info", "Listing", "Parent", "Run", "RunWriter", "Settings",
    "Snapshot", "Steps", "compare", "contents", "differences", "find", "list_runs", "remove", "size_of", "spacing", "this_machine",
]  # fmt: skip
