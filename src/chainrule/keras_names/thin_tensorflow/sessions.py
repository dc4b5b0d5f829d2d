"""What scripts of the first TensorFlow say of sessions and graphs around Keras: how much memory, how many threads, begin anew.

It changes nothing here. What a session computes by itself (`run`) is refused.
"""

from typing import Any, NoReturn, Self

from chainrule.errors import AbsentNameError
from chainrule.keras_names.thin_tensorflow.switches import nothing

__all__ = [
    "ConfigProto", "GPUOptions", "Graph", "InteractiveSession", "OptimizerOptions", "Session", "get_default_graph", "get_default_session",
    "reset_default_graph",
]  # fmt: skip


class Settings:
    """Takes any setting, by call or by attribute, and any below it: config.gpu_options.allow_growth = True."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        vars(self).update(settings)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        vars(self)[name] = Settings()
        return vars(self)[name]


ConfigProto = GPUOptions = OptimizerOptions = Settings


class Entered:
    """Something that a `with` may enter, and that does nothing there."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        return None


class Graph(Entered):
    """The one place that there is."""

    def as_default(self) -> "Graph":
        """Itself: there is no other."""
        return self

    finalize = nothing


class Session(Entered):
    """Holds how TensorFlow would compute; everything is computed at once here, so that there is nothing to `run`."""

    def __init__(self, target: str = "", graph: Any = None, config: Any = None) -> None:
        self.graph = graph or Graph()

    def as_default(self) -> "Session":
        """Itself: there is no other."""
        return self

    def run(self, *arguments: Any, **settings: Any) -> NoReturn:
        """Refused."""
        raise AbsentNameError(
            "tensorflow.Session.run is not here: everything is computed at once. Instead: fit, predict and evaluate of the model, or "
            "numpy.asarray(array) for its numbers."
        )

    close = nothing


InteractiveSession = Session
_GRAPH, _SESSION = Graph(), Session()


def get_default_graph() -> Graph:
    """The one place that there is; `with graph.as_default():` does nothing."""
    return _GRAPH


def get_default_session() -> Session:
    """A session that holds nothing."""
    return _SESSION


def reset_default_graph() -> None:
    """Names of layers are counted anew, as after keras.backend.clear_session()."""
    from chainrule.backend import clear_session

    clear_session()
