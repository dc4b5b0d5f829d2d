"""Networks that branch are explained as chains are: every number of every layer, at every output."""

import branching
import numpy as np
import pytest
from printed import recompute

from chainrule import explain

WIDTH = 80
NOTHING = 1e-9
PLAIN = "no part of this gradient belongs to one example"


@pytest.fixture(scope="module", params=branching.NETWORKS)
def network(request):
    """Each network with one of its steps."""
    example = branching.example(request.param)
    return example, explain.step(example.model, example.x, example.y, example.sample_weight)


def fits(text: str) -> None:
    """Every line holds, and none is wider than the terminal, but for numbers that cannot be broken."""
    recompute(text)
    wide = [line for line in text.splitlines() if len(line) > WIDTH]
    assert not wide, wide[0]


def test_one_weight_of_each_array_recomputes(network) -> None:
    """Each line holds, and the examples' shares add up to the gradient."""
    _, step = network
    for link in step.links:
        for name, g in link.gradient.items():
            strongest = np.unravel_index(int(np.abs(g).argmax()), g.shape)
            trace = step.weight_of(link.name, name, *strongest)
            text = trace.text(width=WIDTH, pictures=False)
            if np.abs(g).max() < NOTHING:  # a key's bias moves no attention: what is left is rounding
                continue
            fits(text)
            assert not trace.disagreements
            if PLAIN not in " ".join(text.split()):
                assert sum(trace.facts["terms"]) == pytest.approx(
                    trace.facts["data_gradient"], rel=2e-4, abs=1e-7
                )


def test_units_examples_layers_and_the_whole_step_are_explained(network) -> None:
    """All of a step can be asked about, and every line of it holds."""
    _, step = network
    fits(step.trace().text(WIDTH, pictures=False))
    fits(step.example(1).text(WIDTH, pictures=False))
    for link in step.links:
        fits(step.layer(link.name).text(WIDTH, pictures=False))
        fits(step.neuron(link.name, 0).text(WIDTH, pictures=False))


def test_every_derivative_is_checked_along_its_own_way(network) -> None:
    """Each layer's rule alone, each output's loss, and the loss by each array of weights."""
    example, step = network
    checked = explain.check_model(example.model, example.x, example.y, 1, sample_weight=example.sample_weight)
    assert checked.ok, str(checked)
    assert sum(row.what.startswith("loss ") for row in checked.rules) == len(step.outputs)
    assert len({row.what for row in checked.weights}) == len(checked.weights)


def test_the_step_is_the_one_that_fit_takes(network) -> None:
    """The state after it has the bits of the model that learned from the batch."""
    example, step = network
    example.model.fit(
        example.x, example.y, batch_size=len(step.losses), epochs=1, shuffle=False, verbose=0,
        sample_weight=example.sample_weight,
    )  # fmt: skip
    assert step.agreement(example.model).same_bits
