"""Embedding: a row of numbers for each word; learning moves the rows of the words that were there."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, namespace, scatter_add
from chainrule.errors import DataError, SettingError
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.naming import Shape
from chainrule.layers.weighted import WeightedLayer


class Embedding(WeightedLayer):
    """Looks up a row of `output_dim` numbers for each whole number.   x (batch, ...) -> (batch, ..., output_dim)

    input_dim: how many rows there are; x must lie in 0..input_dim - 1 (integers, or floats that are whole).
    mask_zero: 0 means "nothing here"; the layers above pass over such times.
    Settings, defaults and the weight (embeddings (input_dim, output_dim)) are those of Keras's Embedding.

    >>> table = {"embeddings": np.array([[0., 0.], [1., 2.], [3., 4.]])}
    >>> Embedding(3, 2).forward(table, np.array([[2, 1]]))[0]
    array([[[3., 4.],
            [1., 2.]]])
    """

    weight_names = ("embeddings",)
    settings_of: ClassVar[dict[str, str]] = {"embeddings": "embeddings"}

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        input_length: int | None = None,
        **settings: Any,
    ) -> None:
        if input_length is not None:  # Keras 1 and 2: how many words an example has
            settings.setdefault("input_shape", (input_length,))
        super().__init__(**settings)
        for name, value in (("input_dim", input_dim), ("output_dim", output_dim)):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise SettingError(f"Embedding needs a whole number for {name}, 1 or more; it got {value!r}.")
        self.input_dim, self.output_dim = int(input_dim), int(output_dim)
        self.set_up_weights(
            embeddings=(embeddings_initializer, embeddings_regularizer, embeddings_constraint)
        )
        self.mask_zero = bool(mask_zero)
        if weights is not None:
            given = weights[0] if isinstance(weights, (list, tuple)) and weights else weights
            rows = np.array(given if np.asarray(given).dtype.kind in "fiu" else [], np.float32)
            if rows.shape != (self.input_dim, self.output_dim):
                raise SettingError(
                    f"Embedding's weights must be one array of shape ({input_dim}, {output_dim}); it got {rows.shape}."
                )
            self.params = {"embeddings": rows}

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        if namespace(x) is np:
            self.check_values(x)
        index = x.astype(np.int32)
        return params["embeddings"][index], index  # y = E[x]

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return namespace(dy).zeros(cache.shape, dy.dtype)  # whole numbers cannot move a little

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        table = params["embeddings"]  # dE[word] = the sum of dy over the places where the word stood
        return {"embeddings": scatter_add(table.shape, cache.reshape(-1), dy.reshape(-1, table.shape[1]))}

    def next_mask(self, x: Array, mask: Any) -> Any:
        return x != 0 if self.mask_zero else None

    def check_values(self, x: Any) -> None:
        """DataError where a number has no row of its own."""
        x = np.asarray(x)
        if not x.size:
            return
        low, high = x.min(), x.max()
        if not (low >= 0 and high < self.input_dim):
            found = f"numbers from {low:g} to {high:g}" if low != high else f"the number {low:g}"
            way_out = (
                f" Give it input_dim={int(high) + 1 if np.isfinite(high) else '...'} or more, or replace what lies outside."
                if low >= 0
                else " Numbers below 0 have no row: replace them, by 0 for what is padded or unknown."
            )
            raise DataError(
                f"{self.label} has rows for 0 to {self.input_dim - 1}; the input has {found}.{way_out}"
            )
        if x.dtype.kind == "f" and not (x == np.floor(x)).all():
            raise DataError(f"{self.label} takes whole numbers; the input has {x[x != np.floor(x)][0]:g}.")

    def output_shape_for(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.output_dim)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"embeddings": (self.input_dim, self.output_dim)}

    def multiplications(self, input_shape: Shape) -> int:
        return 0  # it looks up

    @property
    def embeddings(self) -> np.ndarray:
        """The rows, (input_dim, output_dim)."""
        return np.asarray(self.params["embeddings"])

    def get_config(self) -> dict[str, Any]:
        return (
            super().get_config()
            | self.weight_config()
            | {
                "input_dim": self.input_dim,
                "output_dim": self.output_dim,
                "mask_zero": self.mask_zero,
            }
        )
