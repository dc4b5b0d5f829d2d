"""Losses and metrics of a user's own: functions, and Keras's classes; their derivative is found, and is right."""

import numpy as np
import pytest

import chainrule
from chainrule import Sequential, layers, losses, metrics, ops, optimizers, utils
from chainrule.errors import SettingError
from chainrule.losses.own import FunctionLoss, differences, exact

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 3)).astype("float32")
Y = (2 * X[:, :1] - X[:, 1:2] + 1).astype("float32")


def model(loss, backend=None, found=(), rate=0.05):
    utils.set_random_seed(1)
    made = Sequential([layers.Dense(1, input_shape=(3,))])
    made.compile(optimizers.SGD(rate), loss, metrics=list(found), backend=backend)
    return made


def squares(y_true, y_pred):
    return ops.mean(ops.square(y_pred - y_true), axis=-1)


def with_numpy(y_true, y_pred):
    return np.mean((np.asarray(y_pred) - np.asarray(y_true)) ** 2, axis=-1)


def one_number(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred))


def elementwise(y_true, y_pred):
    return (y_true - y_pred) ** 2


class Called(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean((y_pred - y_true) ** 2, axis=-1)


class Inherited(losses.MeanAbsoluteError):
    def call(self, y_true, y_pred):
        return super().call(y_true, y_pred) ** 2


SAME_AS_MSE = [
    squares,
    with_numpy,
    one_number,
    elementwise,
    Called(),
    Inherited(),
    lambda a, b: ops.mean((a - b) ** 2, axis=-1),
]


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("loss", SAME_AS_MSE, ids=lambda loss: getattr(loss, "__name__", type(loss).__name__))
def test_a_loss_of_ones_own_learns_as_the_built_in_does(loss, backend) -> None:
    """The squared error written in seven ways gives the weights that "mse" gives."""
    if backend == "jax" and loss is with_numpy:
        with pytest.raises(SettingError, match="JAX cannot follow with_numpy: it calls NumPy"):
            model(loss, backend).fit(X, Y, verbose=0)
        return
    own, built_in = model(loss, backend), model("mse", backend)
    first, second = (m.fit(X, Y, epochs=3, verbose=0).history["loss"] for m in (own, built_in))
    np.testing.assert_allclose(first, second, rtol=1e-4)
    for a, b in zip(own.get_weights(), built_in.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mse", "mae", "huber", "bce"])
def test_a_function_keeps_its_own_formula_whatever_it_is_called(name) -> None:
    """A function of one's own that is called like a built-in loss is not replaced by it."""

    def own(y_true, y_pred):
        return 10.0 * (y_pred - y_true) ** 2

    own.__name__ = name
    assert model(own).evaluate(X, Y, verbose=0) == pytest.approx(
        10 * model("mse").evaluate(X, Y, verbose=0), rel=1e-5
    )


@pytest.mark.parametrize("kind", losses.CLASSES.values(), ids=lambda kind: kind.__name__)
def test_found_derivatives_are_the_written_ones(kind) -> None:
    """By JAX and by differences, each built-in loss has the derivative that stands beside it."""
    loss = kind()
    y, p = np.eye(4)[[1, 2, 0]], RNG.dirichlet(np.ones(4), 3)
    y = y.argmax(axis=1) if not loss.wants_matched else y
    import jax

    found = np.asarray(exact(loss.values, y, jax.numpy.asarray(p, "float32")))
    np.testing.assert_allclose(found, loss.derivative(y, p), rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(differences(loss.values, y, p), loss.derivative(y, p), rtol=1e-3, atol=1e-6)


def test_examples_that_meet_in_a_loss_are_told_apart() -> None:
    """A loss that takes the mean of the whole batch is differentiated as it is."""

    def centred(y, p):
        return (p - p.mean()) ** 2

    y, p = np.zeros((4, 1)), RNG.normal(size=(4, 1))
    loss = FunctionLoss(centred)
    import jax

    np.testing.assert_allclose(
        differences(loss.values, y, p), np.asarray(exact(loss.values, y, jax.numpy.asarray(p))), atol=1e-5
    )


def test_reductions() -> None:
    """sum, mean over weights, one per row; learning takes the mean or the sum."""
    y, p = np.array([[0.0], [0.0]]), np.array([[1.0], [3.0]])
    assert losses.MeanSquaredError(reduction="sum")(y, p) == 10
    assert losses.MeanSquaredError(reduction=None)(y, p).tolist() == [1, 9]
    assert losses.MeanSquaredError(reduction="mean_with_sample_weight")(y, p, sample_weight=[3, 1]) == 3
    a = model(losses.MeanSquaredError(reduction="sum"), rate=0.05 / 16)
    b = model("mse", rate=0.05)
    for m in (a, b):
        m.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    np.testing.assert_allclose(a.get_weights()[0], b.get_weights()[0], rtol=1e-4)
    with pytest.raises(SettingError, match="learning needs"):
        model(losses.MeanSquaredError(reduction=None))
    with pytest.raises(SettingError, match="reduction"):
        losses.MeanSquaredError(reduction="mena")


def off_by(y_true, y_pred):
    return ops.abs(y_pred - y_true)


class Largest(metrics.Metric):
    def __init__(self, name="largest", **settings):
        super().__init__(name=name, **settings)
        self.most = self.add_weight(name="most", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.most.assign(ops.maximum(self.most, ops.max(ops.abs(y_true - y_pred))))

    def result(self):
        return self.most

    def reset_state(self):
        self.most.assign(0.0)


@pytest.mark.parametrize("backend", ["numpy", "jax", None])
def test_metrics_of_ones_own_are_counted(backend) -> None:
    """A function under its own name, and a class with update_state that begins anew each epoch."""
    m = model("mse", backend, [off_by, "mae"])
    h = m.fit(X, Y, epochs=2, verbose=0, validation_split=0.25).history
    np.testing.assert_allclose(h["off_by"], h["mae"], rtol=1e-5)
    np.testing.assert_allclose(h["val_off_by"], h["val_mae"], rtol=1e-5)
    if backend == "jax":
        with pytest.raises(SettingError, match="counts by itself"):
            model("mse", backend, [Largest()]).fit(X, Y, verbose=0)
        return
    m = model("mse", backend, [Largest()], rate=0.0)
    h = m.fit(X, Y, epochs=2, verbose=0).history
    largest = float(np.abs(m.predict(X, verbose=0) - Y).max())
    np.testing.assert_allclose(h["largest"], [largest, largest], rtol=1e-5)
    assert m.evaluate(X[:5], Y[:5], verbose=0)[1] <= largest


def test_a_file_names_them_and_the_program_gives_them(tmp_path) -> None:
    """A model with a loss of one's own is loaded where the program has registered it, and uncompiled where not."""
    m = model(squares, found=[off_by])
    m.fit(X, Y, verbose=0)
    m.save(tmp_path / "m.keras")
    with pytest.warns(UserWarning, match="loaded without how it learned"):
        assert chainrule.models.load_model(tmp_path / "m.keras").loss_object is None
    with utils.custom_object_scope({"squares": squares, "off_by": off_by}):
        again = chainrule.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(again.evaluate(X, Y, verbose=0), m.evaluate(X, Y, verbose=0), rtol=1e-5)


def test_metrics_keep_keras_protocol() -> None:
    """Batches add up; reset begins anew; weights may be (n,) or (n, 1); names are those that were given."""
    accuracy = metrics.BinaryAccuracy()
    accuracy.update_state([[1.0]], [[1.0]])
    accuracy.update_state([[1.0]], [[0.0]])
    assert accuracy.result() == 0.5
    accuracy.reset_state()
    assert accuracy.result() == 0
    w = np.array([[0.5], [0.2], [0.3]])
    y, p = np.eye(3), np.eye(3)[[0, 1, 1]]
    assert metrics.CategoricalAccuracy()(y, p, sample_weight=w) == pytest.approx(0.7)
    assert metrics.CategoricalAccuracy()(y, p, sample_weight=w[:, 0]) == pytest.approx(0.7)
    assert metrics.Precision(thresholds=[0.3, 0.5])(
        [1, 0, 1, 0], [0.4, 0.35, 0.9, 0.1]
    ).tolist() == pytest.approx([2 / 3, 1])
    assert metrics.Precision(0.3)([1, 0, 1, 0], [0.4, 0.35, 0.9, 0.1]) == pytest.approx(2 / 3)
    h = model("mse", found=["RootMeanSquaredError", "mae", "mae", ["mse"]]).fit(X, Y, verbose=0).history
    assert set(h) == {"loss", "RootMeanSquaredError", "mae", "mae_1", "mse"}
    mean = metrics.Mean()
    mean.update_state([1.0, 2.0])
    mean.update_state(6.0)
    assert mean.result() == 3
    with pytest.raises(SettingError, match="float32"):
        metrics.BinaryAccuracy(dtype="float16")
    with pytest.raises(SettingError, match="A name goes as name="):
        metrics.Precision("mine")


@pytest.mark.parametrize("shapes", [((2, 3, 4), (2, 3)), ((5,), ()), ((5, 1), (5,))])
def test_functions_take_the_mean_over_the_last_axis(shapes) -> None:
    """Keras's functions give one number per row, whatever the rows stand in."""
    shape, expected = shapes
    a, b = np.zeros(shape, "float32"), np.ones(shape, "float32")
    assert np.shape(losses.mean_squared_error(a, b)) == expected
    assert losses.MeanSquaredError()(a, b) == 1
    assert losses.get("mse")(a, b) is not None


def test_whole_numbers_do_not_wrap_round() -> None:
    """Pixels of uint8 are numbers like others."""
    assert losses.MeanSquaredError()(np.array([[200]], np.uint8), np.array([[10]], np.uint8)) == 36100
    assert metrics.MeanAbsoluteError()(np.array([[200]], np.uint8), np.array([[250]], np.uint8)) == 50
