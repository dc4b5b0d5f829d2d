"""MultiHeadAttention: several attentions side by side, each looking through projections of its own."""

import math
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.attention import called
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.looking_up import both, d_scores, mask_of, may_look, shares_of, transposed
from chainrule.layers.naming import Shape
from chainrule.layers.weighted import WeightedLayer

PARTS = ("query", "key", "value", "output")


class MultiHeadAttention(WeightedLayer):
    """Attention of several heads.   query (batch, T, n), value (batch, S, m), key (batch, S, l) -> (batch, T, n)

        q, k, v = query W_q + b_q, key W_k + b_k, value W_v + b_v         for every head
        y       = softmax(q kᵀ / √key_dim) v                              each head by itself
        out     = [y of all heads] W_o + b_o

    Called as layer(query, value) or layer(query, value, key); with use_causal_mask=True no time looks at later ones,
    with return_attention_scores=True the shares (batch, heads, T, S) come out too.  num_heads, key_dim: heads, and the
    numbers of a key; value_dim: those of a value (default key_dim); output_shape: numbers of the output (default n).
    Settings, defaults and weights are those of Keras's MultiHeadAttention.  Vaswani et al. (2017).

    >>> MultiHeadAttention(2, 3).weight_shapes(((5, 4), (5, 4)))["query_kernel"]
    (4, 2, 3)
    """

    weight_names = tuple(f"{p}_{w}" for p in PARTS for w in ("kernel", "bias"))
    settings_of: ClassVar[dict[str, str]] = {f"{p}_{w}": w for p in PARTS for w in ("kernel", "bias")}

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        for name, value in (
            ("num_heads", num_heads),
            ("key_dim", key_dim),
            ("value_dim", value_dim or key_dim),
        ):
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise SettingError(f"MultiHeadAttention needs a whole {name}, 1 or more; it got {value!r}.")
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
            raise SettingError(
                f"MultiHeadAttention's dropout is a share from 0 to below 1; it got {dropout!r}."
            )
        if attention_axes is not None and attention_axes not in (1, -2, (1,), (-2,), [1], [-2]):
            raise SettingError(
                f"MultiHeadAttention attends along the times, axis 1; attention_axes={attention_axes!r} is not supported."
            )
        for name, other in (("sliding_window", sliding_window), ("use_gate", use_gate), ("flash_attention", flash_attention),
                            ("activity_regularizer", activity_regularizer)):  # fmt: skip
            if other:
                raise SettingError(f"MultiHeadAttention: {name}={other!r} is not supported; leave it out.")
        if isinstance(output_shape, (list, tuple)) and len(output_shape) == 1:
            output_shape = output_shape[0]
        if output_shape is not None and (not isinstance(output_shape, int) or output_shape < 1):
            raise SettingError(
                f"MultiHeadAttention's output_shape is one whole number; it got {output_shape!r}."
            )
        self.num_heads, self.key_dim, self.value_dim = int(num_heads), int(key_dim), int(value_dim or key_dim)
        self.dropout, self.use_bias, self.output_units, self.seed = (
            float(dropout),
            bool(use_bias),
            output_shape,
            seed,
        )
        self.set_up_weights(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        self.call_settings: dict[str, bool] = {}

    # ── the maths ────────────────────────────────────────────────────────────────────────────────────────────────
    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        inputs = x if len(x) == 3 else (*x, x[1])  # query, value, key
        q, v, k = (
            self.projected(params, part, i) for part, i in zip(("query", "value", "key"), inputs, strict=True)
        )
        allowed = self.allowed(context.mask, q, k)
        scored = self.call_settings.get("return_attention_scores", False)
        s = q @ transposed(k) / math.sqrt(self.key_dim)
        # Keras has two ways: with shares asked for or dropout, a query that may look nowhere takes nothing
        shares = shares_of(s, allowed, context.noise, self.dropout, nothing=scored or self.dropout > 0)
        heads = joined(shares.used @ v)  # (batch, T, heads · value_dim)
        out = heads @ flat(params["output_kernel"], 2)
        if self.use_bias:
            out = out + params["output_bias"]
        return ((out, shares.used) if scored else out), (inputs, len(x), q, v, k, shares, heads)

    def projected(self, params: Params, part: str, x: Array) -> Array:
        """x W + b of every head.   (batch, T, n) -> (batch, heads, T, numbers)"""
        kernel = params[f"{part}_kernel"]
        z = x @ flat(kernel, 1)
        z = z.reshape(*x.shape[:2], *kernel.shape[1:])
        return (z + params[f"{part}_bias"] if self.use_bias else z).swapaxes(1, 2)

    def allowed(self, masks: Any, q: Array, k: Array) -> Array | None:
        """Where the queries may look, for all heads: both count, and if causal not later."""
        causal = self.call_settings.get("use_causal_mask", False)
        found = may_look(mask_of(masks, 1), q.shape[2], k.shape[2], causal, q)
        for_keys, for_queries = mask_of(masks, 2), mask_of(masks, 0)
        found = both(found, None if for_keys is None else for_keys.astype(bool)[:, None, :])
        found = both(found, None if for_queries is None else for_queries.astype(bool)[:, :, None])
        return None if found is None else found[:, None]

    def backward_and_gradients(self, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
        inputs, count, q, v, k, shares, heads = cache
        xp = namespace(q)
        dy, d_used = (*dy, None)[:2] if isinstance(dy, tuple) else (dy, None)
        kernel = params["output_kernel"]
        dy = xp.zeros((*heads.shape[:2], kernel.shape[-1]), heads.dtype) if dy is None else dy
        grads = self.part_gradients("output", kernel, heads, dy)
        d_heads = apart(dy @ flat(kernel, 2).T, self.num_heads)  # (batch, heads, T, value_dim)

        dv = transposed(shares.used) @ d_heads  # dv = aᵀ dy
        da = d_heads @ transposed(v)  # da = dy vᵀ
        ds = d_scores(da if d_used is None else da + d_used, shares) / math.sqrt(self.key_dim)
        dq, dk = ds @ k, transposed(ds) @ q

        dx = []
        for part, x, d in zip(("query", "value", "key"), inputs, (dq, dv, dk), strict=True):
            dz = joined(d)
            grads |= self.part_gradients(part, params[f"{part}_kernel"], x, dz)
            dx.append(dz @ flat(params[f"{part}_kernel"], 1).T)  # dx = dz Wᵀ
        grads = {name: grads[name] for name in self.weight_names if name in grads}
        return (tuple(dx) if count == 3 else (dx[0], dx[1] + dx[2])), grads

    def part_gradients(self, part: str, kernel: Array, x: Array, dz: Array) -> Params:
        """dW = Σ xᵀ dz and db = Σ dz of one projection."""
        x, dz = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
        grads = {f"{part}_kernel": (x.T @ dz).reshape(kernel.shape)}
        if self.use_bias:
            shape = kernel.shape[2:] if part == "output" else kernel.shape[1:]
            grads[f"{part}_bias"] = dz.sum(axis=0).reshape(shape)
        return grads

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        return self.backward_and_gradients(params, cache, dy)[0]

    def gradients(self, params: Params, cache: Any, dy: Any) -> Params:
        return self.backward_and_gradients(params, cache, dy)[1]

    def next_mask(self, x: Any, mask: Any) -> Any:
        asked = mask_of(mask, 0)
        return (asked, None) if self.call_settings.get("return_attention_scores") else asked

    # ── shapes and settings ──────────────────────────────────────────────────────────────────────────────────────
    def inputs_of(  # type: ignore[override]
        self, query: Any, value: Any = None, key: Any = None, use_causal_mask: bool = False,
        return_attention_scores: bool = False, **named: Any,
    ) -> Any:  # fmt: skip
        """layer(query, value), maybe with a key, and how this call looks."""
        if named.pop("attention_mask", None) is not None:
            raise SettingError(
                f"{self.label}: attention_mask is not supported; mask the inputs, or use_causal_mask."
            )
        if value is None and not isinstance(query, tuple):
            raise SettingError(
                f"{self.label} is called with a query and a value: layer(x, x) looks within x."
            )
        self.call_settings = called(
            self, use_causal_mask=use_causal_mask, return_attention_scores=return_attention_scores
        )
        if value is None:
            return super().inputs_of(query, **named)
        super().inputs_of(query, **named)
        return (query, value) if key is None else (query, value, key)

    def stored_arguments(self, given: list[Any]) -> list[Any]:
        """How a file holds the inputs: query, value and key one by one."""
        return given

    def output_shape_for(self, input_shape: Any) -> Any:
        q, _, k = self.shapes(input_shape)
        y: Shape = (q[0], self.output_units or q[1])
        return (y, (self.num_heads, q[0], k[0])) if self.call_settings.get("return_attention_scores") else y

    def shapes(self, input_shape: Any) -> tuple[Shape, Shape, Shape]:
        """The shapes of query, value and key; ShapeError where they do not fit."""
        found: Any = input_shape if input_shape and isinstance(input_shape[0], (tuple, list)) else ()
        if len(found) not in (2, 3) or any(len(s) != 2 for s in found):
            raise ShapeError(
                f"{self.label} takes query and value, and maybe key, each (times, numbers); it got {input_shape}."
            )
        q, v, k = found if len(found) == 3 else (*found, found[1])
        if v[0] != k[0]:
            raise ShapeError(f"{self.label}: value and key need as many times; they are {v} and {k}.")
        return q, v, k

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        q, v, k = self.shapes(input_shape)
        h, n, m = self.num_heads, self.key_dim, self.value_dim
        kernels = {"query": (q[1], h, n), "key": (k[1], h, n), "value": (v[1], h, m)}
        kernels["output"] = (h, m, self.output_units or q[1])
        shapes: dict[str, Shape] = {}
        for part, shape in kernels.items():
            shapes[f"{part}_kernel"] = shape
            if self.use_bias:
                shapes[f"{part}_bias"] = shape[2:] if part == "output" else shape[1:]
        return shapes

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        params = {}
        for name, shape in self.weight_shapes(input_shape).items():
            if name.endswith("kernel"):  # what it connects: all numbers of a time with those of all heads
                wide = (
                    (math.prod(shape[:2]), shape[2])
                    if name == "output_kernel"
                    else (shape[0], math.prod(shape[1:]))
                )
                params[name] = self.of(name, "initializer")(wide, rng).reshape(shape)
            else:
                params[name] = self.of(name, "initializer")(shape, rng)
        return params

    def stored_names(self) -> list[str]:
        return [name for name in self.weight_names if self.use_bias or not name.endswith("bias")]

    def asked(self, what: str) -> dict[str, Any]:
        return {k: v for k, v in super().asked(what).items() if self.use_bias or not k.endswith("bias")}

    def multiplications(self, input_shape: Any) -> int:
        q, v, k = self.shapes(input_shape)
        shapes = self.weight_shapes(input_shape)
        times = {"query": q[0], "key": k[0], "value": v[0], "output": q[0]}
        projections = sum(t * math.prod(shapes[f"{part}_kernel"]) for part, t in times.items())
        return projections + q[0] * k[0] * self.num_heads * (self.key_dim + self.value_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | self.weight_config() | {
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "output_shape": self.output_units,
            "seed": self.seed,
        }  # fmt: skip


def flat(kernel: Array, split: int) -> Array:
    """A kernel as a matrix: the first `split` axes are its rows."""
    return kernel.reshape(math.prod(kernel.shape[:split]), -1)


def joined(x: Array) -> Array:
    """(batch, heads, T, numbers) -> (batch, T, heads · numbers)"""
    return x.swapaxes(1, 2).reshape(x.shape[0], x.shape[2], -1)


def apart(x: Array, heads: int) -> Array:
    """The way back: (batch, T, heads · numbers) -> (batch, heads, T, numbers)"""
    return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)
