"""Every layer with its defaults and with settings of its own: settings, shapes and weights are those Keras has."""

import json
from pathlib import Path

import numpy as np
import pytest
from layer_examples import PLAIN, SET_UP, input_of

from chainrule import layers
from chainrule.errors import ChainruleError, SettingError, ShapeError

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
    elif isinstance(theirs, list) and isinstance(ours, list):
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
    same(layer.get_config() | {"name": None}, row["config"], "config")
    layer, shape = rebuilt(layer), shape_tuple(input_of(layer))
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
    assert layer.multiplications(shape) >= 0


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
        with pytest.raises(ShapeError, match=f"{kind} 'mine'") as told:
            layer.output_shape_for(shape)
        assert str(shape) in str(told.value)
    assert issubclass(ShapeError, ChainruleError)
