"""How the bundled digit reader was made: python -m benchmarks.handwriting.train OUT.keras [--epochs 13]

MNIST's training digits but for 4,800 that are held back to calibrate on, and what is made from them: digits of few pixels,
disturbed ones, digits in other styles, digits as they come out of made pages, and, as "all equally likely", pieces of made
strings, drawn glyphs and spoiled digits. Then three epochs more with what the first reader was often wrong about: digits
stretched to squares of few pixels, more styles, printed digits and letters; the weights halfway between both are kept. A third round shows it
joined and steep hands: strokes from a neighbour, rings left open, digits that lean far; again the weights halfway are kept. No collected picture is among them. Each is
bent anew at every step. About 35 s of one core an epoch, and nine minutes to make the pictures. The steps are written out here for JAX, because the recipe of
`chainrule train` makes the dense reader of earlier versions; the network is then one of `chainrule.layers`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from benchmarks.handwriting.printed import printed_digits, printed_letters
from chainrule import Sequential, datasets, layers
from chainrule.images.made_digits import coarse, disturbed, joined_to_neighbours, slanted, stretched
from chainrule.images.made_pages import page_digits
from chainrule.images.made_strings import string_pieces
from chainrule.images.non_digits import drawn_glyphs, spoiled
from chainrule.images.rejection import Rejection
from chainrule.images.settings import Preparation
from chainrule.images.writing_styles import JOINED, drawn_digits
from chainrule.inference.card import ModelCard
from chainrule.inference.handwriting import calibrated
from chainrule.training.augmentation import Handwriting

NONE = 10  # the label of what is no digit
BATCH = 128
RATE, WARMUP = 0.002, 300
SMOOTHING = 0.02


def together(*parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels of several sets."""
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def split() -> tuple[np.ndarray, np.ndarray]:
    """Which of MNIST's 60,000 training digits calibrate, and which are learned from."""
    order = np.random.default_rng(5).permutation(60_000)
    return order[:4800], np.sort(order[4800:])


def examples(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Everything that is learned from: uint8 (n, 28, 28), labels (n,), 10 for what is no digit."""
    rng = np.random.default_rng(7)

    def some(n: int) -> np.ndarray:
        return rng.choice(len(x), n, replace=False)

    few, torn, spoilt = some(12_000), some(9_000), some(4_000)
    styles, pieces = drawn_digits(4_500, 3), string_pieces(x, y, 26_000, 3)
    pages = page_digits(x, y, 8_000, 5)
    pictures = [x, coarse(x[few], 1), disturbed(x[torn], 2), styles[0], pieces[0], drawn_glyphs(11_000, 4),
                spoiled(x[spoilt], y[spoilt], 8), pages[0]]  # fmt: skip
    labels = [y, y[few], y[torn], styles[1], np.where(pieces[1] < 0, NONE, pieces[1]), np.full(11_000, NONE),
              np.full(4_000, NONE), pages[1]]  # fmt: skip
    return np.concatenate(pictures), np.concatenate(labels).astype(np.int32)


def further(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is added for the second round: uint8 (n, 28, 28), labels (n,), 10 for what is no digit."""
    some = np.random.default_rng(8).choice(len(x), 12_000, replace=False)
    styles, printed = drawn_digits(8_000, 13), printed_digits(4_000, 15)
    styles[0][:5_000] = stretched(styles[0][:5_000], 14)
    pictures = [stretched(x[some], 1), styles[0], printed[0], printed_letters(5_000, 16)]
    labels = [y[some], styles[1], printed[1], np.full(5_000, NONE)]
    return np.concatenate(pictures), np.concatenate(labels).astype(np.int32)


def joined_hands(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is added for the third round: uint8 (n, 28, 28), labels (n,)."""
    some = np.random.default_rng(10).choice(len(x), 18_000, replace=False)
    tails, lean = some[:12_000], some[12_000:]
    styles, labels = drawn_digits(16_000, 17, JOINED)
    styles[:3_000] = coarse(styles[:3_000], 18)
    styles[3_000:8_000] = stretched(styles[3_000:8_000], 20)
    styles[8_000:12_000] = slanted(styles[8_000:12_000], 21)
    pictures = [joined_to_neighbours(x[tails], 19), slanted(x[lean], 22), styles]
    return np.concatenate(pictures), np.concatenate([y[tails], y[lean], labels]).astype(np.int32)


def network() -> Sequential:
    """The reader: three convolutions, one pooling, two dense layers; 150,000 weights."""
    return Sequential([
        layers.Input(shape=(28, 28)), layers.Reshape((28, 28, 1)),
        layers.Conv2D(24, 5, strides=2, activation="relu"), layers.Conv2D(48, 3, activation="relu"),
        layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu"), layers.Flatten(),
        layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def learn(
    pictures: np.ndarray, labels: np.ndarray, epochs: int, top: float = RATE, start: list[np.ndarray] | None = None,
    checkpoint: str | None = None, most: int = 99,
) -> list[np.ndarray]:  # fmt: skip
    """The weights of `network` after learning: Adam, a rate that rises to `top` and falls as a cosine.

    start: weights to go on from.  checkpoint: a file in which each epoch's end is kept, and from which a later call goes on;
    most: so many epochs in this call.
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
        rate = top * jnp.minimum(1, i / WARMUP) * 0.5 * (1 + jnp.cos(jnp.pi * i / (steps * epochs)))
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
    shapes = ((5, 5, 1, 24), (3, 3, 24, 48), (3, 3, 48, 64), (576, 128), (128, 10))
    p = [
        (jnp.asarray(rng.normal(0, (2 / np.prod(s[:-1])) ** 0.5, s), jnp.float32), jnp.zeros(s[-1]))
        for s in shapes
    ]
    if start is not None:
        p = [(jnp.asarray(a), jnp.asarray(b)) for a, b in zip(start[::2], start[1::2], strict=True)]
    m, v, key, i = each(jnp.zeros_like, p), each(jnp.zeros_like, p), jax.random.key(1), 0
    first, flat = 0, jax.tree.structure((p, m, v))
    if checkpoint is not None and Path(checkpoint).exists():
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
    return [np.asarray(a) for pair in p for a in pair]


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
    """Makes the pictures, learns, calibrates, saves."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out")
    parser.add_argument("--epochs", type=int, default=13)
    parser.add_argument(
        "--weights", help="an .npz with weights that were learned before: only calibrates and saves"
    )
    options = parser.parse_args()
    data = datasets.load("mnist")
    held, learned = split()
    if options.weights:
        stored = np.load(options.weights)
        weights = [stored[f"arr_{k}"] for k in range(10)]
    else:
        x, y = data.x_train[learned], data.y_train[learned]
        first = examples(x, y)
        before, more = learn(*first, options.epochs), further(x, y)
        some = np.random.default_rng(9).choice(len(first[1]), 50_000, replace=False)
        everything = together(first, more)
        fewer = together((first[0][some], first[1][some]), more)
        after = learn(
            *everything, 6, 0.0012, before, most=1
        )  # one epoch at a high rate, two at a falling one
        after = learn(*fewer, 2, 0.0009, after)
        second = [
            (a + b) / 2 for a, b in zip(before, after, strict=True)
        ]  # halfway: the first kinds are kept
        hands = joined_hands(x, y)
        some = np.random.default_rng(11).choice(len(first[1]), 50_000, replace=False)
        third = learn(*together((first[0][some], first[1][some]), more, hands), 4, 0.0011, second)
        none, digits = np.flatnonzero(first[1] == NONE), np.flatnonzero(first[1] != NONE)
        some = np.concatenate([none, np.random.default_rng(12).choice(digits, 40_000, replace=False)])
        third = learn(*together((first[0][some], first[1][some]), more, hands), 2, 0.0007, third)
        weights = [(a + b) / 2 for a, b in zip(second, third, strict=True)]
    finished(weights, data.x_train[held], data.y_train[held], options.epochs, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
