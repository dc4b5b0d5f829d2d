"""Export to ONNX with eight bits: QuantizeLinear and DequantizeLinear around every weighted sum (QDQ), U8S8.

Weights take seven of their eight bits: on processors without VNNI two products of full range overflow sixteen bits.
"""

from typing import Any

import numpy as np

from chainrule.errors import require_package
from chainrule.export import onnx_file, quantization
from chainrule.export.onnx_file import IR_VERSION, OPSET, metadata_of, raw_shape
from chainrule.export.onnx_operations import WRITE, Graph
from chainrule.export.operation import Operation
from chainrule.export.operations import operations_of, refuse_branches, refuse_others
from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]

TOLERANCE = 1.0  # of a probability: what counts is the accuracy, which `write` measures
MOST = 63  # of a weight: seven bits


def write(model: Any, path: str, max_drop: float = 0.005, data: Any = None) -> list[str]:
    """Writes the file; returns accuracy before and after, and sizes. SettingError where more is lost than max_drop.

    data: the Dataset that it learned from; None: the one that its file names.
    """
    from chainrule.files.disk import write as write_whole

    onnx = require_package("onnx", "onnx", "export to ONNX")
    data = quantization.data_of(model, data)
    content = model_proto(model, data.calibration, data.divisor).SerializeToString()
    onnx.checker.check_model(content, full_check=True)
    card, x = ModelCard.of(model), quantization.as_taken(data.x, model.input_shape or (), data.divisor)
    before = quantization.accuracy(model, model.predict(x, verbose=0), data.y)
    said = _run(content, data.x.reshape(len(data.x), *raw_shape(card, model.input_shape or ())))
    after = quantization.accuracy(model, said, data.y)
    quantization.check_drop(before, after, max_drop)
    write_whole(path, [content])
    floats = 4 * sum(array.size for op in operations_of(model) for array in op.weights.values())
    return [
        f"Accuracy on {len(data.y):,} {data.part} examples: {100 * before:.2f} % before, {100 * after:.2f} % after.",
        f"{len(content):,} bytes; the weights alone had {floats:,}. The input is uint8 pixels, scaled in the graph.",
    ]


def model_proto(model: Any, calibration: Array, divisor: float = 255.0) -> Any:
    """The quantized model as an `onnx.ModelProto`."""
    from onnx import TensorProto, helper

    from chainrule import __version__

    card, shape = ModelCard.of(model), model.input_shape or ()
    operations = operations_of(model)
    refuse_others(operations, WRITE, "ONNX", "Keep the model as .keras.")
    refuse_branches(operations, "int8")
    ranges = quantization.ranges(operations, quantization.as_taken(calibration, shape, divisor))
    graph, input_shape = Graph("input"), raw_shape(card, shape)
    pixel = np.float32(1 / 255)
    _dequantize(graph, pixel, np.uint8(0))
    if input_shape != shape:
        graph.add("Reshape", graph.value, graph.constant(np.array([-1, *shape], np.int64), "shape"))
    raw = True  # nothing but pixels so far: they are quantized already
    for op, (low, high) in zip(operations, ranges, strict=True):
        if raw and divisor != 255 and quantization.divides(op):
            continue  # the first DequantizeLinear has divided by 255
        if op.kind in quantization.WEIGHED:
            scale, zero = (pixel, np.uint8(0)) if raw else quantization.affine(low, high)
            if not raw:
                name, point = graph.constant(scale, "scale"), graph.constant(zero, "zero")
                graph.add("QuantizeLinear", graph.value, name, point)
                graph.add("DequantizeLinear", graph.value, name, point)
            _weighted(graph, op, scale)
        else:
            WRITE[op.kind](graph, op)
        raw = raw and op.kind == "reshape"
    graph.layout(channels_first=False)
    graph.nodes.append(helper.make_node("Identity", [graph.value], ["output"], name="output"))
    made = helper.make_graph(
        graph.nodes, model.name,
        [helper.make_tensor_value_info("input", TensorProto.UINT8, ["batch", *input_shape])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", *(model.output_shape or ())])],
        graph.initializers,
    )  # fmt: skip
    proto = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
        producer_name="chainrule", producer_version=__version__,
    )  # fmt: skip
    helper.set_model_props(proto, metadata_of(card) | {"quantized": "int8"})
    return proto


def _dequantize(graph: Graph, scale: Any, zero: Any) -> None:
    graph.add("DequantizeLinear", graph.value, graph.constant(scale, "scale"), graph.constant(zero, "zero"))


def _weighted(graph: Graph, op: Operation, input_scale: Any) -> None:
    """A weighted sum whose weights are int8 and whose bias is int32, as QDQ has them."""
    kernel, scales = quantization.of_weights(op.weights["kernel"], MOST)
    axis = kernel.ndim - 1
    if op.kind == "conv2d":
        kernel, axis = kernel.transpose(3, 2, 0, 1), 0
        graph.layout(channels_first=True)
    else:
        graph.layout(channels_first=False)
    x = graph.value
    zeros = np.zeros(len(scales), np.int8)
    graph.add(
        "DequantizeLinear",
        graph.constant(kernel, "kernel"),
        graph.constant(scales, "scale"),
        graph.constant(zeros, "zero"),
        axis=axis,
    )
    inputs = [x, graph.value]
    if "bias" in op.weights:
        bias_scale = (scales * input_scale).astype(np.float32)
        bias = (
            np.rint(op.weights["bias"].astype(np.float64) / bias_scale)
            .clip(-(2**31), 2**31 - 1)
            .astype(np.int32)
        )
        graph.add(
            "DequantizeLinear",
            graph.constant(bias, "bias"),
            graph.constant(bias_scale, "scale"),
            graph.constant(np.zeros(len(bias), np.int32), "zero"),
            axis=0,
        )
        inputs.append(graph.value)
    s = op.settings
    if op.kind == "conv2d":
        graph.add(
            "Conv",
            *inputs,
            kernel_shape=s["size"],
            strides=s["strides"],
            pads=s["pads"],
            dilations=s["dilation"],
            group=s["groups"],
        )
    elif len(op.input_shape) == 1:
        graph.add("Gemm", *inputs)
    else:
        graph.add("MatMul", *inputs[:2])
        if len(inputs) == 3:
            graph.add("Add", graph.value, inputs[2])


def _run(content: bytes, pixels: Array) -> Array:
    """What the graph says to pixels, in batches. ONNX's own evaluator does not know these operations at opset 17."""
    runtime: Any = require_package("onnxruntime", "onnx", "int8 in ONNX, to measure what it costs,")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    pieces = [session.run(None, {"input": pixels[k : k + 1000]})[0] for k in range(0, len(pixels), 1000)]
    return np.concatenate(pieces)


def outputs_of(
    path: str, model: Any, x: Array, raw: Array, max_drop: float = 0.005, data: Any = None
) -> tuple[Array, str] | None:
    """What the file says to pixels."""
    if raw.dtype != np.uint8:  # of a network that divides by 255 itself: `write` has measured it
        return None
    return onnx_file.outputs_of(path, model, x, raw, pixels=True)
