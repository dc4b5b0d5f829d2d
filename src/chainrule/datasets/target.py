"""Which column of a table is to be learned, where nobody says it: guessed by its name or its place, or asked for."""

import re

import numpy as np

from chainrule.datasets import cells as notation
from chainrule.datasets.cells import numbers
from chainrule.datasets.csv_file import Table
from chainrule.errors import DataError, SettingError, unknown

NAMES = re.compile(
    r"target|labels?|class(es)?|category|y|outcome|response|output|answer|result|species|survived|diagnosis|churn(ed)?"
    r"|default(ed)?|is_?fraud|sale_?price|quality",
    re.IGNORECASE,
)
AMOUNTS = re.compile(  # where it is the last column
    r"(?:(?:median|sales?|selling|house|total|unit|med)[ _]?)*(?:prices?|rent|salary|wages?|income|revenue|sales|costs?|charges|amount|value|val|house_?val"
    r"|preis|prix|precio|prezzo|miete|gehalt)|medv|mpg",
    re.IGNORECASE,
)
FEW = 20  # different words, and each in so many rows on average: then they are classes
EACH = 3


def target_of(table: Table, target: str | None) -> tuple[str, str]:
    """The column to learn, and what is to be said where it was guessed; SettingError that lists the candidates.

    Guessed is the one column with a name such as target, label or class, else the last column where it holds amounts and is
    called price, rent or the like, or where it alone holds classes in words.
    """
    if target is not None:
        if target not in table.columns:
            raise unknown("column", target, table.columns)
        return target, ""
    names = list(table.columns)
    if len(names) == 1:
        raise DataError(
            f"{table.name} has one column only, {names[0]!r}: between cells a comma, a semicolon, a tab or a bar is expected, and a "
            "column to learn beside those to learn from."
        )
    kinds = {name: candidate(table, name) for name in names}
    called = [name for name in names if NAMES.fullmatch(name.strip()) and kinds[name]]
    if not called and AMOUNTS.fullmatch(names[-1].strip()) and kinds[names[-1]] == "amounts":
        called = names[-1:]
    in_words = [name for name in names if kinds[name].endswith("classes") and not _are_numbers(table, name)]
    if len(called) == 1:
        return called[
            0
        ], f"{called[0]!r} is learned, as its name says; target= (--target) names another column"
    if in_words == names[-1:]:
        return in_words[0], (
            f"{in_words[0]!r} is learned, the last column and the only one with classes in words; "
            "target= (--target) names another column"
        )
    first = called or [name for name in names if kinds[name]]
    listed = ", ".join(f"{name} ({kinds[name]})" for name in first[::-1][:8]) or ", ".join(names)
    more = f" and {len(first) - 8} more" if len(first) > 8 else ""
    raise SettingError(
        f"Which column of {table.name} is to be learned? Name it with target= (--target). It may be one of these: {listed}{more}."
    )


def candidate(table: Table, name: str) -> str:
    """What a column would be as a target, in words: "3 classes", "amounts", or "" where it can be none.

    >>> table = Table("a.csv", {"kind": np.array(["a", "b"] * 5)}, np.arange(10))
    >>> candidate(table, "kind")
    '2 classes'
    """
    cells = table.columns[name]
    there = cells[~notation.missing(cells)]
    different = len(np.unique(there))
    if different < 2 or notation.dates(there):
        return ""
    if _are_numbers(table, name):
        return (
            f"{different} classes"
            if different == 2
            else "amounts"
            if different > FEW
            else f"{different} numbers"
        )
    return f"{different} classes" if different <= min(FEW, len(there) / EACH) else ""


def _are_numbers(table: Table, name: str) -> bool:
    cells = table.columns[name]
    there = cells[~notation.missing(cells)]
    try:
        written = notation.notation_of(there, _point(table), name, table.delimiter)
    except DataError:  # in two units, or readable in two ways: numbers all the same
        return True
    return bool(len(there)) and not numbers(there, written)[1].any()


def _point(table: Table) -> str | None:
    """What stands for the decimal point in the whole table."""
    return notation.decimal_of_table(table.columns.values(), table.delimiter)
