"""Attention: every query takes a mix of the values, in proportion to how well their keys fit it."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.looking_up import d_scores, mask_of, may_look, shares_of, transposed
from chainrule.layers.naming import Shape

SCORES = ("concat", "dot")


class Attention(Layer):
    """Dot-product attention.   [query (batch, T, n), value (batch, S, m)] and key (batch, S, n) -> (batch, T, m)

    Called with a list of two (the value is the key too) or three.  use_scale: one weight times the scores.
    score_mode: "dot" is q kᵀ; "concat" is w Σ tanh(scale · (q + k)), with a weight w.  dropout: of the shares.
    Called with use_causal_mask=True no query looks at later keys; with return_attention_scores=True the shares come
    out too. Settings, defaults and weights are those of Keras's Attention.
    Luong et al. (2015); "concat" after Bahdanau et al. (2014).

    >>> q, v = np.array([[[9., 0.]]]), np.array([[[9., 0.], [0., 9.]]])
    >>> Attention().forward({}, (q, v))[0].round(3)                  # the query fits the first key
    array([[[9., 0.]]])
    """

    weight_names: ClassVar[tuple[str, ...]] = ("scale", "concat_score_weight")

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if score_mode not in SCORES:
            raise unknown("score_mode", score_mode, SCORES)
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
            raise SettingError(f"Attention's dropout is a share from 0 to below 1; it got {dropout!r}.")
        self.use_scale, self.score_mode, self.dropout, self.seed = (
            bool(use_scale),
            score_mode,
            float(dropout),
            seed,
        )
        self.call_settings: dict[str, bool] = {}

    # ── the maths ────────────────────────────────────────────────────────────────────────────────────────────────
    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        q, v, k = x if len(x) == 3 else (*x, x[1])
        xp = namespace(q)
        s, bent = self.scores(params, q, k)
        causal = self.call_settings.get("use_causal_mask", False)
        allowed = may_look(mask_of(context.mask, 1), q.shape[1], k.shape[1], causal, q)
        shares = shares_of(s, allowed, context.noise, self.dropout)
        y, asked = shares.used @ v, mask_of(context.mask, 0)
        if asked is not None:
            y = xp.where(asked[..., None], y, 0)
        scored = self.call_settings.get("return_attention_scores", False)
        return ((y, shares.used) if scored else y), (x, s, shares, bent, asked)

    def backward_and_gradients(self, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
        x, s, shares, bent, asked = cache
        q, v, k = x if len(x) == 3 else (*x, x[1])
        xp = namespace(q)
        dy, d_used = (*dy, None)[:2] if isinstance(dy, tuple) else (dy, None)
        dy = xp.zeros((*q.shape[:-1], v.shape[-1]), q.dtype) if dy is None else dy
        dy = dy if asked is None else xp.where(asked[..., None], dy, 0)
        dv = transposed(shares.used) @ dy  # dv = aᵀ dy
        da = dy @ transposed(v)  # da = dy vᵀ
        ds = d_scores(da if d_used is None else da + d_used, shares)
        dq, dk, grads = self.scores_backward(params, (q, k), (s, bent), ds)
        return ((dq, dv, dk) if len(x) == 3 else (dq, dv + dk)), grads

    def scores(self, params: Params, q: Array, k: Array) -> tuple[Array, Any]:
        """How well each key fits each query, (batch, T, S), and what the way back needs of it."""
        scale = params["scale"] if self.use_scale else 1
        if self.score_mode == "dot":
            return scale * (q @ transposed(k)), None  # s = scale · q kᵀ
        bent = namespace(q).tanh(scale * pairs(q, k))
        return params["concat_score_weight"] * bent.sum(axis=-1), bent  # s = w Σ tanh(scale · (q + k))

    def scores_backward(self, params: Params, x: Any, kept: Any, ds: Array) -> tuple[Array, Array, Params]:
        """The derivatives by query, key and the weights of the scores, from that by the scores."""
        (q, k), (s, bent) = x, kept
        scale, grads = params["scale"] if self.use_scale else 1, {}
        if self.score_mode == "dot":
            if self.use_scale:
                grads["scale"] = (ds * (s / scale)).sum()  # dscale = Σ ds q kᵀ
            return scale * (ds @ k), scale * (transposed(ds) @ q), grads  # dq = scale · ds k
        inside = (params["concat_score_weight"] * ds)[..., None] * (1 - bent * bent)  # by scale · (q + k)
        if self.use_scale:
            grads["scale"] = (inside * pairs(q, k)).sum()
        grads["concat_score_weight"] = (ds * bent.sum(axis=-1)).sum()  # dw = Σ ds Σ tanh
        return scale * inside.sum(axis=2), scale * inside.sum(axis=1), grads

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        return self.backward_and_gradients(params, cache, dy)[0]

    def gradients(self, params: Params, cache: Any, dy: Any) -> Params:
        return self.backward_and_gradients(params, cache, dy)[1]

    def next_mask(self, x: Any, mask: Any) -> Any:
        asked = mask_of(mask, 0)
        return (asked, None) if self.call_settings.get("return_attention_scores") else asked

    # ── shapes and settings ──────────────────────────────────────────────────────────────────────────────────────
    def inputs_of(
        self,
        x: Any,
        *more: Any,
        use_causal_mask: bool = False,
        return_attention_scores: bool = False,
        **named: Any,
    ) -> Any:
        """[query, value] or [query, value, key], and how this call looks."""
        self.call_settings = called(
            self, use_causal_mask=use_causal_mask, return_attention_scores=return_attention_scores
        )
        return super().inputs_of(x, *more, **named)

    def stored_arguments(self, given: list[Any]) -> list[Any]:
        """How a file holds the inputs: one list."""
        return [given]

    def output_shape_for(self, input_shape: Any) -> Any:
        shapes: tuple[Any, ...] = (
            input_shape if input_shape and isinstance(input_shape[0], (tuple, list)) else ()
        )
        if len(shapes) not in (2, 3) or any(len(s) != 2 for s in shapes):
            raise ShapeError(
                f"{self.label} takes a list of query and value, and maybe key, each (times, numbers); it got "
                f"{input_shape}."
            )
        q, v, k = shapes if len(shapes) == 3 else (*shapes, shapes[1])
        if q[1] != k[1] or v[0] != k[0]:
            raise ShapeError(
                f"{self.label}: query and key need as many numbers at a time, value and key as many times; they are "
                f"query {q}, value {v}, key {k}."
            )
        y: Shape = (q[0], v[1])
        return (y, (q[0], k[0])) if self.call_settings.get("return_attention_scores") else y

    def stored_names(self) -> list[str]:
        return ["scale"] * self.use_scale + ["concat_score_weight"] * (self.score_mode == "concat")

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        return dict.fromkeys(self.stored_names(), ())

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        return {name: np.ones((), np.float32) for name in self.weight_shapes(input_shape)}

    def multiplications(self, input_shape: Any) -> int:
        q, v = input_shape[:2]
        return int(q[0] * v[0] * (q[1] + v[1]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "dropout": self.dropout,
            "seed": self.seed,
        }


def pairs(q: Array, k: Array) -> Array:
    """The sum of each query and each key: (batch, T, n), (batch, S, n) -> (batch, T, S, n)"""
    return q[:, :, None, :] + k[:, None, :, :]


def called(layer: Any, **settings: bool) -> dict[str, bool]:
    """What a call asks for beside its inputs; a layer that was called otherwise before is refused."""
    asked = {name: True for name, value in settings.items() if value}
    if layer.built and layer.call_settings != asked:
        raise SettingError(
            f"{layer.label} was called with other settings before ({layer.call_settings or 'none'}); use a new layer."
        )
    return asked
