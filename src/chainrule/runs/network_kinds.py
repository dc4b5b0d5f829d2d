"""What kind of network a run's settings describe, where the sizes of its layers do not tell."""

from collections.abc import Sequence
from typing import Any

MEMORIES = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional")


def kind_of(layers: Sequence[dict[str, Any]]) -> str:
    """convolutional, recurrent, or "" for a network of dense layers and the like. layers: as `get_config` gives them.

    >>> kind_of([{"class_name": "Conv2D"}, {"class_name": "Dense"}]), kind_of([{"class_name": "Dense"}])
    ('convolutional', '')
    """
    classes = [str(layer.get("class_name", "")) for layer in layers]
    if any("Conv" in name for name in classes):
        return "convolutional"
    return "recurrent" if any(name in MEMORIES for name in classes) else ""
