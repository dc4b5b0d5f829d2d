"""The one file that knows both array libraries: which one an array belongs to, and random numbers that both draw alike.

Engine code never asks for an array's type. It asks the array for its library, so the same line runs on NumPy,
where every number can be watched, and on JAX, where it is compiled.
"""

import importlib.util
import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

import numpy as np

from chainrule.errors import DataError, MissingDependencyError, unknown

Array: TypeAlias = Any  # a NumPy or a JAX array: the engine works on both
Params: TypeAlias = dict[str, Array]  # the weights of one layer by name: {"kernel": ..., "bias": ...}
Noise: TypeAlias = Callable[[tuple[int, ...]], Array]  # shape -> float32 numbers in [0, 1)

BACKENDS = ("numpy", "jax")
BLOCK = 32_768  # float32 numbers that, with an optimizer's temporaries, stay in a core's own cache


def namespace(array: Array) -> Any:
    """The library an array belongs to: `numpy` or `jax.numpy`.

    >>> namespace(np.zeros(3)).__name__
    'numpy'
    """
    try:
        return array.__array_namespace__()
    except AttributeError:
        raise DataError(
            f"This takes arrays; it got a {type(array).__name__}. Make it one with numpy.asarray(x, 'float32')."
        ) from None


def elementwise(formula: Callable[..., tuple[Array, ...]], *arrays: Array) -> tuple[Array, ...]:
    """Applies a formula that works number by number on arrays of one shape, and returns what it returns.

    JAX fuses such a formula into one pass over memory. NumPy would write every intermediate result out to main
    memory, so for NumPy the arrays are cut into blocks that stay in the cache: twice as fast, same bits.

    >>> elementwise(lambda a, b: (a + b, a * b), np.array([1., 2.]), np.array([3., 4.]))
    (array([4., 6.]), array([3., 8.]))
    """
    first = arrays[0]
    if namespace(first) is not np or first.size <= BLOCK:
        return formula(*arrays)
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    parts = [formula(*(array[:BLOCK] for array in flat))]
    results = tuple(np.empty(first.size, part.dtype) for part in parts[0])
    for start in range(0, first.size, BLOCK):
        block = slice(start, start + BLOCK)
        values = parts[0] if start == 0 else formula(*(array[block] for array in flat))
        for result, value in zip(results, values, strict=True):
            result[block] = value
    return tuple(result.reshape(first.shape) for result in results)


def scatter_add(shape: tuple[int, ...], index: Array, rows: Array) -> Array:
    """Zeros of a shape, to which each of the rows is added where its index says; rows of one index add up.

    shape: (entries, n).  index: (m,) whole numbers.  rows: (m, n).

    >>> scatter_add((3, 2), np.array([2, 0, 2]), np.array([[1., 1.], [5., 6.], [2., 3.]]))
    array([[5., 6.],
           [0., 0.],
           [3., 4.]])
    """
    xp = namespace(rows)
    total = xp.zeros(shape, rows.dtype)
    if xp is not np:
        return total.at[index].add(rows)
    if index.size:
        order = np.argsort(index, kind="stable")  # sorted, the rows of one index lie side by side
        ordered = index[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        total[ordered[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return total


# ── randomness ─────────────────────────────────────────────────────────────────────────────────────────────────
# First weights and the order of the examples are drawn on the host by NumPy. What is needed inside a step, where
# nothing may be remembered, is computed from its place (seed, step, layer, index) by an integer hash, so that both
# libraries draw the same bits and any step can be repeated alone.

PURPOSES = {"weights": 0, "order": 1, "noise": 2, "split": 3}


_given: list[int] = []  # the seed of `set_seed`, and how many seeds were taken from it


def set_seed(seed: int) -> None:
    """Decides all seeds that are drawn from now on (Keras: `keras.utils.set_random_seed`)."""
    _given[:] = [int(seed), 0]


def next_seed() -> int:
    """A seed for a new model: decided by `set_seed`, or random. 53 bits, so that JSON keeps it exactly."""
    if not _given:
        return int.from_bytes(os.urandom(8), "little") >> 11  # np.random is not imported by who only predicts
    _given[1] += 1
    return int(np.random.SeedSequence([_given[0], _given[1]]).generate_state(1, np.uint64)[0] >> 11)


def generator(seed: int, purpose: str, *place: int) -> "np.random.Generator":
    """A NumPy generator for one purpose and place, for example ("order", epoch).

    >>> bool(generator(7, "order", 3).random() == generator(7, "order", 3).random())
    True
    """
    return np.random.default_rng([PURPOSES[purpose], seed, *place])


def hash32(x: Array) -> Array:
    """An integer hash: uint32 in, uint32 out, one to one, every bit depends on every bit.

    Multiply-xorshift with the constants of C. Wellons' `lowbias32` (public domain).
    """
    xp = namespace(x)
    x = (x ^ (x >> 16)) * xp.asarray(0x7FEB352D, dtype=xp.uint32)
    x = (x ^ (x >> 15)) * xp.asarray(0x846CA68B, dtype=xp.uint32)
    return x ^ (x >> 16)


def seed_words(seed: int) -> np.ndarray:
    """A seed as two uint32, the form in which it travels with the state of a run."""
    return np.asarray([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF], dtype=np.uint32)


def counter_noise(seed: Array, step: Array, link: int, first: Array | None = None) -> Noise:
    """The noise of one link of the chain at one step: a function from a shape to float32 numbers in [0, 1).

    seed: two uint32 (see `seed_words`).  step: an integer array of one number.  first: where the rows that are asked for
    begin in a larger batch, uint32; they get the numbers that they would have there.

    >>> draw = counter_noise(seed_words(1), np.asarray(5), link=2)
    >>> [round(float(number), 3) for number in draw((3,))]
    [0.157, 0.042, 0.7]
    """
    xp = namespace(seed)

    def draw(shape: tuple[int, ...]) -> Array:
        key = seed[:1]
        for place in (seed[1:], link, step):
            key = hash32(key ^ xp.asarray(place).astype(xp.uint32).reshape(1))
        index = xp.arange(int(np.prod(shape)), dtype=xp.uint32)
        if first is not None:
            index = index + xp.asarray(first).astype(xp.uint32) * xp.uint32(np.prod(shape[1:]))
        bits = hash32(hash32(index) ^ key) >> 8  # 24 bits fill a float32 exactly
        return (bits.astype(xp.float32) * xp.float32(2.0**-24)).reshape(shape)

    return draw


# ── which library runs the learning ──────────────────────────────────────────────────────────────────────────────


def jax_installed() -> bool:
    """Whether JAX can be imported (without importing it: that takes over a second)."""
    return importlib.util.find_spec("jax") is not None


def choose_backend(asked: str | None, seconds: float, seconds_on_jax: float | None = None) -> str:
    """The backend for a job: what was asked for, else CHAINRULE_BACKEND, else JAX where compiling pays.

    asked: "numpy", "jax" or None.  seconds: what the whole job would take on NumPy, roughly (`seconds_on_numpy`).
    seconds_on_jax: on JAX, with importing and compiling (default: WORTH_COMPILING).

    >>> choose_backend("numpy", 1e15)
    'numpy'
    """
    asked = asked or os.environ.get("CHAINRULE_BACKEND") or None
    if asked is not None and asked not in BACKENDS:
        raise unknown("backend", asked, BACKENDS)
    if asked == "jax" and not jax_installed():
        raise MissingDependencyError(
            'The backend "jax" needs the package jax: pip install "chainrule[jax]" (or use backend="numpy")'
        )
    if asked:
        return asked
    limit = WORTH_COMPILING if seconds_on_jax is None else seconds_on_jax
    return "jax" if seconds > limit and jax_installed() else "numpy"


WORTH_COMPILING = 3.0  # seconds: importing JAX and compiling a loop take about two


def seconds_on_numpy(numbers: int, batch: int, steps: int) -> float:
    """A rough guess: every weight is used in three products per example, and a step costs 0.2 ms before any of them.

    >>> round(seconds_on_numpy(numbers=694_950, batch=32, steps=1875))      # an epoch of the classic job
    5
    """
    return steps * (2e-4 + 6.0 * numbers * batch / 6e10)


# ── symbolic tensors among the arguments ──────────────────────────────────────────────────────────────────────


def symbolic_among(values: Any) -> Any:
    """The first symbolic tensor among some values and lists of values, or None."""
    for value in values:
        if isinstance(value, (list, tuple)):
            if (found := symbolic_among(value)) is not None:
                return found
        elif hasattr(value, "symbolic_operation"):
            return value
    return None


def accepting_symbolic(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function; where a symbolic tensor is among its arguments, the tensor of the layer it stands for there."""

    @wraps(function)
    def wrapped(*arguments: Any, **settings: Any) -> Any:
        tensor = symbolic_among((*arguments, *settings.values()))
        if tensor is None:
            return function(*arguments, **settings)
        if function.__name__ in ("shape", "dtype", "is_tensor", "size"):
            return {"shape": tensor.shape, "dtype": tensor.dtype, "is_tensor": True}.get(function.__name__)
        return tensor.symbolic_operation(function.__name__, *arguments, **settings)

    return wrapped
