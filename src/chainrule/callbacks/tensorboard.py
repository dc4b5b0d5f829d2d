"""TensorBoard's callback, with Keras's settings."""

import os
import sys
from typing import Any

from chainrule.callbacks.base import Callback, Logs


class TensorBoard(Callback):
    """Takes what Keras's takes. Event files are not written yet: it says so once, and what shows a run's curves instead.

    log_dir and all other settings are kept and change nothing.
    """

    said = False

    def __init__(
        self, log_dir: Any = "logs", histogram_freq: int = 0, write_graph: bool = True, write_images: bool = False,
        write_steps_per_second: bool = False, update_freq: Any = "epoch", profile_batch: Any = 0, embeddings_freq: int = 0,
        embeddings_metadata: Any = None, **old: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.settings = {"histogram_freq": histogram_freq, "write_graph": write_graph, "update_freq": update_freq, **old}

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if not TensorBoard.said:
            TensorBoard.said = True
            print(
                f"TensorBoard: nothing is written to {self.log_dir}; recorded runs have the curves: chainrule plot last --what curves.",
                file=sys.stderr,
            )
