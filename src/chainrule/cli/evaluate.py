"""Measures a model on examples it has not learned from: accuracy, error, and which classes it confuses.

DATA may be left out when the model learned from a set known by name. The data is cut into its parts as it was for
learning, so the test part holds no example that was learned from; tables and pictures are prepared as the file says.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, places
from chainrule.cli.options import DATA, add_data_options, data_options
from chainrule.cli.output import Output, per_cent, table
from chainrule.cli.parser import OneOf, Parser
from chainrule.cli.stored import options_of, section
from chainrule.errors import DataError, SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.cli.judging import Judgement
    from chainrule.cli.knowledge import Knowledge
    from chainrule.models import Sequential

EXAMPLES = ("chainrule evaluate mnist.keras", "chainrule evaluate flowers.keras flowers/ --json")
SHOWN = 30  # classes in the table


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("data", nargs="?", metavar="DATA", help=f"{DATA} (default: the set the model learned from)")
    parser.add_argument("--part", type=OneOf("part", choices.PARTS), default="test", metavar="PART",
                        help=f"{', '.join(choices.PARTS)} (default test; for another table than learned from: all)")  # fmt: skip
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Measures, and prints the table."""
    places.existing(args.model, "model file")
    from chainrule import files
    from chainrule.cli.judging import judge
    from chainrule.cli.knowledge import knowledge_of
    from chainrule.saving import from_file, plan_of

    model = from_file(files.load(args.model, plan_of, optimizer=False))
    known = knowledge_of(model)
    if known.assumed:
        out.tell(f"The file does not say how it was trained: {known.assumed}.")
    name, part, x, y = examples(model, known, args, out)
    found = judge(model, known, x, y)
    out.give({"model": args.model, "data": name, "part": part, **found.to_dict()})
    out.say("\n".join(lines(found, part, name, out)))
    return 0


def examples(model: "Sequential", known: "Knowledge", args: "Namespace", out: Output) -> tuple[str, str, Any, Any]:
    """The data's name, its part, raw examples, and answers as the model counts them."""
    from chainrule import datasets
    from chainrule.cli.judging import part_of, renumbered, table_of

    learned = section(model.extras, "dataset")
    name = str(args.data or learned.get("name") or "")
    if args.data is None and name not in datasets.NAMES:
        source = f" The model learned from {name!r}." if name else ""
        raise SettingError(f"Measured on which data? chainrule evaluate {args.model} DATA.{source}")
    places.data(name)
    options = options_for(known, options_of(model.extras), name) | data_options(args)
    is_table = known.preparation.get("kind") == "table" and name.lower().endswith((".csv", ".tsv"))
    try:
        data = datasets.load(name, **options)
        same = data.digest == learned.get("digest")
    except DataError:  # nothing to learn from may still be something to measure on
        if not is_table:
            raise
        same = False
    if is_table and not same:
        out.tell(f"{name} is not the table that was learned from: all its rows are measured.")
        return Path(name).stem, "all", *table_of(name, known.preparation)
    if not same and learned:
        out.tell(f"This is not the data that was learned from ({learned.get('name')}); it is measured all the same.")
    x, y = part_of(data, args.part)
    if known.task == "regression":
        if data.class_names is not None:
            raise SettingError(f"The model answers with numbers, but {data.name} has classes; --task regression?")
        return data.name, args.part, x, y
    return data.name, args.part, x, renumbered(y, data.class_names, known.class_names)


def options_for(known: "Knowledge", given: dict[str, Any], name: str) -> dict[str, Any]:
    """The options with which the data is read as it was for learning."""
    from chainrule.datasets import catalogue

    takes, preparation = catalogue.options_of(name), known.preparation
    options: dict[str, Any] = {}
    if "target" in takes and isinstance(target := preparation.get("target"), dict):
        options["target"] = target.get("name")
    if "size" in takes and preparation.get("kind") == "picture":
        options |= {"size": (preparation["height"], preparation["width"]), "colour": preparation["colour"]}
    return {key: value for key, value in (options | given).items() if key in takes}


def lines(found: "Judgement", part: str, name: str, out: Output) -> list[str]:
    """What was found, for people."""
    where = f"on {found.examples:,} examples ({name}, {part if part == 'all' else part + ' part'})"
    if found.accuracy is None:
        root, median = found.root_mean_squared_error, found.baseline
        return [
            out.bold(f"Mean absolute error {found.mean_absolute_error:.4g}") + f" {where}.",
            f"Root of the mean squared error {root:.4g}. Always answering their median would be off by {median:.4g}.",
        ]
    told = [out.bold(f"Accuracy {per_cent(found.accuracy)}, error {per_cent(1 - found.accuracy)}") + f", {where}."]
    loss = f"Loss {found.loss:.4f}. " if found.loss is not None else ""
    told.append(f"{loss}Confidence is off by {per_cent(found.calibration_error or 0.0)} on average.")
    rows = [("class", "examples", "right", "found", "mostly mistaken for")]
    worst = sorted(found.classes, key=lambda c: (c["recall"] is None, c["recall"]))[:SHOWN]
    for c in [c for c in found.classes if c in worst]:
        wrong = ", ".join(f"{other} ({count:,})" for other, count in list(c["taken_for"].items())[:3])
        recall = "-" if c["recall"] is None else per_cent(c["recall"])
        rows.append((c["name"], f"{c['examples']:,}", f"{c['right']:,}", recall, wrong or "-"))
    told += ["", *table(rows, left=(0, 4))]
    if len(found.classes) > SHOWN:
        told.append(f"The {SHOWN} classes that are found least often of {len(found.classes)}; --json has all.")
    return told
