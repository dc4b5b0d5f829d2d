"""The functions of NumPy that layers call, for traced arrays: each adds a node to the graph."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.export.onnx_operations import Graph
from chainrule.export.traced_array import BATCH, Traced

NUMPY: dict[str, Callable[..., Any]] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Pow": np.power, "And": np.logical_and,
    "Or": np.logical_or, "Less": np.less, "Greater": np.greater, "LessOrEqual": np.less_equal,
    "GreaterOrEqual": np.greater_equal, "Equal": np.equal, "Max": np.maximum, "Min": np.minimum,
}  # fmt: skip
ANSWERS = {"And", "Or", "Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal"}  # true or false


class Library:
    """What `namespace(x)` gives for a traced array."""

    float32, int32, int64, bool_, newaxis, pi, inf = (
        np.float32, np.int32, np.int64, np.bool_, None, math.pi, math.inf,
    )  # fmt: skip

    def __init__(self, graph: Graph, batch: str) -> None:
        self.graph, self.batch = graph, batch  # batch: the name of the number of examples, an array of one

    # ── making arrays ────────────────────────────────────────────────────────────────────────────────────────────
    def emit(
        self, kind: str, inputs: Sequence[Traced], shape: Sequence[int], dtype: Any, **attributes: Any
    ) -> Traced:
        """A node, and its output."""
        name = self.graph.add(kind, *(one.name for one in inputs), **attributes)
        return Traced(self, name, shape, dtype)

    def constant(self, value: Any) -> Traced:
        """An array that is known; its numbers are float32, as in the network."""
        array = np.asarray(value)
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        return Traced(self, "", array.shape, array.dtype, array)

    def integers(self, numbers: Sequence[int]) -> Traced:
        """Whole numbers that tell a node how."""
        return self.constant(np.array(numbers, np.int64))

    def of(self, x: Any, like: Traced | None = None) -> Traced:
        """A number or an array as a traced one; a plain number takes the type of the array beside it."""
        if isinstance(x, Traced):
            return x
        if like is not None and isinstance(x, (bool, int, float)):
            whole = like.dtype.kind in "iu" and not isinstance(x, float)
            return self.constant(np.asarray(x, like.dtype if whole or like.dtype.kind == "f" else None))
        if not isinstance(x, (bool, int, float, np.generic, np.ndarray, list)):
            raise SettingError(f"it computes with {type(x).__name__}")
        return self.constant(x)

    asarray = array = lambda self, x, dtype=None: (
        np.asarray(x, dtype) if not isinstance(x, Traced) else x if dtype is None else self.cast(x, dtype)
    )
    arange = staticmethod(np.arange)

    def full(self, shape: Any, value: Any, dtype: Any = np.float32) -> Traced:
        """An array of one number."""
        return self.broadcast_to(self.constant(np.asarray(value, dtype)), shape)

    def zeros(self, shape: Any, dtype: Any = np.float32) -> Traced:
        """An array of zeros."""
        return self.full(shape, 0, dtype)

    def ones(self, shape: Any, dtype: Any = np.float32) -> Traced:
        """An array of ones."""
        return self.full(shape, 1, dtype)

    def zeros_like(self, x: Traced) -> Traced:
        """Zeros in the shape of another."""
        return self.full(x.shape, 0, x.dtype)

    def ones_like(self, x: Traced) -> Traced:
        """Ones in the shape of another."""
        return self.full(x.shape, 1, x.dtype)

    def cast(self, x: Traced, dtype: Any) -> Traced:
        """The numbers in another type."""
        from onnx import helper

        wanted = np.dtype(dtype)
        wanted = np.dtype(np.float32) if wanted == np.float64 else wanted
        if wanted == x.dtype:
            return x
        if x.value is not None:
            return self.constant(x.value.astype(wanted))
        return self.emit("Cast", [x], x.shape, wanted, to=helper.np_dtype_to_tensor_dtype(wanted))

    # ── number by number ─────────────────────────────────────────────────────────────────────────────────────────
    def unary(self, kind: str, numpy: Callable[..., Any], x: Traced) -> Any:
        """A function of one array."""
        return (
            self.constant(numpy(x.value)) if x.value is not None else self.emit(kind, [x], x.shape, x.dtype)
        )

    def alike(self, *xs: Any) -> list[Traced]:
        """Arrays of one type."""
        traced = next(x for x in xs if isinstance(x, Traced))
        found = [self.of(x, traced) for x in xs]
        kinds = {x.dtype for x in found}
        wanted = next((k for k in kinds if k.kind == "f"), None) or next(
            (k for k in kinds if k.kind in "iu"), None
        )
        return found if len(kinds) == 1 or wanted is None else [self.cast(x, wanted) for x in found]

    def binary(self, kind: str, a: Any, b: Any) -> Traced:
        """A function of two arrays."""
        a, b = self.alike(a, b)
        if a.value is not None and b.value is not None:
            return self.constant(NUMPY[kind](a.value, b.value))
        if kind == "Div" and a.dtype.kind in "iu":
            a, b = self.cast(a, np.float32), self.cast(b, np.float32)
        return self.emit(
            kind, [a, b], np.broadcast_shapes(a.shape, b.shape), bool if kind in ANSWERS else a.dtype
        )

    def maximum(self, a: Any, b: Any) -> Any:
        """The larger of two."""
        return self.binary("Max", a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        """The smaller of two."""
        return self.binary("Min", a, b)

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        """The numbers cut off at both ends."""
        return self.minimum(self.maximum(x, low), high)

    def where(self, condition: Any, a: Any, b: Any) -> Traced:
        """One array where a condition holds, the other elsewhere."""
        condition = self.of(condition)
        a, b = (
            self.alike(a, b) if isinstance(a, Traced) or isinstance(b, Traced) else (self.of(a), self.of(b))
        )
        shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
        return self.emit("Where", [self.cast(condition, bool), a, b], shape, a.dtype)

    def square(self, x: Any) -> Any:
        """x²."""
        return x * x

    def expm1(self, x: Any) -> Any:
        """e^x - 1, by tanh, so that it is exact near 0: 2 t / (1 - t), t = tanh(x / 2)."""
        t: Any = self.unary("Tanh", np.tanh, self.maximum(x, -80.0) * 0.5)
        return self.where(x < 0.5, 2 * t / (1 - self.minimum(t, 0.5)), self.unary("Exp", np.exp, x) - 1)

    def log1p(self, x: Any) -> Any:
        """log(1 + x), exact near 0 as well (Kahan): log(u) x / (u - 1), u = 1 + x."""
        u = 1 + x
        near = self.binary("Equal", u, 1.0)
        return self.where(near, x, self.unary("Log", np.log, u) * x / self.where(near, 1.0, u - 1))

    def hypot(self, a: Any, b: Any) -> Any:
        """√(a² + b²)."""
        return self.unary("Sqrt", np.sqrt, a * a + b * b)

    # ── along axes ───────────────────────────────────────────────────────────────────────────────────────────────
    def reduce(self, kind: str, numpy: Callable[..., Any], x: Traced, axis: Any, keepdims: bool) -> Traced:
        """One number for all along some axes."""
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = tuple(sorted(a % x.ndim for a in axes))
        if x.value is not None:
            return self.constant(numpy(x.value, axis=axes, keepdims=keepdims))
        if 0 in axes and x.shape[0] % BATCH == 0:
            raise SettingError("an example's output depends on the others of its batch")
        shape = [1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes]
        x = self.cast(x, np.int32) if x.dtype == bool else x
        if kind == "ReduceSum":  # its axes are an input
            return self.emit(kind, [x, self.integers(axes)], shape, x.dtype, keepdims=int(keepdims))
        return self.emit(kind, [x], shape, x.dtype, axes=list(axes), keepdims=int(keepdims))

    def sum(self, x: Traced, axis: Any = None, keepdims: bool = False) -> Traced:
        """The sum."""
        return self.reduce("ReduceSum", np.sum, x, axis, keepdims)

    def mean(self, x: Traced, axis: Any = None, keepdims: bool = False) -> Traced:
        """The mean."""
        return self.reduce("ReduceMean", np.mean, x, axis, keepdims)

    def max(self, x: Traced, axis: Any = None, keepdims: bool = False) -> Traced:
        """The largest."""
        return self.reduce("ReduceMax", np.max, x, axis, keepdims)

    def min(self, x: Traced, axis: Any = None, keepdims: bool = False) -> Traced:
        """The smallest."""
        return self.reduce("ReduceMin", np.min, x, axis, keepdims)

    def cumsum(self, x: Traced, axis: int) -> Traced:
        """The sums up to each place."""
        return self.emit("CumSum", [x, self.constant(np.int64(axis % x.ndim))], x.shape, x.dtype)

    def sort(self, x: Traced, axis: int = -1) -> Traced:
        """The numbers in ascending order."""
        count = self.integers([x.shape[axis]])
        name = self.graph.add("TopK", x.name, count.name, outputs=2, axis=axis, largest=0, sorted=1)
        return Traced(self, name, x.shape, x.dtype)

    def matmul(self, a: Any, b: Any) -> Traced:
        """The product of matrices."""
        a, b = self.of(a), self.of(b)
        if a.value is not None and b.value is not None:
            return self.constant(a.value @ b.value)
        if min(a.ndim, b.ndim) < 2:
            raise SettingError("it multiplies matrices by single vectors")
        shape = (*np.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])
        return self.emit("MatMul", [a, b], shape, a.dtype)

    # ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────
    def broadcast_to(self, x: Any, shape: Any) -> Traced:
        """The array repeated to a shape."""
        x, shape = self.of(x), (shape,) if isinstance(shape, int) else tuple(shape)
        if not any(n % BATCH == 0 for n in shape):
            if x.value is not None:
                return self.constant(np.broadcast_to(x.value, shape))
            return self.emit("Expand", [x, self.integers(shape)], shape, x.dtype)
        parts = []
        for n in shape:
            factor = self.integers([n // BATCH if n % BATCH == 0 else n]).name
            parts.append(self.graph.add("Mul", self.batch, factor) if n % BATCH == 0 else factor)
        name = self.graph.add("Expand", x.name, self.graph.add("Concat", *parts, axis=0))
        return Traced(self, name, shape, x.dtype)

    def expand_dims(self, x: Traced, axis: int) -> Traced:
        """A new axis of length 1."""
        axis %= x.ndim + 1
        return x[(slice(None),) * axis + (None,)]

    def moveaxis(self, x: Traced, source: int, destination: int) -> Traced:
        """One axis moved to another place."""
        order = [axis for axis in range(x.ndim) if axis != source % x.ndim]
        order.insert(destination % x.ndim, source % x.ndim)
        return x.transpose(order)

    def transpose(self, x: Traced, axes: Any = None) -> Traced:
        """The axes in another order."""
        return x.transpose(*([axes] if axes is not None else []))

    def reshape(self, x: Traced, shape: Any) -> Traced:
        """The same numbers in another shape."""
        return x.reshape(shape)

    def concatenate(self, xs: Sequence[Any], axis: int = 0) -> Traced:
        """Arrays one behind the other."""
        found = self.alike(*xs)
        if all(x.value is not None for x in found):
            return self.constant(np.concatenate([x.value for x in found if x.value is not None], axis))
        axis %= found[0].ndim
        shape = list(found[0].shape)
        shape[axis] = sum(x.shape[axis] for x in found)
        return self.emit("Concat", found, shape, found[0].dtype, axis=axis)

    concat = concatenate

    def stack(self, xs: Sequence[Any], axis: int = 0) -> Traced:
        """Arrays beside each other along a new axis."""
        found = self.alike(*xs)
        return self.concatenate(
            [self.expand_dims(x, axis % (x.ndim + 1)) for x in found], axis % (found[0].ndim + 1)
        )

    def split(self, x: Any, count: int, axis: int = 0) -> list[Traced]:
        """Equal parts."""
        x = self.of(x)
        axis %= x.ndim
        width = x.shape[axis] // count
        return [x[(slice(None),) * axis + (slice(i * width, (i + 1) * width),)] for i in range(count)]

    def repeat(self, x: Traced, count: int, axis: int) -> Traced:
        """Every number so often."""
        axis %= x.ndim
        wide = self.broadcast_to(
            self.expand_dims(x, axis + 1), (*x.shape[: axis + 1], count, *x.shape[axis + 1 :])
        )
        return wide.reshape(*x.shape[:axis], x.shape[axis] * count, *x.shape[axis + 1 :])

    def pad(self, x: Traced, margins: Any, constant_values: float = 0.0, **_: Any) -> Traced:
        """Numbers around."""
        shape = [n + before + after for n, (before, after) in zip(x.shape, margins, strict=True)]
        pads = self.integers([m[0] for m in margins] + [m[1] for m in margins])
        return self.emit(
            "Pad", [x, pads, self.constant(np.asarray(constant_values, x.dtype))], shape, x.dtype
        )

    # ── loops ────────────────────────────────────────────────────────────────────────────────────────────────────
    def scan(
        self,
        step: Callable[[Any, Any], Any],
        carry: Sequence[Traced],
        xs: Sequence[Any],
        reverse: bool = False,
    ) -> tuple[Any, Any]:
        """A loop over the first axis as one node: its body is what one step does."""
        from onnx import helper

        names, given = [], [x for x in xs if x is not None]
        length = given[0].shape[0]

        def formal(shape: Sequence[int], dtype: Any) -> Traced:
            names.append(self.graph.fresh("step"))
            return Traced(self, names[-1], shape, dtype)

        states = [formal(x.shape, x.dtype) for x in carry]
        now = tuple(None if x is None else formal(x.shape[1:], x.dtype) for x in xs)
        outside, self.graph.nodes = self.graph.nodes, []
        after, ys = step(tuple(states), now)
        made = [*after, *(y for y in ys if y is not None)]
        ends = [self.emit("Identity", [self.of(x)], self.of(x).shape, self.of(x).dtype) for x in made]
        inside, self.graph.nodes = self.graph.nodes, outside

        def value(name: str, x: Traced) -> Any:
            kind = helper.np_dtype_to_tensor_dtype(x.dtype)
            return helper.make_tensor_value_info(name, kind, [None if n % BATCH == 0 else n for n in x.shape])

        formals = [*states, *(x for x in now if x is not None)]
        body = helper.make_graph(
            inside, self.graph.fresh("body"), [value(n, x) for n, x in zip(names, formals, strict=True)],
            [value(x.name, x) for x in ends],
        )  # fmt: skip
        stacked = len(ends) - len(states)
        first = self.graph.add(
            "Scan", *(x.name for x in (*carry, *given)), outputs=len(ends), body=body, num_scan_inputs=len(given),
            scan_input_directions=[int(reverse)] * len(given), scan_output_directions=[int(reverse)] * stacked,
        )  # fmt: skip
        outputs = list(self.graph.nodes[-1].output)
        assert outputs[0] == first
        last = tuple(
            Traced(self, n, x.shape, x.dtype) for n, x in zip(outputs, ends[: len(states)], strict=False)
        )
        rest = iter(
            Traced(self, n, (length, *x.shape), x.dtype)
            for n, x in zip(outputs[len(states) :], ends[len(states) :], strict=True)
        )
        return last, tuple(None if y is None else next(rest) for y in ys)


def _function(kind: str, numpy: Callable[..., Any]) -> Callable[..., Any]:
    def function(self: Library, x: Any) -> Any:
        return self.unary(kind, numpy, self.of(x))

    return function


for _name, _kind in {
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh", "abs": "Abs", "sign": "Sign", "cos": "Cos", "sin": "Sin",
    "floor": "Floor", "ceil": "Ceil", "logical_not": "Not", "negative": "Neg",
}.items():  # fmt: skip
    setattr(Library, _name, _function(_kind, getattr(np, _name)))
