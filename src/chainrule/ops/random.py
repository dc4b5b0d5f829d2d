"""Random arrays under Keras's names (`keras.random`).

Within a Lambda or a layer's `call` the numbers belong to that layer, place and step: a step that is replayed draws the same
ones. Elsewhere they come from the seed that is given, or from that of `keras.utils.set_random_seed`.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.arrays import Array, Noise, next_seed
from chainrule.errors import SettingError
from chainrule.ops.arguments import as_array, library_of

__all__ = [
    "SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle", "truncated_normal",
    "uniform",
]  # fmt: skip

_within = threading.local()


class Draws:
    """The random arrays that a layer draws in one call: made from its noise, or given again."""

    def __init__(self, noise: Noise | None, rows: int, again: tuple[Array, ...] | None = None) -> None:
        self.noise, self.rows, self.again, self.drawn = noise, rows, again, list[Array]()

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers in [0, 1); an axis for the batch that says another size, as scripts of Keras 1 do, gets the batch's."""
        if len(shape) > 1 and shape[0] not in (1, self.rows):
            shape = (self.rows, *shape[1:])
        k = len(self.drawn)
        if self.again is not None:
            found = self.again[k]
        elif self.noise is not None:
            found = self.noise((k + 1, *shape))[k]  # its own numbers for each draw of a call
        else:
            found = np.random.default_rng(next_seed()).random(shape, np.float32)
        self.drawn.append(found)
        return found


@contextmanager
def drawing(noise: Noise | None, rows: int, again: tuple[Array, ...] | None = None) -> Iterator[Draws]:
    """Within it random numbers belong to a layer. again: those that an earlier call drew."""
    before = getattr(_within, "draws", None)
    _within.draws = Draws(noise, rows, again)
    try:
        yield _within.draws
    finally:
        _within.draws = before


class SeedGenerator:
    """Where a layer of one's own gets its random numbers from: seed=SeedGenerator(1) (Keras: `keras.random.SeedGenerator`)."""

    def __init__(self, seed: int | None = None, **settings: Any) -> None:
        self.seed = int(seed) if seed is not None else next_seed()
        self.generator = np.random.default_rng(abs(self.seed))

    def next(self) -> int:
        """A seed for the next draw."""
        return int(self.generator.integers(2**31))

    def get_config(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}


def source(seed: Any) -> "np.random.Generator":  # in quotes: numpy.random is loaded where it draws
    """The generator that a seed stands for."""
    if isinstance(seed, SeedGenerator):
        return seed.generator
    if seed is None:
        return np.random.default_rng(next_seed())
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool):
        return np.random.default_rng(abs(int(seed)))
    raise SettingError(f"seed is a whole number or a SeedGenerator; it got {seed!r}.")


def sizes(shape: Any) -> tuple[int, ...]:
    """A shape as numbers; an open axis is refused."""
    found = tuple(shape) if isinstance(shape, (tuple, list)) or hasattr(shape, "__len__") else (shape,)
    if any(n is None for n in found):
        raise SettingError(
            f"Random numbers of shape {found} need a batch that is known: draw them in a Lambda, or in the call of a layer."
        )
    return tuple(int(n) for n in found)


def unit(shape: Any, seed: Any) -> Array:
    """Numbers in [0, 1) of float32."""
    shape = sizes(shape)
    draws = getattr(_within, "draws", None)
    return source(seed).random(shape, np.float32) if draws is None else draws.uniform(shape)


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Array:
    """Normal numbers.

    >>> normal((2, 3), seed=1).shape
    (2, 3)
    """
    u, angle = (
        unit(shape, seed),
        unit(shape, None if seed is None or isinstance(seed, SeedGenerator) else seed + 1),
    )
    xp = library_of(u)
    return mean + stddev * (xp.sqrt(-2 * xp.log1p(-u)) * xp.cos(2 * math.pi * angle)).astype("float32")


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Array:
    """Normal numbers, none further than two standard deviations from the mean."""
    u = unit(shape, seed)
    xp = library_of(u)
    low = 0.02275013194817921  # Φ(-2)
    return mean + stddev * xp.clip(inverse_normal(low + u * (1 - 2 * low)), -2, 2).astype("float32")


def inverse_normal(p: Array) -> Array:
    """The number below which a share p of normal numbers lies (Winitzki 2008, three digits)."""
    xp = library_of(p)
    x = 2 * p - 1
    log = xp.log(xp.maximum(1 - x * x, 1e-12))
    half = 2 / (math.pi * 0.147) + log / 2
    return math.sqrt(2) * xp.sign(x) * xp.sqrt(xp.maximum(xp.sqrt(half * half - log / 0.147) - half, 0))


def uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Array:
    """Numbers from minval up to maxval.

    >>> bool((uniform((100,), 2, 3, seed=1) >= 2).all())
    True
    """
    u = unit(shape, seed)
    made = minval + (maxval - minval) * u
    return (
        made.astype(np.dtype(dtype))
        if dtype is not None and np.dtype(dtype).kind in "iu"
        else made.astype("float32")
    )


def randint(shape: Any, minval: int, maxval: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Whole numbers from minval up to but not including maxval."""
    u = unit(shape, seed)
    return (minval + library_of(u).floor(u * (maxval - minval))).astype(np.dtype(dtype))


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: Any = None, seed: Any = None) -> Array:
    """How many of `counts` trials succeed."""
    return (
        source(seed)
        .binomial(np.asarray(counts, int), np.asarray(probabilities), sizes(shape))
        .astype("float32")
    )


def gamma(shape: Any, alpha: float, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers of the gamma distribution."""
    return source(seed).gamma(alpha, size=sizes(shape)).astype("float32")


def beta(shape: Any, alpha: float, beta: float, dtype: Any = None, seed: Any = None) -> Array:
    """Numbers of the beta distribution."""
    return source(seed).beta(alpha, beta, size=sizes(shape)).astype("float32")


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Any = None) -> Array:
    """Class numbers, drawn by their unscaled log probabilities; (rows, num_samples)."""
    logits = as_array(logits)
    xp = library_of(logits)
    u = unit((logits.shape[0], num_samples, logits.shape[1]), seed)
    return xp.argmax(logits[:, None, :] - xp.log(-xp.log(xp.maximum(u, 1e-12))), axis=-1).astype(
        np.dtype(dtype)
    )


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Array:
    """The array with a share of its numbers set to 0, the others enlarged."""
    x = as_array(inputs)
    kept = unit(noise_shape or x.shape, seed) >= rate
    return library_of(x).where(kept, x / (1 - rate), 0).astype("float32")


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Array:
    """The array with its entries along an axis in another order."""
    x = np.asarray(as_array(x))
    return np.take(x, source(seed).permutation(x.shape[axis]), axis=axis)
