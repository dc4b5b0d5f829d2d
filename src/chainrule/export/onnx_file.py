"""Export to ONNX: opset 17, IR version 8, a dynamic batch, weights inline. Every kind of layer is carried.

Pictures go through convolutions with channels first, as ONNX has them; `_Graph` keeps track and transposes where needed.
"""

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError, require_package
from chainrule.export.operations import Operation, operations_of, refuse_others
from chainrule.inference.card import ModelCard

if TYPE_CHECKING:
    from chainrule.models import Model

Array = np.ndarray[Any, Any]

OPSET, IR_VERSION = 17, 8  # what runtimes of the last years all know
TOLERANCE = 1e-5  # the writer's tests ask for 1e-6 on MNIST's test digits


class _Graph:
    """Nodes and initializers as they are added; `value` is the name of the newest output."""

    def __init__(self, value: str) -> None:
        from onnx import helper, numpy_helper

        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.value, self.channels_first = value, False
        self._make_node, self._from_array = helper.make_node, numpy_helper.from_array

    def constant(self, array: Any, name: str = "constant") -> str:
        """An initializer's name."""
        name = f"{name}_{len(self.initializers)}"
        self.initializers.append(self._from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """A node on the newest output (or the inputs that are named); its output becomes the newest."""
        out = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self._make_node(kind, list(inputs) or [self.value], [out], name=out, **attributes))
        self.value = out
        return out

    def layout(self, channels_first: bool) -> None:
        """Transposes pictures where they are not as the next node takes them."""
        if channels_first != self.channels_first:
            self.add("Transpose", perm=[0, 3, 1, 2] if channels_first else [0, 2, 3, 1])
            self.channels_first = channels_first


def write(model: "Model", path: str, pixels: bool = False) -> list[str]:
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


def model_proto(model: "Model", pixels: bool = False) -> Any:
    """The model as an `onnx.ModelProto`."""
    from onnx import TensorProto, helper

    from chainrule import __version__

    operations, card = operations_of(model), ModelCard.of(model)
    refuse_others(operations, WRITE, "ONNX", "Tell us which model needs it.")
    shape = model.input_shape or ()
    graph = _Graph("input")
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
    for op in operations:
        WRITE[op.kind](graph, op)
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


def outputs_of(path: str, model: "Model", x: Array, raw: Array, pixels: bool = False) -> tuple[Array, str]:
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


# ── operations ───────────────────────────────────────────────────────────────────────────────────────────────────


def _dense(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    kernel = graph.constant(op.weights["kernel"], "kernel")
    bias = [graph.constant(op.weights["bias"], "bias")] if "bias" in op.weights else []
    if len(op.input_shape) == 1:
        graph.add("Gemm", graph.value, kernel, *bias)
        return
    graph.add("MatMul", graph.value, kernel)
    for name in bias:
        graph.add("Add", graph.value, name)


def _conv2d(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=True)
    kernel = graph.constant(
        op.weights["kernel"].transpose(3, 2, 0, 1), "kernel"
    )  # (outputs, inputs, rows, columns)
    bias = [graph.constant(op.weights["bias"], "bias")] if "bias" in op.weights else []
    s = op.settings
    graph.add("Conv", graph.value, kernel, *bias, kernel_shape=s["size"], strides=s["strides"], pads=s["pads"],
              dilations=s["dilation"], group=s["groups"])  # fmt: skip


def _pool(kind: str, **more: Any) -> Any:
    def write_pool(graph: _Graph, op: Operation) -> None:
        graph.layout(channels_first=True)
        s = op.settings
        graph.add(kind, kernel_shape=s["size"], strides=s["strides"], pads=s["pads"], **more)

    return write_pool


def _global_pool(kind: str) -> Any:
    def write_pool(graph: _Graph, op: Operation) -> None:
        graph.layout(channels_first=True)
        graph.add(kind)
        if op.settings["keepdims"]:
            graph.layout(channels_first=False)
        else:
            graph.add("Flatten")
            graph.channels_first = False

    return write_pool


def _zero_padding2d(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    top, left, bottom, right = op.settings["pads"]
    graph.add(
        "Pad", graph.value, graph.constant(np.array([0, top, left, 0, 0, bottom, right, 0], np.int64), "pads")
    )


def _reshape(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add(
        "Reshape", graph.value, graph.constant(np.array([-1, *op.settings["shape"]], np.int64), "shape")
    )


def _scale_shift(graph: _Graph, op: Operation) -> None:
    shape = (-1, 1, 1) if graph.channels_first and op.weights["scale"].ndim else op.weights["scale"].shape
    graph.add("Mul", graph.value, graph.constant(op.weights["scale"].reshape(shape), "scale"))
    graph.add("Add", graph.value, graph.constant(op.weights["shift"].reshape(shape), "shift"))


def _layer_normalization(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    ones = np.ones(op.input_shape[-1:], np.float32)
    gamma = graph.constant(op.weights.get("gamma", ones), "gamma")
    beta = graph.constant(op.weights.get("beta", 0 * ones), "beta")
    graph.add("LayerNormalization", graph.value, gamma, beta, axis=-1, epsilon=op.settings["epsilon"])


def _node(kind: str, **fixed: Any) -> Any:
    """An operation that is one node, element by element; its settings become the node's attributes."""
    names = {"negative_slope": "alpha"}

    def write_node(graph: _Graph, op: Operation) -> None:
        graph.add(kind, **fixed, **{names.get(key, key): value for key, value in op.settings.items()})

    return write_node


def _softmax(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("Softmax", axis=-1)


def _silu(graph: _Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Mul", x, graph.add("Sigmoid"))


def _gelu(graph: _Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Div", x, graph.constant(np.float32(np.sqrt(2))))
    graph.add("Erf")
    graph.add("Add", graph.value, graph.constant(np.float32(1)))
    graph.add("Mul", graph.value, x)
    graph.add("Mul", graph.value, graph.constant(np.float32(0.5)))


def _general_relu(graph: _Graph, op: Operation) -> None:
    x, s = graph.value, op.settings
    threshold = graph.constant(np.float32(s["threshold"]))
    above = graph.add("Greater", x, threshold)
    graph.add("Sub", x, threshold)
    below = graph.add("Mul", graph.value, graph.constant(np.float32(s["negative_slope"])))
    graph.add("Where", above, x, below)
    if s["max_value"] is not None:
        graph.add("Min", graph.value, graph.constant(np.float32(s["max_value"])))


def _number(graph: _Graph, value: float) -> str:
    return graph.constant(np.float32(value))


def _clip(low: float, high: float, scale: float = 1.0, shift: float = 0.0) -> Any:
    """scale · x + shift, cut off at both ends."""

    def write_clip(graph: _Graph, op: Operation) -> None:
        if (scale, shift) != (1.0, 0.0):
            graph.add("Mul", graph.value, _number(graph, scale))
            graph.add("Add", graph.value, _number(graph, shift))
        graph.add("Clip", graph.value, _number(graph, low), _number(graph, high))

    return write_clip


def _times_itself(inner: Any) -> Any:
    """x times a function of x."""

    def write_product(graph: _Graph, op: Operation) -> None:
        x = graph.value
        inner(graph, op)
        graph.add("Mul", x, graph.value)

    return write_product


def _mish(graph: _Graph, op: Operation) -> None:
    graph.add("Softplus")
    graph.add("Tanh")


def _tanh_shrink(graph: _Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Sub", x, graph.add("Tanh"))


def _log_sigmoid(graph: _Graph, op: Operation) -> None:
    for kind in ("Neg", "Softplus", "Neg"):
        graph.add(kind)


def _log_softmax(graph: _Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("LogSoftmax", axis=-1)


def _squareplus(graph: _Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Mul", x, x)
    graph.add("Add", graph.value, _number(graph, 4))
    graph.add("Sqrt")
    graph.add("Add", x, graph.value)
    graph.add("Mul", graph.value, _number(graph, 0.5))


def _sparse_plus(graph: _Graph, op: Operation) -> None:
    x = graph.value
    above = graph.add("GreaterOrEqual", x, _number(graph, 1))
    half = graph.add(
        "Clip",
        graph.add("Add", graph.add("Mul", x, _number(graph, 0.5)), _number(graph, 0.5)),
        _number(graph, 0),
        _number(graph, 1),
    )
    graph.add("Where", above, x, graph.add("Mul", half, half))


WRITE: dict[str, Any] = {
    "dense": _dense, "conv2d": _conv2d, "reshape": _reshape, "scale_shift": _scale_shift,
    "max_pool2d": _pool("MaxPool"), "average_pool2d": _pool("AveragePool", count_include_pad=0),
    "global_average_pool2d": _global_pool("GlobalAveragePool"), "global_max_pool2d": _global_pool("GlobalMaxPool"),
    "zero_padding2d": _zero_padding2d, "layer_normalization": _layer_normalization, "relu": _node("Relu"),
    "leaky_relu": _node("LeakyRelu"), "elu": _node("Elu"), "selu": _node("Selu"), "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"), "softplus": _node("Softplus"), "softmax": _softmax, "silu": _silu, "gelu": _gelu,
    "general_relu": _general_relu, "relu6": _clip(0, 6), "hard_tanh": _clip(-1, 1), "hard_sigmoid": _clip(0, 1, 1 / 6, 0.5),
    "hard_silu": _times_itself(_clip(0, 1, 1 / 6, 0.5)), "sparse_sigmoid": _clip(0, 1, 0.5, 0.5), "sparse_plus": _sparse_plus,
    "hard_shrink": _node("Shrink", lambd=0.5), "soft_shrink": _node("Shrink", lambd=0.5, bias=0.5), "tanh_shrink": _tanh_shrink,
    "softsign": _node("Softsign"), "exponential": _node("Exp"), "celu": _node("Celu"), "mish": _times_itself(_mish),
    "log_sigmoid": _log_sigmoid, "log_softmax": _log_softmax, "squareplus": _squareplus,
}  # fmt: skip
