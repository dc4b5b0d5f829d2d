"""The two engines by their names."""

from chainrule.engine.jax_engine import JaxEngine
from chainrule.engine.numpy_engine import NumpyEngine

Engine = NumpyEngine | JaxEngine
ENGINES: dict[str, type[NumpyEngine] | type[JaxEngine]] = {"numpy": NumpyEngine, "jax": JaxEngine}
