"""A training with every callback that remembers something, killed at a chosen call to the disk; run by test_fault_points.

Forked from one process, so that Python and NumPy start only once. Arguments: a folder; then on stdin a line for each
child: its own folder, and the numbers of the disk calls before (3) or behind (3+) which it is killed, one for each life.
"""

import hashlib
import os
import signal
import sys
from pathlib import Path

import numpy as np

from chainrule import Sequential
from chainrule.callbacks import (
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from chainrule.layers import Dense, Dropout, Input
from chainrule.models import load_model
from chainrule.recording import recorder, snapshot_times
from chainrule.recording.recorder import RunRecorder
from chainrule.runs import Run, list_runs
from chainrule.runs.disk import Disk
from chainrule.utils import set_random_seed

CALLS = ("make_folder", "create", "extend", "write", "cut", "sync", "rename", "remove", "sync_folder")
RNG = np.random.default_rng(4)
X = RNG.normal(size=(120, 6)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 0)


class Counter:
    """Counts what the disk is asked for, and kills the process before or behind one of these calls."""

    def __init__(self, fatal: str | None) -> None:
        self.seen = 0
        behind = fatal is not None and fatal.endswith("+")
        self.number = -1 if fatal is None else int(fatal.rstrip("+"))
        for name in CALLS:
            setattr(Disk, name, self.watched(getattr(Disk, name), name, behind))

    def watched(self, call, name, behind):
        def method(disk, *args):
            here, self.seen = self.seen == self.number, self.seen + 1
            if here and not behind:
                if name == "write":  # the system took half of it
                    call(disk, args[0], memoryview(args[1])[: len(args[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            found = call(disk, *args)
            if here:
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        return method


def train(folder: Path) -> Sequential:
    """Begins, or goes on with the run that is there."""
    snapshot_times.LEAST_SPACING, recorder.LOOK_EVERY = 7, (10, 10)
    set_random_seed(3)
    model = Sequential([Input((6,)), Dense(7, "relu"), Dropout(0.2), Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], backend="numpy")
    model.optimizer.learning_rate = 0.05
    begun = list_runs(folder / "runs").runs
    record = RunRecorder(resume=begun[0].path) if begun else RunRecorder(folder / "runs")
    kinds = [
        CSVLogger(folder / "log.csv"), ModelCheckpoint(folder / "best.keras", save_best_only=True),
        LearningRateScheduler(lambda epoch, rate: rate * (0.9 if epoch % 2 else 1.0)), ReduceLROnPlateau(factor=0.5, patience=1),
        EarlyStopping(patience=3, restore_best_weights=True),
    ]  # fmt: skip
    if (
        begun and begun[0].status == "finished"
    ):  # it came to its end: the figures are there, there is nothing left to do
        return model
    model.fit(
        X[:80],
        Y[:80],
        epochs=7,
        batch_size=8,
        verbose=0,
        validation_data=(X[80:], Y[80:]),
        callbacks=[record, *kinds],
    )
    (folder / "end.bin").write_bytes(b"".join(w.tobytes() for w in model.get_weights()))
    return model


def life(folder: Path, fatal: str | None) -> int:
    """One life of the training in a process of its own. Returns how many calls to the disk it made, or -1: it was killed."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        counter = Counter(fatal)
        train(folder)
        os.write(write, str(counter.seen).encode())
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    result = os.read(read, 20)
    os.close(read)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return -1
    assert status == 0, f"a training in {folder} ended with {status}"
    return int(result)


def outcome(folder: Path) -> str:
    """Everything that a training leaves, in a few digits: weights, log, best model, recorded numbers."""
    run = list_runs(folder / "runs").runs[0]
    parts = [
        (folder / "end.bin").read_bytes() if (folder / "end.bin").exists() else b"",
        (folder / "log.csv").read_bytes(),
    ]
    parts += [w.tobytes() for w in load_model(folder / "best.keras").get_weights()]
    parts += [
        run.steps.rows.tobytes(),
        repr([(e.epoch, e.step, e.metrics) for e in run.epochs]).encode(),
        run.status.encode(),
    ]
    parts += [
        repr(run.verify()).encode(),
        repr([p.name for p in run.path.rglob("*") if p.suffix == ".part"]).encode(),
    ]
    return " ".join(hashlib.sha256(part).hexdigest()[:12] for part in parts)


def main() -> None:
    """Answers each line with how many lives were ended, and what was left."""
    for line in sys.stdin:
        name, *fatal = line.split()
        folder = Path(sys.argv[1], name)
        folder.mkdir()
        lives = []
        for number in fatal:
            lives.append(life(folder, number))
            for run in list_runs(folder / "runs").runs:  # readable at any time
                assert not run.began or len(Run(run.path).steps) >= run.snapshots()[-1]
        lives.append(life(folder, None))
        print(lives.count(-1), lives[-1], outcome(folder), flush=True)


if __name__ == "__main__":
    main()
