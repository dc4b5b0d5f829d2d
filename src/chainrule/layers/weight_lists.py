"""Which of a layer's weights learn, as lists of arrays under Keras's names."""

from typing import Any, ClassVar

import numpy as np


class WeightLists:
    """The lists, for what has `weight_names`, `non_trainable_names`, `params` and `trainable`."""

    weight_names: ClassVar[tuple[str, ...]]
    non_trainable_names: ClassVar[tuple[str, ...]]
    params: Any
    trainable: Any

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

    @property
    def trainable_variables(self) -> list[np.ndarray]:
        """The same as `trainable_weights`."""
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[np.ndarray]:
        """The same as `non_trainable_weights`."""
        return self.non_trainable_weights

    @property
    def variables(self) -> list[np.ndarray]:
        """All weights, as `get_weights()` gives them."""
        own: Any = self
        return list(own.get_weights())
