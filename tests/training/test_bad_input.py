"""What cannot be learned from is refused before the first step, with its place and what to do."""

import numpy as np
import pytest

from chainrule import Scaled, Sequential
from chainrule.errors import ChainruleError, DataError, SettingError, ShapeError
from chainrule.layers import Dense, Flatten, Input
from chainrule.training.meaningless import MeaninglessWarning

X, LABELS, ONE_HOT = np.zeros((6, 4)), np.array([0, 1, 2, 0, 1, 2]), np.eye(3)[[0, 1, 2, 0, 1, 2]]


def classifier(loss: str = "sparse_categorical_crossentropy", backend: str = "numpy") -> Sequential:
    model = Sequential([Input((4,)), Dense(3, "softmax")])
    model.compile("sgd", loss, metrics=["accuracy"], backend=backend)
    return model


def changed(array: np.ndarray, place: object, value: float) -> np.ndarray:
    array = array.astype(float)
    array[place] = value
    return array


REFUSED = [
    (
        "labels beyond the last class",
        X,
        changed(LABELS, 4, 7),
        DataError,
        "0 to 2; the target of example 4 is 7",
    ),
    ("negative labels", X, changed(LABELS, 2, -1), DataError, "the target of example 2 is -1"),
    ("labels from 1", X, LABELS + 1, DataError, "numbers go from 0 to 2"),
    ("labels that are fractions", X, LABELS + 0.5, DataError, "0 to 2|whole class numbers"),
    ("one-hot where labels belong", X, ONE_HOT, ShapeError, "categorical_crossentropy"),
    ("NaN in the inputs", changed(X, (3, 1), np.nan), LABELS, DataError, r"nan in example 3, at \(1,\)"),
    ("infinity in the inputs", changed(X, (0, 2), np.inf), LABELS, DataError, "inf in example 0"),
    ("NaN in the targets", X, changed(LABELS, 5, np.nan), DataError, "targets.*nan in example 5"),
    ("fewer targets than inputs", X, LABELS[:5], ShapeError, "6 inputs but 5 targets"),
    ("more targets than inputs", X[:4], LABELS, ShapeError, "4 inputs but 6 targets"),
    ("no examples", X[:0], LABELS[:0], DataError, "no examples"),
    ("no targets", X, None, DataError, "needs targets"),
    ("one example without a batch axis", X[0], LABELS[0], ShapeError, "expects examples of shape"),
    (
        "too few numbers per example",
        X[:, :3],
        LABELS,
        ShapeError,
        r"expects examples of shape \(4,\); it got 6 of shape \(3\)",
    ),
    ("pictures where rows belong", X.reshape(6, 2, 2), LABELS, ShapeError, r"x\.reshape\(-1, 4\)"),
    ("ragged inputs", [[1, 2], [1, 2, 3]], [0, 1], DataError, "ragged"),
    ("ragged targets", X[:2], [[0], [1, 2]], DataError, "targets are ragged"),
    ("texts as inputs", np.full((6, 4), "a"), LABELS, DataError, "inputs must be numbers"),
    ("texts as targets", X, list("abcabc"), DataError, "targets must be numbers"),
    ("None among the inputs", [[1, 2, 3, None]], [0], DataError, "numbers|ragged"),
    ("complex inputs", X + 1j, LABELS, DataError, "must be numbers; they are of type complex128"),
    ("dates as inputs", X.astype("M8[s]"), LABELS, DataError, "must be numbers"),
]


@pytest.mark.parametrize(("what", "x", "y", "error", "words"), REFUSED, ids=[row[0] for row in REFUSED])
def test_it_is_refused_before_the_first_step(what, x, y, error, words) -> None:
    """fit, evaluate and train_on_batch refuse it; the weights are as they were."""
    model = classifier()
    before = model.get_weights()
    for action in (model.fit, model.evaluate):
        with pytest.raises(error, match=words):
            action(x, y, verbose=0)
    with pytest.raises(error, match=words):
        model.train_on_batch(x, y)
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize("where", ["nan", "length", "labels"])
def test_bad_validation_data_are_refused_before_the_first_step_too(where) -> None:
    """Nobody waits an epoch to hear that the validation data are wrong."""
    bad = {
        "nan": (changed(X, (3, 1), np.nan), LABELS), "length": (X, LABELS[:2]), "labels": (X, LABELS + 5),
    }[where]  # fmt: skip
    model = classifier()
    with pytest.raises(ChainruleError):
        model.fit(X, LABELS, validation_data=bad, verbose=0)
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"batch_size": 0}, SettingError, "batch_size must be a whole number"),
        ({"batch_size": 2.5}, SettingError, "batch_size"),
        ({"batch_size": True}, SettingError, "batch_size"),
        ({"validation_split": 1.0}, SettingError, "share between 0 and 1"),
        ({"validation_split": -0.5}, SettingError, "share between 0 and 1"),
        ({"validation_split": 0.99}, SettingError, "leaves none"),
        ({"validation_data": X}, SettingError, r"validation_data must be \(x, y\)"),
        ({"validation_data": (X,)}, SettingError, r"validation_data must be \(x, y\)"),
        ({"steps_per_epoch": 0}, SettingError, "steps_per_epoch must be a whole number"),
        (
            {"validation_steps": 0, "validation_data": (X, LABELS)},
            SettingError,
            "validation_steps must be a whole number",
        ),
        ({"sample_weight": np.ones(5)}, ShapeError, "6 inputs but 5 sample weights"),
        (
            {"sample_weight": np.ones((6, 4))},
            ShapeError,
            "one number for each of the 6 examples; it got the shape .6, 4.",
        ),
        ({"sample_weight": np.full(6, np.nan)}, DataError, "sample_weight hold"),
        ({"class_weight": [1, 2, 3]}, SettingError, "class_weight must be a dict"),
        ({"callbacks": [3]}, SettingError, "not a callback"),
        ({"callbacks": [object()]}, SettingError, "not a callback"),
        ({"verbose": 3}, SettingError, "verbose is 0"),
    ],
)
def test_settings_of_fit_that_can_not_be_are_refused(settings, error, words) -> None:
    """By name, before the first step."""
    model = classifier()
    with pytest.raises(error, match=words):
        model.fit(X, LABELS, **settings)
    assert model.optimizer.iterations == 0


def test_hooks_that_are_never_called_are_refused() -> None:
    """A callback that waits for a hook fit does not have would be silently ignored otherwise."""
    from chainrule.callbacks import Callback

    class Waits(Callback):
        def on_predict_end(self, logs=None):
            """Never."""

    with pytest.raises(SettingError, match="on_predict_end is not supported"):
        classifier().fit(X, LABELS, verbose=0, callbacks=[Waits()])


def test_names_that_were_almost_right_are_answered_with_the_right_one() -> None:
    """Optimizer, loss, metric and activation."""
    for settings, words in (
        (("adm", "mse"), "Did you mean 'adam'"),
        (("adam", "categorical_crossentrpy"), "Did you mean 'categorical_crossentropy'"),
    ):
        with pytest.raises(SettingError, match=words):
            Sequential([Dense(1)]).compile(*settings)


def test_one_hot_targets_are_checked(backend) -> None:
    """Labels for categorical_crossentropy, or targets beyond 0..1, are refused on both libraries alike."""
    model = classifier("categorical_crossentropy", backend)
    with pytest.raises(ShapeError, match=r"to_categorical\(y, 3\)"):
        model.fit(X, LABELS, verbose=0)
    with pytest.raises(DataError, match="from 0 to 1"):
        model.fit(X, ONE_HOT * 2, verbose=0)
    with pytest.warns(MeaninglessWarning, match="sum to 1"):
        model.fit(X, ONE_HOT * 0.5, verbose=0)


def test_scaled_pixels_are_checked_like_others() -> None:
    """Pixels kept as bytes go through the same checks."""
    model = Sequential([Input((2, 2)), Flatten(), Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(Scaled(np.zeros((6, 2, 2), np.uint8)), LABELS, verbose=0)
    with pytest.raises(ShapeError, match="6 of shape"):
        model.fit(Scaled(np.zeros((6, 4), np.uint8)), LABELS, verbose=0)


def test_predict_checks_what_it_is_given() -> None:
    """Wrong shapes and NaN are refused; one example alone is told about its batch axis."""
    model = classifier()
    with pytest.raises(ShapeError, match=r"x\[None\]"):
        model.predict(np.zeros(4), verbose=0)
    with pytest.raises(DataError, match="not finite"):
        model.predict(changed(X, (0, 0), np.nan), verbose=0)
    with pytest.raises(DataError, match="no examples"):
        model.predict(X[:0], verbose=0)


def test_arguments_that_would_be_ignored_are_refused() -> None:
    """evaluate and predict say that they take no callbacks."""
    from chainrule.callbacks import Callback

    model = classifier()
    for settings in ({"callbacks": [Callback()]},):
        name = next(iter(settings))
        with pytest.raises(SettingError, match=f"{name} is not supported"):
            model.evaluate(X, LABELS, verbose=0, **settings)
        with pytest.raises(SettingError, match=f"{name} is not supported"):
            model.predict(X, verbose=0, **settings)
    for name, value in (("positions", [0.5, 1.0]), ("layer_range", ["a", "b"])):
        with pytest.raises(SettingError, match=f"{name} is not supported"):
            model.summary(**{name: value})
    with pytest.raises(SettingError, match="zipped"):
        model.save("never.keras", zipped=False)
    with pytest.raises(SettingError, match="options is not supported"):
        model.load_weights("never.weights.h5", options=1)
