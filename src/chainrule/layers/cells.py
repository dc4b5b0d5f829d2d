"""Keras's cells and `RNN`: LSTMCell, GRUCell and SimpleRNNCell say what one step does; RNN goes along a sequence with it.

RNN(LSTMCell(8)) is LSTM(8), and RNN([LSTMCell(8), LSTMCell(4)]) is one layer after the other, which computes the same.
"""

import importlib
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import SettingError
from chainrule.layers.composed import Drawing
from chainrule.layers.gru import GRU
from chainrule.layers.lstm import LSTM
from chainrule.layers.recurrent import Recurrent, states_of
from chainrule.layers.simple_rnn import SimpleRNN

WAYS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask")


class Cell:
    """One step of a recurrent layer: cell(x, states) -> (output, states after it). units and the other settings are the layer's."""

    kind: ClassVar[Any]  # the layer that goes along a sequence with it

    def __init__(self, units: int, *in_order: Any, **settings: Any) -> None:
        said = [way for way in WAYS if way in settings]
        if said:
            raise SettingError(
                f"{type(self).__name__} is one step: {said[0]} belongs to RNN(cell, {said[0]}=...)."
            )
        self.in_order, self.settings = (units, *in_order), settings
        self.alone = self.layer(return_state=True)
        self.units, self.output_size = self.alone.units, self.alone.units
        count = self.alone.state_count
        self.state_size: Any = self.units if count == 1 else [self.units] * count

    def layer(self, **ways: Any) -> Recurrent:
        """The layer that goes along a sequence with this cell."""
        made: Recurrent = self.kind(*self.in_order, **self.settings, **ways)
        return made

    def __call__(self, inputs: Any, states: Any, training: bool | None = None) -> tuple[Any, list[Any]]:
        """One step, with the weights of this cell. inputs: (batch, n).  states: one array (batch, units), or a list of them."""
        y, *after = self.alone(inputs[:, None, :], initial_state=states_of(states), training=training)
        return y, list(after)

    def get_initial_state(self, batch_size: int) -> list[np.ndarray]:
        """States of zeros."""
        return [np.zeros((batch_size, self.units), np.float32)] * self.alone.state_count

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {name: value for name, value in self.alone.get_config().items() if name not in WAYS}


class SimpleRNNCell(Cell):
    """One step of SimpleRNN: h' = tanh(x W + b + h U).

    >>> y, states = SimpleRNNCell(4)(np.ones((2, 3)), np.zeros((2, 4)))
    >>> y.shape, len(states)
    ((2, 4), 1)
    """

    kind = SimpleRNN


class GRUCell(Cell):
    """One step of GRU.

    >>> GRUCell(4).state_size
    4
    """

    kind = GRU


class LSTMCell(Cell):
    """One step of LSTM; its states are its output and its memory.

    >>> LSTMCell(4).state_size
    [4, 4]
    """

    kind = LSTM


class StackedRNNCells:
    """Cells one above the other: the output of each is the input of the next.

    >>> StackedRNNCells([LSTMCell(4), GRUCell(3)]).output_size
    3
    """

    def __init__(self, cells: Sequence[Cell], **settings: Any) -> None:
        if not cells or not all(isinstance(cell, Cell) for cell in cells):
            raise SettingError(
                f"StackedRNNCells takes a list of cells, such as [LSTMCell(8), LSTMCell(8)]; it got {cells!r}."
            )
        self.cells, self.name = list(cells), settings.get("name")
        self.output_size = self.cells[-1].output_size


def RNN(cell: Any, return_sequences: bool = False, return_state: bool = False, **settings: Any) -> Any:  # noqa: N802 (Keras's name)
    """The layer that goes along sequences with a cell; with several cells one such layer after the other, as a model.

    cell: LSTMCell, GRUCell or SimpleRNNCell, a list of them, or StackedRNNCells.  The other settings are those of `LSTM`.

    >>> from chainrule.layers import Input
    >>> RNN(LSTMCell(4), return_sequences=True)(Input((5, 3))).shape, RNN([GRUCell(4), GRUCell(2)])(Input((5, 3))).shape
    ((None, 5, 4), (None, 2))
    """
    cells = list(cell) if isinstance(cell, (list, tuple)) else getattr(cell, "cells", [cell])
    for one in cells:
        if not isinstance(one, Cell):
            raise SettingError(
                f"RNN takes LSTMCell, GRUCell or SimpleRNNCell, or several of them; {type(one).__name__} is a cell of your own: "
                "write a Layer that goes along the sequence, with forward and backward."
            )
    ways = {"return_sequences": return_sequences, "return_state": return_state}
    if len(cells) == 1:
        return cells[0].layer(**ways, **settings)
    refused = next(
        (way for way in ("return_state", "stateful", "go_backwards") if (ways | settings).get(way)), None
    )
    if refused:
        raise SettingError(
            f"RNN of several cells: {refused} is not supported; stack the layers themselves, such as LSTM."
        )
    name = settings.pop("name", None)
    first = {"input_shape": settings.pop("input_shape")} if "input_shape" in settings else {}
    through = [
        one.layer(return_sequences=True, **(first if one is cells[0] else {}), **settings)
        for one in cells[:-1]
    ]
    importlib.import_module("chainrule.models")  # which sets what makes a model
    return Drawing.sequence(
        [*through, cells[-1].layer(return_sequences=return_sequences, **settings)], name=name
    )
