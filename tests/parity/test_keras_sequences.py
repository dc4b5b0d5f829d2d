"""Layers for sequences end at Keras's weights, and their files go both ways."""

import numpy as np
import pytest
from twins import keras, twins

import chainrule

MASKED = [False, True]
LAYERS = {
    "SimpleRNN": lambda k: [k.layers.SimpleRNN(5)],
    "SimpleRNN, relu": lambda k: [k.layers.SimpleRNN(5, activation="relu", use_bias=False)],
    "LSTM": lambda k: [k.layers.LSTM(5)],
    "LSTM, every time": lambda k: [k.layers.LSTM(5, return_sequences=True), k.layers.Flatten()],
    "LSTM, backwards": lambda k: [
        k.layers.LSTM(5, go_backwards=True, unit_forget_bias=False, recurrent_activation="tanh")
    ],
    "LSTM, zeros": lambda k: [
        k.layers.LSTM(5, return_sequences=True, zero_output_for_mask=True), k.layers.Flatten()
    ],
    "GRU": lambda k: [k.layers.GRU(5)],
    "GRU, reset before": lambda k: [k.layers.GRU(5, reset_after=False)],
    "GRU, no bias": lambda k: [k.layers.GRU(5, use_bias=False, return_sequences=True), k.layers.GRU(3)],
    "both ways": lambda k: [k.layers.Bidirectional(k.layers.LSTM(4))],
    "both ways, every time": lambda k: [
        k.layers.Bidirectional(k.layers.GRU(4, return_sequences=True), merge_mode="sum"),
        k.layers.TimeDistributed(k.layers.Dense(3, activation="tanh")), k.layers.Flatten(),
    ],
    "both ways, product": lambda k: [k.layers.Bidirectional(k.layers.SimpleRNN(4), merge_mode="mul")],
    "penalties": lambda k: [
        k.layers.LSTM(5, kernel_regularizer="l2", recurrent_regularizer="l1", bias_regularizer="l2")
    ],
    "masking": lambda k: [k.layers.Masking(0.25), k.layers.LSTM(5)],
}  # fmt: skip


def words(n: int = 40, times: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of words, some shorter than others, and what they mean."""
    rng = np.random.default_rng(5)
    x = rng.integers(1, 12, (n, times))
    x *= np.arange(times) < rng.integers(2, times + 1, (n, 1))
    return x, (x.sum(axis=1, keepdims=True) > 25).astype(np.float32)


def apart(ours, theirs) -> float:
    """The size of the difference of two models' weights, over the size of the weights."""
    a, b = (np.concatenate([w.reshape(-1) for w in model.get_weights()]) for model in (ours, theirs))
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def built(k, name, mask, optimizer, **settings):
    layers = [k.Input((6,)), k.layers.Embedding(12, 4, mask_zero=mask), *LAYERS[name](k)]
    model = k.Sequential([*layers, k.layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer(k.optimizers), "binary_crossentropy", **settings)
    return model


@pytest.mark.parametrize("mask", MASKED, ids=["all times", "masked"])
@pytest.mark.parametrize("name", LAYERS)
def test_training_ends_at_keras_s_weights(name, mask) -> None:
    """50 steps of SGD within 1e-5 and 10 of Adam within 1e-4, on NumPy; the same predictions before and after."""
    x, y = words()
    for optimizer, epochs, bound in (
        (lambda o: o.SGD(0.1), 10, 1e-5), (lambda o: o.Adam(0.01), 2, 1e-4),
    ):  # fmt: skip
        ours, theirs = twins(lambda k, o=optimizer: built(k, name, mask, o))
        np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)
        for model in (ours, theirs):
            model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
        assert apart(ours, theirs) < bound, name


@pytest.mark.parametrize("name", ["LSTM", "GRU", "both ways, every time"])
def test_jax_ends_there_too(name) -> None:
    """The compiled loop ends at Keras's weights as well."""
    x, y = words()

    def build(k):
        return built(k, name, True, lambda o: o.SGD(0.1), **({} if k is keras else {"backend": "jax"}))

    ours, theirs = twins(build)
    for model in (ours, theirs):
        model.fit(x, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
    assert apart(ours, theirs) < 1e-5


@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5"])
def test_files_go_both_ways(ending, tmp_path) -> None:
    """Keras opens ours and we open Keras's, whole models and weights alone, with the same predictions."""
    x, y = words()

    def build(k):
        layers = [
            k.Input((6,)), k.layers.Embedding(12, 4, mask_zero=True),
            k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True, dropout=0.1)),
            k.layers.TimeDistributed(k.layers.Dense(4, activation="tanh")),
            k.layers.GRU(3, return_sequences=True, reset_after=False),
            k.layers.SimpleRNN(2, use_bias=False), k.layers.Dense(1, activation="sigmoid"),
        ]  # fmt: skip
        model = k.Sequential(layers)
        model.compile("adam", "binary_crossentropy")
        model.fit(x, y, verbose=0)
        return model

    whole = ending != ".weights.h5"
    for writer, reader in ((keras, chainrule), (chainrule, keras)):
        written, path = build(writer), tmp_path / f"{writer.__name__}{ending}"
        if whole:
            written.save(path)
            read = reader.models.load_model(path)
        else:
            written.save_weights(path)
            read = build(reader)
            read.load_weights(path)
        np.testing.assert_allclose(read.predict(x, verbose=0), written.predict(x, verbose=0), atol=1e-6)
        for a, b in zip(read.get_weights(), written.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def looking(k, name):
    """Small networks with attention, called in every way."""
    layers = k.layers
    words_in = k.Input((6,))
    x = layers.Embedding(
        12, 4, mask_zero=name in ("attention", "additive attention", "heads", "causal heads")
    )(words_in)
    if name == "states":
        x, *states = layers.LSTM(3, return_sequences=True, return_state=True)(x)
        x = layers.LSTM(3, return_sequences=True)(x, initial_state=states)
    elif name == "attention":
        x = layers.Attention(use_scale=True, score_mode="concat")([x, x])
    elif name == "additive attention":
        x = layers.AdditiveAttention()([x, layers.Dense(4)(x)])
    elif name == "transformer":
        for _ in range(2):
            x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)]))
            inner = layers.Dense(4)(layers.Dense(8, activation="relu")(x))
            x = layers.LayerNormalization()(layers.Add()([x, inner]))
    else:
        x = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=name == "causal heads")
    x = layers.Dense(4, activation="tanh")(x)
    model = k.Model(words_in, layers.Dense(1, activation="sigmoid")(layers.GlobalAveragePooling1D()(x)))
    model.compile(k.optimizers.SGD(0.5), "binary_crossentropy")
    return model


@pytest.mark.parametrize(
    "name", ["attention", "additive attention", "heads", "causal heads", "states", "transformer"]
)
def test_networks_that_look_up_end_at_keras_s_weights(name) -> None:
    """Attention, heads, causal heads, handed-on states and a transformer of two blocks: 50 steps of SGD, within 1e-5."""
    x, y = words()
    chainrule.utils.set_random_seed(17)
    ours, theirs = (looking(k, name) for k in (chainrule, keras))
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-6)
    for model in (ours, theirs):
        model.fit(x, y, batch_size=8, epochs=10, shuffle=False, verbose=0)
    assert apart(ours, theirs) < 1e-5


def tagged(library, loss="sparse"):
    """A network that says something about every word; padding is masked up to its output."""
    layers = library.layers
    outputs = {"sparse": (4, "softmax"), "binary": (1, "sigmoid"), "sum": (2, None)}[loss]
    return library.Sequential([
        library.Input((6,)), layers.Embedding(9, 3, mask_zero=True), layers.LSTM(4, return_sequences=True),
        layers.TimeDistributed(layers.Dense(3, "tanh")), layers.Dense(outputs[0], outputs[1]),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "weighted", "engine"),
    [("sparse", False, "jax"), ("binary", True, "numpy"), ("sum", False, "numpy")],
)
def test_padding_counts_in_no_loss_and_in_no_mean(loss, weighted, engine) -> None:
    """A mask on the output: a batch's loss is the mean over its words; losses, figures and weights are Keras's."""
    rng = np.random.default_rng(0)
    words = rng.integers(1, 9, (50, 6)) * (np.arange(6) < rng.integers(1, 7, 50)[:, None])
    sizes = {"sparse": (50, 6), "binary": (50, 6, 1), "sum": (50, 6, 2)}[loss]
    y = rng.integers(0, 4 if loss == "sparse" else 2, sizes) * 1.0
    by = rng.uniform(0.5, 2, 50) if weighted else None
    ours, theirs = twins(lambda library: tagged(library, loss))
    lines = []
    for library, model in ((keras, theirs), (chainrule, ours)):
        how = {
            "sparse": ("sparse_categorical_crossentropy", ["accuracy"]),
            "binary": ("binary_crossentropy", ["accuracy", library.metrics.AUC(name="auc")]),
            "sum": (library.losses.MeanSquaredError(reduction="sum"), ["mae", library.metrics.RootMeanSquaredError()]),
        }[loss]  # fmt: skip
        own = {} if library is keras else {"backend": engine}
        model.compile(library.optimizers.SGD(0.002 if loss == "sum" else 0.05), how[0], metrics=how[1], **own)
        given = by[:, None] if weighted and library is keras else by
        fitted = model.fit(
            words, y, batch_size=8, epochs=2, shuffle=False, verbose=0, sample_weight=given,
            validation_data=(words[:20], y[:20]),
        )  # fmt: skip
        # on JAX, Keras loses the mask for the figures of training, not for those of evaluation
        history = {k: v for k, v in fitted.history.items() if k == "loss" or k.startswith("val_")}
        lines.append((history, model.evaluate(words, y, batch_size=16, verbose=0, return_dict=True)))
    for mine, other in zip(*reversed(lines), strict=True):
        assert set(mine) == set(other)
        for name in mine:
            np.testing.assert_allclose(mine[name], other[name], rtol=2e-4, err_msg=name)
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-5)


MERGES = ["Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"]


def merged_by_masks(k, kind, masked, engine=None):
    """Two sequences of words, whose padding is masked or not, merged and read by an LSTM and a mean."""
    inputs = [k.Input((6,)), k.Input((6,))]
    x = [k.layers.Embedding(12, 4, mask_zero=m)(i) for i, m in zip(inputs, masked, strict=True)]
    h = getattr(k.layers, kind)(**({"axes": 2} if kind == "Dot" else {}))(x)
    read = [k.layers.LSTM(3)(h), k.layers.GlobalAveragePooling1D()(h)]
    model = k.Model(inputs, k.layers.Dense(1)(k.layers.Concatenate()(read)))
    model.compile(k.optimizers.SGD(0.05), "mse", **({"backend": engine} if engine else {}))
    return model


def two_sequences():
    """Words for both inputs, and what they mean."""
    a, y = words()
    return [a, np.random.default_rng(2).permutation(a)], y


@pytest.mark.parametrize("kind", MERGES)
def test_masks_go_through_merging_layers_as_in_keras(kind) -> None:
    """What is left out of a product, of a maximum, and what the layers above are told to leave out."""
    x, _ = two_sequences()
    for masked in ((True, True), (True, False)):
        ours, theirs = twins(lambda k, masked=masked: merged_by_masks(k, kind, masked))
        np.testing.assert_allclose(ours.predict(x, verbose=0), theirs(x), atol=1e-6)


@pytest.mark.parametrize(("kind", "masked"), [("Multiply", (True, True)), ("Maximum", (True, False))])
def test_merges_with_masks_end_at_keras_s_weights(kind, masked) -> None:
    """10 steps within 1e-5, on both engines."""
    x, y = two_sequences()
    ours, theirs = twins(lambda k: merged_by_masks(k, kind, masked, None if k is keras else "jax"))
    here = merged_by_masks(chainrule, kind, masked, "numpy")
    here.set_weights(ours.get_weights())
    for model in (ours, here, theirs):
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert apart(ours, theirs) < 1e-5
    assert apart(here, theirs) < 1e-5


def test_states_are_carried_as_by_keras_s_layers(tmp_path) -> None:
    """Batch after batch, as Keras's model answers when it is called; its files of stateful layers open, and ours there."""

    def build(k):
        layers = [k.layers.LSTM(3, stateful=True, return_sequences=True), k.layers.GRU(2, stateful=True)]
        return k.Sequential([k.Input(batch_shape=(4, 3, 2)), *layers, k.layers.Dense(1)])

    x = np.random.default_rng(0).normal(size=(8, 3, 2)).astype(np.float32)
    ours, theirs = twins(build)
    theirs.save(tmp_path / "a.keras")
    wanted = np.concatenate([theirs(x[:4]), theirs(x[4:])])
    np.testing.assert_allclose(ours.predict(x, batch_size=4, verbose=0), wanted, atol=1e-6)
    np.testing.assert_allclose(ours.layers[0].states[1], theirs.layers[0].states[1], atol=1e-6)
    read = chainrule.models.load_model(tmp_path / "a.keras")
    np.testing.assert_allclose(read.predict(x, verbose=0), wanted, atol=1e-6)
    ours.save(tmp_path / "b.keras")
    back = keras.models.load_model(tmp_path / "b.keras", compile=False)
    np.testing.assert_allclose(np.concatenate([back(x[:4]), back(x[4:])]), wanted, atol=1e-6)


def masked_graph(k, kind: str):
    """A network built by calling layers, in which masks pass."""
    if kind == "masking":
        x = k.Input((6, 2))
        h = k.layers.Masking(0.0)(x)
    else:
        x = k.Input((6,))
        h = k.layers.Embedding(12, 4, mask_zero=True)(x)
    if kind == "attention":
        h = k.layers.Add()([h, k.layers.MultiHeadAttention(2, 3, use_bias=False)(h, h)])
    h = k.layers.Bidirectional(k.layers.GRU(3, return_sequences=True))(h)
    return k.Model(x, k.layers.Concatenate()([k.layers.GlobalAveragePooling1D()(h), k.layers.LSTM(2)(h)]))


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("kind", ["masking", "embedding", "attention"])
def test_graphs_with_masks_go_both_ways(kind, ending, tmp_path) -> None:
    """Keras 3 writes the masks into the graph; here they follow from the layers."""
    theirs = masked_graph(keras, kind)
    x = (
        words()[0]
        if kind != "masking"
        else np.random.default_rng(0).normal(size=(8, 6, 2)) * (np.arange(6) < 4)[:, None]
    )
    theirs.save(tmp_path / f"a.{ending}")
    ours = chainrule.models.load_model(tmp_path / f"a.{ending}")
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    ours.save(tmp_path / f"b.{ending}")
    back = keras.models.load_model(tmp_path / f"b.{ending}", compile=False)
    np.testing.assert_allclose(back.predict(x, verbose=0), ours.predict(x, verbose=0), atol=1e-5)
