"""How each operation is written into an ONNX graph; a table by the operation's kind.

Pictures go through convolutions with channels first, as ONNX has them; `Graph` keeps track and transposes where needed.
"""

from typing import Any

import numpy as np

from chainrule.export.operation import Operation


class Graph:
    """Nodes and initializers as they are added; `value` is the name of the newest output."""

    def __init__(self, value: str, taken: set[str] | None = None) -> None:
        """taken: names that are the network's own, so that no node is called so."""
        from onnx import helper, numpy_helper

        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.value, self.channels_first = value, False
        self.values: list[tuple[str, bool]] = []  # of each operation, the input first
        self.taken: list[str] = []
        self.names = {value} | (taken or set())
        self._make_node, self._from_array = helper.make_node, numpy_helper.from_array

    def constant(self, array: Any, name: str = "constant") -> str:
        """An initializer's name."""
        name = self.fresh(name)
        self.initializers.append(self._from_array(np.ascontiguousarray(array), name))
        return name

    def fresh(self, name: str) -> str:
        """A name that nothing has yet."""
        found = f"{name}_{len(self.names)}"
        while found in self.names:
            found += "_"
        self.names.add(found)
        return found

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """A node on the newest output (or the inputs that are named); its (first) output becomes the newest."""
        out = [self.fresh(kind.lower()) for _ in range(outputs)]
        self.nodes.append(self._make_node(kind, list(inputs) or [self.value], out, name=out[0], **attributes))
        self.value = out[0]
        return out[0]

    def start(self) -> None:
        """From here on the newest output is the network's input."""
        self.values = [(self.value, self.channels_first)]

    def keep(self) -> None:
        """The newest output is the value of the operation that was just written."""
        self.values.append((self.value, self.channels_first))

    def take(self, sources: tuple[int, ...]) -> None:
        """Makes the values of these operations the newest outputs, `value` and `taken`; several with channels last."""
        names = []
        for place in sources:
            self.value, self.channels_first = self.values[place + 1]
            if len(sources) > 1:
                self.layout(channels_first=False)
            names.append(self.value)
        self.taken = names

    def layout(self, channels_first: bool) -> None:
        """Transposes pictures where they are not as the next node takes them."""
        if channels_first != self.channels_first:
            self.add("Transpose", perm=[0, 3, 1, 2] if channels_first else [0, 2, 3, 1])
            self.channels_first = channels_first


def _dense(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    kernel = graph.constant(op.weights["kernel"], "kernel")
    bias = [graph.constant(op.weights["bias"], "bias")] if "bias" in op.weights else []
    if len(op.input_shape) == 1:
        graph.add("Gemm", graph.value, kernel, *bias)
        return
    graph.add("MatMul", graph.value, kernel)
    for name in bias:
        graph.add("Add", graph.value, name)


def _conv2d(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=True)
    kernel = graph.constant(
        op.weights["kernel"].transpose(3, 2, 0, 1), "kernel"
    )  # (outputs, inputs, rows, columns)
    bias = [graph.constant(op.weights["bias"], "bias")] if "bias" in op.weights else []
    s = op.settings
    graph.add("Conv", graph.value, kernel, *bias, kernel_shape=s["size"], strides=s["strides"], pads=s["pads"],
              dilations=s["dilation"], group=s["groups"])  # fmt: skip


def _pool(kind: str, **more: Any) -> Any:
    def write_pool(graph: Graph, op: Operation) -> None:
        graph.layout(channels_first=True)
        s = op.settings
        graph.add(kind, kernel_shape=s["size"], strides=s["strides"], pads=s["pads"], **more)

    return write_pool


def _global_pool(kind: str) -> Any:
    def write_pool(graph: Graph, op: Operation) -> None:
        graph.layout(channels_first=True)
        graph.add(kind)
        if op.settings["keepdims"]:
            graph.layout(channels_first=False)
        else:
            graph.add("Flatten")
            graph.channels_first = False

    return write_pool


def _zero_padding2d(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    top, left, bottom, right = op.settings["pads"]
    graph.add(
        "Pad", graph.value, graph.constant(np.array([0, top, left, 0, 0, bottom, right, 0], np.int64), "pads")
    )


def _reshape(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add(
        "Reshape", graph.value, graph.constant(np.array([-1, *op.settings["shape"]], np.int64), "shape")
    )


def _scale_shift(graph: Graph, op: Operation) -> None:
    shape = (-1, 1, 1) if graph.channels_first and op.weights["scale"].ndim else op.weights["scale"].shape
    graph.add("Mul", graph.value, graph.constant(op.weights["scale"].reshape(shape), "scale"))
    graph.add("Add", graph.value, graph.constant(op.weights["shift"].reshape(shape), "shift"))


def _layer_normalization(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    ones = np.ones(op.input_shape[-1:], np.float32)
    gamma = graph.constant(op.weights.get("gamma", ones), "gamma")
    beta = graph.constant(op.weights.get("beta", 0 * ones), "beta")
    graph.add("LayerNormalization", graph.value, gamma, beta, axis=-1, epsilon=op.settings["epsilon"])


def _node(kind: str, **fixed: Any) -> Any:
    """An operation that is one node, element by element; its settings become the node's attributes."""
    names = {"negative_slope": "alpha"}

    def write_node(graph: Graph, op: Operation) -> None:
        graph.add(kind, **fixed, **{names.get(key, key): value for key, value in op.settings.items()})

    return write_node


def _softmax(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("Softmax", axis=-1)


def _silu(graph: Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Mul", x, graph.add("Sigmoid"))


def _gelu(graph: Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Div", x, graph.constant(np.float32(np.sqrt(2))))
    graph.add("Erf")
    graph.add("Add", graph.value, graph.constant(np.float32(1)))
    graph.add("Mul", graph.value, x)
    graph.add("Mul", graph.value, graph.constant(np.float32(0.5)))


def _general_relu(graph: Graph, op: Operation) -> None:
    x, s = graph.value, op.settings
    threshold = graph.constant(np.float32(s["threshold"]))
    above = graph.add("Greater", x, threshold)
    graph.add("Sub", x, threshold)
    below = graph.add("Mul", graph.value, graph.constant(np.float32(s["negative_slope"])))
    graph.add("Where", above, x, below)
    if s["max_value"] is not None:
        graph.add("Min", graph.value, graph.constant(np.float32(s["max_value"])))


def _number(graph: Graph, value: float) -> str:
    return graph.constant(np.float32(value))


def _clip(low: float, high: float, scale: float = 1.0, shift: float = 0.0) -> Any:
    """scale · x + shift, cut off at both ends."""

    def write_clip(graph: Graph, op: Operation) -> None:
        if (scale, shift) != (1.0, 0.0):
            graph.add("Mul", graph.value, _number(graph, scale))
            graph.add("Add", graph.value, _number(graph, shift))
        graph.add("Clip", graph.value, _number(graph, low), _number(graph, high))

    return write_clip


def _times_itself(inner: Any) -> Any:
    """x times a function of x."""

    def write_product(graph: Graph, op: Operation) -> None:
        x = graph.value
        inner(graph, op)
        graph.add("Mul", x, graph.value)

    return write_product


def _mish(graph: Graph, op: Operation) -> None:
    graph.add("Softplus")
    graph.add("Tanh")


def _tanh_shrink(graph: Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Sub", x, graph.add("Tanh"))


def _log_sigmoid(graph: Graph, op: Operation) -> None:
    for kind in ("Neg", "Softplus", "Neg"):
        graph.add(kind)


def _log_softmax(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("LogSoftmax", axis=-1)


def _squareplus(graph: Graph, op: Operation) -> None:
    x = graph.value
    graph.add("Mul", x, x)
    graph.add("Add", graph.value, _number(graph, 4))
    graph.add("Sqrt")
    graph.add("Add", x, graph.value)
    graph.add("Mul", graph.value, _number(graph, 0.5))


def _sparse_plus(graph: Graph, op: Operation) -> None:
    x = graph.value
    above = graph.add("GreaterOrEqual", x, _number(graph, 1))
    half = graph.add(
        "Clip",
        graph.add("Add", graph.add("Mul", x, _number(graph, 0.5)), _number(graph, 0.5)),
        _number(graph, 0),
        _number(graph, 1),
    )
    graph.add("Where", above, x, graph.add("Mul", half, half))


def _prelu(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("PRelu", graph.value, graph.constant(op.weights["alpha"], "alpha"))


def _permute(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    graph.add("Transpose", perm=[0, *op.settings["dims"]])


def _cropping2d(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=False)
    top, left, _, _ = op.settings["pads"]
    rows, columns, _ = op.output_shape
    starts, stops, axes = ([top, left], [top + rows, left + columns], [1, 2])
    graph.add(
        "Slice", graph.value, *(graph.constant(np.array(n, np.int64), "place") for n in (starts, stops, axes))
    )


def _upsampling2d(graph: Graph, op: Operation) -> None:
    graph.layout(channels_first=True)
    scales = graph.constant(np.array([1, 1, *op.settings["size"]], np.float32), "scales")
    graph.add(
        "Resize",
        graph.value,
        "",
        scales,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )


def _join(kind: str) -> Any:
    """Several values, joined two by two."""

    def write_join(graph: Graph, op: Operation) -> None:
        first, *others = graph.taken
        graph.value = first
        for other in others:
            graph.add(kind, graph.value, other)

    return write_join


def _average(graph: Graph, op: Operation) -> None:
    graph.add("Mean", *graph.taken)


def _concatenate(graph: Graph, op: Operation) -> None:
    graph.add("Concat", *graph.taken, axis=op.settings["axis"])


WRITE: dict[str, Any] = {
    "dense": _dense, "conv2d": _conv2d, "reshape": _reshape, "scale_shift": _scale_shift,
    "max_pool2d": _pool("MaxPool"), "average_pool2d": _pool("AveragePool", count_include_pad=0),
    "global_average_pool2d": _global_pool("GlobalAveragePool"), "global_max_pool2d": _global_pool("GlobalMaxPool"),
    "zero_padding2d": _zero_padding2d, "layer_normalization": _layer_normalization, "relu": _node("Relu"),
    "leaky_relu": _node("LeakyRelu"), "elu": _node("Elu"), "selu": _node("Selu"), "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"), "softplus": _node("Softplus"), "softmax": _softmax, "silu": _silu, "gelu": _gelu,
    "general_relu": _general_relu, "relu6": _clip(0, 6), "hard_tanh": _clip(-1, 1), "hard_sigmoid": _clip(0, 1, 1 / 6, 0.5),
    "hard_sigmoid_of_keras_2": _clip(0, 1, 0.2, 0.5),
    "hard_silu": _times_itself(_clip(0, 1, 1 / 6, 0.5)), "sparse_sigmoid": _clip(0, 1, 0.5, 0.5), "sparse_plus": _sparse_plus, "prelu": _prelu, "permute": _permute,
    "cropping2d": _cropping2d, "upsampling2d": _upsampling2d, "add": _join("Add"), "subtract": _join("Sub"), "multiply": _join("Mul"),
    "average": _average, "maximum": _join("Max"), "minimum": _join("Min"),
    "concatenate": _concatenate,
    "hard_shrink": _node("Shrink", lambd=0.5), "soft_shrink": _node("Shrink", lambd=0.5, bias=0.5), "tanh_shrink": _tanh_shrink,
    "softsign": _node("Softsign"), "exponential": _node("Exp"), "celu": _node("Celu"), "mish": _times_itself(_mish),
    "log_sigmoid": _log_sigmoid, "log_softmax": _log_softmax, "squareplus": _squareplus,
}  # fmt: skip
