"""Recurrent layers with stateful=True: states that go from batch to batch, in learning, answering, files and runs."""

import numpy as np
import pytest
from checker import check_layer

import chainrule as cr
from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Input, SimpleRNN, TimeDistributed

KINDS = [SimpleRNN, LSTM, GRU]
LONG = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(np.float32)  # four sequences of six times
PARTS = np.concatenate(
    [LONG[:, :3], LONG[:, 3:]]
)  # cut into halves: the second batch goes on where the first ended
TARGETS = np.random.default_rng(1).normal(size=(8, 1)).astype(np.float32)


def network(stateful=True, batch=4, **how):
    """Two recurrent layers and a Dense, the same first weights each time."""
    cr.utils.set_random_seed(3)
    layers = [LSTM(3, stateful=stateful, return_sequences=True), GRU(2, stateful=stateful), Dense(1)]
    model = cr.Sequential([Input(batch_shape=(batch, 3, 2)), *layers])
    model.compile(cr.optimizers.SGD(0.1), "mse", **how)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_two_halves_are_answered_as_the_whole(kind) -> None:
    """What comes out of the second half is what comes out there when the sequence is read at once; also with a mask."""
    whole = kind(3, return_sequences=True)
    y = whole(LONG)
    carrying = kind(3, return_sequences=True, stateful=True)
    carrying.build((3, 2))
    carrying.set_weights(whole.get_weights())
    np.testing.assert_allclose(carrying(LONG[:, :3]), y[:, :3], atol=1e-6)
    np.testing.assert_allclose(carrying(LONG[:, 3:]), y[:, 3:], atol=1e-6)
    carrying.reset_state()
    np.testing.assert_allclose(carrying(LONG[:, :3]), y[:, :3], atol=1e-6)
    assert len(carrying.get_weights()) == 3
    assert carrying.count_params() == whole.count_params()


@pytest.mark.parametrize("kind", KINDS)
def test_states_are_the_start_of_the_next_batch_and_have_no_derivative(kind, rng) -> None:
    """Every derivative is the one measured with the states held where they are."""
    layer = kind(2, stateful=True)
    shapes = layer.weight_shapes((3, 2)) | dict.fromkeys(layer.state_names, (2, 2))
    params = {name: rng.normal(size=shape) * 0.5 for name, shape in shapes.items()}
    check_layer(layer, params, rng.normal(size=(2, 3, 2)))


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_learning_goes_on_from_the_states(engine) -> None:
    """fit's steps are those of a network that is handed the states of the batch before as its first states."""
    if engine == "jax":
        pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    model = network(backend=engine)
    first = model.get_weights()
    model.fit(PARTS, TARGETS, batch_size=4, epochs=2, shuffle=False, verbose=0)

    inputs = [Input((3, 2)), Input((3,)), Input((3,)), Input((2,))]
    h, *lstm = LSTM(3, return_sequences=True, return_state=True)(inputs[0], initial_state=inputs[1:3])
    h, *gru = GRU(2, return_state=True)(h, initial_state=inputs[3:])
    told = cr.Model(inputs, [Dense(1)(h)])
    reader = cr.Model(inputs, [*lstm, *gru])
    told.compile(cr.optimizers.SGD(0.1), "mse")
    told.set_weights(first)
    states = [np.zeros((4, n), np.float32) for n in (3, 3, 2)]
    for _ in range(2):
        for rows in (slice(0, 4), slice(4, 8)):
            after = reader.predict([PARTS[rows], *states], verbose=0)
            told.train_on_batch([PARTS[rows], *states], TARGETS[rows])
            states = after
    for mine, other in zip(model.get_weights(), told.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)
    np.testing.assert_allclose(model.layers[0].states[0], states[0], atol=1e-6)
    np.testing.assert_allclose(model.layers[1].states[0], states[2], atol=1e-6)


def test_fit_train_on_batch_evaluate_and_predict_carry_alike() -> None:
    """Each goes on from where the one before left the states, batch after batch; reset_states begins anew."""
    a, b = network(backend="numpy"), network(backend="numpy")
    a.fit(PARTS, TARGETS, batch_size=4, shuffle=False, verbose=0)
    for rows in (slice(0, 4), slice(4, 8)):
        b.train_on_batch(PARTS[rows], TARGETS[rows])
    np.testing.assert_array_equal(a.layers[0].states[0], b.layers[0].states[0])
    loss = a.evaluate(PARTS, TARGETS, verbose=0)
    said = b.predict(PARTS, verbose=0)
    assert loss == pytest.approx(float(((said - TARGETS) ** 2).mean()), rel=1e-5)
    np.testing.assert_array_equal(a.layers[1].states[0], b.layers[1].states[0])
    again = b.predict(PARTS, batch_size=4, verbose=0)
    assert not np.allclose(said, again)
    b.reset_states()
    assert not b.layers[0].states[0].any()


def test_words_learn_with_states_and_masks() -> None:
    """A network of words, whose padding is left out and whose every output counts, learns and is judged."""
    cr.utils.set_random_seed(3)
    layers = [
        Embedding(6, 4, mask_zero=True),
        SimpleRNN(3, stateful=True, return_sequences=True),
        Dense(6, "softmax"),
    ]
    model = cr.Sequential([Input(batch_shape=(2, 4)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    words = np.array([[1, 2, 3, 0], [4, 5, 1, 2]] * 3)
    history = model.fit(words, np.roll(words, -1, axis=1), batch_size=2, epochs=3, shuffle=False, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert 0 <= model.evaluate(words, words, verbose=0)[1] <= 1


class BeginsAnew(cr.callbacks.Callback):
    """Brings the states back to zero before the third epoch."""

    def on_epoch_begin(self, epoch, logs=None) -> None:
        if epoch == 2:
            self.model.reset_states()


@pytest.mark.parametrize("engine", ["numpy", "jax"])
def test_a_recorded_run_replays_the_same_bits(engine, tmp_path) -> None:
    """Also where validation read other sequences between two epochs, and a callback brought the states back to zero."""
    if engine == "jax":
        pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    model, rng = network(backend=engine), np.random.default_rng(2)
    x, y = rng.normal(size=(40, 3, 2)).astype(np.float32), rng.normal(size=(40, 1)).astype(np.float32)
    record = cr.RunRecorder(tmp_path)
    model.fit(
        x,
        y,
        batch_size=4,
        epochs=4,
        verbose=0,
        validation_data=(x[:8], y[:8]),
        callbacks=[BeginsAnew(), record],
    )
    replay = cr.open_run(record.folder).replay
    learned = [replay.at(step) for step in (39, 13, 25, 5, 40)][-1]["params"]
    assert replay.drift == 0
    for own, layer in zip(learned, model.layers, strict=True):
        assert set(own) == set(layer.params)
        for name, array in own.items():
            if not name.startswith("state"):  # the last validation went on from the last step's
                np.testing.assert_array_equal(array, layer.params[name])


def test_files_hold_the_setting_and_the_batch_but_no_states(tmp_path) -> None:
    """What is read begins with states of zero for batches of the size that the input declares."""
    model = network()
    said = model.predict(PARTS, verbose=0)
    for name in ("a.keras", "a.h5"):
        model.save(tmp_path / name)
        read = cr.models.load_model(tmp_path / name)
        assert read.layers[0].stateful
        assert read.layers[0].states is None
        np.testing.assert_array_equal(read.predict(PARTS, verbose=0), said)
        assert read.layers[0].states[0].shape == (4, 3)


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda m: m.predict(PARTS[:3], verbose=0), DataError, "every batch must hold 4 sequences; 3 examples"),
        (lambda m: m.fit(PARTS[:6], TARGETS[:6], verbose=0), DataError, "6 examples leave a batch of 2"),
        (lambda m: m.fit(PARTS, TARGETS, batch_size=8, verbose=0), ShapeError, "it got a batch of 8"),
        (lambda m: m.predict(PARTS, batch_size=2, verbose=0), ShapeError, "carries the states of 4 sequences"),
        (lambda m: m.train_on_batch(PARTS, TARGETS), ShapeError, "it got a batch of 8"),
        (lambda _: Bidirectional(LSTM(2, stateful=True)), SettingError, "Bidirectional takes no layer with stateful"),
        (lambda _: TimeDistributed(GRU(2, stateful=True)), SettingError, "TimeDistributed takes no layer with"),
    ],
)  # fmt: skip
def test_batches_of_another_size_are_refused(ask, error, words) -> None:
    """One sentence that says whose states they are, and what to give."""
    with pytest.raises(error, match=words):
        ask(network())
