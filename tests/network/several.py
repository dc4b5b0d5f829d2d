"""The gradient check for layers with several inputs, several outputs and masks: all numbers laid out in one row."""

from typing import Any

import numpy as np
from checker import check_rule

from chainrule.arrays import counter_noise, seed_words
from chainrule.layers.base import Context


def noisy(mask: Any = None, seed: int = 3) -> Context:
    """What a layer is told while learning, with the noise of one place."""
    return Context(True, counter_noise(seed_words(seed), np.asarray(3), 0), mask)


def in_a_row(arrays: Any) -> np.ndarray:
    """One array, or all of a tuple one behind the other."""
    parts = arrays if isinstance(arrays, tuple) else (arrays,)
    return np.concatenate([np.asarray(part).reshape(-1) for part in parts])


def like(row: np.ndarray, arrays: Any) -> Any:
    """The way back: a row cut into the shapes of one array or a tuple."""
    if not isinstance(arrays, tuple):
        return row.reshape(arrays.shape)
    ends = np.cumsum([part.size for part in arrays])[:-1]
    return tuple(piece.reshape(part.shape) for piece, part in zip(np.split(row, ends), arrays, strict=True))


def random_weights(layer: Any, x: Any, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Weights for an input, float64, none of them 0."""
    return {
        name: np.asarray(rng.normal(size=shape) * 0.5)
        for name, shape in layer.weight_shapes(shape_of(x)).items()
    }


def shape_of(x: Any) -> Any:
    """The shape of one example; a tuple of shapes for several inputs or outputs."""
    return tuple(part.shape[1:] for part in x) if isinstance(x, tuple) else x.shape[1:]


def check_every_derivative(
    layer: Any, params: dict[str, np.ndarray], x: Any, context: Context, inputs: bool = True
) -> None:
    """By each input and each weight, of each output; both backward methods and their union; and the shape promised."""
    y, cache = layer.forward(params, x, context)
    name = f"{type(layer).__name__} {layer.get_config()}"
    assert shape_of(y) == layer.output_shape_for(shape_of(x)), name
    if inputs:
        check_rule(
            lambda row: in_a_row(layer.forward(params, like(row, x), context)[0]),
            lambda dy: in_a_row(layer.backward(params, cache, like(dy, y))),
            in_a_row(x),
            f"{name} by its input",
        )
    for weight, array in params.items():
        check_rule(
            lambda w, weight=weight: in_a_row(layer.forward(params | {weight: w}, x, context)[0]),
            lambda dy, weight=weight: layer.gradients(params, cache, like(dy, y))[weight],
            array,
            f"{name} by {weight}",
        )
    dy = like(np.random.default_rng(0).normal(size=in_a_row(y).size), y)
    dx, grads = layer.backward_and_gradients(params, cache, dy)
    assert set(grads) == set(params), name
    np.testing.assert_array_equal(in_a_row(dx), in_a_row(layer.backward(params, cache, dy)), name)
    for weight, gradient in layer.gradients(params, cache, dy).items():
        np.testing.assert_array_equal(grads[weight], gradient, f"{name}: {weight}")
