"""CuDNNLSTM and CuDNNGRU of Keras 2: LSTM and GRU whose kernels lie as cuDNN wants them, and whose biases are two.

input kernel of each gate       the same numbers, column by column instead of row by row
recurrent kernel of each gate   transposed
biases                          of the input and of the state: their sum for an LSTM, both for a GRU
"""

from typing import Any

import numpy as np

KINDS = {"CuDNNLSTM": "LSTM", "CuDNNGRU": "GRU"}
GATES = {"LSTM": 4, "GRU": 3}
Config = dict[str, Any]


def modern(entry: Config) -> Config:
    """The stored layer as the one that computes the same today; others as they are."""
    kind = KINDS.get(str(entry.get("class_name")))
    if kind is None or not isinstance(entry.get("config"), dict):
        return entry
    settings = {"activation": "tanh", "recurrent_activation": "sigmoid"} | (
        {"reset_after": True} if kind == "GRU" else {}
    )
    return entry | {"class_name": kind, "config": entry["config"] | settings}


def as_today(layer: Config, stored: list[Any]) -> list[Any]:
    """A layer's arrays, read in today's order where their bias is cuDNN's; others as they are."""
    if layer["class_name"] == "Bidirectional" and len(stored) == 6:
        inner = layer["config"]["layer"]
        return [*as_today(inner, stored[:3]), *as_today(inner, stored[3:])]
    gates = GATES.get(layer["class_name"])
    if gates is None or len(stored) != 3 or len(stored[0].shape) != 2 or len(stored[2].shape) != 1:
        return stored
    columns = stored[0].shape[1]
    if columns % gates or stored[2].shape != (2 * columns,) or stored[1].shape != (columns // gates, columns):
        return stored
    return [
        Turned(
            stored[0], stored[0].shape, lambda w: by_gate(w, gates, lambda k: k.T.reshape(k.shape, order="F"))
        ),
        Turned(stored[1], stored[1].shape, lambda w: by_gate(w, gates, lambda k: k.T)),
        Turned(stored[2], (columns,), lambda b: b[:columns] + b[columns:])
        if layer["class_name"] == "LSTM"
        else Turned(stored[2], (2, columns), lambda b: b.reshape(2, columns)),
    ]


def by_gate(kernel: np.ndarray, gates: int, change: Any) -> np.ndarray:
    """A kernel whose gates stand side by side, each of them changed.

    >>> by_gate(np.array([[0, 1, 2, 3], [4, 5, 6, 7]]), 2, lambda k: k.T).tolist()
    [[0, 4, 2, 6], [1, 5, 3, 7]]
    """
    return np.concatenate([change(one) for one in np.split(kernel, gates, axis=1)], axis=1)


class Turned:
    """An array of a file that is changed when it is read; its shape is known before."""

    def __init__(self, stored: Any, shape: tuple[int, ...], change: Any) -> None:
        self.stored, self.path, self.shape, self.change = stored, stored.path, tuple(shape), change

    def read(self) -> np.ndarray:
        """The numbers."""
        found: np.ndarray = self.change(self.stored.read())
        return found
