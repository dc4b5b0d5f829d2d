"""Files of Keras 2 that name cuDNN's layers, or hold settings of TensorFlow's Keras, open as what they compute."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers, models
from chainrule.errors import ChainruleError
from chainrule.files import ModelFile, save
from chainrule.models.saving import to_file

X = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
GATES = {"LSTM": 4, "GRU": 3}


def as_cudnn(arrays, gates):
    """A layer's arrays as CuDNNLSTM and CuDNNGRU of Keras 2 stored them."""
    kernel, recurrent, bias = arrays
    by_gate = [
        (one.T.reshape(one.shape), other.T)
        for one, other in zip(*(np.split(w, gates, 1) for w in (kernel, recurrent)), strict=True)
    ]
    two = bias.ravel() if bias.ndim == 2 else np.concatenate([0.25 * bias, 0.75 * bias])
    return [
        np.concatenate([pair[0] for pair in by_gate], 1),
        np.concatenate([pair[1] for pair in by_gate], 1),
        two,
    ]


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("both_ways", [False, True])
def test_cudnns_layers_open_with_the_same_answers(kind, both_ways, tmp_path, monkeypatch) -> None:
    """CuDNNLSTM and CuDNNGRU, alone and in Bidirectional: kernels turned back, biases put together."""
    inner = getattr(layers, kind)(4, name="inner")
    model = Sequential(
        [Input((5, 3)), layers.Bidirectional(inner, name="r") if both_ways else inner, layers.Dense(2)]
    )
    model.layers[0].set_weights(
        [np.random.default_rng(1).normal(size=w.shape) for w in model.layers[0].get_weights()]
    )
    stored = to_file(model)
    entry = next(one for one in stored.layers if one["class_name"] in (kind, "Bidirectional"))
    if not both_ways:  # within another layer only the arrays tell
        for gone in ("activation", "recurrent_activation", "reset_after", "use_bias", "dropout"):
            entry["config"].pop(gone, None)
        entry["class_name"] = "CuDNN" + kind
    place = stored.layers.index(entry)
    own = stored.weights[place]
    stored.weights[place] = [
        w for start in range(0, len(own), 3) for w in as_cudnn(own[start : start + 3], GATES[kind])
    ]
    save(tmp_path / "old.h5", ModelFile(stored.config, stored.weights))
    monkeypatch.setattr("chainrule.files.validate.digests.check", lambda *_: None)  # Keras's files have none
    opened = models.load_model(tmp_path / "old.h5")
    assert np.allclose(opened.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)


def test_time_major_is_read_where_it_says_what_is_so(tmp_path) -> None:
    """Files and scripts of TensorFlow's Keras say time_major=False; True is refused."""
    assert layers.LSTM(3, time_major=False).units == 3
    with pytest.raises(ChainruleError, match="time_major=True is not supported"):
        layers.GRU(3, time_major=True)
    model = Sequential([Input((5, 3)), layers.GRU(4, name="inner")])
    stored = to_file(model)
    stored.layers[-1]["config"]["time_major"] = False
    save(tmp_path / "tf.h5", ModelFile(stored.config, stored.weights))
    opened = models.load_model(tmp_path / "tf.h5")
    assert np.allclose(opened.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-6)
