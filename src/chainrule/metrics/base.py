"""What every metric is: sums over a batch, a figure made of all sums, and Keras's protocol around them."""

from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.internal.absent_members import AbsentMembers
from chainrule.internal.snake_case import snake_case
from chainrule.ops.arguments import as_array, library_of


class Metric(AbsentMembers):
    """A figure about many predictions, kept as sums. Most are a mean: [Σ value · weight, Σ weight].

    Learning adds up `counts(y, p)` of all batches and makes the figure of them with `figure(counts)`. Called by hand it is
    Keras's: `metric(y_true, y_pred)` goes on from the batches before, `update_state`, `result`, `reset_state`.

    >>> from chainrule.metrics import BinaryAccuracy
    >>> metric = BinaryAccuracy()
    >>> metric([[1.0]], [[1.0]]), metric([[1.0]], [[0.0]])
    (1.0, 0.5)

    A metric of your own says `values(y, p)`, or, as in Keras, `update_state` and `result`; learning then runs on NumPy.
    """

    kind_in_keras = "Metric"
    key: ClassVar[str] = ""
    rises: ClassVar[bool] = False  # whether more is better
    size: int = 2  # how many sums

    def __init__(self, name: str | None = None, dtype: object = None) -> None:
        if name is not None and not isinstance(name, str):
            raise SettingError(f"{type(self).__name__}: name must be a text; it got {name!r}.")
        if dtype not in (None, "float32", np.float32):
            raise SettingError(
                f"{type(self).__name__}: metrics work in float32; dtype={dtype!r} is not supported."
            )
        self.name = name or self.key or snake_case(type(self).__name__)
        self._added: list[Variable] = []
        self.total: np.ndarray = np.zeros(())

    # ── what learning uses ───────────────────────────────────────────────────────────────────────────────────────
    def values(self, y: Array, p: Array) -> Array:
        """One number per example."""
        raise NotImplementedError(f"{type(self).__name__} has no values(y, p): write it.")

    def counts(self, y: Array, p: Array, weight: Array | None = None) -> Array:
        """The sums of a batch: [Σ value · weight, Σ weight]."""
        xp = namespace(p)
        v = self.values(y, p).astype(p.dtype)
        w = xp.ones_like(v) if weight is None else weight
        return xp.stack([xp.sum(v * w), xp.sum(w)])

    @property
    def is_mean_of_rows(self) -> bool:
        """Whether the figure is a plain mean over rows, of which a mask may leave some out."""
        return type(self).counts is Metric.counts

    def build(self, output_shape: tuple[int, ...]) -> None:
        """Told the shape of one prediction before the first batch, for metrics with sums for each output."""

    def figure(self, counts: Any) -> Any:
        """The figure, from the sums over all batches."""
        a, b = float(counts[0]), float(counts[1])
        return a / b if b else 0.0

    # ── as Keras calls it ────────────────────────────────────────────────────────────────────────────────────────
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch. sample_weight: one per example, (n,) or (n, 1)."""
        y, p = self.prepared(y_true, y_pred)
        weight = None
        if sample_weight is not None:
            weight = np.asarray(sample_weight, np.float32)
            if weight.ndim > 1 and weight.shape[1:] == (1,) * (weight.ndim - 1):
                weight = weight.reshape(-1)
            if weight.ndim == 0:
                weight = np.full(len(p), weight)
            weight = self.fitting(weight, p)
        self.total = self.total + np.asarray(self.counts(y, p, weight), np.float64)

    def fitting(self, weight: np.ndarray, p: Array) -> np.ndarray:
        """Sample weights, if there is one for each example."""
        if weight.shape != (len(p),):
            raise ShapeError(
                f"{type(self).__name__} needs one sample weight per example, ({len(p)},); it got {weight.shape}."
            )
        return weight

    def result(self) -> Any:
        """The figure over all batches since reset_state."""
        return self.figure(np.broadcast_to(self.total, self.size))

    def reset_state(self) -> None:
        """Forgets all batches."""
        self.total = np.zeros(self.size)
        for variable in self._added:
            variable.assign(0)

    reset_states = reset_state

    @property
    def variables(self) -> list[Any]:
        """What it counts with: the arrays of add_weight, else its sums."""
        return list(self._added) or list(np.broadcast_to(self.total, self.size))

    def prepared(self, y_true: Any, y_pred: Any) -> tuple[Array, Array]:
        """Targets and predictions as arrays whose ranks go together: y (n,) goes with p (n, 1)."""
        xp = library_of(y_pred, y_true)
        p, y = as_array(y_pred, xp), as_array(y_true, xp)
        p = p if p.dtype.kind == "f" else p.astype(np.float32)
        if y.ndim + 1 == p.ndim and p.shape[-1] == 1:
            y = y[..., None]
        elif p.ndim == 1 and y.ndim == 1:
            y, p = y[:, None], p[:, None]
        elif p.ndim == 1 and y.shape[1:] == (1,):
            p = p[:, None]
        return y, p

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Adds a batch and gives the figure so far."""
        self.update_state(y_true, y_pred, sample_weight=sample_weight)
        return self.result()

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = "zeros",
        dtype: Any = None,
        name: str | None = None,
        **old: Any,
    ) -> "Variable":
        """A number or array that a metric of your own counts with: assign, assign_add."""
        if isinstance(shape, str):  # Keras 2: add_weight(name, shape)
            shape, name = old.pop("shape", ()), shape
        made = Variable(
            np.ones(shape, np.float32) if initializer == "ones" else np.zeros(shape, np.float32), name
        )
        self._added.append(made)
        return made

    add_variable = add_weight

    @property
    def dtype(self) -> str:
        """The type of the numbers: float32."""
        return "float32"

    _dtype = dtype

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new metric with stored settings."""
        return cls(**config)


class Variable:
    """An array that a metric counts with, under Keras's names.

    >>> v = Variable(np.zeros(())); v.assign_add(2.0); float(v)
    2.0
    """

    def __init__(self, value: Any, name: str | None = None) -> None:
        self.value, self.name = np.asarray(value, np.float32), name

    def assign(self, value: Any) -> None:
        """Other numbers, of the same shape."""
        self.value = np.broadcast_to(np.asarray(value, np.float32), self.value.shape).copy()

    def assign_add(self, value: Any) -> None:
        """Adds to the numbers."""
        self.assign(self.value + np.asarray(value))

    def assign_sub(self, value: Any) -> None:
        """Takes from the numbers."""
        self.assign(self.value - np.asarray(value))

    def numpy(self) -> np.ndarray:
        """The numbers."""
        return self.value

    @property
    def shape(self) -> tuple[int, ...]:
        """The numbers' shape."""
        return tuple(self.value.shape)

    @property
    def dtype(self) -> str:
        """Their type."""
        return "float32"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.value, dtype)

    def __float__(self) -> float:
        return float(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __repr__(self) -> str:
        return f"<Variable {self.name} {self.value}>"


def _operator(name: str) -> Any:
    def apply(self: Variable, *others: Any) -> Any:
        return getattr(self.value, name)(
            *(other.value if isinstance(other, Variable) else other for other in others)
        )

    return apply


for _name in (
    "add",
    "radd",
    "sub",
    "rsub",
    "mul",
    "rmul",
    "truediv",
    "rtruediv",
    "pow",
    "neg",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "getitem",
    "array_namespace",
):
    setattr(Variable, f"__{_name}__", _operator(f"__{_name}__"))
Variable.__hash__ = object.__hash__  # type: ignore[method-assign]


def weights_like(p: Array, weight: Array | None) -> Array:
    """A weight for each prediction, from one for each of them or for each example; 1 where there is none."""
    xp = namespace(p)
    if weight is None:
        return xp.ones_like(p)
    if weight.ndim == p.ndim:
        return xp.broadcast_to(weight, p.shape)
    return xp.broadcast_to(weight.reshape(-1, *[1] * (p.ndim - 1)), p.shape)
