"""What a model file says beside its network, checked before it is believed: the file may come from anybody."""

from collections.abc import Callable
from typing import Any, TypeVar

from chainrule.cli import choices
from chainrule.errors import FileError

T = TypeVar("T")

LARGEST = 10_000  # pixels of a side, columns of a table, words of a column
DTYPES = ("float32", "float64", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bool", "float16")


def preparation_of(extras: dict[str, Any]) -> dict[str, Any]:
    """How examples are prepared, or {} where the file does not say; FileError where it makes no sense.

    >>> preparation_of({"preparation": {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch"}})["width"]
    28
    """
    found = extras.get("preparation")
    if found is None or found == {}:
        return {}
    if not isinstance(found, dict) or found.get("kind") not in ("picture", "table", "array"):
        raise _nonsense("preparation", found)
    scale = found.get("scale")
    if scale is not None and not (_number(scale) and 1e-9 < scale <= 1):
        raise _nonsense("preparation's scale", scale)
    good = {"picture": _picture, "table": _table, "array": _array}[found["kind"]](found)
    if not good:
        raise _nonsense(f"preparation of {found['kind']}s", found)
    return found


def class_names_of(extras: dict[str, Any]) -> tuple[str, ...]:
    """The names of the classes, or () where the file has none."""
    names = extras.get("class_names")
    if names is None:
        return ()
    if not isinstance(names, list) or len(names) > LARGEST or not all(isinstance(name, str) for name in names):
        raise _nonsense("names of classes", names)
    return tuple(names)


def section(extras: dict[str, Any], key: str) -> dict[str, Any]:
    """A part of the additions that is itself a dict, or {}."""
    found = extras.get(key)
    return found if isinstance(found, dict) else {}


def options_of(extras: dict[str, Any]) -> dict[str, Any]:
    """The options with which the data was read; only known ones of sensible kinds, and never a path."""
    kinds: dict[str, Callable[[Any], bool]] = {
        "target": _text, "delimiter": _text, "task": lambda v: v in choices.TASKS, "fit": lambda v: v in choices.FITS,
        "drop": _texts, "categorical": _texts, "size": _size, "colour": _bool, "skip_bad": _bool,
        "test": _share, "validation": _share, "seed": _whole,
    }  # fmt: skip
    given = section(section(extras, "dataset"), "options")
    kept = {key: value for key, value in given.items() if key in kinds and kinds[key](value)}
    return kept | ({"size": tuple(kept["size"])} if isinstance(kept.get("size"), list) else {})


def made_by(build: Callable[[dict[str, Any]], T], settings: Any, what: str) -> T | None:
    """What settings in the file make, None where there are none; FileError where they do not fit this version."""
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise _nonsense(what, settings)
    try:
        return build(settings)
    except (TypeError, ValueError, OverflowError) as problem:
        raise FileError(f"The model file's {what} can not be used: {problem}") from None


def _nonsense(what: str, found: Any) -> FileError:
    shown = repr(found)
    return FileError(f"The model file's {what} makes no sense: {shown[:80]}{'...' if len(shown) > 80 else ''}.")


def _picture(found: dict[str, Any]) -> bool:
    sides = _size([found.get("height"), found.get("width")])
    known = found.get("like") is None or isinstance(found["like"], str)
    return sides and _bool(found.get("colour")) and found.get("fit") in choices.FITS and known


def _array(found: dict[str, Any]) -> bool:
    shape = found.get("shape")
    return isinstance(shape, list) and len(shape) <= 32 and all(_whole(n) for n in shape) and found.get("dtype") in DTYPES


def _table(found: dict[str, Any]) -> bool:
    columns = found.get("columns")
    return isinstance(columns, list) and 0 < len(columns) <= LARGEST and all(map(_column, [*columns, found.get("target")]))


def _column(found: Any) -> bool:
    if not isinstance(found, dict) or not _text(found.get("name")):
        return False
    if found.get("kind") == "number":
        return _number(found.get("mean")) and _number(found.get("std"))
    return found.get("kind") == "category" and _texts(found.get("values")) and bool(found["values"])


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 1000


def _texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= LARGEST and all(map(_text, value))


def _bool(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value < 1


def _size(value: Any) -> bool:
    sides = value if isinstance(value, list) else [value]
    return len(sides) in (1, 2) and all(_whole(side) and 0 < side <= LARGEST for side in sides)
