"""What a model file holds, whatever its format: plain dicts and arrays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from numpy.typing import NDArray

Arrays = list[NDArray[Any]]
Shapes = Sequence[Sequence[tuple[int, ...]]]
Plan = Callable[[dict[str, Any]], Shapes]


@dataclass
class ModelFile:
    """A model as it lies in a file.

    `config` is {"class_name": "Sequential", "config": {"name", "layers": [{"class_name", "config"}, ...]}}, in Keras
    3's words and without its modules; `weights` has one list of arrays for each of these layers, an InputLayer's being
    empty. `compile_config` (optimizer, loss, metrics) and `optimizer_weights` (iteration, learning rate, then each
    weight's own slots, in Keras's order) are None for a model that was not compiled or trained. `extras` is
    Chainrule's own: any dict that JSON can hold, which Keras ignores.

    >>> ModelFile({"class_name": "Sequential", "config": {"name": "empty", "layers": []}}, []).layers
    []
    """

    config: dict[str, Any]
    weights: list[Arrays]
    compile_config: dict[str, Any] | None = None
    optimizer_weights: Arrays | None = None
    extras: dict[str, Any] = field(default_factory=dict)
    format: str = "keras"
    weight_names: list[list[str]] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def layers(self) -> list[dict[str, Any]]:
        """The entries of the configuration's list of layers."""
        layers: list[dict[str, Any]] = self.config["config"]["layers"]
        return layers

    @property
    def name(self) -> str:
        """The model's name."""
        return str(self.config["config"].get("name") or "sequential")


class Want(NamedTuple):
    """What a reader asks for: the shapes it expects, whether the optimizer matters, and how strict to be."""

    plan: Plan | None = None
    optimizer: bool = True
    strict: bool = False
