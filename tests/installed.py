"""Which optional libraries are there to be tested with."""

import importlib.util

import pytest

HAVE_JAX = importlib.util.find_spec("jax") is not None
needs_jax = pytest.mark.skipif(not HAVE_JAX, reason="JAX IS NOT INSTALLED: its half of this test did not run")
BACKENDS = ["numpy", pytest.param("jax", marks=needs_jax)]
