"""A folder of pictures in one heap with a CSV beside them that says what each shows.

    digits/labels.csv      file,label
    digits/a.png           a.png,seven
    digits/more/b.png      more/b.png,two

The CSV is called labels.csv, or is the only one there and there are no folders. The column called file,
filename, image, path or id names the picture (with its ending or without); the other one, or the one called
label or class, says what it shows.
"""

import os
from pathlib import Path

from chainrule.datasets import csv_file, pictures
from chainrule.datasets.cells import words as as_words
from chainrule.datasets.tree import Tree, list_pictures
from chainrule.errors import DataError

FILE = ("file", "filename", "file_name", "image", "image_id", "path", "id", "name")
LABEL = ("label", "class", "target", "category", "y")


def find(root: Path) -> Path | None:
    """The CSV with the labels, if there is one and no doubt about it."""
    try:
        entries = sorted(root.iterdir())
    except OSError as problem:
        raise DataError(f"{root} cannot be read: {problem.strerror}.") from None
    tables = [file for file in entries if file.suffix.lower() == ".csv" and file.is_file()]
    called = [file for file in tables if file.stem.lower() == "labels"]
    if called or (len(tables) == 1 and not any(entry.is_dir() for entry in entries)):
        return (called or tables)[0]
    return None


def walk(root: Path, table: Path) -> Tree:
    """The labelled pictures of a folder; what the CSV and the folder do not agree on is bad."""
    found = Tree()
    rows = csv_file.read(table)
    found.bad += rows.bad
    file_column, label_column = _columns(rows)
    there = list_pictures(root, found, table)
    by_name = {os.path.relpath(file, root).replace(os.sep, "/"): file for file in there}
    by_stem = {name.removesuffix(Path(name).suffix): file for name, file in by_name.items()}
    labelled: dict[str, str] = {}
    files = found.files["train"] = []
    names, labels = as_words(rows.columns[file_column]), as_words(rows.columns[label_column])
    for row, (name, label) in enumerate(zip(names, labels, strict=True)):
        plain = name.replace("\\", "/").removeprefix("./")
        file = by_name.get(plain) or by_stem.get(plain)
        if file is None:
            found.bad.append((rows.where(row), f"names the picture {name!r}, which is not in {root}"))
        elif not label:
            found.bad.append((rows.where(row), f"gives {name!r} no label"))
        elif file in labelled:
            same = "again" if labelled[file] == label else f"as {label!r} after {labelled[file]!r}"
            found.bad.append((rows.where(row), f"lists {name!r} {same}"))
        else:
            labelled[file] = label
            files.append((label, file))
    found.bad += [(file, f"has no row in {table.name}") for file in there if file not in labelled]
    return found


def _columns(rows: csv_file.Table) -> tuple[str, str]:
    """Which column names the picture and which the class."""
    names = list(rows.columns)
    file = next((n for n in names if n.lower() in FILE), names[0])
    others = [n for n in names if n != file]
    label = next((n for n in others if n.lower() in LABEL), others[0] if len(others) == 1 else None)
    if label is None:
        raise DataError(
            f"{rows.name} has the columns {', '.join(names)}; it should have file and label "
            f"to name the pictures ({', '.join(pictures.SUFFIXES)}) and their classes."
        )
    return file, label
