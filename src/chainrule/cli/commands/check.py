"""Checks that a model's backpropagation is right: every derivative against one that is measured.

Weights are moved along random directions, both ways, in float64, and the loss is looked at: (f(w + h) - f(w - h)) / 2h.
Each layer's rule is checked alone, and each array of weights through the whole chain. The exit code is 1 when one is wrong.
"""

from typing import TYPE_CHECKING

from chainrule.cli.commands.explain import next_step_of
from chainrule.cli.options import DATA
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser, whole

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = ("chainrule check mnist.keras", "chainrule check houses.keras houses.csv --batch-size 8")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("what", metavar="MODEL", help="a .keras or .h5 file that says how it learns")
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help=f"{DATA} (default: the set the model learned from)"
    )
    parser.add_argument(
        "--batch-size", type=whole(1), metavar="N", help="how many examples (default: as it learned)"
    )
    parser.add_argument(
        "--directions", type=whole(1), default=3, metavar="N", help="random directions for each (default 3)"
    )
    parser.add_argument(
        "--seed", type=whole(0), default=0, metavar="N", help="decides the directions (default 0)"
    )
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Measures, and prints the table."""
    from chainrule import explain

    found = explain.check_model(next_step_of(args), directions=args.directions, seed=args.seed)
    rows = [row._asdict() | {"error": row.error, "ok": row.ok} for row in (*found.rules, *found.weights)]
    out.give({"model": args.what, "ok": found.ok, "worst": found.worst.what, "rows": rows})
    text = str(found)
    out.say(text if out.unicode else text.encode("ascii", "replace").decode())
    return 0 if found.ok else 1
