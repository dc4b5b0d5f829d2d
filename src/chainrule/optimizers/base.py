"""What every optimizer shares: one rule per number, applied to every weight of every layer.

An optimizer is a set of settings. Its memory (momenta and the like) is handed to it and handed back:

    init(params)                               -> memory     {slot: [one dict of arrays per link]}
    update(grads, memory, params, step, rate)  -> params, memory      one batch, accumulation and averages included
    apply(grads, memory, params, step, rate)   -> params, memory      the rule for every weight
    rule(c, g, w, *memory of this weight)      -> w, *memory     the formula, number by number
    constants(t, rate, memory)                 -> c              what of the formula is the same for all weights
"""

import re
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, elementwise, namespace
from chainrule.errors import SettingError
from chainrule.internal.absent_members import AbsentMembers
from chainrule.internal.own_classes import overrides
from chainrule.optimizers import schedules
from chainrule.optimizers.accumulation import GradientAccumulation
from chainrule.optimizers.moving_average import MovingAverage

Weights = list[Params]
OptimizerState = dict[str, Any]


class Optimizer(AbsentMembers):
    """Settings that Keras's optimizers share.

    learning_rate: a number or a schedule.  weight_decay: the share of each weight taken off per step, times the rate.
    clipnorm: longest gradient of one array.  global_clipnorm: longest gradient of all.  clipvalue: largest number.
    use_ema: keep the moving average of the weights, with ema_momentum; `fit` ends with it, and every
    ema_overwrite_frequency steps the weights become it.  gradient_accumulation_steps: the weights move every so many
    batches, by the mean of their gradients.
    """

    kind_in_keras = "Optimizer"
    slots: ClassVar[tuple[str, ...]] = ()  # what is remembered for each weight, in Keras's order
    slots_by_variable: ClassVar[bool] = True  # whether Keras stores m0 v0 m1 v1 (True) or v0 v1 m0 m1

    def __init_subclass__(cls, **settings: Any) -> None:
        """Refuses Keras's update_step, which is never called here."""
        super().__init_subclass__(**settings)
        if "update_step" in vars(cls):
            raise SettingError(
                f"{cls.__name__} overrides update_step, which is never called here: write rule(c, g, w, *remembered), which "
                "returns the new weight and what is remembered."
            )
        if overrides(cls, "apply", 3) or overrides(cls, "apply_gradients", 3):
            raise SettingError(
                f"{cls.__name__} overrides {'apply' if 'apply' in vars(cls) else 'apply_gradients'} as Keras calls it, which is "
                "never called while learning: write rule(c, g, w, *remembered), or use clipnorm, clipvalue or a schedule."
            )

    def __init__(
        self,
        learning_rate: Any,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown_settings: Any,
    ) -> None:
        if "lr" in unknown_settings:
            raise SettingError(f"{type(self).__name__}: 'lr' is now called 'learning_rate'.")
        for setting, value in unknown_settings.items():
            if setting not in OFF:
                raise SettingError(
                    f"{type(self).__name__} has no setting called {setting!r} (it got {value!r})."
                )
            if value not in OFF[setting]:
                raise SettingError(
                    f"{type(self).__name__}: {setting}={value!r} is not supported; leave it out."
                )
        if sum(limit is not None for limit in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise SettingError("Give only one of clipnorm, clipvalue and global_clipnorm.")
        for setting, limit in (
            ("clipnorm", clipnorm), ("clipvalue", clipvalue), ("global_clipnorm", global_clipnorm),
        ):  # fmt: skip
            if limit is not None and not limit > 0:
                raise SettingError(f"{setting} must be above 0; it is {limit!r}.")
        self.learning_rate = learning_rate
        self.weight_decay, self.clipnorm = weight_decay, clipnorm
        self.clipvalue, self.global_clipnorm = clipvalue, global_clipnorm
        steps = gradient_accumulation_steps
        self.accumulation = None if steps is None else GradientAccumulation(steps)
        self.use_ema, self.ema_momentum = bool(use_ema), ema_momentum
        self.ema_overwrite_frequency, self.gradient_accumulation_steps = ema_overwrite_frequency, steps
        self.average = MovingAverage(ema_momentum, ema_overwrite_frequency) if self.use_ema else None
        self.not_decayed: re.Pattern[str] | None = None
        self.name = name or type(self).__name__.lower()
        self.iterations = 0

    # ── the formula ──────────────────────────────────────────────────────────────────────────────────────────────
    def constants(self, t: Array, rate: Array, optimizer_state: OptimizerState) -> Any:
        """What of the formula is the same for all weights. t: the step's number, counted from 1."""
        return rate

    def rule(self, c: Any, g: Array, w: Array, *optimizer_state: Array) -> tuple[Array, ...]:
        """The new weight and memory, from the gradient, the weight and the memory."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to learn: write its rule().")

    # ── applying it ──────────────────────────────────────────────────────────────────────────────────────────────
    def init(self, params: Weights) -> OptimizerState:
        """The memory before the first step: zeros."""
        return {
            slot: [{k: np.zeros_like(w) for k, w in layer.items()} for layer in params]
            for slot in (*self.outer_slots, *self.slots)
        }

    @property
    def outer_slots(self) -> tuple[str, ...]:
        """What averaging and accumulation remember for each weight, in Keras's order."""
        return tuple(part.slot for part in (self.average, self.accumulation) if part is not None)

    def update(
        self, grads: Weights, optimizer_state: OptimizerState, params: Weights, step: Array, rate: Array
    ) -> tuple[Weights, OptimizerState]:
        """New weights and memory from a batch's gradients. step: batches before this one. rate: this step's rate."""
        if self.accumulation is None:
            params, optimizer_state = self.apply(grads, optimizer_state, params, step, rate)
        else:
            params, optimizer_state = self.accumulation.update(
                self.apply, grads, optimizer_state, params, step, rate
            )
            step = step // self.accumulation.batches
        return (
            (params, optimizer_state)
            if self.average is None
            else self.average.update(grads, optimizer_state, params, step)
        )

    def apply(
        self, grads: Weights, optimizer_state: OptimizerState, params: Weights, step: Array, rate: Array
    ) -> tuple[Weights, OptimizerState]:
        """Applies the rule to every weight that has a gradient. step: counted from 0. rate: this step's rate."""
        grads = self.clipped(grads)
        new_params = [dict(layer) for layer in params]
        new_memory = optimizer_state | {
            slot: [dict(layer) for layer in optimizer_state[slot]] for slot in self.slots
        }
        dtypes = {params[i][k].dtype for i, layer in enumerate(grads) for k in layer}
        constants = {d: self.constants((step + 1).astype(d), rate.astype(d), optimizer_state) for d in dtypes}
        for i, layer in enumerate(grads):
            for k, g in layer.items():
                w = params[i][k]
                c = constants[w.dtype]

                def one(g: Array, w: Array, *m: Array, c: Any = c, k: str = k) -> tuple[Array, ...]:
                    return self.rule(c, g, self.decayed(w, rate, k), *m)

                new_params[i][k], *remembered = elementwise(
                    one, g, w, *(optimizer_state[slot][i][k] for slot in self.slots)
                )
                for slot, m in zip(self.slots, remembered, strict=True):
                    new_memory[slot][i][k] = m
        return new_params, new_memory

    def decayed(self, w: Array, rate: Array, name: str = "") -> Array:
        """w ← w - rate · decay · w, before the rule, where there is weight decay for a weight of this name."""
        if not self.weight_decay or (self.not_decayed is not None and self.not_decayed.search(name)):
            return w
        return w - w * self.weight_decay * rate.astype(w.dtype)

    def exclude_from_weight_decay(self, var_list: Any = None, var_names: Any = None) -> None:
        """Weights in whose name one of `var_names` stands ("bias") are not decayed. Before the first step, as in Keras."""
        if var_list:
            raise SettingError(
                "exclude_from_weight_decay knows weights by their names: give var_names, such as ['bias']."
            )
        self.not_decayed = re.compile("|".join(var_names)) if var_names else None

    def clipped(self, grads: Weights) -> Weights:
        """The gradients, shortened where a clipping setting says so."""
        if self.clipvalue is not None:
            limit = self.clipvalue
            return [{k: namespace(g).clip(g, -limit, limit) for k, g in layer.items()} for layer in grads]
        if self.clipnorm is not None:
            limit = self.clipnorm
            return [
                {k: g * limit / namespace(g).maximum(norm(g), limit) for k, g in la.items()} for la in grads
            ]
        if self.global_clipnorm is not None:
            limit = self.global_clipnorm
            squares = [norm(g) ** 2 for layer in grads for g in layer.values()]
            if squares:
                total = sum(squares[1:], squares[0]) ** 0.5
                scale = limit / namespace(total).maximum(total, limit)
                return [{k: g * scale for k, g in layer.items()} for layer in grads]
        return grads

    def rate_at(self, step: Array, rate: Array) -> Array:
        """This step's learning rate: the schedule's, or the number that the loop holds (callbacks may change it)."""
        if isinstance(self.learning_rate, schedules.LearningRateSchedule):
            return namespace(rate).asarray(self.learning_rate(step.astype(rate.dtype)), dtype=rate.dtype)
        return rate

    @property
    def learning_rate(self) -> Any:
        """The rate: a number, or a schedule."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, dict):
            value = schedules.deserialize(value)
        if isinstance(value, schedules.LearningRateSchedule):
            schedules.must_begin_finite(value)
            self._learning_rate: Any = value
            return
        try:
            if isinstance(value, bool):
                raise TypeError
            number = float(value)
        except (TypeError, ValueError):
            raise SettingError(f"learning_rate must be a number or a schedule; it got {value!r}.") from None
        if not 0 <= number <= float(np.finfo(np.float32).max):
            raise SettingError(
                f"learning_rate must be 0 or more and finite, also in float32; it got {number!r}."
            )
        followed = vars(self).get("_learning_rate")
        if isinstance(followed, schedules.LearningRateSchedule):
            raise SettingError(
                f"The optimizer follows {type(followed).__name__}, so its learning_rate cannot be set to a number; "
                "compile again with another optimizer, or give it another schedule."
            )
        self._learning_rate = number

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        rate = self.learning_rate
        scheduled = isinstance(rate, schedules.LearningRateSchedule)
        return {
            "name": self.name,
            "learning_rate": schedules.serialize(rate) if scheduled else rate,
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Optimizer":
        """A new optimizer with stored settings."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} learning_rate={self.learning_rate}>"


# Settings that Keras knows and that change nothing at these values.
OFF: dict[str, tuple[Any, ...]] = {
    "loss_scale_factor": (None,),
    "jit_compile": (True, False, None),
    "is_legacy_optimizer": (False, None),
    "decay": (0.0, None),
}


def norm(g: Array) -> Array:
    """The length of an array taken as one vector: √ Σ g²."""
    return namespace(g).sqrt((g * g).sum())
