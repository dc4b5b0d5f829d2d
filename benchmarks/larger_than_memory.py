"""Learning from a file that is larger than what memory there is: `python -m benchmarks.larger_than_memory [GIGABYTES] [FOLDER]`.

Pictures of 96 x 96 x 3 bytes are made, one epoch is learned from the file in windows, and the most memory that the process took is
printed beside what the data take; then the same from the array in memory (up to 2 GB), with its time and whether the bits are the same.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPE = (96, 96, 3)


def made(path, gigabytes):
    """A .npy file of so many gigabytes, written in parts."""
    import numpy as np

    n = int(gigabytes * 1e9 // np.prod(SHAPE))
    rng, mapped = np.random.default_rng(0), np.lib.format.open_memmap(path, "w+", np.uint8, (n, *SHAPE))
    for start in range(0, n, 2000):
        mapped[start : start + 2000] = rng.integers(0, 256, (min(2000, n - start), *SHAPE), dtype=np.uint8)
    mapped.flush()


def learn(path, how):
    """An epoch; what it took, as JSON."""
    import numpy as np

    import chainrule
    from chainrule import Scaled, Sequential, layers
    from chainrule.datasets import npy_rows

    rows = npy_rows(path)
    y = np.arange(len(rows)) % 10
    x = rows if how == "file" else np.load(path)
    chainrule.utils.set_random_seed(1)
    model = Sequential([
        layers.Input(SHAPE), layers.AveragePooling2D(8), layers.Flatten(), layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", backend="jax")
    model.fit(Scaled(x[:64], 255.0), y[:64], batch_size=64, verbose=0)  # compiles
    cpu, wall = time.process_time(), time.perf_counter()
    model.fit(Scaled(x, 255.0), y, batch_size=64, epochs=1, verbose=0)
    print(json.dumps({
        "seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "gigabytes": rows.nbytes / 1e9,
        "peak": most_memory(),
        "weights": hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest()[:12],
    }))  # fmt: skip


def most_memory():
    """In gigabytes; by the system's own mark, because what getrusage says includes the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e6


def main(gigabytes=3.0, folder=None):
    """Makes the file, learns, prints."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "pictures.npy"
        made(path, gigabytes)
        for how in ("file", "array") if gigabytes <= 2 else ("file",):
            words = [sys.executable, "-m", "benchmarks.larger_than_memory", "--learn", str(path), how]
            fields = json.loads(
                subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
            )
            print(f"{how}: {fields['gigabytes']:.2f} GB of pictures, at most {fields['peak']:.2f} GB of memory, "
                  f"{fields['seconds']:.1f} s ({fields['cpu']:.1f} s of a processor), weights {fields['weights']}")  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--learn"]:
        learn(*sys.argv[2:4])
    else:
        main(*map(float, sys.argv[1:2]), *sys.argv[2:3])
