"""A small network for each kind of layer, by name: what tests of explanations go through.

NETWORKS: name -> (shape of an example, the layers in the middle).  GRAPHS: name -> input and output of what is no chain.
"""

from chainrule import layers, regularizers
from chainrule.activations import RULES
from chainrule.layers import Activation, Dense, Flatten, Input

PICTURE, SERIES = (9, 8, 2), (10, 3)
NETWORKS = {
    "Conv2D": (PICTURE, lambda: [layers.Conv2D(3, 3, activation="relu")]),
    "Conv2D, same, strides": (
        PICTURE,
        lambda: [layers.Conv2D(3, (3, 2), strides=2, padding="same", use_bias=False)],
    ),
    "Conv2D, dilation": (PICTURE, lambda: [layers.Conv2D(2, 2, dilation_rate=3, activation="tanh")]),
    "Conv2D, penalties": (
        PICTURE,
        lambda: [
            layers.Conv2D(2, 3, kernel_regularizer="l2", activity_regularizer=regularizers.L1L2(0.01, 0.01))
        ],
    ),
    "two Conv2D": (
        PICTURE,
        lambda: [layers.Conv2D(3, 3, activation="relu"), layers.Conv2D(2, 3, padding="same")],
    ),
    "Conv1D": (SERIES, lambda: [layers.Conv1D(4, 3, activation="relu")]),
    "Conv1D, causal": (SERIES, lambda: [layers.Conv1D(4, 3, padding="causal", dilation_rate=2)]),
    "DepthwiseConv2D": (
        PICTURE,
        lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), layers.Conv2D(2, 1)],
    ),
    "DepthwiseConv1D": (SERIES, lambda: [layers.DepthwiseConv1D(3, padding="same"), Dense(4)]),
    "SeparableConv1D, below another": (
        SERIES,
        lambda: [
            layers.SeparableConv1D(4, 3, depth_multiplier=2, activation="tanh", use_bias=False),
            layers.SeparableConv1D(3, 2, padding="same"),
        ],
    ),
    "SeparableConv2D": (PICTURE, lambda: [layers.SeparableConv2D(4, 3)]),
    "Conv2DTranspose": (PICTURE, lambda: [layers.Conv2DTranspose(2, 3, strides=2)]),
    "Conv2DTranspose, output_padding": (
        (4, 3, 2),
        lambda: [layers.Conv2DTranspose(3, 3, 2, "same", output_padding=1), layers.Conv2DTranspose(2, 2)],
    ),
    "Conv1DTranspose, dilation": (SERIES, lambda: [layers.Conv1DTranspose(2, 3, dilation_rate=2)]),
    "MaxPooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.MaxPooling2D()]),
    "MaxPooling2D, overlapping": (
        PICTURE,
        lambda: [layers.Conv2D(3, 2), layers.MaxPooling2D(3, strides=2, padding="same")],
    ),
    "AveragePooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.AveragePooling2D(2, padding="same")]),
    "MaxPooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.MaxPooling1D(3, strides=2)]),
    "AveragePooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.AveragePooling1D(3)]),
    "GlobalAveragePooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.GlobalAveragePooling2D()]),
    "GlobalMaxPooling2D": (PICTURE, lambda: [layers.Conv2D(3, 2), layers.GlobalMaxPooling2D()]),
    "GlobalAveragePooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.GlobalAveragePooling1D()]),
    "GlobalMaxPooling1D": (SERIES, lambda: [layers.Conv1D(3, 2), layers.GlobalMaxPooling1D()]),
    "Dense on rows": (SERIES, lambda: [Dense(4, "tanh")]),
}
NETWORKS |= {
    "BatchNormalization": (
        (6,),
        lambda: [Dense(5, use_bias=False), layers.BatchNormalization(), Activation("relu"), Dense(4)],
    ),
    "BatchNormalization of channels": (
        PICTURE,
        lambda: [layers.Conv2D(3, 3), layers.BatchNormalization(), Activation("relu")],
    ),
    "BatchNormalization, no scale": ((6,), lambda: [Dense(5), layers.BatchNormalization(scale=False)]),
    "LayerNormalization": (SERIES, lambda: [Dense(5), layers.LayerNormalization(), Dense(4, "tanh")]),
    "LayerNormalization, two axes": (SERIES, lambda: [layers.LayerNormalization(axis=[1, 2])]),
    "RMSNormalization": ((6,), lambda: [Dense(5), layers.RMSNormalization()]),
    "UnitNormalization": ((6,), lambda: [Dense(5), layers.UnitNormalization()]),
    "PReLU": ((6,), lambda: [Dense(5), layers.PReLU(alpha_initializer="ones"), Dense(4)]),
    "PReLU, shared": (PICTURE, lambda: [layers.Conv2D(3, 3), layers.PReLU(shared_axes=[1, 2])]),
    "UpSampling2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.UpSampling2D(2)]),
    "UpSampling2D, bilinear": (
        PICTURE,
        lambda: [layers.Conv2D(2, 3), layers.UpSampling2D(2, interpolation="bilinear")],
    ),
    "ZeroPadding2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.ZeroPadding2D(2), layers.Conv2D(2, 3)]),
    "Cropping2D": (PICTURE, lambda: [layers.Conv2D(2, 3), layers.Cropping2D(1)]),
    "GroupNormalization": (
        PICTURE,
        lambda: [layers.Conv2D(4, 3), layers.GroupNormalization(2), layers.Conv2D(2, 3)],
    ),
    "GroupNormalization, one each": (
        SERIES,
        lambda: [Dense(4, use_bias=False), layers.GroupNormalization(-1, scale=False)],
    ),
    "Permute": (SERIES, lambda: [Dense(4), layers.Permute((2, 1)), Dense(3)]),
    "RepeatVector": ((6,), lambda: [Dense(4), layers.RepeatVector(3), Dense(2)]),
    "ELU": ((6,), lambda: [Dense(4), layers.ELU(0.5)]),
    "noise": (
        (6,),
        lambda: [Dense(4), layers.GaussianNoise(0.1), layers.GaussianDropout(0.2), layers.AlphaDropout(0.2)],
    ),
    "SpatialDropout2D": (PICTURE, lambda: [layers.Conv2D(4, 3), layers.SpatialDropout2D(0.3)]),
    "SpatialDropout1D": (SERIES, lambda: [layers.Conv1D(4, 3), layers.SpatialDropout1D(0.3)]),
    "Dropout, noise_shape": (SERIES, lambda: [Dense(4), layers.Dropout(0.4, noise_shape=(1, None, 1))]),
    "Dropout, rate 0": (
        (6,),
        lambda: [Dense(4), layers.Dropout(0.0), layers.AlphaDropout(0.0), layers.GaussianDropout(0.0)],
    ),
    "UpSampling1D": (SERIES, lambda: [layers.Conv1D(4, 3), layers.UpSampling1D(2)]),
    "Identity": ((6,), lambda: [Dense(4), layers.Identity(), Dense(3)]),
    "Normalization": (
        (6,),
        lambda: [Dense(4), layers.Normalization(mean=[1.0, 2.0, 0.5, 0.0], variance=[1.0, 4.0, 2.0, 0.5])],
    ),
    "Normalization, invert": (
        (6,),
        lambda: [Dense(4), layers.Normalization(mean=2.0, variance=9.0, axis=None, invert=True)],
    ),
    "RMSNormalization, two axes": (
        SERIES,
        lambda: [Dense(5), layers.RMSNormalization(axis=[1, 2]), Dense(3)],
    ),
    "UnitNormalization, time": (SERIES, lambda: [Dense(5), layers.UnitNormalization(axis=1)]),
    "ReLU, all settings": (
        (6,),
        lambda: [Dense(8), layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.1)],
    ),
    "own activation": ((6,), lambda: [Dense(4), Activation(lambda z: z * z)]),
}
WORDS = (7,)  # of a language of 12
for cell in (layers.SimpleRNN, layers.LSTM, layers.GRU):
    NETWORKS |= {
        f"{cell.__name__}": (SERIES, lambda cell=cell: [cell(3)]),
        f"{cell.__name__}, sequences": (SERIES, lambda cell=cell: [cell(3, return_sequences=True), cell(2)]),
        f"{cell.__name__}, dropout": (
            SERIES,
            lambda cell=cell: [cell(3, dropout=0.3, recurrent_dropout=0.2, return_sequences=True)],
        ),
        f"{cell.__name__}, backwards": (
            SERIES,
            lambda cell=cell: [cell(3, go_backwards=True, use_bias=False)],
        ),
        f"{cell.__name__}, relu": (SERIES, lambda cell=cell: [cell(3, activation="relu")]),
        f"{cell.__name__}, masked": (
            WORDS,
            lambda cell=cell: [layers.Embedding(12, 4, mask_zero=True), cell(3)],
        ),
        f"{cell.__name__}, masked sequences": (
            WORDS,
            lambda cell=cell: [
                layers.Embedding(12, 4, mask_zero=True),
                cell(3, return_sequences=True),
                cell(2),
            ],
        ),
        f"{cell.__name__} of words": (WORDS, lambda cell=cell: [layers.Embedding(12, 4), cell(3)]),
    }
NETWORKS |= {
    "GRU, reset before": (SERIES, lambda: [layers.GRU(3, reset_after=False)]),
    "Bidirectional": (SERIES, lambda: [layers.Bidirectional(layers.LSTM(3))]),
    "TimeDistributed": (SERIES, lambda: [layers.TimeDistributed(Dense(4)), layers.LSTM(2)]),
    **{
        f"Bidirectional, {kind.__name__}, {mode}, {'sequences' if sequences else 'last'}": (
            SERIES,
            lambda kind=kind, mode=mode, sequences=sequences: [
                layers.Bidirectional(kind(3, return_sequences=sequences), merge_mode=mode)
            ],
        )
        for kind in (layers.SimpleRNN, layers.LSTM, layers.GRU)
        for mode in ("concat", "sum", "ave", "mul")
        for sequences in (False, True)
    },
    "Bidirectional, two": (
        SERIES,
        lambda: [
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.Bidirectional(layers.GRU(2)),
        ],
    ),
    "Bidirectional of words": (
        WORDS,
        lambda: [layers.Embedding(12, 4, mask_zero=True), layers.Bidirectional(layers.LSTM(3))],
    ),
    "Bidirectional, two kinds": (
        SERIES,
        lambda: [layers.Bidirectional(layers.LSTM(3), backward_layer=layers.GRU(2, go_backwards=True))],
    ),
    "TimeDistributed with an activation": (
        SERIES,
        lambda: [
            Dense(3),
            layers.TimeDistributed(Dense(4, "tanh")),
            layers.TimeDistributed(Dense(2, "softmax")),
        ],
    ),
    "TimeDistributed of pictures": (
        (3, 6, 5, 2),
        lambda: [
            layers.TimeDistributed(layers.Conv2D(3, 2, activation="relu")),
            layers.TimeDistributed(layers.MaxPooling2D()),
            layers.TimeDistributed(Flatten()),
            layers.GRU(2),
        ],
    ),
    "TimeDistributed batch normalization": (
        SERIES,
        lambda: [layers.TimeDistributed(layers.BatchNormalization()), Dense(2)],
    ),
    "TimeDistributed layer normalization": (
        SERIES,
        lambda: [layers.TimeDistributed(layers.LayerNormalization()), Dense(2)],
    ),
    "TimeDistributed recurrent": (
        (3, 4, 2),
        lambda: [layers.TimeDistributed(layers.LSTM(2)), layers.SimpleRNN(2)],
    ),
    "Masking": (SERIES, lambda: [layers.Masking(), layers.SimpleRNN(3)]),
    "Embedding": (WORDS, lambda: [layers.Embedding(12, 4), layers.GlobalAveragePooling1D()]),
}
for kind in RULES:  # every activation
    NETWORKS[kind] = ((6,), lambda kind=kind: [Dense(6), Activation(kind)])


# ── networks that are no chains ──────────────────────────────────────────────────────────────────────────────────


def residual():
    x = Input((6,))
    h = Dense(6, "relu", name="inner")(x)
    return x, layers.Add()([x, Dense(6, name="second")(h)])


def two_ways(merge):
    def made():
        x = Input((6,))
        a, b = Dense(4, "tanh", name="left")(x), Dense(4, name="right")(x)
        return x, merge()([a, b])

    return made


def used_twice():
    x = Input((6,))
    shared = Dense(6, "tanh", name="shared")
    return x, shared(shared(x))


def attention():
    x = Input((6, 4))
    return x, Flatten()(layers.MultiHeadAttention(2, 3)(x, x))


def looking_elsewhere():
    x = Input((6, 4))
    other = Dense(5, "tanh", name="memory")(x)
    return x, Flatten()(
        layers.MultiHeadAttention(2, 3, value_dim=2, use_bias=False)(Dense(4, name="asking")(x), other)
    )


def looking(kind="Attention", **settings):
    def made():
        x = Input((6, 4))
        query, value = Dense(4, name="asking")(x), Dense(5, "tanh", name="memory")(x)
        key = Dense(4, name="keys")(value)
        return x, Flatten()(getattr(layers, kind)(**settings)([query, value, key]))

    return made


def looking_at_itself(**settings):
    def made():
        x = Input((6, 4))
        h = Dense(4, name="inner")(x)
        return x, Flatten()(layers.Attention(**settings)([h, h]))

    return made


def looking_back():
    x = Input((6, 4))
    h = Dense(4, name="inner")(x)
    y, shares = layers.Attention(use_scale=True)([h, h], use_causal_mask=True, return_attention_scores=True)
    return x, layers.Concatenate()([Flatten()(y), Flatten()(shares)])


def products(axes, **settings):
    def made():
        x = Input((6, 4))
        a, b = Dense(4, name="left")(x), Dense(4, "tanh", name="right")(x)
        return x, Flatten()(layers.Dot(axes, **settings)([a, b]))

    return made


def many_heads_looking_back():
    x = Input((6, 4))
    h = Dense(4, name="inner")(layers.Masking()(x))
    y, shares = layers.MultiHeadAttention(2, 3, dropout=0.3)(
        h, Dense(4, name="other")(x), h, use_causal_mask=True, return_attention_scores=True
    )
    return x, layers.Concatenate()([Flatten()(y), Flatten()(shares)])


GRAPHS = {
    "many heads, dropout, masked, causal, with scores": many_heads_looking_back,
    "Attention": looking(),
    "Attention, scaled": looking(use_scale=True),
    "Attention, concat": looking(score_mode="concat"),
    "Attention, concat, scaled": looking(score_mode="concat", use_scale=True),
    "AdditiveAttention": looking(kind="AdditiveAttention"),
    "AdditiveAttention, no scale": looking(kind="AdditiveAttention", use_scale=False),
    "Attention, dropout": looking(dropout=0.4),
    "Attention to itself": looking_at_itself(use_scale=True),
    "Attention to itself, concat": looking_at_itself(score_mode="concat", use_scale=True),
    "Attention, causal, with scores": looking_back,
    "Dot": products(2),
    "Dot, along time": products(1),
    "Dot, normalized": products(2, normalize=True),
    "attention": attention,
    "attention to another input": looking_elsewhere,
    "residual": residual,
    "used twice": used_twice,
    **{kind: two_ways(getattr(layers, kind)) for kind in
       ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")},
    "Concatenate, batch-normalized": two_ways(lambda: lambda both: layers.BatchNormalization()(layers.Concatenate()(both))),
}  # fmt: skip
