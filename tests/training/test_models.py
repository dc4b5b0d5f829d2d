"""Sequential: putting layers together, their names, weights and shapes."""

import numpy as np
import pytest

from chainrule import Input, Model, Sequential, models
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import Activation, Dense, Dropout, Flatten, InputLayer, Reshape
from chainrule.utils import set_random_seed


def test_all_ways_of_beginning_give_the_same_model() -> None:
    """A list, add, Input, input_shape, input_dim, build, or the data themselves: the same shapes and counts."""
    x, y = np.ones((2, 4)), np.ones((2, 2))
    ways = [
        Sequential([Input((4,)), Dense(3), Dense(2)]),
        Sequential([Input(shape=(4,)), Dense(3), Dense(2)]),
        Sequential([InputLayer(batch_shape=(None, 4)), Dense(3), Dense(2)]),
        Sequential([Dense(3, input_shape=(4,)), Dense(2)]),
        Sequential([Dense(3, input_dim=4), Dense(2)]),
        Sequential(),
        Sequential([Dense(3), Dense(2)]),
        Sequential([Dense(3), Dense(2)]),
        Sequential([Dense(3), Dense(2)]),
    ]
    for layer in (Input((4,)), Dense(3), Dense(2)):
        ways[5].add(layer)
    assert not ways[6].built
    ways[6].build((None, 4))
    ways[7].compile("sgd", "mse")
    ways[7].fit(x, y, verbose=0)
    ways[8].predict(x, verbose=0)
    for model in ways:
        assert model.built
        assert (model.input_shape, model.output_shape, model.count_params()) == ((4,), (2,), 23)
        assert [w.shape for w in model.get_weights()] == [(4, 3), (3,), (3, 2), (2,)]
        assert [layer.name for layer in model.layers] == ["dense", "dense_1"]
    assert Sequential is models.Sequential
    assert issubclass(Sequential, Model)


def test_layers_are_named_as_keras_names_them() -> None:
    """By kind and number, unless they have a name; names must differ."""
    model = Sequential(
        [Input((4,)), Dense(3), Dense(3, name="mine"), Dense(3), Activation("relu"), Dropout(0.1)]
    )
    assert [layer.name for layer in model.layers] == ["dense", "mine", "dense_1", "activation", "dropout"]
    assert model.get_layer("mine") is model.layers[1] is model.get_layer(index=1)
    with pytest.raises(SettingError, match="a layer called 'mine' already"):
        model.add(Dense(1, name="mine"))
    with pytest.raises(SettingError, match="Did you mean 'mine'"):
        model.get_layer("mime")


def test_what_can_not_be_put_together_is_refused() -> None:
    """Things that are no layers, one layer twice, an Input in the middle, shapes that do not fit."""
    dense = Dense(3)
    for make, words in (
        (lambda: Sequential([3]), "made of layers"),
        (lambda: Sequential([Dense]), "made of layers"),
        (lambda: Sequential([dense, dense]), "in the model already"),
        (lambda: Sequential([Dense(3), Input((3,))]), "only come first"),
        (lambda: Sequential([Input((3,)), Input((3,))]), "only come first"),
        (lambda: Sequential().pop(), "no layer to take off"),
        (lambda: Sequential([Dense(3)]).count_params(), "does not know the shape"),
        (lambda: Sequential([Dense(3)]).compile("adam", "mse", lr=1), "no setting called 'lr'"),
        (lambda: Sequential([Dense(3)]).compile("adam", "mse", loss_weights=[1, 2]), "loss_weights"),
        (
            lambda: Sequential([Dense(3)]).compile("adam", "mse", run_eagerly=True),
            "run_eagerly=True is not supported",
        ),
        (
            lambda: Sequential([Dense(3)]).compile("adam", "mse", metrics=["acuracy"]),
            "Did you mean 'accuracy'",
        ),
        (lambda: Sequential([Dense(3)]).fit(np.ones((1, 2)), np.ones((1, 3))), "model.compile"),
        (lambda: Sequential([Dense(3)]).evaluate(np.ones((1, 2)), np.ones((1, 3))), "model.compile"),
    ):
        with pytest.raises(SettingError, match=words):
            make()
    with pytest.raises(ShapeError, match="cannot turn"):
        Sequential([Input((5,)), Reshape((2, 3))])
    empty = Sequential()
    empty.compile("adam", "mse")
    with pytest.raises(SettingError, match="no layers yet"):
        empty.fit(np.ones((1, 2)), np.ones((1, 2)))


def test_layers_come_off_again() -> None:
    """pop takes the top layer off; what is left learns on."""
    model = Sequential([Input((4,)), Dense(3), Dense(2)])
    top = model.pop()
    assert (top.units, model.output_shape) == (2, (3,))
    model.compile("sgd", "mse")
    model.fit(np.ones((2, 4)), np.ones((2, 3)), verbose=0)
    model.add(Dense(1))
    model.fit(np.ones((2, 4)), np.ones((2, 1)), verbose=0)
    assert model.predict(np.ones((2, 4)), verbose=0).shape == (2, 1)


def test_weights_go_in_and_out() -> None:
    """get_weights lists kernel and bias of each layer; set_weights refuses what does not fit."""
    model = Sequential([Input((2,)), Dense(3), Flatten(), Dense(1, use_bias=False)])
    new = [np.full(w.shape, k, float) for k, w in enumerate(model.get_weights())]
    model.set_weights(new)
    for a, b in zip(model.get_weights(), new, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(model.layers[2].get_weights()[0], new[2])
    assert model.predict(np.array([[1.0, 2.0]]), verbose=0) == pytest.approx(3 * 2 * 1.0)
    with pytest.raises(ShapeError, match="3 weight arrays; got 2"):
        model.set_weights(new[:2])
    with pytest.raises(ShapeError, match=r"shape \(2, 3\); got \(3, 2\)"):
        model.set_weights([new[0].T, *new[1:]])


def test_a_model_of_stored_settings_is_the_same_model() -> None:
    """from_config(get_config()) has the same layers and, given the weights, the same answers."""
    model = Sequential(
        [Input((2, 3)), Flatten(), Dense(4, "elu", kernel_regularizer="l2"), Dense(1)], name="mine"
    )
    again = Sequential.from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    x = np.random.default_rng(0).normal(size=(3, 2, 3))
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_set_random_seed_decides_first_weights() -> None:
    """Two models after the same seed are equal; two in a row differ."""
    drawn = []
    for seed in (1, 1, 2):
        set_random_seed(seed)
        drawn.append([Sequential([Input((4,)), Dense(3)]).get_weights()[0] for _ in range(2)])
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[0][0] != drawn[0][1]).any()
    assert (drawn[0][0] != drawn[2][0]).any()
    set_random_seed(1)
    assert np.random.rand() == pytest.approx(0.417022004702574)  # NumPy's own seed is set, too


def test_a_layer_of_ones_own_learns(backend) -> None:
    """A layer with forward, backward and gradients takes part like any other."""
    from chainrule.layers import Layer

    class Scale(Layer):
        """y = s x, one s for all."""

        weight_names = ("s",)

        def weight_shapes(self, input_shape):
            return {"s": (1,)}

        def init(self, rng, input_shape):
            return {"s": np.ones(1, np.float32)}

        def forward(self, params, x, context=None):
            return params["s"] * x, x

        def backward(self, params, kept, dy):
            return params["s"] * dy

        def gradients(self, params, kept, dy):
            return {"s": (kept * dy).sum().reshape(1)}

    model = Sequential([Input((2,)), Scale()])
    model.compile("sgd", "mse", backend=backend)
    x = np.array([[1.0, -1.0], [2.0, 0.5]])
    model.fit(x, 3 * x, epochs=300, verbose=0)
    assert model.get_weights()[0] == pytest.approx([3.0], abs=1e-2)
    assert "scale" in model.layers[0].name


def test_a_model_says_what_it_is() -> None:
    """The summary names layers, shapes and counts; before the shape is known it says so."""
    lines: list[str] = []
    Sequential([Dense(3), Dense(2)]).summary(print_fn=lines.append)
    assert "?" in lines[0]
    assert "0 (unbuilt)" in lines[0]
    Sequential([Input((4,)), Dense(3)], name="named").summary(print_fn=lines.append)
    assert 'Model: "named"' in lines[1]
    assert "(None, 3)" in lines[1]
    assert "Total params: 15 (60.00 B)" in lines[1]


def test_a_model_is_cloned_and_its_parts_make_new_models() -> None:
    """clone_model makes a fresh model of the same kind; the layers of a Sequential have an input and an output."""
    import chainrule
    from chainrule import layers, models

    model = chainrule.Sequential(
        [layers.Input((3,)), layers.Dense(4, "relu", name="hidden"), layers.Dense(2)]
    )
    copy = models.clone_model(model)
    assert [type(layer) for layer in copy.layers] == [type(layer) for layer in model.layers]
    assert not np.array_equal(copy.get_weights()[0], model.get_weights()[0])
    copy.set_weights(model.get_weights())
    body = models.Model(model.inputs, model.get_layer("hidden").output)
    x = np.ones((2, 3), "float32")
    assert body.predict(x, verbose=0).shape == (2, 4)
    assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
