"""GRU: one state and two gates; it keeps a share of itself and takes the rest from a candidate."""

from typing import Any

from chainrule import activations
from chainrule.arrays import Array, Params, namespace
from chainrule.layers.gate_dropout import (
    masked_kernel_gradient,
    masked_product,
    masked_product_backward,
)
from chainrule.layers.naming import Shape
from chainrule.layers.recurrent import Recurrent, derivative
from chainrule.layers.stateful import States


class GRU(Recurrent):
    """Gated recurrent unit.   x (batch, times, n) -> (batch, units)

        z, r = σ(x W + b + h U)                  update and reset gate, each with its block of the kernels
        g    = tanh(x W + b + r · (h U + b'))    the candidate        (reset_after=True, Keras's default)
        g    = tanh(x W + b + (r · h) U)                              (reset_after=False, as first published)
        h'   = z · h + (1 - z) · g

    The blocks lie in Keras's order z, r, g; with reset_after the bias is (2, 3 units): b, and b' of the recurrent sums.
    The other settings are those of `SimpleRNN`; defaults and weights are those of Keras's GRU.
    Cho et al. (2014).

    >>> GRU(8).weight_shapes((20, 3))
    {'kernel': (3, 24), 'recurrent_kernel': (8, 24), 'bias': (2, 24)}
    """

    gate_count = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *settings_in_order: Any,
        reset_after: bool = True,
        **settings: Any,
    ) -> None:
        settings.pop("implementation", None)  # how Keras multiplies; the result is the same
        settings.pop("use_cudnn", None)
        super().__init__(units, activation, *settings_in_order, **settings)
        self.recurrent_activation = activations.name_of(recurrent_activation)
        self.reset_after = bool(reset_after)

    @property
    def keeps_sums(self) -> bool:
        """Whether an activation's derivative needs what went in, and not only what came out."""
        return not {self.activation, self.recurrent_activation} <= activations.FROM_OUTPUT

    @property
    def bias_shape(self) -> Shape:
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def input_bias(self, params: Params) -> Array:
        return params["bias"][0] if self.reset_after else params["bias"]

    def cell(self, params: Params, states: States, sums: Array, drop: Array | None) -> tuple[States, States]:
        xp, u, (h,) = namespace(sums), self.units, states
        bend, gate = (
            activations.RULES[self.activation].forward,
            activations.RULES[self.recurrent_activation].forward,
        )
        kernel = params["recurrent_kernel"]
        if self.reset_after:
            recurrent = masked_product(h, kernel, drop)
            if self.use_bias:
                recurrent = recurrent + params["bias"][1]
            s = sums[:, : 2 * u] + recurrent[:, : 2 * u]
            z_r, seen = (
                gate(s),
                recurrent[:, 2 * u :],
            )  # seen: what the candidate sees of the state, before the reset
            s_g = sums[:, 2 * u :] + z_r[:, u:] * seen  # r · (h U + b')
        else:
            first = None if drop is None else drop[:2]
            s = sums[:, : 2 * u] + masked_product(h, kernel[:, : 2 * u], first)
            z_r = gate(s)
            seen = h if drop is None else h * drop[2]
            s_g = sums[:, 2 * u :] + (z_r[:, u:] * seen) @ kernel[:, 2 * u :]  # (r · h) U
        z, g = z_r[:, :u], bend(s_g)
        h = z * h + (1 - z) * g
        kept = (xp.concatenate([z_r, g], axis=1), seen)
        return (h,), (*kept, xp.concatenate([s, s_g], axis=1)) if self.keeps_sums else kept

    def cell_backward(
        self, params: Params, d_states: States, states: States, kept: States, drop: Array | None
    ) -> tuple[States, States]:
        xp, u, (dh,), (h,) = namespace(d_states[0]), self.units, d_states, states
        gates, seen, s = kept if self.keeps_sums else (*kept, None)
        z, r, g = xp.split(gates, 3, axis=1)
        sz, sr, sg = (None,) * 3 if s is None else xp.split(s, 3, axis=1)
        kernel, bent = params["recurrent_kernel"], self.recurrent_activation

        d_g = derivative(self.activation, dh * (1 - z), sg, g)  # dg = dh' · (1 - z)
        d_z = derivative(bent, dh * (h - g), sz, z)  # dz = dh' · (h - g)
        if self.reset_after:
            d_r = derivative(bent, d_g * seen, sr, r)  # dr = dg · (h U + b')
            d_sums = xp.concatenate([d_z, d_r, d_g], axis=1)
            d_recurrent = xp.concatenate([d_z, d_r, d_g * r], axis=1)
            return (dh * z + masked_product_backward(d_recurrent, kernel, drop),), (d_sums, d_recurrent)
        d_reset = d_g @ kernel[:, 2 * u :].T  # by r · h
        d_r = derivative(bent, d_reset * seen, sr, r)
        d_seen = d_reset * r if drop is None else d_reset * r * drop[2]
        d_zr = xp.concatenate([d_z, d_r], axis=1)
        through = masked_product_backward(d_zr, kernel[:, : 2 * u], None if drop is None else drop[:2])
        return (dh * z + through + d_seen,), (xp.concatenate([d_zr, d_g], axis=1),)

    def recurrent_gradients(
        self, params: Params, h_before: Array, kept: States, d_sums: States, drop: Array | None
    ) -> Params:
        xp, u = namespace(h_before), self.units
        if self.reset_after:
            grads = {"recurrent_kernel": masked_kernel_gradient(h_before, d_sums[1], drop)}
            if self.use_bias:
                grads["bias"] = xp.stack([d.sum(axis=(0, 1)) for d in d_sums])  # b of x W, b' of h U
            return grads
        r_h = kept[0][..., u : 2 * u] * kept[1]
        first = masked_kernel_gradient(h_before, d_sums[0][..., : 2 * u], None if drop is None else drop[:2])
        last = masked_kernel_gradient(
            r_h, d_sums[0][..., 2 * u :], None
        )  # dU of the candidate = Σ (r · h)ᵀ dg
        grads = {"recurrent_kernel": xp.concatenate([first, last], axis=1)}
        if self.use_bias:
            grads["bias"] = d_sums[0].sum(axis=(0, 1))
        return grads

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "recurrent_activation": self.recurrent_activation,
            "reset_after": self.reset_after,
        }
