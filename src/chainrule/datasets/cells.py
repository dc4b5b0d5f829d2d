"""How the cells of a column are written: numbers in the notations people use, dates, and words.

"1,25" in one file is "1.25" in another, and "117,214" may be either. The notation is decided once for a whole
column, is kept in the column's record, and new rows are read by it.

A notation: {"decimal": ",", "group": ".", "unit": "%"}; only what differs from a plain number is there.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError

Numbers = NDArray[np.float64]
Text = NDArray[np.str_] | NDArray[np.bytes_]
Notation = dict[str, str]

MISSING = (b"", b"na", b"n/a", b"nan", b"null", b"none", b"?", b"-", b"#n/a", b"#na", b"<na>", b".")
_MISSING = {*MISSING, *(word.decode() for word in MISSING)}
FEW = 1000  # cells: one by one they are looked at sooner
MOSTLY = 0.8  # of the cells that are not missing must be numbers for the others to be mistakes
LARGEST = 1e30  # squares of larger numbers leave float32 at the latest
SAMPLE = 2000  # different cells are looked at to decide how a column is written
OFTEN = 0.2  # of the cells show a decimal comma, where the comma also stands between cells

CURRENCIES = (
    "$",
    "€",
    "£",
    "¥",
    "₹",
    "₽",
    "₩",
    "USD",
    "EUR",
    "GBP",
    "CHF",
    "JPY",
    "INR",
    "Fr.",
    "kr",
    "zł",
    "R$",
    "US$",
)
UNITS = (
    "%",
    "‰",
    "°C",
    "°F",
    "°",
    "kg",
    "g",
    "mg",
    "lb",
    "lbs",
    "km",
    "m",
    "cm",
    "mm",
    "km/h",
    "mph",
    "kWh",
    "ml",
    "l",
)
_MONEY = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
_UNIT = "|".join(map(re.escape, sorted(UNITS, key=len, reverse=True)))
_DRESSED = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-−])?\s*(?P<before>{_MONEY})?\s*(?P<sign2>[+\-−])?\s*(?P<body>[.,]?\d[\d.,'’_ \u00a0\u202f\u2009]*?(?:[eEdD][+\-]?\d+)?)(?P<sign3>[\-−])?"
    rf"\s*(?P<after>{_MONEY}|{_UNIT})?\s*(?P<close>\))?"
)
_PLAIN = re.compile(r"(?:\d*\.?\d+|\d+\.)(?:[eEdD][+\-]?\d+)?")
_GROUPED = {
    group: re.compile(rf"\d{{1,3}}(?:{pattern}\d{{2,3}})*{pattern}\d{{3}}(?:{point}\d*)?|\d+(?:{point}\d*)?|{point}\d+")
    for group, pattern, point in (
        (",", ",", r"\."), (".", r"\.", ","), (" ", r"[ \u00a0\u202f\u2009]", "[.,]"), ("'", "['’]", "[.,]")
    )
}  # fmt: skip
_COMMA = re.compile(r"(?:\d*,\d+|\d+,?)(?:[eEdD][+\-]?\d+)?")
_BOTH = {  # with groups, as no other reading fits: 1,030.50 where the point is the decimal one, 1.030,50 where the comma is
    ".": re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}"),
    ",": re.compile(r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,}"),
}
POINTS = frozenset(".,·٫٬")
_OTHER_POINTS = str.maketrans("٫٬·", ",'.")  # the Arabic decimal comma and group mark, the raised point
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")  # 117,214 may be read both ways

_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_TIME = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?|Z|[+\-]\d{2}:?\d{2})?)?"
_DATE = re.compile(
    rf"(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}([-/.])\d{{1,2}}\1\d{{2}}(?:\d{{2}})?|\d{{4}}-\d{{2}}|\d{{4}}[ -]?Q[1-4]"
    rf"|\d{{1,2}}\.?[- /](?:{_MONTH})[a-z]*\.?,?[- /]\d{{2,4}}|(?:{_MONTH})[a-z]*\.?[- ]\d{{1,2}}(?:st|nd|rd|th)?,?[- ]\d{{2,4}}"
    rf"|(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )\d{{1,2}} (?:{_MONTH})[a-z]* \d{{4}}){_TIME}"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]\.?m\.?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")  # 20240131


def numbers(cells: Text, notation: Notation | None = None) -> tuple[Numbers, NDArray[np.bool_]]:
    """The cells as numbers, and which of them are none or are beyond 1e30 (those are NaN).

    >>> numbers(np.array(["1.5", "two", "inf"]))
    (array([1.5, nan, nan]), array([False,  True,  True]))
    >>> numbers(np.array(["1.234,5 €", "7"]), {"decimal": ",", "group": ".", "unit": "€"})[0]
    array([1234.5,    7. ])
    >>> numbers(np.array(["$30.00", "$1,030.50"]), {"unit": "$"})[0]
    array([  30. , 1030.5])
    """
    if notation:
        values = np.array([_read(word, notation) for word in words(cells)], np.float64)
    else:
        try:
            values = cells.astype(np.float64)
        except ValueError:
            values = np.array([_float(cell) for cell in cells.tolist()], np.float64)
    wrong = ~(np.abs(values) <= LARGEST)  # NaN is not
    values[wrong] = np.nan
    return values, wrong


def words(cells: Text) -> list[str]:
    """The cells as Python text."""
    return [str(word) for word in cells.astype("U").tolist()]


def missing(cells: Text) -> NDArray[np.bool_]:
    """Which cells are empty or say in one of the usual ways that they are."""
    if cells.size < FEW:
        return np.array([cell.lower() in _MISSING for cell in cells.tolist()], bool)
    plain = np.char.lower(cells)
    return np.isin(plain, np.array(MISSING, "S").astype(plain.dtype.kind))


def present(cells: Text) -> list[str]:
    """Some of the cells that are not missing, spread over all: what the notation is decided by."""
    there = cells[~missing(cells)]
    if len(there) > SAMPLE:
        there = there[np.linspace(0, len(there) - 1, SAMPLE).astype(int)]
    return words(there)


def share_of_numbers(cells: Text, notation: Notation | None = None) -> float:
    """The share of the cells that are not missing which are numbers; 0 where all are missing."""
    there = ~missing(cells)
    if not there.any():
        return 0.0
    return float((~numbers(cells[there], notation)[1]).mean())


def decimal_of_table(columns: Iterable[Text], delimiter: str) -> str | None:
    """Which decimal point a table uses, from the cells that allow one reading only; None if none shows it.

    >>> decimal_of_table([np.array(["1,25", "0,3"]), np.array(["117,214", "9"])], ";")
    ','
    """
    votes = {".": 0, ",": 0}
    for cells in columns:
        for word in present(cells)[:200]:
            if not POINTS.intersection(word):
                continue
            body = _body(word)
            if body is None or _EITHER.fullmatch(body):
                continue
            if "," in body and (_COMMA.fullmatch(body) or re.fullmatch(r"\d{1,3}(?:[.]\d{3})+,\d+", body)):
                votes[","] += 1
            elif "." in body and (_PLAIN.fullmatch(body) or re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+", body)):
                votes["."] += 1
    if votes["."] == votes[","]:
        return None
    return max(votes, key=lambda point: votes[point])


def notation_of(cells: Text, decimal: str | None, where: str, delimiter: str = ",") -> Notation | None:
    """How a column of numbers is written, or None for plain numbers and for columns that hold none.

    decimal: what the rest of the table uses as its decimal point, or what the user said. Raises DataError where
    every cell may be read in two ways ("117,214") and nothing else in the table tells which.
    """
    some = present(cells)
    if not some:
        return None
    plain = sum(is_number(word) for word in some) / len(some)
    dots = [word for word in some if "." in word]
    if plain == 1 and not (
        decimal == "," and dots and all(_EITHER.fullmatch(word.lstrip("+-")) for word in dots)
    ):
        return None
    bodies, units = [], []
    for word in some:
        parts = _parts(word)
        if parts and not (parts["open"] and not parts["close"]):
            bodies.append(parts["body"])
            units.append(parts["before"] or parts["after"] or "")
    if len(bodies) < MOSTLY * len(some) or (len(bodies) <= plain * len(some) and plain < 1):
        return None
    unit = max(set(units), key=units.count)
    if any(other not in ("", unit) for other in units):
        kinds = sorted({other for other in units if other})
        raise DataError(f"{where} holds numbers in {' and in '.join(kinds)}; bring them to one unit first.")
    read = _separators(bodies, decimal, where, len(some), delimiter)
    if read is None:
        return None
    return read | ({"unit": unit} if unit else {}) or {"decimal": "."}  # brackets, or another minus sign


def _separators(
    bodies: Sequence[str], decimal: str | None, where: str, count: int, delimiter: str
) -> Notation | None:
    """What stands for the decimal point and between thousands; None if no reading fits most of the cells."""
    if all(_PLAIN.fullmatch(body) for body in bodies) and decimal != ",":
        return {}
    readings: list[tuple[int, Notation]] = []
    commas = sum("," in body for body in bodies)
    for notation, fits in (
        ({"decimal": ","}, lambda b: bool(_COMMA.fullmatch(b))),
        ({"decimal": ",", "group": "."}, lambda b: bool(_GROUPED["."].fullmatch(b))),
        ({"group": ","}, lambda b: bool(_GROUPED[","].fullmatch(b))),
        ({"group": " "}, lambda b: bool(_GROUPED[" "].fullmatch(b)) and "," not in b),
        ({"decimal": ",", "group": " "}, lambda b: bool(_GROUPED[" "].fullmatch(b)) and "." not in b),
        ({"group": "'"}, lambda b: bool(_GROUPED["'"].fullmatch(b)) and "," not in b),
        ({"decimal": ",", "group": "'"}, lambda b: bool(_GROUPED["'"].fullmatch(b)) and "." not in b),
    ):
        comma_decimal = notation.get("decimal") == ","
        if comma_decimal and delimiter == "," and commas < OFTEN * count:
            continue
        readings.append((sum(map(fits, bodies)), notation))
    best = max(fit for fit, _ in readings)
    if best < MOSTLY * count:
        return None
    fitting = [notation for fit, notation in readings if fit == best]
    points = {notation.get("decimal", ".") for notation in fitting}
    doubtful = [body for body in bodies if _EITHER.fullmatch(body)]
    if len(points) > 1 and doubtful:
        if decimal is None:
            if delimiter == ",":
                decimal = (
                    "."  # the comma between cells, and a quoted one within: written by a program in English
                )
            else:
                raise DataError(
                    f"{where}: {doubtful[0]!r} may be {doubtful[0].replace(',', '').replace('.', '')} or "
                    f"{doubtful[0].replace(',', '.')}; say which with decimal=',' or decimal='.' (--decimal)."
                )
        fitting = [notation for notation in fitting if notation.get("decimal", ".") == decimal] or fitting
    return fitting[0]


def dates(cells: Text) -> bool:
    """Whether a column holds dates or times of day: nine in ten of its cells are written so.

    >>> dates(np.array(["2024-01-31", "2024-02-01 10:30"])), dates(np.array(["1.5", "2"]))
    (True, False)
    """
    some = present(cells)
    if not some:
        return False
    return sum(bool(_DATE.fullmatch(w) or _COMPACT.fullmatch(w)) for w in some) >= 0.9 * len(some)


def described(notation: Notation, example: str) -> str:
    """A notation in words, with an example.

    >>> described({"decimal": ",", "unit": "€"}, "1,25 €")
    "written with a decimal comma and €: '1,25 €' is read as 1.25"
    """
    parts = ["a decimal comma"] if notation.get("decimal") == "," else []
    if "group" in notation:
        parts.append(
            {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}[notation["group"]]
            + " between thousands"
        )
    if "unit" in notation:
        parts.append(notation["unit"])
    parts = parts or ["brackets, or a minus sign, a point or an exponent of its own"]
    return f"written with {' and '.join(parts)}: {example!r} is read as {_read(example, notation):.10g}"


def _read(word: str, notation: Notation) -> float:
    """One cell by its column's notation; NaN where it is none."""
    parts = _parts(word.strip())
    if parts is None:
        return _float(word)
    unit = parts["before"] or parts["after"] or ""
    needed = notation.get("unit", "")
    if unit not in ("", needed) or (needed in ("%", "‰") and not unit):  # 5 % and 0.05 do not go together
        return float("nan")
    body, point, group = parts["body"], notation.get("decimal", "."), notation.get("group", "")
    if group == " ":
        body = re.sub(r"[ \u00a0\u202f\u2009]", "", body)
    elif group == "'":
        body = re.sub(r"['’]", "", body)
    elif group:
        if not _GROUPED[group].fullmatch(body):
            return float("nan")
        body = body.replace(group, "")
    elif _BOTH[point].fullmatch(
        body
    ):  # 1,030.50 in a new row, where all that were learned from were below 1000
        body = body.replace("," if point == "." else ".", "")
    if point == ",":
        body = "x" if "." in body else body.replace(",", ".")
    value = _float(re.sub("[dD]", "e", body))  # 1.5D+02 is Fortran's 1.5e+02
    minus = sum(parts[sign] in ("-", "−") for sign in ("sign", "sign2", "sign3"))
    negative = minus % 2 == 1 or bool(parts["open"])
    return -value if negative else value


def _parts(word: str) -> re.Match[str] | None:
    """Sign, unit and body of a number; longer words than any number are not looked at."""
    return _DRESSED.fullmatch(word.translate(_OTHER_POINTS)) if len(word) <= 40 else None


def _body(word: str) -> str | None:
    parts = _parts(word)
    return None if parts is None else parts["body"]


def is_number(word: str) -> bool:
    """Whether Python reads this word as a number; infinity is one, nan is not."""
    return not np.isnan(_float(word))


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
