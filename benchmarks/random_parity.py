"""Trainings with settings drawn at random, side by side with Keras: `python -m benchmarks.random_parity --count 20 --seed 0`.

Each draw is a network (rows, pictures, sequences or words), a loss that suits its output, an optimizer with settings, metrics, weights of
examples or of classes, and a batch size. Both libraries begin at the same weights and take the same batches: 50 steps of SGD and its kin
must end within 1e-5 of each other, 10 steps of the others within 1e-4, as a share of the size of all weights; the figures of the history
within a thousandth. One line a draw, and at the end the worst.
"""

import argparse
import os
import sys
from typing import Any, NamedTuple

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "jax")

BOUNDS = {50: 1e-5, 10: 1e-4}
FIGURES = 1e-3
SMOOTH = ["tanh", "sigmoid", "softplus", "gelu", "silu", "elu", "selu", "softsign", "mish"]
Draw = np.random.Generator


class Outcome(NamedTuple):
    """What a draw gave: its words, the steps, how far the weights are apart, and the figures, relative to Keras's."""

    words: str
    steps: int
    weights: float
    figures: float

    @property
    def agrees(self) -> bool:
        """Whether the bounds hold."""
        return self.weights <= BOUNDS[self.steps] and self.figures <= FIGURES


# ── networks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def settings_of_weights(rng: Draw) -> dict[str, Any]:
    """Regularizers and constraints of a layer, more often none."""
    found: dict[str, Any] = {}
    if rng.random() < 0.2:
        found["kernel_regularizer"] = str(rng.choice(["l1", "l2", "l1_l2"]))
    if rng.random() < 0.1:
        found["bias_regularizer"] = "l2"
    if rng.random() < 0.15:
        found["kernel_constraint"] = str(rng.choice(["max_norm", "unit_norm", "min_max_norm"]))
    if rng.random() < 0.1:
        found["activity_regularizer"] = "l2"
    return found


def activation(rng: Draw) -> str:
    """An activation without a kink."""
    return str(rng.choice(SMOOTH))


def rows(k: Any, rng: Draw) -> list[Any]:
    """Dense layers, with what stands between them."""
    layers = [k.Input((6,))]
    for _ in range(rng.integers(1, 4)):
        layers.append(k.layers.Dense(int(rng.integers(2, 9)), activation(rng), **settings_of_weights(rng)))
        between = rng.integers(6)
        if between == 0:
            layers.append(k.layers.BatchNormalization(momentum=0.9))
        elif between == 1:
            layers.append(k.layers.LayerNormalization(scale=bool(rng.integers(2))))
        elif between == 2:
            layers.append(k.layers.UnitNormalization())
    return layers


def pictures(k: Any, rng: Draw) -> list[Any]:
    """Convolutions of several kinds and what gathers them."""
    layers = [k.Input((8, 7, 2))]
    for _ in range(rng.integers(1, 3)):
        kind, padding = rng.integers(4), str(rng.choice(["same", "valid"]))
        how = {"padding": padding, "activation": activation(rng), "use_bias": bool(rng.integers(2))}
        if kind == 0:
            layers.append(k.layers.Conv2D(4, int(rng.integers(1, 4)), strides=int(rng.integers(1, 3)), **how))
        elif kind == 1:
            layers.append(k.layers.SeparableConv2D(4, 2, depth_multiplier=int(rng.integers(1, 3)), **how))
        elif kind == 2:
            layers.append(k.layers.DepthwiseConv2D(2, depth_multiplier=2, **how))
        else:
            layers.append(k.layers.Conv2DTranspose(3, 2, **how))
        if rng.random() < 0.3:
            layers.append(k.layers.GroupNormalization(1))
    layers.append(k.layers.AveragePooling2D(2, padding="same"))
    layers.append(k.layers.Flatten() if rng.integers(2) else k.layers.GlobalAveragePooling2D())
    return layers


def recurrent(k: Any, rng: Draw, **how: Any) -> Any:
    """A recurrent layer, also both ways."""
    kind = [k.layers.SimpleRNN, k.layers.LSTM, k.layers.GRU][rng.integers(3)]
    if rng.random() < 0.2:
        how |= {"recurrent_regularizer": "l2", "kernel_regularizer": "l2"}
    if rng.random() < 0.2:
        how |= {"zero_output_for_mask": True}
    layer = kind(int(rng.integers(2, 5)), use_bias=bool(rng.integers(4)), **how)
    return (
        k.layers.Bidirectional(layer, str(rng.choice(["concat", "sum", "ave", "mul"])))
        if rng.random() < 0.3
        else layer
    )


def sequences(k: Any, rng: Draw) -> list[Any]:
    """Numbers over time."""
    layers = [k.Input((7, 3))]
    if rng.random() < 0.4:
        layers.append(
            k.layers.Conv1D(4, 3, padding=str(rng.choice(["causal", "same"])), activation=activation(rng))
        )
    layers.append(recurrent(k, rng, return_sequences=True))
    if rng.random() < 0.4:
        layers.append(k.layers.TimeDistributed(k.layers.Dense(3, activation(rng))))
    layers.append(recurrent(k, rng) if rng.integers(2) else k.layers.GlobalAveragePooling1D())
    return layers


def words(k: Any, rng: Draw) -> list[Any]:
    """Words, their padding left out or not."""
    masked = bool(rng.integers(2))
    layers = [k.Input((7,)), k.layers.Embedding(12, 4, mask_zero=masked)]
    return [*layers, recurrent(k, rng, return_sequences=True), recurrent(k, rng)]


def branches(k: Any, rng: Draw) -> tuple[Any, Any, str]:
    """Rows that go several ways, and come together again once or twice; the same input at the end, too, or not."""
    x = given = k.Input((6,))
    kinds = ["Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract"]
    found = []
    for _ in range(rng.integers(1, 3)):
        kind, units = str(rng.choice(kinds)), int(rng.integers(2, 7))
        shared = k.layers.Dense(units, activation(rng))
        ways = [k.layers.Dense(units, activation(rng))(x), shared(k.layers.Dense(6)(given))]
        x = getattr(k.layers, kind)()(ways)
        found.append(kind)
    if rng.random() < 0.3:
        x = k.layers.Concatenate()([x, given])
    return given, x, " ".join(found)


def attention(k: Any, rng: Draw) -> tuple[Any, Any, str]:
    """A sequence that looks at itself, with a residual way around."""
    x = given = k.Input((7, 3))
    x = k.layers.Dense(4)(x)
    kind = rng.integers(3)
    if kind == 0:
        y = k.layers.MultiHeadAttention(2, 3, use_bias=bool(rng.integers(2)))(
            x, x, use_causal_mask=bool(rng.integers(2))
        )
    else:
        layer = k.layers.AdditiveAttention() if kind == 1 else k.layers.Attention(use_scale=True)
        y = layer([x, k.layers.Dense(4)(x)])
    x = k.layers.LayerNormalization()(k.layers.Add()([x, y]))
    return (
        given,
        k.layers.GlobalAveragePooling1D()(x),
        ["MultiHeadAttention", "AdditiveAttention", "Attention"][kind],
    )


NETWORKS = {
    "rows": rows, "pictures": pictures, "sequences": sequences, "words": words, "branches": branches, "attention": attention,
}  # fmt: skip


def inputs(kind: str, n: int, rng: Draw) -> np.ndarray:
    """Examples for a kind of network."""
    if kind == "words":
        return rng.integers(1, 12, (n, 7)) * (np.arange(7) < rng.integers(2, 8, (n, 1)))
    shape = {"rows": (6,), "branches": (6,), "pictures": (8, 7, 2)}.get(kind, (7, 3))
    return rng.normal(size=(n, *shape)).astype(np.float32)


# ── what is learned, and how ─────────────────────────────────────────────────────────────────────────────────────────

HEADS: dict[str, tuple[int, str | None, list[str], list[str]]] = {
    "numbers": (
        2, None, ["mse", "mae", "huber", "log_cosh", "cosine_similarity", "mean_absolute_percentage_error"],
        ["mae", "mse", "root_mean_squared_error", "r2_score"],
    ),
    "amounts": (2, "softplus", ["poisson", "msle", "mse"], ["mean_absolute_error"]),
    "yes or no": (1, "sigmoid", ["binary_crossentropy", "binary_focal_crossentropy", "hinge", "squared_hinge"], ["accuracy", "AUC", "Precision"]),
    "one-hot": (
        3, "softmax", ["categorical_crossentropy", "kl_divergence", "categorical_focal_crossentropy", "categorical_hinge"],
        ["accuracy", "top_k_categorical_accuracy", "F1Score"],
    ),
    "labels": (3, "softmax", ["sparse_categorical_crossentropy"], ["accuracy", "sparse_top_k_categorical_accuracy"]),
}  # fmt: skip


def targets(head: str, n: int, rng: Draw) -> np.ndarray:
    """Targets for a kind of output."""
    if head == "numbers":
        return rng.normal(size=(n, 2)).astype(np.float32)
    if head == "amounts":
        return rng.uniform(0.1, 3, (n, 2)).astype(np.float32)
    if head == "yes or no":
        return rng.integers(0, 2, (n, 1)).astype(np.float32)
    labels = rng.integers(0, 3, n)
    return labels if head == "labels" else np.eye(3, dtype=np.float32)[labels]


def optimizer(k: Any, rng: Draw) -> tuple[Any, int]:
    """An optimizer with settings, and the steps it takes."""
    o, s, shared = k.optimizers, k.optimizers.schedules, {}
    clip = rng.integers(8)
    if clip < 3:
        shared[["clipnorm", "clipvalue", "global_clipnorm"][clip]] = float(rng.choice([0.01, 0.1, 1.0]))
    if rng.random() < 0.3:
        shared["weight_decay"] = float(rng.choice([0.004, 0.05]))
    if rng.random() < 0.25:
        shared |= {"use_ema": True, "ema_momentum": 0.9}
        if rng.random() < 0.5:
            shared["ema_overwrite_frequency"] = 4
    if rng.random() < 0.2:
        shared["gradient_accumulation_steps"] = int(rng.integers(2, 4))
    kind = rng.integers(9)
    if kind < 3:
        rate: Any = float(rng.choice([0.01, 0.05]))
        if rng.random() < 0.4:
            rate = [
                s.ExponentialDecay(rate, 10, 0.8), s.CosineDecay(rate, 40), s.InverseTimeDecay(rate, 5, 0.3),
                s.PolynomialDecay(rate, 30), s.PiecewiseConstantDecay([10, 30], [rate, rate / 2, rate / 10]),
            ][rng.integers(5)]  # fmt: skip
        momentum = float(rng.choice([0.0, 0.5, 0.9]))
        return o.SGD(rate, momentum=momentum, nesterov=bool(momentum and rng.integers(2)), **shared), 50
    rate = float(rng.choice([0.001, 0.01]))
    made = [
        lambda: o.Adam(rate, amsgrad=bool(rng.integers(2)), **shared),
        lambda: o.AdamW(rate, **shared | {"weight_decay": 0.01}),
        lambda: o.RMSprop(
            rate, momentum=float(rng.choice([0.0, 0.5])), centered=bool(rng.integers(2)), **shared
        ),
        lambda: o.Adagrad(rate, **shared),
        lambda: [o.Adadelta(1.0, **shared), o.Adamax(rate, **shared)][rng.integers(2)],
        lambda: o.Nadam(rate, **shared),
    ]
    return made[kind - 3](), 10


def model_of(k: Any, seed: int, engine: str) -> tuple[Any, int, str]:
    """The network, compiled; its steps; and what was drawn, in words."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(list(NETWORKS)))
    made = NETWORKS[kind](k, rng)
    if isinstance(made, list):
        given, inside = made[0], " ".join(type(layer).__name__ for layer in made[1:])
        x = given
        for layer in made[1:]:
            x = layer(x)
    else:
        given, x, inside = made
    head = str(rng.choice(list(HEADS)))
    units, bent, losses, metrics = HEADS[head]
    model = k.Model(given, k.layers.Dense(units, activation=bent)(x))
    loss, metric = str(rng.choice(losses)), str(rng.choice(metrics))
    how, steps = optimizer(k, rng)
    model.compile(how, loss, metrics=[metric], **({} if k.__name__ == "keras" else {"backend": engine}))
    shown = {
        n: v
        for n, v in how.get_config().items()
        if v not in (None, False, 0.0) and n not in ("name", "loss_scale_factor")
    }
    return model, steps, f"{kind}: {inside}; {head}, {loss}, {metric}; {type(how).__name__} {shown}"


def apart(ours: Any, theirs: Any) -> float:
    """The size of the difference of all weights over the size of the weights."""
    a, b = (
        np.concatenate([np.asarray(w, np.float64).ravel() for w in m.get_weights()]) for m in (ours, theirs)
    )
    return float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12))


def trained(seed: int) -> Outcome:
    """One draw, trained by both libraries."""
    import keras

    import chainrule

    chainrule.utils.set_random_seed(seed)
    engine = ("numpy", "jax")[seed % 2]
    ours, steps, said = model_of(chainrule, seed, engine)
    theirs, _, _ = model_of(keras, seed, engine)
    theirs.set_weights(ours.get_weights())
    rng = np.random.default_rng(10_000 + seed)
    kind, head = said.partition(":")[0], said.split(";")[1].split(",")[0].strip()
    batch = int(rng.choice([8, 10, 16]))
    n = batch * 5 - int(rng.integers(0, 3))
    x, y = inputs(kind, n, rng), targets(head, n, rng)
    weights: dict[str, Any] = {}
    weighing = rng.integers(3)
    if weighing == 0:
        weights["sample_weight"] = rng.uniform(0.5, 2, n).astype(np.float32)
    elif weighing == 1 and head == "labels":
        weights["class_weight"] = {0: 0.5, 1: 1.0, 2: 2.0}
    histories = [
        m.fit(x, y, batch_size=batch, epochs=steps // 5, shuffle=False, verbose=0, **weights).history
        for m in (ours, theirs)
    ]
    figures = 0.0
    for name, values in histories[1].items():
        a, b = np.asarray(histories[0][name], float), np.asarray(values, float)
        figures = max(figures, float(np.abs(a - b).max() / max(1.0, np.abs(b).max())))
    said += f"; batch {batch} of {n}, {next(iter(weights), 'no weights')}, {engine}"
    return Outcome(said, steps, apart(ours, theirs), figures)


def main() -> int:
    """Draws, trains, prints; 1 where a draw is beyond its bound."""
    parser = argparse.ArgumentParser(
        description="Trainings with settings drawn at random, side by side with Keras."
    )
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the first draw")
    asked = parser.parse_args()
    found = []
    for seed in range(asked.seed, asked.seed + asked.count):
        outcome = trained(seed)
        found.append(outcome)
        mark = "     " if outcome.agrees else "APART"
        print(f"{seed:4} {mark} {outcome.weights:.1e} {outcome.figures:.1e} {outcome.words}", flush=True)
    for steps, bound in BOUNDS.items():
        own = [one for one in found if one.steps == steps]
        if own:
            print(
                f"{len(own)} draws of {steps} steps: worst {max(o.weights for o in own):.1e} (bound {bound:g})"
            )
    beyond = [one for one in found if not one.agrees]
    print(f"{len(found) - len(beyond)} of {len(found)} draws agree.")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
