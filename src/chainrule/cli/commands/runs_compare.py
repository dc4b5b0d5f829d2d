"""Two recorded runs beside each other: what was set differently, then the curves, the final metrics, and where they part.

A fork and its parent have the steps before the fork in common; "part" is the first step whose recorded numbers differ.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli.output import Output
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import RUN, add_runs_dir, found

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.runs import Comparison

EXAMPLES = ("chainrule runs compare last 2026-11-22", "chainrule runs compare last 2026-11-22 --json")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("a", metavar="A", help=RUN)
    parser.add_argument("b", metavar="B", help="the other run")
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints the comparison."""
    from chainrule.runs import compare

    a, b = found(args, args.a), found(args, args.b)
    both = compare(a, b)
    out.give({
        "a": a.name, "b": b.name, "settings": [vars(d) for d in both.settings], "machine": [vars(d) for d in both.machine],
        "figures": both.metrics, "curves": both.curves, "common": both.common, "parted": both.parted,
    })  # fmt: skip
    out.say("\n".join(lines(a.name, b.name, both, out)))
    return 0


def lines(a: str, b: str, both: "Comparison", out: Output) -> list[str]:
    """The comparison, for people."""
    text = [f"A  {a}", f"B  {b}", "", out.bold("set differently (A / B)")]
    text += [f"  {difference}" for difference in both.settings] or ["  nothing"]
    if both.machine:
        text += [
            "",
            out.bold("on different machines (A / B)"),
            *(f"  {difference}" for difference in both.machine),
        ]
    epochs = sorted({epoch for curves in both.curves.values() for curve in curves for epoch, _ in curve})
    if epochs:
        names = list(both.curves)
        rows = [[str(epoch + 1), *(cell(both.curves[name], epoch) for name in names)] for epoch in epochs]
        text += ["", *out.table([["epoch", *(f"{name} A / B" for name in names)], *rows], left=())]
    text += [
        "",
        *out.table(
            [["final", "A", "B"], *([name, number(x), number(y)] for name, (x, y) in both.metrics.items())]
        ),
    ]
    start, stop = both.common
    if start >= stop:
        message = "They have no steps in common."
    elif both.parted is None:
        message = f"Of the steps {start:,} to {stop - 1:,}, which both have, all recorded numbers are the same to the last bit."
    else:
        message = f"They part at step {both.parted:,}: up to there all recorded numbers are the same to the last bit."
    return [*text, "", message]


def cell(curves: tuple[Any, Any], epoch: int) -> str:
    """One figure of both runs after an epoch."""
    return " / ".join(number(dict(curve).get(epoch)) for curve in curves)


def number(value: Any) -> str:
    """A figure, or a dash."""
    return f"{value:.4f}" if isinstance(value, float) else "-" if value is None else str(value)
