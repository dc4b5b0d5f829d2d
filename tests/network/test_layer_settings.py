"""Every layer with its defaults and with settings of its own: settings, shapes and weights are those Keras has."""

import json
from pathlib import Path

import numpy as np
import pytest
from layer_examples import PLAIN, SET_UP, input_of, plain

from chainrule import layers
from chainrule.errors import ChainruleError, SettingError, ShapeError
from chainrule.layers import (
    ELU,
    Activation,
    AlphaDropout,
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Dropout,
    LeakyReLU,
    MaxPooling2D,
    Permute,
    SeparableConv1D,
    SeparableConv2D,
    Softmax,
    SpatialDropout2D,
)  # fmt: skip
from chainrule.layers.base import Context
from chainrule.layers.recurrent import Recurrent
from chainrule.layers.weighted import WeightedLayer

ROWS = json.loads((Path(__file__).parents[1] / "golden" / "keras_layers.json").read_text(encoding="utf-8"))
OURS_ALONE = ("PositionalEmbedding",)
EXAMPLES = [layer for layer in (*PLAIN, *SET_UP) if type(layer).__name__ not in OURS_ALONE]
# What Keras writes down beside ours: settings that we take at this value only.
BESIDE = {
    "activity_regularizer": None, "quantization_config": None, "attention_axes": None, "sliding_window": None,
    "use_gate": False, "rms_scaling": False, "input_axes": None, "output_axes": None, "optional": False,
}  # fmt: skip


def same(ours, theirs, where: str = "") -> None:
    """Equal settings, numbers to 6 digits; what only Keras writes has the one value that we take."""
    if isinstance(theirs, dict):
        assert set(ours) - set(theirs) <= {"seed", "module", "registered_name"}, where
        for key, value in theirs.items():
            if key == "attention_axes":
                assert value == [1]  # in Keras once it is built: those of the sequence
            elif key not in ours:
                assert (key, value) in BESIDE.items(), f"{where}.{key}"
            elif key != "name" or where == "config":
                same(ours[key], value, f"{where}.{key}")
    elif isinstance(theirs, list) and isinstance(ours, (list, tuple)):
        assert len(ours) == len(theirs), where
        for k, pair in enumerate(zip(ours, theirs, strict=True)):
            same(*pair, f"{where}[{k}]")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-5), where
    else:
        assert theirs in (ours, [ours]) or [ours] == theirs, (
            where
        )  # Keras makes a list of some single numbers


def rebuilt(layer):
    """The same layer, not built yet."""
    return layers.deserialize(json.loads(json.dumps(layers.serialize(layer))))


def shape_tuple(shape):
    """The shape of one input, or a tuple of several."""
    return tuple(map(tuple, shape)) if isinstance(shape, list) else shape


def numbers_for(layer, rng):
    """A batch of two for a layer: words where it takes words."""
    shape = input_of(layer)
    if "Embedding" in type(layer).__name__:
        return rng.integers(0, 5, (2, *shape)).astype(np.float32)
    several = shape if isinstance(shape, list) else [shape]
    drawn = tuple(rng.normal(size=(2, *one)).astype(np.float32) for one in several)
    return drawn if isinstance(shape, list) else drawn[0]


@pytest.mark.parametrize(
    ("layer", "row"), list(zip(EXAMPLES, ROWS, strict=True)), ids=lambda v: type(v).__name__
)
def test_settings_weights_and_shapes_are_keras_s(layer, row) -> None:
    """Every setting that is written down, every default, the weights in their order, the shape of what comes out."""
    assert type(layer).__name__ == row["layer"]
    layer = plain(row["layer"]) if layer in PLAIN else rebuilt(layer)
    same(layer.get_config() | {"name": None}, row["config"], "config")
    shape = shape_tuple(input_of(layer))
    assert [list(s) for s in layer.weight_shapes(shape).values()] == row["weights"]
    out = layer.output_shape_for(shape)
    assert [list(one) for one in (out if isinstance(out[0], tuple) else [out])] == row["output"]


@pytest.mark.parametrize("layer", [*PLAIN, *SET_UP], ids=lambda layer: type(layer).__name__)
def test_a_pass_keeps_its_word(layer, rng) -> None:
    """First weights have the shapes foretold; what comes out and what goes back too, all in float32."""
    layer, shape = rebuilt(layer), shape_tuple(input_of(layer))
    params = layer.init(np.random.default_rng(0), shape)
    assert {name: w.shape for name, w in params.items()} == layer.weight_shapes(shape)
    x = numbers_for(layer, rng)
    y, cache = layer.forward(params, x)
    foretold = layer.output_shape_for(shape)
    several = isinstance(foretold[0], tuple)
    for one, wanted in zip(y if several else [y], foretold if several else [foretold], strict=True):
        assert one.shape == (2, *wanted)
        assert one.dtype == np.float32
    grads = layer.gradients(params, cache, y)
    learned = set(params) - set(layer.non_trainable_names)
    assert {name: g.shape for name, g in grads.items()} == {name: params[name].shape for name in learned}
    assert {g.dtype for g in grads.values()} <= {np.dtype(np.float32)}
    if "Embedding" not in type(layer).__name__:
        dx = layer.backward(params, cache, y)
        for back, one in zip(*((v if isinstance(v, tuple) else (v,)) for v in (dx, x)), strict=True):
            assert back.shape == one.shape
            assert back.dtype == np.float32


@pytest.mark.parametrize("layer", PLAIN, ids=lambda layer: type(layer).__name__)
def test_what_is_no_setting_is_refused_by_every_layer(layer) -> None:
    """A misspelt setting, channels first, a number type that is not ours; what every layer takes is kept."""
    config = layer.get_config()

    def made(**changed):
        return layers.deserialize({"class_name": type(layer).__name__, "config": config | changed})

    for wrong in ({"colour": 1}, {"dtype": "complex64"}, {"name": "a/b"}):
        with pytest.raises(SettingError):
            made(**wrong)
    if "data_format" in config:
        for wrong in ("channels_first", "channels"):
            with pytest.raises(SettingError, match="data_format"):
                made(data_format=wrong)
    if type(layer).__name__ == "InputLayer":
        return
    again = made(name="mine", trainable=False)
    assert (again.name, again.trainable) == ("mine", False)


@pytest.mark.parametrize("layer", PLAIN, ids=lambda layer: type(layer).__name__)
def test_examples_of_a_wrong_rank_are_refused_by_name(layer) -> None:
    """A layer that needs axes says which, and what came, before anything is computed."""
    kind = type(layer).__name__
    if not kind.endswith(("1D", "2D")) or "Spatial" in kind:
        return
    layer = rebuilt(layer)
    layer.name = "mine"
    for shape in ((4,), (4, 4, 4, 4)):
        with pytest.raises(ShapeError, match=f"{kind} 'mine'") as result:
            layer.output_shape_for(shape)
        assert str(shape) in str(result.value)
    assert issubclass(ShapeError, ChainruleError)


WEIGHTED = [
    layer for layer in PLAIN if isinstance(layer, WeightedLayer) and "activation" in layer.get_config()
]


@pytest.mark.parametrize("layer", WEIGHTED, ids=lambda layer: type(layer).__name__)
def test_what_follows_the_sum_and_what_is_asked_of_weights_reaches_learning(layer) -> None:
    """An activation and a penalty on the output are links of their own; each weight has its own regularizer and constraint."""
    if isinstance(layer, Recurrent):
        return  # their activation is inside
    config = layer.get_config() | {"activation": "tanh", "activity_regularizer": "l2"}
    beginnings = [name.removesuffix("_initializer") for name in config if name.endswith("_initializer")]
    for k, name in enumerate(beginnings):
        config |= {f"{name}_regularizer": {"class_name": "L2", "config": {"l2": k + 1.0}}}
        config |= {f"{name}_constraint": {"class_name": "MaxNorm", "config": {"max_value": k + 1.0}}}
        config |= {f"{name}_initializer": {"class_name": "Constant", "config": {"value": k + 1.0}}}
    made = layers.deserialize({"class_name": type(layer).__name__, "config": config | {"name": "m"}})
    assert [type(link).__name__ for link in made.links()[1:]] == ["Activation", "ActivityRegularization"]
    assert (made.links()[1].activation, made.links()[2].get_config()["l2"]) == ("tanh", pytest.approx(0.01))
    names = made.weight_names
    assert [made.penalties()[name].l2 for name in names] == [1.0 + k for k in range(len(names))]
    assert [made.constraints()[name].max_value for name in names] == [1.0 + k for k in range(len(names))]
    shape = shape_tuple(input_of(layer))
    params = made.init(np.random.default_rng(0), shape)
    assert [params[name].min() for name in names] == [1.0 + k for k in range(len(names))]
    without = layers.deserialize(
        {"class_name": type(layer).__name__, "config": layer.get_config() | {"use_bias": False}}
    )
    assert list(without.init(np.random.default_rng(0), shape)) == [name for name in names if name != "bias"]


@pytest.mark.parametrize(("make", "shape", "count"), [
    (lambda: Dense(4), (3,), 12),
    (lambda: Conv1D(4, 3), (9, 2), 7 * 4 * 3 * 2),
    (lambda: Conv2D(4, (3, 2), strides=2, padding="same"), (8, 7, 2), 4 * 4 * 4 * 6 * 2),
    (lambda: DepthwiseConv1D(3, depth_multiplier=2), (9, 5), 7 * 5 * 2 * 3),
    (lambda: DepthwiseConv2D((3, 2), depth_multiplier=2), (8, 7, 5), 6 * 6 * 5 * 2 * 6),
    (lambda: SeparableConv2D(4, (3, 2), depth_multiplier=2), (8, 7, 5), 6 * 6 * (5 * 2 * 6 + 5 * 2 * 4)),
    (lambda: SeparableConv1D(4, 3), (9, 5), 7 * (5 * 3 + 5 * 4)),
    (lambda: Conv2DTranspose(4, (3, 2), strides=2), (3, 3, 5), 3 * 3 * 5 * 6 * 4),
    (lambda: Conv1DTranspose(4, 3), (9, 5), 9 * 5 * 3 * 4),
])  # fmt: skip
def test_multiplications_are_those_one_counts_by_hand(make, shape, count) -> None:
    """Of one example, forward: places times kernels times what each meets."""
    assert make().multiplications(shape) == count


def test_weights_of_a_dense_layer_can_be_read() -> None:
    """kernel and bias are copies, None where there are none."""
    dense = Dense(2, use_bias=False)
    assert (dense.kernel, dense.bias) == (None, None)
    dense.build((3,))
    assert (dense.kernel.shape, dense.bias) == ((3, 2), None)
    both = Dense(2)
    both.build((3,))
    np.testing.assert_array_equal(both.bias, [0, 0])


@pytest.mark.parametrize("make", [
    lambda: LeakyReLU(-0.1), lambda: LeakyReLU(None), lambda: ELU(-0.1), lambda: ELU(True), lambda: ELU("1"),
    lambda: Softmax(axis=[1]), lambda: Softmax(axis=-2), lambda: Softmax(axis=[-2]), lambda: Permute(2), lambda: Permute((0, 1)),
    lambda: Permute((1, 3)), lambda: Dropout(True), lambda: Dropout("0.5"), lambda: Dropout(0.5, noise_shape=(0, 2)),
    lambda: AlphaDropout(1), lambda: SpatialDropout2D(0.5, data_format="channels_first"), lambda: MaxPooling2D(0),
    lambda: Conv2D(2, 3, strides=(2, 1), dilation_rate=(1, 2)), lambda: Conv2D(2, (3, 0)), lambda: Conv2D(2, 3, strides=0),
    lambda: Conv2D(2, 3, padding=1), lambda: Conv2D(2, 3, dilation_rate=0), lambda: DepthwiseConv2D(3, depth_multiplier=0),
    lambda: SeparableConv2D(0, 3), lambda: SeparableConv2D(2, 3, depth_multiplier=0), lambda: Conv2DTranspose(0, 3),
    lambda: Conv2DTranspose(2, 3, strides=2, dilation_rate=2), lambda: Conv2DTranspose(2, 3, output_padding=1),
])  # fmt: skip
def test_settings_that_mean_nothing_are_refused(make) -> None:
    """In the constructor, where the line that says it can be found."""
    with pytest.raises(SettingError):
        make()


def test_settings_at_their_limits_are_taken() -> None:
    """0 is a slope, a share and an alpha; one size is a tuple of one."""
    assert (LeakyReLU(0).negative_slope, ELU(0).alpha, Dropout(0).rate) == (0, 0, 0)
    assert LeakyReLU(alpha=0.25).negative_slope == 0.25
    assert Softmax(axis=[-1]).get_config()["axis"] == -1
    assert (Permute(1).dims, Dropout(0.5, noise_shape=1).noise_shape) == ((1,), (1,))


def test_layers_that_leave_out_keep_all_at_rate_0_and_decide_by_their_noise() -> None:
    """A number is kept where its noise is at least the rate: equality keeps it; at rate 0 nothing changes."""
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    learning = Context(True, lambda shape: np.full(shape, 0.5, np.float32), None)
    for kind in (Dropout, AlphaDropout):
        assert (kind(0.5).forward({}, x, learning)[0] != kind(0.6).forward({}, x, learning)[0]).all()
        np.testing.assert_array_equal(kind(0).forward({}, x, learning)[0], x)
    np.testing.assert_array_equal(Dropout(0.5).forward({}, x, learning)[0], 2 * x)
    floor = -1.0507009873554805 * 1.6732632423543772  # what selu gives far below 0
    a = ((1 - 0.5) * (1 + 0.5 * floor**2)) ** -0.5
    y, _ = AlphaDropout(0.5).forward({}, x, learning)
    np.testing.assert_allclose(y, a * x - a * floor * 0.5, rtol=1e-6)


def test_glu_halves_the_last_axis() -> None:
    """And no other activation changes a shape."""
    assert Activation("glu").output_shape_for((3, 8)) == (3, 4)
    assert Activation("relu").output_shape_for((3, 8)) == (3, 8)
