"""Two models from one description, one made by each library, with the same first weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule

keras = pytest.importorskip("keras", reason="KERAS IS NOT INSTALLED: nothing was compared with it")

Build = Callable[[Any], Any]


def twins(build: Build) -> tuple[Any, Any]:
    """build(library) -> model, called with Chainrule and with Keras; both then hold Chainrule's weights."""
    chainrule.utils.set_random_seed(
        17
    )  # an unlucky start puts an example between two classes, where rounding decides
    ours = build(chainrule)
    ours.build()
    theirs = build(keras)
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def apart(ours: Any, theirs: Any) -> float:
    """The largest difference of two models' weights, as a share of the largest weight of each array."""
    return max(
        float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-3))
        for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True)
    )


def figures_agree(ours: dict[str, list[float]], theirs: dict[str, list[float]], rtol: float = 2e-5) -> None:
    """The same names in the same order, and the same values to rounding."""
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        np.testing.assert_allclose(ours[name], values, rtol=rtol, atol=1e-6, err_msg=name)


def table(
    n: int = 320, inputs: int = 8, outputs: int = 3, kind: str = "one-hot"
) -> tuple[np.ndarray, np.ndarray]:
    """Examples that can be learned, float32."""
    rng = np.random.default_rng(17)
    x = rng.normal(size=(n, inputs)).astype(np.float32)
    z = np.tanh(x @ rng.normal(size=(inputs, outputs)) + 0.1 * rng.normal(size=(n, outputs)))
    labels = z.argmax(axis=1)
    y = {
        "numbers": z, "labels": labels, "one-hot": np.eye(outputs)[labels], "yes": (z > 0).astype(float),
    }[kind]  # fmt: skip
    return x, y.astype(np.int64 if kind == "labels" else np.float32)
