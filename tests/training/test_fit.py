"""fit, evaluate and predict: what their settings mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import Sequential
from chainrule.callbacks import Callback, EarlyStopping, LambdaCallback, LearningRateScheduler
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.layers import Dense, Dropout, Flatten, Input
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import PiecewiseConstantDecay
from chainrule.utils import set_random_seed


def line(n: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """y = 2 x - 1."""
    x = np.linspace(-1, 1, n, dtype=np.float32)[:, None]
    return x, 2 * x - 1


def one_weight(rate: object = 0.1, backend: str | None = None, **settings) -> Sequential:
    model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones", **settings)])
    model.compile(SGD(rate), "mse", metrics=["mae"], backend=backend)
    return model


# ── batches and epochs ───────────────────────────────────────────────────────────────────────────────────────────


@given(n=st.integers(1, 12), batch=st.integers(1, 15), epochs=st.integers(0, 3))
def test_any_number_of_examples_in_any_batches(n, batch, epochs) -> None:
    """Batches of one, odd ones, and ones larger than the data: every example counts once an epoch."""
    x, y = line(n)
    model, seen = one_weight(0.0), []
    model.fit(
        x,
        y,
        batch_size=batch,
        epochs=epochs,
        verbose=0,
        callbacks=[LambdaCallback(on_train_batch_end=lambda b, logs: seen.append(b))],
    )
    steps = -(-n // min(batch, n))
    assert seen == [*range(steps)] * epochs
    assert model.optimizer.iterations == steps * epochs
    if epochs:
        loss, error = model.evaluate(x, y, verbose=0)
        assert model.history.history["loss"] == pytest.approx([loss] * epochs, rel=1e-5)
        assert model.history.history["mae"] == pytest.approx([error] * epochs, rel=1e-5)


def test_the_epoch_s_figures_are_running_means() -> None:
    """The loss of an epoch is the mean over its examples while learning, the validation's the one after it."""
    x, y = np.array([[1.0], [1.0], [2.0]]), np.array([[0.0], [0.0], [0.0]])
    model = one_weight(0.5, use_bias=False)
    history = model.fit(x, y, batch_size=2, shuffle=False, verbose=0, validation_data=(x, y)).history
    w = 1 - 0.5 * 2 * 1.0  # after the first batch: p = 1, dL/dw = 2 p x = 2
    assert history["loss"] == pytest.approx([(1 + 1 + (2 * w) ** 2) / 3])
    w = w - 0.5 * 2 * (2 * w) * 2
    assert history["val_loss"] == pytest.approx([(w**2 + w**2 + (2 * w) ** 2) / 3], abs=1e-7)


@pytest.mark.filterwarnings("ignore:The inputs go up to")  # what is learned does not matter
def test_orders_are_shuffled_anew_each_epoch_or_not_at_all() -> None:
    """shuffle=True takes every example once, in another order each epoch; shuffle=False as they come."""
    x = np.arange(40, dtype=np.float32)[:, None]
    orders: list[list[float]] = []
    model = one_weight(0.0)
    inside = NumpyEngine.batch_of

    def told(self, examples, order, k):
        orders[-1].extend(examples.inputs(order[k * self.batch : (k + 1) * self.batch])[:, 0].tolist())
        return inside(self, examples, order, k)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NumpyEngine, "batch_of", told)
        for shuffle in (True, False):
            orders.clear()
            begin = LambdaCallback(on_epoch_begin=lambda epoch, logs: orders.append([]))
            model.fit(x, x, batch_size=7, epochs=2, shuffle=shuffle, verbose=0, callbacks=[begin])
            assert [sorted(order) for order in orders] == [list(range(40))] * 2
            assert (orders[0] == sorted(orders[0])) != shuffle
            assert (orders[0] == orders[1]) != shuffle


def test_epochs_are_counted_from_initial_epoch() -> None:
    """initial_epoch=2, epochs=5 runs three epochs, numbered 2, 3, 4."""
    x, y = line()
    assert one_weight().fit(x, y, epochs=5, initial_epoch=2, verbose=0).epoch == [2, 3, 4]
    assert one_weight().fit(x, y, epochs=2, initial_epoch=2, verbose=0).epoch == []


def test_validation_split_takes_the_last_examples_before_shuffling() -> None:
    """A split of 0.25 keeps the last quarter out; the others are learned from."""
    x, y = line(8)
    x[6:], y[6:] = 100, 0
    model = one_weight(0.1)
    history = model.fit(x, y, validation_split=0.25, verbose=0, batch_size=8).history
    kernel, bias = (float(w.reshape(-1)[0]) for w in model.get_weights())
    assert history["val_loss"] == pytest.approx([(100 * kernel + bias) ** 2], rel=1e-5)
    assert abs(kernel) < 3


def test_validation_data_may_have_weights_and_come_rarely() -> None:
    """(x, y, weights) judges with weights; validation_freq=2 judges every second epoch."""
    x, y = line(4)
    model = one_weight(0.0)
    weighted = model.fit(
        x, y, validation_data=(x, y, np.array([1, 0, 0, 0])), epochs=4, validation_freq=2, verbose=0
    ).history
    assert len(weighted["val_loss"]) == 2
    assert weighted["val_loss"][0] == pytest.approx((-1 + 3) ** 2 / 4)
    assert len(weighted["loss"]) == 4


def test_weights_of_examples_and_classes_multiply(backend) -> None:
    """An example of weight 0 teaches nothing; class and example weights together multiply."""
    x, y = line(4)
    y[0] = 50
    model = one_weight(0.1, backend)
    model.fit(x, y, sample_weight=np.array([0, 1, 1, 1]), verbose=0, batch_size=4)
    other = one_weight(0.1, backend)
    y[0] = -50
    other.fit(x, y, sample_weight=np.array([0, 1, 1, 1]), verbose=0, batch_size=4)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])
    labels = np.array([0, 1, 2, 1])
    losses = []
    for weights in (
        {"class_weight": {1: 2.0, 2: 0.0}},
        {"sample_weight": np.array([1, 2, 0, 2.0])},
    ):
        model = Sequential([Input((1,)), Dense(3, "softmax", kernel_initializer="ones")])
        model.compile(SGD(0.1), "sparse_categorical_crossentropy", backend=backend)
        losses.append(model.fit(x, labels, verbose=0, **weights).history["loss"])
    assert losses[0] == losses[1]


# ── what callbacks may change ────────────────────────────────────────────────────────────────────────────────────


def test_a_rate_set_by_a_callback_counts(backend) -> None:
    """Per epoch and per batch: a rate of 0 moves nothing from then on."""
    x, y = line(8)
    model = one_weight(0.1, backend)
    path = []
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: path.append(float(model.get_weights()[0][0, 0])))
    model.fit(
        x,
        y,
        epochs=4,
        verbose=0,
        callbacks=[LearningRateScheduler(lambda epoch: 0.0 if epoch >= 2 else 0.1), watch],
    )
    assert path[0] != path[1] != 1
    assert path[1] == path[2] == path[3]

    class Brake(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.optimizer.learning_rate = 0.1 if batch == 0 else 0.0

    model = one_weight(0.5, backend)
    path = []
    watch = LambdaCallback(
        on_train_batch_end=lambda batch, logs: path.append(float(model.get_weights()[0][0, 0]))
    )
    model.fit(x, y, batch_size=2, verbose=0, callbacks=[Brake(), watch])
    assert path[0] != 1
    assert path == [path[0]] * 4


def test_weights_put_by_a_callback_are_learned_on_from(backend) -> None:
    """A callback may replace the weights, at any hook: the next step starts from them."""
    x, y = line(8)
    zeros = [np.zeros((1, 1)), np.zeros(1)]

    class Reset(Callback):
        def __init__(self, hook):
            super().__init__()
            setattr(self, hook, lambda *_: self.model.set_weights(zeros))

    for hook in ("on_epoch_begin", "on_train_batch_begin", "on_epoch_end", "on_train_end"):
        model = one_weight(0.0, backend)
        model.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[Reset(hook)])
        assert [float(w.sum()) for w in model.get_weights()] == [0, 0], hook


def test_a_callback_may_end_training_at_any_hook() -> None:
    """stop_training ends after the batch or epoch at hand; what was learned is in the history, as in Keras."""
    x, y = line(8)
    for hook, batches, epochs in (
        ("on_train_batch_end", 1, 1),
        ("on_epoch_end", 4, 1),
        ("on_epoch_begin", 0, 0),
    ):
        model, seen = one_weight(), []
        stop = LambdaCallback(**{hook: lambda *_, model=model: setattr(model, "stop_training", True)})
        count = LambdaCallback(on_train_batch_end=lambda batch, logs, seen=seen: seen.append(batch))
        history = model.fit(x, y, batch_size=2, epochs=3, verbose=0, callbacks=[stop, count])
        assert (len(seen), len(history.history.get("loss", []))) == (batches, epochs), hook


def test_what_callbacks_add_to_the_logs_is_kept() -> None:
    """A figure that a callback adds is in the history; model.history is there while learning already."""
    x, y = line()
    model = one_weight()

    class Add(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = epoch * 10
            assert self.model.history is not None

    history = model.fit(x, y, epochs=2, verbose=0, callbacks=Add())
    assert history.history["mine"] == [0, 10]
    assert model.history is history


def test_old_names_of_hooks_are_called() -> None:
    """on_batch_begin and on_batch_end are called at every step, too."""
    x, y = line(6)
    seen = []

    class Old(Callback):
        def on_batch_begin(self, batch, logs=None):
            seen.append(("begin", batch))

        def on_batch_end(self, batch, logs=None):
            seen.append(("end", batch))

    one_weight().fit(x, y, batch_size=3, verbose=0, callbacks=[Old()])
    assert seen == [("begin", 0), ("end", 0), ("begin", 1), ("end", 1)]


def test_early_stopping_gives_back_the_best_weights() -> None:
    """With restore_best_weights the model ends as it was after its best epoch."""
    x, y = line()
    model, path = one_weight(), []
    blow = LearningRateScheduler(lambda epoch: 0.1 if epoch < 3 else 3.0)
    watch = LambdaCallback(on_epoch_end=lambda epoch, logs: path.append(model.get_weights()))
    stop = EarlyStopping("loss", patience=2, restore_best_weights=True)
    history = model.fit(x, y, epochs=20, batch_size=10, verbose=0, callbacks=[blow, watch, stop])
    best = int(np.argmin(history.history["loss"]))
    assert len(path) == best + 3 < 20
    np.testing.assert_array_equal(model.get_weights()[0], path[best][0])


# ── states that outlive a call ───────────────────────────────────────────────────────────────────────────────────


def test_an_optimizer_remembers_between_calls(backend) -> None:
    """Momentum and step count go on in the next fit and in train_on_batch; compile starts afresh."""
    x, y = line(4)

    def fresh():
        set_random_seed(5)
        model = Sequential([Input((1,)), Dense(1)])
        model.compile(Adam(0.05), "mse", backend=backend)
        return model

    whole, cut = fresh(), fresh()
    whole.fit(x, y, epochs=4, shuffle=False, verbose=0)
    cut.fit(x, y, epochs=2, shuffle=False, verbose=0)
    cut.train_on_batch(x, y)
    cut.fit(x, y, shuffle=False, verbose=0)
    np.testing.assert_allclose(cut.get_weights()[0], whole.get_weights()[0], rtol=1e-5)
    assert cut.optimizer.iterations == 4
    cut.compile("adam", "mse")
    assert cut.optimizer.iterations == 0
    assert cut.optimizer_state is None


def test_a_schedule_goes_on_where_it_was(backend) -> None:
    """The schedule sees the steps of all calls of fit."""
    x, y = line(4)
    model = one_weight(PiecewiseConstantDecay([1], [0.1, 0.0]), backend)
    path = [1.0]
    for _ in range(4):
        model.fit(x, y, verbose=0)
        path.append(float(model.get_weights()[0][0, 0]))
    assert path[0] != path[1] != path[2]
    assert path[2] == path[3] == path[4]


def test_weights_set_between_calls_are_learned_on_from(backend) -> None:
    """set_weights, or a layer's, between two calls counts; the arrays handed out do not change afterwards."""
    x, y = line(4)
    model = one_weight(0.0, backend)
    model.fit(x, y, verbose=0)
    model.layers[0].set_weights([np.array([[5.0]]), np.array([1.0])])
    held = model.get_weights()
    assert model.fit(x, y, verbose=0).history["loss"][0] == pytest.approx(
        float(((5 * x + 1 - y) ** 2).mean()), rel=1e-5
    )
    model.compile(SGD(0.1), "mse", backend=backend)
    model.fit(x, y, verbose=0)
    assert float(held[0][0, 0]) == 5
    assert float(model.get_weights()[0][0, 0]) != 5


def test_a_frozen_model_rests(backend) -> None:
    """model.trainable = False freezes every layer, as in Keras; True lets them learn again."""
    x, y = line(4)
    model = one_weight(0.1, backend)
    model.trainable = False
    assert not model.trainable
    model.fit(x, y, verbose=0)
    assert [float(w.sum()) for w in model.get_weights()] == [1, 0]
    model.trainable = True
    assert model.trainable
    model.fit(x, y, verbose=0)
    assert float(model.get_weights()[0][0, 0]) != 1


def test_a_frozen_layer_rests_and_may_be_thawed(backend) -> None:
    """trainable=False keeps a layer's weights through fit; set back, it learns."""
    x, y = line(4)
    model = Sequential([Input((1,)), Dense(3, "tanh"), Dense(1)])
    model.layers[0].trainable = False
    model.compile(SGD(0.1), "mse", backend=backend)
    before = model.get_weights()
    model.fit(x, y, epochs=2, verbose=0)
    after = model.get_weights()
    np.testing.assert_array_equal(after[0], before[0])
    assert (after[2] != before[2]).any()
    model.layers[0].trainable = True
    model.compile(SGD(0.1), "mse", backend=backend)
    model.fit(x, y, verbose=0)
    assert (model.get_weights()[0] != before[0]).any()


# ── predict and evaluate ─────────────────────────────────────────────────────────────────────────────────────────


def test_predictions_do_not_depend_on_the_company(rng) -> None:
    """One at a time, in batches or all at once: the same numbers; dropout does nothing."""
    model = Sequential([Input((3,)), Dense(8, "relu"), Dropout(0.9), Dense(2, "softmax")])
    x = rng.normal(size=(2500, 3))
    whole = model.predict(x, verbose=0)
    assert whole.shape == (2500, 2)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(
        np.concatenate([model.predict(part, verbose=0) for part in np.split(x, 5)]), whole, rtol=1e-5
    )
    np.testing.assert_allclose(model.predict(x[:1], verbose=0), whole[:1], rtol=1e-5)
    np.testing.assert_array_equal(model(x), model.predict_on_batch(x))


def test_evaluate_judges_all_examples(rng) -> None:
    """Also where they come in several pieces inside."""
    model = Sequential([Input((3,)), Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = rng.normal(size=(2500, 3)), rng.integers(0, 2, 2500)
    p = model.predict(x, verbose=0)
    loss, accuracy = model.evaluate(x, y, verbose=0)
    assert loss == pytest.approx(-np.log(p[np.arange(2500), y]).mean(), rel=1e-5)
    assert accuracy == pytest.approx((p.argmax(axis=1) == y).mean())
    assert model.evaluate(x, y, verbose=0, return_dict=True) == {"loss": loss, "accuracy": accuracy}
    assert model.metrics_names == ["loss", "accuracy"]
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.evaluate(x, y, verbose=0) == loss


def test_inputs_of_many_kinds_are_understood() -> None:
    """Lists, integers, booleans, float64, other layouts: the same predictions; nothing of the caller's is changed."""
    model = Sequential([Input((2, 2)), Flatten(), Dense(2)])
    x = np.array([[[0, 1], [1, 1]], [[1, 0], [0, 0]]])
    expected = model.predict(x.astype(np.float32), verbose=0)
    for kind in (
        x,
        x.tolist(),
        x.astype(bool),
        x.astype(np.uint8),
        x.astype(np.float16),
        np.asfortranarray(x),
        x[::1, ::-1][:, ::-1],
    ):
        np.testing.assert_array_equal(model.predict(kind, verbose=0), expected)
    assert x.dtype == np.int64
