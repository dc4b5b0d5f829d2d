"""Keras's half of the comparison in float64, in a process of its own: it needs JAX's 64-bit mode for everything.

python float64_side.py OUT.npz       writes weights after 1,000 steps, values and derivatives, rates
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "jax"
import jax

jax.config.update("jax_enable_x64", True)
import itertools

import cases
import keras
import numpy as np

keras.config.set_floatx("float64")

STEPS, EVERY = 1000, 250
SIZES = (6, 8, 3)


def problem() -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Four batches of 16 examples, and first weights."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4, 16, SIZES[0]))
    y = np.eye(SIZES[2])[rng.integers(0, SIZES[2], (4, 16))]
    weights = []
    for a, b in itertools.pairwise(SIZES):
        weights += [rng.normal(size=(a, b)) * 0.5, rng.normal(size=b) * 0.1]
    return x, y, weights


def trained(optimizer) -> list[np.ndarray]:
    """The weights after every EVERY steps of Keras's own layers, loss and optimizer."""
    x, y, weights = problem()
    model = keras.Sequential([
        keras.Input((SIZES[0],)), keras.layers.Dense(SIZES[1], activation="silu"),
        keras.layers.Dense(SIZES[2], activation="softmax"),
    ])  # fmt: skip
    model.set_weights(weights)
    loss = keras.losses.CategoricalCrossentropy()
    optimizer.build(model.trainable_variables)

    def loss_of(variables, batch):
        p, _ = model.stateless_call(variables, [], x_all[batch], training=True)
        return loss(y_all[batch], p)

    def step(carried, k):
        variables, optimizer_state = carried
        grads = jax.grad(loss_of)(variables, k % 4)
        return optimizer.stateless_apply(optimizer_state, grads, variables), None

    x_all, y_all = jax.numpy.asarray(x), jax.numpy.asarray(y)
    run = jax.jit(lambda carried, start: jax.lax.scan(step, carried, start + jax.numpy.arange(EVERY))[0])
    carried = ([v.value for v in model.trainable_variables], [v.value for v in optimizer.variables])
    path = []
    for start in range(0, STEPS, EVERY):
        carried = run(carried, start)
        path += [np.asarray(v) for v in carried[0]]
    return path


def main(out: str) -> None:
    fields: dict[str, np.ndarray] = {}
    for name, optimizer in cases.optimizers(keras.optimizers).items():
        for i, array in enumerate(trained(optimizer)):
            fields[f"optimizer/{name}/{i}"] = array
    steps = np.arange(0, 120)
    for name, schedule in cases.schedules(keras.optimizers.schedules).items():
        rate = jax.jit(schedule)
        fields[f"schedule/{name}"] = np.array([float(rate(k)) for k in steps])
    z = np.random.default_rng(3).normal(size=(40, 6)) * 4
    for name in cases.ACTIVATIONS:
        f = keras.activations.get(name) if name != "tanh" else jax.numpy.tanh  # Keras's answers in float32
        a, back = jax.vjp(f, jax.numpy.asarray(z))
        fields[f"activation/{name}/a"], fields[f"activation/{name}/dz"] = (
            a,
            back(jax.numpy.cos(z)[:, : a.shape[1]])[0],
        )
    for name, (loss, kind) in cases.losses(keras.losses).items():
        y, p = cases.pair(kind)
        fields[f"loss/{name}/values"] = np.asarray(loss.call(y, p))
        fields[f"loss/{name}/dp"] = jax.grad(lambda p, loss=loss, y=y: loss(y, p))(jax.numpy.asarray(p))
    w = np.random.default_rng(4).normal(size=(4, 3))
    for name, settings in cases.REGULARIZERS.items():
        penalty = keras.regularizers.L1L2(**settings)
        fields[f"regularizer/{name}"] = np.asarray(penalty(w))
        fields[f"regularizer/{name}/dw"] = jax.grad(penalty)(jax.numpy.asarray(w))
    np.savez(out, **fields)


if __name__ == "__main__":
    main(sys.argv[1])
