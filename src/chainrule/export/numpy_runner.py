"""The forward direction of an exported model in plain NumPy. `--to py` writes this file's text into the file it makes."""

from functools import reduce
from typing import Any

import numpy as np

__all__ = ["forward", "unpack"]


def erf(x: Any) -> Any:
    """The error function, to 1.2e-7 of 1 (Press et al., "Numerical Recipes", section 6.2)."""
    t = 1 / (1 + 0.5 * np.abs(x))
    series = -1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))
    series = 0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * series))
    series = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * series))
    return np.sign(x) * (1 - t * np.exp(-x * x + series))


def sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def softmax(x: Any) -> Any:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def log_softmax(x: Any) -> Any:
    below = x - x.max(axis=-1, keepdims=True)
    return below - np.log(np.exp(below).sum(axis=-1, keepdims=True))


def elu(x: Any, alpha: Any) -> Any:
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def general_relu(x: Any, max_value: Any, negative_slope: Any, threshold: Any) -> Any:
    y = np.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else np.minimum(y, max_value)


def windows(x: Any, settings: Any, filler: Any) -> Any:
    """All windows of pictures (n, rows, columns, channels): (n, rows', columns', height, width, channels)."""
    (height, width), (down, right) = settings["size"], settings["strides"]
    step_down, step_right = settings.get("dilation", (1, 1))
    top, left, bottom, end = settings["pads"]
    x = np.pad(x, ((0, 0), (top, bottom), (left, end), (0, 0)), constant_values=filler)
    reach = ((height - 1) * step_down + 1, (width - 1) * step_right + 1)
    seen = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))[:, ::down, ::right]
    return np.moveaxis(seen[..., ::step_down, ::step_right], 3, -1)


def conv2d(x: Any, settings: Any, weights: Any) -> Any:
    kernel, groups, pieces = weights["kernel"], settings["groups"], []
    inputs, outputs = kernel.shape[2], kernel.shape[3] // groups
    for k in range(groups):
        seen = windows(x[..., k * inputs : (k + 1) * inputs], settings, 0)
        flat = seen.reshape(-1, int(np.prod(seen.shape[3:])))
        some = kernel[..., k * outputs : (k + 1) * outputs]
        pieces.append((flat @ some.reshape(-1, outputs)).reshape(*seen.shape[:3], outputs))
    y = pieces[0] if groups == 1 else np.concatenate(pieces, axis=-1)
    return y + weights["bias"] if "bias" in weights else y


def average_pool2d(x: Any, settings: Any) -> Any:
    counts = windows(np.ones((1, *x.shape[1:]), x.dtype), settings, 0).sum(axis=(3, 4))
    return windows(x, settings, 0).sum(axis=(3, 4)) / counts


def global_pool(function: Any) -> Any:
    return lambda x, s, w: function(x, axis=(1, 2), keepdims=s["keepdims"])


def layer_normalization(x: Any, settings: Any, weights: Any) -> Any:
    y = (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + settings["epsilon"])
    y = y * weights["gamma"] if "gamma" in weights else y
    return y + weights["beta"] if "beta" in weights else y


def zero_padding2d(x: Any, settings: Any) -> Any:
    top, left, bottom, right = settings["pads"]
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))


def cropping2d(x: Any, settings: Any) -> Any:
    top, left, bottom, right = settings["pads"]
    return x[:, top : x.shape[1] - bottom, left : x.shape[2] - right]


RUN: dict[str, Any] = {  # each takes the examples x, the settings s and the weights w
    "dense": lambda x, s, w: x @ w["kernel"] + w.get("bias", 0),
    "conv2d": conv2d,
    "max_pool2d": lambda x, s, w: windows(x, s, -np.inf).max(axis=(3, 4)),
    "average_pool2d": lambda x, s, w: average_pool2d(x, s),
    "global_average_pool2d": global_pool(np.mean),
    "global_max_pool2d": global_pool(np.max),
    "zero_padding2d": lambda x, s, w: zero_padding2d(x, s),
    "reshape": lambda x, s, w: x.reshape(len(x), *s["shape"]),
    "scale_shift": lambda x, s, w: x * w["scale"] + w["shift"],
    "layer_normalization": layer_normalization,
    "relu": lambda x, s, w: np.maximum(x, 0),
    "general_relu": lambda x, s, w: general_relu(x, **s),
    "leaky_relu": lambda x, s, w: np.where(x > 0, x, s["negative_slope"] * x),
    "elu": lambda x, s, w: elu(x, s["alpha"]),
    "selu": lambda x, s, w: 1.0507009873554805 * elu(x, 1.6732632423543772),
    "gelu": lambda x, s, w: x * 0.5 * (1 + erf(x / np.sqrt(2))),
    "sigmoid": lambda x, s, w: sigmoid(x),
    "silu": lambda x, s, w: x * sigmoid(x),
    "softplus": lambda x, s, w: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "tanh": lambda x, s, w: np.tanh(x),
    "relu6": lambda x, s, w: np.clip(x, 0, 6),
    "hard_sigmoid": lambda x, s, w: np.clip(x / 6 + 0.5, 0, 1),
    "hard_sigmoid_of_keras_2": lambda x, s, w: np.clip(x * 0.2 + 0.5, 0, 1),
    "hard_silu": lambda x, s, w: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x, s, w: np.clip(x, -1, 1),
    "hard_shrink": lambda x, s, w: np.where(np.abs(x) > 0.5, x, 0),
    "soft_shrink": lambda x, s, w: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "tanh_shrink": lambda x, s, w: x - np.tanh(x),
    "softsign": lambda x, s, w: x / (1 + np.abs(x)),
    "exponential": lambda x, s, w: np.exp(x),
    "celu": lambda x, s, w: np.maximum(x, 0) + s["alpha"] * np.expm1(np.minimum(x, 0) / s["alpha"]),
    "mish": lambda x, s, w: x * np.tanh(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
    "log_sigmoid": lambda x, s, w: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
    "log_softmax": lambda x, s, w: log_softmax(x),
    "squareplus": lambda x, s, w: (x + np.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda x, s, w: np.where(x >= 1, x, (np.clip(x, -1, 1) + 1) ** 2 / 4),
    "sparse_sigmoid": lambda x, s, w: np.clip(x / 2 + 0.5, 0, 1),
    "prelu": lambda x, s, w: np.where(x > 0, x, w["alpha"] * x),
    "permute": lambda x, s, w: x.transpose(0, *s["dims"]),
    "cropping2d": lambda x, s, w: cropping2d(x, s),
    "upsampling2d": lambda x, s, w: x.repeat(s["size"][0], axis=1).repeat(s["size"][1], axis=2),
    "add": lambda x, s, w: reduce(np.add, x),
    "subtract": lambda x, s, w: x[0] - x[1],
    "multiply": lambda x, s, w: reduce(np.multiply, x),
    "average": lambda x, s, w: reduce(np.add, x) / len(x),
    "maximum": lambda x, s, w: reduce(np.maximum, x),
    "minimum": lambda x, s, w: reduce(np.minimum, x),
    "concatenate": lambda x, s, w: np.concatenate(x, axis=s["axis"]),
    "softmax": lambda x, s, w: softmax(x),
}


def forward(operations: Any, x: Any) -> Any:
    """What the model says to examples x (n, ...) float32.

    operations: (kind, settings, weights, sources), sources the places of the operations whose values are taken, -1 for x;
    left out where it is the one before.
    """
    values = [x]
    for kind, settings, weights, *sources in operations:
        taken = [values[place + 1] for place in (sources[0] if sources else (len(values) - 2,))]
        values.append(
            RUN[kind](taken[0] if len(taken) == 1 else taken, settings, weights).astype(
                np.float32, copy=False
            )
        )
    return values[-1]


def unpack(entries: Any, content: Any, dtype: str = "<f4") -> Any:
    """Operations from their stored form: weights are slices of one block of bytes."""
    numbers, found = np.frombuffer(content, dtype).astype(np.float32), []
    for entry in entries:
        weights = {
            name: numbers[start : start + int(np.prod(shape))].reshape(shape)
            for name, (start, shape) in entry["weights"].items()
        }
        found.append((entry["kind"], entry["settings"], weights, entry["sources"]))
    return found
