"""Files made to harm whoever opens them, and what has to happen: the attack corpus for model files, made by script.

Every case is written with h5py, zipfile and json, not with Chainrule's own writers. `cases(folder)` writes them all.
"""

import io
import os
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus_archives import archives
from corpus_configs import configurations
from corpus_costs import costs
from corpus_hdf5 import acceptable, hdf5_files, overlaps
from spoiling import Case, Corpus


class Trap:
    def __reduce__(self) -> Any:
        return (os.mkdir, (str(Path.cwd() / "pickle-ran"),))


def others(to: Corpus) -> None:
    for ending in (".keras", ".h5"):
        for protocol in (2, 5):
            to.add(f"p02-pickle-{protocol}{ending[1:]}", pickle.dumps(Trap(), protocol), "pickle", ending)
    to.add("p02-pickle-0", pickle.dumps(Trap(), 0), "no model file", ".h5")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Trap()))
        file.writestr("archive/version", "3")
    to.add("p02-torch", raw.getvalue(), "PyTorch")
    fifo = to.folder / "f01-fifo.keras"
    os.mkfifo(fifo)
    to.cases.append(Case("f01-fifo", fifo, "pipe"))
    to.cases.append(Case("f02-device", Path("/dev/zero"), "device"))
    folder = to.folder / "f03-folder.keras"
    folder.mkdir()
    to.cases.append(Case("f03-folder", folder, "folder"))
    loop = to.folder / "f04-loop.keras"
    loop.symlink_to(loop.name)
    to.cases.append(Case("f04-loop", loop, "cannot be opened"))


def cases(folder: Path) -> Iterator[Case]:
    """Writes every file into the folder."""
    to = Corpus(folder)
    for part in (configurations, archives, hdf5_files, overlaps, acceptable, costs, others):
        part(to)
    yield from to.cases
