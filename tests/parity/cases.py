"""What is compared with Keras: each case is written once and made by either library, under the same names."""

from typing import Any

import numpy as np


def optimizers(o: Any) -> dict[str, Any]:
    """Every optimizer with the settings that change its formula; o: either library's `optimizers`."""
    s = o.schedules
    return {
        "sgd": o.SGD(0.05),
        "momentum": o.SGD(0.05, momentum=0.9),
        "nesterov": o.SGD(0.05, momentum=0.9, nesterov=True),
        "rmsprop": o.RMSprop(0.002),
        "rmsprop momentum": o.RMSprop(0.002, rho=0.8, momentum=0.5, epsilon=1e-5),
        "rmsprop centered": o.RMSprop(0.002, centered=True),
        "rmsprop both": o.RMSprop(0.002, momentum=0.5, centered=True),
        "adagrad": o.Adagrad(0.05, initial_accumulator_value=0.2),
        "adam": o.Adam(0.005),
        "adadelta": o.Adadelta(0.5, rho=0.9, epsilon=1e-4),
        "adamax": o.Adamax(0.005, beta_1=0.8),
        "adam betas": o.Adam(0.005, beta_1=0.8, beta_2=0.95, epsilon=1e-4),
        "amsgrad": o.Adam(0.005, beta_2=0.9, amsgrad=True),
        "adamw": o.AdamW(0.005, weight_decay=0.02),
        "adam decay": o.Adam(0.005, weight_decay=0.02),
        "sgd decay": o.SGD(0.05, momentum=0.5, weight_decay=0.02),
        "nadam": o.Nadam(0.005),
        "clipnorm": o.Adam(0.005, clipnorm=0.02),
        "clipvalue": o.SGD(0.2, clipvalue=0.005),
        "global_clipnorm": o.SGD(0.2, momentum=0.5, global_clipnorm=0.05),
        "exponential": o.SGD(s.ExponentialDecay(0.1, 100, 0.7)),
        "cosine": o.Adam(s.CosineDecay(0.001, 700, 0.1, warmup_target=0.01, warmup_steps=100)),
        "piecewise": o.RMSprop(s.PiecewiseConstantDecay([100, 500], [0.005, 0.001, 0.0002])),
    }


def schedules(s: Any) -> dict[str, Any]:
    """Every schedule that Keras has; s: either library's `optimizers.schedules`."""
    return {
        "exponential": s.ExponentialDecay(0.1, 30, 0.7),
        "exponential stairs": s.ExponentialDecay(0.1, 30, 0.7, staircase=True),
        "inverse": s.InverseTimeDecay(0.1, 30, 0.7),
        "inverse stairs": s.InverseTimeDecay(0.1, 30, 0.7, staircase=True),
        "polynomial": s.PolynomialDecay(0.1, 80, 0.01),
        "polynomial square": s.PolynomialDecay(0.1, 80, 0.01, power=2.0),
        "polynomial cycle": s.PolynomialDecay(0.1, 30, 0.01, power=2.0, cycle=True),
        "restarts": s.CosineDecayRestarts(0.1, 9),
        "restarts equal": s.CosineDecayRestarts(0.1, 25, t_mul=1.0, m_mul=0.5, alpha=0.1),
        "cosine": s.CosineDecay(0.1, 80),
        "cosine floor": s.CosineDecay(0.1, 80, alpha=0.2),
        "cosine warm": s.CosineDecay(0.01, 80, warmup_target=0.2, warmup_steps=20),
        "cosine warm floor": s.CosineDecay(0.01, 80, alpha=0.3, warmup_target=0.2, warmup_steps=20),
        "piecewise": s.PiecewiseConstantDecay([10, 20, 50], [0.5, 0.3, 0.2, 0.1]),
    }


def losses(k: Any) -> dict[str, tuple[Any, str]]:
    """Every loss and setting, and the kind of targets and predictions that it takes; k: either library's `losses`."""
    return {
        "mse": (k.MeanSquaredError(), "numbers"),
        "mae": (k.MeanAbsoluteError(), "numbers"),
        "huber": (k.Huber(), "numbers"),
        "huber delta": (k.Huber(delta=0.3), "numbers"),
        "categorical": (k.CategoricalCrossentropy(), "one-hot shares"),
        "categorical logits": (k.CategoricalCrossentropy(from_logits=True), "one-hot"),
        "categorical smooth": (k.CategoricalCrossentropy(label_smoothing=0.1), "one-hot shares"),
        "categorical smooth logits": (
            k.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
            "one-hot",
        ),
        "categorical unequal": (k.CategoricalCrossentropy(), "soft positive"),
        "sparse": (k.SparseCategoricalCrossentropy(), "labels shares"),
        "sparse logits": (k.SparseCategoricalCrossentropy(from_logits=True), "labels"),
        "binary": (k.BinaryCrossentropy(), "yes inside"),
        "binary logits": (k.BinaryCrossentropy(from_logits=True), "yes"),
        "binary smooth": (k.BinaryCrossentropy(label_smoothing=0.2), "yes inside"),
        "binary smooth logits": (k.BinaryCrossentropy(from_logits=True, label_smoothing=0.2), "yes"),
        "mape": (k.MeanAbsolutePercentageError(), "numbers"),
        "msle": (k.MeanSquaredLogarithmicError(), "soft positive"),
        "log cosh": (k.LogCosh(), "numbers"),
        "cosine": (k.CosineSimilarity(), "numbers"),
        "hinge": (k.Hinge(), "yes"),
        "squared hinge": (k.SquaredHinge(), "yes"),
        "hinge of numbers": (k.Hinge(), "numbers"),
        "categorical hinge": (k.CategoricalHinge(), "one-hot"),
        "poisson": (k.Poisson(), "soft positive"),
        "divergence": (k.KLDivergence(), "soft shares"),
        "binary focal": (k.BinaryFocalCrossentropy(), "yes inside"),
        "binary focal all": (
            k.BinaryFocalCrossentropy(True, 0.3, 1.5, from_logits=True, label_smoothing=0.1),
            "yes",
        ),
        "focal": (k.CategoricalFocalCrossentropy(), "one-hot positive"),
        "focal all": (
            k.CategoricalFocalCrossentropy(
                [0.1, 0.2, 0.3, 0.2, 0.2], 1.5, from_logits=True, label_smoothing=0.1
            ),
            "one-hot",
        ),
    }


def pair(kind: str, n: int = 7, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions of a kind, float64."""
    rng = np.random.default_rng(11)
    labels, p = rng.integers(0, k, n), rng.normal(size=(n, k)) * 2
    y: Any = rng.normal(size=(n, k)) * 2
    if kind.startswith("one-hot"):
        y = np.eye(k)[labels]
    elif kind.startswith("labels"):
        y = labels
    elif kind.startswith("soft"):
        y = rng.uniform(0, 1, (n, k))
    elif kind.startswith("yes"):
        y = rng.integers(0, 2, (n, k)).astype(float)
    if kind.endswith("shares"):
        p = np.exp(p) / np.exp(p).sum(axis=1, keepdims=True)
    elif kind.endswith("positive"):
        p = rng.uniform(0.1, 2, (n, k))
    elif kind.endswith("inside"):
        p = rng.uniform(0.02, 0.98, (n, k))
    return y, p


ACTIVATIONS = [
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "softplus", "silu", "softmax", "celu",
    "exponential", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "log_softmax", "mish",
    "relu6", "soft_shrink", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh_shrink",
]  # fmt: skip
REGULARIZERS = {"l1": {"l1": 0.1}, "l2": {"l2": 0.2}, "l1l2": {"l1": 0.1, "l2": 0.2}}
