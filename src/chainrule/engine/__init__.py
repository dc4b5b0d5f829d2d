"""The engine's drivers: the same learning step in a NumPy loop and compiled by JAX, and what both need."""

from chainrule.engine.jax_engine import JaxEngine
from chainrule.engine.numpy_engine import NumpyEngine

Engine = NumpyEngine | JaxEngine
ENGINES: dict[str, type[NumpyEngine] | type[JaxEngine]] = {"numpy": NumpyEngine, "jax": JaxEngine}
