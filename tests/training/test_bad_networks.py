"""Networks and examples that do not go together: one sentence that names the layer, what came and what it takes, before the first step."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import layers
from chainrule.errors import ChainruleError
from chainrule.layers import Dense, Dropout, Embedding, Flatten, Input

RNG = np.random.default_rng(0)
PICTURES, SERIES, ROWS = RNG.normal(size=(4, 8, 8, 3)), RNG.normal(size=(4, 9, 3)), RNG.normal(size=(4, 5))
WORDS = np.array([[1, 2, 0], [1, 0, 0]])


def learned(*parts, x):
    """Learns from x what is always 0."""
    model = cr.Sequential(list(parts))
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((len(x), 1)), verbose=0)


def ends(*parts, x):
    """The same with a Dense(1) at the end."""
    return lambda: learned(*parts, Flatten(), Dense(1), x=x)


def called_twice(layer, first, second):
    def calls():
        layer(first)
        layer(second)

    return calls


def circle():
    a, dense = Input((4,)), Dense(4)
    x = Dense(4)(dense(a))
    dense.calls[0].inputs = (x,)
    cr.Model(a, x)


def two(x, y=None):
    """A model with two inputs learns from x."""
    a, b = Input((4,), name="a"), Input((5,), name="b")
    model = cr.Model([a, b], Dense(1)(layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    model.fit(x, np.zeros((4, 1)), verbose=0)


RANKS = [
    (kind, x)
    for kind in sorted(layers.CLASSES) if kind.endswith(("1D", "2D"))
    for x in (ROWS, SERIES if kind.endswith("2D") else PICTURES)
]  # fmt: skip
NEEDED = {"Conv": (2, 3), "Separable": (2, 3), "Depthwise": (3,), "SpatialDropout": (0.5,)}


@pytest.mark.parametrize(("kind", "x"), RANKS, ids=lambda v: v if isinstance(v, str) else str(v.ndim))
def test_examples_with_too_few_or_too_many_axes(kind, x) -> None:
    """For every layer of sequences and of pictures: its name, what came, what it takes."""
    given = next((args for begin, args in NEEDED.items() if kind.startswith(begin)), ())
    layer = getattr(layers, kind)(*given, name="mine")
    with pytest.raises(ChainruleError, match=f"{kind} 'mine' takes examples of shape .*; it got") as result:
        ends(layer, x=x)()
    assert str(x.shape[1:]) in str(result.value)


CASES = {
    "channels": (ends(Input((8, 8, 1)), layers.Conv2D(2, 3), x=PICTURES), "Conv2D 'conv2d' expects examples of shape .8, 8, 1."),
    "channels of a built layer": (called_twice(layers.Conv2D(2, 3, name="c"), PICTURES, PICTURES[..., :1]), "Conv2D 'c' was built for"),
    "width of a built layer": (called_twice(Dense(2, name="d"), ROWS, ROWS[:, :3]), r"Dense 'd' was built for examples of shape .5,.; it got .3,."),
    "width of a shared layer": (called_twice(Dense(2, name="d"), Input((4,)), Input((5,))), r"Dense 'd' was built for .*.4,.; it got .5,."),
    "kernel": (ends(layers.Conv2D(2, 9, name="c"), x=PICTURES), "Conv2D 'c' has a window of .9, 9., larger than its input of .8, 8."),
    "pooling": (ends(layers.MaxPooling1D(10, name="p"), x=SERIES), "MaxPooling1D 'p' has a window"),
    "cropping": (ends(layers.Cropping2D(4, name="c"), x=PICTURES), "Cropping2D 'c' cuts .* nothing is left"),
    "recurrent on rows": (ends(layers.LSTM(3, name="r"), x=ROWS), "LSTM 'r' takes sequences, .* has the shape .5,."),
    "wrapper on rows": (ends(layers.TimeDistributed(Dense(2), name="t"), x=ROWS), "TimeDistributed 't' takes sequences"),
    "repeating a series": (ends(layers.RepeatVector(2, name="r"), x=SERIES), "RepeatVector 'r' takes examples of shape .features,."),
    "reshape": (ends(layers.Reshape((4,), name="r"), x=ROWS), "Reshape 'r' cannot turn .5,. .5 numbers. into .4,."),
    "permute": (ends(layers.Permute((2, 1), name="p"), x=ROWS), "Permute 'p' orders 2 axes; it got examples of shape .5,."),
    "axis": (ends(layers.BatchNormalization(3, name="n"), x=ROWS), "BatchNormalization 'n' works along axis 3"),
    "widths said": (ends(layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0], name="n"), x=ROWS),
                    "Normalization 'n' was given mean and variance of shape .2,.* it got examples of shape .5,."),
    "shared axes": (ends(layers.PReLU(shared_axes=[3], name="p"), x=ROWS), "PReLU 'p': shared_axes=.3. goes beyond"),
    "words too large": (ends(Embedding(5, 2, name="e"), x=np.array([[1, 5]])), "Embedding 'e' has rows for 0 to 4; .* 1 to 5.*input_dim=6"),
    "words below 0": (ends(Embedding(5, 2, name="e"), x=np.array([[1, -1]])), "Embedding 'e' has rows for 0 to 4; .* -1 to 1.*by 0"),
    "broken words": (ends(Embedding(5, 2, name="e"), x=np.array([[1, 0.5]])), "Embedding 'e' takes whole numbers; the input has 0.5"),
    "texts too long": (ends(layers.PositionalEmbedding(3, 5, 2, name="e"), x=np.ones((2, 4))), "'e' takes rows of at most 3 words"),
    "query and key": (lambda: layers.Attention(name="a")([Input((3, 4)), Input((3, 5))]), "Attention 'a': query and key .*.3, 4.*.3, 5."),
    "one input": (lambda: layers.Add(name="s")(Input((4,))), "Add 's' takes two inputs or more.* it got one"),
    "three inputs": (lambda: layers.Subtract(name="s")([Input((4,))] * 3), "Subtract 's' takes two inputs.* it got 3"),
    "loose end": (lambda: cr.Model([Input((4,), name="a"), Input((4,), name="b")], Dense(1)(Input((4,)))), "(the|an) input .*(loose end|not among)"),
    "noise of too few axes": (ends(Dropout(0.2, noise_shape=(None,)), x=np.ones((4, 6))), "noise_shape .None,. does not fit a batch of shape .None, 6."),
    "noise of another size": (ends(Dropout(0.2, noise_shape=(None, 5)), x=np.ones((4, 6))), "noise_shape .None, 5. does not fit"),
    "noise of another batch": (ends(Dropout(0.2, noise_shape=(3, 6)), x=np.ones((4, 6))), "noise_shape .3, 6. does not fit a batch of shape .4, 6."),
    "forgotten input without a name": (lambda: cr.Model(Input((3,)), Dense(1)(Input((4,)))), "also depend on an input of shape .4,."),
    "forgotten input": (lambda: cr.Model(Input((3,)), Dense(1)(Input((4,), name="b"))), "also depend on the input 'b'"),
    "circle": (circle, "circle"),
    "numbers as outputs": (lambda: cr.Model(Input((4,)), np.zeros(3)), "outputs are what Input.* it got ndarray"),
    "one of two inputs": (lambda: two(ROWS[:, :4]), "2 inputs .a, b.: give a list of 2 arrays; it got 1"),
    "inputs of two lengths": (lambda: two([ROWS[:, :4], ROWS[:3]]), "different numbers of examples: 4, 3"),
    "inputs exchanged": (lambda: two([ROWS, ROWS[:, :4]]), "The input 'a' expects examples of shape .4,."),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_go_together_is_refused_in_one_sentence(case) -> None:
    """Never a raw exception, and before anything is learned."""
    call, words = CASES[case]
    with pytest.raises(ChainruleError, match=words):
        call()


@pytest.mark.parametrize(
    "kind", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"]
)
def test_shapes_that_do_not_merge(kind) -> None:
    """Both shapes are named, where the network is built."""
    layer = layers.Dot(1, name="m") if kind == "Dot" else getattr(layers, kind)(name="m")
    shapes = ((4,), (5,)) if kind != "Concatenate" else ((3, 4), (2, 4))
    with pytest.raises(ChainruleError, match=f"{kind} 'm' takes inputs .*; it got") as result:
        layer([Input(shape) for shape in shapes])
    assert all(str(shape) in str(result.value) for shape in shapes)


LOSES = [
    lambda: layers.Conv1D(2, 2, name="m"), lambda: layers.MaxPooling1D(2, name="m"), lambda: layers.UpSampling1D(2, name="m"),
    lambda: layers.ZeroPadding1D(1, name="m"), lambda: layers.Cropping1D((0, 1), name="m"), lambda: layers.Permute((2, 1), name="m"),
    lambda: layers.SeparableConv1D(2, 2, name="m"), lambda: layers.DepthwiseConv1D(2, name="m"), lambda: layers.Conv1DTranspose(2, 2, name="m"),
    lambda: layers.AveragePooling1D(2, name="m"), lambda: layers.RMSNormalization(name="m"),
]  # fmt: skip


@pytest.mark.parametrize("make", LOSES, ids=lambda make: type(make()).__name__)
def test_a_layer_that_knows_no_masks_says_so_and_forgets_them(make) -> None:
    """As in Keras: a warning with its name, and behind it every step counts."""
    layer, seen = make(), []

    class Look(layers.Layer):
        def forward(self, params, x, context=None):
            seen.append(context.mask)
            return x, None

        def backward(self, params, cache, dy):
            return dy

    parts = [Input((3,)), Embedding(5, 4, mask_zero=True), layer, Look(), Flatten(), Dense(1)]
    with pytest.warns(UserWarning, match=f"{type(layer).__name__} 'm' got a mask .* takes none"):
        learned(*parts, x=WORDS)
    assert set(map(type, seen)) == {type(None)}


def test_no_warning_where_masks_are_kept_or_end_on_purpose() -> None:
    """Recurrent layers, Dense, Flatten, pooling over all steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learned(
            Input((3,)),
            Embedding(5, 4, mask_zero=True),
            Dense(3),
            layers.LayerNormalization(),
            layers.LSTM(2),
            Dense(1),
            x=WORDS,
        )
        learned(
            Input((3,)), Embedding(5, 4, mask_zero=True), layers.GlobalAveragePooling1D(), Dense(1), x=WORDS
        )
