"""Four layers' steps, worked by hand: every number that a layer computes is the one on its page."""

import json
from math import exp, sqrt
from typing import Any

import four_layers
import numpy as np
import pytest

from chainrule.layers import LSTM, Attention, BatchNormalization, Conv2D
from chainrule.layers.base import Context

PAGES = {name: json.loads((four_layers.FOLDER / f"{name}.json").read_text()) for name in four_layers.PAGES}


def numbers(page: dict[str, Any], *path: str) -> np.ndarray:
    """A part of a page as an array."""

    def values(cell: Any) -> Any:
        return cell["is"] if isinstance(cell, dict) else [values(entry) for entry in cell]

    for name in path:
        page = page[name]
    return np.array(values(page))


def same(array: Any, page: dict[str, Any], *path: str) -> None:
    """An array holds the numbers of a part of a page, to the last digits of float64."""
    wanted = numbers(page, *path)
    np.testing.assert_allclose(
        np.asarray(array).reshape(wanted.shape), wanted, rtol=1e-13, atol=1e-14, err_msg=str(path)
    )


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_its_arithmetic_gives(name) -> None:
    """The file holds what its script writes, and a reader with a calculator comes to the same numbers."""
    assert (four_layers.FOLDER / f"{name}.json").read_text() == four_layers.text(name)
    checked = 0

    def walk(cell: Any) -> None:
        nonlocal checked
        if isinstance(cell, dict) and "from" in cell:
            if cell["from"] != "given":
                assert eval(cell["from"], {"exp": exp, "sqrt": sqrt}) == pytest.approx(
                    cell["is"], rel=5e-5, abs=5e-6
                ), cell
                checked += 1
        elif isinstance(cell, (dict, list)):
            for entry in cell.values() if isinstance(cell, dict) else cell:
                walk(entry)

    walk(PAGES[name])
    assert checked > 10


def test_the_convolution_of_the_page() -> None:
    """Outputs, the derivative by kernel, bias and picture, and the weights after a step."""
    page = PAGES["convolution"]
    x, w, b = (numbers(page, "given", name) for name in ("x", "w", "b"))
    layer, params = Conv2D(1, 2), {"kernel": w[:, :, None, None], "bias": b.reshape(1)}
    y, cache = layer.forward(params, x[None, :, :, None])
    same(y, page, "forward", "y")
    dy = y - numbers(page, "given", "t")[None, :, :, None]
    grads = layer.gradients(params, cache, dy)
    same(grads["kernel"], page, "backward", "dw")
    same(grads["bias"], page, "backward", "db")
    same(layer.backward(params, cache, dy), page, "backward", "dx")
    same(params["kernel"] - 0.1 * grads["kernel"], page, "after", "w")


def test_the_batch_normalization_of_the_page() -> None:
    """Outputs, the derivative by gamma, beta and the examples, and the moving statistics."""
    page = PAGES["batch_normalization"]
    params = {name: numbers(page, "given", name).reshape(1) for name in ("gamma", "beta")}
    params |= {"moving_mean": np.zeros(1), "moving_variance": np.ones(1)}
    layer = BatchNormalization()
    y, cache = layer.forward(params, numbers(page, "given", "x")[:, None], Context(training=True))
    same(y, page, "forward", "y")
    dy = numbers(page, "given", "dy")[:, None]
    grads = layer.gradients(params, cache, dy)
    same(grads["gamma"], page, "backward", "dgamma")
    same(grads["beta"], page, "backward", "dbeta")
    same(layer.backward(params, cache, dy), page, "backward", "dx")
    for name, value in layer.update_statistics(params, cache).items():
        same(value, page, "after", name)


def test_the_lstm_cell_of_the_page() -> None:
    """Outputs over two times, and the derivative by both kernels, the bias and the inputs."""
    page = PAGES["lstm_cell"]
    x, w, u, b = (numbers(page, "given", name) for name in ("x", "w", "u", "b"))
    params = {"kernel": w[None], "recurrent_kernel": u[None], "bias": b}
    layer = LSTM(1)
    y, cache = layer.forward(params, x.reshape(1, 2, 1))
    same(LSTM(1, return_sequences=True).forward(params, x.reshape(1, 2, 1))[0], page, "forward", "h")
    dx, grads = layer.backward_and_gradients(params, cache, numbers(page, "given", "dh").reshape(y.shape))
    same(dx, page, "backward", "dx")
    for name, weight in (("dw", "kernel"), ("du", "recurrent_kernel"), ("db", "bias")):
        same(grads[weight], page, "backward", name)


def test_the_attention_head_of_the_page() -> None:
    """The mix of the values, and the derivative by query, keys and values."""
    page = PAGES["attention_head"]
    q, keys, values = (numbers(page, "given", name) for name in ("q", "keys", "values"))
    layer = Attention()
    x = (q[None, None], values[None, :, None], keys[None])
    y, cache = layer.forward({}, x)
    same(y, page, "forward", "y")
    dq, dv, dk = layer.backward({}, cache, numbers(page, "given", "dy").reshape(y.shape))
    same(dq, page, "backward", "dq")
    same(dv, page, "backward", "dv")
    same(dk, page, "backward", "dk")
