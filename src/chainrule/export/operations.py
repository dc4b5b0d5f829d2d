"""A model as a list of plain operations, which every export format writes in its own way.

A layer becomes one operation or two (its weighted sum, its activation); what only matters while learning becomes none.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError

if TYPE_CHECKING:
    from chainrule.layers.base import Layer
    from chainrule.models import Model

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of the forward direction: what it is, its settings and weights, and the shapes of one example around it."""

    kind: str
    layer: str  # as errors name it: Dense 'dense_1'
    input_shape: Shape
    output_shape: Shape
    settings: dict[str, Any] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)


def operations_of(model: "Model") -> list[Operation]:
    """The model's forward direction; SettingError where it has no shape yet or a layer that no format can carry.

    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Input((3,)), layers.Dense(2, activation="relu"), layers.Dropout(0.5)])
    >>> [operation.kind for operation in operations_of(model)]
    ['dense', 'relu']
    """
    model.build()
    if not model.graph.is_chain:
        raise SettingError(
            f"{model.name} is not a chain of layers; networks with branches are written as .keras and .h5 only."
        )
    strange = [layer.label for layer in model.layers if type(layer).__name__ not in READ]
    if strange:
        raise SettingError(
            f"{' and '.join(strange)} cannot be exported; known layers: {', '.join(sorted(READ))}."
        )
    found: list[Operation] = []
    for layer in model.layers:
        found += READ[type(layer).__name__](layer)
    return found


def refuse_others(operations: Iterable[Operation], known: Iterable[str], what: str, hint: str) -> None:
    """SettingError naming every layer that a format cannot carry."""
    known = set(known)
    strange = list(dict.fromkeys(f"{op.layer} ({op.kind})" for op in operations if op.kind not in known))
    if strange:
        raise SettingError(f"{what} cannot carry {', '.join(strange)}. {hint}")


# ── the layers, by their class ───────────────────────────────────────────────────────────────────────────────────


def _operation(
    layer: "Layer", kind: str, settings: dict[str, Any] | None = None, **weights: Any
) -> Operation:
    shape, out = layer.input_shape or (), layer.output_shape or ()
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    return Operation(kind, layer.label, shape, out, settings or {}, arrays)


def _nothing(layer: Any) -> list[Operation]:
    return []


def _activation(layer: Any, name: str | None = None) -> list[Operation]:
    name = str(layer.activation if name is None else name)
    name = {"swish": "silu", "hard_swish": "hard_silu"}.get(name, name)
    if name == "linear":
        return []
    shape = layer.output_shape or ()
    return [Operation(name, layer.label, shape, shape, DEFAULTS.get(name, {}))]


def _weights(layer: Any, *names: str) -> dict[str, Any]:
    return {name: layer.params[name] for name in names if name in layer.params}


def _dense(layer: Any) -> list[Operation]:
    return [_operation(layer, "dense", **_weights(layer, "kernel", "bias")), *_activation(layer)]


def _reshape(layer: Any) -> list[Operation]:
    if layer.input_shape == layer.output_shape:
        return []
    return [_operation(layer, "reshape", {"shape": list(layer.output_shape)})]


def _rescaling(layer: Any) -> list[Operation]:
    return [_operation(layer, "scale_shift", scale=np.float32(layer.scale), shift=np.float32(layer.offset))]


def _relu(layer: Any) -> list[Operation]:
    settings = {
        "max_value": layer.max_value,
        "negative_slope": layer.negative_slope,
        "threshold": layer.threshold,
    }
    if settings == {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}:
        return [_operation(layer, "relu")]
    return [_operation(layer, "general_relu", settings)]


def _leaky_relu(layer: Any) -> list[Operation]:
    return [_operation(layer, "leaky_relu", {"negative_slope": layer.negative_slope})]


def _softmax(layer: Any) -> list[Operation]:
    return [_operation(layer, "softmax")]


def _flat(layer: Any) -> bool:
    """Whether the layer works on sequences: pictures of one row."""
    return layer.window is not None and len(layer.window.size) == 1


def _window(layer: Any) -> dict[str, Any]:
    """Size, strides, dilation and zeros around, [top, left, bottom, right]; a sequence's window has one row."""
    window = layer.window
    margins = window.margins(tuple(layer.input_shape[:-1]))
    rows = [1] * (2 - len(window.size))
    before, after = [0] * len(rows) + [m[0] for m in margins], [0] * len(rows) + [m[1] for m in margins]
    return {
        "size": [*rows, *window.size], "strides": [*rows, *window.strides], "dilation": [*rows, *window.dilation],
        "pads": [int(n) for n in before + after],
    }  # fmt: skip


def _as_pictures(layer: Any, made: Operation) -> list[Operation]:
    """The operation on pictures; for a sequence between two changes of shape."""
    if len(made.input_shape) == 3:
        return [made]
    inside, outside = (1, *made.input_shape), (1, *made.output_shape)
    return [
        Operation("reshape", made.layer, made.input_shape, inside, {"shape": list(inside)}),
        Operation(made.kind, made.layer, inside, outside, made.settings, made.weights),
        Operation("reshape", made.layer, outside, made.output_shape, {"shape": list(made.output_shape)}),
    ]


def _convolution(layer: Any) -> list[Operation]:
    weights = _weights(layer, "kernel", "bias")
    if _flat(layer):
        weights["kernel"] = np.asarray(weights["kernel"])[None]
    shape = (*layer.window.places(tuple(layer.input_shape[:-1])), layer.filters)
    settings = _window(layer) | {"groups": int(getattr(layer, "groups", 1))}
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    made = Operation("conv2d", layer.label, layer.input_shape, shape, settings, arrays)
    return [*_as_pictures(layer, made), *_activation(layer)]


def _pool(kind: str) -> Callable[[Any], list[Operation]]:
    return lambda layer: _as_pictures(layer, _operation(layer, kind, _window(layer)))


def _global_pool(kind: str) -> Callable[[Any], list[Operation]]:
    def read(layer: Any) -> list[Operation]:
        made = _operation(layer, kind, {"keepdims": bool(layer.keepdims)})
        if len(made.input_shape) == 3:
            return [made]
        inside, channels = (1, *made.input_shape), made.input_shape[-1:]
        return [
            Operation("reshape", made.layer, made.input_shape, inside, {"shape": list(inside)}),
            Operation(kind, made.layer, inside, channels, {"keepdims": False}),
            *([Operation("reshape", made.layer, channels, made.output_shape, {"shape": list(made.output_shape)})]
              if layer.keepdims else []),
        ]  # fmt: skip

    return read


def _batch_normalization(layer: Any) -> list[Operation]:
    """At its moving averages the layer is one factor and one summand a channel."""
    params, ones = layer.params, np.ones_like(np.asarray(layer.params["moving_mean"]))
    scale = np.asarray(params.get("gamma", ones), np.float64) / np.sqrt(
        np.asarray(params["moving_variance"], np.float64) + layer.epsilon
    )
    shift = (
        np.asarray(params.get("beta", 0 * ones), np.float64)
        - np.asarray(params["moving_mean"], np.float64) * scale
    )
    return [_operation(layer, "scale_shift", scale=scale, shift=shift)]


def _layer_normalization(layer: Any) -> list[Operation]:
    return [
        _operation(
            layer,
            "layer_normalization",
            {"epsilon": float(layer.epsilon)},
            **_weights(layer, "gamma", "beta"),
        )
    ]


def _zero_padding(layer: Any) -> list[Operation]:
    (top, bottom), (left, right) = layer.padding
    return [_operation(layer, "zero_padding2d", {"pads": [int(top), int(left), int(bottom), int(right)]})]


DEFAULTS: dict[str, dict[str, Any]] = {
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1.0},
    "celu": {"alpha": 1.0},
}

READ: dict[str, Callable[[Any], list[Operation]]] = {
    "InputLayer": _nothing, "Dropout": _nothing, "SpatialDropout1D": _nothing, "SpatialDropout2D": _nothing,
    "GaussianNoise": _nothing, "GaussianDropout": _nothing, "AlphaDropout": _nothing, "ActivityRegularization": _nothing,
    "Identity": _nothing, "Dense": _dense, "Flatten": _reshape, "Reshape": _reshape, "Rescaling": _rescaling,
    "Activation": _activation, "ReLU": _relu, "LeakyReLU": _leaky_relu, "Softmax": _softmax,
    "Conv1D": _convolution, "Conv2D": _convolution,
    "MaxPooling1D": _pool("max_pool2d"), "MaxPooling2D": _pool("max_pool2d"),
    "AveragePooling1D": _pool("average_pool2d"), "AveragePooling2D": _pool("average_pool2d"),
    "GlobalAveragePooling1D": _global_pool("global_average_pool2d"), "GlobalAveragePooling2D": _global_pool("global_average_pool2d"),
    "GlobalMaxPooling1D": _global_pool("global_max_pool2d"), "GlobalMaxPooling2D": _global_pool("global_max_pool2d"),
    "BatchNormalization": _batch_normalization, "LayerNormalization": _layer_normalization, "ZeroPadding2D": _zero_padding,
}  # fmt: skip
