"""fit, evaluate and predict take data in batches: generators, PyDatasets, pipelines, loaders of other libraries."""

from contextlib import nullcontext

import numpy as np
import pytest

from chainrule import Input, Model, Sequential, callbacks, layers, optimizers, utils
from chainrule.errors import ChainruleError, DataError, SettingError
from chainrule.preprocessing.pipeline import Dataset
from chainrule.training.streams import ArrayBatches, Batches, is_stream

RNG = np.random.default_rng(0)
X = RNG.random((100, 4)).astype("float32")
Y = (X[:, 0] > 0.5).astype("float32")


def model():
    utils.set_random_seed(1)
    made = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")])
    made.compile(optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return made


def batches(size=25):
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, 100, size)]


class Numbered(utils.PyDataset):
    def __init__(self, size=25):
        super().__init__()
        self.begun, self.ended, self.size = 0, 0, size

    def __len__(self):
        return len(batches(self.size))

    def __getitem__(self, index):
        return batches(self.size)[index]

    def on_epoch_begin(self):
        self.begun += 1

    def on_epoch_end(self):
        self.ended += 1


class TorchTensor:
    """As much of a tensor of PyTorch as is looked at."""

    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def detach(self):
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.array


class Loader:
    """As much of a DataLoader of PyTorch: lists of tensors, a length, gone through anew each time."""

    def __len__(self):
        return 4

    def __iter__(self):
        return ([TorchTensor(x), TorchTensor(y)] for x, y in batches())


def endless():
    while True:
        yield from batches()


SOURCES = {
    "pydataset": lambda: (Numbered(), {}),
    "generator": lambda: (endless(), {"steps_per_epoch": 4}),
    "pipeline": lambda: (Dataset.from_tensor_slices((X, Y)).batch(25), {}),
    "repeated pipeline": lambda: (
        Dataset.from_tensor_slices((X, Y)).batch(25).repeat(),
        {"steps_per_epoch": 4},
    ),
    "loader": lambda: (Loader(), {}),
    "counted arrays": lambda: ((X, Y), {"steps_per_epoch": 4, "batch_size": 25}),
}


@pytest.mark.parametrize("source", SOURCES)
def test_batches_teach_what_the_arrays_teach(source) -> None:
    """The same batches in the same order give the same weights, to the last bit."""
    arrays, streamed = model(), model()
    for m in (arrays, streamed):
        m.build((None, 4))
    streamed.set_weights(arrays.get_weights())
    first = arrays.fit(X, Y, batch_size=25, epochs=3, shuffle=False, verbose=0)
    data, settings = SOURCES[source]()
    given = data if isinstance(data, tuple) else (data,)
    second = streamed.fit(*given, epochs=3, shuffle=False, verbose=0, **settings)
    assert first.history == second.history
    for a, b in zip(arrays.get_weights(), streamed.get_weights(), strict=True):
        assert (a == b).all()


@pytest.mark.parametrize("source", [name for name in SOURCES if name != "counted arrays"])
def test_streams_validate_judge_and_predict(source) -> None:
    """validation_data, evaluate and predict give what the arrays give."""
    m = model()
    data, settings = SOURCES[source]()
    steps = settings.get("steps_per_epoch")
    history = m.fit(
        X, Y, epochs=2, verbose=0, validation_data=SOURCES[source]()[0], validation_steps=steps
    ).history
    assert history["val_loss"][-1] == pytest.approx(m.evaluate(X, Y, verbose=0)[0], rel=1e-6)
    assert m.evaluate(data, steps=steps, verbose=0) == m.evaluate(X, Y, verbose=0)
    assert (m.predict(SOURCES[source]()[0], steps=steps, verbose=0) == m.predict(X, verbose=0)).all()


def test_hooks_are_called_for_every_batch() -> None:
    """Batch hooks, epoch hooks and the data's own hooks are called; the running figures are the epoch's."""
    seen, data = [], Numbered()
    hook = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append((batch, round(logs["loss"], 6)))
    )
    history = model().fit(data, epochs=2, verbose=0, callbacks=[hook]).history
    assert [batch for batch, _ in seen] == [0, 1, 2, 3] * 2
    assert seen[3][1] == round(history["loss"][0], 6)
    assert (data.begun, data.ended) == (2, 2)


def test_the_order_of_numbered_batches_is_drawn_anew() -> None:
    """shuffle=True, the default, takes the batches of a PyDataset in another order each epoch; all of them."""
    order = []

    class Watched(Numbered):
        def __getitem__(self, index):
            order.append(index)
            return super().__getitem__(index)

    model().fit(Watched(10), epochs=2, verbose=0)
    assert sorted(order[:10]) == sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]


@pytest.mark.parametrize("source", ["arrays", "numbered"])
@pytest.mark.parametrize(
    ("steps", "epochs"),
    [
        (2, [[0, 1], [2, 3], [0, 1]]),
        (3, [[0, 1, 2], [3], [0, 1, 2]]),
        (4, [[0, 1, 2, 3]] * 2),
        (7, [[0, 1, 2, 3]] * 2),
    ],
)
def test_counted_steps_go_on_where_the_last_epoch_stopped(source, steps, epochs) -> None:
    """As in Keras: the data are gone through to their end, an epoch that meets it is shorter, the next begins with the first."""
    seen = []
    given = {"arrays": (X, Y), "numbered": (Numbered(),)}[source]
    hook = callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(round(logs["loss"], 5))
    )
    m = model()
    m.compile(optimizers.SGD(0.0), "mse")
    alone = [m.evaluate(x, y, verbose=0) for x, y in batches()]
    short = any(len(epoch) < steps for epoch in epochs)
    with pytest.warns(UserWarning, match="next epoch begins with the first") if short else nullcontext():
        m.fit(
            *given,
            batch_size=25,
            steps_per_epoch=steps,
            epochs=len(epochs),
            shuffle=False,
            verbose=0,
            callbacks=[hook],
        )
    running = [np.mean([alone[k] for k in epoch[: n + 1]]) for epoch in epochs for n in range(len(epoch))]
    assert seen == pytest.approx(running, abs=2e-5)


def test_shuffled_counted_steps_meet_every_example_once_before_any_comes_again() -> None:
    """The order is drawn anew only when all have been learned from."""
    numbers = np.arange(100, dtype=np.float32)
    seen = Batches(ArrayBatches((numbers, numbers, None), 10, np.random.default_rng(3)), 2)
    passes = [np.concatenate([x for _ in range(5) for x, _, _ in seen.epoch()]) for _ in range(2)]
    assert all((np.sort(one) == numbers).all() for one in passes)
    assert (passes[0] != passes[1]).any()


def test_more_steps_than_there_are_judge_and_predict_each_example_once() -> None:
    """evaluate and predict say so, and end with the data."""
    m = model()
    with pytest.warns(UserWarning, match="ended after 4 of 9 batches"):
        assert m.evaluate(X, Y, batch_size=25, steps=9, verbose=0) == m.evaluate(X, Y, verbose=0)
    with pytest.warns(UserWarning, match="ended after 4 of 9 batches"):
        assert m.predict(X, batch_size=25, steps=9, verbose=0).shape == (100, 1)


def test_data_that_end_too_early_end_the_training_with_a_word() -> None:
    """A generator with too few batches: what came is learned, and the reason is said."""
    m = model()
    with pytest.warns(UserWarning, match="ended after 1 of 3 batches"):
        h = m.fit(iter(batches()), steps_per_epoch=3, epochs=4, verbose=0)
    assert h.epoch == [0, 1]


def test_weights_of_examples_come_with_the_batches() -> None:
    """(x, y, sample_weight) weighs; class_weight does, too."""
    weight = np.where(Y > 0.5, 3.0, 1.0).astype("float32")
    a, b, c = model(), model(), model()
    for m in (a, b, c):
        m.build((None, 4))
        m.set_weights(a.get_weights())
    a.fit(X, Y, sample_weight=weight, batch_size=50, shuffle=False, verbose=0)
    b.fit(iter([(X[:50], Y[:50], weight[:50]), (X[50:], Y[50:], weight[50:])]), verbose=0)
    c.fit(iter([(X[:50], Y[:50]), (X[50:], Y[50:])]), class_weight={0: 1.0, 1: 3.0}, verbose=0)
    for first, second, third in zip(a.get_weights(), b.get_weights(), c.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-6)
        np.testing.assert_allclose(first, third, rtol=1e-6)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda m: m.fit(endless(), Y, steps_per_epoch=2), "leave y and sample_weight out"),
        (lambda m: m.fit(endless(), steps_per_epoch=0), "steps_per_epoch must be"),
        (lambda m: m.fit(iter([X]), verbose=0), "a batch is \\(inputs, targets\\)"),
        (lambda m: m.fit(Numbered(), validation_split=0.2), "validation_split needs arrays"),
        (lambda m: m.fit(X, Y, validation_data=endless(), verbose=0), "validation_steps="),
        (lambda m: m.predict(endless()), "steps="),
        (lambda m: m.fit(iter([(X, Y, Y, Y)]), verbose=0), "4 parts"),
        (
            lambda m: m.fit(Numbered(), callbacks=[callbacks.BackupAndRestore("b")]),
            "BackupAndRestore needs arrays",
        ),
    ],
)
def test_mistakes_are_sentences(act, words) -> None:
    """What a stream cannot do is said."""
    with pytest.raises(ChainruleError, match=words):
        act(model())


def test_what_is_a_stream() -> None:
    """Arrays, lists, dicts and tables are not; what yields batches is."""
    assert not any(is_stream(x) for x in (X, [1, 2], {"a": X}, None, (X, X)))
    assert all(is_stream(source()[0]) for name, source in SOURCES.items() if name != "counted arrays")
    with pytest.raises((DataError, SettingError)):
        Batches(iter([]), 1).all()


def test_counted_steps_of_arrays() -> None:
    """evaluate and predict with steps= look at so many batches of arrays."""
    m = model()
    assert m.predict(X, batch_size=10, steps=3, verbose=0).shape == (30, 1)
    assert m.evaluate(X, Y, batch_size=10, steps=3, verbose=0) == m.evaluate(X[:30], Y[:30], verbose=0)
    h = m.fit(X, Y, validation_data=(X, Y), validation_steps=1, batch_size=10, verbose=0).history
    assert h["val_loss"][0] == m.evaluate(X[:10], Y[:10], verbose=0)[0]


def test_a_dict_may_hold_more_than_the_model_takes() -> None:
    """Inputs and targets by name, from arrays and from batches, with one input or several: what is not the model's is left."""
    a, b = Input((3,), name="a"), Input((3,), name="b")
    rows = np.arange(24, dtype="f4").reshape(8, 3) / 24
    x, y = {"a": rows, "b": rows, "more": rows}, {"p": rows[:, :1], "q": rows[:, 1:2], "more": rows}
    one = Model(a, layers.Dense(1, name="q")(a))
    two = Model([a, b], [layers.Dense(1, name="q")(b), layers.Dense(1, name="p")(a)])
    for network in (one, two):
        network.compile("sgd", "mse")
        network.fit(x, y, epochs=1, verbose=0)
        network.fit(iter([(x, y)] * 2), steps_per_epoch=2, verbose=0)
        assert np.isfinite(network.history.history["loss"][0])
        only = {"a": rows} if network is one else {"a": rows, "b": rows}
        np.testing.assert_array_equal(network.predict(x, verbose=0), network.predict(only, verbose=0))
        with pytest.raises(ChainruleError):
            network.fit({"b": rows, "more": rows}, y, verbose=0)


def test_a_generator_with_an_end_needs_no_count() -> None:
    """predict, evaluate and validation_data take what it gives, to its end."""
    network = model()
    whole = network.predict(X, verbose=0)
    np.testing.assert_allclose(network.predict(iter(list(batches())), verbose=0), whole, rtol=1e-5, atol=1e-6)
    assert network.evaluate(iter(list(batches())), verbose=0) == pytest.approx(
        network.evaluate(X, Y, verbose=0), rel=1e-4
    )
    history = network.fit(X, Y, validation_data=iter(list(batches())), epochs=1, verbose=0).history
    assert "val_loss" in history


@pytest.mark.parametrize("change", ["rate", "weights", "plateau"])
def test_what_callbacks_change_between_epochs_holds_from_the_next_step_on(change) -> None:
    """A rate set at an epoch's beginning, weights set at its end, a rate lowered by a plateau: as with arrays."""

    class Weights(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.set_weights([w + 1 for w in self.model.get_weights()])

    made = {
        "rate": lambda: callbacks.LearningRateScheduler(lambda epoch, rate: [0.1, 0.0, 0.05][epoch]),
        "weights": Weights,
        "plateau": lambda: callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=10),
    }[change]

    def endless():
        while True:
            yield from batches()

    arrays, streamed = (
        Sequential([Input((4,)), layers.Dense(1, kernel_initializer="ones")]) for _ in range(2)
    )
    for one in (arrays, streamed):
        one.compile(optimizers.SGD(0.1), "mse", backend="numpy")
    first = arrays.fit(X, Y, batch_size=25, epochs=3, shuffle=False, verbose=0, callbacks=[made()])
    second = streamed.fit(endless(), steps_per_epoch=4, epochs=3, verbose=0, callbacks=[made()])
    assert first.history["loss"] == pytest.approx(second.history["loss"], rel=1e-6)
    for a, b in zip(arrays.get_weights(), streamed.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_flow_of_pictures_and_batches_that_keep_their_size_as_batch_end_with_their_epoch() -> None:
    """datagen.flow(x, y) goes round for ever by itself and has a length; fit, evaluate and predict take each batch once."""
    from chainrule.preprocessing.image import ImageDataGenerator

    class Sized(Numbered):
        batch = 25

    pictures = X.reshape(100, 2, 2, 1)
    flow = ImageDataGenerator().flow(pictures, Y, batch_size=30, shuffle=False)
    made = Sequential([layers.Flatten(), layers.Dense(1, "sigmoid")])
    made.compile("sgd", "binary_crossentropy")
    assert made.fit(flow, epochs=2, validation_data=flow, verbose=0).epoch == [0, 1]
    assert made.evaluate(flow, verbose=0) == pytest.approx(made.evaluate(pictures, Y, verbose=0), rel=1e-5)
    assert made.predict(ImageDataGenerator().flow(pictures, batch_size=30), verbose=0).shape == (100, 1)
    dataset = Sized()
    assert len(model().fit(dataset, epochs=2, verbose=0).history["loss"]) == 2
    assert dataset.ended == 2
