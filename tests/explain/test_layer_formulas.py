"""For one weight of each kind of layer every printed line recomputes, in at most 60 lines of arithmetic."""

import numpy as np
import pytest
from printed import recompute

from chainrule import Sequential, explain, layers, regularizers
from chainrule.activations import RULES
from chainrule.layers import Activation, Dense, Flatten, Input
from chainrule.utils import set_random_seed

LINES, WITH_WORDS = 60, 80

PICTURE, SERIES = (9, 8, 2), (10, 3)
NETWORKS = {
    "Conv2D": (PICTURE, lambda: [layers.Conv2D(3, 3, activation="relu")]),
    "Conv2D, same, strides": (
        PICTURE,
        lambda: [layers.Conv2D(3, (3, 2), strides=2, padding="same", use_bias=False)],
    ),
    "Conv2D, dilation": (PICTURE, lambda: [layers.Conv2D(2, 2, dilation_rate=3, activation="tanh")]),
    "Conv2D, penalties": (
        PICTURE,
        lambda: [
            layers.Conv2D(2, 3, kernel_regularizer="l2", activity_regularizer=regularizers.L1L2(0.01, 0.01))
        ],
    ),
    "two Conv2D": (
        PICTURE,
        lambda: [layers.Conv2D(3, 3, activation="relu"), layers.Conv2D(2, 3, padding="same")],
    ),
    "Conv1D": (SERIES, lambda: [layers.Conv1D(4, 3, activation="relu")]),
    "Conv1D, causal": (SERIES, lambda: [layers.Conv1D(4, 3, padding="causal", dilation_rate=2)]),
    "DepthwiseConv2D": (
        PICTURE,
        lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), layers.Conv2D(2, 1)],
    ),
    "DepthwiseConv1D": (SERIES, lambda: [layers.DepthwiseConv1D(3, padding="same"), Dense(4)]),
    "SeparableConv2D": (PICTURE, lambda: [layers.SeparableConv2D(4, 3)]),
    "Conv2DTranspose": (PICTURE, lambda: [layers.Conv2DTranspose(2, 3, strides=2)]),
    "Conv2DTranspose, output_padding": (
        (4, 3, 2),
        lambda: [layers.Conv2DTranspose(3, 3, 2, "same", output_padding=1), layers.Conv2DTranspose(2, 2)],
    ),
    "Conv1DTranspose, dilation": (SERIES, lambda: [layers.Conv1DTranspose(2, 3, dilation_rate=2)]),
    "MaxPooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.MaxPooling2D()]),
    "MaxPooling2D, overlapping": (
        PICTURE,
        lambda: [layers.Conv2D(3, 2), layers.MaxPooling2D(3, strides=2, padding="same")],
    ),
    "AveragePooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.AveragePooling2D(2, padding="same")]),
    "MaxPooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.MaxPooling1D(3, strides=2)]),
    "AveragePooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.AveragePooling1D(3)]),
    "GlobalAveragePooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.GlobalAveragePooling2D()]),
    "GlobalMaxPooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.GlobalMaxPooling2D()]),
    "GlobalAveragePooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.GlobalAveragePooling1D()]),
    "GlobalMaxPooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.GlobalMaxPooling1D()]),
    "Dense on rows": (SERIES, lambda: [Dense(4, "tanh")]),
}
NETWORKS |= {
    "BatchNormalization": (
        (6,),
        lambda: [Dense(5, use_bias=False), layers.BatchNormalization(), Activation("relu"), Dense(4)],
    ),
    "BatchNormalization of channels": (
        PICTURE,
        lambda: [layers.Conv2D(3, 3), layers.BatchNormalization(), Activation("relu")],
    ),
    "BatchNormalization, no scale": ((6,), lambda: [Dense(5), layers.BatchNormalization(scale=False)]),
    "LayerNormalization": (SERIES, lambda: [Dense(5), layers.LayerNormalization(), Dense(4, "tanh")]),
    "LayerNormalization, two axes": (SERIES, lambda: [layers.LayerNormalization(axis=[1, 2])]),
    "RMSNormalization": ((6,), lambda: [Dense(5), layers.RMSNormalization()]),
    "UnitNormalization": ((6,), lambda: [Dense(5), layers.UnitNormalization()]),
    "PReLU": ((6,), lambda: [Dense(5), layers.PReLU(alpha_initializer="ones"), Dense(4)]),
    "PReLU, shared": (PICTURE, lambda: [layers.Conv2D(3, 3), layers.PReLU(shared_axes=[1, 2])]),
    "UpSampling2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.UpSampling2D(2)]),
    "UpSampling2D, bilinear": (
        PICTURE,
        lambda: [layers.Conv2D(2, 3), layers.UpSampling2D(2, interpolation="bilinear")],
    ),
    "ZeroPadding2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.ZeroPadding2D(2), layers.Conv2D(2, 3)]),
    "Cropping2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.Cropping2D(1)]),
    "Permute": (SERIES, lambda: [Dense(4), layers.Permute((2, 1)), Dense(3)]),
    "RepeatVector": ((6,), lambda: [Dense(4), layers.RepeatVector(3), Dense(2)]),
    "ELU": ((6,), lambda: [Dense(4), layers.ELU(0.5)]),
    "noise": (
        (6,),
        lambda: [Dense(4), layers.GaussianNoise(0.1), layers.GaussianDropout(0.2), layers.AlphaDropout(0.2)],
    ),
    "SpatialDropout2D": (PICTURE, lambda: [layers.Conv2D(4, 3), layers.SpatialDropout2D(0.3)]),
    "SpatialDropout1D": (SERIES, lambda: [layers.Conv1D(4, 3), layers.SpatialDropout1D(0.3)]),
    "Dropout, noise_shape": (SERIES, lambda: [Dense(4), layers.Dropout(0.4, noise_shape=(1, None, 1))]),
    "Dropout, rate 0": (
        (6,),
        lambda: [Dense(4), layers.Dropout(0.0), layers.AlphaDropout(0.0), layers.GaussianDropout(0.0)],
    ),
    "UpSampling1D": (SERIES, lambda: [layers.Conv1D(4, 3), layers.UpSampling1D(2)]),
    "Identity": ((6,), lambda: [Dense(4), layers.Identity(), Dense(3)]),
    "Normalization": (
        (6,),
        lambda: [Dense(4), layers.Normalization(mean=[1.0, 2.0, 0.5, 0.0], variance=[1.0, 4.0, 2.0, 0.5])],
    ),
    "Normalization, invert": (
        (6,),
        lambda: [Dense(4), layers.Normalization(mean=2.0, variance=9.0, axis=None, invert=True)],
    ),
    "RMSNormalization, two axes": (
        SERIES,
        lambda: [Dense(5), layers.RMSNormalization(axis=[1, 2]), Dense(3)],
    ),
    "UnitNormalization, time": (SERIES, lambda: [Dense(5), layers.UnitNormalization(axis=1)]),
    "ReLU, all settings": (
        (6,),
        lambda: [Dense(8), layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.1)],
    ),
    "own activation": ((6,), lambda: [Dense(4), Activation(lambda z: z * z)]),
}
WORDS = (7,)  # of a language of 12
for cell in (layers.SimpleRNN, layers.LSTM, layers.GRU):
    NETWORKS |= {
        f"{cell.__name__}": (SERIES, lambda cell=cell: [cell(3)]),
        f"{cell.__name__}, sequences": (SERIES, lambda cell=cell: [cell(3, return_sequences=True), cell(2)]),
        f"{cell.__name__}, dropout": (
            SERIES,
            lambda cell=cell: [cell(3, dropout=0.3, recurrent_dropout=0.2, return_sequences=True)],
        ),
        f"{cell.__name__}, backwards": (
            SERIES,
            lambda cell=cell: [cell(3, go_backwards=True, use_bias=False)],
        ),
        f"{cell.__name__}, relu": (SERIES, lambda cell=cell: [cell(3, activation="relu")]),
        f"{cell.__name__}, masked": (
            WORDS,
            lambda cell=cell: [layers.Embedding(12, 4, mask_zero=True), cell(3)],
        ),
        f"{cell.__name__} of words": (WORDS, lambda cell=cell: [layers.Embedding(12, 4), cell(3)]),
    }
NETWORKS |= {
    "GRU, reset before": (SERIES, lambda: [layers.GRU(3, reset_after=False)]),
    "Bidirectional": (SERIES, lambda: [layers.Bidirectional(layers.LSTM(3))]),
    "TimeDistributed": (SERIES, lambda: [layers.TimeDistributed(Dense(4)), layers.LSTM(2)]),
    "Masking": (SERIES, lambda: [layers.Masking(), layers.SimpleRNN(3)]),
    "Embedding": (WORDS, lambda: [layers.Embedding(12, 4), layers.GlobalAveragePooling1D()]),
}
for kind in RULES:  # every activation
    NETWORKS[kind] = ((6,), lambda kind=kind: [Dense(6), Activation(kind)])


def opened(name: str, n: int = 5):
    """A step of a small network with that layer."""
    shape, middle = NETWORKS[name]
    set_random_seed(7)
    rng = np.random.default_rng(7)
    model = Sequential([Input(shape), *middle(), Flatten(), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    x = rng.integers(0, 12, size=(n, *shape)) if shape == WORDS else rng.normal(size=(n, *shape))
    if name == "Masking":
        x[:, 7:] = 0
    return model, explain.step(model, x, rng.integers(0, 3, n))


def weights_of(step):
    """Every (layer, weight name, shape) of a step that learns."""
    return [(link.name, name, g.shape) for link in step.links for name, g in link.gradient.items()]


@pytest.mark.parametrize("name", NETWORKS)
def test_one_weight_of_each_kind_of_layer_recomputes_line_by_line(name) -> None:
    """Each line holds, none is false, the shares add up to the gradient, and there are at most 60 lines of arithmetic."""
    model, step = opened(name)
    for layer, weight, shape in weights_of(step):
        for index in (tuple(n // 2 for n in shape), tuple(0 for _ in shape)):
            trace = step.weight_of(layer, weight, *index)
            text = trace.text(width=120, pictures=False)
            found = recompute(text)
            assert found[-1].name == "w′"
            assert not trace.disagreements
            worked_out = len(trace.equations)
            assert worked_out <= LINES
            assert len(text.splitlines()) <= WITH_WORDS
            if "terms" not in trace.facts:
                assert "no part of this gradient belongs to one example" in " ".join(text.split())
                continue
            assert sum(trace.facts["terms"]) == pytest.approx(
                trace.facts["data_gradient"], rel=2e-4, abs=1e-7
            )
    assert explain.check_model(model, step.inputs.batch[0], step.inputs.batch[1]).ok


@pytest.mark.parametrize("name", NETWORKS)
def test_units_examples_and_layers_of_each_kind_are_explained(name) -> None:
    """All of a step can be asked about, and every line of it holds."""
    _, step = opened(name)
    recompute(str(step.example(1)))
    assert str(step)
    for link in step.links:
        assert str(step.layer(link.name))
        trace = step.neuron(link.name, link.y.shape[-1] - 1)
        recompute(str(trace))
        assert not trace.disagreements


@pytest.mark.parametrize(
    "name",
    ["Conv2D", "Conv2D, same, strides", "Conv2D, dilation", "Conv1D, causal", "MaxPooling2D, overlapping"],
)
def test_the_terms_of_a_convolution_are_those_of_each_example_alone(name) -> None:
    """A kernel's term of an example is the gradient of a batch of that example alone, over the number of examples."""
    model, step = opened(name)
    x, y, _ = step.inputs.batch
    for layer, weight, shape in weights_of(step)[:2]:
        index = tuple(n - 1 for n in shape)
        terms = step.link(layer).terms(weight, *index)
        for k in range(len(x)):
            alone = explain.step(model, x[k : k + 1], y[k : k + 1]).link(layer).data_gradient[weight][index]
            assert len(x) * terms[k] == pytest.approx(float(alone), rel=1e-3, abs=1e-6)


def test_a_kernels_weight_shows_what_it_met_at_each_position() -> None:
    """The inputs that met a weight of a kernel, position by position, and how many more there are."""
    _, step = opened("Conv2D")
    text = str(step.weight_of("conv2d", "kernel", 1, 2, 0, 1))
    assert "used at 42 places of an example" in text
    assert "its value" in text
    assert "other places" in text


@pytest.mark.parametrize(
    ("made", "rows", "columns"),
    [
        (lambda: [layers.Conv2D(1, 3)], (2, 4), (3, 5)),
        (lambda: [layers.Conv2D(1, 3, strides=2)], (4, 6), (6, 8)),
        (lambda: [layers.Conv2D(1, 3, dilation_rate=2)], (2, 6), (3, 7)),
        (lambda: [layers.Conv2D(1, 3), layers.MaxPooling2D(), layers.Conv2D(1, 2)], (4, 9), (6, 11)),
        (
            lambda: [layers.Conv2D(1, 3, padding="same"), Activation("relu"), layers.AveragePooling2D()],
            (3, 6),
            (5, 8),
        ),
    ],
    ids=["3x3", "strides", "dilation", "pool", "same"],
)
def test_the_receptive_field_is_where_the_output_depends_on_the_input(made, rows, columns) -> None:
    """The rows and columns that are named are exactly those whose pixels change the unit."""
    from chainrule.explain.receptive_field import field_of

    set_random_seed(1)
    model = Sequential([Input((16, 16, 1)), *made(), Flatten(), Dense(2)])
    model.compile("sgd", "mse", backend="numpy")
    x = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    step = explain.step(model, x, np.zeros((2, 2)))
    link = step.links[-3]
    unit = int(np.ravel_multi_index((2, 3, 0), link.y.shape[1:]))
    field = field_of(step, link, unit)
    assert (field.rows, field.columns) == (rows, columns)
    inside = np.zeros((16, 16), bool)
    inside[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = True
    outside = x.copy()
    outside[:, ~inside] += 5
    moved = explain.step(model, outside, np.zeros((2, 2))).links[-3]
    np.testing.assert_array_equal(
        np.asarray(moved.y).reshape(2, -1)[:, unit], np.asarray(link.y).reshape(2, -1)[:, unit]
    )
    assert f"rows {rows[0]} to {rows[1]}" in str(field)


# ── networks that are no chains ──────────────────────────────────────────────────────────────────────────────────


def residual():
    x = Input((6,))
    h = Dense(6, "relu", name="inner")(x)
    return x, layers.Add()([x, Dense(6, name="second")(h)])


def two_ways(merge):
    def made():
        x = Input((6,))
        a, b = Dense(4, "tanh", name="left")(x), Dense(4, name="right")(x)
        return x, merge()([a, b])

    return made


def used_twice():
    x = Input((6,))
    shared = Dense(6, "tanh", name="shared")
    return x, shared(shared(x))


def attention():
    x = Input((6, 4))
    return x, Flatten()(layers.MultiHeadAttention(2, 3)(x, x))


def looking_elsewhere():
    x = Input((6, 4))
    other = Dense(5, "tanh", name="memory")(x)
    return x, Flatten()(
        layers.MultiHeadAttention(2, 3, value_dim=2, use_bias=False)(Dense(4, name="asking")(x), other)
    )


GRAPHS = {
    "attention": attention,
    "attention to another input": looking_elsewhere,
    "residual": residual,
    "used twice": used_twice,
    **{kind: two_ways(getattr(layers, kind)) for kind in
       ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")},
    "Concatenate, batch-normalized": two_ways(lambda: lambda both: layers.BatchNormalization()(layers.Concatenate()(both))),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_networks_that_are_no_chains_are_explained_line_by_line(name) -> None:
    """Residuals, merges and shared layers: every line holds, and the terms add up to the gradient."""
    from chainrule.models import Model

    set_random_seed(9)
    x, h = GRAPHS[name]()
    model = Model(x, Dense(3, "softmax", name="end")(h))
    model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    rng = np.random.default_rng(9)
    data, y = rng.normal(size=(5, *model.input_shape)).astype(np.float32), rng.integers(0, 3, 5)
    step = explain.step(model, data, y)
    assert str(step)
    for layer, weight, shape in weights_of(step):
        if weight == "key_bias":  # softmax does not change with it: its derivative is 0 but for rounding
            continue
        trace = step.weight_of(layer, weight, *(n // 2 for n in shape))
        recompute(trace.text(width=120))
        assert not trace.disagreements
        if "terms" in trace.facts:
            assert sum(trace.facts["terms"]) == pytest.approx(
                trace.facts["data_gradient"], rel=2e-4, abs=1e-7
            )
    for link in step.links:
        recompute(str(step.neuron(link.name, 0)))
    recompute(str(step.example(2)))
    assert explain.check_model(model, data, y).ok


@pytest.mark.parametrize("kind", ["batch-normalized", "recurrent", "residual"])
def test_a_recorded_step_of_any_network_is_replayed_to_the_bit(kind, tmp_path) -> None:
    """Moving statistics, states over time, branches: the opened step has the bits that training had."""
    import chainrule
    from chainrule.models import Model

    rng = np.random.default_rng(3)

    def made():
        set_random_seed(4)
        if kind == "recurrent":
            model = Sequential([Input((5, 4)), layers.LSTM(3), Dense(3, "softmax")])
        elif kind == "residual":
            x = Input((6,))
            model = Model(x, Dense(3, "softmax")(layers.Add()([x, Dense(6, "relu")(x)])))
        else:
            model = Sequential([Input((8, 8, 1)), layers.Conv2D(3, 3), layers.BatchNormalization(), Activation("relu"), Flatten(),
                                Dense(3, "softmax")])  # fmt: skip
        model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
        return model

    model = made()
    x, y = rng.normal(size=(40, *model.input_shape)).astype(np.float32), rng.integers(0, 3, 40)
    model.fit(
        x,
        y,
        epochs=3,
        batch_size=8,
        verbose=0,
        callbacks=[chainrule.RunRecorder(tmp_path / "runs", label="any")],
    )
    run = chainrule.open_run("last", tmp_path / "runs", model=made(), x=x, y=y)
    step = explain.step(run, 9)
    assert step.agreement().same_bits
    assert "gives the same bits" in str(
        step.weight_of(*weights_of(step)[0][:2], *(0 for _ in weights_of(step)[0][2]))
    )
