"""Export to one C99 header: no allocation, no dependency but expf and tanhf, one call from input to output.

The operations are C functions in templates/operations.c; a header holds those that its model needs.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.export import c_compiler
from chainrule.export.operation import Operation
from chainrule.export.operations import operations_of, refuse_branches, refuse_others
from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-5  # the writer's tests ask for 1e-6 on MNIST's test digits
SOURCE = Path(__file__).parent / "templates" / "operations.c"
NEEDS = {
    "dense": ("dot",),
    "conv2d": ("dot", "window"),
    "conv2d_int8": ("window",),
    "max_pool2d": ("window",),
    "average_pool2d": ("window",),
}
IN_PLACE = ("scale_shift", "relu", "leaky_relu", "sigmoid", "tanh", "softmax")
KINDS = (
    *IN_PLACE, "dense", "conv2d", "max_pool2d", "average_pool2d", "global_average_pool2d", "global_max_pool2d", "zero_padding2d",
    "reshape",
)  # fmt: skip

HEADER = """/* {name}, exported by Chainrule {version}. C99; needs expf and tanhf of math.h only; takes no memory.

       float output[{P}_OUTPUTS], work[{P}_WORK];
       {p}_predict(input, output, work);          input: {inputs} numbers, {shape}
{pixels_call}
   weights: {weights:,} bytes of constants.  RAM: {ram:,} bytes in `work`.  Safe to call from several threads, each with its own. */
#ifndef {P}_H
#define {P}_H

#include <math.h>
#include <stdint.h>

#define {P}_INPUTS {inputs}
#define {P}_OUTPUTS {outputs}
#define {P}_WORK {work}
"""


class _Source:
    """The body of predict as it is written: which half of `work` holds the newest numbers, and the constants."""

    def __init__(self, prefix: str, half: int, inputs: int) -> None:
        self.prefix, self.half, self.inputs = prefix, half, inputs
        self.bytes_at: int | None = None  # where in `work` the bytes of int8 begin
        self.place, self.used, self.lines, self.constants = "input", {"copy"}, list[str](), list[str]()
        self.weights = 0

    def constant(self, array: Array) -> str:
        """The name of an array of floats."""
        name = f"{self.prefix}_w{len(self.constants)}"
        self.constants.append(f"static const float {name}[{array.size}] = {{\n{floats(array)}\n}};")
        self.weights += 4 * array.size
        return name

    def constant_int8(self, array: Array) -> str:
        """The name of an array of bytes."""
        name = f"{self.prefix}_w{len(self.constants)}"
        words = [str(value) for value in array.reshape(-1).tolist()]
        lines = ",\n".join(",".join(words[k : k + 32]) for k in range(0, len(words), 32))
        self.constants.append(f"static const int8_t {name}[{array.size}] = {{\n{lines}\n}};")
        self.weights += array.size
        return name

    def call(self, kind: str, arguments: str, in_place: bool = False) -> None:
        """A line that calls an operation, from the newest numbers to the other half or in place."""
        self.used |= {kind, *NEEDS.get(kind, ())}
        other = f"work + {self.half}" if self.place == "work" else "work"
        between = self.place if in_place else f"{self.place}, {other}"
        self.place = self.place if in_place else other
        self.lines.append(f"    {self.prefix}_{kind}({between}, {arguments});")


def write(model: Any, path: str, prefix: str | None = None) -> list[str]:
    """Writes the header; returns what a person should know. prefix: of all names in it (default: the file's name)."""
    from chainrule.files.disk import write as write_whole

    text, weights, work = header_of(model, prefix or prefix_of(path))
    write_whole(path, [text.encode()])
    return told_of(path, prefix or prefix_of(path), weights, work)


def told_of(path: str, prefix: str, weights: int, work: int) -> list[str]:
    """What a person should know of a header: what is kept, its bytes of weights, code and RAM."""
    lines = [
        "Kept: weights, labels, how pixels are scaled. Left out: how it learned; pictures must come as numbers."
    ]
    size = c_compiler.text_size(path, prefix)
    code = "" if size is None else f", {size:,} bytes of code at -Os on this machine"
    lines.append(f"{weights:,} bytes of weights{code}, {4 * work:,} bytes of RAM.")
    return lines if c_compiler.compiler() else [*lines, "Not verified: there is no C compiler here."]


def header_of(model: Any, prefix: str, write_one: Any = None) -> tuple[str, int, int]:
    """The header's text, the bytes of its weights and the floats of `work`. write_one: (source, operation), as `write_line`."""
    from chainrule import __version__

    operations, card = operations_of(model), ModelCard.of(model)
    refuse_others(operations, KINDS, "A C header", "ONNX (--to onnx) carries every layer.")
    refuse_branches(operations, "A C header")
    for op in operations:
        if op.kind == "conv2d" and op.settings["groups"] != 1:
            refuse_others([op], (), "A C header", "ONNX (--to onnx) carries convolutions in groups.")
    shape = model.input_shape or ()
    inputs, outputs = math.prod(shape), math.prod(model.output_shape or ())
    half = max([inputs, *(math.prod(op.output_shape) for op in operations)])
    source = _Source(prefix, half, inputs)
    for op in operations:
        (write_one or write_line)(source, op)
    source.call("copy", "OUTPUTS")
    source.lines[-1] = f"    {prefix}_copy({_last(source)}, output, {outputs});"
    divisor, work = card.divisor, 2 * half + (inputs if card.divisor else 0)
    if source.bytes_at is not None:
        work = source.bytes_at + -(-half // 4)
    names = {"p": prefix, "P": prefix.upper()}
    pixels_call = (
        "       {p}_predict_pixels(pixels, output, work);  pixels: as many bytes from 0 to {d:g}\n".format(d=divisor, **names)
        if divisor else ""
    )  # fmt: skip
    parts = [HEADER.format(name=model.name, version=__version__, inputs=inputs, outputs=outputs, work=work, shape=shape,
                           weights=source.weights, ram=4 * work, pixels_call=pixels_call, **names)]  # fmt: skip
    if card.class_names:
        labels = ", ".join(quoted(name) for name in card.class_names)
        parts.append(f"static const char *const {prefix}_labels[{len(card.class_names)}] = {{{labels}}};")
    functions = SOURCE.read_text().split("// function: ")[1:]
    chosen = [body for body in functions if body.split("\n", 1)[0] in source.used]
    parts += [body.split("\n", 1)[1].replace("PREFIX", prefix).rstrip() for body in chosen]
    parts += source.constants
    body = "\n".join(source.lines)
    parts.append(
        f"static inline void {prefix}_predict(const float *input, float *output, float *work) {{\n{body}\n}}"
    )
    if divisor:
        parts.append(
            f"static inline void {prefix}_predict_pixels(const uint8_t *pixels, float *output, float *work) {{\n"
            f"    float *input = work + {2 * half};\n    int i;\n"
            f"    for (i = 0; i < {inputs}; i++) input[i] = (float)pixels[i] / {number(divisor)};\n"
            f"    {prefix}_predict(input, output, work);\n}}"
        )
    return "\n\n".join([*parts, f"#endif /* {prefix.upper()}_H */\n"]), source.weights, work


def _last(source: _Source) -> str:
    """Where the numbers were before the copy that was just written."""
    return source.lines[-1].split("(", 1)[1].split(",", 1)[0]


def write_line(source: _Source, op: Operation) -> None:
    """The line of one operation, and its constants."""
    n = math.prod(op.output_shape)
    if op.kind == "reshape":
        return
    if op.kind in IN_PLACE:
        if source.place == "input":
            source.call("copy", str(n))
        source.call(op.kind, _in_place(source, op, n), in_place=True)
        return
    source.call(op.kind, ARGUMENTS[op.kind](source, op))


def _in_place(source: _Source, op: Operation, n: int) -> str:
    if op.kind == "scale_shift":
        scale, shift = (
            source.constant(op.weights["scale"].reshape(-1)),
            source.constant(op.weights["shift"].reshape(-1)),
        )
        return f"{n}, {scale}, {shift}, {op.weights['scale'].size}"
    if op.kind == "leaky_relu":
        return f"{n}, {number(op.settings['negative_slope'])}"
    return f"{n}, {op.output_shape[-1]}" if op.kind == "softmax" else str(n)


def _weights(source: _Source, op: Operation, *order: int) -> str:
    kernel = source.constant(op.weights["kernel"].transpose(order))
    return f"{kernel}, {source.constant(op.weights['bias']) if 'bias' in op.weights else '0'}"


def _dense(source: _Source, op: Operation) -> str:
    inputs, units = op.weights["kernel"].shape
    return f"{_weights(source, op, 1, 0)}, {math.prod(op.input_shape[:-1])}, {inputs}, {units}"


def _window(source: _Source, op: Operation) -> str:
    s = op.settings
    numbers = [
        *op.input_shape,
        *op.output_shape[:2],
        *s["size"],
        *s["strides"],
        *s["pads"][:2],
        *s.get("dilation", (1, 1)),
    ]
    return f"({source.prefix}_window){{{', '.join(map(str, numbers))}}}"


def _conv2d(source: _Source, op: Operation) -> str:
    return f"{_weights(source, op, 3, 0, 1, 2)}, {op.output_shape[-1]}, {_window(source, op)}"


def _positions(source: _Source, op: Operation) -> str:
    return f"{math.prod(op.input_shape[:2])}, {op.input_shape[-1]}"


def _zero_padding2d(source: _Source, op: Operation) -> str:
    top, left, _, _ = op.settings["pads"]
    return ", ".join(map(str, [*op.input_shape, top, left, *op.output_shape[:2]]))


ARGUMENTS: dict[str, Any] = {
    "dense": _dense, "conv2d": _conv2d, "max_pool2d": _window, "average_pool2d": _window, "zero_padding2d": _zero_padding2d,
    "global_average_pool2d": _positions, "global_max_pool2d": _positions,
}  # fmt: skip


def floats(array: Array) -> str:
    """C's literals for an array, each with as many digits as its bits need."""
    words = [number(value) for value in np.ascontiguousarray(array, np.float32).reshape(-1)]
    return "\n".join(",".join(words[k : k + 12]) + "," for k in range(0, len(words), 12)).rstrip(",")


def number(value: Any) -> str:
    """One literal: the shortest text with the same bits.

    >>> number(0.1), number(1)
    ('0.1f', '1.0f')
    """
    return f"{np.float32(value)!s}f"


def quoted(text: str) -> str:
    """A C string; letters beyond ASCII as bytes of UTF-8."""
    safe = "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in text.encode())
    return f'"{safe}"'


def prefix_of(path: str) -> str:
    """The names in a header begin with its file's name.

    >>> prefix_of("build/my-digits.h"), prefix_of("3.h")
    ('my_digits', 'model_3')
    """
    name = re.sub(r"\W", "_", Path(path).stem, flags=re.ASCII).lower()
    return name if name[:1].isalpha() else f"model_{name.strip('_')}"


def outputs_of(
    path: str, model: Any, x: Array, raw: Array, prefix: str | None = None
) -> tuple[Array, str] | None:
    """What the header says to examples, compiled with the C compiler that is here; None where there is none."""
    shape = model.output_shape or ()
    said = c_compiler.run(path, prefix or prefix_of(path), x)
    return None if said is None else (said.reshape(len(x), *shape), f"compiled with {c_compiler.compiler()}")
