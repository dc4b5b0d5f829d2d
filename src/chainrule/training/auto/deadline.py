"""The clock's last word: learning ends after the last epoch that is over in time, however slow the machine has become."""

import math
import time
from collections.abc import Callable
from typing import Any

from chainrule.callbacks import Callback


class Deadline(Callback):
    """Ends learning after an epoch, where the next one would not be over in time.

    end: the second, as `now` counts, at which learning is to be over.  least: epochs that are learned whatever the clock says, as
    fewer would be of no use.  now: the time, in seconds.
    `ended_after` is the number of epochs learned where it ended the learning, and 0 elsewhere: a plan of so many epochs gives the same bits.
    """

    def __init__(self, end: float = math.inf, now: Callable[[], float] = time.perf_counter) -> None:
        super().__init__()
        self.end, self.least, self.now, self.ended_after = end, 1, now, 0
        self.last = math.inf  # the end of the epoch before; of the first one nothing is expected, as a program may be compiled in it

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        now = self.now()
        following, self.last = max(0.0, now - self.last), now
        if now + following > self.end and self.least <= epoch + 1 < self.params["epochs"]:
            self.ended_after, self.model.stop_training = epoch + 1, True
