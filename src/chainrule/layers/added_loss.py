"""`model.add_loss`: numbers of a batch, such as a mean over symbolic tensors, and the layer that adds them to the loss.

loss = ops.mean(ops.sum(ops.square(z), axis=-1))     # a Figure: one number for a batch
model.add_loss(0.1 * loss)                           # the model's output goes through an AddedLoss
"""

from typing import Any

import numpy as np  # noqa: F401 (of the example)

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer


class Figure:
    """One number for a whole batch: means and sums of symbolic tensors, added up with factors.

    parts: (factor, "mean" or "sum", the tensor).  constant: what is added beside them.
    """

    shape = ()

    def __init__(self, parts: tuple[tuple[float, str, Any], ...], constant: float = 0.0) -> None:
        self.parts, self.constant = parts, constant

    def __repr__(self) -> str:
        return f"<Figure of {len(self.parts)} place(s) of a network>"

    def symbolic_operation(self, name: str, *arguments: Any, **settings: Any) -> "Figure":
        """A function of `ops` of it: sums, differences and factors; the mean of one number is itself."""
        if name in ("mean", "sum", "cast", "convert_to_tensor"):
            return self
        if name in ARITHMETIC and len(arguments) == 2:
            found: Figure = ARITHMETIC[name](*arguments)
            return found
        raise SettingError(
            f"{self!r} is one number for a batch: it takes +, -, and factors, and goes to model.add_loss; {name} does not take it."
        )

    def times(self, factor: Any) -> "Figure":
        """Each part, and the constant, times a number."""
        if isinstance(factor, bool) or not isinstance(factor, (int, float)):
            raise SettingError(f"{self!r} takes numbers as factors; it got {type(factor).__name__}.")
        return Figure(
            tuple((factor * f, kind, tensor) for f, kind, tensor in self.parts), factor * self.constant
        )

    def plus(self, other: Any) -> "Figure":
        """Both together."""
        more = figure(other)
        return Figure((*self.parts, *more.parts), self.constant + more.constant)

    def __add__(self, other: Any) -> "Figure":
        return self.plus(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Figure":
        return self.plus(figure(other).times(-1))

    def __rsub__(self, other: Any) -> "Figure":
        return self.times(-1).plus(other)

    def __mul__(self, other: Any) -> "Figure":
        return self.times(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Figure":
        return self.times(1 / other)

    def __neg__(self) -> "Figure":
        return self.times(-1)


ARITHMETIC: dict[str, Any] = {
    "add": lambda a, b: figure(a).plus(b),
    "subtract": lambda a, b: figure(a).plus(figure(b).times(-1)),
    "multiply": lambda a, b: a.times(b) if isinstance(a, Figure) else b.times(a),
    "divide": lambda a, b: a / b,
    "true_divide": lambda a, b: a / b,
    "negative": lambda a: -a,
}


def figure(value: Any) -> Figure:
    """A figure as it is, a number as one, a symbolic tensor as its mean over the batch."""
    if isinstance(value, Figure):
        return value
    if hasattr(value, "example_shape"):
        return Figure(((1.0, "mean", value),))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Figure((), float(value))
    raise SettingError(f"A loss is made of symbolic tensors; it got {type(value).__name__}.")


class AddedLoss(Layer):
    """Passes its first input on, and adds means or sums of the others, with factors, to the loss.   L = … + Σ f · mean(x)

    >>> layer = AddedLoss([0.5], ["mean"])
    >>> y, cache = layer.forward({}, (np.ones((2, 1)), np.array([2.0, 4.0])))
    >>> y.shape, float(layer.added_loss(cache))
    ((2, 1), 1.5)
    """

    adds_loss = True

    def __init__(self, factors: Any, kinds: Any, constant: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.factors, self.kinds, self.constant = [float(f) for f in factors], list(kinds), float(constant)

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Array, Any]:
        return x[0], x[1:]

    def added_loss(self, cache: Any) -> Any:
        parts = (f * getattr(x, kind)() for f, kind, x in zip(self.factors, self.kinds, cache, strict=True))
        return self.constant + sum(parts)

    def backward(self, params: Params, cache: Any, dy: Array) -> Any:
        xp = namespace(dy)
        own = (
            xp.full_like(x, f / x.size if kind == "mean" else f)
            for f, kind, x in zip(self.factors, self.kinds, cache, strict=True)
        )
        return (dy, *own)

    def next_mask(self, x: Any, mask: Any) -> Any:
        return mask[0] if isinstance(mask, tuple) else mask

    def output_shape_for(self, input_shape: Any) -> Any:
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "factors": self.factors,
            "kinds": self.kinds,
            "constant": self.constant,
        }
