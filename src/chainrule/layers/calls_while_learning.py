"""Calls with training=True outside of fit: dropout and noise are at work, and averages are renewed, as in a step that learns."""

from typing import Any

import numpy as np

from chainrule.arrays import Noise, counter_noise, next_seed, seed_words


def noise_of_a_call() -> Any:
    """The noise of each place, drawn anew for each call; a function from a place's number to it."""
    seed = seed_words(next_seed())

    def noise(place: int) -> Noise:
        return counter_noise(seed, np.asarray(0), place)

    return noise


def keep(layer: Any, cache: Any) -> None:
    """Gives a layer the averages (BatchNormalization, where it learns) and the states that a batch leaves, as Keras does at such a call."""
    if layer.trainable or layer.stateful:
        layer.params = layer.params | layer.update_statistics(layer.params, cache)
