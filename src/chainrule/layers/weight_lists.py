"""Which of a layer's weights learn, as lists of arrays under Keras's names."""

from typing import Any, ClassVar

import numpy as np

from chainrule.internal.absent_members import missing_member


class VariableNames:
    """Keras's other names for the lists of weights, of a layer and of a model alike."""

    @property
    def trainable_variables(self) -> list[np.ndarray]:
        """The same as `trainable_weights`."""
        return list(getattr(self, "trainable_weights"))  # noqa: B009 (of the layer or the model)

    @property
    def non_trainable_variables(self) -> list[np.ndarray]:
        """The same as `non_trainable_weights`."""
        return list(getattr(self, "non_trainable_weights"))  # noqa: B009

    @property
    def variables(self) -> list[np.ndarray]:
        """All weights, as `get_weights()` gives them."""
        return list(getattr(self, "get_weights")())  # noqa: B009


class WeightLists(VariableNames):
    """The lists, for what has `weight_names`, `non_trainable_names`, `params` and `trainable`."""

    kind_in_keras = "Layer"
    weight_names: ClassVar[tuple[str, ...]]
    non_trainable_names: ClassVar[tuple[str, ...]]
    params: Any
    trainable: Any

    def __getattr__(self, name: str) -> Any:
        """A weight by its name, a copy: layer.kernel, layer.gamma."""
        if name in type(self).weight_names and name in self.__dict__.get("params", {}):
            return np.array(self.__dict__["params"][name])
        raise missing_member(self, name)

    @property
    def trainable_weights(self) -> list[np.ndarray]:
        """Copies of the weights that learn."""
        own = [
            name for name in self.weight_names if name in self.params and name not in self.non_trainable_names
        ]
        return [np.array(self.params[name]) for name in own] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[np.ndarray]:
        """Copies of the weights that no gradient changes."""
        learned = (
            []
            if not self.trainable
            else [name for name in self.weight_names if name not in self.non_trainable_names]
        )
        return [
            np.array(self.params[name])
            for name in self.weight_names
            if name in self.params and name not in learned
        ]
