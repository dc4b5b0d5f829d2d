"""What stands around an optimizer's rule: moving averages, gradient accumulation, weight decay; step for step as in Keras."""

import os

import numpy as np
import pytest
from twins import keras, twins

import chainrule
from chainrule import optimizers

ALL_AT_ONCE = "accumulation, average, decay"
SETTINGS = {
    "average": {"use_ema": True, "ema_momentum": 0.8},
    "average that overwrites": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    "accumulation and clipping": {"gradient_accumulation_steps": 2, "clipnorm": 0.1},
    ALL_AT_ONCE: {
        "gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 2,
        "weight_decay": 0.1,
    },
}  # fmt: skip


def net(library):
    """A small net with a layer that has statistics and one that is frozen."""
    layers = library.layers
    return library.Sequential([
        library.Input((5,)), layers.Dense(4, "tanh", kernel_constraint="max_norm"), layers.BatchNormalization(),
        layers.Dense(3, "tanh", trainable=False), layers.Dense(2),
    ])  # fmt: skip


PAIRS = [(name, ALL_AT_ONCE) for name in ("Adadelta", "Nadam")] + [("SGD", one) for one in SETTINGS]


@pytest.mark.parametrize(("name", "settings"), PAIRS)
def test_averages_accumulation_and_decay_are_keras_s(name, settings) -> None:
    """10 steps that end in the middle of an accumulation: weights, and the optimizer's own memory in its order."""
    given = SETTINGS[settings] | {"learning_rate": 0.05}
    ours, theirs = twins(net)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(55, 5)).astype(np.float32), rng.normal(size=(55, 2)).astype(np.float32)
    theirs.compile(getattr(keras.optimizers, name)(**given), "mse")
    first = theirs.get_weights()
    theirs.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    for engine in ("numpy", "jax") if name == "Nadam" else ("numpy",):
        ours.set_weights(first)
        ours.compile(getattr(optimizers, name)(**given), "mse", backend=engine)
        ours.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
        for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-6)
    assert len(first) == len(ours.get_weights())


@pytest.mark.parametrize("settings", [ALL_AT_ONCE])
def test_their_memory_goes_both_ways_in_files(settings, tmp_path) -> None:
    """A file of either library carries the sums and averages: learning goes on with the same numbers."""
    given = SETTINGS[settings] | {"learning_rate": 0.05}
    ours, _ = twins(net)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(42, 5)).astype(np.float32), rng.normal(size=(42, 2)).astype(np.float32)
    ours.compile(optimizers.Adam(**given), "mse", backend="numpy")
    ours.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    ours.save(os.fspath(tmp_path / "ours.keras"))
    there = keras.models.load_model(tmp_path / "ours.keras")
    there.save(tmp_path / "theirs.keras")
    here = chainrule.models.load_model(os.fspath(tmp_path / "theirs.keras"))
    for model in (ours, there, here):
        model.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    for mine, other, again in zip(ours.get_weights(), there.get_weights(), here.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-6)
        np.testing.assert_allclose(again, other, rtol=2e-4, atol=2e-6)


def test_weights_can_be_left_out_of_the_decay() -> None:
    """exclude_from_weight_decay(var_names=...), by the names that both libraries give weights."""
    ours, theirs = twins(net)
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(12, 5)).astype(np.float32), rng.normal(size=(12, 2)).astype(np.float32)
    for model, library in ((ours, optimizers), (theirs, keras.optimizers)):
        optimizer = library.SGD(0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma"])
        model.compile(optimizer, "mse")
        model.fit(x, y, batch_size=6, epochs=1, shuffle=False, verbose=0)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=2e-4, atol=2e-6)
