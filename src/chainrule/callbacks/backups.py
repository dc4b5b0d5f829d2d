"""A backup in one file, from which fit goes on after a crash."""

import contextlib
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

from chainrule.callbacks.checkpoint import Checkpointer, ResumePoint, resume_point_of, snapshot_of
from chainrule.engine.epoch import steps_in
from chainrule.errors import FileError, SettingError
from chainrule.runs import differences, snapshots
from chainrule.runs.disk import DISK

FREE = ("learning_rate", "epochs")  # what may be another when learning goes on: the backup knows the rate


class BackupAndRestore(Checkpointer):
    """Keeps what is needed to go on after an interruption, and goes on from it when fit is called again.

    The backup is one file, written beside the old one and renamed, so that there is always a whole one: a snapshot as
    recorded runs have them, with weights, optimizer memory, seed, place in the epoch and the memory of the callbacks.
    What goes on ends with the same bits as what was not cut. save_freq: "epoch", or a number of steps; with one a crash
    costs less. A backup of another model, other settings or other data is refused.
    """

    FILE: ClassVar[str] = "backup.safetensors"

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq > 0
        if save_freq != "epoch" and not whole:
            raise SettingError(
                f"BackupAndRestore's save_freq is 'epoch' or a number of steps; it got {save_freq!r}."
            )
        if not str(backup_dir):
            raise SettingError("BackupAndRestore needs a folder: backup_dir='...'.")
        self.path, self.delete_checkpoint = Path(os.fspath(backup_dir)) / self.FILE, delete_checkpoint
        self.every: int | None = save_freq if whole else None

    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        """Goes on from the backup, if there is one."""
        from chainrule.training.fingerprint import settings_of

        self.callbacks, self.steps = plan.callbacks, steps_in(len(plan.examples), plan.batch)
        self.settings = asdict(settings_of(self.model, plan, engine.name, None, None))
        for name in ("seed", "epochs"):
            self.settings.pop(name)
        if not self.path.exists():
            return start
        found = snapshots.decode(self.path.read_bytes(), str(self.path))
        changed = [
            difference for difference in differences(found.extra.get("settings", {}), self.settings)
            if difference.place.rpartition(".")[2] not in FREE
        ]  # fmt: skip
        if changed:
            shown = "".join(f"\n  {difference}" for difference in changed[:10])
            raise FileError(
                f"{self.path} is the backup of another model, other settings or other data. It has / this has:{shown}\n"
                "Remove it to start afresh."
            )
        return resume_point_of(found.state, found.extra)

    def next_stop(self, step: int) -> int | None:
        return None if self.every is None else (step // self.every + 1) * self.every

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        if self.every and int(state["step"]) % self.every == 0 and stop < self.steps:
            self.keep(state, records, (epoch, stop))

    def epoch_done(self, state: Any, epoch: int, logs: dict[str, float]) -> None:
        if self.every is None or int(state["step"]) % self.every == 0:
            self.keep(state, {}, (epoch + 1, 0))

    def keep(self, state: Any, records: Any, place: tuple[int, int]) -> None:
        """Writes the backup."""
        whole, extra = snapshot_of(self.model, state, records, self.callbacks, *place)
        about = snapshots.Snapshot(int(state["step"]), place[0], whole, extra | {"settings": self.settings})
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            DISK.save(self.path, snapshots.encode(about))
        except OSError as problem:
            raise FileError(
                f"{self.path} cannot be written: {problem.strerror or problem}. The one before is untouched."
            ) from problem

    def end(self, state: Any, place: tuple[int, int], records: Any, logs: dict[str, float]) -> None:
        if self.model.interrupted:
            self.keep(state, records, place)
        elif self.delete_checkpoint:
            self.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # other files may lie there
                self.path.parent.rmdir()
