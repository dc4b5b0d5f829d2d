"""The loss in a notebook while `fit` learns."""

import time
from typing import Any

import numpy as np

from chainrule.callbacks.checkpoint import Checkpointer
from chainrule.studio.frames import packed

SECONDS = 0.2  # between two looks of the notebook
MOST_POINTS = 4000


class LiveCurve(Checkpointer):
    """A callback that shows the loss of every step while `fit` learns. The weights learned are the same bits.

    >>> import numpy as np
    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Dense(1, input_shape=(2,))])
    >>> model.compile("sgd", "mse")
    >>> curve = LiveCurve()
    >>> _ = model.fit(np.ones((8, 2)), np.ones(8), batch_size=2, verbose=0, callbacks=[curve])
    >>> len(curve.losses)
    4
    """

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[Any] = []
        self.first, self.epoch, self.logs, self.said = 0, 0, dict[str, float](), 0.0
        self.widget: Any = None

    @property
    def losses(self) -> Any:
        """Of every step so far, float32."""
        return np.concatenate([np.zeros(0, np.float32), *self.pieces])

    def on_train_begin(self, logs: Any = None) -> None:
        """Shows the empty curve."""
        self.pieces, self.epoch, self.first = [], 0, int(self.model.optimizer.iterations)
        self.widget = shown_widget()

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        """Takes the losses of some steps; shows them, where it is time to."""
        rows = np.asarray(records["loss"][start:stop])
        self.pieces.append((rows[:, 0] / np.maximum(rows[:, 1], 1)).astype(np.float32))
        self.epoch = epoch
        if time.perf_counter() - self.said > SECONDS:
            self.show()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Takes the epoch's figures."""
        self.logs = {name: float(value) for name, value in (logs or {}).items() if np.ndim(value) == 0}

    def on_train_end(self, logs: Any = None) -> None:
        """Shows all of it."""
        self.show(
            "the numbers stopped being finite"
            if self.model.not_finite
            else "interrupted"
            if self.model.interrupted
            else "finished"
        )

    def show(self, ended: str | None = None) -> None:
        """Hands the curve to the notebook."""
        if self.widget is None:
            return
        losses = self.losses
        thin = max(1, -(-len(losses) // MOST_POINTS))
        header = {
            "first": self.first, "thin": thin, "step": self.first + len(losses), "epoch": self.epoch + 1, "epochs": self.params.get("epochs", 1),
            "logs": {name: value for name, value in self.logs.items() if np.isfinite(value)}, "ended": ended,
        }  # fmt: skip
        self.widget.curve = packed(header, {"loss": losses[::thin]})
        self.said = time.perf_counter()


def shown_widget() -> Any:
    """A curve that is displayed; None outside a notebook."""
    import sys

    shell = sys.modules.get("IPython")
    if shell is None or shell.get_ipython() is None:
        return None
    from chainrule.notebook.widgets import widget

    made = widget("curve")
    shell.display.display(made)
    return made
