"""`tf`'s functions of arrays, with TensorFlow's names of arguments and its defaults; what is computed is `ops`'s."""

# ruff: noqa: A001, A002 (TensorFlow's names)
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.ops.tensor import tensor

__all__ = [
    "argmax", "argmin", "argsort", "boolean_mask", "clip_by_value", "expand_dims", "eye", "gather", "identity", "linspace", "matmul",
    "norm", "ones_like", "pad", "range", "repeat", "reshape", "reverse", "sort", "split", "squeeze", "stack", "stop_gradient",
    "tensordot", "tile", "transpose", "unstack", "where", "zeros_like",
]  # fmt: skip


def argmax(input: Any, axis: Any = None, output_type: Any = np.int64, name: str | None = None) -> Any:
    """The place of the largest number along an axis, the first one where none is named.

    >>> argmax([[1, 3], [4, 2]]).numpy()
    array([1, 0])
    """
    return of_type(ops.argmax(input, axis=0 if axis is None else axis), output_type)


def argmin(input: Any, axis: Any = None, output_type: Any = np.int64, name: str | None = None) -> Any:
    """The place of the smallest number along an axis, the first one where none is named."""
    return of_type(ops.argmin(input, axis=0 if axis is None else axis), output_type)


def argsort(
    values: Any, axis: int = -1, direction: str = "ASCENDING", stable: bool = False, name: str | None = None
) -> Any:
    """The places that would sort numbers; direction="DESCENDING": the largest first.

    >>> argsort([1, 3, 2], direction="DESCENDING").numpy()
    array([1, 2, 0], dtype=int32)
    """
    given = np.asarray(values)
    return tensor(
        np.argsort(-given if direction == "DESCENDING" else given, axis=axis, kind="stable").astype(np.int32)
    )


def sort(values: Any, axis: int = -1, direction: str = "ASCENDING", name: str | None = None) -> Any:
    """Numbers in their order; direction="DESCENDING": the largest first."""
    found = ops.sort(values, axis=axis)
    return tensor(ops.flip(found, axis=axis) if direction == "DESCENDING" else found)


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str | None = None) -> Any:
    """The entries where the mask is true, one after the other."""
    given, chosen = np.asarray(tensor), np.asarray(mask, bool)
    return as_tensor(given[(slice(None),) * (axis or 0) + (chosen,)])


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Numbers brought between two bounds."""
    return tensor(ops.clip(t, clip_value_min, clip_value_max))


def expand_dims(input: Any, axis: int, name: str | None = None) -> Any:
    """One more axis of length 1."""
    return tensor(ops.expand_dims(input, axis))


def eye(
    num_rows: int,
    num_columns: int | None = None,
    batch_shape: Any = None,
    dtype: Any = np.float32,
    name: str | None = None,
) -> Any:
    """Ones on the diagonal, zeros elsewhere."""
    return tensor(
        np.broadcast_to(
            np.eye(num_rows, num_columns, dtype=dtype),
            (*(batch_shape or ()), num_rows, num_columns or num_rows),
        )
    )


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: int | None = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """The entries at some places along an axis, the first one where none is named."""
    return tensor(ops.take(params, indices, axis=axis or 0))


def identity(input: Any, name: str | None = None) -> Any:
    """The same numbers."""
    return tensor(input)


def linspace(start: Any, stop: Any, num: int, name: str | None = None, axis: int = 0) -> Any:
    """So many numbers at equal distances."""
    return tensor(ops.linspace(start, stop, num, axis=axis))


def matmul(
    a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, name: str | None = None
) -> Any:
    """The product of matrices, each transposed before where that is asked for.

    >>> matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True).numpy()
    array([[11.]], dtype=float32)
    """
    turned = [
        ops.swapaxes(one, -1, -2) if turn else one for one, turn in ((a, transpose_a), (b, transpose_b))
    ]
    return tensor(ops.matmul(*map(as_numbers, turned)))


def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> Any:
    """The length of vectors."""
    return as_tensor(
        ops.norm(
            as_numbers(tensor), ord=None if ord == "euclidean" else ord, axis=axis, keepdims=bool(keepdims)
        )
    )


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape of another array."""
    return tensor(ops.ones_like(as_numbers(input), dtype=dtype))


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape of another array."""
    return tensor(ops.zeros_like(as_numbers(input), dtype=dtype))


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, name: str | None = None
) -> Any:
    """More entries before and after those of each axis."""
    more = {"constant_values": constant_values} if mode.upper() == "CONSTANT" else {}
    return as_tensor(ops.pad(as_numbers(tensor), np.asarray(paddings).tolist(), mode=mode.lower(), **more))


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, name: str | None = None) -> Any:
    """Numbers from start up to, but without, limit; range(n) is 0 to n - 1.

    >>> range(start=0, limit=6, delta=2).numpy()
    array([0, 2, 4], dtype=int32)
    """
    start, limit = (0, start) if limit is None else (start, limit)
    found = np.arange(*(np.asarray(one).item() for one in (start, limit, delta)))
    return tensor(found.astype(dtype or (np.float32 if found.dtype.kind == "f" else np.int32)))


def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Each entry so many times."""
    return tensor(ops.repeat(as_numbers(input), repeats, axis=axis))


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """The same numbers in another shape."""
    return as_tensor(ops.reshape(as_numbers(tensor), tuple(int(size) for size in shape)))


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """The entries of some axes in reverse order."""
    return as_tensor(ops.flip(as_numbers(tensor), axis=tuple(np.ravel(axis).tolist())))


def split(
    value: Any, num_or_size_splits: Any, axis: int = 0, num: int | None = None, name: str | None = None
) -> Any:
    """So many equal parts, or parts of these sizes.

    >>> [part.numpy().tolist() for part in split([1, 2, 3, 4, 5], [2, 3])]
    [[1, 2], [3, 4, 5]]
    """
    sizes = num_or_size_splits
    if np.ndim(sizes):
        given = np.asarray(sizes).tolist()
        rest = value.shape[axis] - sum(size for size in given if size > 0) if -1 in given else 0
        sizes = np.cumsum([rest if size == -1 else size for size in given])[:-1].tolist()
    return [tensor(part) for part in ops.split(as_numbers(value), sizes, axis=axis)]


def squeeze(input: Any, axis: Any = None, name: str | None = None) -> Any:
    """Without axes of length 1."""
    return tensor(ops.squeeze(as_numbers(input), axis=tuple(axis) if isinstance(axis, list) else axis))


def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Arrays along a new axis."""
    return tensor(ops.stack(values, axis=axis))


def stop_gradient(input: Any, name: str | None = None) -> Any:
    """The same numbers, through which nothing is learned."""
    return tensor(ops.stop_gradient(input))


def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The product summed over some axes of both."""
    return tensor(ops.tensordot(as_numbers(a), as_numbers(b), axes=axes))


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """The array so many times along each axis."""
    return tensor(ops.tile(as_numbers(input), tuple(int(times) for times in multiples)))


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str | None = None) -> Any:
    """The axes in another order, by default the reverse one."""
    return tensor(ops.transpose(as_numbers(a), axes=perm))


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str | None = None) -> Any:
    """The entries along an axis as a list."""
    return [tensor(part) for part in ops.unstack(as_numbers(value), num, axis)]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """Entries of x where the condition is true, else of y; without them the places where it is true, one a row.

    >>> where([True, False, True]).numpy().tolist()
    [[0], [2]]
    """
    if x is None and y is None:
        return tensor(np.argwhere(np.asarray(condition)))
    return tensor(ops.where(as_numbers(condition), x, y))


as_tensor = tensor  # where an argument has this name


def as_numbers(value: Any) -> Any:
    """Lists as arrays, whole numbers as int32 and others as float32, as `tf.constant` reads them; other values as they are."""
    if not isinstance(value, (list, tuple, int, float)):
        return value
    found = np.asarray(value)
    return found.astype({"i": np.int32, "f": np.float32}.get(found.dtype.kind, found.dtype))


def of_type(value: Any, dtype: Any) -> Any:
    """A result in a type of numbers; a symbolic tensor as it is."""
    return value if hasattr(value, "symbolic_operation") else tensor(np.asarray(value).astype(dtype))
