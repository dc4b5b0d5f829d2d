"""Taking a run away. Nothing here is done unasked: `contents` says what would go, `remove` does it."""

from dataclasses import dataclass
from pathlib import Path

from chainrule.errors import FileError
from chainrule.runs.disk import DISK, Disk
from chainrule.runs.folders import discard, own_files
from chainrule.runs.listing import all_runs
from chainrule.runs.lock import Lock
from chainrule.runs.reading import Run


@dataclass(frozen=True)
class Contents:
    """What a removal would take, and what it would leave."""

    files: list[Path]
    size: int
    strange: list[Path]  # what recording did not put there; it stays
    forks: list[str]  # the runs that were forked from this one; they do not need it


def contents(run: Run) -> Contents:
    """What removing a run would take; changes nothing."""
    files = own_files(run.path)
    strange = [
        path
        for path in sorted(run.path.rglob("*"))
        if path not in files and (path.is_symlink() or not path.is_dir())
    ]
    forks = []
    for other in all_runs(run.path.parent):
        try:
            if other.info.parent is not None and other.info.parent.id == run.info.id:
                forks.append(other.name)
        except FileError:
            continue
    return Contents(files, sum(path.stat().st_size for path in files), strange, sorted(forks))


def remove(run: Run, *, disk: Disk = DISK) -> None:
    """Removes a run's folder; files that recording did not put there stay, and their folder with them.

    Refused with FileError while a process writes there. Whatever is a run folder by its run.json can be removed.
    """
    if run.path.is_symlink():
        raise FileError(f"{run.path} is a link to a run; remove the run where it is.")
    run.info  # noqa: B018 - not a run: nothing is touched
    try:
        lock = Lock(run.path)
        try:
            discard(run.path, disk)
        finally:
            lock.release()
    except OSError as problem:
        raise FileError(f"{run.path} cannot be removed: {problem.strerror or problem}.") from problem
