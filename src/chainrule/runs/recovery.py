"""What of a run is whole after a crash: the newest snapshot that verifies and has all its steps and epochs before it."""

from dataclasses import dataclass
from pathlib import Path

from chainrule.errors import FileError
from chainrule.runs import blocks, lines, snapshots
from chainrule.runs.disk import content
from chainrule.runs.format import EPOCHS, STEPS, Info, snapshot_steps
from chainrule.runs.snapshots import Snapshot


@dataclass(frozen=True)
class Whole:
    """A snapshot to go on from, and the sizes to which steps.bin and epochs.jsonl go back with it."""

    snapshot: Snapshot
    steps_size: int
    epochs_size: int
    columns: tuple[str, ...]
    is_end: bool  # nothing was recorded after it


def read(folder: Path, name: str) -> bytes:
    """All bytes of one of the run's files that grow."""
    try:
        return content(folder / name)
    except OSError as problem:
        raise FileError(f"{folder / name} cannot be read: {problem.strerror or problem}.") from None


def newest(folder: Path, info: Info) -> Whole:
    """The newest state from which the run can go on exactly; FileError, with all reasons, when there is none."""
    steps = blocks.scan(read(folder, STEPS), str(folder / STEPS))
    epochs = lines.scan(read(folder, EPOCHS), info.epoch)
    reasons = []
    for step in reversed(snapshot_steps(folder)):
        try:
            found = snapshots.load_file(folder, step, info.id)
        except FileError as problem:
            reasons.append(str(problem))
            continue
        if step not in steps.ends:
            reasons.append(f"{STEPS} has no whole record up to step {step:,}.")
        elif not 0 <= found.epochs < len(epochs.ends):
            reasons.append(
                f"{EPOCHS} holds {len(epochs.epochs)} whole lines; step {step:,} comes after {found.epochs}."
            )
        else:
            is_end = step == steps.steps.stop and found.epochs == len(epochs.epochs)
            return Whole(found, steps.ends[step], epochs.ends[found.epochs], steps.steps.columns, is_end)
    why = "\n  ".join(reasons) or "there is none"
    raise FileError(f"{folder} has no snapshot to go on from:\n  {why}")
