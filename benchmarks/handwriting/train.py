"""How the bundled digit reader was made: python -m benchmarks.handwriting.train OUT.keras [--epochs 12] [--kept FOLDER]

It learns from everything in `examples`, each picture bent anew at every step; then its probability is fitted on MNIST's digits that
were held back, on made pages with them. No collected picture is among them. About nine minutes of one core to make the pictures,
80 s an epoch, two minutes for the probability. With --kept, what is done is kept in a folder, and a call that was broken off goes
on from there. The steps are written out here for JAX, because the recipe of `chainrule train` makes the dense reader of
earlier versions; the network is then one of `chainrule.layers`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.handwriting.examples import NONE, all_examples, split
from chainrule import Sequential, datasets, layers
from chainrule.images.rejection import Rejection
from chainrule.images.settings import Preparation
from chainrule.inference.card import ModelCard
from chainrule.inference.handwriting import calibrated
from chainrule.training.augmentation import Handwriting

BATCH = 128
EPOCHS = 12
RATE, WARMUP = 0.002, 300
SMOOTHING = 0.02
SIZES = (24, 48, 128, 256)  # channels of the three convolutions, units of the dense layer


def network() -> Sequential:
    """The reader: three convolutions, one pooling, two dense layers; 364,000 weights."""
    first, second, third, units = SIZES
    return Sequential([
        layers.Input(shape=(28, 28)), layers.Reshape((28, 28, 1)),
        layers.Conv2D(first, 5, strides=2, activation="relu"), layers.Conv2D(second, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Conv2D(third, 3, activation="relu"), layers.Flatten(),
        layers.Dense(units, activation="relu"), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def learn(
    pictures: np.ndarray, labels: np.ndarray, epochs: int, checkpoint: Path | None = None, most: int = 99
) -> tuple[list[np.ndarray], int]:
    """The weights of `network` after learning, and how many epochs are done: Adam, a rate that rises to `RATE` and falls as a cosine.

    checkpoint: a file in which each epoch's end is kept, and from which a later call goes on; most: so many epochs in this call.
    """
    import jax
    import jax.numpy as jnp

    def forward(p, x):
        x = x.reshape(-1, 28, 28, 1)

        def convolved(x, kernel, bias, stride=1):
            y = jax.lax.conv_general_dilated(
                x, kernel, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
            )
            return jax.nn.relu(y + bias)

        x = convolved(convolved(x, *p[0], 2), *p[1])
        x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        x = convolved(x, *p[2]).reshape(len(x), -1)
        return jax.nn.relu(x @ p[3][0] + p[3][1]) @ p[4][0] + p[4][1]

    targets = np.full((11, 10), SMOOTHING / 9, np.float32)
    targets[np.arange(10), np.arange(10)] = 1 - SMOOTHING
    targets[NONE] = 0.1
    targets, bend, each = jnp.asarray(targets), Handwriting(), jax.tree.map
    steps = len(pictures) // BATCH

    @jax.jit
    def step(p, m, v, i, x, y, key):
        x = bent(bend, x.reshape(-1, 784).astype(jnp.float32) / 255, key)
        loss, g = jax.value_and_grad(
            lambda p: -jnp.mean(jnp.sum(targets[y] * jax.nn.log_softmax(forward(p, x)), 1))
        )(p)
        rate = RATE * jnp.minimum(1, i / WARMUP) * 0.5 * (1 + jnp.cos(jnp.pi * i / (steps * epochs)))
        m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        p = each(
            lambda p, m, v: (
                p - rate * (m / (1 - 0.9 ** (i + 1))) / (jnp.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-7)
            ),
            p,
            m,
            v,
        )
        return p, m, v, loss

    rng = np.random.default_rng(0)
    one, two, three, units = SIZES
    shapes = ((5, 5, 1, one), (3, 3, one, two), (3, 3, two, three), (9 * three, units), (units, 10))
    p = [
        (jnp.asarray(rng.normal(0, (2 / np.prod(s[:-1])) ** 0.5, s), jnp.float32), jnp.zeros(s[-1]))
        for s in shapes
    ]
    m, v, key, i = each(jnp.zeros_like, p), each(jnp.zeros_like, p), jax.random.key(1), 0
    first, flat = 0, jax.tree.structure((p, m, v))
    if checkpoint is not None and checkpoint.exists():
        kept = np.load(checkpoint)
        p, m, v = jax.tree.unflatten(flat, [jnp.asarray(kept[f"arr_{k}"]) for k in range(30)])
        first = int(kept["epoch"])
        i = first * steps
    for epoch in range(first, min(epochs, first + most)):
        order = np.random.default_rng(epoch).permutation(len(pictures))
        for k in range(steps):
            batch = order[k * BATCH : (k + 1) * BATCH]
            p, m, v, loss = step(
                p, m, v, jnp.float32(i), pictures[batch], labels[batch], jax.random.fold_in(key, i)
            )
            i += 1
        print(f"epoch {epoch + 1}/{epochs}: loss {float(loss):.4f}", flush=True)
        if checkpoint is not None:
            arrays = [np.asarray(a) for a in jax.tree.leaves((p, m, v))]
            np.savez(checkpoint, *arrays, epoch=epoch + 1)
    return [np.asarray(a) for pair in p for a in pair], min(epochs, first + most)


def bent(layer, x, key):
    """Pictures as other people would have written them."""
    import jax

    from chainrule.layers.base import Context

    return layer.forward({}, x, Context(training=True, noise=lambda shape: jax.random.uniform(key, shape)))[0]


def finished(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray, epochs: int, out: str) -> None:
    """Puts the weights into the network, calibrates on the digits that were held back, and writes the file."""
    model = network()
    model.set_weights(weights)
    data = datasets.load("mnist")
    right = model.predict(data.x_test.astype(np.float32) / 255, verbose=0).argmax(axis=1) == data.y_test
    found = calibrated(lambda pixels: np.asarray(model.predict_on_batch(pixels)), x, y)
    accuracy = float(right.mean())
    results = {"accuracy": accuracy, "error": 1 - accuracy, "test_examples": len(right), "baseline": 0.1135,
               "calibration_error": found["calibration_error"], "calibrated_on": "4,800 held-back digits and made pages"}  # fmt: skip
    preparation = dict(data.preparation) | {"photos": Preparation().to_dict()}
    card = ModelCard(
        "classes", tuple("0123456789"), preparation, True, Rejection.from_dict(found["rejection"]),
        {"name": "mnist", "digest": data.digest, "options": {}}, {}, {"seed": 1, "epochs": epochs, "backend": "jax"}, results,
    )  # fmt: skip
    model.extras = card.to_dict()
    model.save(out)
    print(f"{out}: {accuracy:.2%} on MNIST's test digits, {found['rejection']}")


def main() -> int:
    """Makes the pictures, learns, fits the probability, saves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--kept", type=Path, help="a folder that keeps what is done, to go on from there")
    parser.add_argument("--most", type=int, default=99, help="so many epochs in this call")
    options = parser.parse_args()
    data = datasets.load("mnist")
    held, learned = split()
    checkpoint = options.kept and options.kept / "learned.npz"
    pictures, labels = all_examples(data.x_train[learned], data.y_train[learned], options.kept)
    weights, done = learn(pictures, labels, options.epochs, checkpoint, options.most)
    if done < options.epochs:
        print(f"{done} of {options.epochs} epochs are done; the same call goes on")
        return 0
    finished(weights, data.x_train[held], data.y_train[held], options.epochs, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
