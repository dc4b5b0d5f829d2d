"""A function of `keras.ops`, or Python's arithmetic, as a step of a network: what `a / b`, `x[:, 0]` and `ops.exp(x)` become there."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule import ops
from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.derived import derived, followed_by_jax, shape_by_trying
from chainrule.layers.operation_rules import RULES


class Slot(NamedTuple):
    """Stands for the layer's input number `number` among a function's arguments."""

    number: int


class Operation(Layer):
    """One function of `chainrule.ops` applied to symbolic tensors: `ops.exp(x)`, `a / b`, `x[:, 0]`.

    operation: the function's name; "getitem" is x[key].  arguments, settings: what it is called with, a `Slot` where an
    input of the layer stands.  The derivatives of the common functions are written out (layers/operation_rules.py);
    JAX derives the others.

    >>> Operation("divide", (Slot(0), 2.0))(np.array([[1., 4.]]))
    array([[0.5, 2. ]], dtype=float32)
    """

    def __init__(
        self, operation: str, arguments: tuple[Any, ...] = (Slot(0),), settings: Any = None, **more: Any
    ) -> None:
        super().__init__(**more)
        if operation != "getitem" and operation not in ops.__all__:
            raise SettingError(f"Operation is one of the functions of chainrule.ops; it got {operation!r}.")
        self.operation, self.arguments, self.settings = operation, tuple(arguments), dict(settings or {})

    @property
    def counted_as(self) -> str:
        """By which the layer gets its name: exp, exp_1, ..."""
        return "get_item" if self.operation == "getitem" else self.operation

    @property
    def written_out(self) -> bool:  # type: ignore[override]
        """Whether its derivative is written out."""
        return self.operation in RULES

    def applied(self, *x: Array) -> Any:
        """The function of the inputs."""
        arguments = filled(self.arguments, x)
        if self.operation == "getitem":
            return arguments[0][arguments[1]]
        found = function_of(self.operation)(*arguments, **filled(self.settings, x))
        return tuple(found) if isinstance(found, list) else found

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        inputs = x if isinstance(x, tuple) else (x,)
        with followed_by_jax(self.label):
            y = self.applied(*inputs)
        y = tuple(map(as_float, y)) if isinstance(y, tuple) else as_float(y)
        return y, (inputs, y)

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        inputs, y = cache
        if rule := RULES.get(self.operation):
            places = filled(self.arguments, inputs)
            by_argument = rule(dy, y, *places, **self.settings)
            found = collected(self.arguments, by_argument, inputs)
        else:
            found = list(derived(self.applied, inputs, dy, self.label))
        return found[0] if len(found) == 1 else tuple(found)

    def next_mask(self, x: Any, mask: Any) -> Any:
        return None  # as in Keras, where functions know of no masks

    def output_shape_for(self, input_shape: Any) -> Any:
        several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        shapes = input_shape if several else (input_shape,)
        return shape_by_trying(self.applied, tuple(np.ones((2, *s), np.float32) for s in shapes), self.label)

    def multiplications(self, input_shape: Any) -> int:
        return 0

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "operation": self.operation,
            "arguments": written(self.arguments),
            "settings": written(self.settings),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Operation":
        """The operation with stored arguments."""
        read_back = {key: read(config[key]) for key in ("arguments", "settings") if key in config}
        return cls(**(config | read_back))


def function_of(name: str) -> Callable[..., Any]:
    """The function of `chainrule.ops` with that name."""
    found: Callable[..., Any] = getattr(ops, name)
    return found


def as_float(y: Any) -> Array:
    """Truths and whole numbers as float32, which is what networks pass on."""
    y = y if hasattr(y, "dtype") else np.asarray(y)
    return y if y.dtype == np.float32 else y.astype(np.float32)


def filled(template: Any, inputs: tuple[Any, ...]) -> Any:
    """The arguments with the inputs where their slots stand."""
    if isinstance(template, Slot):
        return inputs[template.number]
    if isinstance(template, (list, tuple)):
        return type(template)(filled(one, inputs) for one in template)
    if isinstance(template, dict):
        return {name: filled(one, inputs) for name, one in template.items()}
    return template


def collected(template: Any, by_argument: Any, inputs: tuple[Any, ...]) -> list[Array]:
    """The derivative by each input: the sum over the arguments it stands at; 0 where a rule gives None."""
    total: list[Any] = [None] * len(inputs)

    def walk(here: Any, d: Any) -> None:
        if isinstance(here, Slot):
            if d is not None:
                total[here.number] = d if total[here.number] is None else total[here.number] + d
        elif isinstance(here, (list, tuple)) and d is not None:
            for one, its in zip(here, d, strict=False):
                walk(one, its)

    walk(template, by_argument)
    return [namespace(x).zeros_like(x) if d is None else d for d, x in zip(total, inputs, strict=True)]


# ── arguments in a file ──────────────────────────────────────────────────────────────────────────────────────────


def written(value: Any) -> Any:
    """Arguments as a file can hold them."""
    if isinstance(value, Slot):
        return {"slot": value.number}
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if value is Ellipsis:
        return {"ellipsis": True}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return {"array": array.tolist(), "dtype": str(array.dtype)} if array.ndim else array.item()
    if isinstance(value, (list, tuple)):
        return [written(one) for one in value]
    if isinstance(value, dict):
        return {"settings": {name: written(one) for name, one in value.items()}}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise SettingError(f"An operation with {type(value).__name__} among its arguments cannot be stored.")


def read(value: Any) -> Any:
    """Arguments as a file held them; lists become tuples."""
    if isinstance(value, list):
        return tuple(read(one) for one in value)
    if not isinstance(value, dict):
        return value
    kind, what = next(iter(value.items()), ("settings", {}))
    if kind == "slot" and isinstance(what, int) and 0 <= what < 100:
        return Slot(what)
    if kind == "slice" and isinstance(what, list) and len(what) == 3:
        return slice(*what)
    if kind == "ellipsis":
        return Ellipsis
    if kind == "array" and value.get("dtype") in ("float32", "float64", "int32", "int64", "bool"):
        return np.array(what, dtype=value["dtype"])
    if kind == "settings" and isinstance(what, dict):
        return {str(name): read(one) for name, one in what.items()}
    raise SettingError("A stored operation has an argument that is none.")


# ── from a call with symbolic tensors ─────────────────────────────────────────────────────────────────────────


def apply_operation(name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """What a function of `ops` gives where symbolic tensors are among its arguments: the output of a new layer."""
    inputs: list[Any] = []

    def slotted(value: Any) -> Any:
        if hasattr(value, "example_shape"):
            for k, one in enumerate(inputs):
                if one is value:
                    return Slot(k)
            inputs.append(value)
            return Slot(len(inputs) - 1)
        if isinstance(value, (list, tuple)):
            return type(value)(slotted(one) for one in value)
        return value

    template, by_name = slotted(arguments), {key: slotted(value) for key, value in settings.items()}
    layer = Operation(name, template, by_name)
    try:
        return layer(inputs[0] if len(inputs) == 1 else inputs)
    except ShapeError as problem:
        raise ShapeError(
            f"{name} of {' and '.join(map(repr, inputs))}: {problem} In a network every step gives one answer for each example: "
            "leave axis 0, the batch, alone."
        ) from None
