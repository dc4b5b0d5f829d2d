"""Where JAX computes: on the processor, unless a GPU is asked for. There is none here: the devices are made up."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import layers, models
from chainrule.arrays import jax_installed
from chainrule.engine import devices
from chainrule.errors import SettingError
from chainrule.training.fingerprint import settings_of
from chainrule.training.session import Plan

X, Y = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32), np.arange(40) % 2
needs_jax = pytest.mark.skipif(not jax_installed(), reason="JAX IS NOT INSTALLED")


@dataclass(frozen=True)
class Device:
    """A device as JAX lists it."""

    platform: str

    def __str__(self) -> str:
        return f"{self.platform}:0"


GPU, CPU = Device("gpu"), Device("cpu")


def small(**settings):
    model = models.Sequential(
        [layers.Input((3,)), layers.Dense(4, activation="relu"), layers.Dense(2, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", **settings)
    model.set_weights(
        [np.full_like(w, 0.1) * np.arange(1, w.size + 1).reshape(w.shape) for w in model.get_weights()]
    )
    model.seed = 3
    return model


def test_a_gpu_is_used_only_when_asked() -> None:
    """With a GPU there, None and "cpu" mean the processor; one sentence says how the GPU is asked for, once."""
    devices.say_once.cache_clear()
    with pytest.warns(
        UserWarning, match=r"JAX finds a GPU \(gpu:0\), which is used only when asked: .*device='gpu'"
    ):
        assert devices.device_for(None, [GPU, CPU]) is CPU
    assert devices.device_for(None, [GPU, CPU]) is CPU  # a second warning would be an error
    assert devices.device_for("cpu", [GPU, CPU]) is CPU
    assert devices.device_for("gpu", [GPU, CPU]) is GPU


def test_where_the_processor_is_all_there_is_nothing_is_said_or_placed() -> None:
    """None is left to JAX; a GPU that is asked for and not there is refused in one sentence."""
    assert devices.device_for(None, [CPU]) is None
    with pytest.raises(SettingError, match="JAX finds no GPU here"):
        devices.device_for("gpu", [CPU])
    with pytest.raises(SettingError, match="There is no device called 'tpuu'"):
        small(device="tpuu")
    with pytest.raises(SettingError, match="device='gpu' is JAX's"):
        small(device="gpu", backend="numpy")


@needs_jax
def test_learning_placed_on_the_processor_gives_the_bits_of_learning_there(monkeypatch) -> None:
    """Beside a GPU that is not used, the weights are those of a machine without one."""
    import jax

    plain = small(backend="jax")
    plain.fit(X, Y, batch_size=16, verbose=0)
    monkeypatch.setattr(devices, "devices", lambda: [GPU, *jax.devices("cpu")])
    placed = small(backend="jax", device="cpu")
    placed.fit(X, Y, batch_size=16, verbose=0)
    for a, b in zip(plain.get_weights(), placed.get_weights(), strict=True):
        assert (a == b).all()


def test_the_gpu_is_part_of_a_runs_identity() -> None:
    """What a run learned on is among the settings that must agree; the processor is not named, as in earlier runs."""
    model = small(backend="numpy")
    examples = model.problem(X, Y).examples(X, Y)
    plan = Plan(examples, None, 16, 1, 0, True, 0, [])
    there = settings_of(model, plan, "jax", None, None).training
    model.device_asked = "gpu"
    assert settings_of(model, plan, "jax", None, None).training == there | {"device": "gpu"}
