"""Model files of Keras 1 (2016): the settings of its layers in today's words, its gates put together.

Keras 1 called units output_dim, padding border_mode, kernel_initializer init; an LSTM had an array for each gate.
"""

from typing import Any

import numpy as np

from chainrule.errors import FileError

Config = dict[str, Any]
CLASSES = {
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "AtrousConvolution2D": "Conv2D", "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D", "TimeDistributedDense": "Dense",
}  # fmt: skip
WORDS = {  # then: today
    "nb_filter": "filters", "border_mode": "padding", "subsample": "strides", "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint", "bias": "use_bias", "p": "rate", "sigma": "stddev", "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation", "U_regularizer": "recurrent_regularizer", "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout", "filter_length": "kernel_size", "subsample_length": "strides", "pool_length": "pool_size",
    "stride": "strides", "length": "size", "gamma_init": "gamma_initializer", "beta_init": "beta_initializer",
    "atrous_rate": "dilation_rate",
}  # fmt: skip
GONE = (
    "input_dim",
    "input_length",
    "input_dtype",
    "dim_ordering",
    "consume_less",
    "forget_bias_init",
    "mode",
    "nb_row",
    "nb_col",
)
SIGNS = frozenset(WORDS) | {"output_dim", "nb_row", "dim_ordering", "consume_less"}
FILLS = {"uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones"}
RECURRENT = ("LSTM", "GRU", "SimpleRNN")
GATES = {"LSTM": (0, 6, 3, 9), "GRU": (0, 3, 6)}  # where the arrays of i f c o, of z r h, begin


def is_old(entry: Config) -> bool:
    """Whether a stored layer has settings that only Keras 1 had."""
    config = entry.get("config")
    own = set(config) if isinstance(config, dict) else set()
    found = (SIGNS & own) - (
        {"output_dim", "length", "mode", "p"} if entry.get("class_name") in ("Embedding", "Dot") else set()
    )
    return entry.get("class_name") in CLASSES or bool(found)


def modern(entry: Config) -> Config:
    """A layer of Keras 1 as Keras 2 would have stored it."""
    if not is_old(entry):
        return entry
    kind = CLASSES.get(str(entry["class_name"]), entry["class_name"])
    old = dict(entry["config"])
    name = str(old.get("name"))[:80]
    if old.get("dim_ordering") == "th":
        raise FileError(
            f"has the channels of its pictures first ({name!r}, dim_ordering 'th'). Chainrule has them last."
        )
    if old.get("mode") not in (None, 0):
        raise FileError(
            f"sets mode={str(old['mode'])[:40]!r} in the layer {name!r}, which no layer has today. It is not opened."
        )
    words = dict(WORDS) | ({} if kind == "Embedding" else {"output_dim": "units"})
    if kind == "Embedding":
        words |= {
            "init": "embeddings_initializer",
            "W_regularizer": "embeddings_regularizer",
            "W_constraint": "embeddings_constraint",
        }
    if kind not in ("UpSampling1D", "UpSampling2D"):
        words.pop("length")
    config: Config = {}
    for key, value in old.items():
        if key in GONE and not (key == "input_dim" and kind == "Embedding"):
            continue
        config[words.get(key, key)] = value
    if "nb_row" in old:
        config["kernel_size"] = [old["nb_row"], old.get("nb_col")]
    if kind == "Embedding" and not config.get("dropout"):
        config.pop("dropout", None)
    if kind == "LSTM" and "forget_bias_init" in old:
        config["unit_forget_bias"] = old["forget_bias_init"] == "one"
    if kind == "GRU":
        config["reset_after"] = False
    for key, value in list(config.items()):
        if key.endswith("initializer") and isinstance(value, str):
            config[key] = FILLS.get(value, value)
        elif key.endswith(("regularizer", "constraint")) and isinstance(value, dict):
            config[key] = keeper(value)
    return entry | {"class_name": kind, "config": config}


def keeper(old: Config) -> Config:
    """A regularizer or constraint: {"name": "WeightRegularizer", "l1": 0, "l2": 0.01}."""
    if "class_name" in old:
        return old
    if "l1" in old or "l2" in old:
        return {"class_name": "L1L2", "config": {key: float(old.get(key) or 0) for key in ("l1", "l2")}}
    names = {"MaxNorm": "MaxNorm", "NonNeg": "NonNeg", "UnitNorm": "UnitNorm"}
    kind = names.get(str(old.get("name")))
    if kind is None:
        raise FileError(
            f"names {str(old.get('name'))[:80]!r}, a penalty or constraint of Keras 1 that is not known."
        )
    settings = {"axis": old["axis"]} if "axis" in old else {}
    return {"class_name": kind, "config": settings | ({"max_value": old["m"]} if "m" in old else {})}


class Joined:
    """Arrays of a file read as one, side by side along their last axis; a convolution over time without its axis of 1."""

    def __init__(self, parts: list[Any]) -> None:
        self.parts, self.path = parts, parts[0].path
        first = tuple(parts[0].shape)
        self.squeezed = len(parts) == 1
        self.shape = (
            (first[0], *first[2:]) if self.squeezed else (*first[:-1], sum(part.shape[-1] for part in parts))
        )

    def read(self) -> np.ndarray:
        """The numbers."""
        arrays = [part.read() for part in self.parts]
        found: np.ndarray = arrays[0][:, 0] if self.squeezed else np.concatenate(arrays, axis=-1)
        return found


def joined(layer: Config, stored: list[Any]) -> list[Any]:
    """A layer's arrays as they are today: the gates of Keras 1 put together."""
    begins = GATES.get(layer["class_name"])
    if begins and len(stored) == 3 * len(begins) > 3:
        return [Joined([stored[begin + k] for begin in begins]) for k in range(3)]
    if layer["class_name"] == "Conv1D" and stored and len(stored[0].shape) == 4 and stored[0].shape[1] == 1:
        return [Joined([stored[0]]), *stored[1:]]
    return stored
