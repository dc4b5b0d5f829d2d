"""In float64, where rounding hides nothing: optimizers over 1,000 steps, losses, activations, schedules are Keras's."""

import importlib.util
import itertools
import os
import subprocess
import sys
from pathlib import Path

import cases
import numpy as np
import pytest

from chainrule import activations, losses, optimizers, regularizers
from chainrule.backprop import first_state, make_step
from chainrule.layers import Dense

if importlib.util.find_spec("keras") is None or importlib.util.find_spec("jax") is None:
    pytest.skip("KERAS OR JAX IS NOT INSTALLED: nothing was compared with it", allow_module_level=True)

HERE = Path(__file__).parent
OPTIMIZERS = cases.optimizers(optimizers)
STEPS, EVERY = 1000, 250


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> dict[str, np.ndarray]:
    """What Keras says, computed once in a process of its own."""
    out = tmp_path_factory.mktemp("keras") / "float64.npz"
    subprocess.run(
        [sys.executable, HERE / "float64_side.py", out], check=True, env=os.environ | {"KERAS_BACKEND": "jax"}
    )
    with np.load(out) as stored:
        return dict(stored)


def in_float32(keras: np.ndarray) -> bool:
    """Whether Keras computed in float32 after all, as it does for means."""
    return np.array_equal(keras, keras.astype(np.float32))


def close(ours: object, keras: np.ndarray, rough: bool = False) -> None:
    """Equal to the last digits; rough: to those of float32."""
    np.testing.assert_allclose(ours, keras, rtol=1e-6 if rough else 1e-10, atol=1e-7 if rough else 1e-13)


def problem() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """The same numbers as on the other side."""
    rng, sizes = np.random.default_rng(5), (6, 8, 3)
    x = rng.normal(size=(4, 16, sizes[0]))
    y = np.eye(sizes[2])[rng.integers(0, sizes[2], (4, 16))]
    weights = []
    for a, b in itertools.pairwise(sizes):
        weights += [rng.normal(size=(a, b)) * 0.5, rng.normal(size=b) * 0.1]
    return x, y, weights


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_thousand_steps_end_at_keras_s_weights(name, theirs) -> None:
    """After 250, 500, 750 and 1,000 steps from the same weights on the same batches every weight is Keras's to 1e-6."""
    x, y, weights = problem()
    chain = [*Dense(8, "silu").links(), *Dense(3, "softmax").links()]
    params = [{"kernel": weights[0], "bias": weights[1]}, {}, {"kernel": weights[2], "bias": weights[3]}, {}]
    optimizer = OPTIMIZERS[name]
    step = make_step(chain, losses.CategoricalCrossentropy(), optimizer)
    state, i = first_state(params, optimizer), 0
    for k in range(STEPS):
        state, _ = step(state, (x[k % 4], y[k % 4], None))
        if (k + 1) % EVERY == 0:
            for layer in (0, 2):
                for weight in ("kernel", "bias"):
                    ours, keras = state["params"][layer][weight], theirs[f"optimizer/{name}/{i}"]
                    assert ours.dtype == keras.dtype == np.float64
                    assert np.abs(ours - keras).max() <= 1e-6 * np.abs(keras).max()
                    i += 1


@pytest.mark.parametrize("name", cases.schedules(optimizers.schedules))
def test_rates_are_keras_s_at_every_step(name, theirs) -> None:
    """120 steps of every schedule, at its corners and beyond its end."""
    schedule = cases.schedules(optimizers.schedules)[name]
    ours = [float(schedule(np.asarray(k, np.float64))) for k in range(120)]
    np.testing.assert_allclose(
        ours, theirs[f"schedule/{name}"], rtol=2e-6, atol=1e-8
    )  # Keras counts in float32


@pytest.mark.parametrize("name", cases.ACTIVATIONS)
def test_activations_and_their_derivatives_are_keras_s(name, theirs) -> None:
    """Every activation, forward and backward."""
    z = np.random.default_rng(3).normal(size=(40, 6)) * 4
    forward, backward = activations.RULES[name]
    a = forward(z)
    # Keras's sparsemax gives rows that are no distribution where its float32 cut-off misses; ours always sum to 1
    right = np.isclose(theirs[f"activation/{name}/a"].sum(axis=1), 1) if name == "sparsemax" else slice(None)
    close(a[right], theirs[f"activation/{name}/a"][right])
    close(backward(np.cos(z)[:, : a.shape[1]], z, a)[right], theirs[f"activation/{name}/dz"][right])
    if name == "sparsemax":
        np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-12)
        assert right.sum() > 20


@pytest.mark.parametrize("name", cases.losses(losses))
def test_losses_and_their_derivatives_are_keras_s(name, theirs) -> None:
    """Every loss and setting: one value per example, and the derivative of their mean."""
    loss, kind = cases.losses(losses)[name]
    y, p = cases.pair(kind)
    rough = in_float32(theirs[f"loss/{name}/values"]) or name == "mape"  # whose 100 is a float32 there
    close(loss.values(y, p), theirs[f"loss/{name}/values"], rough)
    close(loss.derivative(y, p) / len(p), theirs[f"loss/{name}/dp"], rough)


@pytest.mark.parametrize("name", cases.REGULARIZERS)
def test_penalties_and_their_derivatives_are_keras_s(name, theirs) -> None:
    """Every penalty."""
    w, penalty = np.random.default_rng(4).normal(size=(4, 3)), regularizers.L1L2(**cases.REGULARIZERS[name])
    close(penalty.value(w), theirs[f"regularizer/{name}"])
    close(penalty.gradient(w), theirs[f"regularizer/{name}/dw"])


def test_everything_keras_was_asked_is_compared(theirs) -> None:
    """Every activation, loss and optimizer that Chainrule has is among the cases."""
    of_keras_2 = {"hard_sigmoid_of_keras_2"}  # which Keras 3 has no more
    assert set(cases.ACTIVATIONS) == set(activations.RULES) - of_keras_2
    assert {type(loss).__name__ for loss, _ in cases.losses(losses).values()} == set(losses.CLASSES)
    assert {type(optimizer).__name__ for optimizer in OPTIMIZERS.values()} == set(optimizers.CLASSES)
    assert len([name for name in theirs if name.startswith("optimizer/")]) == len(OPTIMIZERS) * 16
