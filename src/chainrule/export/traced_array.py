"""Arrays of a third library, beside NumPy and JAX: they compute nothing, and write down in ONNX what was done with them.

A layer's own `forward` runs on them as it is, so every layer can be exported without being told how. Weights are constants: what
is done with constants alone is done at once. The number of examples is not known; it stands in shapes as `BATCH`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import SettingError

BATCH = 1_000_003  # a prime that no other axis has
FAR = 1 << 31  # beyond every axis


class Traced:
    """An array that is known by its name in an ONNX graph, or by its value where it is a constant."""

    __array_ufunc__ = None  # NumPy's arrays leave operators to this one

    def __init__(
        self, library: Any, name: str, shape: Sequence[int], dtype: Any, value: np.ndarray | None = None
    ) -> None:
        self.library, self.shape, self.dtype, self.value = library, tuple(shape), np.dtype(dtype), value
        self.given_name = name

    @property
    def name(self) -> str:
        """Its name in the graph, where a constant stands from now on."""
        if not self.given_name:
            self.given_name = self.library.graph.constant(self.value, "constant")
        return self.given_name

    def __array_namespace__(self, api_version: Any = None) -> Any:
        return self.library

    def __bool__(self) -> bool:
        raise SettingError("what is done depends on the numbers themselves")

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    # ── operators ────────────────────────────────────────────────────────────────────────────────────────────────
    def __neg__(self) -> "Traced":
        return self.library.unary("Neg", np.negative, self)  # type: ignore[no-any-return]

    def __abs__(self) -> "Traced":
        return self.library.abs(self)  # type: ignore[no-any-return]

    def __invert__(self) -> "Traced":
        return self.library.unary("Not", np.logical_not, self)  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> "Traced":  # type: ignore[override]
        return ~self.library.binary("Equal", self, other)  # type: ignore[no-any-return]

    def __matmul__(self, other: Any) -> "Traced":
        return self.library.matmul(self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Any) -> "Traced":
        return self.library.matmul(other, self)  # type: ignore[no-any-return]

    __hash__ = object.__hash__

    # ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────
    def reshape(self, *shape: Any) -> "Traced":
        """The same numbers in another shape."""
        dims = [int(n) for n in (shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)]
        if -1 in dims:
            dims[dims.index(-1)] = self.size // (math.prod(dims) * -1)
        if self.value is not None:
            return self.library.constant(self.value.reshape(dims))  # type: ignore[no-any-return]
        if sum(n % BATCH == 0 for n in dims) > 1:
            raise SettingError("two axes of one array depend on the number of examples")
        target = self.library.integers([-1 if n % BATCH == 0 else n for n in dims])
        return self.library.emit("Reshape", [self, target], dims, self.dtype)  # type: ignore[no-any-return]

    def transpose(self, *axes: Any) -> "Traced":
        """The axes in another order; without one, reversed."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or range(self.ndim)[::-1]
        order = [axis % self.ndim for axis in order]
        if self.value is not None:
            return self.library.constant(self.value.transpose(order))  # type: ignore[no-any-return]
        return self.library.emit(  # type: ignore[no-any-return]
            "Transpose", [self], [self.shape[axis] for axis in order], self.dtype, perm=order
        )

    @property
    def T(self) -> "Traced":  # noqa: N802 - NumPy's name
        """The axes reversed."""
        return self.transpose()

    def swapaxes(self, a: int, b: int) -> "Traced":
        """Two axes change places."""
        order = list(range(self.ndim))
        order[a], order[b] = order[b], order[a]
        return self.transpose(order)

    def astype(self, dtype: Any) -> "Traced":
        """The numbers in another type."""
        return self.library.cast(self, dtype)  # type: ignore[no-any-return]

    def copy(self) -> "Traced":
        """Itself: nothing changes it."""
        return self

    # ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────
    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> "Traced":
        """The sum."""
        return self.library.sum(self, axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def mean(self, axis: Any = None, keepdims: bool = False, **_: Any) -> "Traced":
        """The mean."""
        return self.library.mean(self, axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def max(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The largest."""
        return self.library.max(self, axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def min(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """The smallest."""
        return self.library.min(self, axis, keepdims=keepdims)  # type: ignore[no-any-return]

    def any(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """Whether any is true."""
        return self.astype(np.float32).max(axis, keepdims).astype(bool)

    def all(self, axis: Any = None, keepdims: bool = False) -> "Traced":
        """Whether all are true."""
        return self.astype(np.float32).min(axis, keepdims).astype(bool)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────
    def __getitem__(self, key: Any) -> "Traced":
        lib = self.library
        if isinstance(key, Traced) or (isinstance(key, np.ndarray) and key.dtype.kind in "iu"):
            index = lib.of(key)
            return lib.emit("Gather", [self, index], [*index.shape, *self.shape[1:]], self.dtype, axis=0)  # type: ignore[no-any-return]
        keys = list(key) if isinstance(key, tuple) else [key]
        if not all(k is None or k is Ellipsis or isinstance(k, (slice, int, np.integer)) for k in keys):
            raise SettingError("it picks numbers by places that depend on other numbers")
        if self.value is not None:
            return lib.constant(self.value[key])  # type: ignore[no-any-return]
        place = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
        missing = self.ndim - sum(k is not None and k is not Ellipsis for k in keys)
        keys[place : place + 1] = [slice(None)] * missing
        return sliced(self, keys)


def sliced(x: Traced, keys: list[Any]) -> Traced:
    """Slices, single places and new axes, one after the other."""
    cuts, gone, new = [], [], []
    shape: list[int] = []
    axis = 0
    for k in keys:
        if k is None:
            new.append(len(shape))
            shape.append(1)
            continue
        n = x.shape[axis]
        if isinstance(k, slice):
            start, stop, step = k.indices(n)
            count = len(range(start, stop, step))
            if (start, stop, step) != (0, n, 1):
                if n % BATCH == 0:
                    raise SettingError("it takes some of the examples out of a batch")
                cuts.append((axis, start, -FAR if stop < 0 else stop, step))
            shape.append(count)
        else:
            cuts.append((axis, k % n, k % n + 1, 1))
            gone.append(axis)
        axis += 1
    lib, found = x.library, x
    if cuts:
        inner = [len(range(*slice(a, None if b < 0 else b, s).indices(x.shape[i]))) for i, a, b, s in cuts]
        sizes = list(x.shape)
        for (i, *_), count in zip(cuts, inner, strict=True):
            sizes[i] = count
        axes, starts, stops, steps = (list(part) for part in zip(*cuts, strict=True))
        numbers = [lib.integers(part) for part in (starts, stops, axes, steps)]
        found = lib.emit("Slice", [found, *numbers], sizes, x.dtype)
    if gone:
        sizes = [n for i, n in enumerate(found.shape) if i not in gone]
        found = lib.emit("Squeeze", [found, lib.integers(gone)], sizes, x.dtype)
    if new:
        found = lib.emit("Unsqueeze", [found, lib.integers(new)], shape, x.dtype)
    return found


def _operator(name: str) -> tuple[Callable[..., Traced], Callable[..., Traced]]:
    def there(self: Traced, other: Any) -> Traced:
        return self.library.binary(name, self, other)  # type: ignore[no-any-return]

    def back(self: Traced, other: Any) -> Traced:
        return self.library.binary(name, other, self)  # type: ignore[no-any-return]

    return there, back


for _name, _kind in {
    "add": "Add", "sub": "Sub", "mul": "Mul", "truediv": "Div", "pow": "Pow", "and": "And", "or": "Or",
    "lt": "Less", "gt": "Greater", "le": "LessOrEqual", "ge": "GreaterOrEqual", "eq": "Equal",
}.items():  # fmt: skip
    _there, _back = _operator(_kind)
    setattr(Traced, f"__{_name}__", _there)
    setattr(Traced, f"__r{_name}__", _back)
