"""PositionalEmbedding: what a word is plus where it stands, so that attention knows the order."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.embedding import Embedding
from chainrule.layers.naming import Shape


class PositionalEmbedding(Layer):
    """A row for each word plus a row for each place.   x (batch, times) -> (batch, times, output_dim)

        y_t = tokens[x_t] + positions[t]

    sequence_length: how many places there are, at least as many as times.  input_dim: words.  output_dim: numbers a
    word.  mask_zero: the word 0 means "nothing here". Keras has no such layer; its users write it like this.
    Gehring et al. (2017); Vaswani et al. (2017), section 3.5; Chollet, Deep Learning with Python, chapter 11.

    >>> w = {"token_embeddings": np.array([[0.], [10.]]), "position_embeddings": np.array([[1.], [2.], [3.]])}
    >>> PositionalEmbedding(3, 2, 1).forward(w, np.array([[1, 0, 1]]))[0].ravel()
    array([11.,  2., 13.])
    """

    weight_names = ("token_embeddings", "position_embeddings")

    def __init__(
        self, sequence_length: int, input_dim: int, output_dim: int, mask_zero: bool = False, **settings: Any
    ) -> None:
        super().__init__(**settings)
        if (
            not isinstance(sequence_length, (int, np.integer))
            or isinstance(sequence_length, bool)
            or sequence_length < 1
        ):
            raise SettingError(
                f"PositionalEmbedding needs a whole sequence_length, 1 or more; it got {sequence_length!r}."
            )
        self.sequence_length, self.mask_zero = int(sequence_length), bool(mask_zero)
        self.tokens = Embedding(input_dim, output_dim, mask_zero=mask_zero)
        self.input_dim, self.output_dim = self.tokens.input_dim, self.tokens.output_dim

    def init(self, rng: "np.random.Generator", input_shape: Shape) -> Params:
        draw = self.tokens.embeddings_initializer
        return {name: draw(shape, rng) for name, shape in self.weight_shapes(input_shape).items()}

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        self.tokens.name = self.name
        words, cache = self.tokens.forward({"embeddings": params["token_embeddings"]}, x)
        return words + params["position_embeddings"][: x.shape[1]], cache

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return self.tokens.backward({}, cache, dy)

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        of_words = self.tokens.gradients({"embeddings": params["token_embeddings"]}, cache, dy)
        by_place = dy.sum(axis=0)  # every example has the same places
        missing = self.sequence_length - by_place.shape[0]
        if missing:  # places beyond the end learn nothing
            xp = namespace(dy)
            by_place = xp.concatenate([by_place, xp.zeros((missing, by_place.shape[1]), dy.dtype)])
        return {"token_embeddings": of_words["embeddings"], "position_embeddings": by_place}

    def next_mask(self, x: Array, mask: Any) -> Any:
        return self.tokens.next_mask(x, mask)

    def check_values(self, x: Any) -> None:
        """DataError where a number has no row of its own."""
        self.tokens.name = self.name
        self.tokens.check_values(x)

    def output_shape_for(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1 or input_shape[0] > self.sequence_length:
            raise ShapeError(
                f"{self.label} takes rows of at most {self.sequence_length} words; one example has the shape {input_shape}."
            )
        return (*input_shape, self.output_dim)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {
            "token_embeddings": (self.input_dim, self.output_dim),
            "position_embeddings": (self.sequence_length, self.output_dim),
        }

    def multiplications(self, input_shape: Shape) -> int:
        return 0  # it looks up and adds

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "sequence_length": self.sequence_length,
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "mask_zero": self.mask_zero,
        }
