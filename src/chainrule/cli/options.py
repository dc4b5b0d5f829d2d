"""The options about data, the same for every command that reads some."""

import argparse
from pathlib import Path
from typing import Any

from chainrule.cli import choices
from chainrule.cli.parser import OneOf, Parser, names, share, whole
from chainrule.errors import SettingError
from chainrule.internal.table_endings import TABLES

DATA = "a set known by name (chainrule data lists them), a folder of pictures, a .csv or .parquet, an .npz, or a folder of .npy or IDX files"
KEYS = (
    "target", "task", "drop", "categorical", "numeric", "date", "delimiter", "decimal", "header", "size", "colour", "fit", "test", "validation", "seed",
    "skip_bad",
)  # fmt: skip


def add_data_options(parser: Parser, learning: bool = False) -> None:
    """Adds the options that `data_options` reads."""
    group = parser.add_argument_group("data")
    group.add_argument("--test", type=share_or_file, metavar="SHARE|DATA",
                       help="the share set aside to measure on, where the data has no test part (default 0.2); or a second .csv, .npz or folder")  # fmt: skip
    group.add_argument("--validation", type=share, metavar="SHARE",
                       help="the share of the rest that is measured after each epoch in place of the test part"
                       if learning else "the share of the rest that was set aside for validation")  # fmt: skip
    group.add_argument("--split-seed", type=whole(0), dest="split_seed", metavar="N",
                       help="decides which examples are set aside (default 0)")  # fmt: skip
    group.add_argument("--skip-bad", action="store_true", default=None, dest="skip_bad",
                       help="go on without pictures, rows or examples that cannot be used; they are counted")  # fmt: skip
    tables = parser.add_argument_group("tables (.csv)")
    tables.add_argument(
        "--target", metavar="COLUMN", help="the column to learn (default: guessed, or asked for)"
    )
    tables.add_argument("--task", type=OneOf("task", choices.TASKS), metavar="TASK",
                        help=f"what the answers are, if it is not plain: {', '.join(choices.TASKS)}")  # fmt: skip
    tables.add_argument("--drop", type=names, metavar="COLUMNS", help="columns to leave out, commas between")
    tables.add_argument("--categorical", type=names, metavar="COLUMNS",
                        help="columns of numbers that are names, such as a postcode")  # fmt: skip
    tables.add_argument("--numeric", type=names, metavar="COLUMNS",
                        help="columns of numbers; whatever else stands in them counts as missing")  # fmt: skip
    tables.add_argument("--date", type=names, metavar="COLUMNS",
                        help="columns of dates; when=dmy or when=mdy says that 3/4/2024 begins with the day or the month")  # fmt: skip
    tables.add_argument(
        "--delimiter", metavar="LETTER", help="what stands between cells (default: found out)"
    )
    tables.add_argument("--decimal", type=OneOf("decimal point", (".", ",")), metavar="LETTER",
                        help=". or , where the numbers do not tell (default: found out)")  # fmt: skip
    tables.add_argument("--no-header", action="store_const", const=False, dest="header",
                        help="the first line is data; the columns are called column_1, column_2, ...")  # fmt: skip
    pictures = parser.add_argument_group("folders of pictures")
    pictures.add_argument(
        "--size", type=pixels, metavar="N|HxW", help="the size to bring pictures to, 32 or 24x48"
    )
    pictures.add_argument("--color", action="store_const", const=True, dest="colour", help="keep colors")
    pictures.add_argument(
        "--gray", action="store_const", const=False, dest="colour", help="make pictures gray"
    )
    for older, value in (("--colour", True), ("--grey", False)):  # as they were spelled before 0.2
        pictures.add_argument(older, action="store_const", const=value, dest="colour", help=argparse.SUPPRESS)
    pictures.add_argument("--fit", type=OneOf("fit", choices.FITS), metavar="HOW",
                          help=f"how to reach the new proportions: {', '.join(choices.FITS)} (default stretch)")  # fmt: skip


def data_options(args: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, as `chainrule.datasets.load` takes them."""
    given = {key: getattr(args, key, None) for key in KEYS if key != "seed"} | {"seed": args.split_seed}
    return {key: value for key, value in given.items() if value is not None}


def pixels(word: str) -> int | tuple[int, int]:
    """A size of pictures: one number, or height and width.

    >>> pixels("32"), pixels("24x48")
    (32, (24, 48))
    """
    sides = word.lower().split("x")
    if len(sides) > 2 or not all(side.isdigit() and 0 < int(side) <= 4096 for side in sides):
        raise argparse.ArgumentTypeError(
            f"expected pixels such as 32 or 24x48 (height x width); got {word!r}."
        )
    return int(sides[0]) if len(sides) == 1 else (int(sides[0]), int(sides[1]))


def share_or_file(word: str) -> float | str:
    """A share, or the name of a second table, archive or folder."""
    try:
        return share(word)
    except argparse.ArgumentTypeError:
        if word.lower().endswith((*TABLES, ".npz")) or "/" in word or Path(word).is_dir():
            return word
        raise


def hidden(word: str) -> tuple[int, ...]:
    """The sizes of the layers between input and output.

    >>> hidden("784,100"), hidden("none")
    ((784, 100), ())
    """
    if word.strip().lower() in ("none", "0", ""):
        return ()
    sizes = [size.strip() for size in word.replace("-", ",").split(",")]
    if not all(size.isdigit() and int(size) > 0 for size in sizes):
        raise argparse.ArgumentTypeError(
            f"expected the sizes of the hidden layers, such as 784,100 (or none); got {word!r}."
        )
    return tuple(int(size) for size in sizes)


def check_seed(seed: int | None) -> int:
    """The seed that was given, or a fresh one, short enough to type again."""
    if seed is None:
        import os

        return int.from_bytes(os.urandom(8), "little") % 1_000_000_000
    if seed >= 1 << 53:
        raise SettingError(f"--seed: expected a number below 2 to the 53rd; got {seed}.")
    return seed
