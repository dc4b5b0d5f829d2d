"""What recurrent layers share: one cell goes along the sequence, and the derivative comes back through time.

    forward     h_t = cell(h_{t-1}, sums_t)          sums = x W + b, for all times in one product before the loop
    backward    from the last time to the first: what reaches h_t is dy_t and what comes back from t + 1.
                The loop carries dh only; dW = Σ_t x_tᵀ dsums_t and dU = Σ_t h_{t-1}ᵀ dsums_t are one product each, after it.

Inside, time is the first axis. A masked time changes nothing: state and output stay those of the time before.
Werbos, "Backpropagation through time" (1990).
"""

from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule import activations
from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError
from chainrule.layers.activation import stored
from chainrule.layers.activity import ActivityRegularization
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.gate_dropout import (
    gate_masks,
    masked_kernel_gradient,
    masked_product,
    masked_product_backward,
)
from chainrule.layers.naming import Shape
from chainrule.layers.scan import scan
from chainrule.layers.stateful import CarriesStates, States
from chainrule.layers.weighted import WeightedLayer


class Recurrent(CarriesStates, WeightedLayer):
    """A cell that goes along sequences.   x (batch, times, n) -> (batch, units), or (batch, times, units)

    A subclass says how one step goes (`cell`) and comes back (`cell_backward`), and what its recurrent weights learn.
    """

    weight_names = ("kernel", "recurrent_kernel", "bias")
    settings_of: ClassVar[dict[str, str]] = {
        "kernel": "kernel", "recurrent_kernel": "recurrent", "bias": "bias",
    }  # fmt: skip
    gate_count: ClassVar[int] = 1  # blocks of `units` columns in the kernels
    state_count: ClassVar[int] = 1  # arrays that the cell hands on; the first is its output

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        seed: int | None = None,
        **settings: Any,
    ) -> None:
        kind = type(self).__name__
        settings.pop("input_length", None)  # Keras 1 and 2: the shape of the input says it
        if settings.pop("time_major", False):  # TensorFlow's Keras 2
            raise SettingError(
                f"{kind}: time_major=True is not supported: sequences are (batch, times, numbers)."
            )
        super().__init__(**settings)
        if not isinstance(units, (int, np.integer)) or isinstance(units, bool) or units < 1:
            raise SettingError(f"{kind} needs a whole number of units, 1 or more; it got {units!r}.")
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
                raise SettingError(f"{kind}'s {name} is a share from 0 to below 1; it got {rate!r}.")
        self.units, self.use_bias = int(units), bool(use_bias)
        self.set_up_output(activation, activity_regularizer)
        if not isinstance(self.activation, str):
            raise SettingError(
                f"{kind}'s activation is one that Chainrule knows, by name; it got {activation!r}."
            )
        self.set_up_weights(
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )
        if return_state and self.activity_regularizer is not None:
            raise SettingError(f"{kind}: activity_regularizer with return_state=True is not supported.")
        self.dropout, self.recurrent_dropout, self.seed = float(dropout), float(recurrent_dropout), seed
        self.return_sequences, self.return_state = bool(return_sequences), bool(return_state)
        self.go_backwards, self.unroll = bool(go_backwards), bool(unroll)
        self.zero_output_for_mask = bool(zero_output_for_mask)
        self.stateful = bool(stateful)
        self.non_trainable_names = self.state_names  # type: ignore[misc]

    # ── what a cell says ─────────────────────────────────────────────────────────────────────────────────────────
    def cell(self, params: Params, states: States, sums: Array, drop: Array | None) -> tuple[States, States]:
        """One step: the states before and x W + b of this time -> the states after, and what the way back needs."""
        raise NotImplementedError

    def cell_backward(
        self, params: Params, d_states: States, states: States, kept: States, drop: Array | None
    ) -> tuple[States, States]:
        """The same step back: the derivative by the states after -> by those before, and by the sums.

        The second tuple holds the derivative by x W + b, and where it differs that by h U too.
        """
        raise NotImplementedError

    def recurrent_gradients(
        self, params: Params, h_before: Array, kept: States, d_sums: States, drop: Array | None
    ) -> Params:
        """The derivative by the recurrent kernel and the bias, from all times together."""
        grads = {
            "recurrent_kernel": masked_kernel_gradient(h_before, d_sums[-1], drop)
        }  # dU = Σ h_{t-1}ᵀ dsums
        if self.use_bias:
            grads["bias"] = d_sums[0].sum(axis=(0, 1))  # db = Σ dsums
        return grads

    def input_bias(self, params: Params) -> Array:
        """What is added to x W."""
        return params["bias"]

    # ── the sweeps ───────────────────────────────────────────────────────────────────────────────────────────────
    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        x, states, mask, given = self.in_time_order(params, x, context.mask)
        drop_x, drop_h = self.dropout_masks(x, context)
        sums = masked_product(x, params["kernel"], drop_x)
        if self.use_bias:
            sums = sums + self.input_bias(params)
        xp = namespace(sums)

        def step(before: States, now: tuple[Any, ...]) -> tuple[States, States]:
            sums_t, mask_t = now
            after, kept = self.cell(params, before, sums_t, drop_h)
            if mask_t is not None:
                after = tuple(xp.where(mask_t, a, b) for a, b in zip(after, before, strict=True))
            return after, (*after, *kept)

        last, steps = scan(step, states, (sums, mask))
        after, kept = steps[: self.state_count], steps[self.state_count :]
        before = tuple(xp.concatenate([s[None], a[:-1]]) for s, a in zip(states, after, strict=True))
        y = after[0] if self.shown(mask) is None else xp.where(mask, after[0], 0)
        y = y.swapaxes(0, 1) if self.return_sequences else y[-1]
        return (
            (y, *last) if self.return_state else y,
            Cache(x, before, kept, mask, drop_x, drop_h, given, last if self.stateful else None),
        )

    def sweep_back(self, params: Params, cache: "Cache", dy: Any) -> tuple[States, States]:
        """Backpropagation through time: the derivative by the first states, and by the sums of every time."""
        xp, shown = namespace(cache.x), self.shown(cache.mask)
        given: tuple[Any, ...] = dy if isinstance(dy, tuple) else (dy,)
        d_last, *d_states = (*given, None, None)[: 1 + self.state_count]  # of outputs that led nowhere: None
        d_states = [
            xp.zeros_like(s[0]) if d is None else d for s, d in zip(cache.before, d_states, strict=False)
        ]
        dys = None
        if d_last is not None and self.return_sequences:
            dys = d_last.swapaxes(0, 1) if shown is None else xp.where(shown, d_last.swapaxes(0, 1), 0)
        elif d_last is not None:  # only the last output was shown
            d_states[0] = d_states[0] + (d_last if shown is None else xp.where(shown[-1], d_last, 0))

        def step(d_after: States, now: tuple[Any, ...]) -> tuple[States, States]:
            dy_t, mask_t, states, kept = (
                now[0],
                now[1],
                now[2 : 2 + self.state_count],
                now[2 + self.state_count :],
            )
            if dy_t is not None:
                d_after = (d_after[0] + dy_t, *d_after[1:])
            if mask_t is None:
                return self.cell_backward(params, d_after, states, kept, cache.drop_h)
            through = tuple(xp.where(mask_t, d, 0) for d in d_after)
            d_before, d_sums = self.cell_backward(params, through, states, kept, cache.drop_h)
            passed = (xp.where(mask_t, 0, d) for d in d_after)
            return tuple(d + p for d, p in zip(d_before, passed, strict=True)), d_sums

        return scan(step, tuple(d_states), (dys, cache.mask, *cache.before, *cache.kept), reverse=True)

    def backward(self, params: Params, cache: "Cache", dy: Any) -> Any:
        return self.input_derivative(params, cache, *self.sweep_back(params, cache, dy))

    def gradients(self, params: Params, cache: "Cache", dy: Any) -> Params:
        return self.weight_derivatives(params, cache, self.sweep_back(params, cache, dy)[1])

    def backward_and_gradients(self, params: Params, cache: "Cache", dy: Any) -> tuple[Any, Params]:
        d_first, d_sums = self.sweep_back(params, cache, dy)
        dx = self.input_derivative(params, cache, d_first, d_sums)
        return dx, self.weight_derivatives(params, cache, d_sums)

    def input_derivative(self, params: Params, cache: "Cache", d_first: States, d_sums: States) -> Any:
        """dx = dsums Wᵀ in the order of the input; with it the derivative by first states that were handed in."""
        dx = masked_product_backward(d_sums[0], params["kernel"], cache.drop_x)
        dx = (dx[::-1] if self.go_backwards else dx).swapaxes(0, 1)
        return dx if cache.given is None else (dx, *d_first)

    def weight_derivatives(self, params: Params, cache: "Cache", d_sums: States) -> Params:
        """dW = Σ xᵀ dsums, and what the recurrent weights learn."""
        grads = {"kernel": masked_kernel_gradient(cache.x, d_sums[0], cache.drop_x)}
        return grads | self.recurrent_gradients(params, cache.before[0], cache.kept, d_sums, cache.drop_h)

    def update_statistics(self, params: Params, cache: "Cache") -> Params:
        """The states after a batch, which the next one starts from."""
        return self.after_a_batch(cache.last)

    # ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────
    def in_time_order(
        self, params: Params, x: Any, mask: Any
    ) -> tuple[Array, States, Array | None, tuple[()] | None]:
        """The sequence with time first, the first states, the mask (times, batch, 1), and () if states were given."""
        x, *states = x if isinstance(x, tuple) else (x,)
        mask = mask[0] if isinstance(mask, tuple) else mask
        xp, given = namespace(x), () if states else None
        x = x.swapaxes(0, 1)
        if self.stateful:
            self.check_batch(params, x.shape[1])
            states = states or list(self.carried(params) or ())
        states = states or [xp.zeros((x.shape[1], self.units), x.dtype)] * self.state_count
        mask = None if mask is None else mask.astype(bool).swapaxes(0, 1)[..., None]
        if self.go_backwards:
            x, mask = x[::-1], None if mask is None else mask[::-1]
        return x, tuple(states), mask, given

    def inputs_of(self, x: Any, *more: Any, initial_state: Any = None, **named: Any) -> Any:
        """A sequence, and the states that it starts from if they are given."""
        if more and initial_state is None:
            initial_state, more = more[0], more[1:]
        return (
            (x, *states_of(initial_state))
            if initial_state is not None
            else super().inputs_of(x, *more, **named)
        )

    def stored_arguments(self, given: list[Any]) -> list[Any]:
        """How a file holds the inputs: the sequence, and a list of the states."""
        return given if len(given) == 1 else [given[0], given[1:]]

    def dropout_masks(self, x: Array, context: Context) -> tuple[Array | None, Array | None]:
        """The masks of the input and of the state, (1 or gates, batch, n); as in Keras one for each gate as soon as
        the state has dropout."""
        if context.noise is None or not (self.dropout or self.recurrent_dropout):
            return None, None
        gates, batch = self.gate_count if self.recurrent_dropout else 1, x.shape[1]
        masks = gate_masks(
            context.noise,
            [self.dropout, self.recurrent_dropout],
            [(gates, batch, x.shape[2]), (gates, batch, self.units)],
        )
        return masks[0], masks[1]

    def shown(self, mask: Array | None) -> Array | None:
        """Where the output is the state; elsewhere it is 0."""
        return mask if self.zero_output_for_mask else None

    def next_mask(self, x: Any, mask: Any) -> Any:
        mask = mask[0] if isinstance(mask, tuple) else mask
        kept = mask if self.return_sequences else None
        return (kept, *[None] * self.state_count) if self.return_state else kept

    # ── shapes and settings ──────────────────────────────────────────────────────────────────────────────────────
    def sequence_shape(self, input_shape: Any) -> Shape:
        """The sequence's shape, (times, n), alone; ShapeError for anything else."""
        shape: Shape
        shape, *states = input_shape if input_shape and isinstance(input_shape[0], tuple) else (input_shape,)
        if len(states) == 1 and isinstance(
            states[0], list
        ):  # the states as one list, as a file's graph gives them
            states = [tuple(state) for state in states[0]]
        if len(shape) != 2:
            raise ShapeError(
                f"{self.label} takes sequences, (times, numbers at each time); one example has the shape {shape}."
            )
        if states and (len(states) != self.state_count or any(s != (self.units,) for s in states)):
            raise ShapeError(
                f"{self.label} starts from {self.state_count} state(s) of {self.units} numbers each; it was given "
                f"shapes {', '.join(map(str, states))}."
            )
        return shape

    def output_shape_for(self, input_shape: Any) -> Any:
        times = self.sequence_shape(input_shape)[0]
        y = (times, self.units) if self.return_sequences else (self.units,)
        return (y, *[(self.units,)] * self.state_count) if self.return_state else y

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        n, k = self.sequence_shape(input_shape)[1], self.gate_count * self.units
        shapes: dict[str, Shape] = {"kernel": (n, k), "recurrent_kernel": (self.units, k)}
        if self.use_bias:
            shapes["bias"] = self.bias_shape
        return shapes

    @property
    def bias_shape(self) -> Shape:
        """The shape of the bias."""
        return (self.gate_count * self.units,)

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        shapes = self.weight_shapes(input_shape)
        params = {
            "kernel": self.kernel_initializer(shapes["kernel"], rng),
            "recurrent_kernel": self.recurrent_initializer(shapes["recurrent_kernel"], rng),
        }
        if self.use_bias:
            params["bias"] = self.first_bias(rng)
        return params

    def first_bias(self, rng: "np.random.Generator") -> np.ndarray:
        """The bias before learning."""
        bias: np.ndarray = self.bias_initializer(self.bias_shape, rng)
        return bias

    def multiplications(self, input_shape: Any) -> int:
        times, n = self.sequence_shape(input_shape)
        return times * (n + self.units) * self.gate_count * self.units

    def links(self) -> list[Layer]:
        links: list[Layer] = [self]  # the activation is within the cell
        if self.activity_regularizer is not None:
            penalty = ActivityRegularization(self.activity_regularizer.l1, self.activity_regularizer.l2)
            penalty.name = f"{self.name}:activity_regularizer"
            links.append(penalty)
        return links

    def get_config(self) -> dict[str, Any]:
        return (
            super().get_config()
            | self.weight_config()
            | {
                "units": self.units,
                "activation": stored(self.activation),
                "use_bias": self.use_bias,
                "dropout": self.dropout,
                "recurrent_dropout": self.recurrent_dropout,
                "return_sequences": self.return_sequences,
                "return_state": self.return_state,
                "go_backwards": self.go_backwards,
                "stateful": self.stateful,
                "unroll": self.unroll,
                "zero_output_for_mask": self.zero_output_for_mask,
                "seed": self.seed,
            }
        )


def states_of(given: Any) -> list[Any]:
    """First states as a list; a single one may stand alone."""
    return list(given) if isinstance(given, (list, tuple)) else [given]


class Cache(NamedTuple):
    """What a recurrent layer's way back needs, time first."""

    x: Array
    before: States  # the states before each time
    kept: States  # what the cell kept at each time
    mask: Array | None
    drop_x: Array | None
    drop_h: Array | None
    given: tuple[()] | None  # (): the first states came with the input, so they have a derivative
    last: States | None = None  # the states after the last time, where they are carried on


def derivative(name: str, da: Array, z: Array | None, a: Array) -> Array:
    """da · f'(z) of an activation; z is None where it was not kept because a says enough."""
    return activations.RULES[name].backward(da, a if z is None else z, a)
