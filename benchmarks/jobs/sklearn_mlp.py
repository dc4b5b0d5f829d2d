"""The classic job by scikit-learn's MLPClassifier: python -m benchmarks.jobs.sklearn_mlp MNIST.npz.

It reports the loss, but does not count the training accuracy: a little less work than the others do.
"""

import sys

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.jobs import mnist
from benchmarks.jobs.turns import Turns

(x, y), _ = mnist.read(sys.argv[1])
model = MLPClassifier((784, 100), solver="adam", alpha=0.0, batch_size=32, epsilon=1e-7, shuffle=True)

turns, figures = Turns(), {}
while True:
    turns.wait(**figures)
    model.partial_fit(x, y, classes=np.arange(10))
    figures = {"loss": float(model.loss_)}
