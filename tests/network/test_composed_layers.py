"""Layers of one's own that call other layers: they learn as the network that they are, and stand in files as such."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import layers, ops
from chainrule.errors import SettingError

X = np.random.default_rng(0).integers(0, 20, (48, 6))
Y = np.random.default_rng(1).integers(0, 3, 48)


class Block(layers.Layer):
    """A transformer's block, as the examples of Keras write it."""

    def __init__(self, width, rate=0.0, **settings):
        super().__init__(**settings)
        self.attention = layers.MultiHeadAttention(num_heads=2, key_dim=width)
        self.behind = cr.Sequential([layers.Dense(12, activation="relu"), layers.Dense(width)])
        self.norms = [layers.LayerNormalization(epsilon=1e-6), layers.LayerNormalization(epsilon=1e-6)]
        self.dropout = layers.Dropout(rate)

    def call(self, x, training=False):
        x = self.norms[0](x + self.dropout(self.attention(x, x), training=training))
        return self.norms[1](x + self.dropout(self.behind(x), training=training))


class Positions(layers.Layer):
    """Words and their places, each looked up."""

    def __init__(self, length, words, width):
        super().__init__()
        self.length = length
        self.words, self.places = layers.Embedding(words, width), layers.Embedding(length, width)

    def call(self, x):
        return self.words(x) + self.places(ops.arange(0, self.length, 1))


def text_model(rate: float = 0.0):
    """Words to three classes, by two blocks."""
    cr.utils.set_random_seed(3)
    x = words = layers.Input((6,))
    for one in (Positions(6, 20, 8), Block(8, rate), Block(8, rate), layers.GlobalAveragePooling1D()):
        x = one(x)
    model = cr.Model(words, layers.Dense(3, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def by_hand():
    """The same network, without classes."""
    cr.utils.set_random_seed(3)
    words = layers.Input((6,))
    places = cr.layers.deserialize({"class_name": "Constant", "config": {"value": list(range(6))}})(words)
    x = layers.Embedding(20, 8)(words) + layers.Embedding(6, 8)(places)
    for _ in range(2):
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.MultiHeadAttention(2, 8)(x, x))
        x = layers.LayerNormalization(epsilon=1e-6)(
            x + layers.Dense(8)(layers.Dense(12, activation="relu")(x))
        )
    model = cr.Model(words, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling1D()(x)))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_it_learns_as_the_same_network_without_classes() -> None:
    """The same weights after some steps, also of the places, which no input gives; nothing is left to JAX."""
    own, plain = text_model(), by_hand()
    plain.set_weights(own.get_weights())
    before = [w.copy() for w in own.get_weights()]
    for model in (own, plain):
        model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0)
    assert len(own.get_weights()) == len(plain.get_weights()) == 36
    for one, other, old in zip(own.get_weights(), plain.get_weights(), before, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
        if one.shape != (2, 8):  # the bias of the keys: every score of a row moves alike, and no share does
            assert not np.array_equal(one, old)
    assert all(node.layer.written_out for node in own.graph.nodes)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_file_holds_the_network_and_needs_no_class(tmp_path, suffix) -> None:
    """It opens where the class is not known, and answers the same."""
    model = text_model()
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / f"text.{suffix}")
    again = cr.models.load_model(tmp_path / f"text.{suffix}")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_dropout_in_it_is_at_work_only_while_learning() -> None:
    """Whatever `training` the class hands on."""
    model = text_model(rate=0.5)
    first, second = (model.predict(X, verbose=0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert np.abs(model(X, training=True) - first).max() > 1e-3


def test_it_stands_in_a_sequential_and_answers_numbers() -> None:
    """By its own name; called with numbers it has the weights of the network."""
    block = Block(8)
    model = cr.Sequential(
        [layers.Input((6,)), layers.Embedding(20, 8), block, layers.Flatten(), layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(X, Y.astype(np.float32), verbose=0)
    assert [type(layer).__name__ for layer in model.layers] == ["Embedding", "Block", "Flatten", "Dense"]
    values = np.ones((2, 6, 8), np.float32)
    np.testing.assert_array_equal(block(values), model.layers[1](values))
    assert block.count_params() == sum(w.size for w in block.get_weights()) == model.layers[1].count_params()


def test_a_frozen_one_does_not_learn() -> None:
    """trainable=False holds for its parts."""
    words = layers.Input((6,))
    x = Block(8, trainable=False)(layers.Embedding(20, 8)(words))
    model = cr.Model(words, layers.Dense(1)(layers.Flatten()(x)))
    model.compile("sgd", "mse")
    before = model.layers[2].get_weights()
    model.fit(X, Y.astype(np.float32), verbose=0)
    for one, old in zip(model.layers[2].get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, old)


class Masked(layers.Layer):
    """Asks for the mask."""

    def __init__(self):
        super().__init__()
        self.lstm = layers.LSTM(3)

    def call(self, x, mask=None):
        return self.lstm(x)


def test_masks_that_a_class_asks_for_are_said_not_to_come() -> None:
    """They go on from layer to layer inside, which may be other numbers than Keras's."""
    with pytest.warns(UserWarning, match="masks are not asked for"):
        Masked()(layers.Input((4, 2)))


class Both(layers.Layer):
    """A weight of its own beside a layer."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(1,), initializer="ones")
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x) * self.scale


class Adds(layers.Layer):
    """A loss of its own beside a layer."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        y = self.dense(x)
        self.add_loss(ops.mean(ops.square(y)))
        return y


class Differs(Adds):
    """Another network while learning."""

    def call(self, x, training=False):
        return self.dense(x) if training else x


@pytest.mark.parametrize(
    ("layer", "words"), [(Both, "weights of its own"), (Adds, "model.add_loss"), (Differs, "other networks")]
)
def test_what_cannot_be_drawn_is_refused(layer, words) -> None:
    """In a sentence that says what to change; nothing is left out silently."""
    with pytest.raises(SettingError, match=words):
        layer()(layers.Input((2,)))


class Looks(layers.Layer):
    """What layers that look somewhere share; which `call` there is, the classes below say."""

    def __init__(self, **settings):
        super().__init__()
        self.attention = layers.MultiHeadAttention(**settings)
        self.norm = layers.LayerNormalization()


class LooksElsewhere(Looks):
    """Two arguments."""

    def call(self, x, context):
        return self.norm(x + self.attention(query=x, key=context, value=context))


class LooksTwice(LooksElsewhere):
    """Another `call` than that of the class above it."""

    def call(self, x, context):
        return super().call(super().call(x, context), context)


@pytest.mark.parametrize("kind", [LooksElsewhere, LooksTwice])
def test_arguments_and_classes_above_are_those_of_python(kind) -> None:
    """Several arguments by place or by name; a `call` that is derived from another."""
    x, context = layers.Input((4, 8)), layers.Input((6, 8))
    layer = kind(num_heads=2, key_dim=4)
    model = cr.Model([x, context], layers.Dense(1)(layers.Flatten()(layer(x, context=context))))
    model.compile("sgd", "mse")
    rng = np.random.default_rng(0)
    data = [rng.normal(size=(16, n, 8)).astype(np.float32) for n in (4, 6)]
    before = layer.get_weights()
    model.fit(data, rng.normal(size=(16, 1)), verbose=0)
    assert len(layer.trainable_weights) == len(before) == 10
    assert not np.array_equal(layer.get_weights()[0], before[0])
    np.testing.assert_allclose(layer(data[0], data[1]), layer(context=data[1], x=data[0]), atol=1e-6)


def test_a_model_of_one_s_own_takes_a_tuple_of_inputs() -> None:
    """As the tutorials' translators do: fit((question, answer), shifted)."""

    class Translator(cr.Model):
        def __init__(self):
            super().__init__()
            self.words, self.looks = layers.Embedding(20, 8), LooksElsewhere(num_heads=2, key_dim=4)
            self.last = layers.Dense(3)

        def call(self, inputs):
            context, x = inputs
            return self.last(self.looks(self.words(x), self.words(context)))

    model = Translator()
    model.compile("adam", "mse")
    model.fit((X, X[:, :4]), np.zeros((48, 4, 3)), verbose=0)
    assert model.predict((X, X[:, :4]), verbose=0).shape == (48, 4, 3)
