"""Small networks that branch: several inputs or outputs, shortcuts, shared layers, models inside models."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule import Input, Model, Sequential, layers
from chainrule.utils import set_random_seed


class Example(NamedTuple):
    """A compiled model and one batch of it."""

    model: Any
    x: Any
    y: Any
    sample_weight: Any = None


def compiled(
    inputs: Any, outputs: Any, loss: Any, x: Any, y: Any, weight: Any = None, **settings: Any
) -> Example:
    """A model of these places, on NumPy."""
    model = Model(inputs, outputs)
    model.compile("adam", loss, backend="numpy", **settings)
    return Example(model, x, y, weight)


def residual(rng: np.random.Generator) -> Example:
    """Convolutions with normalization and a shortcut around them."""
    x = Input((4, 4, 2))
    first = layers.ReLU()(layers.Conv2D(3, 3, padding="same")(x))
    inner = layers.BatchNormalization()(layers.Conv2D(3, 3, padding="same", use_bias=False)(first))
    h = layers.ReLU()(layers.Add()([first, inner]))
    y = layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(h))
    return compiled(
        x, y, "sparse_categorical_crossentropy", rng.normal(size=(5, 4, 4, 2)), rng.integers(0, 3, 5)
    )


def plain_residual(rng: np.random.Generator) -> Example:
    """The same without the normalization, so that each example has its share."""
    x = Input((4, 4, 2))
    first = layers.Conv2D(3, 3, padding="same", activation="relu")(x)
    h = layers.Add()([first, layers.Conv2D(3, 3, padding="same")(first)])
    y = layers.Dense(3, "softmax")(layers.Flatten()(h))
    return compiled(
        x, y, "sparse_categorical_crossentropy", rng.normal(size=(5, 4, 4, 2)), rng.integers(0, 3, 5)
    )


def two_outputs(rng: np.random.Generator) -> Example:
    """A class and an amount, with weights of losses and of examples; one of the outputs feeds the other."""
    x = Input((6,), name="house")
    h = layers.Dense(5, "relu")(x)
    kind = layers.Dense(3, "softmax", name="kind")(h)
    price = layers.Dense(1, name="price")(layers.Concatenate()([h, kind]))
    targets = {"kind": np.eye(3)[rng.integers(0, 3, 5)], "price": rng.normal(size=5)}
    return compiled(
        x, [kind, price], {"kind": "categorical_crossentropy", "price": "mse"}, rng.normal(size=(5, 6)), targets,
        {"kind": rng.uniform(0.5, 2, 5), "price": None}, loss_weights={"kind": 1.0, "price": 0.3},
        metrics={"kind": ["accuracy"], "price": ["mae"]},
    )  # fmt: skip


def three_outputs(rng: np.random.Generator) -> Example:
    """Scores, a yes or no and a series; the scores are also a part of what gives the others."""
    x = Input((4, 3))
    h = layers.LSTM(4, return_sequences=True)(x)
    series = layers.Dense(2, "tanh", name="series")(h)
    last = layers.GlobalMaxPooling1D()(h)
    scores = layers.Dense(3, name="scores")(last)
    sure = layers.Dense(1, "sigmoid", name="sure")(scores)
    from chainrule import losses

    given = [losses.SparseCategoricalCrossentropy(from_logits=True), "binary_crossentropy", "mae"]
    y = [rng.integers(0, 3, 5), rng.integers(0, 2, 5), rng.normal(size=(5, 4, 2))]
    return compiled(
        x, [scores, sure, series], given, rng.normal(size=(5, 4, 3)), y, loss_weights=[1.0, 0.5, 2.0]
    )


def wide_and_deep(rng: np.random.Generator) -> Example:
    """Two inputs, one of which goes almost straight to the end."""
    wide, deep = Input((3,), name="wide"), Input((4,), name="deep")
    h = layers.Dense(5, "relu")(deep)
    y = layers.Dense(1)(layers.Concatenate()([wide, layers.Dense(4, "relu")(h)]))
    return compiled(
        [wide, deep], y, "mse", [rng.normal(size=(5, 3)), rng.normal(size=(5, 4))], rng.normal(size=5)
    )


def siamese(rng: np.random.Generator) -> Example:
    """An embedding and an encoder for both inputs, and layers of one name inside and outside."""
    left, right = Input((4,), name="left"), Input((4,), name="right")
    words = layers.Embedding(9, 3, embeddings_initializer="glorot_uniform")
    encoder = Sequential(
        [layers.GlobalAveragePooling1D(), layers.Dense(4, "tanh", name="code")], name="encoder"
    )
    apart = layers.Subtract()([encoder(words(left)), encoder(words(right))])
    y = layers.Dense(1, "sigmoid", name="code")(layers.Multiply()([apart, apart]))
    x = [rng.integers(0, 9, (5, 4)), rng.integers(0, 9, (5, 4))]
    return compiled([left, right], y, "binary_crossentropy", x, rng.integers(0, 2, 5))


def autoencoder(rng: np.random.Generator) -> Example:
    """A model made of two models."""
    picture = Input((6, 6, 1))
    code = layers.Dense(4, "relu")(
        layers.Flatten()(layers.Conv2D(2, 3, strides=2, padding="same", activation="relu")(picture))
    )
    encoder = Model(picture, code, name="encoder")
    given = Input((4,))
    grid = layers.Reshape((3, 3, 2))(layers.Dense(18, "relu")(given))
    decoder = Model(
        given, layers.Conv2DTranspose(1, 3, 2, padding="same", activation="sigmoid")(grid), name="decoder"
    )
    x = Input((6, 6, 1))
    pictures = rng.uniform(size=(5, 6, 6, 1))
    return compiled(x, decoder(encoder(x)), "binary_crossentropy", pictures, pictures)


def transformer(rng: np.random.Generator) -> Example:
    """Words with their places, attention, and two shortcuts."""
    words = Input((5,))
    h = layers.PositionalEmbedding(5, 9, 4)(words)
    h = layers.LayerNormalization()(layers.Add()([h, layers.MultiHeadAttention(2, 3)(h, h)]))
    inner = layers.Dense(4)(layers.Dense(6, "relu")(h))
    h = layers.LayerNormalization()(layers.Add()([h, inner]))
    y = layers.Dense(2, "softmax")(layers.GlobalAveragePooling1D()(h))
    return compiled(
        words, y, "sparse_categorical_crossentropy", rng.integers(0, 9, (5, 5)), rng.integers(0, 2, 5)
    )


def both_ways(rng: np.random.Generator) -> Example:
    """Sentences of several lengths, read in both directions, and an answer for each word that is there."""
    words = Input((5,))
    h = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(
        layers.Embedding(9, 4, mask_zero=True)(words)
    )
    tags = layers.Dense(3, "softmax", name="tags")(h)
    x = rng.integers(1, 9, (5, 5))
    x[0, 3:], x[2, 1:], x[4, 4:] = 0, 0, 0
    return compiled(words, tags, "sparse_categorical_crossentropy", x, rng.integers(0, 3, (5, 5)))


def encoder_decoder(rng: np.random.Generator) -> Example:
    """The states in which one recurrent layer ends are those in which another begins."""
    source, begun = Input((4, 2), name="source"), Input((3, 2), name="begun")
    _, h, c = layers.LSTM(3, return_state=True)(source)
    answer = layers.LSTM(3, return_sequences=True)(begun, initial_state=[h, c])
    y = layers.Dense(2)(answer)
    x = [rng.normal(size=(5, 4, 2)), rng.normal(size=(5, 3, 2))]
    return compiled([source, begun], y, "mse", x, rng.normal(size=(5, 3, 2)))


def skips(rng: np.random.Generator) -> Example:
    """Down and up again with shortcuts across: a class for each pixel."""
    x = Input((8, 8, 1))
    a = layers.Conv2D(2, 3, padding="same", activation="relu")(x)
    b = layers.Conv2D(3, 3, padding="same", activation="relu")(layers.MaxPooling2D()(a))
    m = layers.Conv2D(3, 3, padding="same", activation="relu")(layers.MaxPooling2D()(b))
    u = layers.Concatenate()([layers.Conv2DTranspose(3, 2, strides=2, padding="same")(m), b])
    v = layers.Concatenate()([layers.UpSampling2D()(layers.Conv2D(2, 1)(u)), a])
    y = layers.Conv2D(2, 1, activation="softmax")(v)
    return compiled(
        x, y, "sparse_categorical_crossentropy", rng.normal(size=(3, 8, 8, 1)), rng.integers(0, 2, (3, 8, 8))
    )


NETWORKS: dict[str, Callable[[np.random.Generator], Example]] = {
    make.__name__.replace("_", " "): make
    for make in (
        residual, plain_residual, two_outputs, three_outputs, wide_and_deep, siamese, autoencoder, transformer, both_ways,
        encoder_decoder, skips,
    )
}  # fmt: skip


def example(name: str) -> Example:
    """One of the networks with its batch, the same each time."""
    set_random_seed(3)
    return NETWORKS[name](np.random.default_rng(3))
