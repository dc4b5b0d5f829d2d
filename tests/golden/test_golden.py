"""One step, worked by hand: every number that the engine computes is the one on the page."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import one_step
import pytest

from chainrule.backprop import backward_sweep, first_state, forward_sweep, make_step
from chainrule.layers import Dense
from chainrule.losses import CategoricalCrossentropy
from chainrule.losses.outputs import fused_output
from chainrule.metrics import CategoricalAccuracy
from chainrule.optimizers import Adam

PAGE = json.loads(Path(one_step.PAGE).read_text())
CHAIN = [*Dense(3, "relu").links(), *Dense(2, "softmax").links()]
OPTIMIZER = Adam(**PAGE["adam"])


def numbers(cells: Any) -> np.ndarray:
    """The values of a part of the page as an array."""

    def values(cell: Any) -> Any:
        return cell["is"] if isinstance(cell, dict) else [values(entry) for entry in cell]

    return np.array(values(cells))


GIVEN = {name: numbers(cells) for name, cells in PAGE["given"].items()}
PARAMS = [{"kernel": GIVEN["W1"], "bias": GIVEN["b1"]}, {}, {"kernel": GIVEN["W2"], "bias": GIVEN["b2"]}, {}]
PLACES = {"W1": (0, "kernel"), "b1": (0, "bias"), "W2": (2, "kernel"), "b2": (2, "bias")}


def same(array: Any, cells: Any, digits: float = 1e-14) -> None:
    np.testing.assert_allclose(array, numbers(cells), rtol=digits, atol=digits)


def test_the_page_is_what_the_arithmetic_gives() -> None:
    """The file holds what its script writes, and its numbers are those of its arithmetic to six digits."""
    assert one_step.PAGE.read_text() == one_step.text()


def test_every_line_of_arithmetic_gives_its_number() -> None:
    """A reader with a calculator comes to the same results: the arithmetic beside each number is evaluated."""
    from math import exp, log, sqrt

    checked = 0

    def walk(cell: Any) -> None:
        nonlocal checked
        if isinstance(cell, dict) and "from" in cell:
            how = cell["from"].split(",")[0] if "since" in cell["from"] else cell["from"]
            if how != "given":
                for word, call in (("e^", "exp "), ("log ", "log "), ("sqrt ", "sqrt ")):
                    how = how.replace(word, call)
                how = (
                    __import__("re")
                    .sub(r"(exp|log|sqrt) (\([^)]*\)|[\d.e-]+)", r"\1(\2)", how)
                    .replace("^2", "**2")
                )
                value = eval(how, {"exp": exp, "log": log, "sqrt": sqrt, "max": max})
                assert value == pytest.approx(cell["is"], rel=2e-5, abs=2e-6), cell
                checked += 1
        elif isinstance(cell, (dict, list)):
            for entry in cell.values() if isinstance(cell, dict) else cell:
                walk(entry)

    walk(PAGE)
    assert checked > 100


def test_the_way_forward() -> None:
    """z1, a1, z2, p and the loss of each example."""
    x, y, forward = GIVEN["x"], GIVEN["y"], PAGE["forward"]
    for i, name in enumerate(forward):
        same(forward_sweep(CHAIN[: i + 1], PARAMS, x)[0][-1], forward[name])
    p = forward_sweep(CHAIN, PARAMS, x)[0][-1]
    same(CategoricalCrossentropy().values(y, p), PAGE["loss"]["of each example"])


def test_the_way_back() -> None:
    """dz2, then the derivatives by every weight and by what each link was given."""
    x, y, back = GIVEN["x"], GIVEN["y"], PAGE["backward"]
    end = fused_output(CHAIN, CategoricalCrossentropy())
    assert (end.z.node, end.p.node) == (2, 3)
    values, cache = forward_sweep(CHAIN, PARAMS, x)
    dz2 = end.loss.derivative(y, values[2]) / 2
    same(dz2, back["dz2 = (p - y) / examples"])
    grads, deltas = backward_sweep(CHAIN, PARAMS, cache, {end.z: dz2})
    same(deltas[1], back["da1 = dz2 W2^T"])
    same(deltas[0], back["dz1 = da1 where z1 > 0"])
    for name, (link, weight) in PLACES.items():
        title = next(key for key in back if key.startswith(f"d{name} = "))
        same(grads[link][weight], back[title])


def test_the_whole_step() -> None:
    """Loss, both moments and every weight after one step of Adam, in float64."""
    step = make_step(CHAIN, CategoricalCrossentropy(), OPTIMIZER, [CategoricalAccuracy()])
    state, record = step(first_state(PARAMS, OPTIMIZER), (GIVEN["x"], GIVEN["y"], None))
    same(record["loss"][0] / record["loss"][1], PAGE["loss"]["mean"])
    for name, (link, weight) in PLACES.items():
        same(state["params"][link][weight], PAGE["update"]["weights after"][name])
        same(state["optimizer_state"]["momentum"][link][weight], PAGE["update"]["m"][name])
        same(state["optimizer_state"]["velocity"][link][weight], PAGE["update"]["v"][name], 1e-12)


def test_the_whole_step_in_a_model(backend) -> None:
    """The same through Sequential.fit, in float32, on both libraries."""
    from chainrule import Input, Sequential

    model = Sequential([Input((2,)), Dense(3, "relu"), Dense(2, "softmax")])
    model.set_weights([GIVEN[name] for name in ("W1", "b1", "W2", "b2")])
    model.compile(Adam(**PAGE["adam"]), "categorical_crossentropy", backend=backend)
    history = model.fit(GIVEN["x"], GIVEN["y"], batch_size=2, shuffle=False, verbose=0)
    same(history.history["loss"][0], PAGE["loss"]["mean"], 1e-6)
    for w, name in zip(model.get_weights(), ("W1", "b1", "W2", "b2"), strict=True):
        same(w, PAGE["update"]["weights after"][name], 2e-5)
