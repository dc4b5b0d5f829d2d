"""Names of layers and helpers that Keras has no more; each is what it was, in today's words."""

from typing import Any

from chainrule import layers
from chainrule.errors import AbsentNameError
from chainrule.internal import absent

# The name in earlier years: today's.
SAME = {
    "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "Conv2DTranspose": "Conv2DTranspose",
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "CuDNNGRU": "GRU", "CuDNNLSTM": "LSTM", "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense", "SyncBatchNormalization": "BatchNormalization",
}  # fmt: skip
GONE = {
    "GravesLSTM": "LSTM", "Highway": "Dense", "MaxoutDense": "Dense",
    "Graph": "Model(inputs, outputs)",
}  # fmt: skip

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if name in SAME and hasattr(layers, SAME[name]):
        return getattr(layers, SAME[name])
    if name in GONE:
        raise AbsentNameError(
            f"Keras's layers.{name} is not part of Keras any more, nor of Chainrule; instead: {GONE[name]}."
        )
    raise absent.missing("layers", name, layers.__all__)
