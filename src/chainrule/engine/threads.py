"""How many processor cores NumPy's matrix products use: small ones one, large ones all.

NumPy's library for products shares even small ones out to all cores, and a core that is done waits for the others by
turning in circles. Where other programs want the cores too, a product of 20 microseconds then takes 10 milliseconds.
"""

import functools
import os
import sys
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from chainrule.arrays import Params

# Multiplications in one product. Measured on two cores: below, a second core gains less than a fifth.
SMALL = 3_000_000


def largest_product(batch: int, params: list[Params]) -> int:
    """How many multiplications the largest product of a step has: examples times the numbers of a kernel.

    >>> import numpy as np
    >>> largest_product(32, [{"kernel": np.zeros((784, 100)), "bias": np.zeros(100)}])
    2508800
    """
    return batch * max(
        (array.size for layer in params for array in layer.values() if array.ndim > 1), default=0
    )


def for_products(multiplications: int) -> AbstractContextManager[Any]:
    """While this is open, NumPy's products use one core if they are that small; else as many as before.

    >>> with for_products(2508800):
    ...     pass
    """
    return _libraries().limit(limits=1, user_api="blas") if multiplications < SMALL else nullcontext()


@functools.cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread_for_jax() -> None:
    """Lets JAX compute on one thread from its start on. Where it has started with more, a warning says what that changes."""
    if (os.environ.get("NPROC") or str(os.cpu_count())) == "1":
        return
    if jax_has_started():
        warnings.warn(
            f"JAX has started with several threads in this process (there are {os.cpu_count()} cores), so sums in pieces "
            "may be rounded otherwise than on one. Say DataParallel, or open the run, before anything else computes with "
            "JAX, or set NPROC=1.",
            stacklevel=4,
        )
        return
    os.environ["NPROC"] = "1"


def jax_has_started() -> bool:
    """Whether JAX has made its threads in this process already."""
    if "jax" not in sys.modules:
        return False
    from jax._src import xla_bridge

    return bool(xla_bridge.backends_are_initialized())
