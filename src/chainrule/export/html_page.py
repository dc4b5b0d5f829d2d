"""Export to one web page that works without a network: a pad to draw on, a place for a picture, the network in JavaScript."""

import base64
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.export import numpy_runner
from chainrule.export.operation import Operation
from chainrule.export.operations import operations_of, refuse_branches, refuse_others
from chainrule.export.payload import as_text, packed
from chainrule.inference.card import ModelCard

Array = np.ndarray[Any, Any]

TEMPLATES = Path(__file__).parent / "templates"
TOLERANCE = 0.05  # of a probability: weights have 16 bits; what was measured is reported
KINDS = set(numpy_runner.RUN) - {
    "prelu", "permute", "cropping2d", "upsampling2d", "add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate",
}  # what templates/forward.js computes  # fmt: skip
HIGHEST = 65504.0  # of 16 bits


def write(model: Any, path: str) -> list[str]:
    """Writes the page; returns what a person should know."""
    from chainrule.files.disk import write as write_whole

    card, operations = ModelCard.of(model), operations_of(model)
    refuse_others(operations, KINDS, "A page", "ONNX (--to onnx) carries it.")
    refuse_branches(operations, "A page")
    info = info_of(model, card, operations)
    scripts = "\n".join(
        (TEMPLATES / f"{name}.js").read_text(encoding="utf-8") for name in ("forward", "prepare", "page")
    )
    kind = "digit" if all(label.isdigit() for label in card.class_names) else "sign"
    accuracy = card.results.get("accuracy")
    measured = f"{100 * accuracy:.2f} % of its test examples right. " if isinstance(accuracy, float) else ""
    parts = {
        "@TITLE@": html.escape(f"Which {kind} is it?"),
        "@ABOUT@": html.escape(f"{model.name}: {model.count_params():,} weights. {measured}"),
        "@MODEL@": safe(json.dumps(info)), "@SCRIPTS@": scripts,
    }  # fmt: skip
    page = re.sub(
        "@[A-Z]+@", lambda found: parts[found[0]], (TEMPLATES / "page.html").read_text(encoding="utf-8")
    )
    size = write_whole(path, [page.encode()])
    rounded = max(
        (float(np.abs(array).max(initial=0)) for op in operations for array in op.weights.values()),
        default=0.0,
    )
    weights = 2 * sum(array.size for op in operations for array in op.weights.values())
    kept = f"weights (16 bits each, {weights:,} bytes of the page's {size:,}; the largest is {rounded:.3g}), labels, preparation"
    lost = "how it learned, pages and photos, and when not to answer"
    return [f"Kept: {kept} of drawings and of one digit on plain ground. Left out: {lost}."]


def info_of(model: Any, card: ModelCard, operations: list[Operation]) -> dict[str, Any]:
    """All that the page's scripts know of the model."""
    from chainrule.images.settings import Preparation
    from chainrule.inference.card import made_by

    shape = model.input_shape or ()
    if (
        card.preparation.get("like") != "mnist"
        or int(np.prod(shape)) != 784
        or len(card.class_names) < 2
        or card.task != "classes"
    ):
        raise SettingError(
            f"A page is for models that read 28 x 28 pictures of handwriting as classes; this one takes {shape}. "
            "Use --to py, c or onnx."
        )
    largest = max(
        (float(np.abs(array).max(initial=0)) for op in operations for array in op.weights.values()),
        default=0.0,
    )
    if largest > HIGHEST:
        raise SettingError(
            f"A weight of {largest:.3g} does not fit the page's 16 bits (at most {HIGHEST:g}); use --to py."
        )
    settings = (
        made_by(Preparation.from_dict, card.preparation.get("photos"), "preparation of photos")
        or Preparation()
    )
    entries, content = packed(operations, "<f2")
    return {
        "operations": entries, "weights": as_text(content), "labels": list(card.class_names), "divisor": card.divisor or 1, "logits": card.logits,
        "temperature": 1.0 if card.rejection is None else card.rejection.temperature,
        "preparation": {
            "size": settings.size, "box": settings.box, "thickness": settings.thickness,
            "views": [list(view) for view in (settings.views if settings.averaging else settings.views[:1])],
        },
    }  # fmt: skip


def safe(text: str) -> str:
    """JSON that may stand in a script: nothing in it ends the script or begins a comment."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def outputs_of(path: str, model: Any, x: Array, raw: Array) -> tuple[Array, str]:
    """What the weights in the page say to examples, read back and run in NumPy."""
    line = next(
        line
        for line in Path(path).read_text(encoding="utf-8").splitlines()
        if line.startswith("const MODEL = ")
    )
    info = json.loads(line.removeprefix("const MODEL = ").removesuffix(";"))
    operations = numpy_runner.unpack(info["operations"], base64.b64decode(info["weights"]), "<f2")
    return numpy_runner.forward(operations, x), "weights read back, run in NumPy"
