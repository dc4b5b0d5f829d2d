"""A whole script from start to saved model: python -m benchmarks.jobs.script keras|chainrule MNIST.npz SEED [MODEL].

Ten epochs of the classic job; the last line printed is the test accuracy.
"""

import sys

from benchmarks.jobs import mnist, network

name, data, seed, *out = sys.argv[1:]
lib = network.library(name)
lib.utils.set_random_seed(int(seed))
(x, y), (x_test, y_test) = mnist.read(data)
model = network.classic(lib)
model.fit(x, network.one_hot(y), batch_size=32, epochs=10, verbose=2)
accuracy = model.evaluate(x_test, network.one_hot(y_test), verbose=0)[1]
if out:
    model.save(out[0])
print(f"\n{accuracy:.4f}")
