"""What a user sees and types is Keras's: lines, tables, settings, first weights, metrics."""

import contextlib
import io
import math
import re

import numpy as np
import pytest
from twins import keras, table, twins

import chainrule
from chainrule import initializers, layers, metrics, optimizers


def printed(action) -> str:
    """What an action prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        action()
    return out.getvalue()


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────


def without_times(text: str) -> str:
    """The same with every duration replaced, since only those may differ."""
    text = re.sub(r"\b\d+(s|ms|us)/step", "T/step", text)
    return re.sub(r"- \d+s -", "- T -", text)


def rounded(text: str) -> str:
    """Figures to three digits: the last one may round differently."""
    return re.sub(r"\d+\.\d{4}(e[+-]\d+)?", lambda m: f"{float(m.group()):.2g}", text)


def classifier(k):
    model = k.Sequential(
        [k.Input((8,)), k.layers.Dense(6, activation="relu"), k.layers.Dense(3, activation="softmax")]
    )
    model.compile(k.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy", "mse"])
    return model


@pytest.mark.parametrize("epochs", [1, 3])
def test_the_lines_of_fit_are_keras_s(epochs) -> None:
    """verbose=2: heads, counts, names, order, digits; "Epoch 1/3" only where there are several; validation last."""
    x, y = table(100)
    ours, theirs = (
        printed(
            lambda model=model: model.fit(x, y, epochs=epochs, shuffle=False, verbose=2, validation_split=0.2)
        )
        for model in twins(classifier)
    )
    assert rounded(without_times(ours)) == rounded(without_times(theirs))
    assert "3/3 - T - T/step - accuracy: " in without_times(ours)
    assert ("Epoch 1/3" in ours) == (epochs == 3)


def test_the_line_of_evaluate_is_keras_s() -> None:
    """verbose=2 of evaluate, for any batch size."""
    x, y = table(100)
    models = twins(classifier)
    for size in (None, 7):
        ours, theirs = (
            printed(lambda model=model: model.evaluate(x, y, batch_size=size, verbose=2)) for model in models
        )
        assert rounded(without_times(ours)) == rounded(without_times(theirs))


def test_the_line_of_predict_is_keras_s() -> None:
    """verbose=2 of predict; nothing at all with verbose=0."""
    x, _ = table(100)
    ours, theirs = (printed(lambda model=model: model.predict(x, verbose=2)) for model in twins(classifier))
    assert without_times(ours) == without_times(theirs)
    for model in twins(classifier):
        assert printed(lambda model=model: model.predict(x, verbose=0)) == ""


def test_small_and_zero_figures_are_written_as_keras_writes_them() -> None:
    """A loss of 1e-5 and an accuracy of 0 have an exponent."""
    x, y = np.zeros((4, 8), np.float32), np.full((4, 3), 1e-3, np.float32)
    y[:, 0] = 0.9

    def build(k):
        model = k.Sequential([k.Input((8,)), k.layers.Dense(3, use_bias=False)])
        model.compile("sgd", "mse", metrics=["categorical_accuracy", "mae"])
        return model

    x2, y2 = x, np.full((4, 3), 0.002, np.float32)
    y2[:, 1] = 0.003
    for data in ((x, y), (x2, y2)):
        ours, theirs = (
            printed(lambda model=model: model.evaluate(*data, verbose=2)) for model in twins(build)
        )
        assert without_times(ours) == without_times(theirs)
    assert "categorical_accuracy: 0.0000e+00" in ours
    assert "e-06" in ours


def test_what_callbacks_add_is_shown_and_kept() -> None:
    """A rate that a callback adds to the logs is on the line and in the history, after the figures."""
    x, y = table(64)

    def run(k, model):
        def halve(epoch, rate):
            return 0.01 * 0.5**epoch

        calls = [k.callbacks.LearningRateScheduler(halve, verbose=1), k.callbacks.ReduceLROnPlateau("loss")]
        return model.fit(x, y, epochs=3, shuffle=False, verbose=2, callbacks=calls)

    rows = []
    lines = [
        printed(lambda k=k, model=model: rows.append(run(k, model).history))
        for k, model in zip((chainrule, keras), twins(classifier), strict=True)
    ]
    ours, theirs = (re.sub(r"rate to [\d.]+\.", "rate to R.", rounded(without_times(text))) for text in lines)
    assert ours == theirs
    assert list(rows[0]) == list(rows[1])
    assert rows[0]["learning_rate"] == pytest.approx(rows[1]["learning_rate"])


# ── summary ──────────────────────────────────────────────────────────────────────────────────────────────────────


def tower(k):
    r = k.layers
    return k.Sequential([
        k.Input((28, 28)), r.Rescaling(1 / 255, name="rescaling"), r.Flatten(name="flatten"),
        r.Dense(784, activation="relu", name="first"), r.Dropout(0.2, name="dropout"), r.Activation("tanh", name="bend"),
        r.Dense(100, trainable=False, use_bias=False, name="frozen"),
        r.Reshape((10, 10), name="reshape"), r.Dense(3, name="second"), r.LeakyReLU(name="leaky"), r.Softmax(name="softmax"),
    ], name="tower")  # fmt: skip


def summary_of(model) -> list[str]:
    lines: list[str] = []
    model.summary(print_fn=lambda text, **_: lines.append(str(text)))
    return [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines)).splitlines()]


def test_the_summary_is_keras_s(monkeypatch) -> None:
    """The same table, line by line, before and after learning."""
    monkeypatch.setenv("COLUMNS", "80")
    ours, theirs = twins(tower)
    assert summary_of(ours) == summary_of(theirs)
    x, y = np.ones((4, 28, 28)), np.ones((4, 10, 3)) / 3
    for make in (
        lambda o: o.Adam(), lambda o: o.SGD(), lambda o: o.Nadam(),
        lambda o: o.RMSprop(o.schedules.ExponentialDecay(0.1, 10, 0.5), momentum=0.9),
    ):  # fmt: skip
        for k, model in ((chainrule, ours), (keras, theirs)):
            model.compile(make(k.optimizers), "mse")
            model.train_on_batch(x, y)
        assert summary_of(ours) == summary_of(theirs)


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────

LAYERS = [
    lambda k: k.Dense(5, activation="relu", name="a", kernel_regularizer="l2", bias_initializer="ones"),
    lambda k: k.Dense(5, use_bias=False, kernel_initializer="he_normal", name="b", trainable=False),
    lambda k: k.Activation("tanh", name="c"), lambda k: k.ReLU(max_value=6.0, name="d"),
    lambda k: k.LeakyReLU(negative_slope=0.2, name="e"), lambda k: k.Softmax(name="f"),
    lambda k: k.Dropout(0.4, name="g"), lambda k: k.Flatten(name="h"), lambda k: k.Reshape((2, 3), name="i"),
    lambda k: k.Rescaling(0.5, offset=1.0, name="j"),
]  # fmt: skip


def plain(value):
    """Settings without what only Keras's own loader needs."""
    if isinstance(value, dict):
        if "class_name" in value and "config" in value:
            return {"class_name": value["class_name"], "config": plain(value["config"])}
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("make", LAYERS)
def test_the_settings_of_layers_go_both_ways(make) -> None:
    """Keras builds our settings, we build Keras's, and each then tells the same as the other."""
    ours, theirs = make(layers), make(keras.layers)
    from_ours = type(theirs).from_config(ours.get_config()).get_config()
    assert plain(from_ours) == plain(theirs.get_config())
    from_theirs = type(ours).from_config(keras.saving.serialize_keras_object(theirs)["config"]).get_config()
    assert from_theirs == ours.get_config()


def same(ours: dict, theirs: dict) -> None:
    """Equal settings, numbers to float32; names are told apart by each library in its own way."""
    assert ours.keys() == theirs.keys()
    for key in ours.keys() - {"name"}:
        number = isinstance(theirs[key], float)
        assert ours[key] == (pytest.approx(theirs[key], rel=1e-6) if number else theirs[key]), key


@pytest.mark.parametrize("name", sorted(optimizers.CLASSES))
def test_the_settings_of_optimizers_go_both_ways(name) -> None:
    """The same for optimizers, also with a schedule."""
    for settings in ({}, {"clipnorm": 0.5, "learning_rate": 0.25}):
        ours, theirs = (getattr(k.optimizers, name)(**settings) for k in (chainrule, keras))
        same(type(theirs).from_config(ours.get_config()).get_config(), theirs.get_config())
        same(type(ours).from_config(theirs.get_config()).get_config(), ours.get_config())
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    stored = keras.optimizers.serialize(getattr(keras.optimizers, name)(schedule))
    assert float(optimizers.get(stored).learning_rate(10)) == pytest.approx(0.05)


def test_a_model_s_settings_go_both_ways() -> None:
    """Sequential.get_config() of each is understood by the other, and gives a model that predicts the same."""
    ours, theirs = twins(tower)
    x = np.random.default_rng(0).uniform(0, 255, (3, 28, 28))
    built = keras.Sequential.from_config(ours.get_config())
    built.set_weights(ours.get_weights())
    again = chainrule.Sequential.from_config(theirs.get_config())
    again.set_weights(ours.get_weights())
    expected = ours.predict(x, verbose=0)
    np.testing.assert_allclose(built.predict(x, verbose=0), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)
    assert [layer.name for layer in again.layers] == [layer.name for layer in theirs.layers]


def test_an_architecture_as_text_goes_both_ways() -> None:
    """to_json of each is read by the other's model_from_json."""
    ours, theirs = twins(tower)
    for text in (ours.to_json(), theirs.to_json()):
        again = chainrule.models.model_from_json(text).get_config()
        assert again["layers"][1:] == ours.get_config()["layers"][1:]  # Keras counts its inputs' names
        assert again["layers"][0]["config"]["batch_shape"] == [None, 28, 28]
        assert keras.models.model_from_json(text).count_params() == ours.count_params()
    for text in (
        "[]",
        "{",
        '{"class_name": "Functional", "config": {}}',
        '{"class_name": "Lambda", "config": {}}',
    ):
        with pytest.raises(chainrule.errors.SettingError, match="not a model's architecture"):
            chainrule.models.model_from_json(text)


def test_numbers_of_weights_and_shapes_are_keras_s() -> None:
    """count_params, names, output shapes and the order of get_weights."""
    ours, theirs = tower(chainrule), tower(keras)
    assert ours.count_params() == theirs.count_params()
    for a, b in zip(ours.layers, theirs.layers, strict=True):
        assert (a.name, a.count_params(), a.trainable) == (b.name, b.count_params(), b.trainable)
        assert (None, *a.output_shape) == tuple(b.output.shape)
        assert [w.shape for w in a.get_weights()] == [w.shape for w in b.get_weights()]


# ── first weights ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", sorted(initializers.NAMES))
def test_first_weights_are_spread_as_keras_s(name) -> None:
    """The same mean, standard deviation and limits, for a matrix, a vector and a convolution's window."""
    settings = {"value": 0.3} if name == "constant" else {}
    kind = type(initializers.get(name)).__name__
    shapes = [(400, 300), (3000,), (5, 5, 40, 60)]
    for shape in {"Identity": shapes[:1], "Orthogonal": shapes[::2]}.get(
        kind, shapes
    ):  # these two draw matrices
        ours = getattr(initializers, kind)(**settings)(shape, np.random.default_rng(2)).astype(float)
        theirs = np.asarray(getattr(keras.initializers, kind)(**settings)(shape), float)
        draws = 4 / math.sqrt(ours.size)
        assert ours.mean() == pytest.approx(theirs.mean(), abs=2 * draws * theirs.std())
        assert ours.std() == pytest.approx(theirs.std(), rel=2 * draws, abs=1e-12)
        if kind == "Orthogonal":
            for drawn in (ours, theirs):
                matrix = drawn.reshape(-1, shape[-1])
                np.testing.assert_allclose(matrix.T @ matrix, np.eye(shape[-1]), atol=1e-5)
        elif kind != "RandomNormal":  # the others have limits
            assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)


# ── metrics ──────────────────────────────────────────────────────────────────────────────────────────────────────


OVERLAPS = {
    "BinaryIoU",
    "IoU",
    "MeanIoU",
    "OneHotIoU",
    "OneHotMeanIoU",
}  # in test_keras_metrics, with their arguments


@pytest.mark.parametrize("name", sorted(set(metrics.CLASSES) - OVERLAPS))
def test_metrics_are_keras_s(name) -> None:
    """Every metric, over two batches, with and without weights of examples."""
    rng = np.random.default_rng(8)
    labels, p = rng.integers(0, 7, 40), rng.dirichlet(np.ones(7), 40).astype(np.float32)
    y = np.eye(7, dtype=np.float32)[labels]
    if name.startswith("Sparse"):
        y = labels
    elif name.startswith("Binary") or name in ("Precision", "Recall"):
        y, p = rng.integers(0, 2, (40, 3)).astype(np.float32), rng.uniform(0, 1, (40, 3)).astype(np.float32)
    weight = rng.uniform(0, 2, 40).astype(np.float32)
    for w in (None, weight):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        total = 0
        for rows in (slice(0, 25), slice(25, 40)):
            theirs.update_state(y[rows], p[rows], None if w is None else w[rows])
            total = total + ours.counts(y[rows], p[rows], None if w is None else w[rows])
        np.testing.assert_allclose(ours.figure(total), np.asarray(theirs.result()), rtol=1e-5, atol=1e-7)
        assert ours.name == re.sub(r"_\d+$", "", theirs.name)  # Keras numbers those of one process


@pytest.mark.parametrize(("kind", "outputs"), [("one-hot", 3), ("labels", 3), ("yes", 1)])
def test_accuracy_means_what_it_means_in_keras(kind, outputs) -> None:
    """metrics=["accuracy"] finds the same kind from targets and outputs."""
    x, y = table(64, outputs=outputs, kind=kind)
    loss = {
        "one-hot": "categorical_crossentropy",
        "labels": "sparse_categorical_crossentropy",
        "yes": "binary_crossentropy",
    }[kind]

    def build(k):
        model = k.Sequential(
            [k.Input((8,)), k.layers.Dense(outputs, activation="sigmoid" if outputs == 1 else "softmax")]
        )
        model.compile("sgd", loss, metrics=["accuracy"])
        return model

    ours, theirs = (model.evaluate(x, y, verbose=0, return_dict=True) for model in twins(build))
    assert ours == pytest.approx(theirs, rel=1e-5)


# ── small helpers ────────────────────────────────────────────────────────────────────────────────────────────────


def test_helpers_are_keras_s() -> None:
    """to_categorical and normalize."""
    for given in ([0, 2, 1], [[1], [0]], np.array([[0, 1], [2, 2]])):
        np.testing.assert_array_equal(
            chainrule.utils.to_categorical(given, 4), keras.utils.to_categorical(given, 4)
        )
        np.testing.assert_array_equal(
            chainrule.utils.to_categorical(given), keras.utils.to_categorical(given)
        )
    x = np.random.default_rng(0).normal(size=(4, 3))
    for order in (1, 2):
        np.testing.assert_allclose(
            chainrule.utils.normalize(x, order=order), keras.utils.normalize(x, order=order), rtol=1e-5
        )
