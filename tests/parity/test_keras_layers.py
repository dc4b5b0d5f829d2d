"""Every layer against Keras's own, from the same weights: what it answers, what training makes of it, its files.

Each case is written once and built by either library. `apart` is the size of all differences of weights together over
the size of all weights: at most 1e-5 after 50 steps of SGD, 1e-4 after 10 of Adam, on NumPy and on JAX.
"""

import os
import re
from pathlib import Path

import layer_cases
import numpy as np
import pytest
from twins import keras, twins

import chainrule

CASES = layer_cases.CASES


def sized(arrays) -> float:
    """The length of many arrays taken as one vector."""
    return float(np.sqrt(sum((np.asarray(a, np.float64) ** 2).sum() for a in arrays)))


def apart(ours, theirs) -> float:
    """The size of the difference of two models' weights over the size of the weights."""
    pairs = list(zip(ours.get_weights(), theirs.get_weights(), strict=True))
    return sized(a - b for a, b in pairs) / max(sized(b for _, b in pairs), 1e-12)


def examples(case, n=80):
    """Inputs of a case's shape and targets of any size."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(n, *case.shape)).astype(np.float32), rng.normal(size=(n, 2)).astype(np.float32)


@pytest.mark.parametrize("name", CASES)
def test_answers_are_keras_s(name) -> None:
    """The same weights give the same answers, and a layer's weights have the same shapes and order."""
    case = CASES[name]
    ours, theirs = twins(case.model)
    x, _ = examples(case, 9)
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=2e-4, atol=2e-5)
    assert ours.output_shape == theirs.output_shape[1:]


@pytest.mark.parametrize("name", [name for name in CASES if CASES[name].trains])
@pytest.mark.parametrize(("optimizer", "epochs", "bound"), [("sgd", 10, 1e-5), ("adam", 2, 1e-4)])
def test_training_ends_at_keras_s_weights(name, optimizer, epochs, bound) -> None:
    """50 steps of SGD and 10 of Adam through fit, on both engines; statistics that are counted along, too."""
    case = CASES[name]
    ours, theirs = twins(case.model)
    x, y = examples(case)
    theirs.compile(optimizer, "mse")
    first = theirs.get_weights()
    theirs.fit(x, y, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
    loss = theirs.evaluate(x, y, verbose=0)
    for engine in ("numpy", "jax"):
        ours.set_weights(first)
        ours.compile(optimizer, "mse", backend=engine)
        ours.fit(x, y, batch_size=16, epochs=epochs, shuffle=False, verbose=0)
        assert apart(ours, theirs) <= bound, engine
        assert float(ours.evaluate(x, y, verbose=0)) == pytest.approx(loss, rel=1e-3)


FILED = [(name, end) for name, case in CASES.items() for end in (".keras", ".h5")]


@pytest.mark.parametrize(
    ("name", "suffix"), [(name, end) for name, end in FILED if end == ".keras" or CASES[name].h5]
)
def test_files_go_both_ways(name, suffix, tmp_path) -> None:
    """A file of ours opens in Keras and one of Keras's here: same answers, same settings, nothing to convert."""
    case = CASES[name]
    ours, theirs = twins(case.model)
    x, _ = examples(case, 5)
    wanted = theirs.predict(x, verbose=0)
    ours.save(os.fspath(tmp_path / f"ours{suffix}"))
    theirs.save(os.fspath(tmp_path / f"theirs{suffix}"))
    there = keras.models.load_model(tmp_path / f"ours{suffix}", compile=False)
    here = chainrule.models.load_model(tmp_path / f"theirs{suffix}", compile=False)
    np.testing.assert_allclose(there.predict(x, verbose=0), wanted, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(here.predict(x, verbose=0), wanted, rtol=2e-4, atol=2e-5)
    for layer, other in zip(here.layers, theirs.layers, strict=True):
        assert type(layer).__name__ == type(other).__name__
        assert (layer.name, layer.trainable) == (other.name, other.trainable)


def test_every_layer_is_compared() -> None:
    """A layer that is added must stand in a case here, or among the sequences: answers, training, files both ways."""
    texts = [
        (Path(__file__).parent / name).read_text(encoding="utf-8")
        for name in ("layer_cases.py", "test_keras_sequences.py")
    ]
    used = set(re.findall(r"\.([A-Z]\w+)\(", "".join(texts)))
    ours_alone = {"InputLayer", "PositionalEmbedding"}  # every model begins with one; not in Keras
    assert set(chainrule.layers.CLASSES) - used <= ours_alone
