"""The moving average of the weights, kept beside learning: smoother than the weights of any one step."""

from typing import Any

import numpy as np

from chainrule.arrays import Array, Params
from chainrule.errors import SettingError
from chainrule.optimizers.accumulation import chosen


class MovingAverage:
    """s ← μ s + (1 - μ) w after every step; s is w after the first. As Keras's use_ema.

    momentum: μ, 0 to 1.  every: after so many steps the weights become their average; None: only when `fit` ends.
    """

    slot = "average"

    def __init__(self, momentum: float = 0.99, every: int | None = None) -> None:
        if not isinstance(momentum, (int, float)) or isinstance(momentum, bool) or not 0 <= momentum <= 1:
            raise SettingError(f"ema_momentum is from 0 to 1; it got {momentum!r}.")
        whole = isinstance(every, (int, np.integer)) and not isinstance(every, bool)
        if every is not None and not (whole and every >= 1):
            raise SettingError(
                f"ema_overwrite_frequency is a whole number of 1 or more, or None; it got {every!r}."
            )
        self.momentum, self.every = float(momentum), every

    def update(
        self, grads: list[Params], state: dict[str, Any], params: list[Params], step: Array
    ) -> tuple[list[Params], dict[str, Any]]:
        """The weights and the memory after a step; what has no gradient is left alone. step: steps before this one."""
        averages = [dict(layer) for layer in state[self.slot]]
        params = [dict(layer) for layer in params]
        for i, layer in enumerate(grads):
            for k in layer:
                w = params[i][k]
                momentum = self.momentum * (step != 0).astype(
                    w.dtype
                )  # the first average is the weight itself
                averages[i][k] = momentum * averages[i][k] + (1 - momentum) * w  # s ← μ s + (1 - μ) w
                if self.every is not None:
                    params[i][k] = chosen((step + 1) % self.every == 0, averages[i][k], w)
        return params, state | {self.slot: averages}
