"""Masking: says which times of a sequence count."""

import math
from typing import Any

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.internal.number_settings import number_setting
from chainrule.layers.base import PREDICTING, Context, Layer


class Masking(Layer):
    """Marks the times at which every number is `mask_value`: the layers above pass over them.

    x (batch, times, n) -> the same, with 0 at such times.

    >>> import numpy as np
    >>> x = np.array([[[1., 2.], [0., 0.], [0., 3.]]])
    >>> Masking().next_mask(x, None)
    array([[ True, False,  True]])
    """

    def __init__(self, mask_value: float = 0.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.mask_value = number_setting("Masking", "mask_value", mask_value)
        if math.isnan(self.mask_value):
            raise SettingError(
                "Masking cannot look for nan, which equals nothing; fill the steps to be left out with a number."
            )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        counts = self.next_mask(x, None)[..., None]
        return namespace(x).where(counts, x, 0), counts

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return namespace(dy).where(cache, dy, 0)

    def next_mask(self, x: Array, mask: Any) -> Any:
        return (x != self.mask_value).any(axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"mask_value": self.mask_value}
