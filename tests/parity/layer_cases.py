"""A small model for every layer and each of its settings, built by either library."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Case(NamedTuple):
    """shape: of one input.  build: (layers of a library) -> layers under test.  trains: whether weights are compared."""

    shape: tuple[int, ...]
    build: Callable[[Any], list[Any]]
    trains: bool = True

    def model(self, library: Any) -> Any:
        """The layers between an input and a Dense(2), so that something learns below and above them."""
        layers = library.layers
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

POOLING = {
    "max": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D()]),
    "max same": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D((2, 3), padding="same")]),
    "max overlapping": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.MaxPooling2D(3, strides=2)]),
    "average": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.AveragePooling2D(2)]),
    "average same": Case(PICTURE, lambda k: [k.Conv2D(3, 2), k.AveragePooling2D(3, 2, "same")]),
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

CASES: dict[str, Case] = CONVOLUTIONS | POOLING | REGULARIZATION
