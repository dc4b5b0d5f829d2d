"""Inputs of any size: None in an input's shape."""

import numpy as np
import pytest

import chainrule
from chainrule import layers, models
from chainrule.errors import ShapeError
from chainrule.layers.any_size import AnySize


def test_what_is_worked_out_with_any_size_is_of_any_size() -> None:
    """Windows and strides behind an open axis leave it open; it fits every size, and prints as None."""
    size = AnySize()
    for made in (size + 1, 1 + size, size - 1, 600 - size, size * 2, 2 * size, size // 2, -(-size // 2)):
        assert isinstance(made, AnySize)
        assert made == 3
        assert str(made) == f"{made}" == repr(made) == "None"
    assert size != "a"


def test_sequences_of_any_length(tmp_path) -> None:
    """Input((None,)): fit, predict and files take any length, and an answer does not depend on the others' length."""
    chainrule.utils.set_random_seed(0)
    m = models.Sequential(
        [
            layers.Input((None,)), layers.Embedding(10, 4), layers.Conv1D(4, 3, padding="same"),
            layers.Bidirectional(layers.GRU(3, return_sequences=True)), layers.LSTM(2), layers.Dense(1),
        ]
    )  # fmt: skip
    m.compile("adam", "mse")
    rng = np.random.default_rng(0)
    for length in (4, 7):
        m.fit(rng.integers(0, 10, (8, length)), np.ones(8), verbose=0)
    assert m.input_shape[-1] == 5
    shown: list[str] = []
    m.summary(print_fn=shown.append)
    assert "(None, None, 4)" in shown[0]
    x = rng.integers(0, 10, (2, 5))
    want = m.predict(x, verbose=0)
    for name in ("m.keras", "m.h5"):
        m.save(tmp_path / name)
        again = models.load_model(tmp_path / name)
        assert np.array_equal(again.predict(x, verbose=0), want)
        assert again.predict(np.ones((1, 9)), verbose=0).shape == (1, 1)


def test_pictures_of_any_size() -> None:
    """Input((None, None, 1)): windows, pooling, upsampling and global pooling; a Dense on an open axis is refused."""
    picture = layers.Input((None, None, 1))
    behind = layers.UpSampling2D(2)(layers.MaxPooling2D(2)(layers.Conv2D(3, 3, padding="same")(picture)))
    assert str(behind.shape) == "(None, None, None, 3)"
    m = models.Model(picture, layers.Dense(2)(layers.GlobalAveragePooling2D()(behind)))
    m.compile("sgd", "mse")
    for side in (8, 12):
        m.fit(np.ones((4, side, side, 1)), np.ones((4, 2)), verbose=0)
    assert m.predict(np.ones((1, 6, 10, 1)), verbose=0).shape == (1, 2)
    with pytest.raises(ShapeError, match="leaves their number open"):
        layers.Dense(2)(layers.Flatten()(behind))
