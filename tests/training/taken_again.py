"""A small training on a file, recorded, and digests of what comes of it."""

import hashlib

import numpy as np

from chainrule import arrays, datasets
from chainrule.callbacks import Callback
from chainrule.recording import recorder, resume, snapshot_times
from chainrule.runs import Run
from chainrule.training import recipes


def examples(folder):
    """300 examples in an .npz; 240 are learned from."""
    rng = np.random.default_rng(0)
    np.savez(folder / "a.npz", x=rng.normal(size=(300, 8)).astype("f4"), y=rng.integers(0, 3, 300))
    return folder / "a.npz"


def job(path, backend="numpy", runs_dir=None, seed=5, **changes):
    """A training of 6 epochs of 15 steps."""
    data = datasets.load(str(path))
    asked = {"hidden": (8,), "epochs": 6, "batch_size": 16} | changes
    arrays.set_seed(seed)
    return resume.new(
        data, recipes.recipe("classic", 240, **asked), str(path), {}, seed, backend=backend, runs_dir=runs_dir
    )


def often(monkeypatch, spacing=37, look=10):
    """Snapshots and looks as close as a training that short needs them."""
    monkeypatch.setattr(snapshot_times, "LEAST_SPACING", spacing)
    monkeypatch.setattr(recorder, "LOOK_EVERY", (look, look))


def learned(training, callbacks=()) -> str:
    """The digest of the weights after learning."""
    training.learn(0, callbacks)
    return digest(training.model.get_weights())


def digest(arrays_) -> str:
    """SHA-256 of some arrays."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays_)).hexdigest()


def digest_of(state) -> str:
    """SHA-256 of a state: weights, the optimizer's memory, step, rate, seed."""
    leaves = []

    def walk(tree):
        for value in tree.values() if isinstance(tree, dict) else tree:
            walk(value) if isinstance(value, (dict, list)) else leaves.append(np.asarray(value))

    walk({key: state[key] for key in sorted(state)})
    return digest(leaves)


def run_of(training) -> Run:
    """The run that a training left."""
    return Run(training.record.folder)


class EveryState(Callback):
    """Keeps the digest of the weights and memory before every step, and so goes step by step."""

    def __init__(self):
        super().__init__()
        self.digests = []

    def on_train_batch_begin(self, batch, logs=None):
        from chainrule.training.fit import state_of

        self.digests.append(digest_of(state_of(self.model)))


class Stop(Callback):
    """Ends learning as a kill would leave it: no snapshot, no farewell."""

    class Killed(BaseException):
        pass

    def __init__(self, step):
        super().__init__()
        self.step, self.seen = step, 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen += 1
        if self.seen == self.step:
            raise self.Killed
