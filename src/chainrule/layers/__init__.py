"""The layers, under Keras's names.

`STORED` is the list of what a model file may name: a class that is not in it cannot be loaded, whatever a file says, unless
the running program has registered one of that name.
"""

from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, unknown
from chainrule.internal import absent, custom_objects
from chainrule.layers import added_loss, arithmetic, operation, symbolic
from chainrule.layers.activation import (
    ELU,
    Activation,
    LeakyReLU,
    ReLU,
    Softmax,
)
from chainrule.layers.activity import ActivityRegularization
from chainrule.layers.attention import Attention
from chainrule.layers.base import Layer
from chainrule.layers.batch_normalization import BatchNormalization
from chainrule.layers.bidirectional import Bidirectional
from chainrule.layers.concatenation import Concatenate
from chainrule.layers.convolution import (
    Conv1D,
    Conv2D,
)
from chainrule.layers.data_normalization import Normalization
from chainrule.layers.dense import Dense
from chainrule.layers.depthwise import (
    DepthwiseConv1D,
    DepthwiseConv2D,
    SeparableConv1D,
    SeparableConv2D,
)
from chainrule.layers.derived import Lambda
from chainrule.layers.dot import Dot
from chainrule.layers.dropout import (
    AlphaDropout,
    Dropout,
    SpatialDropout1D,
    SpatialDropout2D,
)
from chainrule.layers.embedding import Embedding
from chainrule.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
)
from chainrule.layers.gru import GRU
from chainrule.layers.layer_normalization import (
    LayerNormalization,
    RMSNormalization,
    UnitNormalization,
)
from chainrule.layers.lookup import (
    CategoryEncoding,
    Discretization,
    IntegerLookup,
    StringLookup,
)
from chainrule.layers.lstm import LSTM
from chainrule.layers.margins import (
    Cropping1D,
    Cropping2D,
    ZeroPadding1D,
    ZeroPadding2D,
)
from chainrule.layers.masking import Masking
from chainrule.layers.merge_functions import (
    add,
    average,
    concatenate,
    dot,
    maximum,
    minimum,
    multiply,
    subtract,
)  # fmt: skip
from chainrule.layers.merging import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from chainrule.layers.multi_head_attention import MultiHeadAttention
from chainrule.layers.noise import (
    GaussianDropout,
    GaussianNoise,
)
from chainrule.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    MaxPooling1D,
    MaxPooling2D,
)
from chainrule.layers.positional_embedding import PositionalEmbedding
from chainrule.layers.prelu import PReLU
from chainrule.layers.random_pictures import (
    RandomBrightness,
    RandomContrast,
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from chainrule.layers.resizing import CenterCrop, Resizing
from chainrule.layers.shaping import (
    Flatten,
    Identity,
    Input,
    InputLayer,
    Permute,
    RepeatVector,
    Rescaling,
    Reshape,
)
from chainrule.layers.simple_rnn import SimpleRNN
from chainrule.layers.text_vectorization import TextVectorization
from chainrule.layers.time_distributed import TimeDistributed
from chainrule.layers.transposed_convolution import (
    Conv1DTranspose,
    Conv2DTranspose,
)
from chainrule.layers.upsampling import (
    UpSampling1D,
    UpSampling2D,
)

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AvgPool1D",
    "AvgPool2D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Discretization",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Identity",
    "Input",
    "InputLayer",
    "IntegerLookup",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPooling1D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "PositionalEmbedding",
    "RMSNormalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]  # fmt: skip

CLASSES: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Activation,
        ActivityRegularization,
        Add,
        AlphaDropout,
        Attention,
        Average,
        AveragePooling1D,
        AveragePooling2D,
        BatchNormalization,
        Bidirectional,
        Concatenate,
        Conv1D,
        Conv1DTranspose,
        Conv2D,
        Conv2DTranspose,
        Cropping1D,
        Cropping2D,
        Dense,
        DepthwiseConv1D,
        DepthwiseConv2D,
        Dot,
        Dropout,
        ELU,
        Embedding,
        Flatten,
        GRU,
        GaussianDropout,
        GaussianNoise,
        GlobalAveragePooling1D,
        GlobalAveragePooling2D,
        GlobalMaxPooling1D,
        GlobalMaxPooling2D,
        Identity,
        InputLayer,
        LSTM,
        LayerNormalization,
        LeakyReLU,
        Masking,
        MaxPooling1D,
        MaxPooling2D,
        Maximum,
        Minimum,
        MultiHeadAttention,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        PositionalEmbedding,
        RMSNormalization,
        ReLU,
        RepeatVector,
        Rescaling,
        Reshape,
        SeparableConv1D,
        SeparableConv2D,
        SimpleRNN,
        Softmax,
        SpatialDropout1D,
        SpatialDropout2D,
        Subtract,
        TimeDistributed,
        UnitNormalization,
        UpSampling1D,
        UpSampling2D,
        ZeroPadding1D,
        ZeroPadding2D,
    )
}

# Of pictures, before or at the beginning of a network; a file may name these, too
PICTURES: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        CenterCrop,
        RandomBrightness,
        RandomContrast,
        RandomFlip,
        RandomRotation,
        RandomTranslation,
        RandomZoom,
        Resizing,
    )
}

# What arithmetic, functions and add_loss make in a network
MADE: dict[str, type[Layer]] = {"AddedLoss": added_loss.AddedLoss, "Operation": operation.Operation}
STORED = CLASSES | PICTURES | MADE

# Keras's other names for the same classes; files name the class itself
Convolution1D, Convolution2D = Conv1D, Conv2D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
MaxPool1D, MaxPool2D, AvgPool1D, AvgPool2D = MaxPooling1D, MaxPooling2D, AveragePooling1D, AveragePooling2D
GlobalMaxPool1D, GlobalMaxPool2D = GlobalMaxPooling1D, GlobalMaxPooling2D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D


def deserialize(entry: Any) -> Layer:
    """A layer from its stored form {"class_name": ..., "config": {...}}; only classes of `STORED`, or registered ones.

    >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
    3
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("config", {}), dict):
        raise SettingError("A stored layer must be {'class_name': ..., 'config': {...}}.")
    name = entry.get("class_name")
    kind = STORED.get(str(name)) or own_class(entry)
    if kind is None:
        raise unknown("layer", name, CLASSES)
    config = dict(entry.get("config") or {})
    for inside in ("layer", "backward_layer"):  # of Bidirectional and TimeDistributed
        if isinstance(config.get(inside), dict):
            config[inside] = deserialize(config[inside])
    if isinstance(given := config.get("activation"), dict):
        config["activation"] = (
            given.get("config") if given.get("class_name") == "function" else deserialize(given)
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
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


symbolic.NOTING[:] = [arithmetic.note, arithmetic.computed]  # what arithmetic with places becomes

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("layers", __all__)
