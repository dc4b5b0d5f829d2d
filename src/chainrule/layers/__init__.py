"""The layers, under Keras's names.

A layer's module is imported when the layer is first asked for: a dense network loads nothing of convolution, and starts
sooner. `STORED` is the list of what a model file may name: a class that is not in it cannot be loaded, whatever a file
says, unless the running program has registered one of that name.
"""

import importlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, unknown
from chainrule.internal import absent, custom_objects
from chainrule.internal.custom_objects import custom_object_scope
from chainrule.internal.lazy_mapping import LazyMapping
from chainrule.layers import symbolic
from chainrule.layers.base import ADOPTERS
from chainrule.layers.base import Layer as Layer

if TYPE_CHECKING:  # the same names as in the tables below, for type checkers and editors
    from chainrule.layers.activation import ELU as ELU
    from chainrule.layers.activation import Activation as Activation
    from chainrule.layers.activation import LeakyReLU as LeakyReLU
    from chainrule.layers.activation import ReLU as ReLU
    from chainrule.layers.activation import Softmax as Softmax
    from chainrule.layers.activity import ActivityRegularization as ActivityRegularization
    from chainrule.layers.additive_attention import AdditiveAttention as AdditiveAttention
    from chainrule.layers.attention import Attention as Attention
    from chainrule.layers.batch_normalization import BatchNormalization as BatchNormalization
    from chainrule.layers.bidirectional import Bidirectional as Bidirectional
    from chainrule.layers.cells import RNN as RNN
    from chainrule.layers.cells import GRUCell as GRUCell
    from chainrule.layers.cells import LSTMCell as LSTMCell
    from chainrule.layers.cells import SimpleRNNCell as SimpleRNNCell
    from chainrule.layers.cells import StackedRNNCells as StackedRNNCells
    from chainrule.layers.concatenation import Concatenate as Concatenate
    from chainrule.layers.convolution import Conv1D as Conv1D
    from chainrule.layers.convolution import Conv2D as Conv2D
    from chainrule.layers.data_normalization import Normalization as Normalization
    from chainrule.layers.dense import Dense as Dense
    from chainrule.layers.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from chainrule.layers.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from chainrule.layers.depthwise import SeparableConv1D as SeparableConv1D
    from chainrule.layers.depthwise import SeparableConv2D as SeparableConv2D
    from chainrule.layers.derived import Lambda as Lambda
    from chainrule.layers.dot_product import Dot as Dot
    from chainrule.layers.dropout import AlphaDropout as AlphaDropout
    from chainrule.layers.dropout import Dropout as Dropout
    from chainrule.layers.dropout import SpatialDropout1D as SpatialDropout1D
    from chainrule.layers.dropout import SpatialDropout2D as SpatialDropout2D
    from chainrule.layers.embedding import Embedding as Embedding
    from chainrule.layers.global_pooling import GlobalAveragePooling1D as GlobalAveragePooling1D
    from chainrule.layers.global_pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
    from chainrule.layers.global_pooling import GlobalMaxPooling1D as GlobalMaxPooling1D
    from chainrule.layers.global_pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
    from chainrule.layers.group_normalization import GroupNormalization as GroupNormalization
    from chainrule.layers.gru import GRU as GRU
    from chainrule.layers.input_spec import InputSpec as InputSpec
    from chainrule.layers.layer_normalization import LayerNormalization as LayerNormalization
    from chainrule.layers.layer_normalization import RMSNormalization as RMSNormalization
    from chainrule.layers.layer_normalization import UnitNormalization as UnitNormalization
    from chainrule.layers.lookup import CategoryEncoding as CategoryEncoding
    from chainrule.layers.lookup import Discretization as Discretization
    from chainrule.layers.lookup import IntegerLookup as IntegerLookup
    from chainrule.layers.lookup import StringLookup as StringLookup
    from chainrule.layers.lstm import LSTM as LSTM
    from chainrule.layers.margins import Cropping1D as Cropping1D
    from chainrule.layers.margins import Cropping2D as Cropping2D
    from chainrule.layers.margins import ZeroPadding1D as ZeroPadding1D
    from chainrule.layers.margins import ZeroPadding2D as ZeroPadding2D
    from chainrule.layers.masking import Masking as Masking
    from chainrule.layers.merge_functions import add as add
    from chainrule.layers.merge_functions import average as average
    from chainrule.layers.merge_functions import concatenate as concatenate
    from chainrule.layers.merge_functions import dot as dot
    from chainrule.layers.merge_functions import maximum as maximum
    from chainrule.layers.merge_functions import minimum as minimum
    from chainrule.layers.merge_functions import multiply as multiply
    from chainrule.layers.merge_functions import subtract as subtract
    from chainrule.layers.merging import Add as Add
    from chainrule.layers.merging import Average as Average
    from chainrule.layers.merging import Maximum as Maximum
    from chainrule.layers.merging import Minimum as Minimum
    from chainrule.layers.merging import Multiply as Multiply
    from chainrule.layers.merging import Subtract as Subtract
    from chainrule.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
    from chainrule.layers.noise import GaussianDropout as GaussianDropout
    from chainrule.layers.noise import GaussianNoise as GaussianNoise
    from chainrule.layers.pooling import AveragePooling1D as AveragePooling1D
    from chainrule.layers.pooling import AveragePooling2D as AveragePooling2D
    from chainrule.layers.pooling import MaxPooling1D as MaxPooling1D
    from chainrule.layers.pooling import MaxPooling2D as MaxPooling2D
    from chainrule.layers.positional_embedding import PositionalEmbedding as PositionalEmbedding
    from chainrule.layers.prelu import PReLU as PReLU
    from chainrule.layers.random_pictures import RandomBrightness as RandomBrightness
    from chainrule.layers.random_pictures import RandomContrast as RandomContrast
    from chainrule.layers.random_pictures import RandomFlip as RandomFlip
    from chainrule.layers.random_pictures import RandomRotation as RandomRotation
    from chainrule.layers.random_pictures import RandomTranslation as RandomTranslation
    from chainrule.layers.random_pictures import RandomZoom as RandomZoom
    from chainrule.layers.resizing import CenterCrop as CenterCrop
    from chainrule.layers.resizing import Resizing as Resizing
    from chainrule.layers.shaping import Flatten as Flatten
    from chainrule.layers.shaping import Identity as Identity
    from chainrule.layers.shaping import Input as Input
    from chainrule.layers.shaping import InputLayer as InputLayer
    from chainrule.layers.shaping import Permute as Permute
    from chainrule.layers.shaping import RepeatVector as RepeatVector
    from chainrule.layers.shaping import Rescaling as Rescaling
    from chainrule.layers.shaping import Reshape as Reshape
    from chainrule.layers.simple_rnn import SimpleRNN as SimpleRNN
    from chainrule.layers.text_vectorization import TextVectorization as TextVectorization
    from chainrule.layers.time_distributed import TimeDistributed as TimeDistributed
    from chainrule.layers.transposed_convolution import Conv1DTranspose as Conv1DTranspose
    from chainrule.layers.transposed_convolution import Conv2DTranspose as Conv2DTranspose
    from chainrule.layers.upsampling import UpSampling1D as UpSampling1D
    from chainrule.layers.upsampling import UpSampling2D as UpSampling2D

    Convolution1D, Convolution2D = Conv1D, Conv2D
    Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
    SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
    MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D = (
        MaxPooling1D,
        MaxPooling2D,
        AveragePooling1D,
        AveragePooling2D,
    )
    GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
    GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D

# The layers of networks: which module each is in.
NETWORK = {
    "activation": "Activation ELU LeakyReLU ReLU Softmax",
    "activity": "ActivityRegularization",
    "additive_attention": "AdditiveAttention",
    "attention": "Attention",
    "batch_normalization": "BatchNormalization",
    "bidirectional": "Bidirectional",
    "concatenation": "Concatenate",
    "convolution": "Conv1D Conv2D",
    "data_normalization": "Normalization",
    "dense": "Dense",
    "depthwise": "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D",
    "dot_product": "Dot",
    "dropout": "AlphaDropout Dropout SpatialDropout1D SpatialDropout2D",
    "embedding": "Embedding",
    "global_pooling": "GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D",
    "group_normalization": "GroupNormalization",
    "gru": "GRU",
    "layer_normalization": "LayerNormalization RMSNormalization UnitNormalization",
    "lstm": "LSTM",
    "margins": "Cropping1D Cropping2D ZeroPadding1D ZeroPadding2D",
    "masking": "Masking",
    "merging": "Add Average Maximum Minimum Multiply Subtract",
    "multi_head_attention": "MultiHeadAttention",
    "noise": "GaussianDropout GaussianNoise",
    "pooling": "AveragePooling1D AveragePooling2D MaxPooling1D MaxPooling2D",
    "positional_embedding": "PositionalEmbedding",
    "prelu": "PReLU",
    "shaping": "Flatten Identity InputLayer Permute RepeatVector Rescaling Reshape",
    "simple_rnn": "SimpleRNN",
    "time_distributed": "TimeDistributed",
    "transposed_convolution": "Conv1DTranspose Conv2DTranspose",
    "upsampling": "UpSampling1D UpSampling2D",
}
# Of pictures, before a network or at its beginning; a file may name these, too.
PICTURES = {
    "random_pictures": "RandomBrightness RandomContrast RandomFlip RandomRotation RandomTranslation RandomZoom",
    "resizing": "CenterCrop Resizing",
}
# What arithmetic, functions, numbers and add_loss become in a network: in files, without a name for people.
MADE = {"added_loss": "AddedLoss", "constant": "Constant", "operation": "Operation"}
# What no file may name.
OTHERS = {
    "base": "Layer",
    "cells": "GRUCell LSTMCell RNN SimpleRNNCell StackedRNNCells",
    "derived": "Lambda",
    "input_spec": "InputSpec",
    "lookup": "CategoryEncoding Discretization IntegerLookup StringLookup",
    "merge_functions": "add average concatenate dot maximum minimum multiply subtract",
    "shaping": "Input",
    "text_vectorization": "TextVectorization",
}
# Keras's other names for the same classes; files name the class itself.
ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}


def homes(*tables: dict[str, str]) -> dict[str, str]:
    """Each name of some tables, and its module."""
    return {name: module for table in tables for module, names in table.items() for name in names.split()}


HOMES = homes(NETWORK, PICTURES, MADE, OTHERS)
NAMES = [*homes(NETWORK, PICTURES, OTHERS), *ALIASES, "deserialize", "serialize"]
__all__ = [  # noqa: PLE0604
    *sorted(NAMES, key=lambda name: (not name.isupper(), name))
]


def __getattr__(name: str) -> Any:
    """A name that is asked for the first time: from its module, or refused in a sentence."""
    if name not in HOMES and name not in ALIASES:
        raise absent.missing("layers", name, __all__, sys._getframe(1))  # noqa: SLF001
    known = ALIASES.get(name, name)
    found = getattr(importlib.import_module(f"chainrule.layers.{HOMES[known]}"), known)
    if name not in MADE.values():  # those stay without a name for people
        globals()[name] = found
    return found


CLASSES: Mapping[str, type[Layer]] = LazyMapping(homes(NETWORK), __getattr__)
STORED: Mapping[str, type[Layer]] = LazyMapping(homes(NETWORK, PICTURES, MADE), __getattr__)


def __dir__() -> list[str]:
    return sorted(__all__)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Layer:
    """A layer from its stored form {"class_name": ..., "config": {...}}; only classes of `STORED`, or registered ones.

    >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    with custom_object_scope(custom_objects or {}):
        return _from_entry(config)


def _from_entry(entry: Any) -> Layer:
    if not isinstance(entry, dict) or not isinstance(entry.get("config", {}), dict):
        raise SettingError("A stored layer must be {'class_name': ..., 'config': {...}}.")
    name = entry.get("class_name")
    kind = STORED.get(str(name)) or own_class(entry)
    if kind is None:
        raise unknown("layer", name, CLASSES)
    config = dict(entry.get("config") or {})
    for inside in ("layer", "backward_layer"):  # of Bidirectional and TimeDistributed
        if isinstance(config.get(inside), dict):
            config[inside] = _from_entry(config[inside])
    if isinstance(given := config.get("activation"), dict):
        config["activation"] = (
            given.get("config") if given.get("class_name") == "function" else _from_entry(given)
        )
    try:
        return kind.from_config(config)
    except TypeError:
        given = ", ".join(f"{key}={value!r}" for key, value in config.items() if value is not None)
        raise SettingError(f"The stored {name} cannot be built from its settings: {given[:200]}.") from None


def own_class(entry: dict[str, Any]) -> Any:
    """A layer class of the user's own that an entry names, where the running program has handed it over."""
    for name in (entry.get("registered_name"), entry.get("class_name")):
        found = custom_objects.find(str(name)) if name else None
        if isinstance(found, type) and issubclass(found, Layer):
            return found
    return None


def serialize(layer: Layer) -> dict[str, Any]:
    """How a layer is written to a file."""
    return {"class_name": getattr(layer, "kind_in_files", type(layer).__name__), "config": layer.get_config()}


def layer_of_operation(name: str, arguments: tuple[Any, ...], settings: dict[str, Any]) -> Any:
    """What a function of `ops` gives with symbolic tensors; the layers that it may become load now."""
    from chainrule.layers.arithmetic import layer_for

    return layer_for(name, arguments, settings)


def layer_of_function(function: Any, arguments: tuple[Any, ...]) -> Any:
    """What any function gives with symbolic tensors: the output of a Lambda."""
    from chainrule.layers.arithmetic import lambda_for

    return lambda_for(function, arguments)


def adopted(kind: Any) -> None:
    """Makes a layer of a class with only `call`, written as for Keras; what such layers share loads with the first one."""
    from chainrule.layers.derived import adopt

    adopt(kind)


ADOPTERS[:] = [adopted]


def layer_of_numbers(value: Any) -> Any:
    """The layer that gives the same numbers for every example."""
    from chainrule.layers.constant import Constant

    return Constant(value)


symbolic.Tensor.layer_of_operation = layer_of_operation
symbolic.Tensor.layer_of_function = layer_of_function
symbolic.Tensor.layer_of_numbers = layer_of_numbers
