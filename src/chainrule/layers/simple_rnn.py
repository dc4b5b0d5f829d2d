"""SimpleRNN: the state is the output, and the next state sees it."""

from chainrule import activations
from chainrule.arrays import Array, Params
from chainrule.layers.gate_dropout import masked_product, masked_product_backward
from chainrule.layers.recurrent import Recurrent, derivative
from chainrule.layers.stateful import States


class SimpleRNN(Recurrent):
    """The plain recurrent network: h_t = f(x_t W + b + h_{t-1} U).   x (batch, times, n) -> (batch, units)

    units: outputs.  return_sequences: the output of every time, (batch, times, units).  return_state: the last
    state too.  go_backwards: from the last time to the first.  dropout, recurrent_dropout: shares of input and state
    left out while learning, the same at all times.  Settings, defaults and weights are those of Keras's SimpleRNN.
    Elman, "Finding structure in time" (1990).

    >>> import numpy as np
    >>> w = {"kernel": np.array([[1.]]), "recurrent_kernel": np.array([[0.5]]), "bias": np.zeros(1)}
    >>> x = np.array([[[4.], [2.], [0.]]])                      # one sequence of three numbers
    >>> SimpleRNN(1, activation="linear", return_sequences=True).forward(w, x)[0]
    array([[[4.],
            [4.],
            [2.]]])
    """

    def cell(self, params: Params, states: States, sums: Array, drop: Array | None) -> tuple[States, States]:
        z = sums + masked_product(states[0], params["recurrent_kernel"], drop)  # z = x W + b + h U
        h = activations.RULES[self.activation].forward(z)
        return (h,), (h,) if self.activation in activations.FROM_OUTPUT else (h, z)

    def cell_backward(
        self, params: Params, d_states: States, states: States, kept: States, drop: Array | None
    ) -> tuple[States, States]:
        h, z = (*kept, None)[:2]
        dz = derivative(self.activation, d_states[0], z, h)  # dz = dh · f'(z)
        return (masked_product_backward(dz, params["recurrent_kernel"], drop),), (dz,)  # dh_before = dz Uᵀ
