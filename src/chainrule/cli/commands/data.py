"""What is in a data set.

Without a name: the sets that are known by name. With one: sizes, classes, where it comes from, and whatever
deserves a look before learning (classes of very different sizes, columns that never change, files left out).
"""

from typing import TYPE_CHECKING

from chainrule.cli import paths
from chainrule.cli.options import DATA, add_data_options, data_options
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule data mnist",
    "chainrule data houses.csv --target price",
    "chainrule data show mnist --index 7",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", nargs="?", metavar="DATA", help=DATA)
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints the description."""
    from chainrule import datasets

    if args.data is None:
        known = _known()
        out.give({"sets": known})
        for name, about in known.items():
            out.say(f"{out.bold(name)}\n  {about['source']}\n  licence {about['licence']}")
        out.say("\nMNIST comes with Chainrule; the others are fetched when they are first used and kept.")
        return 0
    data = datasets.load(paths.data(args.data), **data_options(args))
    out.give(data.to_dict())
    out.say(data.describe())
    return 0


def _known() -> dict[str, dict[str, str]]:
    from chainrule.datasets import NAMES
    from chainrule.datasets.registry import ABOUT

    return {name: {"source": ABOUT[name].source, "licence": ABOUT[name].licence} for name in NAMES}
