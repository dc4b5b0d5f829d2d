"""Disks for tests: one that refuses at a chosen call, and one that remembers every call and can then be cut off anywhere.

After a power cut, what was synced is there. Of all else each write may be there, missing (a hole of zeros, or the file
shorter) or garbage, and of the names in each folder that were given or taken since its last sync, only the first few
may have reached the disk. `Remembering.crashed` builds such a state of the disk in a folder.
"""

import os
from pathlib import Path

import numpy as np

from chainrule.runs.disk import Disk

SECTOR = 512


class Quick(Disk):
    """A disk that does not wait for the platter: for tests that do not cut the power."""

    def sync(self, handle):
        pass

    def sync_folder(self, path):
        pass


class Refusing(Quick):
    """Raises OSError at the call of a given number; a write gets half of its bytes down first. Counts all calls."""

    def __init__(self, at: int | None = None, error: int = 0, lasting: bool = False) -> None:
        self.calls, self.at, self.error, self.lasting = 0, at, error, lasting

    def asked(self) -> bool:
        self.calls += 1
        return self.at is not None and (self.calls == self.at or (self.lasting and self.calls > self.at))

    def refuse(self):
        raise OSError(self.error, os.strerror(self.error))

    def write(self, handle, piece):
        if self.asked():
            os.write(handle, piece[: len(piece) // 2])
            self.refuse()
        return super().write(handle, piece)


def _counted(name):
    def call(self, *args):
        if self.asked():
            self.refuse()
        return getattr(Quick, name)(self, *args)

    return call


CHANGES = (
    "make_folder",
    "create",
    "extend",
    "cut",
    "sync",
    "rename",
    "remove",
    "remove_folder",
    "sync_folder",
)
for _name in CHANGES:
    setattr(Refusing, _name, _counted(_name))


class Node:
    """A file's or a folder's place on the disk, whatever names it has; `history` is what happened to it, with times."""

    def __init__(self, folder: bool) -> None:
        self.folder, self.history = (
            folder,
            [],
        )  # files: (time, "write"|"cut"|"sync", ...); folders: (time, "name"|..., ...)


class Remembering(Quick):
    """Does everything, and remembers it: `time` counts the calls that changed something or synced."""

    def __init__(self, root: Path) -> None:
        self.root, self.time = root, 0
        self.nodes = {root: Node(folder=True)}  # by their present path
        self.open, self.sizes = {}, {}

    def note(self, node: Node, *what) -> None:
        self.time += 1
        node.history.append((self.time, *what))

    def make_folder(self, path):
        super().make_folder(path)
        self.nodes[path] = Node(folder=True)
        self.note(self.nodes[path.parent], "name", path.name, self.nodes[path])

    def create(self, path):
        handle = super().create(path)
        if path in self.nodes:
            self.note(self.nodes[path], "cut", 0)
        else:
            self.nodes[path] = Node(folder=False)
            self.note(self.nodes[path.parent], "name", path.name, self.nodes[path])
        self.open[handle], self.sizes[handle] = self.nodes[path], 0
        return handle

    def extend(self, path):
        handle = super().extend(path)
        self.open[handle], self.sizes[handle] = self.nodes[path], path.stat().st_size
        return handle

    def write(self, handle, piece):
        size = super().write(handle, piece)
        self.note(self.open[handle], "write", self.sizes[handle], bytes(piece[:size]))
        self.sizes[handle] += size
        return size

    def cut(self, handle, size):
        super().cut(handle, size)
        self.note(self.open[handle], "cut", size)
        self.sizes[handle] = size

    def sync(self, handle):
        self.note(self.open[handle], "sync")

    def sync_folder(self, path):
        if path in self.nodes:
            self.note(self.nodes[path], "sync")

    def rename(self, path, target):
        super().rename(path, target)
        assert path.parent == target.parent, "one folder: a rename between two could tear"
        self.nodes[target] = self.nodes.pop(path)
        self.note(self.nodes[path.parent], "rename", path.name, target.name)

    def remove(self, path):
        super().remove(path)
        self.nodes.pop(path, None)
        self.note(self.nodes[path.parent], "remove", path.name)

    # ── the power cut ────────────────────────────────────────────────────────────────────────────────────────────
    def crashed(self, time: int, rng: np.random.Generator, fate: str, root: Path) -> None:
        """Builds in `root` what may be on the disk when the power went off after the call of that time.

        fate: what becomes of each write that was not synced: "keep", "drop", "garble", or "mixed" (luck for each).
        """
        self._build(self.nodes[self.root], time, rng, fate, root)

    def _build(self, node: Node, time: int, rng, fate: str, path: Path) -> None:
        past = [event for event in node.history if event[0] <= time]
        synced = max((at for at, kind, *_ in past if kind == "sync"), default=0)
        loose = [event for event in past if event[0] > synced]
        if not node.folder:
            path.write_bytes(self._content(past, synced, rng, fate))
            return
        path.mkdir(exist_ok=True)
        reached = {"keep": len(loose), "drop": 0}.get(fate, int(rng.integers(len(loose) + 1)))
        names = {}
        for _, kind, *what in past[: len(past) - len(loose) + reached]:
            if kind == "name":
                names[what[0]] = what[1]
            elif kind == "rename":
                names[what[1]] = names.pop(what[0])
            elif kind == "remove":
                names.pop(what[0], None)
        for name, inner in names.items():
            self._build(inner, time, rng, fate, path / name)

    def _content(self, past, synced: int, rng, fate: str) -> bytes:
        content = bytearray()
        for at, kind, *what in past:
            how = (
                "keep"
                if at <= synced
                else fate
                if fate != "mixed"
                else rng.choice(["keep", "drop", "garble", "hole", "tear"])
            )
            if kind == "cut" and how != "drop":
                del content[what[0] :]
                content += bytes(what[0] - len(content))
            elif kind == "write" and how != "drop":
                place, data = what
                data = damaged(data, how, rng)
                content += bytes(max(0, place - len(content)))
                content[place : place + len(data)] = data
        return bytes(content)


def damaged(data: bytes, how: str, rng: np.random.Generator) -> bytes:
    """What of a write reached the disk: all, zeros, garbage in one or all sectors, or the beginning alone."""
    if how == "hole":
        return bytes(len(data))
    if how == "tear":
        return data[: int(rng.integers(len(data) + 1))]
    if how == "garble":
        start = int(rng.integers(0, len(data), endpoint=True)) // SECTOR * SECTOR if rng.random() < 0.5 else 0
        return data[:start] + rng.bytes(min(SECTOR, len(data) - start)) + data[start + SECTOR :]
    return data
