"""Export to one C99 header with weights of eight bits: sums of whole numbers, one scale for each unit, a quarter of the flash.

Before every weighted sum the numbers become bytes; the byte that stands for 0 is 0 where none is negative, as after ReLU.
"""

from typing import Any

import numpy as np

from chainrule.export import c_header, numpy_runner, quantization
from chainrule.export.c_header import ARGUMENTS, prefix_of, told_of, write_line
from chainrule.export.operation import Operation
from chainrule.export.operations import operations_of, refuse_branches

Array = np.ndarray[Any, Any]

TOLERANCE = 1.0  # of a probability: what counts is the accuracy, which `write` measures
MOST = 127  # of a weight
Step = tuple[np.float32, np.uint8]  # what one step of a byte stands for, and the byte that stands for 0
ORDER = {"dense": (1, 0), "conv2d": (3, 0, 1, 2)}  # of a kernel's axes in C: outputs first


def write(
    model: Any, path: str, prefix: str | None = None, max_drop: float = 0.005, data: Any = None
) -> list[str]:
    """Writes the header; returns accuracy before and after, and sizes. SettingError where more is lost than max_drop.

    data: the Dataset that it learned from; None: the one that its file names.
    """
    from chainrule.files.disk import write as write_whole

    data, prefix = quantization.data_of(model, data), prefix or prefix_of(path)
    operations, shape = operations_of(model), model.input_shape or ()
    refuse_branches(operations, "int8")
    steps = input_steps(operations, quantization.as_taken(data.calibration, shape, data.divisor))
    x = quantization.as_taken(data.x, shape, data.divisor)
    before = quantization.accuracy(model, model.predict(x, verbose=0), data.y)
    after = quantization.accuracy(model, simulated(operations, steps, x), data.y)
    quantization.check_drop(before, after, max_drop)
    left = list(steps)

    def write_one(source: Any, op: Operation) -> None:
        step = left.pop(0)
        if step is None:
            write_line(source, op)
        else:
            _weighted(source, op, step)

    text, weights, work = c_header.header_of(model, prefix, write_one)
    write_whole(path, [text.encode()])
    message = f"Accuracy on {len(data.y):,} {data.part} examples: {100 * before:.2f} % before, {100 * after:.2f} % after."
    return [message, *told_of(path, prefix, weights, work)]


def input_steps(operations: list[Operation], x: Array) -> list[Step | None]:
    """For each weighted sum what a byte of its input stands for, None for other operations."""
    found: list[Step | None] = []
    raw = True
    for op, (low, high) in zip(operations, quantization.ranges(operations, x), strict=True):
        if op.kind not in quantization.WEIGHED:
            found.append(None)
            raw = raw and (op.kind == "reshape" or quantization.divides(op))
            continue
        found.append((np.float32(1 / 255), np.uint8(0)) if raw else quantization.affine(low, high))
        raw = False
    return found


def _weighted(source: Any, op: Operation, step: Step) -> None:
    """Bytes from the newest numbers, then their weighted sums."""
    n, (scale, zero) = int(np.prod(op.input_shape)), step
    kernel, scales = quantization.of_weights(op.weights["kernel"], MOST)
    kernel = kernel.transpose(ORDER[op.kind])
    source.bytes_at = 2 * source.half + source.inputs
    seen = f"(uint8_t *)(work + {source.bytes_at})"
    source.used |= {"quantize"}
    source.lines.append(
        f"    {source.prefix}_quantize({source.place}, {seen}, {n}, {c_header.number(1 / scale)}, {zero});"
    )
    rest = ARGUMENTS[op.kind](_NoConstants(source), op).split(", ", 2)[2]
    bias = source.constant(op.weights["bias"]) if "bias" in op.weights else "0"
    arguments = f"{source.constant_int8(kernel)}, {source.constant(scales * scale)}, {bias}, {zero}, {rest}"
    place = source.place
    source.call(f"{op.kind}_int8", arguments)
    source.lines[-1] = source.lines[-1].replace(f"_int8({place}, ", f"_int8({seen}, ", 1)


class _NoConstants:
    """A source that is asked for arguments only: its constants are not written."""

    def __init__(self, source: Any) -> None:
        self.prefix = source.prefix

    def constant(self, array: Array) -> str:
        return "0"


def simulated(operations: list[Operation], steps: list[Step | None], x: Array) -> Array:
    """What the header computes, in NumPy."""
    for op, step in zip(operations, steps, strict=True):
        weights = op.weights
        if step is not None:
            scale, zero = step[0], np.float32(step[1])
            kernel, each = quantization.of_weights(weights["kernel"], MOST)
            seen = np.floor(x * np.float32(1 / scale) + (zero + np.float32(0.5))).clip(0, 255) - zero
            sums = numpy_runner.RUN[op.kind](seen, op.settings, {"kernel": kernel.astype(np.float64)})
            x = (sums.astype(np.float32) * (each * scale) + weights.get("bias", np.float32(0))).astype(
                np.float32
            )
        else:
            x = numpy_runner.forward([(op.kind, op.settings, weights)], x)
    return x


def outputs_of(
    path: str,
    model: Any,
    x: Array,
    raw: Array,
    prefix: str | None = None,
    max_drop: float = 0.005,
    data: Any = None,
) -> tuple[Array, str] | None:
    """What the header says to examples, compiled with the C compiler that is here; None where there is none."""
    return c_header.outputs_of(path, model, x, raw, prefix)
