"""One or more of every layer with settings of its own, for what must be true of all layers."""

from chainrule.layers import (
    CLASSES,
    ELU,
    GRU,
    LSTM,
    ActivityRegularization,
    Add,
    AdditiveAttention,
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
    Embedding,
    GaussianDropout,
    GaussianNoise,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GroupNormalization,
    Identity,
    LayerNormalization,
    Masking,
    Maximum,
    MaxPooling1D,
    MaxPooling2D,
    Minimum,
    MultiHeadAttention,
    Multiply,
    Normalization,
    Permute,
    PositionalEmbedding,
    PReLU,
    RepeatVector,
    RMSNormalization,
    SeparableConv1D,
    SeparableConv2D,
    SimpleRNN,
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

SET_UP = [
    DepthwiseConv1D(2, depth_multiplier=2, depthwise_regularizer="l2"),
    DepthwiseConv2D((2, 3), padding="same", activation="relu", depthwise_constraint="max_norm"),
    SeparableConv1D(4, 2, use_bias=False),
    SeparableConv2D(4, 3, strides=2, pointwise_initializer="he_normal", depthwise_regularizer="l1"),
    Conv1DTranspose(3, 2, strides=2),
    Conv2DTranspose(3, (2, 3), strides=(2, 1), padding="same", kernel_regularizer="l2"),
    Attention(use_scale=True, score_mode="concat", dropout=0.1, name="looks"),
    AdditiveAttention(dropout=0.1, name="adds"),
    MultiHeadAttention(2, 3, value_dim=4, output_shape=5, use_bias=False, kernel_regularizer="l2"),
    PositionalEmbedding(4, 7, 3, mask_zero=True),
    Bidirectional(GRU(3, return_sequences=True), merge_mode="sum", name="both"),
    Embedding(7, 3, embeddings_regularizer="l2", mask_zero=True),
    GRU(3, reset_after=False, dropout=0.1, recurrent_regularizer="l2"),
    LSTM(3, unit_forget_bias=False, return_state=True, go_backwards=True, recurrent_activation="hard_sigmoid"),
    Masking(2.0, name="absent"),
    SimpleRNN(3, activation="relu", use_bias=False, zero_output_for_mask=True),
    TimeDistributed(Dense(3, activation="tanh"), name="each"),
    ActivityRegularization(0.1, 0.2),
    Conv1D(3, 2, padding="causal", dilation_rate=2, activation="relu"),
    Conv2D(
        3, (2, 3), strides=(1, 2), padding="same", use_bias=False, kernel_initializer="he_normal",
        kernel_regularizer="l2", activity_regularizer="l1", kernel_constraint="max_norm", trainable=False,
    ),
    MaxPooling1D(3, strides=1),
    MaxPooling2D((2, 3), padding="same"),
    AveragePooling1D(2, name="mean"),
    AveragePooling2D(2, strides=(1, 2)),
    GlobalAveragePooling1D(keepdims=True),
    GlobalAveragePooling2D(),
    GlobalMaxPooling1D(),
    GlobalMaxPooling2D(keepdims=True),
    BatchNormalization(1, 0.9, 0.01, gamma_initializer="zeros", beta_regularizer="l2", gamma_constraint="non_neg"),
    BatchNormalization(center=False, scale=False),
    GroupNormalization(3, center=False, gamma_regularizer="l1"),
    LayerNormalization([1, 2], gamma_regularizer="l1"),
    RMSNormalization(epsilon=0.1),
    UnitNormalization([1]),
    Normalization(axis=None),
    Normalization(mean=[1.0, 2.0], variance=[3.0, 4.0], invert=True),
    Add(),
    Subtract(),
    Multiply(),
    Average(),
    Maximum(),
    Minimum(),
    Concatenate(1),
    Dot((1, 2), normalize=True),
    Permute((2, 1)),
    RepeatVector(3),
    Identity(name="same"),
    UpSampling1D(3),
    UpSampling2D((2, 3), interpolation="bilinear"),
    ZeroPadding1D((1, 2)),
    ZeroPadding2D(((1, 2), (3, 4))),
    Cropping1D(2),
    Cropping2D((1, 2)),
    GaussianNoise(0.1, seed=2),
    GaussianDropout(0.1),
    AlphaDropout(0.1, noise_shape=(None, 1, 1)),
    SpatialDropout1D(0.1),
    SpatialDropout2D(0.1, seed=3),
    ELU(0.5),
    PReLU("ones", shared_axes=[1, 2]),
]  # fmt: skip


# Every layer once more with nothing but what it cannot do without: all else is a default.
NEEDED = {
    "Activation": ("tanh",), "AlphaDropout": (0.1,), "Bidirectional": (LSTM(2),), "Conv1D": (2, 3), "Conv1DTranspose": (2, 3),
    "Conv2D": (2, 3), "Conv2DTranspose": (2, 3), "Dense": (2,), "DepthwiseConv1D": (3,), "DepthwiseConv2D": (3,),
    "Dot": (1,), "Dropout": (0.1,), "Embedding": (5, 2), "GRU": (2,), "GroupNormalization": (1,), "GaussianDropout": (0.1,), "GaussianNoise": (0.1,),
    "InputLayer": ((3,),), "LSTM": (2,), "MultiHeadAttention": (2, 3), "Permute": ((2, 1),), "PositionalEmbedding": (4, 5, 2),
    "RepeatVector": (2,), "Rescaling": (0.5,), "Reshape": ((3, 9),), "SeparableConv1D": (2, 3), "SeparableConv2D": (2, 3),
    "SimpleRNN": (2,), "SpatialDropout1D": (0.1,), "SpatialDropout2D": (0.1,), "TimeDistributed": (Dense(2),),
}  # fmt: skip


def plain(name):
    """A new layer of a kind with all its defaults."""
    return CLASSES[name](*NEEDED.get(name, ()))


PLAIN = [plain(name) for name in sorted(CLASSES)]


# What goes in: the shape of one example, a list where there are several inputs.
MERGES = {
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "Attention",
    "AdditiveAttention",
}
INPUTS = {
    "Embedding": (4,),
    "PositionalEmbedding": (4,),
    "RepeatVector": (5,),
    "Normalization": (3, 2),
    "InputLayer": (3,),
}


def input_of(layer):
    """The shape of an example that the layer takes."""
    kind = type(layer).__name__
    if kind in MERGES or kind == "MultiHeadAttention":
        return [(4, 4), (4, 4)]
    return INPUTS.get(kind, (8, 7, 2) if "2D" in kind or kind == "PReLU" else (9, 3))
