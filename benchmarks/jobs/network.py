"""The classic network, written once for Keras and for Chainrule: the same script, one word replaced."""

import importlib

import numpy as np


def library(name):
    """keras or chainrule, with the parts that the scripts use."""
    for part in ("layers", "models", "callbacks", "utils"):
        importlib.import_module(f"{name}.{part}")
    return importlib.import_module(name)


def classic(lib):
    """784-784-100-10, ReLU, ReLU, softmax; cross-entropy, Adam as it comes, accuracy beside the loss."""
    model = lib.models.Sequential(
        [
            lib.layers.Input(shape=(784,)),
            lib.layers.Dense(784, activation="relu"),
            lib.layers.Dense(100, activation="relu"),
            lib.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def one_hot(labels):
    """Labels as rows of ten."""
    return np.eye(10, dtype="float32")[labels]
