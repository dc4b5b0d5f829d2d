"""One or more of every layer with settings of its own, for what must be true of all layers."""

from chainrule.layers import (
    ActivityRegularization,
    AveragePooling1D,
    AveragePooling2D,
    Conv1D,
    Conv2D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    MaxPooling1D,
    MaxPooling2D,
)

SET_UP = [
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
]  # fmt: skip
