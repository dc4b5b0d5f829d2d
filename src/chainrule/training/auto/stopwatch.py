"""How fast a network learns, measured while it does, and whether it will end in time."""

import time
from collections.abc import Callable
from typing import Any

from chainrule.callbacks.checkpoint import Checkpointer, ResumePoint

FIRST = 5  # steps, before which a program may be compiled
SLICE = 0.3  # seconds between two looks at the clock
# Slices before anything is said of the time that is needed: another program may be compiled in one of them.
SLICES = 4


class Stopwatch(Checkpointer):
    """Looks at the clock between steps, and ends a training that would take too long; the bits of others stay as they are.

    fits: is given the seconds until the first steps were done, and those of a step; False ends the training.  now: the time, in seconds.
    `start` and `step` hold these two, `ended` whether it was ended.
    """

    def __init__(
        self, fits: Callable[[float, float], bool] = lambda *_: True, now: Callable[[], float] = time.perf_counter
    ) -> None:  # fmt: skip
        super().__init__()
        self.fits, self.now, self.start, self.step, self.ended = fits, now, 0.0, 0.0, False
        self.slices: list[tuple[float, int]] = []
        self.before_first = True
        self.last = self.now()

    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        self.before_first, self.last = True, self.now()
        return start

    def next_stop(self, step: int) -> int:
        return step + max(FIRST, int(SLICE / self.step) if self.step else FIRST)

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        now = self.now()
        spent, self.last = now - self.last, now
        if self.before_first:
            self.before_first, self.start = False, max(self.start, spent)
            return
        self.slices.append((spent, stop - start))
        usual = sorted(self.slices, key=lambda one: one[0] / one[1])[: max(1, len(self.slices) - 1)]
        self.step = sum(seconds for seconds, _ in usual) / sum(steps for _, steps in usual)
        if len(self.slices) >= SLICES and not self.fits(self.start, self.step):
            self.ended = self.model.stop_training = True
