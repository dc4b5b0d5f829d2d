"""From the same weights, on the same batches, `fit` ends with Keras's weights and Keras's figures."""

import pytest
from twins import apart, figures_agree, keras, table, twins

from chainrule import optimizers

EPOCHS, BATCH = 10, 32  # of 320 examples: 100 steps

# (optimizer, hidden activation, last activation, loss, kind of targets, metrics)
RUNS = [
    ("SGD", {"learning_rate": 0.1}, "relu", "softmax", "categorical_crossentropy", "one-hot", ["accuracy"]),
    (
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9},
        "tanh",
        "softmax",
        "sparse_categorical_crossentropy",
        "labels",
        ["acc"],
    ),
    (
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
        "sigmoid",
        None,
        "mse",
        "numbers",
        ["mae"],
    ),
    ("RMSprop", {}, "elu", "sigmoid", "binary_crossentropy", "yes", ["accuracy"]),
    ("RMSprop", {"momentum": 0.5, "centered": True}, "silu", "tanh", "mae", "numbers", ["mse"]),
    (
        "Adagrad",
        {"learning_rate": 0.05},
        "softplus",
        "softmax",
        "categorical_crossentropy",
        "one-hot",
        ["categorical_accuracy"],
    ),
    ("Adam", {}, "relu", "softmax", "categorical_crossentropy", "one-hot", ["accuracy", "mse"]),
    (
        "Adam",
        {"amsgrad": True},
        "gelu",
        None,
        "huber",
        "numbers",
        ["mean_absolute_error", "root_mean_squared_error"],
    ),
    (
        "Adam",
        {"clipnorm": 0.1},
        "selu",
        "softmax",
        "sparse_categorical_crossentropy",
        "labels",
        ["sparse_categorical_accuracy"],
    ),
    ("Adam", {"clipvalue": 0.01}, "leaky_relu", "sigmoid", "binary_crossentropy", "yes", ["binary_accuracy"]),
    (
        "AdamW",
        {"weight_decay": 0.05},
        "tanh",
        "softmax",
        "categorical_crossentropy",
        "one-hot",
        ["categorical_crossentropy"],
    ),
    ("SGD", {"learning_rate": 0.2, "global_clipnorm": 0.1}, "relu", None, "mse", "numbers", []),
    ("Nadam", {}, "tanh", "softmax", "categorical_crossentropy", "one-hot", ["accuracy"]),
]


def name_of(run) -> str:
    return "-".join(str(part) for part in (run[0], *run[1], run[2], run[4]))


@pytest.mark.parametrize("run", RUNS, ids=name_of)
def test_a_hundred_steps_end_at_keras_s_weights(run) -> None:
    """Every optimizer, loss and activation: 100 steps of fit, weights within 1e-5, losses and metrics to rounding."""
    optimizer, settings, hidden, last, loss, kind, metrics = run
    x, y = table(kind=kind)

    def build(k):
        layers = [k.layers.Dense(12, activation=hidden), k.layers.Dense(3, activation=last)]
        model = k.Sequential([k.Input((8,)), *layers])
        model.compile(getattr(k.optimizers, optimizer)(**settings), loss, metrics=list(metrics))
        return model

    ours, theirs = twins(build)
    lines = [
        model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0).history
        for model in (ours, theirs)
    ]
    assert ours.optimizer.iterations == 100
    assert apart(ours, theirs) < 1e-5
    figures_agree(*lines)


def test_every_optimizer_is_trained_here() -> None:
    """An optimizer that is added must appear among the runs."""
    by_number = {"Adadelta", "Adamax"}  # step by step in float64: test_keras_float64.py
    assert {run[0] for run in RUNS} == set(optimizers.CLASSES) - by_number


def test_jax_ends_there_too() -> None:
    """The compiled loop gives Keras's weights as well, the uneven last batch included."""
    x, y = table(300)

    def build(k):
        model = k.Sequential(
            [k.Input((8,)), k.layers.Dense(12, activation="relu"), k.layers.Dense(3, activation="softmax")]
        )
        settings = {} if k is keras else {"backend": "jax"}
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], **settings)
        return model

    ours, theirs = twins(build)
    lines = [
        model.fit(x, y, epochs=5, shuffle=False, verbose=0, validation_data=(x[:50], y[:50])).history
        for model in (ours, theirs)
    ]
    assert apart(ours, theirs) < 1e-5
    figures_agree(*lines)


def test_everything_at_once_is_keras_s() -> None:
    """Penalties, a frozen layer, sample weights, a validation split, an uneven last batch, a schedule."""
    x, y = table(310, kind="labels")
    weight = (x[:, 0] > 0) + 0.5

    def build(k):
        r, s = k.regularizers, k.optimizers.schedules
        model = k.Sequential([
            k.Input((8,)), k.layers.Rescaling(0.5, 0.1),
            k.layers.Dense(12, activation="tanh", kernel_regularizer=r.L1L2(0.001, 0.01), bias_regularizer="l2"),
            k.layers.Dense(10, activation="relu", trainable=False, kernel_regularizer=r.L2(0.1)), k.layers.Reshape((5, 2)),
            k.layers.Flatten(), k.layers.LeakyReLU(0.1), k.layers.Dropout(0.0), k.layers.Dense(3), k.layers.Softmax(),
        ])  # fmt: skip
        model.compile(
            k.optimizers.Adam(s.ExponentialDecay(0.01, 20, 0.9)),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        return model

    ours, theirs = twins(build)
    frozen = ours.layers[2].get_weights()[0].copy()
    settings = {
        "batch_size": 32, "epochs": 8, "shuffle": False, "verbose": 0, "validation_split": 0.2, "sample_weight": weight,
    }  # fmt: skip
    lines = [model.fit(x, y, **settings).history for model in (ours, theirs)]
    assert apart(ours, theirs) < 2e-5
    figures_agree(*lines)
    assert (ours.layers[2].get_weights()[0] == frozen).all()
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=1e-5)


def test_class_weights_with_one_hot_and_yes_or_no() -> None:
    """class_weight means the same for one-hot targets and for a single output."""
    for outputs, kind, loss, last in (
        (3, "one-hot", "categorical_crossentropy", "softmax"),
        (1, "yes", "binary_crossentropy", "sigmoid"),
    ):
        x, y = table(128, outputs=outputs, kind=kind)

        def build(k, outputs=outputs, last=last, loss=loss):
            model = k.Sequential([k.Input((8,)), k.layers.Dense(outputs, activation=last)])
            model.compile(k.optimizers.SGD(0.1), loss, metrics=["accuracy"])
            return model

        ours, theirs = twins(build)
        lines = [
            model.fit(x, y, class_weight={0: 0.3, 1: 3.0}, epochs=3, shuffle=False, verbose=0).history
            for model in (ours, theirs)
        ]
        assert apart(ours, theirs) < 1e-5
        figures_agree(*lines)


def test_label_smoothing_and_logits() -> None:
    """Losses with settings train as Keras's do."""
    for kind, make in (
        ("one-hot", lambda k: k.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)),
        ("yes", lambda k: k.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)),
        ("labels", lambda k: k.losses.SparseCategoricalCrossentropy(from_logits=True)),
    ):
        x, y = table(128, kind=kind)

        def build(k, make=make):
            model = k.Sequential([k.Input((8,)), k.layers.Dense(6, activation="tanh"), k.layers.Dense(3)])
            model.compile(k.optimizers.SGD(0.1, momentum=0.9), make(k))
            return model

        ours, theirs = twins(build)
        lines = [model.fit(x, y, epochs=5, shuffle=False, verbose=0).history for model in (ours, theirs)]
        assert apart(ours, theirs) < 1e-5
        figures_agree(*lines)


def test_batches_given_by_hand() -> None:
    """train_on_batch, test_on_batch, predict_on_batch and evaluate answer as Keras's do, weights included."""
    x, y = table(64)

    def build(k):
        model = k.Sequential(
            [k.Input((8,)), k.layers.Dense(6, activation="relu"), k.layers.Dense(3, activation="softmax")]
        )
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
        return model

    ours, theirs = twins(build)
    weight = x[:16, 0] ** 2
    for model in (ours, theirs):
        model.first = model.train_on_batch(x[:16], y[:16], return_dict=True)
        model.train_on_batch(x[16:32], y[16:32], sample_weight=weight)
        model.train_on_batch(x[32:], y[32:], class_weight={0: 2.0})
    assert ours.first == pytest.approx({k: float(v) for k, v in theirs.first.items()}, rel=1e-5)
    assert apart(ours, theirs) < 1e-5
    assert ours.test_on_batch(x, y) == pytest.approx([float(v) for v in theirs.test_on_batch(x, y)], rel=1e-5)
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=1e-5)
    weighted = [
        model.evaluate(x, y, sample_weight=x[:, 1] ** 2, verbose=0, return_dict=True)
        for model in (ours, theirs)
    ]
    assert weighted[0] == pytest.approx(weighted[1], rel=1e-5)
    assert ours.predict_on_batch(x) == pytest.approx(theirs.predict_on_batch(x), rel=1e-4, abs=1e-6)
    assert ours.predict(x, verbose=0) == pytest.approx(theirs.predict(x, verbose=0), rel=1e-4, abs=1e-6)
    assert ours.predict(x, verbose=0).dtype == theirs.predict(x, verbose=0).dtype
