"""Where a script could mean something else here than in Keras: it is Keras's meaning, or it is refused by name."""

import numpy as np
import pytest

from chainrule import Sequential, constraints, layers, losses, metrics, models, optimizers, regularizers
from chainrule.errors import ChainruleError

X = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
Y = np.arange(8, dtype="float32")[:, None]


def net(optimizer="sgd", loss="mse", metric=None, **dense):
    """A linear model that begins with ones."""
    made = Sequential([layers.Input((4,)), layers.Dense(1, **({"kernel_initializer": "ones"} | dense))])
    made.compile(optimizer, loss, metrics=metric)
    return made


def test_compile_with_the_same_optimizer_goes_on() -> None:
    """Compiling again with the same optimizer object keeps its count and its memory; with a new one both begin anew."""
    adam = optimizers.Adam(0.1)
    twice, once = net(adam), net(optimizers.Adam(0.1))
    twice.fit(X, Y, epochs=3, shuffle=False, verbose=0)
    twice.compile(adam, "mse")
    twice.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    once.fit(X, Y, epochs=5, shuffle=False, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(twice.get_weights(), once.get_weights(), strict=True))
    assert adam.iterations == 5
    other = net(adam)  # another model: no memory, so no count
    assert (other.optimizer_state, adam.iterations) == (None, 0)


def test_a_frozen_layer_begins_the_memory_anew() -> None:
    """When other layers learn than before, the optimizer's memory does not fit, and both memory and count begin anew."""
    adam = optimizers.Adam(0.1)
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(1)])
    model.compile(adam, "mse")
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    model.compile(adam, "mse")
    assert (model.optimizer_state, adam.iterations) == (None, 0)
    model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("settings", "z"),
    [((0.3, 0.2, 1.0), 0.5), ((0.3, 0.2, 1.0), 0.9), ((2.0, 0.5, 1.0), 3.0), ((2.0, 0.0, 0.0), 1.0)],
)
def test_the_slope_of_a_cut_relu(settings, z) -> None:
    """Its gradient is that of its formula, also where max_value is below the threshold."""
    layer, x, step = layers.ReLU(*settings), np.array([[z]]), 1e-6
    slope = (layer.forward({}, x + step)[0] - layer.forward({}, x - step)[0]) / (2 * step)
    _, cache = layer.forward({}, x)
    assert layer.backward({}, cache, np.ones((1, 1))) == pytest.approx(slope, abs=1e-6)


def test_models_refuse_what_keras_refuses() -> None:
    """An empty model, another shape for a built one, another list of layers, and trainable="no"."""
    for wrong in (
        lambda: Sequential()(X), lambda: net().build((None, 7)), lambda: setattr(net(), "layers", []),
        lambda: layers.Input(shape=(3,), batch_shape=(2, 4)), lambda: layers.Dense(1, trainable="no"),
    ):  # fmt: skip
        with pytest.raises(ChainruleError):
            wrong()
    net().build((None, 4))
    net().build()


def test_amsgrads_third_memory_is_stored_behind_the_others(tmp_path) -> None:
    """The file's order is Keras's: momentum and velocity of each weight, then velocity_hat of each; reading gives it back."""
    from chainrule.models.saving import slot_places

    model = net(optimizers.Adam(0.05, amsgrad=True))
    model.fit(X, Y, verbose=0)
    slots = [slot for slot, _, _ in slot_places(model)]
    assert slots == ["momentum", "velocity"] * 2 + ["velocity_hat"] * 2
    model.save(tmp_path / "new" / "m.h5")  # into a folder that is made
    again = models.load_model(tmp_path / "new" / "m.h5")
    for one in (model, again):
        one.fit(X, Y, shuffle=False, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), again.get_weights(), strict=True))


def test_what_a_subclass_overrides_is_called_or_refused() -> None:
    """Of built-in classes: call, update_state, result and __call__ are called where that works, else refused by name."""

    class CalledError(Exception):
        """It was."""

    def called(self, *_, **__):
        raise CalledError

    for base, name, use in (
        (losses.MeanSquaredError, "call", lambda made: net(loss=made)),
        (metrics.MeanSquaredError, "update_state", lambda made: net(metric=[made])),
        (metrics.Accuracy, "result", lambda made: net(metric=[made])),
        (constraints.MaxNorm, "__call__", lambda made: net(kernel_constraint=made)),
    ):
        own = type("Own", (base,), {name: called, "__module__": __name__})
        with pytest.raises(CalledError):
            use(own()).fit(X, Y, verbose=0)
    for base, name in (
        (layers.Dense, "call"), (layers.Dropout, "call"), (optimizers.SGD, "update_step"), (regularizers.L2, "__call__"),
    ):  # fmt: skip
        with pytest.raises(ChainruleError, match=f"Own overrides {name}"):
            type("Own", (base,), {name: called, "__module__": __name__})


def test_a_schedule_of_ones_own_may_return_a_plain_number() -> None:
    """A subclass whose __call__ returns 0.0 stops the learning."""
    own = type("Own", (optimizers.schedules.ExponentialDecay,), {"__call__": lambda self, step: 0.0})
    model = net(optimizers.SGD(own(0.1, 10, 0.5)))
    model.fit(X, Y, verbose=0)
    assert (model.get_weights()[0] == 1).all()
