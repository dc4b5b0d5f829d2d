"""The one writer of a run folder: a new folder for every run, files that only grow, snapshots that appear as a whole.

The order of what reaches the disk is the promise: steps and epochs first, then the snapshot that comes after them, then
its name. So a snapshot that verifies has all its steps and epochs before it, and from the newest one a run can go on.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from chainrule.errors import ChainruleError, FileError, SettingError
from chainrule.runs import blocks, lines, snapshots
from chainrule.runs.difference import differences
from chainrule.runs.disk import DISK, Disk, Log, Piece
from chainrule.runs.format import (
    EPOCHS,
    INFO,
    SNAPSHOTS,
    STARTING,
    STEPS,
    UNUSED,
    Info,
    Parent,
    Settings,
    now,
    read_info,
    snapshot_path,
    snapshot_steps,
)  # fmt: skip
from chainrule.runs.lock import Lock
from chainrule.runs.machine import this_machine
from chainrule.runs.recovery import newest
from chainrule.runs.snapshots import Snapshot
from chainrule.runs.starting import Starting


def spacing(state_bytes: int, steps_per_epoch: int, epoch_bytes: int = 10_000_000) -> int:
    """How many steps to leave between snapshots, so that those of an epoch take about `epoch_bytes`.

    The classic network's state has 8.3 MB, its epoch 1,875 steps:

    >>> spacing(8_339_412, 1875)
    1564
    """
    return max(1, -(-steps_per_epoch * state_bytes // epoch_bytes))


class RunWriter:
    """Writes one run; only one at a time can. Made by `create` (a new run) or `reopen` (going on with one).

    step: the number of the next step to be recorded.  epoch: of the next epoch.  restored: where `reopen` goes on.
    spent: the seconds that recording took so far; who wants it to cost less leaves more room between snapshots.
    Every method raises FileError when the disk refuses, with what was recorded before intact; from then on `stopped`
    says why, the methods raise the same again, and whoever learns may go on without a recording.

    >>> import tempfile
    >>> settings = Settings(1, {}, {}, {"name": "two"}, batch=1, epochs=1, backend="numpy")
    >>> with tempfile.TemporaryDirectory() as runs:
    ...     with RunWriter.create(runs, "two", settings, {"w": np.zeros(2)}, columns=["loss"]) as writer:
    ...         writer.append_steps([[0.5], [0.25]])
    ...         writer.append_epoch({"loss": 0.375})
    ...         size = writer.snapshot({"w": np.ones(2)})
    ...         writer.finish(results={"loss": 0.375})
    ...     sorted(path.name for path in writer.folder.iterdir())
    ['epochs.jsonl', 'lock', 'run.json', 'snapshots', 'steps.bin']
    """

    def __init__(self, folder: Path, info: Info, columns: Sequence[str], lock: Lock, disk: Disk) -> None:
        """For `create` and `reopen` only."""
        self.folder, self.info, self.columns, self.disk = folder, info, tuple(columns), disk
        self.step, self.epoch = info.step, info.epoch
        self.restored: Snapshot | None = None
        self.stopped: str | None = None
        self.spent = 0.0
        self._lock, self._logs = lock, list[Log]()
        self._kept, self._passing = 0, list[tuple[int, Path]]()

    # ── beginning ────────────────────────────────────────────────────────────────────────────────────────────────
    @classmethod
    def create(
        cls, runs_dir: Any, label: str, settings: Settings, state: Any, *, columns: Sequence[str] = (),
        extra: dict[str, Any] | None = None, step: int = 0, epoch: int = 0, parent: Parent | None = None, disk: Disk = DISK,
        starting: Starting | None = None,
    ) -> Self:  # fmt: skip
        """Begins a new run in a new folder of `runs_dir`, named after the time and `label`, with a first snapshot.

        state: nested dicts and lists of arrays, all that learning changes before `step`.  extra: plain values that
        going on needs.  columns: the names of the numbers recorded for each step.  parent: where a fork came from.
        starting: the folder, where it was begun before all of this was known.
        """
        if len(set(columns)) != len(columns):
            raise SettingError(
                f"The recorded numbers need names of their own; they are {', '.join(columns)}."
            )
        snapshots.flatten(state)  # refused before anything is written
        try:
            if starting is None:
                starting = Starting.begin(runs_dir, label, settings, disk=disk)
            try:
                info = replace(
                    starting.info, settings=settings, step=step, epoch=epoch, parent=parent, status="running"
                )
                first = snapshots.encode(Snapshot(step, 0, state, extra or {}, info.id))
                writer = cls(starting.folder, info, columns, starting.lock, disk)
                writer._begin(first)
            except BaseException:
                starting.give_up()
                raise
        except OSError as problem:
            raise FileError(
                f"No run can be recorded in {runs_dir}: {problem.strerror or problem}."
            ) from problem
        return writer

    @classmethod
    def reopen(cls, folder: Any, settings: Settings, *, disk: Disk = DISK) -> Self:
        """Continues a run from its newest whole snapshot, which is then in `restored`.

        Steps and epochs after it are cut off: they will come again, the same. Refused: a run that another process
        writes, one that is finished (unless its end was lost), and settings other than those it began with (SettingError shows what differs).
        """
        folder = Path(folder)
        info = read_info(folder)
        must_have_begun(folder, info)
        compare_settings(folder, info.settings, settings)
        try:
            lock = Lock(folder)
        except OSError as problem:
            raise FileError(f"{folder} cannot be written: {problem.strerror or problem}.") from problem
        try:
            info = read_info(folder)  # what it says now that nobody else writes
            whole = newest(folder, info)
            if info.status == "finished" and whole.is_end:
                raise SettingError(
                    f"{folder} is finished; there is nothing left to resume. Fork it to go on from one of its steps."
                )
            found = whole.snapshot
            writer = cls(folder, info.went_on(found.step, this_machine()), whole.columns, lock, disk)
            try:
                with writer._guarded("resumed"):
                    writer._clean(found.step)
                    writer._open(whole.steps_size, whole.epochs_size)
                    disk.save(folder / INFO, [writer.info.encode()])
            except BaseException:
                writer.close()
                raise
        except BaseException:
            lock.release()
            raise
        writer.step, writer.epoch, writer.restored = found.step, info.epoch + found.epochs, found
        return writer

    def _begin(self, first: list[Piece]) -> None:
        """Fills a new folder; run.json says "running" last, so that whatever says so can be resumed."""
        try:
            head = blocks.encode_head(self.info.step, self.columns)
            self.disk.make_folder(self.folder / SNAPSHOTS)
            self.disk.save(self.folder / STEPS, [head])
            self.disk.save(self.folder / EPOCHS, [])
            self.disk.save(snapshot_path(self.folder, self.info.step), first)
            self.disk.save(self.folder / INFO, [self.info.encode()])
            self.disk.sync_folder(self.folder.parent)
            self._open(len(head), 0)
        except BaseException:
            self.close()
            raise

    def _open(self, steps_size: int, epochs_size: int) -> None:
        self._logs.append(Log(self.disk, self.folder / STEPS, steps_size))
        self._logs.append(Log(self.disk, self.folder / EPOCHS, epochs_size))

    def _clean(self, step: int) -> None:
        """Removes what was never whole, and sets aside snapshots after `step`: damaged, or without their steps."""
        places = [self.folder, self.folder / SNAPSHOTS]
        for part in [path for place in places for path in place.glob(".*.part")]:
            self.disk.remove(part)
        for later in snapshot_steps(self.folder):
            if later > step:
                path = snapshot_path(self.folder, later)
                self.disk.rename(path, path.with_suffix(UNUSED))
                self.disk.sync_folder(path.parent)

    # ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────
    def append_steps(self, rows: Any) -> None:
        """Records the next steps. rows: (steps, columns) numbers, kept as float32."""
        if not len(rows):
            return
        block = blocks.encode(self.step, rows, len(self.columns))
        with self._guarded("recorded further"):
            self._logs[0].append(block)
            self.step += len(rows)

    def append_epoch(self, metrics: dict[str, Any], seconds: float | None = None) -> None:
        """Records the end of an epoch: its figures (they may be NaN) and how long it took."""
        line = lines.encode(lines.Epoch(self.epoch, self.step, metrics, seconds, now()))
        with self._guarded("recorded further"):
            self._logs[1].append(line)
            self.epoch += 1

    def snapshot(self, state: Any, extra: dict[str, Any] | None = None, *, passing: bool = False) -> int:
        """Keeps all that learning changes before `step`, and all steps and epochs so far, for good. Returns the bytes.

        passing: this one is taken away again when there are two newer ones; it is there in case of a crash.
        """
        if isinstance(state, dict) and "step" in state and int(np.asarray(state["step"])) != self.step:
            raise SettingError(
                f"The state is that before step {int(state['step'])}, but {self.step} is next to be recorded."
            )
        count = self.epoch - self.info.epoch
        found = Snapshot(self.step, count, state, extra or {}, self.info.id)
        with self._guarded("recorded further"):
            pieces = snapshots.encode(found)
            self._lock.must_be_there()
            for log in self._logs:
                log.sync()
            path = snapshot_path(self.folder, self.step)
            size = self.disk.save(path, pieces)
        self._kept += 1
        while self._passing and self._passing[0][0] <= self._kept - 2:
            with suppress(OSError):  # it may as well stay
                self.disk.remove(self._passing.pop(0)[1])
        if passing:
            self._passing.append((self._kept, path))
        return size

    def finish(self, status: str = "finished", results: dict[str, Any] | None = None) -> None:
        """Ends the run ("finished", "interrupted" or "failed") with its final figures, and lets go of the folder."""
        info = self.info.ended(status, results or {})
        with self._guarded("ended"):
            for log in self._logs:
                log.sync()
            self.disk.save(self.folder / INFO, [info.encode()])
        self.info = info
        self.close()

    def close(self) -> None:
        """Lets go of the folder. A run that was not finished reads as interrupted from now on."""
        for log in self._logs:
            log.close()
        self._logs.clear()
        self._lock.release()
        self.stopped = self.stopped or f"The recording in {self.folder} is closed."

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        """Turns what the disk refuses into one clear sentence, and refuses everything after it."""
        if self.stopped:
            raise FileError(self.stopped)
        began = time.perf_counter()
        try:
            yield
        except OSError as problem:
            self.stopped = (
                f"The run in {self.folder} cannot be {what}: {problem.strerror or problem}. "
                f"What {'is left of it stays' if isinstance(problem, FileNotFoundError) else 'was recorded before is'} untouched."
            )
            raise FileError(self.stopped) from problem
        except ChainruleError:  # what was given cannot be recorded: nothing was written
            raise
        except (
            BaseException
        ):  # Ctrl-C in the middle: nobody knows how much was written, so nothing may follow it
            self.stopped = (
                f"The recording in {self.folder} was cut off. What was recorded before is untouched."
            )
            raise
        finally:
            self.spent += time.perf_counter() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def must_have_begun(folder: Path, info: Info) -> None:
    """SettingError for a run that ended before its first step."""
    if info.status == STARTING:
        raise SettingError(
            f"{folder} ended before its first step, so there is nothing to go on with; `chainrule train --resume` begins it anew."
        )


def compare_settings(folder: Path, stored: Settings, asked: Settings) -> None:
    """SettingError, with every difference, when a run would go on with other settings than it began with."""
    changed = differences(asdict(stored), asdict(asked))
    if changed:
        table = "".join(f"\n  {change}" for change in changed[:20])
        more = f"\n  and {len(changed) - 20} more" if len(changed) > 20 else ""
        raise SettingError(
            f"{folder} cannot be resumed with other settings or data. It began with / is now asked to go on with:{table}{more}\n"
            "Resume it as it began, or fork it to change something."
        )
