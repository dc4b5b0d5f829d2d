"""Optimizers, schedules, initializers, regularizers and constraints have Keras's defaults; schedules say Keras's rates."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule import constraints, initializers, optimizers, regularizers
from chainrule.errors import SettingError

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))
from keras_defaults import NEEDED, STEPS

TOLD = json.loads((GOLDEN / "keras_defaults.json").read_text(encoding="utf-8"))
ROOMS = {
    "optimizers": optimizers, "optimizers.schedules": optimizers.schedules, "initializers": initializers,
    "regularizers": regularizers, "constraints": constraints,
}  # fmt: skip
READ = {
    "optimizers": optimizers.get, "optimizers.schedules": optimizers.schedules.deserialize,
    "initializers": initializers.get, "regularizers": regularizers.get, "constraints": constraints.get,
}  # fmt: skip
ALWAYS = {
    "input_axes": None,
    "output_axes": None,
}  # what Keras writes beside ours, at the only value that we take


@pytest.mark.parametrize(("room", "name"), [(room, name) for room in ROOMS for name in TOLD[room]])
def test_defaults_are_keras_s(room, name) -> None:
    """Every setting that Keras writes down, with its value; written down and read again it is the same."""
    made = ROOMS[room].CLASSES[name](**NEEDED.get(name, {}))
    own, result = made.get_config(), TOLD[room][name]
    for key, value in result.items():
        if key == "name" and room == "optimizers":
            continue  # Keras counts them
        if key in own or key not in ALWAYS:
            known = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert own[key] == known, key
        else:
            assert value == ALWAYS[key]
    again = READ[room]({"class_name": name, "config": own})
    assert (type(again), again.get_config()) == (type(made), own)


@pytest.mark.parametrize("key", TOLD["rates"])
def test_rates_are_keras_s(key) -> None:
    """Step by step, also past the end of the decay; for whole numbers, for float32 and for a step of either library."""
    name, more = key.split(" ", 1)
    schedule = optimizers.schedules.CLASSES[name](**NEEDED[name], **json.loads(more))
    for kind in (int, np.float32):
        rates = [float(schedule(kind(k))) for k in range(STEPS)]
        np.testing.assert_allclose(rates, TOLD["rates"][key], rtol=1e-5, atol=1e-7)
    assert schedule.get_config() | json.loads(more) == schedule.get_config()


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (2, 3, 4), (2, 2, 9)], ids=str)
def test_orthogonal_matrices_are(shape) -> None:
    """All axes but the last are rows; the fewer of rows and columns stand at right angles, each as long as gain."""
    w = initializers.Orthogonal(gain=2.0, seed=1)(shape)
    assert (w.shape, w.dtype) == (shape, np.float32)
    w = w.reshape(-1, shape[-1])
    fewer = w @ w.T if len(w) < w.shape[1] else w.T @ w
    np.testing.assert_allclose(fewer, 4 * np.eye(len(fewer)), atol=1e-5)


def test_the_identity_is_gain_times_one_and_neither_draws_a_vector() -> None:
    """Two axes for Identity, two or more for Orthogonal."""
    np.testing.assert_array_equal(initializers.Identity(gain=3.0)((2, 3)), [[3, 0, 0], [0, 3, 0]])
    for make in (
        lambda: initializers.Identity()((3,)),
        lambda: initializers.Identity()((2, 2, 2)),
        lambda: initializers.Orthogonal()((3,)),
    ):
        with pytest.raises(SettingError, match="matrices"):
            make()
