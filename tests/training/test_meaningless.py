"""Settings without sense: impossible ones are refused by name, meaningless ones warned of once, used ones left alone."""

import warnings

import numpy as np
import pytest

from chainrule import Input, Sequential, callbacks, layers, losses, optimizers, utils
from chainrule.errors import DataError, SettingError
from chainrule.training.meaningless import MeaninglessWarning, meaningless

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("f4")
Y = np.arange(60) % 3


def model(end, loss, metrics=(), optimizer="sgd"):
    made = Sequential([Input((4,)), end])
    made.compile(optimizer, loss, list(metrics), backend="numpy")
    return made


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Adam", {"epsilon": -1}), ("Adam", {"weight_decay": -1}), ("Adam", {"beta_2": 2}), ("SGD", {"momentum": 5}),
        ("SGD", {"clipnorm": float("inf")}), ("Nadam", {"beta_1": 1.0}), ("RMSprop", {"rho": 1.5}), ("RMSprop", {"epsilon": float("nan")}),
        ("Adam", {"clipvalue": float("nan")}), ("SGD", {"global_clipnorm": float("inf")}), ("Adam", {"learning_rate": float("nan")}),
        ("SGD", {"learning_rate": -1}), ("Adagrad", {"initial_accumulator_value": -0.1}), ("AdamW", {"weight_decay": -0.5}),
    ],
)  # fmt: skip
def test_impossible_settings_of_an_optimizer_are_refused_by_name(kind, settings) -> None:
    """Given as an object, and as a stored optimizer."""
    name = next(iter(settings))
    with pytest.raises(SettingError, match=name):
        model(
            layers.Dense(3, "softmax"),
            "sparse_categorical_crossentropy",
            optimizer=getattr(optimizers, kind)(**settings),
        )
    with pytest.raises(SettingError, match=name):
        optimizers.get({"class_name": kind, "config": settings})


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ({"epochs": 1.5}, "epochs must be a whole number"), ({"epochs": -1}, "epochs must be"), ({"epochs": "3"}, "epochs must be"),
        ({"initial_epoch": 0.5}, "initial_epoch"), ({"class_weight": {7: 2.0}}, "class 7"), ({"class_weight": {-1: 2.0}}, "class -1"),
        ({"epochs": float("nan")}, "epochs must be"), ({"epochs": float("inf")}, "epochs must be"),
        ({"validation_split": "some"}, "is a share"), ({"validation_split": float("nan")}, "is a share"),
        ({"class_weight": {0.5: 2.0}}, "class 0.5"), ({"class_weight": {"cat": 2.0}}, "class 'cat'"), ({"class_weight": {0: float("nan")}}, "finite"),
    ],
)  # fmt: skip
def test_impossible_settings_of_fit_are_refused_by_name(fit, words) -> None:
    """Epochs that are none, weights of classes that are not there."""
    with pytest.raises(SettingError, match=words):
        model(layers.Dense(3, "softmax"), "sparse_categorical_crossentropy").fit(X, Y, verbose=0, **fit)


def test_impossible_labels_are_refused() -> None:
    """True and False for three classes, fractions and words as class numbers."""
    with pytest.raises(DataError, match="True and False"):
        model(layers.Dense(3, "softmax"), "sparse_categorical_crossentropy").fit(X, Y > 0, verbose=0)
    for labels, words in (
        ([1.7], "one is 1.7"),
        (["cat", "dog"], "np.unique"),
        ([0, -1], "one is -1"),
        ([], "no labels"),
        ([None], "words"),
    ):
        with pytest.raises(DataError, match=words):
            utils.to_categorical(labels)
    np.testing.assert_array_equal(utils.to_categorical([1.0, 0.0]), [[0, 1], [1, 0]])


CASES = [
    (layers.Dense(1, "softmax"), "binary_crossentropy", Y > 0, (), "softmax over one output"),
    (layers.Dense(3), "categorical_crossentropy", np.eye(3)[Y], (), "outputs that are no probabilities"),
    (layers.Dense(3, "softmax"), "categorical_crossentropy", np.ones((60, 3)), (), "targets that do not sum to 1"),
    (layers.Dense(1, "relu"), "mse", -np.abs(X[:, :1]), (), "targets out of reach"),
    (layers.Dense(3, "softmax"), "sparse_categorical_crossentropy", Y, ("categorical_accuracy",), "metric categorical_accuracy"),
    (layers.Dense(3, "softmax"), "sparse_categorical_crossentropy", Y, ("binary_accuracy",), "metric binary_accuracy"),
    (layers.Dense(3, "softmax"), "categorical_crossentropy", np.eye(3)[Y], ("sparse_categorical_accuracy",), "metric sparse_categorical_accuracy"),
    (layers.Dense(1), "mse", X[:, 0], ("accuracy",), "metric binary_accuracy"),
]  # fmt: skip


@pytest.mark.parametrize(("end", "loss", "y", "metrics", "name"), CASES, ids=[case[-1] for case in CASES])
def test_meaningless_settings_are_warned_of_once(end, loss, y, metrics, name) -> None:
    """A warning at the first fit, none at the second, and the learning goes on."""
    own = model(end, loss, metrics)
    if name in ("metric sparse_categorical_accuracy", "metric binary_accuracy") and own.output_shape[-1] > 1:
        with pytest.raises(SettingError, match="does not go with targets"):  # no step can be made with it
            own.fit(X, y, epochs=1, verbose=0)
        return
    with pytest.warns(MeaninglessWarning):
        own.fit(X, y, epochs=1, verbose=0)
    assert name in [problem.name for problem in meaningless(own, y)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        own.fit(X, y, epochs=1, verbose=0)


def test_settings_that_some_use_are_left_alone() -> None:
    """Negative weights as in policy gradients, soft labels, many labels at once, logits with their loss."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        soft = RNG.dirichlet(np.ones(3), 60)
        model(layers.Dense(3, "softmax"), "categorical_crossentropy", ["accuracy"]).fit(
            X, soft, verbose=0, sample_weight=RNG.normal(size=60)
        )
        model(layers.Dense(3, "sigmoid"), "binary_crossentropy", ["accuracy"]).fit(
            X, RNG.integers(0, 2, (60, 3)), verbose=0
        )
        model(layers.Dense(3), losses.CategoricalCrossentropy(from_logits=True), ["accuracy"]).fit(
            X, np.eye(3)[Y], verbose=0
        )
        model(layers.Dense(1), "mse", ["mae"]).fit(X, X[:, 0] * 500, verbose=0)
        model(layers.Dense(1, "sigmoid"), "binary_crossentropy", ["accuracy"]).fit(
            X, Y > 0, verbose=0, validation_split=0.3
        )


def test_classes_in_order_are_seen_before_validation_split() -> None:
    """Labels as numbers, as one-hot rows; mixed examples are no alarm."""
    order = np.argsort(Y, kind="stable")
    for y, loss in ((Y, "sparse_categorical_crossentropy"), (np.eye(3)[Y], "categorical_crossentropy")):
        with pytest.warns(MeaninglessWarning, match="in the order of their classes"):
            model(layers.Dense(3, "softmax"), loss).fit(X[order], y[order], validation_split=1 / 3, verbose=0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model(layers.Dense(3, "softmax"), loss).fit(X, y, validation_split=1 / 3, verbose=0)


@pytest.mark.parametrize(
    ("factor", "offset", "said"),
    [(255, 0, True), (1e4, 0, True), (1, 500, True), (1, 0, False), (3, -1, False)],
)
def test_inputs_that_are_not_scaled_are_warned_of_once(factor, offset, said) -> None:
    """Pixels up to 255 and far offsets are; what the network scales by itself is not."""
    x = RNG.random((60, 4)) * factor + offset
    own = model(layers.Dense(3, "softmax"), "sparse_categorical_crossentropy", optimizer="adam")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        own.fit(x, Y, verbose=0)
        own.fit(x, Y, verbose=0)
    assert sum("networks learn best" in str(warning.message) for warning in caught) == said
    scaling = Sequential([Input((4,)), layers.Rescaling(1 / 255), layers.Dense(3, "softmax")])
    scaling.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scaling.fit(x, Y, verbose=0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: layers.LeakyReLU(float("nan")), "0 or more as negative_slope"),
        (lambda: layers.LayerNormalization(epsilon=float("nan")), "epsilon of 0 or more"),
        (lambda: layers.RMSNormalization(epsilon=-1e-6), "epsilon of 0 or more"),
        (lambda: layers.LayerNormalization(epsilon="1e-3"), "epsilon of 0 or more"),
        (lambda: callbacks.EarlyStopping(patience=-1), "patience must be a whole number"),
        (lambda: callbacks.EarlyStopping(patience=2.5), "patience must be a whole number"),
        (lambda: callbacks.EarlyStopping(min_delta=float("nan")), "min_delta must be a number"),
        (lambda: callbacks.ReduceLROnPlateau(factor=float("nan")), "factor below 1"),
        (lambda: callbacks.ReduceLROnPlateau(cooldown=float("inf")), "cooldown must be a whole number"),
    ],
)
def test_numbers_that_are_none_are_refused_where_they_are_given(make, words) -> None:
    """NaN, infinity, fractions and text in layers and callbacks: by name, before anything is learned."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize("metric", ["AUC", "Precision", "Recall", "F1Score"])
def test_a_metric_that_cannot_compare_such_targets_is_refused(metric) -> None:
    """Class numbers beside several outputs: a sentence with what to do, not a broadcast error."""
    own = model(layers.Dense(3, "softmax"), "sparse_categorical_crossentropy", [metric])
    try:
        own.fit(X, Y, verbose=0)
    except SettingError as problem:
        assert "one-hot" in str(problem) or "to_categorical" in str(problem)  # noqa: PT017


@pytest.mark.parametrize(
    ("end", "loss", "y", "more", "name"),
    [
        ("softplus", "poisson", RNG.normal(size=60), {}, "targets that the loss does not know"),
        (
            "linear",
            "mean_squared_logarithmic_error",
            RNG.normal(size=60) * 9,
            {},
            "targets that the loss does not know",
        ),
        ("linear", "mse", RNG.normal(size=60), {"sample_weight": np.zeros(60)}, "weights that are all 0"),
    ],
)
def test_targets_and_weights_that_mean_nothing_are_warned_of(end, loss, y, more, name) -> None:
    """Negative counts, logarithms of negative numbers, weights that are all 0."""
    own = model(layers.Dense(1, end), loss)
    with pytest.warns(MeaninglessWarning) as result:
        own.fit(X, y, verbose=0, **more)
    assert {"targets": "for targets of", "weights": "the weight 0"}[name.split()[0]] in str(result[0].message)


@pytest.mark.parametrize("first", [[layers.BatchNormalization()], [layers.Dense(4, trainable=False)]])
def test_inputs_of_any_size_are_fine_where_the_network_scales_them(first) -> None:
    """By a layer that does so, or by weights that were set and do not learn."""
    large = Sequential([layers.Input((3,)), *first, layers.Dense(1)])
    large.compile("sgd", "mse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        large.fit(1000 * X[:, :3], X[:, 0], epochs=1, verbose=0)
    plain = Sequential([layers.Input((3,)), layers.Dense(1)])
    plain.compile("sgd", "mse")
    with pytest.warns(MeaninglessWarning, match="go up to"):
        plain.fit(1000 * X[:, :3], X[:, 0], epochs=1, verbose=0)
