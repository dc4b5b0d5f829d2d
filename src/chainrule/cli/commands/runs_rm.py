"""Takes recorded runs away, after saying what goes and asking.

Only what recording made is removed: files that were put into the folder by hand stay. A run that is being written is
refused. Forks of a run do not need it; they stay.
"""

import sys
from typing import TYPE_CHECKING

from chainrule.cli.output import Output, file_size
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import RUN, add_runs_dir, found
from chainrule.errors import SettingError
from chainrule.internal.terminal import is_terminal

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule runs rm 2026-11-22T10-15-00_mnist_fast", "chainrule runs rm last --yes")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help=RUN)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Asks, and removes."""
    from chainrule.runs import contents, remove

    runs = {run.path: run for run in (found(args, name) for name in args.runs)}
    removed = []
    for run in runs.values():
        what = contents(run)
        out.tell(f"{run.path}: {run.status}, {len(what.files)} files, {file_size(what.size)}"
                 + (f"; its forks stay: {', '.join(what.forks)}" if what.forks else "")
                 + (f"; not from recording, and left there: {', '.join(p.name for p in what.strange)}" if what.strange else ""))  # fmt: skip
        if not args.yes and not agreed(out):
            out.say(f"{run.name} stays.")
            continue
        remove(run)
        removed.append({"run": run.name, "bytes": what.size})
        out.say(f"{run.name} is removed.")
    out.give({"removed": removed})
    return 0 if len(removed) == len(runs) else 1


def agreed(out: Output) -> bool:
    """Asks on a terminal; elsewhere nobody can answer."""
    if not is_terminal(sys.stdin):
        raise SettingError("There is nobody to ask whether to remove it: --yes says so.")
    out.error_line("Remove it for good? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes")
