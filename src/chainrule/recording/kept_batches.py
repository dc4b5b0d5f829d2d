"""A fit that learned from batches as they came: which batch each step saw, kept so that its steps open again.

Batches of a generator, a PyDataset or a loader cannot be asked for by row. A run of them keeps each batch's digest, and,
while they take no more than MOST bytes together, the batches, those that came again once. Where they were too many, the
same iterable is gone through again, and each batch must be the one that was learned from.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.examples import Examples, each
from chainrule.graph import tuple_of
from chainrule.recording.kept_examples import as_arrays, write
from chainrule.runs.removal import EXAMPLES
from chainrule.training.fingerprint import digest_of

MOST = 200_000_000  # bytes of batches, which are held in memory while a run learns
DIGEST = 32  # bytes


class KeptBatches:
    """What came by: the digests of all batches, their contents while there is room, and which of them each step saw.

    most: bytes of contents.

    >>> kept = KeptBatches()
    >>> for value in (1, 2, 1):
    ...     digest = kept.saw(Examples(np.full((4, 2), value, np.float32), np.zeros(4)))
    >>> kept.numbers, len(kept.digests), kept.size
    ([0, 1, 0], 2, 128)
    """

    def __init__(self, most: int = MOST) -> None:
        self.most, self.size = most, 0
        self.digests: dict[bytes, int] = {}
        self.contents: list[Examples] | None = []
        self.numbers: list[int] = []  # of each step's batch
        self.epochs: list[int] = []  # steps of each epoch that has ended

    def saw(self, batch: Examples) -> bytes:
        """The batch of the next step; its digest."""
        digest = bytes.fromhex(digest_of(batch))
        if digest not in self.digests:
            self.digests[digest] = len(self.digests)
            self.take(batch)
        self.numbers.append(self.digests[digest])
        return digest

    def take(self, batch: Examples) -> None:
        """Holds a batch, or lets go of all where they become too many or do not fit together."""
        if self.contents is None:
            return
        first = self.contents[0] if self.contents else batch
        self.size += bytes_of(batch)
        if self.size > self.most or kind_of(batch) != kind_of(first):
            self.contents, self.size = None, 0
        else:  # a generator may fill the same arrays again
            x, y, weight = (each(np.array, part) for part in (batch.x, batch.y, batch.weight))
            self.contents.append(Examples(x, y, weight, batch.divisor))

    def epoch_ended(self) -> None:
        """The next step belongs to another epoch."""
        self.epochs.append(len(self.numbers) - sum(self.epochs))

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as arrays to write."""
        digests = np.frombuffer(b"".join(self.digests), np.uint8).reshape(-1, DIGEST)
        found: dict[str, np.ndarray] = {
            "batch_digests": digests,
            "batch_numbers": np.array(self.numbers, np.int64),
            "batch_epochs": np.array(self.epochs, np.int64),
        }
        if not self.contents:
            return found
        rows = np.array([len(batch) for batch in self.contents], np.int64)
        return found | {"batch_rows": rows} | as_arrays(joined(self.contents))

    def write(self, runs_dir: Any, name: str) -> None:
        """Writes it beside the runs. What cannot be written is not there when a step is to be opened, which then says so."""
        with suppress(OSError):
            write(Path(runs_dir) / EXAMPLES / name, self.arrays())


def joined(batches: list[Examples]) -> Examples:
    """Batches of one kind as examples, one after the other."""

    def column(name: str) -> Any:
        parts = [tuple_of(getattr(batch, name), 1) for batch in batches]
        found = tuple(
            None if column[0] is None else np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return found if isinstance(getattr(batches[0], name), tuple) else found[0]

    return Examples(column("x"), column("y"), column("weight"), batches[0].divisor)


def arrays_of(batch: Examples) -> list[Any]:
    """All arrays of a batch, None where there is none."""
    return [array for part in (batch.x, batch.y, batch.weight) for array in tuple_of(part, 1)]


def bytes_of(batch: Examples) -> int:
    """How much memory a batch takes."""
    return sum(int(array.nbytes) for array in arrays_of(batch) if array is not None)


def kind_of(batch: Examples) -> Any:
    """What must be alike in batches that are to be one array: types, shapes but for the number of rows, the divisor."""
    return batch.divisor, [
        None if array is None else (array.dtype, array.shape[1:]) for array in arrays_of(batch)
    ]
