"""A small model for every layer and each of its settings, built by either library."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Case(NamedTuple):
    """shape: of one input.  build: (layers of a library) -> layers under test.  trains: whether weights are compared.

    h5: whether Keras opens its own .h5 file of it.  graph: `build` gives a function from an input to an output.
    """

    shape: tuple[int, ...]
    build: Callable[[Any], Any]
    trains: bool = True
    h5: bool = True

    graph: bool = False

    def model(self, library: Any) -> Any:
        """The layers between an input and a Dense(2), so that something learns below and above them."""
        layers = library.layers
        if self.graph:
            x = library.Input(shape=self.shape)
            y = layers.Dense(2)(layers.Flatten()(self.build(layers)(x)))
            return library.Model(x, y)
        tail = [layers.Flatten(), layers.Dense(2)]
        return library.Sequential([library.Input(shape=self.shape), *self.build(layers), *tail])


PICTURE, SEQUENCE, ROW = (8, 7, 2), (9, 3), (6,)

CONVOLUTIONS = {
    "conv2d": Case(PICTURE, lambda k: [k.Conv2D(3, 3, activation="relu")]),
    "conv2d same": Case(PICTURE, lambda k: [k.Conv2D(3, (3, 2), padding="same", activation="tanh")]),
    "conv2d strides": Case(PICTURE, lambda k: [k.Conv2D(3, 2, strides=(2, 3)), k.Conv2D(2, 2)]),
    "conv2d strides same": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2, "same"), k.Conv2D(2, 3, 2, "same")]),
    "conv2d dilation": Case(PICTURE, lambda k: [k.Conv2D(3, 2, dilation_rate=2), k.Conv2D(2, 2, dilation_rate=2)]),
    "conv2d no bias": Case(PICTURE, lambda k: [k.Conv2D(3, 3, use_bias=False), k.Conv2D(2, 2)]),
    "conv2d regularized": Case(
        PICTURE,
        lambda k: [
            k.Conv2D(
                3, 3, kernel_regularizer="l2", bias_regularizer="l2", activity_regularizer="l2",
                kernel_constraint="max_norm", bias_constraint="non_neg", kernel_initializer="he_normal",
            )
        ],
    ),
    "conv1d": Case(SEQUENCE, lambda k: [k.Conv1D(4, 3, activation="relu"), k.Conv1D(2, 2)]),
    "conv1d causal": Case(SEQUENCE, lambda k: [k.Conv1D(4, 3, padding="causal", dilation_rate=2), k.Conv1D(3, 2, 2)]),
    "conv1d same": Case(SEQUENCE, lambda k: [k.Conv1D(4, 3, strides=2, padding="same"), k.Conv1D(3, 2)]),
}  # fmt: skip

OTHER_CONVOLUTIONS = {
    "depthwise": Case(PICTURE, lambda k: [k.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"), k.Conv2D(2, 2)]),
    "depthwise same": Case(PICTURE, lambda k: [k.DepthwiseConv2D(3, 2, "same", depthwise_regularizer="l2")]),
    "depthwise dilation": Case(PICTURE, lambda k: [k.DepthwiseConv2D(2, dilation_rate=2, use_bias=False)]),
    "depthwise 1d": Case(SEQUENCE, lambda k: [k.DepthwiseConv1D(3, 2, "same", depth_multiplier=2)]),
    "separable": Case(PICTURE, lambda k: [k.SeparableConv2D(4, 3, activation="relu"), k.SeparableConv2D(3, 2, 2, "same")]),
    "separable settings": Case(
        PICTURE, lambda k: [k.SeparableConv2D(4, 2, depth_multiplier=2, use_bias=False, depthwise_constraint="max_norm")]
    ),
    "separable 1d": Case(SEQUENCE, lambda k: [k.SeparableConv1D(4, 3, strides=2, padding="same")]),
    "transpose": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 3, activation="tanh")]),
    "transpose strides": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 2, 2)]),
    "transpose same": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 3, 2, "same", use_bias=False)]),
    "transpose same even": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, (4, 2), (2, 1), "same")]),
    "transpose output padding": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 4, 2, "same", output_padding=1)]),
    "transpose output padding valid": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 2, 3, output_padding=(2, 0))]),
    "transpose dilation": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, (3, 2), padding="same", dilation_rate=2)]),
    "transpose gaps": Case(PICTURE, lambda k: [k.Conv2D(3, 3, 2), k.Conv2DTranspose(2, 2, 3), k.Conv2DTranspose(1, 1, 2, "same")]),
    "transpose 1d": Case(SEQUENCE, lambda k: [k.Conv1D(3, 2), k.Conv1DTranspose(2, 3, 2, "same")]),
}  # fmt: skip

POOLING = {
    "max": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D()]),
    "max same": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D((2, 3), padding="same")]),
    "max overlapping": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D(3, strides=2)]),
    "average pooling": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.AveragePooling2D(2)]),
    "average pooling same": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.AveragePooling2D(3, 2, "same")]),
    "max 1d": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.MaxPooling1D(2)]),
    "average 1d": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.AveragePooling1D(3, 1, "same")]),
    "global average": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.GlobalAveragePooling2D()]),
    "global max": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.GlobalMaxPooling2D(keepdims=True)]),
    "global average 1d": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.GlobalAveragePooling1D(keepdims=True)]),
    "global max 1d": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.GlobalMaxPooling1D()]),
}

REGULARIZATION = {
    "activity": Case(ROW, lambda k: [k.Dense(4), k.ActivityRegularization(l1=0.01, l2=0.02)]),
    "dense constraints": Case(
        ROW,
        lambda k: [
            k.Dense(4, activation="relu", kernel_constraint="unit_norm", activity_regularizer="l1"),
            k.Dense(3, kernel_constraint="min_max_norm", bias_constraint="non_neg"),
        ],
    ),
}

# No bias below a batch normalization: its derivative is 0, and Adam would make steps of rounding errors.
NORMALIZATION = {
    "batch normalization": Case(PICTURE, lambda k: [k.Conv2D(3, 2, use_bias=False), k.BatchNormalization(momentum=0.9)]),
    "batch normalization of rows": Case(ROW, lambda k: [k.Dense(5), k.BatchNormalization(), k.ReLU()]),
    "batch normalization plain": Case(PICTURE, lambda k: [k.Conv2D(3, 2, use_bias=False), k.BatchNormalization(scale=False, center=False)]),
    "batch normalization axis": Case(
        PICTURE, lambda k: [k.Conv2D(3, 2), k.BatchNormalization(1, 0.8, 0.1, gamma_regularizer="l2", beta_constraint="non_neg")]
    ),
    "batch normalization frozen": Case(ROW, lambda k: [k.Dense(5), k.BatchNormalization(trainable=False), k.Dense(4)]),
    "layer normalization": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.LayerNormalization()]),
    "layer normalization axes": Case(SEQUENCE, lambda k: [k.Conv1D(4, 2), k.LayerNormalization([1, 2], 0.1)], h5=False),
    "group normalization": Case(PICTURE, lambda k: [k.Conv2D(4, 2), k.GroupNormalization(2)]),
    "group normalization each": Case(
        SEQUENCE, lambda k: [k.Conv1D(4, 2, use_bias=False), k.GroupNormalization(-1, epsilon=0.1, scale=False, beta_regularizer="l2")]
    ),
    "group normalization axis": Case(PICTURE, lambda k: [k.Conv2D(4, 2), k.GroupNormalization(1, axis=2, gamma_constraint="non_neg")]),
    "rms normalization": Case(ROW, lambda k: [k.Dense(5), k.RMSNormalization()]),
    "unit normalization": Case(ROW, lambda k: [k.Dense(5), k.UnitNormalization()]),
    "normalization": Case(ROW, lambda k: [k.Normalization(), k.Dense(3)]),
    "normalization said": Case(SEQUENCE, lambda k: [k.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0])]),
    "normalization inverted": Case(ROW, lambda k: [k.Normalization(None, mean=1.0, variance=4.0, invert=True)]),
}  # fmt: skip

SHAPES = {
    "permute": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.Permute((3, 1, 2))]),
    "repeat vector": Case(ROW, lambda k: [k.Dense(3), k.RepeatVector(4), k.Conv1D(2, 2)]),
    "upsampling": Case(
        PICTURE, lambda k: [k.Conv2D(3, 2), k.UpSampling2D((2, 3)), k.Conv2D(2, 3, strides=2)]
    ),
    "upsampling bilinear": Case(
        PICTURE, lambda k: [k.Conv2D(3, 2), k.UpSampling2D(2, interpolation="bilinear")]
    ),
    "upsampling 1d": Case(SEQUENCE, lambda k: [k.Conv1D(3, 2), k.UpSampling1D(3)]),
    "zero padding": Case(
        PICTURE, lambda k: [k.Conv2D(3, 2), k.ZeroPadding2D(((1, 0), (2, 3))), k.Conv2D(2, 3)]
    ),
    "zero padding 1d": Case(SEQUENCE, lambda k: [k.ZeroPadding1D((0, 2)), k.Conv1D(3, 2)]),
    "cropping": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.Cropping2D(((1, 0), (2, 1)))]),
    "cropping 1d": Case(SEQUENCE, lambda k: [k.Conv1D(3, 2), k.Cropping1D((0, 2))]),
    "reshape and its kin": Case(
        ROW,
        lambda k: [
            k.Rescaling(0.5, 0.1),
            k.Dense(6),
            k.Reshape((2, -1)),
            k.LeakyReLU(negative_slope=0.2),
            k.Softmax(),
            k.Activation("softsign"),
        ],
    ),
    "identity": Case(ROW, lambda k: [k.Dense(3), k.Identity()]),
}

SLOPES = {
    "elu": Case(ROW, lambda k: [k.Dense(5), k.ELU(0.7)]),
    "prelu": Case(ROW, lambda k: [k.Dense(5), k.PReLU(alpha_initializer="ones", alpha_regularizer="l2")]),
    "prelu shared": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.PReLU(shared_axes=[1, 2])]),
    "dropout": Case(ROW, lambda k: [k.Dense(5), k.Dropout(0.3, noise_shape=(None, 5), seed=1)], trains=False),
    "alpha dropout": Case(ROW, lambda k: [k.Dense(5), k.AlphaDropout(0.3)], trains=False),
    "noise": Case(ROW, lambda k: [k.GaussianNoise(0.1), k.Dense(5), k.GaussianDropout(0.1)], trains=False),
    "spatial dropout": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.SpatialDropout2D(0.3)], trains=False),
    "spatial dropout 1d": Case(SEQUENCE, lambda k: [k.Conv1D(3, 2), k.SpatialDropout1D(0.3)], trains=False),
}


def two(merge: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Two branches of one input, brought together by a layer of merge(layers)."""
    return lambda k: lambda x: merge(k)([k.Dense(4, activation="tanh")(x), k.Dense(4)(x)])


MERGES = {
    "add": Case(ROW, two(lambda k: k.Add()), graph=True),
    "subtract": Case(ROW, two(lambda k: k.Subtract()), graph=True),
    "multiply": Case(ROW, two(lambda k: k.Multiply()), graph=True),
    "average": Case(ROW, two(lambda k: k.Average()), graph=True),
    "maximum": Case(ROW, two(lambda k: k.Maximum()), graph=True),
    "minimum": Case(ROW, two(lambda k: k.Minimum()), graph=True),
    "concatenate": Case(ROW, two(lambda k: k.Concatenate()), graph=True),
    "dot": Case(ROW, two(lambda k: k.Dot(axes=1)), graph=True),
    "dot normalized": Case(SEQUENCE, two(lambda k: k.Dot(axes=(2, 2), normalize=True)), graph=True),
    "residual": Case(
        PICTURE,
        lambda k: (
            lambda x: k.Add()([x, k.BatchNormalization()(k.Conv2D(2, 3, padding="same", use_bias=False)(x))])
        ),
        graph=True,
    ),
}

CASES: dict[str, Case] = (
    CONVOLUTIONS | OTHER_CONVOLUTIONS | POOLING | REGULARIZATION | NORMALIZATION | SHAPES | SLOPES | MERGES
)
