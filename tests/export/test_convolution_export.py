"""Convolution and pooling in every format: channels first in ONNX, rows of windows in C, loops in JavaScript; the same numbers."""

import base64
import json
import shutil

import numpy as np
import pytest
from playwright.sync_api import sync_playwright

from chainrule import activations, layers
from chainrule.export import c_compiler, export_model
from chainrule.export.html_page import TEMPLATES
from chainrule.export.operations import operations_of
from chainrule.export.payload import packed

FORMATS = [".py", ".onnx", ".h"]
STACKS = {
    "valid": ((9, 8, 2), lambda: [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3, activation="softmax")]),
    "same": ((7, 6, 3), lambda: [layers.Conv2D(5, (3, 2), padding="same"), layers.AveragePooling2D(3, strides=2, padding="same"), layers.GlobalAveragePooling2D()]),
    "strides": ((11, 10, 1), lambda: [layers.Conv2D(3, 4, strides=(2, 3), padding="same", use_bias=False), layers.MaxPooling2D(2, padding="same"), layers.Flatten()]),
    "dilation": ((10, 9, 2), lambda: [layers.Conv2D(3, (2, 3), dilation_rate=(3, 2), padding="same"), layers.GlobalMaxPooling2D()]),
    "per pixel": ((4, 5, 2), lambda: [layers.Conv2D(6, 1, activation="tanh"), layers.Dense(4, activation="sigmoid"), layers.Flatten()]),
    "softmax inside": ((4, 4, 2), lambda: [layers.Conv2D(3, 2, activation="softmax"), layers.Rescaling(2.0, -1.0), layers.Conv2D(2, 2), layers.Flatten()]),
    "sequence": ((12, 3), lambda: [layers.Conv1D(4, 3, activation="relu"), layers.MaxPooling1D(2), layers.Conv1D(3, 2, padding="causal"), layers.Flatten(), layers.Dense(2)]),
    "sequence, pooled": ((12, 3), lambda: [layers.Conv1D(4, 3, strides=2, padding="same"), layers.AveragePooling1D(2), layers.GlobalAveragePooling1D()]),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("ending", FORMATS)
def test_stacks_are_carried(stack, tmp_path, name, ending) -> None:
    """Every padding, stride and dilation, within 2e-6."""
    shape, made = STACKS[name]
    written = export_model(stack(shape, *made()), tmp_path / f"m{ending}")
    assert written.difference < 2e-6


@pytest.mark.parametrize("cc", ["gcc", "clang"])
@pytest.mark.parametrize("name", STACKS)
def test_sanitizers_find_nothing(stack, tmp_path, name, cc) -> None:
    """No read beside an array, whatever the window."""
    shape, made = STACKS[name]
    model = stack(shape, *made())
    export_model(model, tmp_path / "m.h", verify=False)
    x = np.random.default_rng(0).normal(0, 2, (20, *shape)).astype("f4")
    flags = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    said = c_compiler.run(str(tmp_path / "m.h"), "m", x, cc, flags)
    np.testing.assert_allclose(said, model.predict(x, verbose=0).reshape(-1), atol=2e-6)


@pytest.fixture(scope="module")
def page():
    """An empty page with the forward pass of exported pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.set_content(f"<script>{(TEMPLATES / 'forward.js').read_text()}</script>")
        yield page
        browser.close()


def in_browser(page, model, x):
    """What the forward pass in JavaScript says; weights have 16 bits there."""
    entries, content = packed(operations_of(model), "<f2")
    words = json.dumps([entries, base64.b64encode(content).decode(), x.reshape(-1).tolist(), len(x)])
    return page.evaluate(
        f"(([e, w, x, n]) => Array.from(forward(unpack(e, w), Float32Array.from(x), n)))({words})"
    )


@pytest.mark.parametrize("name", STACKS)
def test_the_browser_computes_the_same(stack, page, name) -> None:
    """With weights that 16 bits hold exactly: within 1e-5."""
    shape, made = STACKS[name]
    model = stack(shape, *made())
    for layer in model.layers:
        layer.set_weights([np.round(w * 64) / 64 for w in layer.get_weights()])
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype("f4")
    np.testing.assert_allclose(in_browser(page, model, x), model.predict(x, verbose=0).reshape(-1), atol=1e-5)


CARRIED = sorted(set(activations.RULES) - {"linear", "glu", "sparsemax", "swish", "hard_swish"})


@pytest.mark.parametrize("activation", CARRIED)
def test_every_activation_is_the_librarys_in_every_language(stack, page, tmp_path, activation) -> None:
    """NumPy, ONNX Runtime and JavaScript, on numbers from -6 to 6."""
    model = stack((5,), layers.Rescaling(3.0), layers.Activation(activation))
    for ending in (".py", ".onnx"):
        assert export_model(model, tmp_path / f"m{ending}").difference < 2e-6
    x = np.linspace(-2, 2, 40).reshape(8, 5).astype("f4")
    np.testing.assert_allclose(
        in_browser(page, model, x), model.predict(x, verbose=0).reshape(-1), rtol=1e-5, atol=2e-6
    )
