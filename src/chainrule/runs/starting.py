"""A run before its first step: its folder is there, held, and run.json says what was asked for.

So a process that is killed while data are read, a network is chosen or a loop is compiled leaves a run, to be begun anew.
"""

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from chainrule.errors import FileError, SettingError
from chainrule.runs.disk import AT_ONCE, DISK, Disk
from chainrule.runs.folders import discard, new_folder
from chainrule.runs.format import INFO, LOCK, STARTING, Info, Settings, folder_name, new_id, now, read_info
from chainrule.runs.lock import Lock
from chainrule.runs.machine import this_machine


@dataclass
class Starting:
    """A folder in which a run is about to begin; `give_up` takes it away again, `release` leaves it to be begun anew."""

    folder: Path
    info: Info
    lock: Lock
    disk: Disk
    made: Path | None = None  # the folder of runs, where there was none before

    @classmethod
    def begin(
        cls, runs_dir: Any, label: str, settings: Settings, asked: dict[str, Any] | None = None, *, disk: Disk = DISK
    ) -> Self:  # fmt: skip
        """A new folder, named after the time and `label`. settings: as far as they are known.

        asked: the words with which it can be begun anew.  OSError where the disk refuses; nothing is left then.
        """
        started, runs_dir = now(), Path(runs_dir)
        made = None if runs_dir.exists() else runs_dir
        number = highest_number(runs_dir) + 1
        folder = new_folder(runs_dir, folder_name(started, label), disk)
        try:
            info = Info(
                new_id(), folder.name, started, settings, this_machine(), status=STARTING, number=number, asked=asked or {}
            )  # fmt: skip
            lock = Lock(folder)
            try:
                disk.save(folder / INFO, [info.encode()])
                disk.sync_folder(folder.parent)
            except BaseException:
                lock.release()
                raise
        except BaseException:
            with suppress(OSError):
                discard(folder, disk)
            raise
        return cls(folder, info, lock, disk, made)

    @classmethod
    def again(cls, folder: Any, *, disk: Disk = DISK) -> Self:
        """The folder of a run that ended before its first step, to begin it anew. FileError while a process holds it."""
        folder = Path(folder)
        try:
            lock = Lock(folder)
            try:
                info = read_info(folder)
                if info.status != STARTING:
                    raise SettingError(f"{folder} has begun: it can be resumed, not begun anew.")
                discard(folder, disk, but=(INFO, LOCK))
                info = replace(info, started=now(), machine=this_machine())
                disk.save(folder / INFO, [info.encode()])
            except BaseException:
                lock.release()
                raise
        except OSError as problem:
            raise FileError(f"{folder} cannot be written: {problem.strerror or problem}.") from problem
        return cls(folder, info, lock, disk)

    def give_up(self) -> None:
        """Takes the folder away, and the folder of runs where it was made for this one."""
        with suppress(OSError):
            discard(self.folder, self.disk)
            if self.made is not None and not any(self.made.iterdir()):
                self.disk.remove_folder(self.made)
        self.release()

    def release(self) -> None:
        """Lets go of the folder."""
        self.lock.release()


NUMBER = re.compile(rb'"number": (\d{1,15})')


def highest_number(runs_dir: Any) -> int:
    """The number of the newest run of a folder: 0 where there is none. Runs are counted, as clocks are set back."""
    highest = 0
    with suppress(OSError), os.scandir(runs_dir) as entries:
        for entry in entries:
            with (
                suppress(OSError),
                os.fdopen(os.open(Path(entry.path, INFO), os.O_RDONLY | AT_ONCE), "rb") as file,
            ):
                found = NUMBER.search(file.read(200))
                highest = max(highest, int(found[1]) if found else 0)
    return highest
