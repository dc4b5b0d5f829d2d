"""Models to export. Needs: onnx, onnxruntime, playwright with a Chromium, gcc and clang (extra `onnx`; apt: clang, chromium)."""

import numpy as np
import pytest

from chainrule import Sequential, datasets, layers, pretrained, utils
from chainrule.models import load_model


@pytest.fixture(scope="session")
def reader():
    """The bundled digit reader."""
    return load_model(str(pretrained.digits()), compile=False)


@pytest.fixture(scope="session")
def digits():
    """MNIST's test digits, uint8 (10000, 28, 28)."""
    return datasets.load("mnist").x_test


@pytest.fixture
def stack():
    """stack(input_shape, *layers): a model with weights that are not zero anywhere."""

    def make(shape, *more):
        utils.set_random_seed(3)
        model = Sequential([layers.Input(shape), *more])
        model.build()
        rng = np.random.default_rng(1)
        for layer in model.layers:
            layer.set_weights([w + rng.normal(0, 0.1, w.shape).astype("f4") for w in layer.get_weights()])
        return model

    return make
