"""Networks with branches, normalization and the layers that move numbers: ONNX and Python carry them, C and pages name what joins."""

import numpy as np
import pytest

from chainrule import layers, utils
from chainrule.errors import SettingError
from chainrule.export import export_model
from chainrule.models import Model


def filled(model):
    """The model with weights that are nowhere 0; variances above it."""
    rng = np.random.default_rng(1)
    for layer in model.layers:
        arrays = [np.abs(w + rng.normal(0, 0.2, w.shape)).astype("f4") + 0.1 for w in layer.get_weights()]
        if arrays:
            layer.set_weights(arrays)
    return model


def residual():
    given = layers.Input((6, 5, 2))
    inside = layers.Conv2D(2, 3, padding="same", activation="relu")(given)
    joined = layers.Add()([given, layers.BatchNormalization()(inside)])
    return Model(given, layers.Dense(3, activation="softmax")(layers.Flatten()(joined)))


def inception():
    given = layers.Input((6, 6, 3))
    ways = [
        layers.Conv2D(2, 1)(given),
        layers.Conv2D(4, 3, padding="same")(given),
        layers.MaxPooling2D(3, strides=1, padding="same")(given),
    ]
    return Model(given, layers.GlobalAveragePooling2D()(layers.Concatenate()(ways)))


def shared():
    given, dense = layers.Input((4,)), layers.Dense(4, activation="tanh")
    once = dense(given)
    merged = [
        layers.Multiply()([given, once]),
        layers.Maximum()([given, once]),
        layers.Minimum()([once, given]),
    ]
    return Model(given, layers.Average()([*merged, layers.Subtract()([dense(once), given])]))


GRAPHS = {"residual": residual, "inception": inception, "shared": shared}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("ending", [".onnx", ".py"])
def test_branches_are_carried(tmp_path, name, ending) -> None:
    """Sums, products, means, sides by side; a layer that stands twice; within 2e-6."""
    utils.set_random_seed(1)
    assert export_model(filled(GRAPHS[name]()), tmp_path / f"m{ending}").difference < 5e-6


@pytest.mark.parametrize("ending", [".h", ".html"])
def test_where_branches_join_is_said(tmp_path, ending) -> None:
    """C and pages carry chains; the layer that joins is named."""
    given = layers.Input((28, 28))
    flat = layers.Flatten()(given)
    model = Model(
        given,
        layers.Dense(10, activation="softmax")(layers.Add(name="both")([flat, layers.Dense(784)(flat)])),
    )
    with pytest.raises(SettingError, match="both"):
        export_model(model, tmp_path / f"m{ending}")


CHAINS = {
    "normalized": ((5, 4, 3), lambda: [layers.Conv2D(4, 2, use_bias=False), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(), layers.BatchNormalization(scale=False)]),
    "layer normalized": ((7,), lambda: [layers.Dense(6), layers.LayerNormalization(), layers.Dense(3), layers.LayerNormalization(center=False)]),
    "measured": ((4,), lambda: [layers.Normalization(mean=[1.0, 2.0, 3.0, 4.0], variance=[1.0, 2.0, 0.5, 4.0]), layers.Dense(2)]),
    "margins": ((5, 6, 2), lambda: [layers.ZeroPadding2D(((1, 2), (0, 3))), layers.Cropping2D(((0, 1), (2, 0))), layers.UpSampling2D((2, 3)), layers.GlobalMaxPooling2D()]),
    "margins of sequences": ((5, 2), lambda: [layers.ZeroPadding1D((1, 2)), layers.Cropping1D((0, 1)), layers.UpSampling1D(2), layers.Flatten()]),
    "moved": ((3, 4), lambda: [layers.Permute((2, 1)), layers.PReLU(), layers.Flatten(), layers.ELU(0.7), layers.RepeatVector(3), layers.Flatten()]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("ending", [".onnx", ".py", ".h"])
def test_chains_of_these_layers_are_carried(stack, tmp_path, name, ending) -> None:
    """Normalization at its averages, margins, repeated and moved numbers; C says by name what it does not carry."""
    shape, made = CHAINS[name]
    model = filled(stack(shape, *made()))
    if ending == ".h" and name not in ("normalized", "measured"):
        with pytest.raises(SettingError, match="A C header cannot carry"):
            export_model(model, tmp_path / "m.h")
        return
    assert export_model(model, tmp_path / f"m{ending}").difference < 5e-6
