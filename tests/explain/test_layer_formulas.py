"""For one weight of each kind of layer every printed line recomputes, in at most 60 lines of arithmetic."""

import numpy as np
import pytest
from explained_layers import GRAPHS, NETWORKS, WORDS
from printed import recompute

from chainrule import Sequential, explain, layers
from chainrule.layers import Activation, Dense, Flatten, Input
from chainrule.utils import set_random_seed

LINES, WITH_WORDS = 60, 96


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
        if weight == "key_bias" or (layer, weight) == (
            "keys",
            "bias",
        ):  # softmax does not change with it: its derivative is 0 but for rounding
            continue
        trace = step.weight_of(layer, weight, *(n // 2 for n in shape))
        recompute(trace.text(width=120))
        assert len(trace.equations) <= LINES
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


def test_a_step_that_either_engine_took_is_explained_line_by_line(backend, tmp_path) -> None:
    """Words with masks, both directions, attention: the arithmetic leads to what NumPy's or JAX's training made of each weight."""
    import chainrule
    from chainrule.models import Model

    def made():
        set_random_seed(4)
        words = Input((5,))
        h = layers.Embedding(9, 4, mask_zero=True)(words)
        h = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(h)
        h = layers.TimeDistributed(Dense(4, "tanh"))(h)
        h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(1, 3)(h, h)]))
        model = Model(words, Dense(3, "softmax")(layers.GlobalAveragePooling1D()(h)))
        model.compile("adam", "sparse_categorical_crossentropy", backend=backend)
        return model

    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 9, (12, 5)), rng.integers(0, 3, 12)
    recorder = chainrule.RunRecorder(tmp_path / "runs", label="words")
    made().fit(x, y, epochs=2, batch_size=6, verbose=0, callbacks=[recorder])
    step = explain.step(chainrule.open_run("last", tmp_path / "runs", model=made(), x=x, y=y), 3)
    for layer, weight, shape in weights_of(step):
        if weight == "key_bias":  # its derivative is 0 but for rounding
            continue
        trace = step.weight_of(layer, weight, *(n // 2 for n in shape))
        text = trace.text(width=100)
        assert recompute(text)[-1].name == "w′"
        assert not trace.disagreements
        assert "Training went to" in text
        trained = step.inputs.after["params"][step.link(layer).entry][weight]
        np.testing.assert_allclose(step.link(layer).learned[weight], trained, atol=2e-4)
