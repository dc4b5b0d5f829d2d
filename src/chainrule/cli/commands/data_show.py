"""One example of a data set: drawn in the terminal, or written as it is.

Pictures are drawn in blocks; --out seven.png writes the same pixels to a file, and --out seven.npy the array.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, paths
from chainrule.cli.options import DATA, add_data_options, data_options
from chainrule.cli.output import Output
from chainrule.cli.parser import OneOf, Parser, whole
from chainrule.cli.terminal_picture import picture
from chainrule.errors import SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset

EXAMPLES = (
    "chainrule data show mnist --index 7",
    "chainrule data show mnist --part train --index 0 --out five.png",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", metavar="DATA", help=DATA)
    parser.add_argument(
        "--index", type=whole(0), default=0, metavar="N", help="which example, counted from 0 (default 0)"
    )
    parser.add_argument("--part", type=OneOf("part", choices.PARTS[:3]), default="test", metavar="PART",
                        help="of which part: test (default), val or train")  # fmt: skip
    parser.add_argument("--out", metavar="FILE", help="write it to this .png or .npy file instead")
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Shows the example."""
    from chainrule import datasets

    if args.out:
        paths.target(args.out, (".png", ".npy"), args.force)
    data = datasets.load(paths.data(args.data), **data_options(args))
    x, y = getattr(data, f"x_{args.part}"), getattr(data, f"y_{args.part}")
    if x is None or args.index >= len(x):
        raise SettingError(
            f"{data.name} has {0 if x is None else len(x)} examples in its {args.part} part, counted from 0; "
            f"there is no number {args.index}."
        )
    example, answer = x[args.index], answer_of(data, y[args.index])
    is_picture = example.dtype == "uint8" and example.ndim in (2, 3)
    if args.out:
        write(args.out, example, is_picture)
    out.give({"data": data.name, "part": args.part, "index": args.index, "answer": answer, "file": args.out,
              "values": None if is_picture else example})  # fmt: skip
    out.say(f"{data.name}, {args.part} part, number {args.index}: {out.bold(str(answer))}")
    if args.out:
        out.say(f"Written to {args.out}.")
    elif is_picture and not out.json:
        out.say("\n".join(picture(example, out.color, out.unicode, columns_of_terminal())))
    else:
        out.say("\n".join(values_of(data, example)))
    return 0


def answer_of(data: "Dataset", y: Any) -> str | float:
    """What the example is: the name of its class, or a number."""
    return data.class_names[int(y)] if data.class_names is not None else float(y)


def values_of(data: "Dataset", example: Any) -> list[str]:
    """A row of a table in its own units, a line a column; other arrays as NumPy prints them."""
    if data.preparation.get("kind") != "table":
        return [str(example)]
    from chainrule.datasets import columns

    lines, place = [], 0
    for column in data.preparation["columns"]:
        wide = columns.width(column)
        lines.append(
            f"  {column['name']}: {columns.shown(column, example[place : place + wide]) or 'missing'}"
        )
        place += wide
    return lines


def write(name: str, example: Any, is_picture: bool) -> None:
    """The example as a file: beside, then into place."""
    import io

    import numpy as np

    from chainrule.files.disk import write as write_whole

    buffer = io.BytesIO()
    if name.lower().endswith(".npy"):
        np.save(buffer, np.asarray(example), allow_pickle=False)
    elif is_picture:
        from PIL import Image

        Image.fromarray(np.asarray(example)).save(buffer, "PNG")
    else:
        raise SettingError(
            f"This example is no picture but numbers of shape {example.shape}: --out NAME.npy holds them."
        )
    write_whole(name, [buffer.getvalue()])


def columns_of_terminal() -> int:
    """How many letters stand beside each other: COLUMNS, the terminal's own, or 80."""
    from shutil import get_terminal_size

    return get_terminal_size().columns
