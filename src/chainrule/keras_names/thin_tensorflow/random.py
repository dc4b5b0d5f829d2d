"""`tf.random`: the seed, and arrays of random numbers."""

from typing import Any

import numpy as np

from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.ops.tensor import tensor
from chainrule.utils import set_random_seed

__all__ = ["normal", "set_seed", "shuffle", "uniform"]

_drawn = np.random.default_rng()


def set_seed(seed: int) -> None:
    """Decides what is drawn from now on, as `keras.utils.set_random_seed`, but for Python's and NumPy's own numbers."""
    import random

    global _drawn  # noqa: PLW0603
    kept = random.getstate(), np.random.get_state()  # noqa: NPY002
    set_random_seed(int(seed))
    random.setstate(kept[0])
    np.random.set_state(kept[1])  # noqa: NPY002
    _drawn = np.random.default_rng(int(seed))


def normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = np.float32, **settings: Any
) -> Any:
    """Numbers of a normal distribution."""
    return tensor(_drawn.normal(mean, stddev, shape).astype(dtype))


def uniform(
    shape: Any, minval: float = 0, maxval: float = 1, dtype: Any = np.float32, **settings: Any
) -> Any:
    """Numbers equally likely between two."""
    if np.dtype(dtype).kind in "iu":
        return tensor(_drawn.integers(minval, maxval, shape).astype(dtype))
    return tensor(_drawn.uniform(minval, maxval, shape).astype(dtype))


def shuffle(value: Any, **settings: Any) -> Any:
    """The rows in another order."""
    return tensor(_drawn.permutation(np.asarray(value)))


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.random", name)
