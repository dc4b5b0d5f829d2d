"""What was given to learn from, checked before the first step: shapes, types, labels, weights, splits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.datasets.rows import Rows
from chainrule.errors import DataError, SettingError, ShapeError

if TYPE_CHECKING:
    from chainrule.losses.base import Loss

Shape = tuple[int, ...]


class Scaled(NamedTuple):
    """Pixels kept as uint8 and divided when a batch is made: a quarter of the memory of float32, the same numbers.

    >>> Scaled(np.array([[0, 255]], np.uint8), 255).rows(np.array([0]))
    array([[0., 1.]], dtype=float32)
    """

    values: np.ndarray
    divisor: float = 255.0

    def rows(self, index: Any) -> np.ndarray:
        """The chosen examples as float32."""
        return np.asarray(self.values[index].astype(np.float32) / np.float32(self.divisor))


@dataclass(frozen=True)
class Examples:
    """Inputs, targets and weights of the same length, ready for a step.

    x: (n, ...) float32, or whole numbers that become float32 (divided by `divisor`) when a batch is made.
    A network with several inputs or outputs has tuples of arrays as x, y and weight.
    y: targets as the loss needs them, or None when predicting.  weight: (n,) float32, or None when all count 1.
    """

    x: Array
    y: Array = None
    weight: Array = None
    divisor: float = 1.0

    def __len__(self) -> int:
        return len(self.x[0] if isinstance(self.x, tuple) else self.x)

    def inputs(self, index: Any) -> Any:
        """The chosen examples' inputs as float32."""
        return each(lambda x: in_rows(np.asarray(as_float(x[index], self.divisor))), self.x)


def in_rows(array: Array) -> Array:
    """A NumPy array with its rows one after the other in memory, as files hold them; any other array as it is.

    A product of the same numbers laid out otherwise can be rounded otherwise.

    >>> in_rows(np.ones((2, 3)).T).strides
    (16, 8)
    """
    return np.asarray(array, order="C") if isinstance(array, np.ndarray) else array


def each(function: Callable[[Any], Any], value: Any) -> Any:
    """A function of an array, applied to each array of a tuple; None stays None.

    >>> each(len, ("ab", None))
    (2, None)
    """
    if isinstance(value, tuple):
        return tuple(each(function, one) for one in value)
    return None if value is None else function(value)


def as_float(x: Array, divisor: float) -> Array:
    """Raw inputs as the numbers that the network sees; NumPy and JAX alike."""
    xp = namespace(x)
    x = x.astype(xp.float32)
    return x if divisor == 1.0 else x / xp.asarray(divisor, dtype=xp.float32)


def check_inputs(x: Any, input_shape: Shape | None, first_layer: str = "The model") -> Examples:
    """Inputs of a known shape, finite numbers; errors say what came and what to do."""
    divisor = 1.0
    if isinstance(x, Scaled):
        x, divisor = x.values, float(x.divisor)
    if isinstance(x, np.memmap):
        from chainrule.datasets.row_kinds import as_rows  # imported by whom it concerns only

        x = as_rows(x)
    x = x if isinstance(x, Rows) else as_array(x, "inputs")
    if x.ndim == 0 or len(x) == 0:
        raise DataError("There are no examples: the inputs are empty.")
    if input_shape is not None and not isinstance(x, Rows):
        x = with_last_axis(x, input_shape)
    if input_shape is not None and x.shape[1:] != input_shape:
        raise ShapeError(wrong_shape(x.shape, input_shape, first_layer))
    if not isinstance(x, Rows):  # those are looked at when they are read
        finite(x, "inputs")
    return Examples(x, divisor=divisor)


def with_last_axis(x: Array, input_shape: Shape) -> Array:
    """Inputs that lack a last axis of one, or have one too many, with the axes that the shape has; as Keras takes them.

    >>> with_last_axis(np.zeros((5, 28, 28)), (28, 28, 1)).shape, with_last_axis(np.zeros((5, 4, 1)), (4,)).shape
    ((5, 28, 28, 1), (5, 4))
    """
    axes = len(input_shape) + 1
    if x.ndim == axes - 1 and input_shape[-1:] == (1,):
        return x[..., None]
    if x.ndim == axes + 1 and x.shape[-1] == 1 and x.shape[1:-1] == input_shape:
        return x[..., 0]
    return x


def check_examples(
    x: Any, y: Any, loss: "Loss", input_shape: Shape, output_shape: Shape, sample_weight: Any = None,
    class_weight: dict[int, float] | None = None, first_layer: str = "The model",
) -> Examples:  # fmt: skip
    """Inputs with their targets and weights."""
    inputs = check_inputs(x, input_shape, first_layer)
    if y is None:
        raise DataError("Learning needs targets: fit(x, y).")
    if str(getattr(y, "dtype", "")) == "bool" and loss.key.startswith("sparse") and output_shape[-1:] > (2,):
        raise DataError(
            f"The targets are True and False, and the model tells {output_shape[-1]} classes apart; give class numbers."
        )
    y = as_array(y, "targets")
    if y.ndim == 0:
        raise ShapeError(f"There are {len(inputs)} inputs but one target, {y}; each input needs one target.")
    if len(y) != len(inputs):
        raise ShapeError(f"There are {len(inputs)} inputs but {len(y)} targets; each input needs one target.")
    finite(y, "targets")
    y = loss.check(y, output_shape)
    weight = None
    if sample_weight is not None:
        weight = as_array(sample_weight, "sample_weight").astype(np.float32)
        if weight.shape[:1] != (len(inputs),) or weight.size != len(inputs):
            raise ShapeError(
                f"sample_weight takes one number for each of the {len(inputs)} examples; it got the shape {weight.shape}. "
                "For weights of single steps of a sequence, leave steps out by a mask (Masking, mask_zero=True)."
                if weight.ndim > 1
                else f"There are {len(inputs)} inputs but {weight.size} sample weights."
            )
        weight = weight.reshape(-1)
        finite(weight, "sample_weight")
    if class_weight is not None and sample_weight is not None:
        raise SettingError(
            "Give class_weight or sample_weight, not both; sample_weight can be the product of the two."
        )
    if class_weight is not None:
        outputs = output_shape[-1] if output_shape and output_shape[-1] > 1 else 2
        weight = weights_by_class(y, class_weight, outputs)
    return Examples(inputs.x, y, weight, inputs.divisor)


def weights_by_class(y: np.ndarray, class_weight: dict[int, float], classes: int) -> np.ndarray:
    """A weight for each example, from one for each class."""
    if not isinstance(class_weight, dict):
        raise SettingError(
            f"class_weight must be a dict such as {{0: 1.0, 1: 5.0}}; it got {class_weight!r}."
        )
    labels = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] > 1 else np.round(y.reshape(len(y), -1)[:, 0])
    weight = np.ones(len(y), np.float32)
    for label, value in class_weight.items():
        if not isinstance(label, (int, float, np.number)) or label != int(label) or not 0 <= label < classes:
            raise SettingError(f"class_weight names the class {label!r}; the classes are 0 to {classes - 1}.")
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, complex)
        if not number or not abs(value) <= float(np.finfo(np.float32).max):
            raise SettingError(
                f"class_weight gives class {label!r} the weight {value!r}; it must be a finite number."
            )
        weight[labels == int(label)] = value
    return weight


def split_last(examples: tuple[Any, Any, Any], share: float) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Keras's validation_split: the last share of the examples, before any shuffling."""
    if isinstance(share, bool) or not isinstance(share, (int, float, np.number)) or not 0 < share < 1:
        raise SettingError(f"validation_split is a share between 0 and 1; it got {share!r}.")
    x = examples[0]
    column = next(iter(x.values())) if isinstance(x, dict) else x
    if (
        isinstance(x, (list, tuple))
        and not isinstance(x, Scaled)
        and x
        and all(np.ndim(value) for value in x)
    ):
        column = x[0] if hasattr(x[0], "shape") else x
    n = len(column.values if isinstance(column, Scaled) else column)
    at = int(n * (1 - share))
    if at in {0, n}:
        raise SettingError(
            f"validation_split={share!r} of {n} examples leaves none to learn or none to validate."
        )

    def cut(array: Any, piece: slice) -> Any:
        if isinstance(array, Scaled):
            return Scaled(array.values[piece], array.divisor)
        if isinstance(array, dict):
            return {name: cut(value, piece) for name, value in array.items()}
        if (
            isinstance(array, (list, tuple))
            and array
            and all(hasattr(value, "shape") and np.ndim(value) for value in array)
        ):
            return [cut(value, piece) for value in array]
        return None if array is None else as_array(array, "inputs")[piece]

    learn, judge = slice(0, at), slice(at, n)
    return tuple(cut(a, learn) for a in examples), tuple(cut(a, judge) for a in examples)


def as_array(values: Any, what: str) -> np.ndarray:
    """Anything array-like as an array of numbers."""
    if type(values) is not np.ndarray and isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise DataError(
            f"The {what} are a masked array in which {int(np.ma.getmaskarray(values).sum()):,} values are missing: leave those examples out, or "
            "say what stands for them with .filled(value)."
        )
    try:
        array = np.asarray(values)
    except ValueError:
        raise DataError(f"The {what} are ragged: every example must have the same shape.") from None
    if array.dtype == object and array.size:
        shapes = {np.shape(v) for v in array.reshape(-1)[:100]}
        if len(shapes) > 1:
            raise DataError(f"The {what} are ragged: every example must have the same shape.")
        try:
            array = np.stack([np.asarray(v, dtype=np.float32) for v in array])
        except (TypeError, ValueError, OverflowError):
            raise DataError(
                f"The {what} must be numbers; they hold {type(array.reshape(-1)[0]).__name__}."
            ) from None
    if array.dtype.kind not in "biuf":
        raise DataError(f"The {what} must be numbers; they are of type {array.dtype}.")
    if array.dtype.kind == "f" and array.dtype != np.float32:
        with np.errstate(over="ignore"):  # what is beyond float32 is told of as infinite
            array = array.astype(np.float32)
    if array.dtype.kind in "bi":
        array = array.astype(np.float32) if array.dtype.kind == "b" else array
    return array


def finite(array: np.ndarray, what: str) -> None:
    """Refuses NaN and infinity, naming the first place."""
    if array.dtype.kind != "f" or np.isfinite(np.sum(array, dtype=np.float64)):
        return
    bad = ~np.isfinite(array)
    if bad.any():
        place = np.unravel_index(int(np.argmax(bad)), array.shape)
        raise DataError(
            f"The {what} hold {int(bad.sum())} numbers that are not finite; the first is {array[place]} in "
            f"example {place[0]}{f', at {tuple(int(i) for i in place[1:])}' if len(place) > 1 else ''}."
        )


def wrong_shape(came: Shape, expected: Shape, first_layer: str) -> str:
    """What to say when one example does not have the shape that the model was built for."""
    numbers = ", ".join(map(str, came[1:]))
    message = f"{first_layer} expects examples of shape {expected}; it got {came[0]} of shape ({numbers})."
    if came == expected:
        return message + " One example alone needs a batch axis in front: x[None]."
    if int(np.prod(came[1:])) == int(np.prod(expected)):
        return message + f" They have as many numbers: x.reshape({('-1, ' + ', '.join(map(str, expected)))})."
    return message


def refuse_streams(x: Any, what: str) -> None:
    """Refuses generators and data pipelines by name, with what to do instead."""
    if not hasattr(x, "__array__") and not isinstance(x, (list, tuple)):
        raise SettingError(
            f"{what} got a {type(x).__name__}. Chainrule learns from arrays: {what}(x, y). "
            "Generators and data pipelines are not supported."
        )
