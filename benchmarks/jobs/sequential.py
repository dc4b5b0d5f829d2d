"""The classic job by `fit`, epoch by epoch in turns: python -m benchmarks.jobs.sequential keras|chainrule MNIST.npz."""

import sys

from benchmarks.jobs import mnist, network
from benchmarks.jobs.turns import Turns

lib = network.library(sys.argv[1])
turns = Turns()


class InTurns(lib.callbacks.Callback):
    """Waits before each epoch but the first: there `fit` itself was waited with."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            turns.wait(**self.figures)

    def on_epoch_end(self, epoch, logs=None):
        self.figures = {name: float(value) for name, value in logs.items()}


(x, y), _ = mnist.read(sys.argv[2])
y = network.one_hot(y)
model = network.classic(lib)
turns.wait()
model.fit(x, y, batch_size=32, epochs=1_000_000, verbose=0, callbacks=[InTurns()])
