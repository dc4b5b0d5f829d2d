"""One point by one library, in a process of its own: a fit of five epochs, then one epoch more; prints JSON.

    python -m benchmarks.scaling.job LIBRARY '{"kind": "dense", ...}'

LIBRARY: chainrule (which chooses), chainrule-numpy, chainrule-jax, keras, torch, sklearn. Made data: what is learned does
not matter for the time.
"""

import json
import os
import resource
import sys
import time

EPOCHS = 5
SIDE, TIMES, NUMBERS = 16, 20, 8  # of the pictures and sequences of the other kinds


def used():
    """Processor seconds of this process so far, and seconds on the clock."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime, time.perf_counter()


def since(begun):
    """The same, from then on."""
    now = used()
    return {"cpu": now[0] - begun[0], "seconds": now[1] - begun[1]}


def data(point):
    """Inputs and labels of ten classes."""
    import numpy as np

    rng = np.random.default_rng(0)
    shape = {"conv": (SIDE, SIDE, 1), "recurrent": (TIMES, NUMBERS)}.get(point["kind"], (784,))
    return rng.random((point["examples"], *shape), dtype=np.float32), rng.integers(0, 10, point["examples"])


def network(models, layers, point):
    """The network of a point, in words that Keras and Chainrule share."""
    kind, width, depth = point["kind"], point["width"], point["depth"]
    dense = lambda units, name="relu": layers.Dense(units, activation=name)  # noqa: E731
    if kind == "residual":
        inputs = layers.Input((784,))
        x = dense(width)(inputs)
        for _ in range(depth):
            x = layers.Add()([x, layers.Dense(width)(dense(width)(x))])
        return models.Model(inputs, dense(10, "softmax")(x))
    if kind == "conv":
        body = [layers.Input((SIDE, SIDE, 1))]
        for _ in range(depth):
            body += [layers.Conv2D(width, 3, activation="relu"), layers.MaxPooling2D()]
        body.append(layers.Flatten())
    elif kind == "recurrent":
        body = [layers.Input((TIMES, NUMBERS)), layers.LSTM(width)]
    else:  # the classic network's last hidden layer is 100 wide
        body = [layers.Input((784,)), *(dense(width) for _ in range(depth - 1)), dense(100)]
    return models.Sequential([*body, dense(10, "softmax")])


def fitted(models, layers, point, **settings):
    """What fits so many epochs, with Keras's methods."""
    x, y = data(point)
    model = network(models, layers, point)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **settings)
    return model, lambda epochs: model.fit(x, y, batch_size=point["batch"], epochs=epochs, verbose=0)


def run(library, point):
    """{"first": of five epochs, "more": of one more, "memory": MB, "engine"}."""
    engine = ""
    if library.startswith("chainrule"):
        from chainrule import layers, models

        asked = library.partition("-")[2] or None
        begun = used()
        model, fit = fitted(models, layers, point, **({"backend": asked} if asked else {}))
    elif library == "keras":
        os.environ["KERAS_BACKEND"] = "jax"
        begun = used()
        from keras import layers, models

        model, fit = fitted(models, layers, point)
    else:
        from benchmarks.scaling import peers

        begun = used()
        model, fit = None, getattr(peers, library)(point, *data(point))
    fit(EPOCHS)
    first = since(begun)
    engine = getattr(model, "backend_used", None) or ""
    begun = used()
    fit(1)
    more = since(begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1 << 20
    )
    return {"first": first, "more": more, "memory": peak, "engine": engine}


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], json.loads(sys.argv[2]))))
