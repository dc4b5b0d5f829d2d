"""What recording a fit of Keras costs: `python -m benchmarks.keras_record [PAIRS] [SAVE_FREQ]`, KERAS_BACKEND=jax.

Fits of the classic job's network on 12,000 of MNIST's digits, twelve epochs each (4,500 steps), with and without `Record`, in turns in one process, the
order of each pair changed. Prints both, by processor time and by the clock, and the median of the pairs' ratios with its quartiles.
"""

import os
import sys
import tempfile
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

from chainrule.datasets import mnist
from chainrule.integrations.keras import Record

BATCH, EXAMPLES, EPOCHS = 32, 12_000, 12


def main(pairs=8, save_freq="auto"):
    """Measures and prints."""
    (x, y), _ = mnist.load_data()
    x, y = (x[:EXAMPLES].reshape(-1, 784) / np.float32(255)).astype(np.float32), y[:EXAMPLES].astype(np.int32)
    model = keras.Sequential(
        [keras.layers.Input((784,)), keras.layers.Dense(784, "sigmoid"), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])

    def fit(*callbacks):
        cpu, wall = time.process_time(), time.perf_counter()
        model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0, callbacks=list(callbacks))
        return time.process_time() - cpu, time.perf_counter() - wall

    fit()  # compiles
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        fit(Record(folder))
        for k in range(pairs):
            if k % 2:
                recorded, plain = fit(Record(folder, save_freq=save_freq)), fit()
            else:
                plain, recorded = fit(), fit(Record(folder, save_freq=save_freq))
            rows.append((*plain, *recorded))
    plain_cpu, plain, with_cpu, recorded = np.array(rows).T
    for name, a, b in (("processor", plain_cpu, with_cpu), ("clock", plain, recorded)):
        low, middle, high = np.percentile(b / a, (25, 50, 75))
        print(f"{name:<9} plain {np.median(a):.2f} s, recorded {np.median(b):.2f} s; ratio {middle:.3f} ({low:.3f} to {high:.3f})"
              f", of the best two {b.min() / a.min():.3f}")  # fmt: skip


if __name__ == "__main__":
    asked = sys.argv[2] if len(sys.argv) > 2 else "auto"
    main(int((sys.argv[1:] or ["8"])[0]), int(asked) if asked.isdigit() else asked)
