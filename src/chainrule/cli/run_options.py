"""Recorded runs, as commands name them: where they are kept, and which run and step is meant."""

import argparse
import os
from typing import TYPE_CHECKING, Any

from chainrule.cli.parser import Parser
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from chainrule.runs import Run

RUN = "a run: its name or the beginning of it, its folder, or last"


def add_runs_dir(parser: Parser | argparse._ArgumentGroup) -> None:
    """Adds --runs-dir."""
    parser.add_argument("--runs-dir", dest="runs_dir", metavar="FOLDER",
                        help="where recorded runs are (default: the environment's CHAINRULE_RUNS, or runs)")  # fmt: skip


def add_tolerance(parser: Parser | argparse._ArgumentGroup) -> None:
    """Adds --tolerance."""
    parser.add_argument("--tolerance", type=share, metavar="SHARE",
                        help="how far losses that are replayed on another machine may be off (default 0.01 of them)")  # fmt: skip


def share(word: str) -> float:
    """A number of 0 or more.

    >>> share("0.05")
    0.05
    """
    import math

    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number such as 0.01; got {word!r}.")
    return value


def tolerance(args: argparse.Namespace) -> dict[str, Any]:
    """The tolerance that was asked for, if one was."""
    return {} if args.tolerance is None else {"tolerance": args.tolerance}


def runs_dir(args: argparse.Namespace) -> str:
    """The folder that holds the recorded runs."""
    return str(args.runs_dir or os.environ.get("CHAINRULE_RUNS") or "runs")


def found(args: argparse.Namespace, name: str) -> "Run":
    """The run of this name; FileError with the nearest where there is none."""
    from chainrule import runs

    return runs.find(runs_dir(args), name)


def step_of(word: str) -> tuple[str, tuple[int, ...]]:
    """A run and its step, or its first and last: RUN@300, RUN@300..340.

    >>> step_of("last@300"), step_of("runs/mine@10..20"), step_of("last")
    (('last', (300,)), ('runs/mine', (10, 20)), ('last', ()))
    """
    name, at, steps = word.rpartition("@")
    if not at:
        return word, ()
    numbers = [part.replace("_", "").replace(",", "") for part in steps.split("..")]
    if not name or len(numbers) > 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise SettingError(
            f"Which step? A run and a number, counted from 0, such as last@300 or last@300..340; got {word!r}."
        )
    return name, tuple(int(number) for number in numbers)
