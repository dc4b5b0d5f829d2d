"""Layers with settings that leave weights out, in networks built by calling layers: saved and loaded with every number."""

import numpy as np
import pytest

from chainrule import Input, Model, layers
from chainrule.models import load_model

SEQUENCE = (5, 3)
LAYERS = {
    "Bidirectional without bias": layers.Bidirectional(layers.LSTM(2, use_bias=False)),
    "Bidirectional of two layers without names": layers.Bidirectional(
        layers.GRU(2), backward_layer=layers.GRU(2, go_backwards=True)
    ),
    "TimeDistributed without bias": layers.TimeDistributed(layers.Dense(2, use_bias=False)),
    "MultiHeadAttention without bias": lambda x: layers.MultiHeadAttention(2, 2, use_bias=False)(x, x),
    "Attention with a scale": lambda x: layers.Attention(use_scale=True)([x, x]),
    "Attention by sums": lambda x: layers.Attention(score_mode="concat")([x, x]),
    "BatchNormalization without scale": layers.BatchNormalization(scale=False),
    "LayerNormalization without center": layers.LayerNormalization(center=False),
    "Conv2DTranspose with output_padding": layers.Conv1DTranspose(2, 3, 2, output_padding=1),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", LAYERS)
def test_what_was_saved_answers_the_same(name, ending, tmp_path) -> None:
    """The weights that a layer has with its settings are those that are read."""
    x = Input(SEQUENCE)
    model = Model(x, layers.Flatten()(LAYERS[name](x)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 1, w.shape) for w in model.get_weights()])
    values = rng.normal(size=(4, *SEQUENCE))
    file = tmp_path / f"model.{ending}"
    model.save(file)
    np.testing.assert_array_equal(
        load_model(file).predict(values, verbose=0), model.predict(values, verbose=0)
    )
