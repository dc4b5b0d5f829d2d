"""Every format says what the model says, refuses by name what it cannot carry, and is verified after it is written."""

import subprocess
import sys

import numpy as np
import pytest

from chainrule import layers
from chainrule.errors import FileError, SettingError
from chainrule.export import FORMATS, export_model, format_of, numpy_runner, python_file
from chainrule.models import Model, load_model

ACTIVATIONS = [
    "relu",
    "sigmoid",
    "tanh",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "softplus",
    "silu",
    "softmax",
    "linear",
]
ENDINGS = {name: endings[0] for name, (endings, _, _) in FORMATS.items()}


@pytest.mark.parametrize("format_", FORMATS)
def test_the_bundled_reader_is_carried_by_every_format(reader, tmp_path, format_) -> None:
    """The report says how it was verified, on what, how far the outputs are apart, and what a person should know."""
    written = export_model(reader, tmp_path / f"digits{ENDINGS[format_]}", format_)
    assert written.verified
    assert "1,000 test digits" in written.verified
    assert written.difference <= {"keras": 0, "h5": 0, "html": 0.01}.get(format_, 1e-6)
    assert written.bytes == (tmp_path / f"digits{ENDINGS[format_]}").stat().st_size


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("format_", ["onnx", "py"])
def test_every_activation_is_carried(stack, tmp_path, activation, format_) -> None:
    """Inside a Dense and as a layer of its own."""
    model = stack(
        (6,), layers.Dense(5, activation=activation), layers.Activation(activation), layers.Dense(3)
    )
    assert export_model(model, tmp_path / f"m{ENDINGS[format_]}").difference < 2e-6


def test_layers_without_weights_are_carried(stack, tmp_path) -> None:
    """Rescaling, Reshape, Flatten, Dropout, and the three relus with their settings."""
    model = stack(
        (2, 6), layers.Rescaling(0.5, -1), layers.Reshape((3, 4)), layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
        layers.Flatten(), layers.Dropout(0.5), layers.Dense(5), layers.LeakyReLU(0.3), layers.Dense(4), layers.Softmax(),
    )  # fmt: skip
    for ending in (".onnx", ".py"):
        assert export_model(model, tmp_path / f"m{ending}").difference < 2e-6


def test_dense_works_on_the_last_axis_in_every_format(stack, tmp_path) -> None:
    """A Dense on (4, 3) is the same weighted sum at each of the four positions."""
    model = stack((4, 3), layers.Dense(5, activation="tanh"), layers.Flatten(), layers.Dense(2))
    for ending in (".onnx", ".py", ".h"):
        assert export_model(model, tmp_path / f"m{ending}").difference < 2e-6


def test_a_layer_that_a_format_cannot_carry_is_named(stack, tmp_path) -> None:
    """Both layers are named, with a format that carries them; nothing is written."""
    model = stack(
        (4,),
        layers.Dense(5, activation="gelu", name="first"),
        layers.Dense(2, activation="selu", name="second"),
    )
    with pytest.raises(SettingError, match=r"'first' \(gelu\), Dense 'second' \(selu\).*onnx"):
        export_model(model, tmp_path / "m.h")
    assert not list(tmp_path.iterdir())


def test_a_layer_of_ones_own_is_refused_by_name(stack, tmp_path) -> None:
    """Nobody can know what it computes."""

    class Double(layers.Layer):
        def forward(self, params, x, *rest):
            return 2 * x, None

    with pytest.raises(SettingError, match="Double 'mine' cannot be exported"):
        export_model(stack((4,), Double(name="mine"), layers.Dense(2)), tmp_path / "m.py")


def test_a_network_with_several_outputs_is_refused(tmp_path) -> None:
    """Python and C carry one input and one output; a Model that is a chain is carried as a Sequential is."""
    given = layers.Input((4,))
    inside = layers.Dense(3, activation="relu")(given)
    model = Model(given, [layers.Dense(2)(inside), layers.Dense(1)(inside)])
    for ending in (".py", ".h"):
        with pytest.raises(SettingError, match="several inputs or outputs"):
            export_model(model, tmp_path / f"m{ending}")
    chain = Model(given, layers.Dense(2)(inside))
    assert export_model(chain, tmp_path / "m.onnx").difference < 1e-6


def test_a_page_is_for_models_that_read_handwriting(stack, tmp_path) -> None:
    """Others are told which format to take."""
    with pytest.raises(SettingError, match=r"this one takes \(4,\). Use --to py"):
        export_model(stack((4,), layers.Dense(2)), tmp_path / "m.html")


def test_a_file_that_says_something_else_is_removed(stack, tmp_path, monkeypatch) -> None:
    """Verification is a comparison of outputs, not of hopes."""
    model = stack((4,), layers.Dense(3))
    monkeypatch.setattr(python_file, "packed", with_one_weight_changed)
    with pytest.raises(FileError, match="does not say what the model says"):
        export_model(model, tmp_path / "m.py")
    assert not (tmp_path / "m.py").exists()
    assert export_model(model, tmp_path / "m.py", verify=False).difference is None


def with_one_weight_changed(operations):
    """The payload with one weight changed."""
    from chainrule.export.payload import packed

    entries, content = packed(operations)
    numbers = np.frombuffer(content, "<f4").copy()
    numbers[0] += 1
    return entries, numbers.tobytes()


def test_nothing_is_lost_on_the_way_to_keras_and_back(stack, tmp_path) -> None:
    """The same weights, configuration and extras, through .h5 and .keras; without the optimizer only when asked."""
    model = stack((3,), layers.Dense(2, activation="relu"))
    model.compile("adam", "mse")
    model.fit(np.ones((8, 3)), np.ones((8, 2)), verbose=0)
    model.extras = {"task": "regression", "anything": [1, 2]}
    export_model(model, tmp_path / "a.h5")
    export_model(load_model(tmp_path / "a.h5"), tmp_path / "b.keras")
    again = load_model(tmp_path / "b.keras")
    assert again.extras == model.extras
    assert again.optimizer.iterations == model.optimizer.iterations
    assert all((a == b).all() for a, b in zip(again.get_weights(), model.get_weights(), strict=True))
    model.export(tmp_path / "c.keras", format="keras", include_optimizer=False)
    assert (tmp_path / "c.keras").stat().st_size < (tmp_path / "b.keras").stat().st_size


def test_the_python_file_needs_numpy_only(reader, digits, tmp_path) -> None:
    """In a process that has no Chainrule: the command line names the digits, and no module of Chainrule is there."""
    export_model(reader, tmp_path / "reader.py")
    np.save(tmp_path / "x.npy", digits[:20])
    code = "import runpy, sys; sys.argv = ['reader.py', 'x.npy']; runpy.run_path('reader.py', run_name='__main__'); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    *lines, modules = done.stdout.splitlines()
    expected = reader.predict(
        digits[:20].reshape(20, *reader.input_shape).astype("f4") / 255, verbose=0
    ).argmax(1)
    assert lines == [str(k) for k in expected]
    assert not [name for name in modules.split() if name.startswith("chainrule")]


def test_the_python_file_refuses_examples_of_another_size(reader, tmp_path) -> None:
    """One sentence with both shapes."""
    import runpy

    export_model(reader, tmp_path / "reader.py")
    with pytest.raises(ValueError, match=r"shape \(28, 28\) are expected; got an array of shape \(3, 5\)"):
        runpy.run_path(str(tmp_path / "reader.py"))["predict"](np.zeros((3, 5)))


def test_the_numpy_runner_says_what_the_library_says(stack) -> None:
    """The operations of a model, run in plain NumPy, give the model's outputs."""
    from chainrule.export.operations import operations_of

    model = stack((5,), layers.Dense(4, activation="silu"), layers.Dense(3, activation="softmax"))
    x = np.random.default_rng(0).normal(size=(7, 5)).astype("f4")
    plain = [(op.kind, op.settings, op.weights) for op in operations_of(model)]
    np.testing.assert_allclose(numpy_runner.forward(plain, x), model.predict(x, verbose=0), atol=1e-6)


def test_unknown_formats_and_options_are_refused_with_the_nearest() -> None:
    """A format, an ending and an option that do not exist."""
    with pytest.raises(SettingError, match="Did you mean 'onnx'"):
        export_model(None, "m.onnx", "onxn")
    with pytest.raises(SettingError, match=r"'m.tflite' ends in no format's name; known: .keras"):
        format_of("m.tflite")


def test_an_option_of_another_format_is_refused(reader, tmp_path) -> None:
    """pixels is for ONNX."""
    with pytest.raises(SettingError, match="Format py does not take 'pixels'"):
        export_model(reader, tmp_path / "m.py", pixels=True)
