"""Networks built by calling layers: `x = Dense(10)(Input((4,)))` notes the call and computes nothing (Keras's functional style)."""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import generator, next_seed
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import captured
from chainrule.layers.naming import Shape, snake_case

_counts: dict[str, int] = {}  # layers of each class that got their name by being called


class Tensor:
    """A value of a network that is being built: its shape, and the call that gives it (Keras: KerasTensor).

    shape: with the batch axis in front, (None, 10).  call: where it comes from.  index: which of the call's outputs.
    """

    dtype = "float32"
    # what makes a layer of a function; set by layers/__init__.py, since layers stand above their values
    layer_of_operation: ClassVar[Callable[[str, tuple[Any, ...], dict[str, Any]], Any]]
    layer_of_function: ClassVar[Callable[[Any, tuple[Any, ...]], Any]]
    layer_of_numbers: ClassVar[Callable[[Any], Any]]

    def __init__(self, shape: Shape, call: "Call", index: int = 0) -> None:
        self.example_shape, self.call, self.index = tuple(shape), call, index

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape, the batch axis in front: None, or the size that `Input` was given for every batch."""
        return (self.call.batch_size, *self.example_shape)

    @property
    def ndim(self) -> int:
        """The number of axes, the batch axis counted."""
        return len(self.shape)

    @property
    def name(self) -> str:
        """The name of the layer that gives it."""
        return str(self.call.layer.name)

    def __repr__(self) -> str:
        return f"<Tensor shape={self.shape}, name={self.name}>"

    # ── arithmetic (layers/arithmetic.py says which layer each becomes) ────────────────────────────────────────────
    def symbolic_operation(self, name: str, *arguments: Any, **settings: Any) -> Any:
        """What a function of `ops` gives with symbolic tensors, this one among them."""
        return Tensor.layer_of_operation(name, arguments, settings)

    def symbolic_lambda(self, function: Any, *arguments: Any) -> Any:
        """What any function gives with symbolic tensors, this one among them: the output of a Lambda."""
        return Tensor.layer_of_function(function, arguments)

    def __add__(self, other: Any) -> Any:
        return self.symbolic_operation("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.symbolic_operation("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.symbolic_operation("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.symbolic_operation("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.symbolic_operation("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.symbolic_operation("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.symbolic_operation("true_divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.symbolic_operation("true_divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.symbolic_operation("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.symbolic_operation("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self.symbolic_operation("matmul", self, other)

    def __neg__(self) -> Any:
        return self.symbolic_operation("negative", self)

    def __abs__(self) -> Any:
        return self.symbolic_operation("abs", self)

    def __getitem__(self, key: Any) -> Any:
        return self.symbolic_operation("getitem", self, key)

    def __gt__(self, other: Any) -> Any:
        return self.symbolic_operation("greater", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.symbolic_operation("greater_equal", self, other)

    def __lt__(self, other: Any) -> Any:
        return self.symbolic_operation("less", self, other)

    def __le__(self, other: Any) -> Any:
        return self.symbolic_operation("less_equal", self, other)

    def _refuse(self, *_: Any) -> Any:
        raise SettingError(
            f"{self!r} is a symbolic tensor, not numbers: it takes arithmetic, keras.ops and layers; NumPy's functions, if and "
            "for need numbers (model.predict gives them)."
        )

    __bool__ = __array__ = __len__ = __iter__ = __float__ = __int__ = _refuse
    __array_ufunc__ = None  # array + tensor asks the tensor


class Call:
    """One call of a layer (or of a model used as a layer): what it was given and what it gives.

    training: what the call said, layer(x, training=True); None where it said nothing.  always: whether that also holds
    in fit, as it does within a class's own `call`; elsewhere, as in Keras 3, fit learns and predict does not.
    """

    always = False

    def __init__(self, layer: Any, inputs: tuple[Tensor, ...], training: bool | None = None) -> None:
        self.layer, self.inputs, self.training = layer, inputs, training
        self.batch_size: int | None = (
            inputs[0].call.batch_size if inputs else getattr(layer, "batch_size", None)
        )
        self.outputs: tuple[Tensor, ...] = ()


def is_symbolic(x: Any) -> bool:
    """Whether a call's input is a symbolic tensor (or several of them) rather than numbers."""
    if not isinstance(x, (list, tuple)):
        return isinstance(x, Tensor)
    found = [isinstance(value, Tensor) for value in x]
    if any(found) and not all(found):
        raise SettingError(
            "A layer is called either with numbers or with values of a network, not with both."
        )
    return bool(found) and all(found)


DRAWN_FROM: list[Tensor] = []  # the first input of each network that is being drawn from a user's `call`


def while_drawing(x: Any) -> Any:
    """What a layer is called with; numbers become a value of the network where one is being drawn: the same for each example.

    Numbers are those of one example, or of one with an axis of length 1 in front.
    """
    if not DRAWN_FROM or not isinstance(x, np.ndarray) or not x.ndim:
        return x
    return Tensor.layer_of_numbers(x[0] if x.ndim > 1 and len(x) == 1 else x)(DRAWN_FROM[-1])


def call(layer: Any, x: Any, training: bool | None = None, mask: Any = None) -> Any:
    """Notes that a layer is called with values of a network; returns its output, a list where there are several.

    mask: not looked at, which a warning says: the masks of Embedding and Masking go along by themselves.
    """
    if mask is not None:
        warnings.warn(
            f"{layer.label}: mask= is not looked at in a network; the mask that Embedding(mask_zero=True) or Masking makes goes along by "
            "itself.",
            stacklevel=3,
        )
    inputs = tuple(x) if isinstance(x, (list, tuple)) else (x,)
    shapes = tuple(value.example_shape for value in inputs)
    name(layer)
    shape = shapes if isinstance(x, (list, tuple)) else shapes[0]
    try:
        given = layer.output_shape_for(shape)
    except (TypeError, IndexError, ValueError) as problem:
        if isinstance(problem, ShapeError):
            raise
        raise ShapeError(
            f"{layer.label} cannot take {'inputs' if len(shapes) > 1 else 'an input'} of shape {shape}."
        ) from None
    if not layer.built:
        layer.build(shape, generator(next_seed(), "weights"))
    elif hasattr(layer, "check_built_for"):
        layer.check_built_for(shape)
    made = Call(layer, (*inputs, *captured.of(layer)), None if training is None else bool(training))
    several = is_several(given)
    made.outputs = tuple(Tensor(s, made, k) for k, s in enumerate(given if several else (given,)))
    layer.calls.append(made)
    return list(made.outputs) if several else made.outputs[0]


def is_several(shape: Any) -> bool:
    """Whether what `output_shape_for` gave is a tuple of shapes rather than one."""
    return bool(shape) and all(isinstance(s, (tuple, list)) for s in shape)


def name(layer: Any) -> None:
    """Gives a layer without a name the next one of its class, as Keras counts them: dense, dense_1, ..."""
    if layer.name is None:
        kind = getattr(layer, "counted_as", None) or snake_case(type(layer).__name__)
        count = _counts[kind] = _counts.get(kind, -1) + 1
        layer.name = f"{kind}_{count}" if count else kind


def reset_names() -> None:
    """Begins counting anew (Keras: clear_session)."""
    _counts.clear()


def input_tensor(layer: Any) -> Tensor:
    """The value that an InputLayer stands for."""
    if not layer.calls:
        made = Call(layer, ())
        made.outputs = (Tensor(layer.declared_shape or (), made),)
        layer.calls.append(made)
    found: Tensor = layer.calls[0].outputs[0]
    return found
