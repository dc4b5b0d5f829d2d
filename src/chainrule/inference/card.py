"""The model card: what a model file says beside its network. Written and read here, and checked before it is believed.

A file may come from anybody, so every entry is checked; what a file of Keras's own does not say is assumed, and `assumed`
says what. Nothing here reads a file or prints.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.datasets.dataset import TASKS
from chainrule.datasets.pictures import FITS
from chainrule.errors import FileError, printable
from chainrule.inference.probabilities import ENDS, are_logits, loss_that_tells, tells_classes

if TYPE_CHECKING:
    from chainrule.datasets import Dataset
    from chainrule.images.rejection import Rejection

T = TypeVar("T")

DIGITS = tuple("0123456789")
LARGEST = 10_000  # pixels of a side, columns of a table, words of a column
DTYPES = (
    "float32",
    "float64",
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "uint64",
    "int64",
    "bool",
    "float16",
)
RESULTS = (
    "loss", "accuracy", "error", "mean_absolute_error", "baseline", "test_examples", "calibration_error", "calibrated_on",
)  # fmt: skip


@dataclass(frozen=True)
class ModelCard:
    """How examples are prepared for a model, what its outputs mean, and where it comes from.

    task: "classes", "two classes" or "regression".  class_names: one a class, empty for a regression.
    preparation: as data sets have it.  digits: pictures are searched for handwritten digits.
    rejection: when digits are not answered, and how probabilities are calibrated; None: always answered, as they are.
    dataset: name, digest and options of the data.  recipe, run: how it was trained.  results: loss, accuracy and the like.
    assumed: what the file did not say and was guessed, for the person to check; "" when the file said all.
    logits: whether the network's outputs become probabilities by softmax (one output, or binary questions: by sigmoid).
    """

    task: str
    class_names: tuple[str, ...]
    preparation: dict[str, Any] = field(default_factory=dict)
    digits: bool = False
    rejection: "Rejection | None" = None
    dataset: dict[str, Any] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    assumed: str = ""
    logits: bool = False

    @classmethod
    def of(cls, model: Any) -> "ModelCard":
        """The card in a model's extras, completed by what can be guessed; FileError where an entry makes no sense."""
        extras, outputs = model.extras, math.prod(only(model.output_tuple()))
        preparation, names = preparation_of(extras), class_names_of(extras)
        task = _task(model, extras.get("task"), names, outputs)
        if task == "classes" and len(names) != outputs:
            names = tuple(map(str, range(outputs)))
        elif task == "two classes" and len(names) != 2:
            names = ("0", "1")
        elif task == "regression":
            names = ()
        assumed = ""
        if not preparation:
            preparation, assumed = _assumed(model)
        _check_size(preparation, only(model.input_tuple()))
        digits = preparation.get("like") == "mnist" and (
            not assumed or (task == "classes" and names == DIGITS)
        )
        settings = extras.get("rejection", extras.get("doubt"))  # "doubt": files of before 0.2
        return cls(
            task, names, preparation, digits, _rejection(settings) if digits and not assumed else None,
            section(extras, "dataset"), section(extras, "recipe"), section(extras, "run"),
            {key: _printable(extras[key]) for key in RESULTS if key in extras}, assumed, task != "regression" and _logits(model),
        )  # fmt: skip

    @classmethod
    def of_training(
        cls, data: "Dataset", recipe: Any, options: dict[str, Any] | None = None, run: dict[str, Any] | None = None,
        results: dict[str, Any] | None = None, rejection: "Rejection | None" = None,
    ) -> "ModelCard":  # fmt: skip
        """The card of a model that has learned: enough to prepare the next example in the same way."""
        preparation = dict(data.preparation)
        digits = preparation.get("like") == "mnist"
        if digits:
            from chainrule.images.settings import Preparation

            preparation["photos"] = Preparation().to_dict()
        dataset = {
            "name": data.name,
            "digest": data.digest,
            "options": options or {},
            "examples": len(data.x_train),
        }
        names = () if data.class_names is None else tuple(data.class_names)
        return cls(
            data.task,
            names,
            preparation,
            digits,
            rejection,
            dataset,
            recipe.to_dict(),
            run or {},
            results or {},
        )

    def to_dict(self) -> dict[str, Any]:
        """The entries as a model file stores them (`model.extras`)."""
        from chainrule import __version__

        found: dict[str, Any] = {
            "chainrule": __version__, "task": self.task, "preparation": self.preparation, "recipe": self.recipe,
            "class_names": list(self.class_names) or None, "dataset": self.dataset,
        }  # fmt: skip
        found |= {"run": self.run} if self.run else {}
        return (
            found | self.results | ({} if self.rejection is None else {"rejection": self.rejection.to_dict()})
        )

    @property
    def scale(self) -> float | None:
        """What raw numbers are multiplied with."""
        scale = self.preparation.get("scale")
        return float(scale) if scale else None

    @property
    def divisor(self) -> float | None:
        """What raw numbers are divided by: 255 for pixels from 0 to 255."""
        return None if self.scale is None else round(1 / self.scale)


def only(shapes: tuple[Any, ...]) -> tuple[int, ...]:
    """The one shape, or () where there are several."""
    return tuple(shapes[0]) if len(shapes) == 1 else ()


def _assumed(model: Any) -> tuple[dict[str, Any], str]:
    """The preparation for a model whose file has none, and what is assumed."""
    shape = only(model.input_tuple())
    if math.prod(shape) == 784 and shape[-1] in (784, 28, 1):
        raw = bool(model.layers) and type(model.layers[0]).__name__ == "Rescaling"
        pictures = {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist",
                    "scale": None if raw else 1 / 255}  # fmt: skip
        return (
            pictures,
            "its pictures are assumed to be like MNIST's: 28 x 28, white ink on black, from 0 to 1",
        )
    array = {"kind": "array", "shape": list(shape), "dtype": "float32", "scale": None}
    return array, "its examples are assumed to be arrays, ready as they are"


def _check_size(preparation: dict[str, Any], input_shape: tuple[int, ...] | None) -> None:
    """Refuses a preparation that makes other inputs than the network takes, before any picture is opened for it."""
    if not input_shape:
        return
    needed, kind = math.prod(input_shape), preparation["kind"]
    if kind == "picture":
        made = preparation["height"] * preparation["width"] * (3 if preparation["colour"] else 1)
    elif kind == "array":
        made = math.prod(preparation["shape"])
    else:
        from chainrule.datasets.columns import width  # what tables need is loaded for models of tables

        made = sum(map(width, preparation["columns"]))
    if made != needed:
        raise FileError(
            f"The model file prepares {kind}s of {made:,} numbers, and its network takes {needed:,}. It is not used."
        )
    photos = preparation.get("photos")
    size = photos.get("size", 28) if isinstance(photos, dict) else 28
    if isinstance(photos, dict) and (not _whole(size) or size * size != needed):
        raise FileError(
            f"The model file brings photos to {str(size)[:20]} pixels a side, and its network takes {needed:,} numbers. "
            "It is not used."
        )


def _rejection(settings: Any) -> "Rejection | None":
    if settings is None:
        return None
    from chainrule.images.rejection import Rejection

    return made_by(Rejection.from_dict, settings, "rejection")


def _logits(model: Any) -> bool:
    return are_logits(loss_that_tells(model), model.graph.last_activation())


def _task(model: Any, said: Any, names: tuple[str, ...], outputs: int) -> str:
    if (
        (said == "classes" and outputs > 1)
        or (said == "two classes" and outputs == 1)
        or said == "regression"
    ):
        return str(said)
    classes = model.graph.last_activation() in ENDS or tells_classes(model.loss_learned_with)
    if outputs == 1:
        return "two classes" if classes else "regression"
    digits = outputs == 10 and math.prod(only(model.input_tuple())) == 784
    return "classes" if classes or len(names) == outputs or digits else "regression"


# ── entries of a file, checked ───────────────────────────────────────────────────────────────────────────────────


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
    if (
        not isinstance(names, list)
        or len(names) > LARGEST
        or not all(isinstance(name, str) for name in names)
    ):
        raise _nonsense("names of classes", names)
    return tuple(map(printable, names))


def section(extras: dict[str, Any], key: str) -> dict[str, Any]:
    """A part of the extras that is itself a dict, or {}."""
    found = extras.get(key)
    return _printable(found) if isinstance(found, dict) else {}


def _printable(value: Any) -> Any:
    """The same with every text as it can be shown on one line: a file may hold letters that move the cursor."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {_printable(key): _printable(entry) for key, entry in value.items()}
    return [_printable(entry) for entry in value] if isinstance(value, list) else value


def options_of(extras: dict[str, Any]) -> dict[str, Any]:
    """The options with which the data was read; only known ones of sensible kinds, and never a path."""
    kinds: dict[str, Callable[[Any], bool]] = {
        "target": _text, "delimiter": _text, "task": lambda v: v in TASKS, "fit": lambda v: v in FITS,
        "drop": _texts, "categorical": _texts, "size": _size, "colour": _bool, "skip_bad": _bool,
        "test": _share, "validation": _share, "seed": _whole, "decimal": lambda v: v in (".", ","), "header": _bool,
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
        raise FileError(f"The model file's {what} cannot be used: {problem}") from None


def _nonsense(what: str, found: Any) -> FileError:
    shown = repr(found)
    return FileError(
        f"The model file's {what} makes no sense: {shown[:80]}{'...' if len(shown) > 80 else ''}."
    )


def _picture(found: dict[str, Any]) -> bool:
    sides = _size([found.get("height"), found.get("width")])
    known = found.get("like") is None or isinstance(found["like"], str)
    return sides and _bool(found.get("colour")) and found.get("fit") in FITS and known


def _array(found: dict[str, Any]) -> bool:
    shape = found.get("shape")
    return (
        isinstance(shape, list)
        and len(shape) <= 32
        and all(_whole(n) for n in shape)
        and found.get("dtype") in DTYPES
    )


def _table(found: dict[str, Any]) -> bool:
    columns = found.get("columns")
    return (
        isinstance(columns, list)
        and 0 < len(columns) <= LARGEST
        and all(map(_column, [*columns, found.get("target")]))
        and ("no_header" not in found or _texts(found["no_header"]))
    )


def _column(found: Any) -> bool:
    if not isinstance(found, dict) or not _text(found.get("name")):
        return False
    if not all(_bool(found.get(key, False)) for key in ("missing", "other", "numeric")):
        return False
    if found.get("kind") == "number":
        numbers = (found.get("mean"), found.get("std"), found.get("fill", 0.0))
        return all(map(_number, numbers)) and _notation(found.get("notation"))
    if found.get("kind") == "date":
        return _date(found)
    return found.get("kind") == "category" and _texts(found.get("values")) and bool(found["values"])


def _date(found: dict[str, Any]) -> bool:
    """A column of dates: which parts of it are learned from, and a number of each kind for every part."""
    from chainrule.datasets.dates import ORDERS, PARTS  # loaded for models of tables

    parts = found.get("parts")
    if (
        not isinstance(parts, list)
        or any(part not in PARTS for part in parts)
        or found.get("order") not in ORDERS
    ):
        return False
    lists = [found.get(key) for key in ("mean", "std", "fill")]
    return all(isinstance(one, list) and len(one) == len(parts) and all(map(_number, one)) for one in lists)


def _notation(value: Any) -> bool:
    """How a column's numbers are written, or None where they are plain."""
    if value is None:
        return True
    from chainrule.datasets.cells import CURRENCIES, UNITS  # loaded for models of tables

    known = {"decimal": (".", ","), "group": (",", ".", " ", "'"), "unit": (*CURRENCIES, *UNITS)}
    return isinstance(value, dict) and all(
        key in known and entry in known[key] for key, entry in value.items()
    )


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
