"""How each kind of layer is read into plain operations; a table by the layer's class."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.export.operation import Operation, Shape


class Placed:
    """A layer at its place in a network: its own settings and weights, with the shapes that it has there."""

    def __init__(self, layer: Any, input_shape: Any, output_shape: Shape, label: str) -> None:
        self.layer, self.input_shape, self.output_shape, self.label = layer, input_shape, output_shape, label

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)


def _operation(layer: Any, kind: str, settings: dict[str, Any] | None = None, **weights: Any) -> Operation:
    shape, out = layer.input_shape or (), layer.output_shape or ()
    arrays = {name: np.asarray(value, np.float32) for name, value in weights.items()}
    return Operation(kind, layer.label, shape, out, settings or {}, arrays)


def _nothing(layer: Any) -> list[Operation]:
    return []


def _activation(layer: Any) -> list[Operation]:
    name = str(layer.activation)
    name = {"swish": "silu", "hard_swish": "hard_silu"}.get(name, name)
    if name == "linear":
        return []
    shape = layer.output_shape or ()
    return [Operation(name, layer.label, shape, shape, DEFAULTS.get(name, {}))]


def _weights(layer: Any, *names: str) -> dict[str, Any]:
    return {name: layer.params[name] for name in names if name in layer.params}


def _dense(layer: Any) -> list[Operation]:
    return [_operation(layer, "dense", **_weights(layer, "kernel", "bias"))]


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
    return _as_pictures(layer, made)


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
    _last_axis(layer, layer.axis)
    params = layer.params
    variance = np.asarray(params["moving_variance"], np.float64)
    scale = np.asarray(params.get("gamma", 1.0), np.float64) / np.sqrt(variance + layer.epsilon)
    shift = (
        np.asarray(params.get("beta", 0.0), np.float64)
        - np.asarray(params["moving_mean"], np.float64) * scale
    )
    return [_operation(layer, "scale_shift", scale=scale, shift=shift)]


def _normalization(layer: Any) -> list[Operation]:
    mean, variance = (np.asarray(w, np.float64) for w in layer.moments(layer.params))
    if mean.size > 1:
        _last_axis(layer, *layer.axis)
    deviation = np.maximum(np.sqrt(variance), 1e-7).reshape(-1 if mean.size > 1 else ())
    mean = mean.reshape(deviation.shape)
    if layer.invert:
        return [_operation(layer, "scale_shift", scale=deviation, shift=mean)]
    return [_operation(layer, "scale_shift", scale=1 / deviation, shift=-mean / deviation)]


def _layer_normalization(layer: Any) -> list[Operation]:
    _last_axis(layer, *np.atleast_1d(layer.axis))
    return [
        _operation(
            layer,
            "layer_normalization",
            {"epsilon": float(layer.epsilon)},
            **_weights(layer, "gamma", "beta"),
        )
    ]


def _last_axis(layer: Any, *axes: Any) -> None:
    """SettingError unless the layer works along the last axis."""
    if [int(axis) for axis in axes] not in ([-1], [len(layer.input_shape)]):
        raise SettingError(
            f"{layer.label} works along axis {', '.join(map(str, axes))}; only the last one (-1) can be exported."
        )


def _prelu(layer: Any) -> list[Operation]:
    return [_operation(layer, "prelu", alpha=layer.params["alpha"])]


def _elu(layer: Any) -> list[Operation]:
    return [_operation(layer, "elu", {"alpha": layer.alpha})]


def _margins(kind: str) -> Callable[[Any], list[Operation]]:
    def read(layer: Any) -> list[Operation]:
        margins = [(0, 0)] * (2 - len(layer.margins)) + list(layer.margins)
        pads = [int(m[0]) for m in margins] + [int(m[1]) for m in margins]
        return _as_pictures(layer, _operation(layer, kind, {"pads": pads}))

    return read


def _upsampling(layer: Any) -> list[Operation]:
    if getattr(layer, "interpolation", "nearest") != "nearest":
        raise SettingError(
            f"{layer.label}: interpolation={layer.interpolation!r} cannot be exported; 'nearest' can."
        )
    size = [1] * (2 - len(layer.size)) + [int(n) for n in layer.size]
    return _as_pictures(layer, _operation(layer, "upsampling2d", {"size": size}))


def _repeat_vector(layer: Any) -> list[Operation]:
    count, n = layer.output_shape
    inside = (1, 1, n)
    return [
        Operation("reshape", layer.label, layer.input_shape, inside, {"shape": list(inside)}),
        Operation("upsampling2d", layer.label, inside, (1, count, n), {"size": [1, count]}),
        Operation("reshape", layer.label, (1, count, n), layer.output_shape, {"shape": [count, n]}),
    ]


def _permute(layer: Any) -> list[Operation]:
    return [_operation(layer, "permute", {"dims": [int(n) for n in layer.dims]})]


def _merge(kind: str) -> Callable[[Any], list[Operation]]:
    return lambda layer: [_operation(layer, kind)]


def _concatenate(layer: Any) -> list[Operation]:
    rank = len(layer.output_shape) + 1
    return [_operation(layer, "concatenate", {"axis": layer.axis % rank})]


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
    "BatchNormalization": _batch_normalization, "Normalization": _normalization,
    "LayerNormalization": _layer_normalization, "PReLU": _prelu, "ELU": _elu, "Permute": _permute, "RepeatVector": _repeat_vector,
    "ZeroPadding1D": _margins("zero_padding2d"), "ZeroPadding2D": _margins("zero_padding2d"),
    "Cropping1D": _margins("cropping2d"), "Cropping2D": _margins("cropping2d"), "UpSampling1D": _upsampling, "UpSampling2D": _upsampling,
    "Add": _merge("add"), "Subtract": _merge("subtract"), "Multiply": _merge("multiply"), "Average": _merge("average"),
    "Maximum": _merge("maximum"), "Minimum": _merge("minimum"), "Concatenate": _concatenate,
}  # fmt: skip
