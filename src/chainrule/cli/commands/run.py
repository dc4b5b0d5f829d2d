"""Runs a Python script, or a notebook's cells, that was written for Keras: as it is, by Chainrule.

`import keras`, `from tensorflow import keras` and `from tensorflow.keras.layers import Dense` find Chainrule in that one
process; a TensorFlow that is installed is left alone. Everything else is as with `python SCRIPT`: arguments, working
directory, output, tracebacks, exit code. What follows SCRIPT belongs to the script.

Each fit leaves a run, and beside the runs a copy of what it learned from (--no-data: none). Spellings of earlier years (nb_epoch, lr=, keras.utils.np_utils) work and mean what they meant
then, with a line that says today's; --strict refuses them, as Keras 3 does.
"""

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from chainrule.cli.output import Output
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import add_runs_dir, runs_dir
from chainrule.errors import FileError, SettingError, nearest

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule run train.py",
    "chainrule run --no-record lesson.ipynb",
    "chainrule run --strict train.py --epochs 3",
)

# Words that belong to `chainrule runs`.
MEANT = {
    "last": "chainrule runs show last", "show": "chainrule runs show last", "doctor": "chainrule runs doctor last",
    "compare": "chainrule runs compare A B", "rm": "chainrule runs rm RUN", "list": "chainrule runs",
}  # fmt: skip


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("script", metavar="SCRIPT", help="a .py or .ipynb file; its own arguments follow it")
    parser.add_argument("--no-record", action="store_true", help="do not record")
    parser.add_argument(
        "--no-data", action="store_true", help="do not keep what was learned from beside the runs"
    )
    parser.add_argument("--strict", action="store_true", help="refuse spellings that Keras 3 refuses")
    add_runs_dir(parser)
    parser.leave_rest()


def run(args: "Namespace", out: Output) -> int:
    """Runs it, and says where its runs are."""
    from chainrule.keras_names import script

    check(args.script)
    warnings.showwarning = as_python
    ended = script.run(
        args.script,
        args.rest,
        runs_dir=None if args.no_record else runs_dir(args),
        keep_examples=not args.no_data,
        strict=args.strict,
        quiet=args.quiet,
    )
    if ended.runs:
        out.tell(outcome(args.script, ended.runs))
    return ended.code


def check(name: str) -> None:
    """Refuses what is no script, with the command that was meant."""
    path = Path(name)
    if path.is_file():
        return
    if name in MEANT:
        raise SettingError(f"There is no script {name!r}. Did you mean `{MEANT[name]}`?")
    if path.is_dir():
        raise SettingError(f"{name!r} is a folder; name the script in it.")
    folder = path.parent if path.parent.is_dir() else Path()
    scripts = [
        str(path.with_name(found.name)) for found in folder.iterdir() if found.suffix in (".py", ".ipynb")
    ]
    guess = nearest(name, scripts)
    raise FileError(f"There is no script {name!r}." + (f" Did you mean {guess!r}?" if guess else ""))


def outcome(script: str, runs: list[Path]) -> str:
    """What ran, where its runs are, and what to type next."""
    from chainrule.runs import Run

    last = next(run for run in map(Run, reversed(runs)) if run.snapshots() or run.path == runs[0])
    name = "last" if last.path == runs[-1] else last.name
    first = last.info.step  # a second fit of a model counts on
    count = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
    where = runs[-1] if len(runs) == 1 else f"{runs[0].parent}, the last {runs[-1].name}"
    return (
        f"{Path(script).name} ran by Chainrule and left {count}: {where}\n"
        f"Next: chainrule explain {name}@{first}\n"
        "      chainrule runs doctor last\n"
        f"      chainrule report {name}"
    )


def as_python(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: Any = None,
) -> None:
    """A warning as `python SCRIPT` shows it."""
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))
