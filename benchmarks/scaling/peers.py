"""The dense points by peers that have no Keras methods: a hand-written PyTorch loop, and scikit-learn."""

from itertools import pairwise


def sizes(point):
    """The widths of the hidden layers."""
    return [*[point["width"]] * (point["depth"] - 1), 100]


def torch(point, x, y):
    """What fits so many epochs: data in memory, fused Adam."""
    import torch as library
    from torch import nn

    widths, parts = [784, *sizes(point)], []
    for before, after in pairwise(widths):
        parts += [nn.Linear(before, after), nn.ReLU()]
    model = nn.Sequential(*parts, nn.Linear(widths[-1], 10))
    optimizer = library.optim.Adam(model.parameters(), fused=True)
    loss, x, y = nn.CrossEntropyLoss(), library.from_numpy(x), library.from_numpy(y)

    def fit(epochs):
        for _ in range(epochs):
            for chosen in library.randperm(len(x)).split(point["batch"]):
                optimizer.zero_grad(set_to_none=True)
                loss(model(x[chosen]), y[chosen]).backward()
                optimizer.step()

    return fit


def sklearn(point, x, y):
    """What fits so many epochs: MLPClassifier, one epoch a call."""
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(sizes(point), batch_size=min(point["batch"], len(x)), alpha=0.0)

    def fit(epochs):
        for _ in range(epochs):
            model.partial_fit(x, y, classes=np.arange(10))

    return fit
