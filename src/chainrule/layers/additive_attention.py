"""AdditiveAttention: attention whose scores are sums of bent sums, Σ scale · tanh(q + k)."""

from typing import Any

import numpy as np

from chainrule import initializers
from chainrule.arrays import Array, Params, namespace
from chainrule.layers.attention import Attention, pairs
from chainrule.layers.naming import Shape


class AdditiveAttention(Attention):
    """Additive attention.   [query (batch, T, n), value (batch, S, m)] and key (batch, S, n) -> (batch, T, m)

        s = Σ scale · tanh(q + k)        the score of each query and key; one scale for each of their numbers
        y = softmax(s) v

    Called as `Attention` is, with a list of two or three.  use_scale: whether there are scales to learn.  dropout: of
    the shares. Settings, defaults and weights are those of Keras's AdditiveAttention.  Bahdanau et al. (2014).

    >>> q, v = np.array([[[1.]]]), np.array([[[2.], [4.]]])
    >>> AdditiveAttention(use_scale=False).forward({}, (q, v))[0].round(3)
    array([[[3.002]]])
    """

    weight_names = ("scale",)

    def __init__(
        self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **settings: Any
    ) -> None:
        super().__init__(use_scale, "concat", dropout, seed, **settings)

    def scores(self, params: Params, q: Array, k: Array) -> tuple[Array, Any]:
        bent = namespace(q).tanh(pairs(q, k))
        return (bent * params["scale"] if self.use_scale else bent).sum(
            axis=-1
        ), bent  # s = Σ scale · tanh(q + k)

    def scores_backward(self, params: Params, x: Any, kept: Any, ds: Array) -> tuple[Array, Array, Params]:
        bent = kept[1]
        d_bent = ds[..., None] * params["scale"] if self.use_scale else ds[..., None]
        inside = d_bent * (1 - bent * bent)  # by q + k
        grads = (
            {"scale": (ds[..., None] * bent).sum(axis=(0, 1, 2))} if self.use_scale else {}
        )  # dscale = Σ ds tanh
        return inside.sum(axis=2), inside.sum(axis=1), grads

    def stored_names(self) -> list[str]:
        return ["scale"] * self.use_scale

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        self.output_shape_for(input_shape)  # which refuses what is no query and value
        return {"scale": (input_shape[0][-1],)} if self.use_scale else {}

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        draw = initializers.get("glorot_uniform")
        return {name: draw(shape, rng) for name, shape in self.weight_shapes(input_shape).items()}

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["score_mode"]
        return config
