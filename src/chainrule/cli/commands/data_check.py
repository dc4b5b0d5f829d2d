"""Looks for what is wrong with data before they are learned from.

Copies of training examples in the test part, contradicting labels, parts of different scale, columns that give the answer
away, marks for missing values; of pictures also near copies (saved anew, brighter, shifted) and labels that the nearest
examples contradict. `chainrule train` does the quick part of it by itself.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.options import DATA, add_data_options, data_options
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset

EXAMPLES = (
    "chainrule data check animals/",
    "chainrule data check houses.csv --target price --test new-houses.csv",
)
SHOWN = 3  # pictures of a finding


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", metavar="DATA", help=DATA)
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints what was found; the exit code is 1 where the result of a training would mean nothing."""
    from chainrule import datasets
    from chainrule.datasets.data_checks import check

    data = datasets.load(paths.data(args.data), **data_options(args))
    report = check(data)
    said = {finding.text for finding in report}
    notes = [note for note in data.notes if note not in said]
    out.give(report.to_dict() | {"notes": notes, "skipped": len(data.skipped)})
    out.say(f"{repr(data)[1:-1].removeprefix('Dataset ')}: {verdict(len(report), len(report.stops))}")
    for finding in report:
        out.say(f"\n{out.bold(finding.severity)}: {finding.text}")
        if not out.json:
            out.say("\n".join(pictures_of(data, finding.evidence, out)))
    out.say("\n".join(["", *(f"note: {note}" for note in notes)]) if notes else "")
    if data.skipped:
        out.say(f"left out: {len(data.skipped):,}, the first: {data.skipped[0][0]}: {data.skipped[0][1]}")
    out.say(f"Looked at: {', '.join(report.looked_at)}.")
    for what in report.left_out:
        out.say(f"Not looked at: {what}.")
    return 1 if report.stops else 0


def verdict(count: int, stops: int) -> str:
    """How many things were found.

    >>> verdict(0, 0), verdict(3, 1)
    ('nothing to worry about', '3 findings, 1 of which would make a result mean nothing')
    """
    if not count:
        return "nothing to worry about"
    text = f"{count} finding{'s' if count > 1 else ''}"
    return f"{text}, {stops} of which would make a result mean nothing" if stops else text


def pictures_of(data: "Dataset", evidence: dict[str, Any], out: Output) -> list[str]:
    """The first pictures that a finding speaks of, drawn."""
    from shutil import get_terminal_size

    from chainrule.cli.terminal_picture import picture

    if data.x_train.dtype != "uint8" or data.x_train.ndim not in (3, 4) or max(data.x_train.shape[1:3]) > 64:
        return []
    shown = [(f"training {k}", data.x_train[k]) for k in evidence.get("index", [])[:SHOWN]]
    for k, j in evidence.get("pairs", [])[:SHOWN]:
        shown += [(f"test {k}", data.x_test[k]), (f"training {j}", data.x_train[j])]
    lines = []
    for name, pixels in shown:
        lines += [f"{name}:", *picture(pixels, out.color, out.unicode, get_terminal_size().columns)]
    return lines
