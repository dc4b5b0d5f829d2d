"""Metrics against Keras's own: batch by batch, with weights and without, and as figures of fit and evaluate."""

import re

import numpy as np
import pytest
from twins import figures_agree, keras, table, twins

from chainrule import metrics

YES = {
    "auc": lambda m: m.AUC(),
    "auc few": lambda m: m.AUC(num_thresholds=7, summation_method="minoring"),
    "auc pr": lambda m: m.AUC(curve="PR"),
    "auc pr majoring": lambda m: m.AUC(curve="PR", summation_method="majoring"),
    "auc thresholds": lambda m: m.AUC(thresholds=[0.3, 0.1, 0.8]),
    "auc logits": lambda m: m.AUC(from_logits=True),
    "tp": lambda m: m.TruePositives(),
    "fp": lambda m: m.FalsePositives([0.2, 0.7]),
    "tn": lambda m: m.TrueNegatives(0.3),
    "fn": lambda m: m.FalseNegatives(),
    "f1": lambda m: m.F1Score(),
    "f1 micro": lambda m: m.F1Score("micro", 0.4),
    "fbeta macro": lambda m: m.FBetaScore("macro", 2.0, 0.3),
    "fbeta weighted": lambda m: m.FBetaScore("weighted", 0.5),
    "hinge": lambda m: m.Hinge(),
    "squared hinge": lambda m: m.SquaredHinge(),
    "divergence": lambda m: m.KLDivergence(),
    "poisson": lambda m: m.Poisson(),
}
NUMBERS = {
    "r2": lambda m: m.R2Score(),
    "r2 by output": lambda m: m.R2Score(None),
    "r2 adjusted": lambda m: m.R2Score("variance_weighted_average", num_regressors=2),
    "mape": lambda m: m.MeanAbsolutePercentageError(),
    "msle": lambda m: m.MeanSquaredLogarithmicError(),
    "log cosh": lambda m: m.LogCoshError(),
    "cosine": lambda m: m.CosineSimilarity(),
    "accuracy": lambda m: m.Accuracy(),
}
LABELS = {
    "sparse top k": lambda m: m.SparseTopKCategoricalAccuracy(2),
    "categorical hinge": lambda m: m.CategoricalHinge(),
}
PLACES = {
    "iou": lambda m: m.IoU(4, [0, 2], dtype="float32"),
    "mean iou without a class": lambda m: m.MeanIoU(4, ignore_class=1, dtype="float32"),
    "mean iou, one class is nowhere": lambda m: m.MeanIoU(6, dtype="float32"),
    "mean iou, numbers beyond": lambda m: m.MeanIoU(3, dtype="float32"),
    "mean iou of probabilities": lambda m: m.MeanIoU(4, sparse_y_pred=False, dtype="float32"),
    "mean iou, classes on another axis": lambda m: m.MeanIoU(
        10, sparse_y_pred=False, axis=0, dtype="float32"
    ),
    "one-hot iou": lambda m: m.OneHotIoU(4, [1, 3], dtype="float32"),
    "one-hot mean iou": lambda m: m.OneHotMeanIoU(4, dtype="float32"),
    "binary iou": lambda m: m.BinaryIoU(threshold=0.4, dtype="float32"),
}


def data(kind: str, name: str):
    """Three batches of targets and predictions, and weights."""
    rng = np.random.default_rng(5)
    p = rng.uniform(0.02, 0.98, (3, 10, 4)).astype(np.float32)
    y = (rng.uniform(size=p.shape) > 0.6).astype(np.float32)
    if kind == "numbers":
        y = rng.uniform(0.1, 2, p.shape).astype(np.float32)
        y[:, ::3] = p[:, ::3]
    if kind == "labels":
        y = rng.integers(0, 4, p.shape[:2])
        y = np.eye(4, dtype=np.float32)[y] if name == "categorical hinge" else y
    if kind == "places":
        true, said = rng.integers(0, 4, (2, 3, 10)).astype(np.int32)
        if name == "mean iou, classes on another axis":
            true = rng.integers(0, 10, (3, 4)).astype(np.int32)
            return true, p, rng.uniform(0.1, 2, true.shape).astype(np.float32)
        if "binary" in name:
            return y, p, rng.uniform(0.1, 2, p.shape).astype(np.float32)
        if "one-hot" in name:
            return np.eye(4, dtype=np.float32)[true], p, rng.uniform(0.1, 2, p.shape[:2]).astype(np.float32)
        return (
            true,
            p if "probabilities" in name else said,
            rng.uniform(0.1, 2, p.shape[:2]).astype(np.float32),
        )
    return y, p, rng.uniform(0.1, 2, p.shape[:2]).astype(np.float32)


EVERY = [("yes", name, make) for name, make in YES.items()]
EVERY += [("numbers", name, make) for name, make in NUMBERS.items()]
EVERY += [("labels", name, make) for name, make in LABELS.items()]
EVERY += [("places", name, make) for name, make in PLACES.items()]


@pytest.mark.parametrize(
    ("kind", "name", "make"), EVERY, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # Keras's IoU asks JAX for int64
def test_figures_are_keras_s(kind, name, make, weighted) -> None:
    """After each of three batches the figure is Keras's, and after reset_state it begins again."""
    ours, theirs = make(metrics), make(keras.metrics)
    y, p, w = data(kind, name)
    for _ in range(2):
        for k in range(3):
            weight = w[k] if weighted else None
            ours.update_state(y[k], p[k], sample_weight=weight)
            theirs.update_state(y[k], p[k], sample_weight=weight)
            np.testing.assert_allclose(
                np.asarray(ours.result()), np.asarray(theirs.result()), rtol=2e-4, atol=1e-5
            )
        ours.reset_state()
        theirs.reset_state()
    assert re.fullmatch(rf"{ours.name}(_\d+)?", theirs.name)  # Keras numbers them
    stored = ours.get_config()
    assert metrics.get({"class_name": type(ours).__name__, "config": stored}).get_config() == stored


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_they_are_reported_by_fit_as_keras_does(engine) -> None:
    """In the history of fit, on both engines."""
    x, y = table(outputs=3, kind="yes")

    def build(library):
        k = library.layers
        return library.Sequential(
            [library.Input(shape=(8,)), k.Dense(6, activation="tanh"), k.Dense(3, activation="sigmoid")]
        )

    ours, theirs = twins(build)
    for model, m, more in ((ours, metrics, {"backend": engine}), (theirs, keras.metrics, {})):
        asked = [
            m.AUC(name="auc"),
            m.F1Score("macro", 0.5, name="f1"),
            m.TruePositives(name="tp"),
            m.Hinge(name="h"),
        ]
        model.compile("adam", "binary_crossentropy", metrics=asked, **more)
    history = [m.fit(x, y, batch_size=32, epochs=2, shuffle=False, verbose=0).history for m in (ours, theirs)]
    figures_agree(*history, rtol=2e-3)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_overlap_is_counted_while_learning(backend) -> None:
    """fit and evaluate give MeanIoU of a network that paints pictures; by name alone it asks for the number of classes."""
    from chainrule import Input, Sequential, layers
    from chainrule.errors import SettingError

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 6, 6, 1)).astype(np.float32), rng.integers(0, 3, (12, 6, 6))
    model = Sequential([Input((6, 6, 1)), layers.Conv2D(3, 3, padding="same", activation="softmax")])
    model.compile(
        "sgd",
        "sparse_categorical_crossentropy",
        metrics=[metrics.MeanIoU(3, sparse_y_pred=False)],
        backend=backend,
    )
    history = model.fit(x, y, batch_size=5, verbose=0)
    assert 0 < history.history["mean_io_u"][0] < 1
    by_hand = metrics.MeanIoU(3)(y, model.predict(x, verbose=0).argmax(-1))
    assert abs(model.evaluate(x, y, verbose=0)[1] - by_hand) < 1e-6
    with pytest.raises(SettingError, match="num_classes"):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["MeanIoU"])
