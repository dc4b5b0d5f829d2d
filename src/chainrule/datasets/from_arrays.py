"""Arrays that are already there, from an .npz file, from four IDX files or from memory, made a Dataset."""

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.cells import LARGEST
from chainrule.datasets.data_checks import look_over
from chainrule.datasets.dataset import TASKS, Array, Dataset
from chainrule.datasets.on_disk import changed, ends, forget, in_blocks, taken
from chainrule.datasets.splits import split
from chainrule.errors import DataError, unknown

FEW = 20  # fractions that are all whole: up to so many different ones are classes
BLOCK = 1 << 20  # numbers that are looked at together
MANY = 1000  # whole numbers: more different ones than this are amounts


def from_arrays(
    name: str, arrays: Mapping[str, NDArray[Any]], *, task: str | None = None,
    class_names: tuple[str, ...] | None = None, test: float = 0.2, validation: float = 0.0, seed: int = 0,
    skip_bad: bool = False, source: str = "", licence: str = "",
) -> Dataset:  # fmt: skip
    """A Dataset from x_train, y_train, x_test, y_test (and x_val, y_val), or from x and y, then split. Two arrays of other
    names are x and y where their shapes say which is which.

    x: (n, ...) whole numbers or fractions; uint8 pictures stay as they are, fractions become float32. y: (n,)
    or (n, 1) labels (numbers or words) or amounts, or (n, classes) with a single 1 in each row. Labels that do not
    count from 0 are counted anew and keep their name. Raises DataError for parts that do not fit, NaN or infinity
    (skip_bad leaves such examples out).

    >>> from_arrays("xor", {"x": np.eye(4, 2), "y": np.array([1, 2, 1, 2])}, test=0.5).class_names
    ('1', '2')
    """
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS)
    arrays, named = by_shape(arrays)
    parts = _parts(name, arrays)
    if parts["train"][1].dtype.kind in "US":
        parts, class_names = _numbered(name, parts)
    skipped: list[tuple[str, str]] = []
    for part, (x, y) in parts.items():
        x, y = _clean(name, part, _inputs(name, part, x), _flat(name, part, y), skipped)
        as_it_is = x.dtype in (np.uint8, np.float32)
        parts[part] = x if as_it_is else changed(x, lambda some: some.astype(np.float32), np.float32), y
    if skipped and not skip_bad:
        more = f" and {len(skipped) - 10:,} more" if len(skipped) > 10 else ""
        lines = [f"  {where}: {why}" for where, why in skipped[:10]]
        last = f"skip_bad=True (--skip-bad) continues without them{more}."
        raise DataError("\n".join([f"{name} has examples that cannot be used:", *lines, last]))
    ys, names, notes = _answers(name, {part: y for part, (_, y) in parts.items()}, task, class_names)
    xs, rescaled = one_scale(name, {part: x for part, (x, _) in parts.items()})
    notes += [*rescaled, *named]
    if "test" not in xs:
        x, y = xs["train"], ys["train"]
        kept, aside = split(y, test, seed, classes=names is not None)
        xs |= {"train": taken(x, kept), "test": taken(x, aside)}
        ys |= {"train": y[kept], "test": y[aside]}
    x = xs["train"]
    scale = 1 / 255 if x.dtype == np.uint8 else None
    made: dict[str, Any] = {f"x_{p}": a for p, a in xs.items()} | {f"y_{p}": a for p, a in ys.items()}
    data = Dataset(
        name=name, **made,
        class_names=names, scale=scale, preparation=preparation(x, scale), source=source, licence=licence,
        task="regression" if names is None else "two classes" if len(names) == 2 else "classes",
        skipped=tuple(skipped), notes=tuple(notes),
    )  # fmt: skip
    return look_over(data.with_validation(validation, seed))


def preparation(x: Array, scale: float | None) -> dict[str, Any]:
    """How more examples like these are made: from pictures where they are pictures, otherwise from arrays."""
    shape = x.shape[1:]
    if x.dtype == np.uint8 and (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
        return {
            "kind": "picture", "height": shape[0], "width": shape[1], "colour": len(shape) == 3,
            "fit": "stretch", "scale": scale,
        }  # fmt: skip
    return {"kind": "array", "shape": list(shape), "dtype": str(x.dtype), "scale": scale}


def by_shape(arrays: Mapping[str, Array]) -> tuple[Mapping[str, Array], list[str]]:
    """Two arrays of other names as x and y, with a note that says so: y has one number or word for each example, x has several.

    >>> found, notes = by_shape({"images": np.zeros((3, 8, 8)), "labels": np.zeros(3)})
    >>> sorted(found), notes
    (['x', 'y'], ["'images' is learned from, and 'labels' is the answer"])
    """
    usual = {f"{letter}{part}" for letter in "xy" for part in ("", "_train", "_val", "_test")}
    if len(arrays) != 2 or usual & set(arrays):
        return arrays, []
    single = [key for key, values in arrays.items() if values.ndim and values.size == len(values)]
    if len(single) != 1:
        return arrays, []
    (answer,), (inputs,) = single, [key for key in arrays if key != single[0]]
    note = f"{inputs!r} is learned from, and {answer!r} is the answer"
    return {"x": arrays[inputs], "y": arrays[answer]}, [note]


def _parts(name: str, arrays: Mapping[str, Array]) -> dict[str, tuple[Array, Array]]:
    """Part -> (x, y), from whichever of the usual names are there."""
    keys = {"train": ("x_train", "y_train"), "val": ("x_val", "y_val"), "test": ("x_test", "y_test")}
    if "x" in arrays and "x_train" not in arrays:
        keys = {"train": ("x", "y")}
    parts = {}
    for part, (x, y) in keys.items():
        if part != "train" and x not in arrays and y not in arrays:
            continue
        if x not in arrays or y not in arrays:
            have = ", ".join(sorted(arrays)) or "nothing"
            raise DataError(f"{name} has no array called {x if x not in arrays else y!r}; it has {have}. "
                            "Expected are x_train, y_train, x_test, y_test, or x and y.")  # fmt: skip
        if arrays[x].ndim == 0 or arrays[y].ndim == 0 or len(arrays[x]) != len(arrays[y]):
            raise DataError(
                f"{name}: {x} has the shape {arrays[x].shape} and {y} {arrays[y].shape}; "
                "there must be one answer for each example."
            )
        if not arrays[x].size and (part == "train" or len(arrays[x])):
            raise DataError(f"{name}: {x} has the shape {arrays[x].shape}: there is nothing to learn from.")
        parts[part] = (arrays[x], arrays[y])
    return parts


def _numbered(
    name: str, parts: dict[str, tuple[Array, Array]]
) -> tuple[dict[str, tuple[Array, Array]], tuple[str, ...]]:
    """Labels that are words as their places among the sorted words of the training part, and these words."""
    made = {}
    known = np.unique(parts["train"][1])
    for part, (x, y) in parts.items():
        if y.dtype.kind != known.dtype.kind:
            raise DataError(
                f"{name}: the labels of the {part} part are {y.dtype}, those of the train part {known.dtype}."
            )
        if len(strange := np.setdiff1d(y, known)):
            raise DataError(
                f"{name}: the {part} part has the label {_word(name, strange[0])!r}, which the train part has not."
            )
        made[part] = x, np.searchsorted(known, y).astype(np.int32)
    return made, tuple(_word(name, word) for word in known)


def _word(name: str, word: Any) -> str:
    try:
        return word.decode() if isinstance(word, bytes) else str(word)
    except UnicodeDecodeError:
        raise DataError(f"{name}: the label {word!r} is not UTF-8.") from None


def _inputs(name: str, part: str, x: Array) -> Array:
    if x.dtype.kind not in "buif":
        raise DataError(f"{name}: the {part} part holds {x.dtype}; numbers are expected.")
    return x


def one_scale(name: str, xs: dict[str, Array]) -> tuple[dict[str, Array], list[str]]:
    """All parts in the type and on the scale of the training part: fractions 0..1 and whole numbers 0..255 are one thing.

    Raises DataError where a part is neither.
    """
    train, notes = xs["train"], []
    made = {"train": train}
    for part, x in xs.items():
        if part == "train" or x.dtype == train.dtype or not x.size:
            made[part] = x if x.dtype == train.dtype else x.astype(train.dtype)
            continue
        (low, high), (least, most) = ends(x), ends(train)
        text = f"x_{part} holds {x.dtype} from {low:g} to {high:g} and x_train {train.dtype} from {least:g} to {most:g}"
        if train.dtype == np.uint8:
            fractions = bool(low >= 0 and high <= 1 < most)
            factor = np.float32(255) if fractions else None
            bounds = _whole(np.array([low, high]), factor)
            if bounds[0] < 0 or bounds[1] > 255 or _uneven(x, factor) > 0.2:
                raise DataError(f"{name}: {text}; bring them to one scale.")
            made[part] = changed(x, partial(_as_bytes, factor=factor), np.uint8)
            if fractions:
                notes.append(f"{text}: x_{part} was multiplied by 255")
        elif x.dtype == np.uint8 and least >= 0 and most <= 1 < high:
            made[part] = changed(x, lambda some: some.astype(np.float32) / 255, np.float32)
            notes.append(f"{text}: x_{part} was divided by 255")
        else:
            made[part] = changed(x, lambda some: some.astype(train.dtype), train.dtype)
    return made, notes


def _as_bytes(some: Array, factor: Any) -> Array:
    return _whole(some, factor).astype(np.uint8)


def _whole(some: Array, factor: Any) -> Array:
    return np.round(some if factor is None else some * factor)


def _uneven(x: Array, factor: Any) -> float:
    """How far from whole numbers the inputs are, times a factor or as they are."""
    return max(
        float(np.abs((some if factor is None else some * factor) - _whole(some, factor)).max())
        for some in in_blocks(x)
    )


def _flat(name: str, part: str, y: Array) -> Array:
    """Answers in one row: (n, 1) flattened, one-hot rows to the place of their 1."""
    y = y.reshape(len(y), math.prod(y.shape[1:])) if y.ndim > 1 else y
    if y.dtype.kind == "b":
        y = y.astype(np.uint8)
    if y.dtype.kind not in "uif":
        raise DataError(f"{name}: the answers of the {part} part are {y.dtype}; numbers are expected.")
    if y.ndim == 1 or y.shape[1] == 1:
        return y.reshape(-1)
    if ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all():
        places: Array = y.argmax(axis=1).astype(np.int32)
        return places
    raise DataError(
        f"{name}: the answers of the {part} part have the shape {y.shape}; expected are one number for each "
        "example, or a row with a single 1."
    )


def _clean(name: str, part: str, x: Array, y: Array, skipped: list[tuple[str, str]]) -> tuple[Array, Array]:
    """Without the examples that hold NaN, infinity or a number whose square float32 cannot hold; each is named."""
    good = np.ones(len(x), bool)
    for letter, array in (("x", x), ("y", y)):
        if array.dtype.kind == "f":
            largest = _largest(array)
            skipped += [
                (
                    f"{name}:{letter}_{part}[{k}]",
                    f"holds a number beyond {LARGEST:g}"
                    if np.isfinite(largest[k])
                    else "holds NaN or infinity",
                )
                for k in np.flatnonzero(~(largest <= LARGEST) & good)
            ]
            good &= largest <= LARGEST
    return (x, y) if good.all() else (taken(x, np.flatnonzero(good)), y[good])


def _largest(array: Array) -> Array:
    """The greatest distance from 0 in each example; NaN where one holds NaN. In blocks, so that little is copied."""
    flat = array.reshape(len(array), math.prod(array.shape[1:]))
    step = max(1, BLOCK // max(1, flat.shape[1]))
    blocks = []
    for k in range(0, len(flat), step):
        blocks.append(np.array(np.abs(flat[k : k + step]).max(axis=1, initial=0)))
        forget(array)
    return np.concatenate(blocks).astype(np.float64) if blocks else np.zeros(0)


def _answers(
    name: str, ys: dict[str, Array], task: str | None, class_names: tuple[str, ...] | None
) -> tuple[dict[str, Array], tuple[str, ...] | None, list[str]]:
    """Answers as indices from 0 with the names of the classes, or as float32 without."""
    values = np.unique(ys["train"])
    whole = bool((values == np.round(values)).all())
    amounts = task == "regression" or (
        task is None and class_names is None
        and (not whole or len(values) > (FEW if values.dtype.kind == "f" else MANY))
    )  # fmt: skip
    if task is None and class_names is None and whole and _doubtful(values, ys["train"], amounts):
        raise DataError(
            f"{name}: the answers hold {len(values):,} different whole numbers, {values[0]:g} to {values[-1]:g}. "
            "Are they classes or amounts? Say task='classes' or task='regression' (--task)."
        )
    if amounts and len(values) == 1 and len(ys["train"]) > 1:
        raise DataError(f"{name}: every answer to learn from is {values[0]:g}; nothing is to be learned.")
    if amounts:
        ys = {part: y.astype(np.float32) for part, y in ys.items()}
        if len(ys["train"]) > 1 and (ys["train"] == ys["train"][0]).all():
            raise DataError(
                f"{name}: the answers to learn from, {values[0]:.17g} to {values[-1]:.17g}, are all {ys['train'][0]:g} in "
                "float32; subtract their mean first."
            )
        return ys, None, []
    if not whole:
        raise DataError(
            f"{name}: the answers are fractions ({values[:3].tolist()} ...); classes need whole numbers."
        )
    if len(values) < 2:
        raise DataError(
            f"{name}: every answer to learn from is {values.tolist()}; there is nothing to tell apart."
        )
    if class_names is not None:
        return (
            {part: y if y.dtype.kind in "iu" else y.astype(np.int32) for part, y in ys.items()},
            class_names,
            [],
        )
    for part, y in ys.items():
        if len(strange := np.setdiff1d(y, values)):
            raise DataError(
                f"{name}: the {part} part has the label {strange[0]}, which the train part has not."
            )
    narrow = np.uint8 if len(values) <= 256 else np.int32
    counted = {part: np.searchsorted(values, y).astype(narrow) for part, y in ys.items()}
    names = tuple(str(int(value)) for value in values)
    notes = []
    if not np.array_equal(values, np.arange(len(values))):
        these = f"{names[0]} to {names[-1]} ({len(names)} different ones)"
        notes.append(f"the labels go from {these}: they are counted from 0 here and keep their names")
    return counted, names, notes


def _doubtful(values: Array, y: Array, amounts: bool) -> bool:
    """Whether whole numbers that are read in one way may as well be meant in the other.

    Class numbers stand close together and are there several times each; amounts have gaps, or are hardly there twice.
    """
    if not FEW < len(values) <= MANY:
        return False
    dense = len(values) / (float(values[-1]) - float(values[0]) + 1)
    each = len(y) / len(values)
    return (dense >= 0.9 and each >= 5) if amounts else (dense < 0.5 or each < 2)
