"""What has no written rule: functions and layers with only `call` learn with JAX's derivatives, and say so."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import MissingDependencyError, SettingError, ShapeError
from chainrule.layers import Dense, Input, Lambda, Layer


class Affine(Layer):
    """A Dense written as for Keras."""

    def __init__(self, units, **settings):
        super().__init__(**settings)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="glorot_uniform", name="kernel"
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        super().build(input_shape)

    def call(self, x):
        return ops.matmul(x, self.w) + self.b


def table(rng):
    x = rng.normal(size=(32, 4)).astype(np.float32)
    return x, (x[:, :1] > 0).astype(np.float32)


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_layer_with_only_call_learns_as_the_written_one(backend, rng) -> None:
    """The same weights, data and steps: Dense by automatic differentiation ends where Dense by rule ends."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    x, y = table(rng)
    ends = []
    for hidden in (Affine(3), Dense(3)):
        cr.utils.set_random_seed(4)
        model = cr.Sequential([Input((4,)), hidden, Lambda(ops.tanh), Dense(1, activation="sigmoid")])
        model.compile("sgd", "binary_crossentropy", backend=backend)
        model.fit(x, y, epochs=3, batch_size=8, verbose=0)
        ends.append(model.get_weights())
    for a, b in zip(*ends, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_lambda_s_shape_is_found_or_given() -> None:
    """By calling it, as a shape, or as a function of the input's; several inputs come as a list."""
    assert Lambda(lambda x: x[:, :2]).output_shape_for((5,)) == (2,)
    assert Lambda(lambda x: x, output_shape=(7,)).output_shape_for((5,)) == (7,)
    assert Lambda(lambda x: x, output_shape=lambda s: (s[0], s[1] * 2)).output_shape_for((5,)) == (10,)
    assert Lambda(lambda x: x[0] + x[1]).output_shape_for(((3,), (3,))) == (3,)
    assert Lambda(lambda x, k: x * k, arguments={"k": 3})(np.ones((1, 2))).tolist() == [[3, 3]]
    with pytest.raises(ShapeError, match="one answer for each example"):
        Lambda(lambda x: x.sum()).output_shape_for((5,))
    with pytest.raises(SettingError, match="Lambda needs a function"):
        Lambda(3)


def test_without_jax_it_says_which_method_to_write(monkeypatch) -> None:
    """Answering works; learning through it names JAX."""
    import builtins

    real = builtins.__import__

    def no_jax(name, *rest, **more):
        if name == "jax" or name.startswith("jax."):
            raise ImportError(name, name="jax")
        return real(name, *rest, **more)

    layer = Lambda(lambda x: x * x, name="square")
    y, cache = layer.forward({}, np.ones((1, 2), np.float32))
    monkeypatch.setattr("importlib.import_module", no_jax)
    with pytest.raises(MissingDependencyError, match="Lambda 'square' has no backward.*chainrule\\[jax\\]"):
        layer.backward({}, cache, y)


def test_a_function_that_leaves_jax_is_refused() -> None:
    """NumPy inside a function cannot be followed, and the error says what to do."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    layer = Lambda(lambda x: np.cumsum(np.asarray(x), axis=1), name="sums")
    y, cache = layer.forward({}, np.ones((1, 2), np.float32))
    with pytest.raises(SettingError, match="Lambda 'sums' cannot be derived"):
        layer.backward({}, cache, y)
    model = cr.Sequential([Input((2,)), layer, Dense(1)])
    model.compile("sgd", "mse", backend="jax")
    with pytest.raises(SettingError, match="Lambda 'sums' cannot be derived"):
        model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)


def test_a_lambda_is_in_no_file(tmp_path) -> None:
    """Saving a model with one is refused: a file holds no code. Its weights alone can be saved."""
    model = cr.Sequential([Input((2,)), Lambda(lambda x: x * 2), Dense(1)])
    with pytest.raises(cr.errors.FileError, match="Lambda"):
        model.save(tmp_path / "m.keras")
    assert "Lambda" not in cr.layers.CLASSES


def test_they_are_marked() -> None:
    """written_out says whose derivative stands beside its formula."""
    assert Dense(1).written_out
    assert not Lambda(lambda x: x).written_out
    assert not Affine(2).written_out
    lines: list[str] = []
    cr.Sequential([Input((2,)), Lambda(lambda x: x, name="twice"), Dense(1)]).summary(print_fn=lines.append)
    assert "Not written out (JAX derives them): twice" in "\n".join(lines)


@pytest.mark.parametrize("ending", ["m.weights.h5", "m.h5"])
def test_weights_alone_are_read_into_networks_with_a_lambda(tmp_path, ending) -> None:
    """A Lambda is written to no model file; the weights around it are, and come back."""

    def network():
        x = cr.layers.Input((3,))
        return cr.Model(x, cr.layers.Dense(2)(cr.layers.Lambda(lambda v: v * 2)(x)))

    first, second = network(), network()
    first.save_weights(tmp_path / ending)
    second.load_weights(tmp_path / ending)
    assert all((a == b).all() for a, b in zip(first.get_weights(), second.get_weights(), strict=True))
