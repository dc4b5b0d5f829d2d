"""What is printed holds against automatic differentiation and against formulas that were written apart from ours."""

import numpy as np
import pytest
from printed import recompute

import chainrule
from chainrule import Sequential, explain, losses, optimizers, regularizers
from chainrule.layers import Dense, LeakyReLU, ReLU
from chainrule.utils import set_random_seed

jax = pytest.importorskip(
    "jax", reason="JAX IS NOT INSTALLED: explain was not tested against automatic differentiation"
)

N, INPUTS = 7, 4


def softmax(z):
    import jax.numpy as jnp

    e = jnp.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def categorical(y, q):
    import jax.numpy as jnp

    q = q / q.sum(axis=-1, keepdims=True)
    return -(y * jnp.log(jnp.clip(q, 1e-7, 1 - 1e-7))).sum(axis=-1)


def binary(y, q):
    import jax.numpy as jnp

    q = jnp.clip(q, 1e-7, 1 - 1e-7)
    return -(y * jnp.log(q) + (1 - y) * jnp.log(1 - q)).mean(axis=-1)


def sigmoid(z):
    import jax.numpy as jnp

    return 1 / (1 + jnp.exp(-z))


def huber(y, p):
    import jax.numpy as jnp

    e = p - y
    return jnp.where(jnp.abs(e) <= 0.5, e * e / 2, 0.5 * (jnp.abs(e) - 0.25)).mean(axis=-1)


def smoothed(y):
    return y * 0.8 + 0.2 / y.shape[-1]


# name: (last layer, our loss, targets, the loss written apart: of targets and of the network's last weighted sum z)
LOSSES = {
    "mse": (lambda: Dense(2), "mse", "numbers", lambda y, z: ((z - y) ** 2).mean(axis=-1)),
    "mae": (lambda: Dense(3), "mae", "numbers", lambda y, z: abs(z - y).mean(axis=-1)),
    "huber": (lambda: Dense(2), losses.Huber(0.5), "numbers", huber),
    "softmax": (lambda: Dense(3, "softmax"), "categorical_crossentropy", "one-hot", lambda y, z: categorical(y, softmax(z))),
    "spread targets": (lambda: Dense(3, "softmax"), "categorical_crossentropy", "spread", lambda y, z: categorical(y, softmax(z))),
    "smoothed": (lambda: Dense(3, "softmax"), losses.CategoricalCrossentropy(label_smoothing=0.2), "one-hot",
                 lambda y, z: categorical(smoothed(y), softmax(z))),
    "logits": (lambda: Dense(3), losses.CategoricalCrossentropy(from_logits=True), "one-hot",
               lambda y, z: categorical(y, softmax(z))),
    "sums that are not 1": (lambda: Dense(3, "sigmoid"), "categorical_crossentropy", "one-hot",
                            lambda y, z: categorical(y, sigmoid(z))),
    "sums that are not 1, spread": (lambda: Dense(3, "sigmoid"), "categorical_crossentropy", "spread",
                                    lambda y, z: categorical(y, sigmoid(z))),
    "binary": (lambda: Dense(1, "sigmoid"), "binary_crossentropy", "yes or no", lambda y, z: binary(y, sigmoid(z))),
    "several binary": (lambda: Dense(3, "sigmoid"), "binary_crossentropy", "shares", lambda y, z: binary(y, sigmoid(z))),
    "binary, logits": (lambda: Dense(1), losses.BinaryCrossentropy(from_logits=True), "yes or no",
                       lambda y, z: binary(y, sigmoid(z))),
    "binary, several logits": (lambda: Dense(3), losses.BinaryCrossentropy(from_logits=True), "shares",
                               lambda y, z: binary(y, sigmoid(z))),
}  # fmt: skip


def example_data(kind: str, units: int):
    """Inputs and targets."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(N, INPUTS)).astype(np.float32)
    if kind == "one-hot":
        return x, np.eye(units, dtype=np.float32)[rng.integers(0, units, N)]
    if kind == "spread":
        return x, rng.dirichlet(np.ones(units), N).astype(np.float32)
    if kind == "yes or no":
        return x, rng.integers(0, 2, (N, units)).astype(np.float32)
    if kind == "shares":
        return x, rng.uniform(0, 1, (N, units)).astype(np.float32)
    return x, rng.normal(size=(N, units)).astype(np.float32)


def opened(name: str, weighted: bool, penalty: str | None):
    """A step of ours, and the same network as a function of its weights, for JAX in float64."""
    last, loss, kind, written = LOSSES[name]
    set_random_seed(4)
    penalized = regularizers.L1L2(0.01, 0.01) if penalty == "l1_l2" else penalty
    model = Sequential([Dense(5, "tanh", kernel_regularizer=penalized, bias_regularizer=penalized), last()])
    model.build((None, INPUTS))
    rng = np.random.default_rng(8)
    model.set_weights([w if w.ndim > 1 else rng.normal(size=w.shape) / 5 for w in model.get_weights()])
    x, y = example_data(kind, model.output_shape[-1])
    model.compile("sgd", loss, backend="numpy")
    weight = np.array([0, 2, 0.5, 1, 3, 1.5, 1], np.float32) if weighted else None
    step = explain.step(model, x, y, sample_weight=weight)

    def example_losses(weights):
        import jax.numpy as jnp

        a = jnp.tanh(x.astype(np.float64) @ weights[0] + weights[1])
        each = written(y.astype(np.float64), a @ weights[2] + weights[3])
        return each if weight is None else each * weight.astype(np.float64)

    def batch_loss(weights):
        result = example_losses(weights).sum() / N
        if penalty in ("l2", "l1_l2"):
            result += 0.01 * sum((w * w).sum() for w in weights[:2])
        if penalty in ("l1", "l1_l2"):
            result += 0.01 * sum(abs(w).sum() for w in weights[:2])
        return result

    weights = [np.asarray(w, np.float64) for w in model.get_weights()]
    return step, weights, example_losses, batch_loss


@pytest.mark.parametrize(("weighted", "penalty"), [(False, None), (True, None), (True, "l1_l2")])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_gradients_and_terms_are_those_of_automatic_differentiation(name, weighted, penalty) -> None:
    """The batch's loss, each example's printed loss, each gradient with its penalty, and each example's term of it."""
    step, weights, example_losses, batch_loss = opened(name, weighted, penalty)
    with jax.enable_x64(True):
        assert step.loss == pytest.approx(float(batch_loss(weights)), rel=2e-6)
        each = np.asarray(example_losses(weights))
        grads = [np.asarray(g) for g in jax.grad(batch_loss)(weights)]
        terms = [np.asarray(g) / N for g in jax.jacrev(example_losses)(weights)]
    for k in range(N):
        found = {line.name: line for line in recompute(str(step.example(k)))}
        line = found[f"weighted loss of #{k}" if weighted else f"loss of #{k}"]
        assert float(line.engine or line.result) == pytest.approx(each[k], rel=2e-5, abs=2e-7)
    for link, where in ((step.link("dense"), 0), (step.link("dense_1"), 2)):
        for weight, i in (("kernel", where), ("bias", where + 1)):
            np.testing.assert_allclose(link.gradient[weight], grads[i], rtol=2e-4, atol=2e-6)
            index = tuple(n - 1 for n in grads[i].shape)
            np.testing.assert_allclose(
                link.terms(weight, *index), terms[i][(slice(None), *index)], rtol=2e-4, atol=2e-6
            )
            trace = step.weight_of(link.name, weight, *index)
            assert not trace.disagreements
            recompute(str(trace))
            assert sum(trace.facts["terms"]) == pytest.approx(
                trace.facts["data_gradient"], rel=1e-4, abs=1e-7
            )


@pytest.mark.parametrize("name", ["softmax", "mse", "binary"])
def test_weights_of_examples_are_told_to_programs_and_readers(name) -> None:
    """JSON holds the examples' weights; an example of weight 0 is never among the largest losses before one that counts."""
    step, *_ = opened(name, True, None)
    for trace in (step.trace(), step.weight("dense", 0, 0)):
        assert trace.to_dict()["sample_weight"] == [0, 2, 0.5, 1, 3, 1.5, 1]
    text = str(step.trace())
    assert "times the examples' weights" in text
    listed = text[text.index("The largest losses") :]
    assert "#0:" not in listed


def adam(o, w, g, state, t, m="m", v="v"):
    state[m] = o["b1"] * state.get(m, 0) + (1 - o["b1"]) * g
    state[v] = o["b2"] * state.get(v, 0) + (1 - o["b2"]) * g * g
    m_hat, v_hat = state[m] / (1 - o["b1"] ** t), state[v] / (1 - o["b2"] ** t)
    return m_hat, v_hat


def keras_adam(o, w, g, state, t):
    """Kingma and Ba, with Keras's place of epsilon."""
    adam(o, w, g, state, t)
    second = state["v"]
    if o.get("amsgrad"):
        second = state["u"] = np.maximum(state.get("u", 0), second)
    rate = o["lr"] * np.sqrt(1 - o["b2"] ** t) / (1 - o["b1"] ** t)
    return w * (1 - o["lr"] * o.get("decay", 0)) - rate * state["m"] / (np.sqrt(second) + 1e-7)


def keras_sgd(o, w, g, state, t):
    v = state["v"] = o.get("mu", 0) * state.get("v", 0) - o["lr"] * g
    return w + (o["mu"] * v - o["lr"] * g if o.get("nesterov") else v)


def keras_rmsprop(o, w, g, state, t):
    v = state["v"] = 0.9 * state.get("v", 0) + 0.1 * g * g
    if o.get("centered"):
        c = state["c"] = 0.9 * state.get("c", 0) + 0.1 * g
        v = v - c * c
    move = o["lr"] * g / np.sqrt(v + 1e-7)
    if o.get("mu"):
        move = state["b"] = o["mu"] * state.get("b", 0) + move
    return w - move


def keras_adagrad(o, w, g, state, t):
    s = state["s"] = state.get("s", 0.1) + g * g
    return w - o["lr"] * g / np.sqrt(s + 1e-7)


def keras_nadam(o, w, g, state, t):
    adam(o, w, g, state, t)
    u, u_next = (0.9 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
    product = state["p"] = state.get("p", 1.0) * u
    m_hat = u_next * state["m"] / (1 - product * u_next) + (1 - u) * g / (1 - product)
    return w - o["lr"] * m_hat / (np.sqrt(state["v"] / (1 - 0.999**t)) + 1e-7)


ADAM = {"b1": 0.9, "b2": 0.999, "lr": 0.02}
OPTIMIZERS = {
    "sgd": (lambda: optimizers.SGD(0.1), keras_sgd, {"lr": 0.1}),
    "momentum": (lambda: optimizers.SGD(0.1, momentum=0.8), keras_sgd, {"lr": 0.1, "mu": 0.8}),
    "nesterov": (lambda: optimizers.SGD(0.1, momentum=0.8, nesterov=True), keras_sgd, {"lr": 0.1, "mu": 0.8, "nesterov": True}),
    "rmsprop": (lambda: optimizers.RMSprop(0.02), keras_rmsprop, {"lr": 0.02}),
    "rmsprop, centered": (lambda: optimizers.RMSprop(0.02, centered=True, momentum=0.5), keras_rmsprop,
                          {"lr": 0.02, "centered": True, "mu": 0.5}),
    "adagrad": (lambda: optimizers.Adagrad(0.1), keras_adagrad, {"lr": 0.1}),
    "adam": (lambda: optimizers.Adam(0.02), keras_adam, ADAM),
    "amsgrad": (lambda: optimizers.Adam(0.02, amsgrad=True), keras_adam, ADAM | {"amsgrad": True}),
    "adamw": (lambda: optimizers.AdamW(0.02, weight_decay=0.1), keras_adam, ADAM | {"decay": 0.1}),
    "nadam": (lambda: optimizers.Nadam(0.02), keras_nadam, ADAM),
}  # fmt: skip
CLIPPING = {
    "": {},
    "clipvalue": {"clipvalue": 0.01},
    "clipnorm": {"clipnorm": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.1},
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clipping", CLIPPING)
def test_every_optimizers_step_is_the_one_of_its_paper(optimizer, clipping) -> None:
    """Twelve steps: the gradient by automatic differentiation, clipped, and the optimizer's formula written apart in float64."""
    make, rule, settings = OPTIMIZERS[optimizer]
    set_random_seed(5)
    model = Sequential([Dense(5, "tanh", kernel_regularizer="l2", input_shape=(INPUTS,)), Dense(2)])
    compiled = make()
    for name, value in CLIPPING[clipping].items():
        setattr(compiled, name, value)
    model.compile(compiled, "mse", backend="numpy")
    x, y = example_data("numbers", 2)

    def loss(weights):
        import jax.numpy as jnp

        p = jnp.tanh(x.astype(np.float64) @ weights[0] + weights[1]) @ weights[2] + weights[3]
        return ((p - y) ** 2).mean() + 0.01 * (weights[0] ** 2).sum()

    weights = [np.asarray(w, np.float64) for w in model.get_weights()]
    states = [{} for _ in weights]
    inputs = explain.step_inputs(model, x, y)
    for t in range(1, 13):
        with jax.enable_x64(True):
            grads = [np.asarray(g) for g in jax.grad(loss)(weights)]
        whole = np.sqrt(sum((g * g).sum() for g in grads))
        if clipping == "clipvalue":
            grads = [np.clip(g, -0.01, 0.01) for g in grads]
        if clipping == "clipnorm":
            grads = [g * min(1, 0.05 / np.sqrt((g * g).sum())) for g in grads]
        if clipping == "global_clipnorm":
            grads = [g * min(1, 0.1 / whole) for g in grads]
        weights = [rule(settings, w, g, s, t) for w, g, s in zip(weights, grads, states, strict=True)]
        step = explain.step(inputs)
        trace = step.weight("dense", 1, 2)
        assert trace.facts["new"] == pytest.approx(weights[0][1, 2], rel=1e-4, abs=2e-6)
        assert not trace.disagreements
        recompute(str(trace))
        recompute(str(step.bias("dense_1", 1)))
        inputs = inputs._replace(state=step.state)


@pytest.mark.parametrize(
    ("layer", "f"),
    [
        (ReLU(), lambda z: np.maximum(z, 0)),
        (
            ReLU(max_value=0.6, negative_slope=0.1, threshold=0.2),
            lambda z: np.minimum(np.where(z > 0.2, z, 0.1 * (z - 0.2)), 0.6),
        ),
        (LeakyReLU(0.25), lambda z: np.where(z > 0, z, 0.25 * z)),
    ],
    ids=["relu", "threshold", "leaky"],
)
def test_a_layer_of_its_own_is_the_activation_everywhere(layer, f) -> None:
    """A Dense followed by a ReLU layer: what the unit gave, whether it is on, and where z lies, agree with each other."""
    set_random_seed(6)
    model = Sequential([Dense(6, input_shape=(INPUTS,)), type(layer)(**{k: v for k, v in layer.get_config().items()
                                                                        if k not in ("name", "dtype", "trainable")}), Dense(1)])  # fmt: skip
    model.compile("sgd", "mse", backend="numpy")
    x, y = example_data("numbers", 1)
    step = explain.step(model, x, y)
    for unit in range(6):
        z = step.link("dense").y[:, unit]
        on = int((f(z) != 0).sum())
        facts = step.neuron("dense", unit).facts
        np.testing.assert_allclose(np.ravel(facts["outputs"]), f(z), rtol=1e-6)
        assert facts["on"] == on
        life = explain.when_died([step.inputs], "dense", unit)
        assert life.active[0] == on / N
        for k in range(N):
            text = str(step.weight("dense", 0, unit, example=k))
            recompute(text)
            threshold = getattr(layer, "threshold", 0.0)
            assert not (f"is above {threshold:g}" in text and z[k] <= threshold)
            assert not (f"is not above {threshold:g}" in text and z[k] > threshold)
    assert chainrule.explain.check_model(model, x, y).ok
