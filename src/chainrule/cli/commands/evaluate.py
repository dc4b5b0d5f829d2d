"""Measures a model on examples it has not learned from: accuracy, error, and which classes it confuses.

DATA may be left out when the model learned from a set known by name. The data is cut into its parts as it was for
learning, so the test part holds no example that was learned from; tables and pictures are prepared as the file says.
"""

from typing import TYPE_CHECKING

from chainrule.cli import choices, paths
from chainrule.cli.options import DATA, add_data_options, data_options
from chainrule.cli.output import Output, per_cent
from chainrule.cli.parser import OneOf, Parser
from chainrule.cli.training_report import interval
from chainrule.internal.plain_numbers import plainly, share_of

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.inference.evaluation import Evaluation

EXAMPLES = ("chainrule evaluate mnist.keras", "chainrule evaluate flowers.keras flowers/ --json")
SHOWN = 30  # classes in the table


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument(
        "data", nargs="?", metavar="DATA", help=f"{DATA} (default: the set the model learned from)"
    )
    parser.add_argument("--part", type=OneOf("part", choices.PARTS), default="test", metavar="PART",
                        help=f"{', '.join(choices.PARTS)} (default test; for another table than learned from: all)")  # fmt: skip
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Measures, and prints the table."""
    paths.existing(args.model, "model file")
    from chainrule import files
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import evaluate, examples_for
    from chainrule.models.saving import from_file, plan_of

    model = from_file(files.load(args.model, plan_of, optimizer=False))
    card = ModelCard.of(model)
    if card.assumed:
        out.tell(f"The file does not say how it was trained: {card.assumed}.")
    source = None if args.data is None else paths.data(args.data)
    examples = examples_for(card, source, args.part, **data_options(args))
    if examples.note:
        out.tell(examples.note)
    found = evaluate(model, card, examples.x, examples.y)
    out.give({"model": args.model, "data": examples.name, "part": examples.part, **found.to_dict()})
    out.say("\n".join(lines(found, examples.part, examples.name, out)))
    return 0


def lines(found: "Evaluation", part: str, name: str, out: Output) -> list[str]:
    """What was found, for people."""
    where = f"on {found.examples:,} examples ({name}, {part if part == 'all' else part + ' part'})"
    if found.accuracy is None:
        root, median = found.root_mean_squared_error, found.baseline
        return [
            out.bold(f"Mean absolute error {plainly(found.mean_absolute_error or 0.0, 4)}") + f" {where}.",
            f"Root of the mean squared error {plainly(root or 0.0, 4)}. Always answering their median would be off by {plainly(median or 0.0, 4)}.",
        ]
    entries = [
        out.bold(
            f"Accuracy {share_of(found.accuracy, found.examples)} {interval(found.accuracy, found.examples)}, "
            f"error {share_of(1 - found.accuracy, found.examples)}"
        )
        + f", {where}."
    ]
    loss = f"Loss {found.loss:.4f}. " if found.loss is not None else ""
    entries.append(f"{loss}Confidence is off by {per_cent(found.calibration_error or 0.0)} on average.")
    rows = [("class", "examples", "right", "found", "mostly mistaken for")]
    worst = sorted(found.classes, key=lambda c: (c["recall"] is None, c["recall"]))[:SHOWN]
    for c in [c for c in found.classes if c in worst]:
        wrong = ", ".join(f"{other} ({count:,})" for other, count in list(c["taken_for"].items())[:3])
        recall = "-" if c["recall"] is None else share_of(c["recall"], c["examples"])
        rows.append((c["name"], f"{c['examples']:,}", f"{c['right']:,}", recall, wrong or "-"))
    entries += ["", *out.table(rows, left=(0, 4))]
    if len(found.classes) > SHOWN:
        entries.append(
            f"The {SHOWN} classes that are found least often of {len(found.classes)}; --json has all."
        )
    return entries
