"""Taking a run away. Nothing here is done unasked: `contents` says what would go, `remove` does it."""

from dataclasses import dataclass
from pathlib import Path

from chainrule.errors import FileError
from chainrule.runs.disk import DISK, Disk
from chainrule.runs.folders import discard, own_files
from chainrule.runs.format import snapshot_path
from chainrule.runs.listing import all_runs
from chainrule.runs.lock import Lock
from chainrule.runs.reading import Run

EXAMPLES = ".examples"  # the folder, beside the runs, of what programs learned from
BATCHES = "-batches.npz"  # the end of the names of files there that belong to one run alone


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


def unused_examples(runs_dir: Path) -> list[Path]:
    """The kept examples that no run of a folder learned from; none while a run cannot be read, which might need them."""
    kept = sorted((runs_dir / EXAMPLES).glob("*.npz"))
    used = set()
    for run in all_runs(runs_dir):
        try:
            used.add(run.info.settings.data.get("kept"))
        except FileError:
            return []
    return [path for path in kept if path.name not in used]


def own_batches(run: Run) -> list[Path]:
    """The file with the batches of a run that learned from what came by, where it has one.

    >>> own_batches(Run("no such run"))
    []
    """
    if not (run.path / "run.json").is_file():
        return []
    path = run.path.parent / EXAMPLES / Path(str(run.info.settings.data.get("kept"))).name
    return [path] if path.name.endswith(BATCHES) and path.is_file() else []


def leave_metrics(run: Run) -> int:
    """Takes the states of a finished run away, and the batches that it alone learned from; returns how many bytes that freed.

    Its metrics stay, no step can be opened any more.

    >>> from chainrule.runs import Run
    >>> leave_metrics(Run("no such run"))
    0
    """
    freed = 0
    for path in (*(snapshot_path(run.path, step) for step in run.snapshots()), *own_batches(run)):
        freed += path.stat().st_size
        path.unlink()
    return freed


def remove(run: Run, *, disk: Disk = DISK) -> None:
    """Removes a run's folder, and kept examples that no other run of the folder learned from.

    Files that recording did not put there stay, and their folder with them.

    Refused with FileError while a process writes there. Whatever is a run folder by its run.json can be removed.
    """
    if run.path.is_symlink():
        raise FileError(f"{run.path} is a link to a run; remove the run where it is.")
    kept = run.info.settings.data.get("kept")  # not a run: refused, and nothing is touched
    try:
        lock = Lock(run.path)
        try:
            discard(run.path, disk)
        finally:
            lock.release()
        if kept is not None:
            for path in unused_examples(run.path.parent):
                path.unlink()
    except OSError as problem:
        raise FileError(f"{run.path} cannot be removed: {problem.strerror or problem}.") from problem
