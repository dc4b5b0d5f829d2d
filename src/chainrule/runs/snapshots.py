"""A snapshot: all that learning changes, as a .safetensors file that any tool reads, and that knows when it was damaged.

The file's metadata have one entry, "chainrule", a JSON text:

    sha256   of the whole file, with 64 zeros in the place of these 64 digits
    format, version, run (its id), step, epochs (how many lines of epochs.jsonl came before)
    tree     the state's dicts and lists, with the name of an array ("params/0/kernel") where it belongs
    extra    what else is needed to go on
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError, SettingError
from chainrule.files.disk import opened
from chainrule.runs import format as layout
from chainrule.runs import values
from chainrule.runs.disk import Piece

FORMAT = "chainrule snapshot"
VERSION = 1
ZEROS = b"0" * 64
BEFORE = rb"{\"sha256\":\""  # a JSON text inside a JSON text
KINDS = {
    "float64",
    "float32",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint64",
    "uint32",
    "uint16",
    "uint8",
    "bool",
}
HEADER = 100_000_000  # bytes; what readers of the format allow


@dataclass(frozen=True)
class Snapshot:
    """The state before a step. epochs: how many epochs of this run had ended. extra: what else is needed to go on."""

    step: int
    epochs: int
    state: Any
    extra: dict[str, Any] = field(default_factory=dict)
    run: str = ""


def flatten(state: Any) -> tuple[dict[str, np.ndarray], Any]:
    """A state's arrays by name, and its tree of dicts and lists with these names for leaves.

    >>> flatten({"params": [{}, {"bias": np.zeros(2)}]})
    ({'params/1/bias': array([0., 0.])}, {'params': [{}, {'bias': 'params/1/bias'}]})
    """
    arrays: dict[str, np.ndarray] = {}

    def walk(value: Any, name: str) -> Any:
        if value is None:
            return None
        if isinstance(value, dict):
            return {str(key): walk(entry, f"{name}/{key}") for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return [walk(entry, f"{name}/{i}") for i, entry in enumerate(value)]
        array = np.asarray(value, order="C")
        name = name.removeprefix("/")
        if array.dtype.name not in KINDS or name in arrays:
            what = f"of type {array.dtype}" if array.dtype.name not in KINDS else "named twice"
            raise SettingError(
                f"A snapshot cannot hold the state's {name!r}: it is {what}. Arrays of numbers are kept."
            )
        arrays[name] = array
        return name

    return arrays, walk(state, "")


def unflatten(tree: Any, take: Callable[[str], Any]) -> Any:
    """The tree with its arrays back in their places; `take` gives an array by name."""
    if isinstance(tree, dict):
        return {key: unflatten(entry, take) for key, entry in tree.items()}
    if isinstance(tree, list):
        return [unflatten(entry, take) for entry in tree]
    return None if tree is None else take(tree)


def size_of(state: Any) -> int:
    """How many bytes the arrays of a state have; arrays of any library, which are not read."""
    if isinstance(state, dict):
        return sum(size_of(value) for value in state.values())
    if isinstance(state, (list, tuple)):
        return sum(size_of(value) for value in state)
    return int(getattr(state, "nbytes", 0))


def encode(snapshot: Snapshot) -> list[Piece]:
    """The bytes of a snapshot's file, in pieces."""
    from safetensors.numpy import save

    arrays, tree = flatten(snapshot.state)
    about = {
        "sha256": ZEROS.decode(), "format": FORMAT, "version": VERSION, "run": snapshot.run, "step": snapshot.step,
        "epochs": snapshot.epochs, "tree": tree, "extra": snapshot.extra,
    }  # fmt: skip
    data = save(arrays, metadata={"chainrule": values.text(about)})
    place = data.index(BEFORE + ZEROS) + len(BEFORE)
    view = memoryview(data)
    return [view[:place], hashlib.sha256(data).hexdigest().encode(), view[place + len(ZEROS) :]]


def about(data: bytes, what: str) -> dict[str, Any]:
    """What a snapshot says about itself, if its SHA-256 is right; FileError otherwise."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(HEADER, len(data) - 8):
        raise FileError(
            f"{what} is truncated or damaged: its header does not fit into its {len(data):,} bytes."
        )
    place = data.find(BEFORE, 8, 8 + length) + len(BEFORE)
    if place < len(BEFORE):
        raise FileError(f"{what} is damaged or no snapshot of a run: it holds no fingerprint of itself.")
    view, digits = memoryview(data), slice(place, place + len(ZEROS))
    sha = hashlib.sha256(view[:place])
    sha.update(ZEROS)
    sha.update(view[digits.stop :])
    if sha.hexdigest().encode() != data[digits]:
        raise FileError(f"{what} is damaged: it is not what was saved (SHA-256 differs).")
    header = values.parse(data[8 : 8 + length], what)
    result = values.parse(str(values.entry(header, "__metadata__", dict, what).get("chainrule")), what)
    if result.get("format") != FORMAT or result.get("version") != VERSION:
        raise FileError(f"{what} is not a snapshot that this Chainrule can read.")
    return result


def decode(data: bytes, what: str) -> Snapshot:
    """A snapshot from the bytes of its file; FileError, beginning with `what`, when they are not what was saved."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    result = about(data, what)
    try:
        arrays = load(data)
        state = todays_names(unflatten(result.get("tree"), lambda name: arrays[name].copy()))
    except (SafetensorError, LookupError, TypeError, ValueError, RecursionError) as problem:
        raise FileError(f"{what} is damaged ({type(problem).__name__}).") from None
    return Snapshot(
        values.entry(result, "step", int, what), values.entry(result, "epochs", int, what), state,
        values.numbers(values.entry(result, "extra", dict, what)), values.entry(result, "run", str, what),
    )  # fmt: skip


def todays_names(state: Any) -> Any:
    """A state under today's names: until version 0.2 the optimizer's state was stored as "memory".

    >>> todays_names({"learning": {"memory": 1, "step": 2}})
    {'learning': {'step': 2, 'optimizer_state': 1}}
    """
    learning = state.get("learning") if isinstance(state, dict) else None
    if not isinstance(learning, dict) or "memory" not in learning:
        return state
    renamed = {key: value for key, value in learning.items() if key != "memory"}
    return state | {"learning": renamed | {"optimizer_state": learning["memory"]}}


def load_file(folder: Path, step: int, run: str) -> Snapshot:
    """The snapshot of a run before a step; FileError when it is missing, damaged or another run's."""
    path = layout.snapshot_path(folder, step)
    try:
        with opened(path) as source:
            data = source.read(0, source.size)
    except FileNotFoundError:
        raise FileError(
            f"{folder} has no snapshot before step {step:,}: only its metrics were kept, or a file was taken away. No step can be opened from there."
        ) from None
    except FileError as problem:
        raise FileError(f"{path} {problem}") from None
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror or problem}.") from None
    found = decode(data, str(path))
    if (found.step, found.run) != (step, run):
        raise FileError(f"{path} is the snapshot of another run or step: it was moved or renamed.")
    return found
