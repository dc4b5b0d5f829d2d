"""Explain never prints a false line: where a formula does not give what the engine had, the line says so."""

import numpy as np
import pytest

from chainrule import Sequential, explain
from chainrule.errors import SettingError
from chainrule.explain.equations import equation
from chainrule.explain.html import element_of
from chainrule.explain.parts import Block
from chainrule.explain.text import written
from chainrule.layers import Dense, Layer
from chainrule.utils import set_random_seed


class BatchMean(Layer):
    """Takes the batch's mean away: an example's output depends on all examples."""

    couples_examples = True

    def forward(self, params, x, context=None):
        return x - x.mean(axis=0), None

    def backward(self, params, cache, dy):
        return dy - dy.mean(axis=0)


class LyingDense(Dense):
    """A Dense that adds something of its own; it inherits Dense's formulas only if somebody says so."""

    def forward(self, params, x, context=None):
        y, cache = super().forward(params, x)
        return y + 0.01 * x.sum(axis=1, keepdims=True), cache


def opened(*layers, n=6):
    set_random_seed(2)
    model = Sequential([Dense(5, "tanh", input_shape=(3,)), *layers, Dense(2)])
    model.compile("sgd", "mse", backend="numpy")
    rng = np.random.default_rng(2)
    return model, rng.normal(size=(n, 3)).astype(np.float32), rng.normal(size=(n, 2)).astype(np.float32)


@pytest.mark.parametrize("off", [1e-3, 0.05, -0.3, np.nan])
def test_a_line_that_does_not_hold_says_so_everywhere(off) -> None:
    """In the terminal, in ASCII, in the notebook and as JSON; what differs by rounding alone does not."""
    line = equation("z", "x · w", {"x": 2, "w": 0.5}, engine=1 + off)
    assert not line.agrees
    for text in (
        written("title", [Block([line])], 80, True, True),
        written("title", [Block([line])], 80, False, True),
        element_of("title", [Block([line])]),
    ):
        assert "THIS LINE DOES NOT HOLD" in text
    assert (
        explain.Trace("title", [Block([line])], {}).to_dict()["parts"][0]["equations"][0]["agrees"] is False
    )
    close = equation("z", "x · w", {"x": 2, "w": 0.5}, engine=1 + 1e-7)
    assert close.agrees
    assert "≈ 1.0000001" in written("title", [Block([close])], 80, True, True)


def test_a_layer_that_does_something_else_than_its_formulas_is_caught(monkeypatch) -> None:
    """Formulas of another kind of layer: the lines are marked, the explanation ends with how many, and the facts name them."""
    from chainrule.explain import layers

    monkeypatch.setitem(layers.FORMULAS, LyingDense, layers.FORMULAS[Dense])
    model, x, y = opened(LyingDense(4, name="liar"))
    step = explain.step(model, x, y)
    trace = step.weight("liar", 1, 2, check=True)
    assert trace.disagreements
    assert trace.facts["disagreements"][0].startswith("z₂[2]")
    assert "lines above DO NOT HOLD" in str(trace)
    assert not step.weight("dense_1", 1, 1).disagreements


@pytest.mark.parametrize(("layer", "name", "index"), [("dense", "kernel", (1, 2)), ("dense", "bias", (3,))])
def test_no_shares_are_claimed_below_a_layer_that_couples_examples(layer, name, index) -> None:
    """A layer that uses the batch's mean: below it no example has a share; above it all have one. No line is false."""
    model, x, y = opened(BatchMean(name="centred"))
    step = explain.step(model, x, y)
    trace = step.weight_of(layer, name, *index)
    text = " ".join(str(trace).split())
    assert "no part of this gradient belongs to one example" in text
    assert "BatchMean 'centred'" in text
    assert "terms" not in trace.facts
    assert "1. The example" not in text
    assert not trace.disagreements
    with pytest.raises(SettingError, match="from the whole batch"):
        step.link(layer).terms(name, *index)
    with pytest.raises(SettingError, match="from the whole batch"):
        explain.influence_on_weight([step.inputs], layer, name, index)
    above = step.weight("dense_1", 1, 1)
    assert len(above.facts["terms"]) == 6
    assert explain.check_model(model, x, y).ok
    assert "couples the examples" in " ".join(str(step.neuron("dense", 1)).split())


def test_check_on_the_command_line_fails_for_lines_that_do_not_hold() -> None:
    """The exit code is 1 when a printed line does not hold, even where the derivative itself is right."""
    from chainrule.cli.commands import explain as command

    lying = equation("z", "x · w", {"x": 2, "w": 0.5}, engine=1.1)
    trace = explain.Trace("title", [Block([lying])], {})
    assert command.failed(trace, None, check=True)
    assert not command.failed(explain.Trace("title", [], {}), None, check=True)
    assert not command.failed(trace, None, check=False)
