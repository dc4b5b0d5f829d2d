"""Export to ONNX: opset 17, IR version 8, a dynamic batch, weights inline, networks with branches."""

import json
from typing import Any

import numpy as np

from chainrule.errors import SettingError, require_package
from chainrule.export.onnx_operations import WRITE, Graph
from chainrule.export.operations import operations_of, refuse_others
from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]

OPSET, IR_VERSION = 17, 8  # what runtimes of the last years all know
TOLERANCE = 1e-5  # the writer's tests ask for 1e-6 on MNIST's test digits


def write(model: Any, path: str, pixels: bool = False) -> list[str]:
    """Writes the file; returns what a person should know. pixels: the input is uint8, divided in the graph."""
    onnx = require_package("onnx", "onnx", "export to ONNX")
    from chainrule.files.disk import write as write_whole

    proto = model_proto(model, pixels)
    onnx.checker.check_model(proto, full_check=True)
    write_whole(path, [proto.SerializeToString()])
    takes = "uint8 pixels, scaled in the graph" if pixels else "float32, scaled as for the network"
    return [
        f"Kept: weights, labels and preparation (metadata). Left out: how it learned. The input is {takes}."
    ]


def model_proto(model: Any, pixels: bool = False) -> Any:
    """The model as an `onnx.ModelProto`."""
    from onnx import TensorProto, helper

    from chainrule import __version__

    operations, card = operations_of(model), ModelCard.of(model)
    refuse_others(operations, WRITE, "ONNX", "Keep the model as .keras.")
    shape = model.input_shape or ()
    graph = Graph("input")
    input_type, input_shape = TensorProto.FLOAT, shape
    if pixels:
        if not card.divisor:
            raise SettingError(
                "The model file does not say how pixels are scaled, so the graph cannot do it; leave out pixels."
            )
        input_type, input_shape = TensorProto.UINT8, raw_shape(card, shape)
        graph.add("Cast", to=TensorProto.FLOAT)
        graph.add("Div", graph.value, graph.constant(np.float32(card.divisor), "divisor"))
        if input_shape != shape:
            graph.add("Reshape", graph.value, graph.constant(np.array([-1, *shape], np.int64), "shape"))
    graph.start()
    for op in operations:
        graph.take(op.sources)
        WRITE[op.kind](graph, op)
        graph.keep()
    graph.layout(channels_first=False)
    graph.nodes.append(helper.make_node("Identity", [graph.value], ["output"], name="output"))
    made = helper.make_graph(
        graph.nodes, model.name,
        [helper.make_tensor_value_info("input", input_type, ["batch", *input_shape])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", *(model.output_shape or ())])],
        graph.initializers,
    )  # fmt: skip
    proto = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="chainrule", producer_version=__version__,
    )  # fmt: skip
    helper.set_model_props(proto, metadata_of(card))
    return proto


def metadata_of(card: ModelCard) -> dict[str, str]:
    """What the file says beside the graph: labels, task, preparation, accuracy; JSON where it is more than a word."""
    found = {
        "task": card.task,
        "labels": json.dumps(list(card.class_names)),
        "preparation": json.dumps(card.preparation),
    }
    return found | ({"accuracy": str(card.results["accuracy"])} if "accuracy" in card.results else {})


def raw_shape(card: ModelCard, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one example as it comes: 28 x 28 for a network that takes MNIST's digits as 784 numbers."""
    height, width = card.preparation.get("height"), card.preparation.get("width")
    if height and width and int(np.prod(shape)) == height * width:
        return (height, width)
    return shape


def outputs_of(path: str, model: Any, x: Array, raw: Array, pixels: bool = False) -> tuple[Array, str]:
    """What the file says to examples, asked in ONNX Runtime where it is installed, else in ONNX's own reference."""
    given = raw.reshape(len(raw), *raw_shape(ModelCard.of(model), model.input_shape or ())) if pixels else x
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        evaluator: Any = ReferenceEvaluator(path)
        return np.asarray(evaluator.run(None, {"input": given})[0]), "run in ONNX's reference evaluator"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    said = np.asarray(session.run(None, {"input": given})[0])
    return said, f"run in ONNX Runtime {onnxruntime.__version__}"
