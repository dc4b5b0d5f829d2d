"""Every equation that is printed holds: it is read from the text and computed again, from what is printed alone."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from printed import computed, given, lines, recompute

from chainrule import Sequential, explain, losses, optimizers, regularizers
from chainrule.layers import Dense, Dropout, Flatten, LeakyReLU, Rescaling
from chainrule.utils import set_random_seed

# every activation meets every loss here, also those that do not suit each other
pytestmark = pytest.mark.filterwarnings("ignore::chainrule.training.meaningless.MeaninglessWarning")

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "nesterov, clipnorm": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=0.05),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "rmsprop, all": lambda: optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "adam": lambda: optimizers.Adam(0.01),
    "adam, decay": lambda: optimizers.Adam(0.01, weight_decay=0.01, clipvalue=0.01),
    "adamw, amsgrad": lambda: optimizers.AdamW(0.01, amsgrad=True, global_clipnorm=0.1),
    "nadam": lambda: optimizers.Nadam(0.01),
    "schedule": lambda: optimizers.Adam(optimizers.schedules.CosineDecay(0.01, 100)),
}
ENDS = {
    "softmax": (lambda: Dense(3, "softmax"), "sparse_categorical_crossentropy"),
    "smoothed": (lambda: Dense(3, "softmax"), losses.CategoricalCrossentropy(label_smoothing=0.1)),
    "logits": (lambda: Dense(3), losses.SparseCategoricalCrossentropy(from_logits=True)),
    "sigmoid": (lambda: Dense(1, "sigmoid"), "binary_crossentropy"),
    "several sigmoids": (lambda: Dense(3, "sigmoid"), "binary_crossentropy"),
    "probabilities": (lambda: Dense(1, "tanh"), losses.BinaryCrossentropy()),
    "squares": (lambda: Dense(2), "mse"),
    "distance": (lambda: Dense(2, "tanh"), "mae"),
    "huber": (lambda: Dense(1, "relu"), losses.Huber(0.5)),
}
MIDDLES = {
    "relu": lambda: [Dense(5, "relu")],
    "tanh, penalties": lambda: [
        Dense(4, "tanh", kernel_regularizer=regularizers.L1L2(0.01, 0.01), bias_regularizer="l2")
    ],
    "deep": lambda: [Dense(7, "gelu"), Dense(6, "sigmoid", use_bias=False), Dense(5, "elu")],
    "dropout": lambda: [Rescaling(0.5), Dense(6, "selu"), Dropout(0.4), Dense(4), LeakyReLU(0.1)],
    "softmax between": lambda: [Flatten(), Dense(4, "softmax"), Dense(4, "softplus")],
}


def trained(
    middle: str, end: str, optimizer: str, seed: int = 1, n: int = 9, steps: int = 3, weights: bool = False
):
    """A small model that has learned a few steps, and the batch that it learns from next."""
    set_random_seed(seed)
    rng = np.random.default_rng(seed)
    last, loss = ENDS[end]
    model = Sequential([*MIDDLES[middle](), last()])
    model.build((None, 4))
    units = model.output_shape[-1]
    x = rng.normal(size=(n, 4)).astype(np.float32)
    if end in ("softmax", "logits"):
        y = rng.integers(0, 3, n)
    elif end == "smoothed":
        y = np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
    elif "sigmoid" in end or end == "probabilities":
        y = rng.integers(0, 2, (n, units))
    else:
        y = rng.normal(size=(n, units)).astype(np.float32)
    weight = rng.uniform(0.5, 2, n).astype(np.float32) if weights else None
    model.compile(OPTIMIZERS[optimizer](), loss, backend="numpy")
    model.fit(x, y, epochs=steps, batch_size=n, verbose=0, sample_weight=weight)
    return model, x, y, weight


def weights_of(step):
    """Every (layer, weight name, shape) of a step that learns."""
    return [(link.name, name, g.shape) for link in step.links for name, g in link.gradient.items()]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_can_be_recomputed_from_what_is_printed(optimizer) -> None:
    """Each line of a weight's account holds for each optimizer, in the first steps and later, down to the new weight."""
    for steps in (0, 1, 12):
        model, x, y, _ = trained("relu", "softmax", optimizer, steps=steps)
        step = explain.step(model, x, y)
        for layer, name, shape in weights_of(step):
            index = tuple(n // 2 for n in shape)
            text = str(step.weight_of(layer, name, *index))
            found = recompute(text)
            last = [line for line in found if line.name == "w′"][-1]
            new = np.float32(last.engine or last.result)
            assert new == step.link(layer).learned[name][index]
            assert {line.name for line in found} >= {"g", "w′"} or not step.link(layer).data_gradient[name][
                index
            ]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("middle", MIDDLES)
def test_every_network_can_be_recomputed_from_what_is_printed(middle, end) -> None:
    """Each line of the accounts of weights, biases, units and examples holds, for each kind of layer and loss."""
    model, x, y, weight = trained(middle, end, "adam", weights=end == "squares")
    step = explain.step(model, x, y, sample_weight=weight)
    count = 0
    for layer, name, shape in weights_of(step):
        count += len(recompute(str(step.weight_of(layer, name, *(n - 1 for n in shape)))))
        count += len(recompute(str(step.neuron(layer, 0))))
    count += len(recompute(str(step.example(3))))
    assert count > 20


@pytest.mark.parametrize("end", ENDS)
def test_how_wrong_an_example_was_is_worked_out(end) -> None:
    """The loss of an example is a formula with numbers, for each loss, and comes to what the engine had."""
    model, x, y, _ = trained("relu", end, "adam")
    step = explain.step(model, x, y)
    for k in range(3):
        line = next(line for line in recompute(str(step.example(k))) if line.name == f"loss of #{k}")
        assert np.float32(line.engine or line.result) == pytest.approx(step.losses[k], rel=1e-7)


@drawn(
    st.sampled_from(list(MIDDLES)),
    st.sampled_from(list(ENDS)),
    st.sampled_from(list(OPTIMIZERS)),
    st.integers(0, 10**6),
    st.booleans(),
    st.data(),
)
def test_any_weight_of_any_network_can_be_recomputed(middle, end, optimizer, seed, weights, data) -> None:
    """Whatever the network, the optimizer, the luck and the weight: what is printed comes to what is printed."""
    n = data.draw(st.integers(1, 12))
    model, x, y, weight = trained(middle, end, optimizer, seed, n, data.draw(st.integers(0, 4)), weights)
    step = explain.step(model, x, y, sample_weight=weight)
    layer, name, shape = data.draw(st.sampled_from(weights_of(step)))
    index = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    text = str(step.weight_of(layer, name, *index))
    found = recompute(text)
    assert found[-1].name == "w′"
    assert np.float32(found[-1].engine or found[-1].result) == step.link(layer).learned[name][index]
    assert np.float32(given(text)["w"]) == step.link(layer).params[name][index]


def test_the_printed_chain_hands_its_numbers_on() -> None:
    """The delta that the chain of factors ends with is the one in the table, and g is the one the optimizer takes."""
    model, x, y, _ = trained("deep", "softmax", "sgd")
    step = explain.step(model, x, y)
    layer = step.links[0].name
    text = str(step.weight(layer, 1, 2))
    found = lines(text)
    delta = next(line for line in found if line.name == "dz₁[2]")
    strongest = next(line for line in found if not line.name and " · " in line.numbers)
    assert (delta.engine or delta.result) in strongest.numbers
    mean = next(line for line in found if line.name == "g")
    assert given(text)["g"] == float(mean.engine or mean.result)


def test_the_calculator_of_these_tests_can_count_and_notices_a_wrong_digit() -> None:
    """A printed equation that does not hold is refused, in its ninth digit and in the engine's number."""
    assert computed("-1 · (-2) + √4 / 2² - exp(0)").value == 1.5
    recompute("  m = 2 · x\n    = 2 · 0.123456789 = 0.246913578")
    with pytest.raises(AssertionError):
        recompute("  m = 2 · x\n    = 2 · 0.123456789 = 0.246913579")
    with pytest.raises(AssertionError):
        recompute("  m = 2 · x\n    = 2 · 0.123456789 = 0.246913578 ≈ 0.24692")
    with pytest.raises(AssertionError):
        recompute("  m = 2 · x = 3")


def test_a_weight_that_nothing_moves_is_said_to_stay() -> None:
    """A unit that is off, an optimizer without memory: no digit that is not printed counts as a move."""
    set_random_seed(2)
    model = Sequential([Dense(3, "relu", input_shape=(2,), bias_initializer="zeros"), Dense(1)])
    model.set_weights([-np.ones((2, 3), np.float32) / 3, *model.get_weights()[1:]])
    model.compile("adam", "mse")
    step = explain.step(model, np.ones((4, 2)), np.ones((4, 1)))
    assert "The weight stays as it is." in str(step.weight("dense", 0, 1))
