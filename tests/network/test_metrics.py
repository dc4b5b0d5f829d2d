"""Metrics: figures worked by hand, in one piece or in many, on both libraries."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from chainrule import metrics
from chainrule.errors import SettingError
from chainrule.layers import Dense, Input
from chainrule.metrics import CLASSES, BinaryAccuracy, TopKCategoricalAccuracy
from chainrule.models import Model, Sequential
from chainrule.optimizers import SGD

ONE_HOT = np.eye(3)[[0, 1, 2, 2]]
LABELS = np.array([0, 1, 2, 2])
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.2, 0.3, 0.5], [0.25, 0.25, 0.5]])
YES = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]])
SAID = np.array([[0.9], [0.6], [0.4], [0.5], [0.51]])

BY_HAND = [
    ("categorical_accuracy", ONE_HOT, SHARES, 3 / 4),
    ("sparse_categorical_accuracy", LABELS, SHARES, 3 / 4),
    ("sparse_categorical_accuracy", LABELS[:, None], SHARES, 3 / 4),
    ("binary_accuracy", YES, SAID, 3 / 5),
    ("precision", YES, SAID, 2 / 3),
    ("recall", YES, SAID, 2 / 3),
    ("mean_squared_error", [[1.0, 2.0]], [[3.0, 2.0]], 2.0),
    ("root_mean_squared_error", [[1.0], [2.0]], [[1.0], [6.0]], math.sqrt(8)),
    ("mean_absolute_error", [[1.0, 2.0]], [[3.0, 1.0]], 1.5),
    ("categorical_crossentropy", [[0.0, 1.0]], [[0.5, 0.5]], math.log(2)),
    ("sparse_categorical_crossentropy", [1], [[0.5, 0.5]], math.log(2)),
    ("binary_crossentropy", [[1.0]], [[0.25]], math.log(4)),
    ("top_k_categorical_accuracy", ONE_HOT, SHARES, 1.0),
    ("sparse_top_k_categorical_accuracy", LABELS, SHARES, 1.0),
    ("true_positives", YES, SAID, 2.0),
    ("true_negatives", YES, SAID, 1.0),
    ("false_positives", YES, SAID, 1.0),
    ("false_negatives", YES, SAID, 1.0),
    ("auc", YES, SAID, 0.5),
]


@pytest.mark.parametrize(("name", "y", "p", "figure"), BY_HAND)
def test_figures_worked_by_hand(name, y, p, figure, xp) -> None:
    """Every metric gives the figure that a pencil gives, on both libraries."""
    metric = metrics.get(name)
    assert metric.name == name
    assert metric(np.asarray(y), np.asarray(p)) == pytest.approx(figure, rel=1e-6)
    y, p = (xp.asarray(np.asarray(a, np.float32)) for a in (y, p))
    counts = metric.counts(y, p)
    assert counts.dtype == np.float32
    assert metric.figure(counts) == pytest.approx(figure, rel=1e-6)


# Compared with Keras batch by batch in tests/parity/test_keras_metrics.py.
OVERLAPS = {"io_u", "binary_io_u", "mean_io_u", "one_hot_io_u", "one_hot_mean_io_u"}  # tests of their own
ELSEWHERE = OVERLAPS | {
    "f1_score", "fbeta_score", "r2_score", "hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "poisson",
    "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "logcosh", "cosine_similarity",
}  # fmt: skip


def test_every_metric_is_worked_by_hand() -> None:
    """A metric that is added must appear among those above."""
    keys = {kind.key for kind in CLASSES.values()} - {"accuracy"}  # of the names it is many
    assert {name for name, *_ in BY_HAND} | ELSEWHERE == keys


@pytest.mark.parametrize(("name", "y", "p", "figure"), BY_HAND)
@given(data=st.data())
def test_batches_may_come_in_any_pieces(name, y, p, figure, data) -> None:
    """The sums of the pieces make the same figure."""
    metric, y, p = metrics.get(name), np.asarray(y), np.asarray(p)
    cut = data.draw(st.integers(0, len(y)))
    counts = sum(metric.counts(y[a:b], p[a:b]) for a, b in ((0, cut), (cut, len(y))) if b > a)
    assert metric.figure(counts) == pytest.approx(figure, rel=1e-6)


def test_weights_count() -> None:
    """A weighted figure counts each example by its weight."""
    weight = [1.0, 5.0, 2.0, 0.0]
    assert metrics.get("categorical_accuracy")(ONE_HOT, SHARES, weight) == pytest.approx(3 / 8)
    assert metrics.get("mse")([[1.0], [2.0]], [[2.0], [4.0]], [3.0, 1.0]) == pytest.approx(7 / 4)
    weight = [1.0, 2.0, 4.0, 8.0, 16.0]
    assert metrics.get("precision")(YES, SAID, weight) == pytest.approx(17 / 19)
    assert metrics.get("recall")(YES, SAID, weight) == pytest.approx(17 / 21)


def test_nothing_counted_is_zero() -> None:
    """A precision without a single yes is 0, not a division by zero."""
    assert metrics.get("precision")([[1.0]], [[0.1]]) == 0
    assert metrics.get("recall")([[0.0]], [[0.9]]) == 0


def test_predictions_of_several_rows() -> None:
    """Two distributions per example: each counts half, or each output for itself."""
    y, p = (
        np.eye(3)[[[0, 1], [2, 2]]],
        np.array([[[0.5, 0.3, 0.2], [0.6, 0.2, 0.2]], [[0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]]),
    )
    assert metrics.get("categorical_accuracy").values(y, p).tolist() == [0.5, 0.5]
    assert metrics.get("sparse_categorical_accuracy").values(y.argmax(axis=-1), p).tolist() == [0.5, 0.5]
    assert metrics.get("sparse_categorical_accuracy").values(y.argmax(axis=-1)[..., None], p).tolist() == [
        0.5,
        0.5,
    ]
    assert TopKCategoricalAccuracy(1).values(y, p).tolist() == [[1, 0], [0, 1]]
    assert TopKCategoricalAccuracy(2).values(y, p).tolist() == [[1, 1], [1, 1]]
    y, p, weight = (
        np.concatenate([y, y[:1]]),
        np.concatenate([p, p[:1]]),
        [1.0, 3.0, 1.0],
    )  # three examples, two rows each
    assert metrics.get("precision")(y, p, weight) == pytest.approx(3 / 8)
    assert metrics.get("recall")(y, p, weight) == pytest.approx(3 / 10)


def test_a_target_above_a_half_is_a_yes() -> None:
    """Precision and recall count targets above 0.5, not at it."""
    y, p = [[0.5], [0.52], [0.9]], [[0.9], [0.9], [0.9]]
    assert metrics.get("precision")(y, p) == pytest.approx(2 / 3)
    assert metrics.get("recall")(y, [[0.9], [0.9], [0.1]]) == pytest.approx(1 / 2)


def test_it_is_known_which_figures_should_rise() -> None:
    """Accuracies, precision and recall; errors and losses should fall."""
    rising = {kind.key for kind in CLASSES.values() if kind.rises} - {"accuracy"}
    scores = {"f1_score", "fbeta_score", "r2_score", "cosine_similarity"}
    assert rising & (ELSEWHERE - OVERLAPS) == scores
    assert rising >= OVERLAPS
    rising -= OVERLAPS
    rising -= scores
    risers = ("precision", "recall", "auc", "true_positives", "true_negatives")
    assert rising == {name for name, *_ in BY_HAND if "accuracy" in name or name in risers}


def test_top_k() -> None:
    """The target among the k largest counts as a hit; ties count, as in Keras."""
    for k, figure in {1: 3 / 4, 2: 1.0, 3: 1.0}.items():
        assert TopKCategoricalAccuracy(k)(ONE_HOT, SHARES) == figure
    assert TopKCategoricalAccuracy().get_config() == {"name": "top_k_categorical_accuracy", "k": 5}
    assert TopKCategoricalAccuracy(1)([[0.0, 1.0]], [[0.6, 0.4]]) == 0
    assert TopKCategoricalAccuracy(1)([[0.0, 1.0]], [[0.5, 0.5]]) == 1


def test_the_threshold_of_binary_accuracy() -> None:
    """Above the threshold is yes; at it is no."""
    assert BinaryAccuracy(threshold=0.45)(YES, SAID) == pytest.approx(2 / 5)
    assert BinaryAccuracy(threshold=0.4)(YES, SAID) == pytest.approx(2 / 5)
    assert BinaryAccuracy(threshold=0.39)(YES, SAID) == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("y", "p", "accuracy", "entropy"),
    [
        ((10,), (10,), "CategoricalAccuracy", "CategoricalCrossentropy"),
        ((), (10,), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((1,), (10,), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((1,), (1,), "BinaryAccuracy", "BinaryCrossentropy"),
        ((), (1,), "BinaryAccuracy", "BinaryCrossentropy"),
        ((4,), (4, 10), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((4, 1), (4, 10), "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
        ((4, 1), (4, 1), "BinaryAccuracy", "BinaryCrossentropy"),
    ],
)
def test_accuracy_is_the_kind_that_the_shapes_ask_for(y, p, accuracy, entropy) -> None:
    """ "accuracy", "acc", "crossentropy" and "ce" are found out from targets and outputs, and keep their names."""
    for name, kind in (("accuracy", accuracy), ("acc", accuracy), ("crossentropy", entropy), ("ce", entropy)):
        found = metrics.get(name, y, p)
        assert (type(found).__name__, found.name) == (kind, name)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in CLASSES.values() if kind.key not in OVERLAPS - {"binary_io_u"}],
    ids=lambda kind: kind.__name__,
)
def test_a_metric_survives_being_written_down(kind) -> None:
    """Stored and read again, by class and by object, a metric is the same."""
    made = kind(name="mine")
    again = metrics.get(metrics.serialize(made))
    assert type(again) is kind
    assert again.get_config() == made.get_config()
    assert metrics.serialize(made) == {"class_name": kind.__name__, "config": made.get_config()}
    assert type(metrics.get(kind)) is type(metrics.get(kind.__name__)) is kind
    assert metrics.get(kind.__name__).name == kind.__name__
    assert metrics.get(made) is made
    assert metrics.get(BinaryAccuracy(threshold=0.3)).get_config()["threshold"] == 0.3
    assert metrics.serialize("accuracy") == "accuracy"
    assert (
        type(metrics.get({"class_name": kind.__name__, "config": {"dtype": "float32"}})) is kind
    )  # as Keras stores it


@pytest.mark.parametrize("short", ["mse", "mae"])
def test_short_names_stay_as_they_were_written(short) -> None:
    """History and lines name a metric as the user did."""
    assert metrics.get(short).name == short


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("acuracy", "Did you mean 'accuracy'"),
        ({"class_name": "HausdorffDistance"}, "no metric called 'HausdorffDistance'"),
        ("MeanIoU", "needs the number of classes"),
        (3, "is a name, a function or an object"),
    ],
)
def test_what_does_not_exist_is_refused(wrong, words) -> None:
    """An unknown metric is refused with the nearest name."""
    with pytest.raises(SettingError, match=words):
        metrics.get(wrong)


@pytest.mark.parametrize("asked", ["F1Score", "f1_score", "FBetaScore", "R2Score", cr.metrics.F1Score])
def test_a_score_by_output_is_asked_for_by_name_as_well(asked) -> None:
    """By its name or its class, too, it knows how many outputs there are: the same figure as an object of it gives."""
    x, y = np.random.default_rng(0).normal(size=(6, 3)), np.eye(3)[[0, 1, 2, 2, 1, 0]]

    def figure(metric):
        cr.utils.set_random_seed(1)
        model = cr.Sequential([cr.Input((3,)), cr.layers.Dense(3, "softmax")])
        model.compile("sgd", "categorical_crossentropy", metrics=[metric], backend="numpy")
        model.fit(x, y, verbose=0)
        return model.evaluate(x, y, verbose=0)[1]

    made = cr.metrics.R2Score() if asked == "R2Score" else cr.metrics.F1Score()
    np.testing.assert_allclose(figure(asked), figure(made), rtol=1e-6)


def test_functions_are_counted_under_the_names_that_keras_gives_them() -> None:
    """A function's name and a class's in snake case, an object's own `name`; twice the same are two, numbered."""

    def HowFarOff(y, p):  # noqa: N802
        return abs(y - p)

    class Named:
        name = "as I call it"

        def __call__(self, y, p):
            return abs(y - p)

    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    model = Sequential([Input((2,)), Dense(1)])
    asked = [HowFarOff, lambda y, p: y - p, Named(), "mae", HowFarOff, ["mae", "mae"]]
    model.compile("sgd", "mse", metrics=asked, backend="numpy")
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    names = ["how_far_off", "lambda", "as I call it", "mae", "how_far_off_1", "mae_1", "mae_2"]
    assert sorted(history) == sorted(["loss", *names, "val_loss", *(f"val_{name}" for name in names)])
    assert history["mae"] == history["mae_2"] == history["how_far_off_1"]


def test_one_metric_for_two_outputs_keeps_its_name_and_counts_each_apart() -> None:
    """The caller's object is not renamed; the figures of several outputs come in Keras's order."""
    at = Input((2,))
    model = Model(at, [Dense(1, kernel_initializer="zeros", name=name)(at) for name in ("zebra", "ant")])
    metric, x = metrics.MeanAbsoluteError(), np.ones((4, 2), np.float32)
    model.compile(SGD(0.0), "mse", metrics=[[metric, "mse"], [metric]], backend="numpy")
    figures = model.evaluate(x, [np.ones((4, 1)), np.full((4, 1), 3.0)], verbose=0)
    assert metric.name == "mean_absolute_error"
    assert model.metrics_names == ["loss", "zebra_loss", "ant_loss", "ant_mean_absolute_error", "zebra_mean_absolute_error", "zebra_mse"]  # fmt: skip
    assert figures == [10, 1, 9, 3, 1, 1]


def test_accuracies_and_losses_are_functions_too_one_number_a_row() -> None:
    """metrics.accuracy, top_k_categorical_accuracy and the losses' names; their mean is what the metric counts."""
    assert metrics.accuracy([[1, 2], [3, 4]], [[1, 0], [3, 4]]).tolist() == [0.5, 1.0]
    for k in (1, 2):
        rows = metrics.top_k_categorical_accuracy(ONE_HOT, SHARES, k=k)
        assert rows.tolist() == metrics.sparse_top_k_categorical_accuracy(LABELS, SHARES, k=k).tolist()
        assert rows.mean() == pytest.approx(TopKCategoricalAccuracy(k)(ONE_HOT, SHARES))
    likeliest = np.argsort(-SHARES, axis=-1)
    sorted_ids = metrics.sparse_top_k_categorical_accuracy(LABELS, likeliest, k=1, from_sorted_ids=True)
    assert sorted_ids.tolist() == [1, 0, 1, 1]
    assert metrics.kl_divergence is cr.losses.kl_divergence
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile(
        "sgd", "categorical_crossentropy", metrics=[metrics.top_k_categorical_accuracy, metrics.kl_divergence]
    )
    keys = model.fit(np.ones((4, 4)), ONE_HOT, verbose=0).history.keys()
    assert set(keys) == {"loss", "top_k_categorical_accuracy", "kl_divergence"}


def test_weights_of_each_number_count_it_in_accuracies() -> None:
    """Accuracy and BinaryAccuracy with weights shaped like the predictions, or (1, k); other shapes are refused."""
    y, p = np.array([[1, 2], [3, 4]]), np.array([[0, 2], [3, 4]])
    assert metrics.Accuracy()(y, p, sample_weight=np.eye(2)) == 0.5
    assert metrics.Accuracy()(y, p, sample_weight=[[3, 1]]) == pytest.approx(5 / 8)
    assert BinaryAccuracy()([[1, 1], [0, 0]], [[0.98, 1], [0, 0.6]], sample_weight=np.eye(2)) == 0.5
    assert metrics.Accuracy()(y, p, sample_weight=[1, 0]) == 0.5
    with pytest.raises(cr.errors.ShapeError, match="each example or number"):
        metrics.Accuracy()(y, p, sample_weight=np.ones((2, 3)))


@pytest.mark.parametrize("settings", [{"beta": "2"}, {"beta": None}, {"threshold": "0.5"}, {"beta": 0}])
def test_a_score_says_which_numbers_it_needs(settings) -> None:
    """Anything but numbers in their ranges is refused in a sentence."""
    with pytest.raises(SettingError, match="needs beta above 0"):
        metrics.FBetaScore(**settings)
