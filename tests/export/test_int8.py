"""Eight bits: a quarter of the size, the accuracy measured before and after, and refused where too much is lost."""

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import Sequential, datasets, layers, utils
from chainrule.cli import main
from chainrule.errors import SettingError
from chainrule.export import c_compiler, c_int8, export_model, onnx_int8, quantization
from chainrule.export.operations import operations_of
from chainrule.recording import RunRecorder


@pytest.fixture(scope="module")
def convnet():
    """A small convolutional network that knows MNIST somewhat."""
    utils.set_random_seed(1)
    data = datasets.load("mnist")
    model = Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(6, 5, strides=2, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(12, 3, padding="same", activation="relu"), layers.Flatten(), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    model.fit(data.x_train[:4000, ..., None] / np.float32(255), data.y_train[:4000], epochs=2, verbose=0)
    model.extras = {
        "task": "classes",
        "class_names": list("0123456789"),
        "preparation": dict(data.preparation),
        "dataset": {"name": "mnist"},
    }
    return model


@pytest.mark.parametrize("ending", [".onnx", ".h"])
@pytest.mark.parametrize("name", ["reader", "convnet"])
def test_accuracy_stays_and_the_size_is_a_quarter(request, tmp_path, name, ending) -> None:
    """At most half a per cent is lost on the 10,000 test digits; the report says before and after."""
    model = request.getfixturevalue(name)
    written = export_model(model, tmp_path / f"m{ending}", int8=True, max_drop=0.005)
    assert "on 10,000 test examples" in written.notes[0]
    weights = 4 * model.count_params()
    if ending == ".onnx":
        assert written.bytes < 0.3 * weights + 8000
    else:
        assert "bytes of weights" in written.notes[-1]


def test_the_input_of_onnx_is_the_pixel(convnet, tmp_path) -> None:
    """uint8, scale 1/255 and zero point 0; weights int8 for each channel, biases int32; old versions, strict checker."""
    export_model(convnet, tmp_path / "m.onnx", int8=True)
    proto = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert (proto.ir_version, proto.opset_import[0].version) == (8, 17)
    assert proto.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    arrays = {t.name: onnx.numpy_helper.to_array(t) for t in proto.graph.initializer}
    first = proto.graph.node[0]
    assert first.op_type == "DequantizeLinear"
    assert (arrays[first.input[1]], arrays[first.input[2]]) == (np.float32(1 / 255), 0)
    kernels = [array for name, array in arrays.items() if name.startswith("kernel")]
    assert {array.dtype for array in kernels} == {np.dtype("int8")}
    assert max(int(np.abs(array.astype(int)).max()) for array in kernels) <= onnx_int8.MOST
    assert {array.dtype for name, array in arrays.items() if name.startswith("bias")} == {np.dtype("int32")}


def test_runtimes_run_it_in_whole_numbers(convnet, digits, tmp_path) -> None:
    """What ONNX Runtime fuses says the same as the graph step by step, within a step of a byte."""
    export_model(convnet, tmp_path / "m.onnx", int8=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    slow, fast = (
        onnxruntime.InferenceSession(str(tmp_path / "m.onnx"), o, providers=["CPUExecutionProvider"])
        for o in (options, None)
    )
    said = [session.run(None, {"input": digits[:500]})[0] for session in (slow, fast)]
    assert np.abs(said[0] - said[1]).max() < 0.05
    assert (said[0].argmax(1) == said[1].argmax(1)).mean() > 0.99


@pytest.mark.parametrize("name", ["reader", "convnet"])
def test_the_header_computes_what_was_measured(request, digits, tmp_path, name) -> None:
    """Compiled by gcc and clang, under sanitizers: the simulation in NumPy, whose accuracy is reported, within 1e-5."""
    model = request.getfixturevalue(name)
    export_model(model, tmp_path / "m.h", int8=True, verify=False)
    x = digits[:100].reshape(-1, *model.input_shape).astype("f4") / np.float32(255)
    operations = operations_of(model)
    steps = c_int8.input_steps(operations, quantized(model))
    expected = c_int8.simulated(operations, steps, x)
    for cc, flags in (
        ("gcc", ("-O2",)),
        ("clang", ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")),
    ):
        said = c_compiler.run(str(tmp_path / "m.h"), "m", x, cc, flags).reshape(expected.shape)
        assert np.abs(said - expected).max() <= 1e-5


def quantized(model):
    data = quantization.data_of(model)
    return quantization.as_taken(data.calibration, model.input_shape, data.divisor)


@pytest.fixture(scope="module")
def squares():
    """Pictures of 6 x 6 pixels with a bright half, sorted by class as a folder of pictures is; (pixels, classes)."""
    rng = np.random.default_rng(0)
    y = np.sort(rng.integers(0, 2, 3000))
    x = rng.integers(0, 120, (3000, 6, 6), np.uint8)
    for k, half in enumerate((slice(0, 3), slice(3, 6))):
        x[y == k, half] += np.uint8(100)
    return x, y


NETWORKS = {  # of pixels divided by 255, of pixels that the network divides; what is below 0 in them; one output for two classes
    "divided": (255, lambda: [layers.Flatten(), layers.Dense(8, "tanh"), layers.Dense(2, "softmax")]),
    "rescaling": (1, lambda: [layers.Rescaling(1 / 255), layers.Reshape((6, 6, 1)), layers.Conv2D(4, 3, padding="same", activation="tanh"),
                              layers.Conv2D(4, 3, padding="same"), layers.Flatten(), layers.Dense(2, "softmax")]),
    "one output": (1, lambda: [layers.Flatten(), layers.Rescaling(1 / 255), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")]),
}  # fmt: skip


@pytest.mark.parametrize("ending", [".onnx", ".h"])
@pytest.mark.parametrize("name", list(NETWORKS))
def test_a_run_is_calibrated_on_what_it_learned_from(squares, tmp_path, capsys, name, ending) -> None:
    """The program and its data are not needed: the run kept them. Outputs stay within a few steps of a byte; what is below 0
    between layers has its own zero point, also where a convolution is padded."""
    utils.set_random_seed(3)
    (x, y), (divisor, made) = squares, NETWORKS[name]
    model = Sequential([layers.Input((6, 6)), *made()])
    loss = "binary_crossentropy" if name == "one output" else "sparse_categorical_crossentropy"
    model.compile("adam", loss, backend="numpy")
    given = x / np.float32(255) if divisor == 255 else x
    model.fit(given[::2], y[::2], epochs=2, verbose=0, validation_data=(given[1::2], y[1::2]),
              callbacks=[RunRecorder(tmp_path / "runs", "own")])  # fmt: skip
    out = tmp_path / f"m{ending}"
    assert main(["export", "last", "--runs-dir", str(tmp_path / "runs"), "--int8", "--out", str(out)]) == 0
    assert "Accuracy on 1,500 test examples: 100.00 % before, 100.00 % after" in capsys.readouterr().out
    expected = model.predict(given[:200], verbose=0)
    if ending == ".onnx":
        session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
        said = session.run(None, {"input": x[:200]})[0]
    else:
        said = c_compiler.run(str(out), "m", given[:200].astype("f4")).reshape(expected.shape)
    assert np.abs(said - expected).max() < 0.03


def test_a_model_file_is_calibrated_on_data_that_are_named(squares, tmp_path, capsys) -> None:
    """--data, where the file names no known set; without it the sentence says so."""
    (x, y), path = squares, tmp_path / "mine.npz"
    np.savez(path, x_train=x[::2], y_train=y[::2], x_test=x[1::2], y_test=y[1::2])
    model = str(tmp_path / "m.keras")
    words = [
        "train",
        str(path),
        "--layers",
        "8",
        "--epochs",
        "12",
        "--seed",
        "3",
        "--out",
        model,
        "--no-record",
        "-q",
        "--backend",
        "numpy",
    ]
    assert main(words) == 0
    assert main(["export", model, "--int8", "--out", str(tmp_path / "m.h")]) == 2
    assert "Name them (--data)" in capsys.readouterr().err
    assert main(["export", model, "--int8", "--data", str(path), "--out", str(tmp_path / "m.h")]) == 0
    assert "Accuracy on 1,500 test examples: 100.00 % before" in capsys.readouterr().out


@pytest.mark.parametrize(("ending", "module"), [(".onnx", onnx_int8), (".h", c_int8)])
def test_too_much_loss_is_refused(convnet, tmp_path, monkeypatch, ending, module) -> None:
    """Weights of hardly any bits lose accuracy: refused with both figures, nothing written."""
    monkeypatch.setattr(module, "MOST", 1)
    with pytest.raises(
        SettingError, match=r"takes accuracy from \d\d\.\d\d to \d\d?\.\d\d %, more than the 0.5 % allowed"
    ):
        export_model(convnet, tmp_path / f"m{ending}", int8=True)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_calibrated_is_refused(stack, convnet, tmp_path) -> None:
    """No pixels, no known data, formats without eight bits."""
    with pytest.raises(SettingError, match="int8 is for classifiers of pixels"):
        export_model(stack((4,), layers.Dense(3, activation="softmax")), tmp_path / "m.onnx", int8=True)
    own = stack(
        (28, 28),
        layers.Flatten(),
        layers.Dense(16, activation="tanh"),
        layers.Dense(10, activation="softmax"),
    )
    own.extras = convnet.extras | {"dataset": {"name": "mine"}}
    with pytest.raises(SettingError, match="mine cannot be found by name"):
        export_model(own, tmp_path / "m.onnx", int8=True)
    with pytest.raises(SettingError, match="Format py is not written with eight bits; onnx and c can be"):
        export_model(own, tmp_path / "m.py", int8=True)
    assert not list(tmp_path.iterdir())
