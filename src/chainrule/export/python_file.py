"""Export to one Python file that needs NumPy only: weights as text, the forward direction, and a small command line."""

import json
from pathlib import Path
from typing import Any

from chainrule.export.operations import operations_of, refuse_others
from chainrule.export.payload import as_text, packed
from chainrule.inference.card import ModelCard

TOLERANCE = 1e-5

HEAD = '''"""{name}, exported by Chainrule {version}. Needs NumPy only.

    python {file} EXAMPLES.npy            one answer a line
    from {module} import predict, answer     arrays in, arrays out

Examples have the shape (n, {shape}); whole numbers are {scaling}, fractions are taken as they are.
"""

import base64
import json
import sys
'''

TAIL = '''

LABELS = {labels!r}
INPUT_SHAPE = {shape!r}
DIVISOR = {divisor!r}  # what whole numbers, such as pixels from 0 to 255, are divided by
MIDDLE = {middle}  # between two classes
OPERATIONS = unpack(json.loads({entries!r}), base64.b64decode("""{weights}"""))


def predict(x: Any) -> Any:
    """The outputs (n, outputs) float32 for examples (n, ...); one example alone gets an axis in front."""
    x = np.asarray(x)
    if x.size % int(np.prod(INPUT_SHAPE)):
        raise ValueError(f"Examples of shape {{INPUT_SHAPE}} are expected; got an array of shape {{x.shape}}.")
    numbers = x.astype(np.float32).reshape(-1, *INPUT_SHAPE)
    if DIVISOR is not None and x.dtype.kind in "ui":
        numbers = numbers / np.float32(DIVISOR)
    return forward(OPERATIONS, numbers)


def answer(x: Any) -> list[str]:
    """The likeliest label for each example, or the numbers of a regression."""
    y = predict(x)
    if not LABELS:
        return [", ".join(f"{{value:.6g}}" for value in row.reshape(-1)) for row in y]
    if y.shape[1] == 1:  # the {second} of the second of two classes
        return [LABELS[int(p > MIDDLE)] for p in y[:, 0]]
    return [LABELS[k] for k in y.argmax(axis=1)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {{sys.argv[0]}} EXAMPLES.npy")
    print("\\n".join(answer(np.load(sys.argv[1], allow_pickle=False))))
'''


def write(model: Any, path: str) -> list[str]:
    """Writes the file; returns what a person should know."""
    from chainrule import __version__
    from chainrule.export import numpy_runner
    from chainrule.files.disk import write as write_whole

    operations, card = operations_of(model), ModelCard.of(model)
    refuse_others(operations, numpy_runner.RUN, "A Python file", "ONNX carries every layer.")
    shape = model.input_shape or ()
    entries, content = packed(operations)
    runner = Path(numpy_runner.__file__).read_text(encoding="utf-8").split('"""', 2)[2].lstrip()
    scaling = f"divided by {card.divisor:g}" if card.divisor else "taken as they are, too"
    head = HEAD.format(
        name=model.name, version=__version__, file=Path(path).name, module=Path(path).stem,
        shape=", ".join(map(str, shape)), scaling=scaling,
    )  # fmt: skip
    tail = TAIL.format(
        labels=card.class_names,
        middle=0.0 if card.logits else 0.5,
        second="logit" if card.logits else "probability",
        shape=shape,
        divisor=card.divisor,
        entries=json.dumps(entries),
        weights=as_text(content),
    )
    write_whole(
        path,
        [head.encode(), runner.replace('__all__ = ["forward", "unpack"]\n\n', "").encode(), tail.encode()],
    )
    return [
        "Kept: weights, labels, how numbers are scaled. Left out: how it learned; pictures must come as arrays."
    ]


def outputs_of(path: str, model: Any, x: Any, raw: Any) -> tuple[Any, str]:
    """What the file says to examples, run in this Python."""
    import runpy

    return runpy.run_path(path)["predict"](raw), "run in Python"
