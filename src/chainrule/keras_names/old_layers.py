"""Names of layers and helpers that Keras has no more; each is what it was, in today's words."""

import functools
from typing import Any

from chainrule import layers
from chainrule.errors import AbsentNameError
from chainrule.internal import absent

# The name in earlier years: today's.
SAME = {
    "AtrousConvolution1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "Conv2DTranspose": "Conv2DTranspose",
    "Convolution1D": "Conv1D", "Convolution2D": "Conv2D", "Convolution3D": "Conv3D",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense", "SyncBatchNormalization": "BatchNormalization",
}  # fmt: skip
SMOOTH: dict[str, tuple[str, dict[str, Any]]] = {  # these never had hard_sigmoid for their gates
    "CuDNNGRU": ("GRU", {"recurrent_activation": "sigmoid", "reset_after": True}),
    "CuDNNLSTM": ("LSTM", {"recurrent_activation": "sigmoid"}),
}
GONE = {
    "GravesLSTM": "LSTM", "Highway": "Dense", "MaxoutDense": "Dense",
    "Graph": "Model(inputs, outputs)", "LocallyConnected1D": "Conv1D, whose weights are shared by all places",
    "LocallyConnected2D": "Conv2D, whose weights are shared by all places", "Deconvolution2D": "Conv2DTranspose",
}  # fmt: skip

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    if name in SAME and hasattr(layers, SAME[name]):
        return getattr(layers, SAME[name])
    if name in SMOOTH:
        today, settings = SMOOTH[name]
        return functools.partial(getattr(layers, today), **settings)
    if name in GONE:
        raise AbsentNameError(
            f"Keras's layers.{name} is not part of Keras any more, nor of Chainrule; instead: {GONE[name]}."
        )
    raise absent.missing("layers", name, layers.__all__)
