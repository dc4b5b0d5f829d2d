"""Export to ONNX: opset 17, IR version 8, a dynamic batch, weights inline, networks with branches."""

import json
from typing import Any

import numpy as np

from chainrule.errors import SettingError, require_package
from chainrule.export.onnx_network import Network, pruned
from chainrule.export.onnx_operations import Graph
from chainrule.inference.card import ModelCard
from chainrule.inference.names import names_of

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

    model.build()
    card = ModelCard.of(model)
    inputs, outputs = names_of(model)
    graph = Graph(inputs[0], {*inputs, *outputs})
    types, shapes, begins = [TensorProto.FLOAT] * len(inputs), list(model.input_tuple()), list(inputs)
    if pixels:
        if not card.divisor or len(inputs) > 1:
            raise SettingError(
                "The model file does not say how pixels are scaled, so the graph cannot do it; leave out pixels."
            )
        types, shape = [TensorProto.UINT8], shapes[0]
        shapes = [raw_shape(card, shape)]
        graph.add("Cast", to=TensorProto.FLOAT)
        graph.add("Div", graph.value, graph.constant(np.float32(card.divisor), "divisor"))
        if shapes[0] != shape:
            graph.add("Reshape", graph.value, graph.constant(np.array([-1, *shape], np.int64), "shape"))
        begins = [graph.value]
    for given, name in zip(Network(model, graph, begins).write(), outputs, strict=True):
        graph.nodes.append(helper.make_node("Identity", [given], [name], name=name))
    needed = set(outputs)
    nodes = pruned(graph.nodes, needed)
    made = helper.make_graph(
        nodes, model.name, infos(inputs, types, shapes),
        infos(outputs, [TensorProto.FLOAT] * len(outputs), list(model.output_tuple())),
        [one for one in graph.initializers if one.name in needed],
    )  # fmt: skip
    proto = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="chainrule", producer_version=__version__,
    )  # fmt: skip
    helper.set_model_props(proto, metadata_of(card))
    return proto


def infos(names: list[str], types: list[Any], shapes: list[Any]) -> list[Any]:
    """What a graph says of its inputs or outputs; the number of examples is free."""
    from onnx import helper

    return [
        helper.make_tensor_value_info(name, kind, ["batch", *shape])
        for name, kind, shape in zip(names, types, shapes, strict=True)
    ]


def metadata_of(card: ModelCard) -> dict[str, str]:
    """What the file says beside the graph: labels, task, preparation, accuracy; JSON where it is more than a word."""
    found = {
        "task": card.task,
        "labels": json.dumps(list(card.class_names)),
        "preparation": json.dumps(card.preparation),
    }
    found |= {"outputs": "logits"} if card.logits else {}
    return found | ({"accuracy": str(card.results["accuracy"])} if "accuracy" in card.results else {})


def raw_shape(card: ModelCard, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one example as it comes: 28 x 28 for a network that takes MNIST's digits as 784 numbers."""
    height, width = card.preparation.get("height"), card.preparation.get("width")
    if height and width and int(np.prod(shape)) == height * width:
        return (height, width)
    return shape


def outputs_of(path: str, model: Any, x: Any, raw: Any, pixels: bool = False) -> tuple[Any, str]:
    """What the file says to examples, asked in ONNX Runtime where it is installed, else in ONNX's own reference."""
    given = raw.reshape(len(raw), *raw_shape(ModelCard.of(model), model.input_shape or ())) if pixels else x
    named = dict(zip(names_of(model)[0], given if isinstance(given, list) else [given], strict=True))
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        evaluator: Any = ReferenceEvaluator(path)
        outputs, how = evaluator.run(None, named), "run in ONNX's reference evaluator"
    else:
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        outputs, how = session.run(None, named), f"run in ONNX Runtime {onnxruntime.__version__}"
    return (np.asarray(outputs[0]) if len(outputs) == 1 else list(map(np.asarray, outputs))), how
