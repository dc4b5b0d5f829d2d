"""Any step of a run that learned from batches as they came: from what was kept of them, or from the same iterable once more."""

import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.callbacks.checkpoint import ResumePoint
from chainrule.engine.epoch import empty_records
from chainrule.engine.examples import Examples, each
from chainrule.errors import FileError, SettingError
from chainrule.recording.kept_batches import DIGEST, KeptBatches, joined
from chainrule.recording.kept_examples import from_arrays, has_digest
from chainrule.recording.replay import TOLERANCE, Replay
from chainrule.runs import Run
from chainrule.training.stream_fit import order_in
from chainrule.training.streams import Batches


class BatchReplay(Replay):
    """Any step of such a run: each step learns from its own batch, as in training.

    examples: all batches, those that came again once, row by row.  rows: of each of these batches.  numbers: which of
    them each step saw.  epochs: the steps of each epoch that ended.
    """

    def __init__(
        self, run: Run, model: Any, examples: Examples, rows: Any, numbers: Any, epochs: Any,
        cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE,
    ) -> None:  # fmt: skip
        super().__init__(run, model, examples, cache_bytes, tolerance)
        self.numbers, self.problem = np.asarray(numbers), model.problem(what="replay")
        self.begins = np.concatenate([[0], np.cumsum(rows)]).astype(int)
        self.epoch_begins = np.concatenate([[0], np.cumsum(epochs)]).astype(int)
        steps = np.diff([*self.epoch_begins, max(len(self.numbers), self.epoch_begins[-1])])
        self.per_epoch = max(1, int(steps.max(initial=1)))
        self.engines: dict[int, Any] = {}

    def place(self, step: int) -> tuple[int, int]:
        """A step's epoch and its place there, both counted from 0 where the run begins."""
        done = step - self.first
        epoch = int(np.searchsorted(self.epoch_begins, done, side="right")) - 1
        return epoch, done - int(self.epoch_begins[epoch])

    def steps_of(self, epoch: int) -> int:
        """How many steps an epoch has; of one that did not end, as many as are known."""
        if epoch + 1 < len(self.epoch_begins):
            return int(self.epoch_begins[epoch + 1] - self.epoch_begins[epoch])
        return max(1, len(self.numbers) - int(self.epoch_begins[epoch]))

    def slice(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> tuple[Any, Any]:
        """Some steps of one epoch, each with its own batch."""
        for k in range(start, stop):
            index, e = self.rows(int(self.epoch_begins[epoch]) + k), self.examples
            x, y, weight = (each(lambda v: v[index], part) for part in (e.x, e.y, e.weight))  # noqa: B023 (used at once)
            state, found = self.engine_for(len(index)).advance(
                state, empty_records(self.model.record_names, 1), Examples(x, y, weight, e.divisor),
                np.arange(len(index)), 0, 1,
            )  # fmt: skip
            for name, row in found.items():
                records[name][k] = row[0]
        return state, records

    def engine_for(self, size: int) -> Any:
        """The loop for batches of a size."""
        if size not in self.engines:
            self.engines[size] = self.problem.engine(self.run.info.settings.backend, size)
        return self.engines[size]

    def rows(self, done: int) -> np.ndarray:
        """The rows of the batch that a step saw, counted from 0 where the run begins."""
        if not done < len(self.numbers):
            raise SettingError(
                f"{self.run.name} has no batch for step {self.first + done}: it is its last state."
            )
        number = self.numbers[done]
        return np.arange(self.begins[number], self.begins[number + 1])

    def order(self, epoch: int) -> np.ndarray:
        """The rows that an epoch learned from, in turn."""
        begin = int(self.epoch_begins[epoch])
        return np.concatenate([self.rows(begin + k) for k in range(self.steps_of(epoch))])

    def chosen(self, step: int) -> np.ndarray:
        """Which rows a step learned from."""
        return self.rows(step - self.first)

    def start(self, step: int) -> ResumePoint:
        """SettingError: what would come next is not known."""
        raise SettingError(
            f"{self.run.name} learned from batches as they came, so it cannot be resumed or forked: give fit a model with its weights and new batches."
        )


def opened(
    run: Run, model: Any, arrays: dict[str, np.ndarray], cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE,
) -> Replay:  # fmt: skip
    """Such a run, from what was kept of it. model: makes the network, compiled, for examples."""
    numbers, epochs, digests = checked(run, arrays)
    try:
        examples, rows = from_arrays(arrays), arrays.get("batch_rows")
    except (TypeError, ValueError, OverflowError):
        raise unfit(run) from None
    if examples is None or rows is None:
        raise SettingError(
            f"{run.name} learned from batches that were not kept, as they are many or of several kinds: in Python, "
            "open_run(name, model=model, x=batches) goes through the same ones again."
        )
    whole = rows.dtype.kind in "iu" and rows.shape == (len(digests),) and rows.min(initial=1) >= 1
    if not whole or float(rows.sum(dtype=float)) != len(examples) or not are_those(examples, rows, digests):
        raise unfit(run)
    return BatchReplay(run, model(examples), examples, rows, numbers, epochs, cache_bytes, tolerance)


def are_those(examples: Examples, rows: np.ndarray, digests: np.ndarray) -> bool:
    """Whether batches of so many rows have these digests."""
    parts = (examples.x, examples.y, examples.weight)
    for end, n, digest in zip(np.cumsum(rows), rows, digests, strict=True):
        some = slice(int(end - n), int(end))
        x, y, weight = (each(lambda v: v[some], part) for part in parts)  # noqa: B023 (used at once)
        if not has_digest(Examples(x, y, weight, examples.divisor), digest.tobytes().hex()):
            return False
    return True


def opened_again(
    run: Run, model: Any, source: Any, arrays: dict[str, np.ndarray], check: Callable[[], None],
    cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE,
) -> Replay:  # fmt: skip
    """Such a run with the iterable that it learned from, gone through once more. SettingError where a batch is another.

    check: refuses a model that is not the run's, once it is built.
    """
    numbers, epochs, digests = checked(run, arrays)
    settings, kept = run.info.settings, KeptBatches(most=sys.maxsize)
    batches = Batches(source, settings.data.get("steps_per_epoch"))
    seen = int(run.load_snapshot(run.info.step).extra["epochs_seen"])
    problem, done = None, 0
    for epoch in range(len(epochs) + 1):
        order = order_in(batches, model.seed, seen + epoch, settings.training.get("shuffle", True))
        stop = int(epochs[: epoch + 1].sum()) if epoch < len(epochs) else len(numbers)
        for x, y, weight in itertools.islice(batches.epoch(order), stop - done):
            if problem is None:
                problem = model.problem(x, y)
                check()
            if kept.saw(problem.examples(x, y, weight)) != digests[numbers[done]].tobytes():
                break
            done += 1
        if done < stop:
            raise SettingError(
                f"Batch {done - int(epochs[:epoch].sum())} of epoch {epoch} is not the one that {run.name} learned from: only an "
                "iterable that gives the same batches again opens its steps."
            )
    if not kept.contents:
        raise SettingError(
            f"{run.name} has no step, or its batches are of several kinds, so that none can be opened."
        )
    rows = [len(batch) for batch in kept.contents]
    return BatchReplay(run, model, joined(kept.contents), rows, kept.numbers, epochs, cache_bytes, tolerance)


def checked(run: Run, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which batch each step saw, the steps of the epochs, and the batches' digests; FileError where they cannot be those of a run."""
    numbers, epochs, digests = (arrays.get(f"batch_{name}") for name in ("numbers", "epochs", "digests"))
    if numbers is None or epochs is None or digests is None:
        raise unfit(run)
    whole = all(part.dtype.kind in "iu" and part.ndim == 1 for part in (numbers, epochs))
    if (
        not whole or digests.dtype != np.uint8 or digests.shape[1:] != (DIGEST,)
        or numbers.min(initial=0) < 0 or (len(numbers) and numbers.max() >= len(digests))
        or epochs.min(initial=1) < 1 or epochs.sum(dtype=float) > len(numbers)
    ):  # fmt: skip
        raise unfit(run)
    return numbers, epochs, digests


def unfit(run: Run) -> FileError:
    """What is said of a file that does not hold what was kept of a run."""
    return FileError(
        f"The batches that were kept of {run.name} are damaged: {run.info.settings.data.get('kept')} does not hold them."
    )
