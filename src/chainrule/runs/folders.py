"""Run folders as folders: making a new one, and taking one away with exactly what recording put there."""

from contextlib import suppress
from pathlib import Path

from chainrule.runs.disk import Disk
from chainrule.runs.format import ENDING, EPOCHS, INFO, LOCK, SNAPSHOTS, STEPS, UNUSED


def new_folder(runs_dir: Path, name: str, disk: Disk) -> Path:
    """A folder that was not there before: NAME, or NAME-2, NAME-3 and so on; the folders above it too."""
    missing = []
    place = runs_dir
    while not place.exists():
        missing.append(place)
        place = place.parent
    for folder in reversed(missing):
        with suppress(FileExistsError):  # another process began at the same moment
            disk.make_folder(folder)
        disk.sync_folder(folder.parent)
    count = 1
    while True:
        folder = runs_dir / (name if count == 1 else f"{name}-{count}")
        try:
            disk.make_folder(folder)
        except FileExistsError:
            count += 1
        else:
            return folder


def own_files(folder: Path) -> list[Path]:
    """The files in a run folder that recording made; run.json near the end, so that half a removal can be repeated."""
    names, found = [EPOCHS, STEPS, INFO, LOCK], []
    for place, known in (
        (folder, tuple(f".{name}.part" for name in names)),
        (folder / SNAPSHOTS, (ENDING, UNUSED, ".part")),
    ):
        with suppress(FileNotFoundError, NotADirectoryError):
            found += sorted(path for path in place.iterdir() if path.name.endswith(known))
    found += [folder / name for name in names]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def discard(folder: Path, disk: Disk, but: tuple[str, ...] = ()) -> None:
    """Takes away what recording made, and the folders that are empty then. OSError when the disk refuses.

    but: the names of files that stay.
    """
    for path in own_files(folder):
        if path.name not in but:
            disk.remove(path)
    for place in (folder / SNAPSHOTS, folder):
        with suppress(FileNotFoundError):
            if not any(place.iterdir()):
                disk.remove_folder(place)
    with suppress(FileNotFoundError):
        disk.sync_folder(folder.parent)
