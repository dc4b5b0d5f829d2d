"""What a run folder holds. These dataclasses are the format: `run.json` is an Info, told in docs/runs.md.

run.json                          Info: what decides the run, where it came from, how it ended
epochs.jsonl                      a line for each epoch (lines.py)
steps.bin                         a few numbers for each step (blocks.py)
snapshots/0000001875.safetensors  all that learning changes, before step 1875 (snapshots.py)
lock                              held while a process writes here (lock.py)
"""

import hashlib
import re
import uuid
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from chainrule.errors import FileError, unknown
from chainrule.runs import values
from chainrule.runs.disk import content
from chainrule.runs.sense import must_make_sense

VERSION = 1
FORMAT = "chainrule run"
INFO, EPOCHS, STEPS, SNAPSHOTS, LOCK = "run.json", "epochs.jsonl", "steps.bin", "snapshots", "lock"
ZEROS = "0" * 64
ENDING, UNUSED = ".safetensors", ".unused"
STARTING = "starting"
STATUSES = (STARTING, "running", "finished", "interrupted", "failed")
ENDINGS = STATUSES[2:]


@dataclass(frozen=True)
class Settings:
    """All that decides the bits of a run on one machine. Two runs with the same settings learn the same weights.

    model: the layers' config.  training: optimizer, loss, metrics and what else `compile` and `fit` were told.
    data: name, digest, n, scale.  recipe: the recipe's own dict, if it was one with a name.

    >>> Settings(seed=1, model={"units": (3,)}, training={}, data={}, batch=32, epochs=1, backend="numpy").model
    {'units': [3]}
    """

    seed: int
    model: dict[str, Any]
    training: dict[str, Any]
    data: dict[str, Any]
    batch: int
    epochs: int
    backend: str
    recipe: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (
            "model",
            "training",
            "data",
            "recipe",
        ):  # as they will be read back, so that they compare equal
            object.__setattr__(self, name, values.plain(getattr(self, name), name))

    @classmethod
    def from_dict(cls, stored: dict[str, Any], what: str) -> "Settings":
        """Settings as they were stored; FileError when they are damaged."""
        kinds = {"seed": int, "batch": int, "epochs": int, "backend": str}
        return cls(
            **{f.name: values.entry(stored, f.name, kinds.get(f.name, dict), what) for f in fields(cls)}
        )


@dataclass(frozen=True)
class Parent:
    """Where a forked run left another one, and what was changed there."""

    run: str  # the folder's name then
    id: str
    step: int
    changes: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Info:
    """A run, without its numbers: the contents of run.json."""

    id: str
    name: str
    started: str  # ISO 8601 with the offset from UTC
    settings: Settings
    machine: dict[str, Any]
    step: int = 0  # the first step's number, counted from 0: a fork begins at its parent's
    epoch: int = 0  # the first epoch's
    parent: Parent | None = None
    status: str = "running"
    finished: str | None = None
    results: dict[str, Any] = field(default_factory=dict)
    resumed: list[dict[str, Any]] = field(default_factory=list)  # step, time and machine of each going on
    number: int = 0  # runs of a folder are counted; 0: from before they were
    asked: dict[str, Any] = field(
        default_factory=dict
    )  # the words with which a run that never began is begun anew

    def ended(self, status: str, results: dict[str, Any]) -> "Info":
        """The same run, ended."""
        if status not in ENDINGS:
            raise unknown("status of a run that ended", status, ENDINGS)
        return replace(self, status=status, finished=now(), results=values.plain(results, "results"))

    def went_on(self, step: int, machine: dict[str, Any]) -> "Info":
        """The same run, taken up again at a step."""
        again = {"step": step, "time": now(), "machine": machine}
        return replace(self, status="running", finished=None, resumed=[*self.resumed, again])

    def encode(self) -> bytes:
        """The text of run.json, with a digest of itself."""
        stored = {"format": FORMAT, "version": VERSION, "number": self.number} | asdict(self)
        text = (values.text(stored | {"sha256": ZEROS}, indent=1) + "\n").encode()
        place = text.rindex(ZEROS.encode())
        return text[:place] + hashlib.sha256(text).hexdigest().encode() + text[place + len(ZEROS) :]

    @classmethod
    def decode(cls, data: bytes, what: str) -> "Info":
        """What run.json says; `what` names it in errors."""
        stored = values.parse(data, what)
        if stored.get("format") != FORMAT:
            raise FileError(
                f"{what} is not the record of a run: its format is {str(stored.get('format'))[:40]!r}, not {FORMAT!r}."
            )
        version = values.entry(stored, "version", int, what)
        if version > VERSION:
            raise FileError(
                f"{what} has version {version} of the format; this Chainrule reads up to {VERSION}. Update it."
            )
        kinds: dict[str, Any] = {"step": int, "epoch": int, "settings": dict, "machine": dict, "results": dict,
                                 "resumed": list, "number": int, "asked": dict, "finished": (str, type(None)), "parent": (dict, type(None))}  # fmt: skip
        stored = {"number": 0, "asked": {}} | stored  # runs of versions up to 0.2 have none
        found = {f.name: values.entry(stored, f.name, kinds.get(f.name, str), what) for f in fields(cls)}
        parent = found["parent"]
        if found["status"] not in STATUSES or (
            parent is not None and parent.keys() != {f.name for f in fields(Parent)}
        ):
            raise FileError(f"{what} is damaged: its status or parent is not what it should be.")
        must_make_sense(found, what)
        return cls(**found | {
            "settings": Settings.from_dict(found["settings"], what), "results": values.numbers(found["results"]),
            "parent": None if parent is None else Parent(**parent),
        })  # fmt: skip


def is_as_written(text: bytes) -> bool:
    """Whether the text of run.json is the one whose digest stands in it."""
    found = re.search(rb'"sha256": "([0-9a-f]{64})"\s*}\s*$', text)
    if found is None:
        return False
    zeroed = text[: found.start(1)] + ZEROS.encode() + text[found.end(1) :]
    return hashlib.sha256(zeroed).hexdigest().encode() == found[1]


def new_id() -> str:
    """16 hexadecimal digits that no other run has."""
    return uuid.uuid4().hex[:16]


def now() -> str:
    """The time with its offset from UTC, to the second."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def folder_name(started: str, label: str) -> str:
    """A run's name: when it began and what it is.

    >>> folder_name("2026-11-23T07:31:05+01:00", "my flowers (2), fast")
    '2026-11-23T07-31-05_my-flowers-2-fast'
    """
    kept = "".join(c if c.isalnum() or c in "-_" else " " for c in label)[:40]
    return f"{started[:19].replace(':', '-')}_{'-'.join(kept.split()) or 'run'}"


def snapshot_path(folder: Path, step: int) -> Path:
    """The file of the snapshot before a step."""
    return folder / SNAPSHOTS / f"{step:010d}{ENDING}"


def snapshot_steps(folder: Path) -> list[int]:
    """The steps that have a snapshot, by the names of the files, ascending."""
    try:
        names = [
            path.name.removesuffix(ENDING) for path in (folder / SNAPSHOTS).iterdir() if path.suffix == ENDING
        ]
    except FileNotFoundError:
        return []
    return sorted(int(name) for name in names if len(name) == 10 and name.isascii() and name.isdigit())


def read_info(folder: Path) -> Info:
    """What run.json says; FileError when there is none, or none that can be read."""
    path = folder / INFO
    try:
        data = content(path)
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(f"{folder} is not a recorded run: there is no {INFO} in it.") from None
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    return Info.decode(data, str(path))
