"""Which layer arithmetic and `keras.ops` become on symbolic tensors: the named one where there is one, else an Operation."""

from typing import Any

from chainrule.activations import RULES as ACTIVATIONS
from chainrule.layers import captured
from chainrule.layers.activation import Activation, ReLU
from chainrule.layers.added_loss import Figure
from chainrule.layers.concatenation import Concatenate
from chainrule.layers.derived import Lambda
from chainrule.layers.merging import Add, Maximum, Minimum, Multiply, Subtract
from chainrule.layers.operation import apply_operation
from chainrule.layers.shaping import Rescaling
from chainrule.layers.symbolic import Tensor

MERGING = {"add": Add, "subtract": Subtract, "multiply": Multiply, "maximum": Maximum, "minimum": Minimum}


def layer_for(name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """The symbolic tensor that a function of `ops` gives with others among its arguments.

    >>> from chainrule.layers import Input
    >>> tensor = Input((3,))
    >>> [type(made.call.layer).__name__ for made in (tensor + Input((3,)), tensor * 2, tensor[:, 0])]
    ['Add', 'Rescaling', 'Operation']
    """
    if captured.STANDING:
        return captured.operation(name, arguments, settings)
    symbolic = [isinstance(one, Tensor) for one in arguments]
    if name in MERGING and symbolic == [True, True] and not settings:
        a, b = arguments
        if a is not b and a.ndim == b.ndim:
            return MERGING[name]()([a, b])
    if name in ("add", "subtract", "multiply", "true_divide", "divide") and not settings:
        found = rescaled(name, *arguments)
        if found is not None:
            return found
    if name == "negative":
        return Rescaling(-1.0)(arguments[0])
    if name in ACTIVATIONS and symbolic == [True] and not settings:
        return Activation(name)(arguments[0])
    if name == "relu" and symbolic == [True]:
        return ReLU(**settings)(arguments[0])
    if name == "concatenate" and isinstance(arguments[0], (list, tuple)):
        axis = settings.get("axis", arguments[1] if len(arguments) > 1 else 0)
        if axis != 0 and all(isinstance(one, Tensor) for one in arguments[0]) and len(arguments[0]) > 1:
            return Concatenate(axis=axis)(list(arguments[0]))
    figures = [one for one in arguments if isinstance(one, Figure)]
    if figures:
        return figures[0].symbolic_operation(name, *arguments, **settings)
    if name in ("mean", "sum") and len(arguments) == 1 and loses_batch(settings, arguments[0]):
        return Figure(((1.0, name, arguments[0]),))
    if name in SAME:
        return arguments[0]
    return apply_operation(name, arguments, settings)


def loses_batch(settings: dict[str, Any], tensor: Tensor) -> bool:
    """Whether a mean or sum is one number for the batch: over everything, or over the only axis."""
    axis = settings.get("axis")
    return not settings.get("keepdims") and (
        axis is None or (axis in (0, -1, (0,), [0]) and tensor.ndim == 1)
    )


def lambda_for(function: Any, arguments: tuple[Any, ...]) -> Any:
    """The symbolic tensor of a Lambda that calls a function with those among its arguments."""
    if captured.STANDING:
        return function(*captured.arrays_for(arguments))
    symbolic = [one for one in arguments if isinstance(one, Tensor)]

    def called(x: Any) -> Any:
        given = iter(x if len(symbolic) > 1 else [x])
        return function(*(next(given) if isinstance(one, Tensor) else one for one in arguments))

    called.__name__ = getattr(function, "__qualname__", "function").split(".")[0].lower()
    return Lambda(called)(symbolic if len(symbolic) > 1 else symbolic[0])


SAME = ("convert_to_tensor", "cast", "array")  # all values of a network are float32


def rescaled(name: str, a: Any, b: Any) -> Any:
    """A symbolic tensor and a number as a Rescaling; None for anything else."""
    number, tensor = (a, b) if isinstance(b, Tensor) else (b, a)
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) < 3.4e38:
        return None
    if name in ("true_divide", "divide"):
        return Rescaling(1 / number)(tensor) if tensor is a and number else None
    if name == "multiply":
        return Rescaling(number)(tensor)
    if name == "add":
        return Rescaling(1.0, number)(tensor)
    return Rescaling(1.0, -number)(tensor) if tensor is a else Rescaling(-1.0, number)(tensor)
