"""Whether learning still gives the same bits: hashes of weights and recorded steps, here and at an earlier commit.

    python -m benchmarks.bits                    prints the hashes of this checkout
    python -m benchmarks.bits --against COMMIT   compares them with those of COMMIT, run on this machine

Jobs: classic, fast, dropout, resume (killed by a callback, resumed), fork; each on NumPy and on JAX.
Hashes depend on the processor and the versions of NumPy and JAX, so none are stored: both sides run here.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

JOBS = r"""
import hashlib, json, sys, tempfile, pathlib
import numpy as np
import chainrule as cr
from chainrule import layers, datasets
try:
    from chainrule import RunRecorder
    from chainrule.recording import resume
    from chainrule.training import recipes
except ImportError:
    from chainrule import Record as RunRecorder
    from chainrule import reruns as resume, recipes
from chainrule import arrays, runs

(x, y), _ = datasets.mnist.load_data()
x, y = x[:2000].reshape(2000, 784).astype("float32") / 255, np.eye(10, dtype="float32")[y[:2000]]

def digest(*arrays):
    sha = hashlib.sha256()
    for a in arrays:
        sha.update(np.ascontiguousarray(a).tobytes())
    return sha.hexdigest()[:16]

def net(*more, seed=1):
    cr.utils.set_random_seed(seed)
    return cr.Sequential([layers.Input((784,)), layers.Dense(784, "relu"), *more, layers.Dense(100, "relu"), layers.Dense(10, "softmax")])

def steps(folder):
    run = runs.Run(folder)
    return np.stack([np.asarray(run.steps[name]) for name in run.columns if not name.startswith("grad")])

def learn(model, backend, folder, epochs=2, callbacks=()):
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], backend=backend)
    record = RunRecorder(folder)
    model.fit(x, y, epochs=epochs, verbose=0, callbacks=[record, *callbacks])
    return digest(*model.get_weights(), steps(record.folder))

found = {}
for backend in ("numpy", "jax"):
    root = pathlib.Path(tempfile.mkdtemp())
    found[f"classic {backend}"] = learn(net(), backend, root / "a")
    found[f"dropout {backend}"] = learn(net(layers.Dropout(0.3)), backend, root / "b")
    np.savez(root / "small.npz", x_train=(x[:1000] * 255).astype("uint8").reshape(-1, 28, 28), y_train=y[:1000].argmax(1),
             x_test=(x[1000:1200] * 255).astype("uint8").reshape(-1, 28, 28), y_test=y[1000:1200].argmax(1))
    data = datasets.load(str(root / "small.npz"))
    def job(name, **changes):
        arrays.set_seed(3)
        return resume.new(data, recipes.recipe(name, 1000, **changes), str(root / "small.npz"), {}, 3, backend=backend, runs_dir=root / "runs")
    fast = job("fast", epochs=2)
    fast.learn(0)
    found[f"fast {backend}"] = digest(*fast.model.get_weights(), steps(fast.record.folder))
    class Stop(cr.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 17:
                self.model.interrupted = True
    cut = job("classic", epochs=2)
    cut.learn(0, callbacks=[Stop()])
    back = resume.resumed(runs.Run(cut.record.folder))
    back.learn(0)
    found[f"resume {backend}"] = digest(*back.model.get_weights(), steps(back.record.folder))
    fork = resume.forked(runs.Run(back.record.folder), 40, learning_rate=0.002)
    fork.learn(0)
    found[f"fork {backend}"] = digest(*fork.model.get_weights(), steps(fork.record.folder))
print(json.dumps(found))
"""


def hashes(folder: Path) -> dict[str, str]:
    """The hashes of the checkout in a folder."""
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {
            "PYTHONPATH": str(folder / "src"),
            "CHAINRULE_HOME": home,
            "PYTHONWARNINGS": "ignore",
        }
        done = subprocess.run(
            [sys.executable, "-c", JOBS], env=env, cwd=home, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Prints the hashes, or compares two checkouts; exit code 1 where they differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", metavar="COMMIT", help="a commit to compare with")
    against = parser.parse_args().against
    here = hashes(ROOT)
    if not against:
        print(*(f"{name:16} {value}" for name, value in here.items()), sep="\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["git", "-C", str(ROOT), "worktree", "add", "-q", "--detach", folder, against], check=True
        )
        try:
            there = hashes(Path(folder))
        finally:
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", folder], check=True)
    for name, value in here.items():
        print(f"{name:16} {value} {there[name]} {'same' if value == there[name] else 'DIFFERENT'}")
    return int(here != there)


if __name__ == "__main__":
    sys.exit(main())
