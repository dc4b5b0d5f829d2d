"""When a recorded run keeps a snapshot: by steps as the byte budget allows, closer where steps are slow.

Replay repeats the steps since the last snapshot, so what a reader waits for is their number times their pace.
"""

import time
from math import inf

from chainrule.runs import spacing

LEAST_SPACING = 256  # steps between two: a small network takes them faster than a disk takes snapshots
LEAST_SECONDS = 60.0  # after so long there is one, which goes when two newer ones are there: for a crash
SECONDS_APART = 0.9  # of steps between two, as long as there is room
SECONDS_FOR_ONE = 20.0  # learning for each second that a snapshot takes
EPOCH_BYTES = 6_500_000  # of an epoch's snapshots, as planned
LEAST_ROOM, ROOM_FOR_DATA = 100_000_000, 20  # bytes between first and last: at least; times the data's own
LARGE = 200_000_000  # bytes of a run: a warning before they are written; snapshots by the pace stay below


class SnapshotTimes:
    """Says when a snapshot is due. It decides nothing but how far replay has to go: no bit of what is learned.

    spacing: steps between two planned ones.  run_bytes: about what the planned ones take.

    >>> times = SnapshotTimes(state_bytes=8_339_412, each_epoch=1875, steps=18_750, examples_bytes=47_000_000)
    >>> times.spacing, times.due(2406), times.due(2407)
    (2406, True, False)
    """

    def __init__(
        self, state_bytes: int, each_epoch: int, steps: int, examples_bytes: int, epoch_bytes: int = EPOCH_BYTES
    ) -> None:  # fmt: skip
        self.spacing, self.run_bytes = planned_size(
            state_bytes, each_epoch, steps, examples_bytes, epoch_bytes
        )
        most = min(LARGE, max(LEAST_ROOM, ROOM_FOR_DATA * examples_bytes))
        self.left = max(0, most - self.run_bytes) // max(1, state_bytes)  # how many more there is room for
        self.pace = 0.0  # seconds a step, the best so far; 0: not known yet
        self.looked_at: float | None = None
        self.cost, self.kept_step, self.kept_at = 0.0, 0, time.perf_counter()

    def learned(self, steps: int) -> None:
        """So many steps were taken since the last call; the first ones do not count, as they waited for the compiler."""
        now = time.perf_counter()
        if self.looked_at is not None:
            self.pace = min(self.pace or inf, (now - self.looked_at) / max(1, steps))
        self.looked_at = now

    def due(self, step: int) -> bool:
        """Whether it is time: by the step, by the seconds that replay would take, or for fear of a crash."""
        return self.lasts(step) or time.perf_counter() - self.kept_at > max(
            LEAST_SECONDS, self.cost * SECONDS_FOR_ONE
        )

    def lasts(self, step: int) -> bool:
        """Whether a snapshot before this step is one that stays."""
        replayed = (step - self.kept_step) * self.pace
        slow = self.left > 0 and replayed > max(SECONDS_APART, self.cost * SECONDS_FOR_ONE)
        return step % self.spacing == 0 or slow

    def kept(self, step: int, began: float) -> None:
        """A snapshot was written before this step; `began`: when that began (time.perf_counter)."""
        self.left -= step % self.spacing != 0 and self.lasts(step)
        self.kept_step, self.kept_at = step, time.perf_counter()
        self.cost, self.looked_at = self.kept_at - began, self.kept_at


def planned_size(
    state_bytes: int, each_epoch: int, steps: int, examples_bytes: int, epoch_bytes: int = EPOCH_BYTES
) -> tuple[int, int]:
    """The steps between two planned snapshots, and about how many bytes all of them take.

    The first and the last state are always kept; what lies between takes at most so much more as the data deserve.

    >>> planned_size(117_000_000, 10, 600, 2_000_000)         # 9.7 million weights for 160 pictures
    (702, 234000000)
    >>> planned_size(8_339_412, 1875, 18_750, 47_000_000)     # the classic network
    (2406, 75054708)
    """
    room = max(LEAST_ROOM, ROOM_FOR_DATA * examples_bytes)
    apart = max(LEAST_SPACING, spacing(state_bytes, each_epoch, epoch_bytes), -(-steps * state_bytes // room))
    return apart, state_bytes * (2 + max(0, steps - 1) // apart)
