"""The ONNX file: what runtimes complain about elsewhere is right here, and it says what the model says."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import layers
from chainrule.errors import SettingError
from chainrule.export import export_model


@pytest.fixture(scope="module")
def file(reader, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("onnx") / "digits.onnx")
    export_model(reader, path)
    return path


def run(path, x):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": x})[0]


def test_versions_are_ones_that_old_runtimes_read(file) -> None:
    """Opset 17, IR version 8, and the strict checker has nothing to say."""
    proto = onnx.load(file)
    onnx.checker.check_model(proto, full_check=True)
    assert proto.ir_version == 8
    assert [(o.domain, o.version) for o in proto.opset_import] == [("", 17)]


def test_weights_are_inside_and_not_among_the_inputs(file) -> None:
    """One input, called input, with a dynamic batch; one output; no external data."""
    graph = onnx.load(file).graph
    assert [i.name for i in graph.input] == ["input"]
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert [o.name for o in graph.output] == ["output"]
    assert all(t.raw_data and not t.external_data for t in graph.initializer)


def test_it_says_what_the_model_says_on_the_whole_test_set(file, reader, digits) -> None:
    """10,000 digits: within 1e-6, in batches of any size."""
    x = digits.reshape(-1, *reader.input_shape).astype("f4") / np.float32(255)
    assert np.abs(run(file, x) - reader.predict(x, verbose=0)).max() <= 1e-6
    assert run(file, x[:1]).shape == (1, 10)
    assert run(file, x[:7]).shape == (7, 10)


def test_pixels_go_in_as_they_come(reader, digits, tmp_path) -> None:
    """uint8 (n, 28, 28), scaled in the graph: the same answers within 1e-6."""
    export_model(reader, tmp_path / "p.onnx", pixels=True)
    x = digits[:500].reshape(-1, *reader.input_shape).astype("f4") / np.float32(255)
    assert np.abs(run(str(tmp_path / "p.onnx"), digits[:500]) - reader.predict(x, verbose=0)).max() <= 1e-6


def test_labels_and_preparation_travel_in_the_metadata(file) -> None:
    """What ONNX Runtime gives as custom metadata."""
    meta = onnxruntime.InferenceSession(file).get_modelmeta().custom_metadata_map
    assert json.loads(meta["labels"]) == list("0123456789")
    assert json.loads(meta["preparation"])["like"] == "mnist"
    assert float(meta["accuracy"]) > 0.99


def test_pixels_need_a_scale(stack, tmp_path) -> None:
    """A model that does not say how pixels are scaled cannot have the scaling in its graph."""
    with pytest.raises(SettingError, match="does not say how pixels are scaled"):
        export_model(stack((4,), layers.Dense(2)), tmp_path / "m.onnx", pixels=True)


def test_without_the_package_the_install_line_is_said(reader, tmp_path, monkeypatch) -> None:
    """One sentence, and no file."""
    import sys

    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'pip install "chainrule\[onnx\]"'):
        export_model(reader, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
