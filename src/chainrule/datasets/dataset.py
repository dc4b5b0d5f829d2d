"""What every source of data becomes: arrays to learn from and to be measured on, and how they were made."""

import hashlib
import json
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chainrule.datasets.on_disk import in_blocks, taken
from chainrule.errors import DataError, printable
from chainrule.internal.plain_numbers import plainly, share_of

if TYPE_CHECKING:
    from chainrule.datasets.data_checks.finding import DataReport

Array = NDArray[Any]

TASKS = ("classes", "two classes", "regression")
ARRAYS = ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test")


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples `x` and their answers `y` in two or three parts, ready to learn from; arrays are read-only.

    x: (n, ...): uint8 for pictures (times `scale` is 0..1), float32 for tables (`scale` is None).
    y: (n,) the index of the class, or for a regression the float32 value in its own unit.
    Raises DataError when parts do not fit each other.

    >>> x, y = np.array([[0., 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    >>> data = Dataset("xor", x, y, x[:1], y[:1], task="two classes", class_names=("same", "different"))
    >>> data
    <Dataset xor: 4 + 1 examples (2,), two classes>
    >>> data.class_counts
    {'same': 2, 'different': 2}
    """

    name: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    x_val: Array | None = None
    y_val: Array | None = None
    task: str = "classes"
    class_names: tuple[str, ...] | None = None
    scale: float | None = None
    preparation: dict[str, Any] = field(default_factory=dict)  # how x was made; `prepare` makes more of it
    source: str = ""
    licence: str = ""
    skipped: tuple[tuple[str, str], ...] = ()  # (file or file:line, why it was left out)
    notes: tuple[str, ...] = ()  # what deserves a look before learning
    changes: str = ""  # what was done to its columns, in one line
    checks: "DataReport | None" = None  # what the quick checks found, where they were made

    def __post_init__(self) -> None:
        self._show_on_one_line()
        for name in ARRAYS:
            if (array := getattr(self, name)) is not None:
                view = array if isinstance(array, np.memmap) else np.asarray(array).view()
                view.flags.writeable = False
                object.__setattr__(self, name, view)
        if self.task not in TASKS:
            raise DataError(f"{self.name}: the task is {self.task!r}; known: {', '.join(TASKS)}.")
        if not len(self.x_train):
            raise DataError(f"{self.name} has no example to learn from.")
        for part in ("train", "val", "test"):
            self._check_part(part, getattr(self, f"x_{part}"), getattr(self, f"y_{part}"))

    def _show_on_one_line(self) -> None:
        """Names of files, folders and words of a table may hold line ends and codes for terminals: they are escaped."""
        object.__setattr__(self, "name", printable(self.name))
        object.__setattr__(self, "notes", tuple(map(printable, self.notes)))
        object.__setattr__(
            self, "skipped", tuple((printable(where), printable(why)) for where, why in self.skipped)
        )
        if self.class_names is not None:
            object.__setattr__(self, "class_names", tuple(printable(str(name)) for name in self.class_names))

    def _check_part(self, part: str, x: Array | None, y: Array | None) -> None:
        """One answer for each example, all examples of one shape, every answer the index of a class."""
        if x is None and y is None:
            return
        if x is None or y is None or x.ndim == 0 or y.ndim != 1 or len(x) != len(y):
            raise DataError(
                f"{self.name}: x_{part} has {_length(x)} examples and y_{part} has {_length(y)} answers; "
                "there must be one answer for each example, in one row."
            )
        if x.shape[1:] != self.x_train.shape[1:]:
            raise DataError(
                f"{self.name}: an example of x_{part} has the shape {x.shape[1:]}, "
                f"one of x_train {self.x_train.shape[1:]}; they must be the same."
            )
        if self.class_names is None or not len(y):
            return
        if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= len(self.class_names):
            raise DataError(
                f"{self.name}: y_{part} goes from {y.min()} to {y.max()}; with {len(self.class_names)} "
                f"classes it must be whole numbers from 0 to {len(self.class_names) - 1}."
            )

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from chainrule.internal.cards import card

        parts = [(part, getattr(self, f"x_{part}")) for part in ("train", "val", "test")]
        rows = [[part, len(x), str(tuple(x.shape[1:])), str(x.dtype)] for part, x in parts if x is not None]
        facts = {
            "task": self.task,
            "classes": None if self.class_names is None else ", ".join(map(str, self.class_names[:20])),
        }
        return card(
            self.name,
            facts,
            [["part", "examples", "shape", "kind"], *rows],
            text="\n".join(f"note: {note}" for note in self.notes),
        )

    def __repr__(self) -> str:
        task = (
            f"{len(self.class_names)} classes" if self.task == "classes" and self.class_names else self.task
        )
        counts = " + ".join(str(n) for n in self.sizes.values() if n)
        return f"<Dataset {self.name}: {counts} examples {self.input_shape}, {task}>"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return tuple(self.x_train.shape[1:])

    @property
    def sizes(self) -> dict[str, int]:
        """How many examples each part has: train, val, test."""
        return {part: _length(getattr(self, f"x_{part}")) for part in ("train", "val", "test")}

    @property
    def class_counts(self) -> dict[str, int]:
        """How many examples of each class there are to learn from; empty for a regression."""
        if self.class_names is None:
            return {}
        counts = np.bincount(self.y_train, minlength=len(self.class_names))
        return dict(zip(self.class_names, counts.tolist(), strict=True))

    @property
    def baseline(self) -> float | None:
        """The accuracy, 0 to 1, of always answering training's most common class; None without classes."""
        if self.class_names is None:
            return None
        most = int(np.bincount(self.y_train).argmax())
        measured = self.y_test if len(self.y_test) else self.y_train
        return float((measured == most).mean())

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the task, the class names and every array: its name, type, shape and content.

        The same content has the same digest wherever and under whatever name it is kept.
        """
        sha = hashlib.sha256(json.dumps([self.task, self.class_names]).encode())
        for name in ARRAYS:
            if (array := getattr(self, name)) is not None:
                kind = array.dtype.newbyteorder("<")
                sha.update(json.dumps([name, kind.str, array.shape]).encode())
                for some in in_blocks(array) if array.size else ():
                    sha.update(np.ascontiguousarray(some, kind).data.cast("B"))
        return sha.hexdigest()

    def with_validation(self, share: float, seed: int = 0) -> "Dataset":
        """The same data with this share of the training part as x_val, y_val; the same of each class."""
        from chainrule.datasets.splits import split

        if not share:
            return self
        if self.x_val is not None:
            raise DataError(f"{self.name} already has a validation part; leave validation at 0.")
        kept, aside = split(self.y_train, share, seed, classes=self.class_names is not None)
        return replace(
            self, x_train=taken(self.x_train, kept), y_train=self.y_train[kept],
            x_val=taken(self.x_train, aside), y_val=self.y_train[aside],
        )  # fmt: skip

    def describe(self) -> str:
        """What is in it, in a few lines: shapes, classes, source, and whatever deserves a look.

        >>> x, y = np.zeros((4, 2), "f4"), np.array([0, 0, 0, 1], "u1")
        >>> print(Dataset("small", x, y, x, y, class_names=("no", "yes"), task="two classes").describe())
        small: two classes
          train  4 x (2,) float32
          test   4 x (2,) float32
          no 3, yes 1
          always answering 'no' would be right in 75 % of the test part
          digest 679623e900e3
        """
        lines = [f"{self.name}: {repr(self).rsplit(', ', 1)[1][:-1]}"]
        for part, n in self.sizes.items():
            if n:
                lines.append(f"  {part:<6} {n:,} x {self.input_shape} {self.x_train.dtype}")
        if counts := self.class_counts:
            shown = [f"{printable(name)} {n:,}" for name, n in list(counts.items())[:30]]
            lines.append(
                "  " + ", ".join(shown) + (f" and {len(counts) - 30} more" if len(counts) > 30 else "")
            )
            most = max(counts, key=lambda name: counts[name])
            where, many = ("test", len(self.y_test)) if len(self.y_test) else ("training", len(self.y_train))
            lines.append(
                f"  always answering {most!r} would be right in {share_of(self.baseline or 0.0, many)} of the {where} part"
            )
        elif len(self.y_train):
            y = self.y_train
            lines.append(
                f"  answers from {plainly(y.min())} to {plainly(y.max())}, mean {plainly(y.mean())}, deviation {plainly(y.std())}"
            )
        lines += [
            f"  {word} {printable(text)}"
            for word, text in (("from", self.source), ("licence", self.licence))
            if text
        ]
        lines += [f"  note: {note}" for note in self.notes]
        if self.skipped:
            lines.append(f"  left out: {len(self.skipped):,}")
            lines += [f"    {where}: {why}" for where, why in self.skipped[:10]]
            if len(self.skipped) > 10:
                lines.append(f"    and {len(self.skipped) - 10:,} more")
        return "\n".join([*lines, f"  digest {self.digest[:12]}"])

    def to_dict(self) -> dict[str, Any]:
        """The same for programs: everything but the arrays, ready for JSON."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in (*ARRAYS, "checks")}
        return plain | {
            "sizes": self.sizes, "input_shape": list(self.input_shape), "dtype": str(self.x_train.dtype),
            "class_counts": self.class_counts, "baseline": self.baseline, "digest": self.digest,
        }  # fmt: skip


def _length(array: Array | None) -> int:
    return 0 if array is None else len(array)
