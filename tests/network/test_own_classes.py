"""What a class of the user's own overrides is called, or refused by name when the class is made; never passed over."""

import numpy as np
import pytest

from chainrule import Input, Sequential, layers, losses, optimizers
from chainrule.errors import SettingError

LAYERS = [
    layers.Dense,
    layers.Conv2D,
    layers.LSTM,
    layers.BatchNormalization,
    layers.Dropout,
    layers.Embedding,
]
OPTIMIZERS = [optimizers.SGD, optimizers.Adam, optimizers.RMSprop, optimizers.Optimizer]
LOSSES = [losses.MeanSquaredError, losses.CategoricalCrossentropy, losses.Huber, losses.Loss]


@pytest.mark.parametrize("kind", LOSSES)
def test_a_loss_that_overrides_what_learning_never_calls_is_refused(kind) -> None:
    """Keras asks a loss's __call__ for the whole batch; here learning asks for one loss per example."""
    with pytest.raises(SettingError, match="Own overrides __call__.*override call"):
        type("Own", (kind,), {"__call__": lambda self, y_true, y_pred, sample_weight=None: 0.0})


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_s_build_with_keras_s_arguments_is_refused(kind) -> None:
    """A layer of ours draws its weights in `init`: a `build` that would end in a TypeError is refused before."""
    with pytest.raises(SettingError, match=f"Own overrides build.*of {kind.__name__}.*init"):
        type("Own", (kind,), {"build": lambda self, input_shape: None})


@pytest.mark.parametrize("name", ["apply", "apply_gradients"])
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_an_optimizer_s_apply_with_keras_s_arguments_is_refused(kind, name) -> None:
    """Learning calls a rule for each weight, and nothing else of an optimizer."""
    method = {"apply": lambda self, grads, variables=None: None, "apply_gradients": lambda self, pairs: None}[
        name
    ]
    with pytest.raises(SettingError, match=f"Own overrides {name} as Keras calls it.*rule"):
        type("Own", (kind,), {name: method})


@pytest.mark.parametrize("written", ["lambda t, p: (t - p) ** 2", "own"])
def test_a_loss_of_a_program_without_a_name_learns(written) -> None:
    """Code that runs by `exec` without __name__ has functions without a module; they are the user's own like any other."""
    names: dict = {"__builtins__": __builtins__}
    exec(f"def own(t, p):\n    return (t - p) ** 2\nloss = {written}", names)
    assert names["loss"].__module__ in (None, "builtins")
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", names["loss"])
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    history = model.fit(x, x.sum(axis=1, keepdims=True), epochs=3, verbose=0).history["loss"]
    assert history[-1] < history[0]
