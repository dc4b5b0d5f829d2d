"""LSTM: a second state, the cell, that gates write, keep and read, so that what was long ago still has a derivative."""

from typing import Any

import numpy as np

from chainrule import activations
from chainrule.arrays import Array, Params, namespace
from chainrule.layers.gate_dropout import masked_product, masked_product_backward
from chainrule.layers.recurrent import Recurrent, derivative
from chainrule.layers.stateful import States


class LSTM(Recurrent):
    """Long short-term memory.   x (batch, times, n) -> (batch, units)

        i, f, o = σ(x W + b + h U)         input, forget and output gate, each with its block of the kernels
        g       = tanh(x W + b + h U)      the candidate
        c'      = f · c + i · g            the cell keeps a share of itself and takes a share of the candidate
        h'      = o · tanh(c')

    The blocks lie in Keras's order i, f, g, o.  unit_forget_bias: the forget gate's bias begins at 1, open.
    The other settings are those of `SimpleRNN`; defaults and weights are those of Keras's LSTM.
    Hochreiter and Schmidhuber (1997); forget gate: Gers, Schmidhuber and Cummins (2000).

    >>> LSTM(8).weight_shapes((20, 3))
    {'kernel': (3, 32), 'recurrent_kernel': (8, 32), 'bias': (32,)}
    """

    gate_count, state_count = 4, 2

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        **settings: Any,
    ) -> None:
        settings.pop("implementation", None)  # how Keras multiplies; the result is the same
        settings.pop("use_cudnn", None)
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            **settings,
        )
        self.recurrent_activation = activations.name_of(recurrent_activation)
        self.unit_forget_bias = bool(unit_forget_bias)

    @property
    def keeps_sums(self) -> bool:
        """Whether an activation's derivative needs what went in, and not only what came out."""
        return not {self.activation, self.recurrent_activation} <= activations.FROM_OUTPUT

    def cell(self, params: Params, states: States, sums: Array, drop: Array | None) -> tuple[States, States]:
        xp, u = namespace(sums), self.units
        bend, gate = (
            activations.RULES[self.activation].forward,
            activations.RULES[self.recurrent_activation].forward,
        )
        h, c = states
        z = sums + masked_product(h, params["recurrent_kernel"], drop)  # z = x W + b + h U, four blocks
        i_f, g, o = gate(z[:, : 2 * u]), bend(z[:, 2 * u : 3 * u]), gate(z[:, 3 * u :])
        c = i_f[:, u:] * c + i_f[:, :u] * g  # c' = f · c + i · g
        a = bend(c)
        h = o * a  # h' = o · tanh(c')
        kept = (xp.concatenate([i_f, g, o], axis=1), a)
        return (h, c), (*kept, z, c) if self.keeps_sums else kept

    def cell_backward(
        self, params: Params, d_states: States, states: States, kept: States, drop: Array | None
    ) -> tuple[States, States]:
        xp, (dh, dc), c = namespace(d_states[0]), d_states, states[1]
        gates, a, z, c_after = kept if self.keeps_sums else (*kept, None, None)
        i, f, g, o = xp.split(gates, 4, axis=1)
        zi, zf, zg, zo = (None,) * 4 if z is None else xp.split(z, 4, axis=1)
        dc = dc + derivative(self.activation, dh * o, c_after, a)  # dc' += dh' · o · (1 - tanh² c')
        bent = self.recurrent_activation
        dz = xp.concatenate(
            [
                derivative(bent, dc * g, zi, i),  # di = dc' · g
                derivative(bent, dc * c, zf, f),  # df = dc' · c
                derivative(self.activation, dc * i, zg, g),  # dg = dc' · i
                derivative(bent, dh * a, zo, o),  # do = dh' · tanh(c')
            ],
            axis=1,
        )
        dh = masked_product_backward(dz, params["recurrent_kernel"], drop)  # dh = dz Uᵀ
        return (dh, dc * f), (dz,)  # dc = dc' · f: as long as f is near 1 it arrives undiminished

    def first_bias(self, rng: "np.random.Generator") -> np.ndarray:
        if not self.unit_forget_bias:
            return super().first_bias(rng)
        i = self.bias_initializer((self.units,), rng)
        return np.concatenate([i, np.ones_like(i), self.bias_initializer((2 * self.units,), rng)])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "recurrent_activation": self.recurrent_activation,
            "unit_forget_bias": self.unit_forget_bias,
        }
