"""Calls with training=True outside of fit: dropout and noise are at work, and no number of the layer changes."""

from typing import Any

import numpy as np

from chainrule.arrays import Noise, counter_noise, next_seed, seed_words
from chainrule.errors import SettingError


def noise_of_a_call(layers: list[Any]) -> Any:
    """The noise of each place, drawn anew for each call; a function from a place's number to it.

    SettingError where one of the layers would also renew averages (BatchNormalization): only `fit` does that.
    """
    for layer in layers:
        owner = next(kind for kind in type(layer).__mro__ if "update_statistics" in vars(kind))
        if owner.__name__ != "Layer" and layer.trainable and layer.non_trainable_names:
            raise SettingError(
                f"{layer.label} renews its averages while it learns, and only fit lets it: leave training=True out, "
                "or set trainable=False on that layer."
            )
    seed = seed_words(next_seed())

    def noise(place: int) -> Noise:
        return counter_noise(seed, np.asarray(0), place)

    return noise
