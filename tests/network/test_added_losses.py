"""Losses that layers and models add: in `call`, by `add_loss`, and in functions that use values of the network."""

import numpy as np
import pytest

import chainrule as keras
from chainrule import layers, losses, ops
from chainrule.errors import ChainruleError, SettingError

pytest.importorskip("jax")  # which derives what a user's own function does
X = np.random.default_rng(0).random((12, 6)).astype("float32")


def trained(model, *targets, backend=None):
    """The weights after two epochs, from the same start."""
    model.set_weights([np.full_like(w, 0.1) for w in model.get_weights()])
    history = model.fit(X, *targets, epochs=2, batch_size=4, shuffle=False, verbose=0)
    return model.get_weights(), history.history["loss"]


def ends_alike(one, other) -> None:
    """The same weights and losses, up to rounding."""
    for a, b in zip((*one[0], one[1]), (*other[0], other[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)


def network():
    """An autoencoder of three numbers: its input, middle and output."""
    x = keras.Input((6,))
    z = layers.Dense(3, name="middle")(x)
    return x, z, layers.Dense(6, name="out")(z)


def test_a_loss_added_to_a_model_is_the_loss_that_compile_takes(backend) -> None:
    """mean((x - y)²) by add_loss learns what loss="mse" learns."""
    x, _, y = network()
    plain = keras.Model(x, y)
    plain.compile("sgd", "mse", backend=backend)
    x, _, y = network()
    own = keras.Model(x, y)
    own.add_loss(losses.mean_squared_error(x, y))
    own.compile("sgd", backend=backend)
    ends_alike(trained(plain, X), trained(own))
    assert own.evaluate(X, verbose=0) == pytest.approx(plain.evaluate(X, X, verbose=0), rel=1e-5)


def test_a_penalty_on_a_value_inside_counts_as_an_activity_regularizer() -> None:
    """0.1 · Σ z² / n by add_loss, by a layer's own add_loss, and by ActivityRegularization: the same weights."""

    class Penalty(layers.Layer):
        def call(self, z):
            self.add_loss(0.1 * ops.mean(ops.sum(ops.square(z), axis=-1)))
            return z

    def model(kind):
        x = keras.Input((6,))
        z = layers.Dense(3)(x)
        z = {"layer": Penalty(), "keras": layers.ActivityRegularization(l2=0.1)}.get(kind, layers.Identity())(
            z
        )
        found = keras.Model(x, layers.Dense(6)(z))
        if kind == "model":
            found.add_loss(0.1 * ops.mean(ops.sum(ops.square(z), axis=-1)))
        found.compile("sgd", "mse")
        return trained(found, X)

    wanted = model("keras")
    ends_alike(model("model"), wanted)
    ends_alike(model("layer"), wanted)


def test_a_loss_written_with_values_of_the_network_learns_from_the_inputs() -> None:
    """def loss(y, p) that also uses z: as in the first variational autoencoders; other targets than the inputs are refused."""
    x, z, y = network()
    inside = keras.Model(x, y)

    def loss(y_true, y_pred):
        return losses.mean_squared_error(y_true, y_pred) + 0.1 * ops.sum(ops.square(z), axis=-1)

    inside.compile("sgd", loss)
    x, z2, y = network()
    added = keras.Model(x, y)
    added.add_loss(ops.mean(losses.mean_squared_error(x, y) + 0.1 * ops.sum(ops.square(z2), axis=-1)))
    added.compile("sgd")
    ends_alike(trained(inside, X), trained(added))
    with pytest.raises(SettingError, match="its targets are the network's inputs"):
        inside.fit(X, X + 1, verbose=0)


def test_random_numbers_of_a_layer_are_drawn_anew_at_each_step_and_alike_with_the_same_seed() -> None:
    """A sampling layer learns, and a second training with the same seed ends with the same weights."""

    class Sampling(layers.Layer):
        def call(self, z):
            return z + keras.random.normal(ops.shape(z)) - keras.random.uniform(ops.shape(z))

    def once():
        keras.utils.set_random_seed(3)
        x = keras.Input((6,))
        model = keras.Model(x, layers.Dense(6)(Sampling()(x)))
        model.compile("sgd", "mse")
        return trained(model, X)

    first = once()
    ends_alike(first, once())
    drawn = Sampling().forward(
        {}, X, layers.base.Context(True, lambda shape: np.full(shape, 0.25, "float32"))
    )[1][1]
    assert len(drawn) == 3  # two for a normal number, one for a uniform one


def test_figures_take_sums_and_factors_and_nothing_else() -> None:
    """A mean of places is one number for a batch: it can be weighed and added up, not put into a layer."""
    x = keras.Input((6,))
    loss = 2 * ops.mean(x) - ops.sum(x) / 4 + 1
    assert [(f, kind) for f, kind, _ in loss.parts] == [(2, "mean"), (-0.25, "sum")]
    assert loss.constant == 1
    for wrong in (lambda: ops.exp(loss), lambda: loss * loss, lambda: layers.Dense(1)(loss)):
        with pytest.raises(SettingError):
            wrong()
    with pytest.raises(SettingError, match="mean or a sum of symbolic tensors"):
        keras.Model(x, layers.Dense(1)(x)).add_loss(3.0)


def test_values_that_a_layers_call_uses_by_their_names_are_inputs_of_it(backend) -> None:
    """A layer that adds mean((x - y)² + z²) of a z outside it, in a method of its own, learns as the model that adds it itself."""
    x, z, y = network()
    own = keras.Model(x, y)
    own.add_loss(ops.mean(ops.square(x - y)) + ops.mean(ops.sum(ops.square(z), axis=-1)), inputs=[x, z])
    own.compile("sgd", loss=None, backend=backend)
    x, z, y = network()

    class Both(layers.Layer):
        def how_far(self, a, b):
            flat = ops.reshape(a, (-1,)) - ops.reshape(b, (-1,))
            return ops.mean(ops.mean(ops.square(flat)) + ops.sum(ops.square(z), axis=-1))

        def call(self, both):
            self.add_loss(self.how_far(both[0], both[1]), inputs=both)
            return both[1]

    within = keras.Model(x, Both()([x, y]))
    within.compile("sgd", loss=None, backend=backend)
    ends_alike(trained(own), trained(within))
    assert within.predict(X, verbose=0).shape == (12, 6)


def test_a_lambda_uses_values_of_the_network_by_their_names() -> None:
    """Lambda(lambda a: a * z) is a * z, in its answers and in what is learned through it; a name that came later is refused."""
    x, z, y = network()
    named = keras.Model(x, layers.Lambda(lambda a: ops.tanh(a) * z + z[:, :1])(layers.Dense(3)(x)))
    start, middle, _ = network()
    both = [layers.Dense(3)(start), middle]
    given = keras.Model(start, layers.Lambda(lambda ab: ops.tanh(ab[0]) * ab[1] + ab[1][:, :1])(both))
    for model in (named, given):
        model.compile("sgd", "mse")
    ends_alike(trained(named, X[:, :3]), trained(given, X[:, :3]))
    used = [z]
    model = keras.Model(x, layers.Lambda(lambda a: a + used[-1][:, :1])(y))
    used.append(middle)
    with pytest.raises(ChainruleError, match="by its name"):
        model.predict(X, verbose=0)
