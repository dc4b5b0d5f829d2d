"""A model in other formats, each verified after it is written: Keras's files, ONNX, a C header, a web page, a Python file.

`export_model` is the only writer of other formats; a file a format. A format refuses by name the layers that it cannot carry.
"""

import importlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chainrule.errors import FileError, SettingError, unknown

__all__ = ["FORMATS", "Exported", "export_model", "format_of"]

LOGITS = "Its outputs are logits: the largest is the likeliest class (of one output: above 0 the second); softmax (sigmoid) makes probabilities of them."
EIGHT_BITS = {
    "onnx": "onnx_int8",
    "c": "c_int8",
}  # formats that can be written with weights of eight bits: their modules

FORMATS = {  # name: (endings, module, what is written)
    "keras": ((".keras",), "keras_file", "a model file of Keras 3"),
    "h5": ((".h5", ".hdf5"), "keras_file", "a model file of older Keras versions"),
    "onnx": ((".onnx",), "onnx_file", "ONNX, for ONNX Runtime and others"),
    "c": ((".h",), "c_header", "one C99 header without dependencies"),
    "html": ((".html", ".htm"), "html_page", "one web page that works without a network"),
    "py": ((".py",), "python_file", "one Python file that needs NumPy only"),
}


@dataclass(frozen=True)
class Exported:
    """What was written, and how it was verified.

    verified: with what and on what; "" when it was not.  difference: the largest between the two outputs.
    notes: what the format leaves out, and what a person should know.
    """

    path: str
    format: str
    bytes: int
    verified: str = ""
    difference: float | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """All of it, for programs."""
        return asdict(self)


def format_of(path: str) -> str:
    """The format that a file's ending stands for; SettingError for one that stands for none.

    >>> format_of("digits.onnx"), format_of("digits.h")
    ('onnx', 'c')
    """
    ending = Path(path).suffix.lower()
    for name, (endings, _, _) in FORMATS.items():
        if ending in endings:
            return name
    raise SettingError(
        f"{path!r} ends in no format's name; known: {', '.join(e for f in FORMATS.values() for e in f[0])}."
    )


def export_model(
    model: Any,
    path: Any,
    format: str | None = None,  # noqa: A002 (Keras's name)
    verify: bool = True,
    int8: bool = False,
    **options: Any,
) -> Exported:
    """Writes a model in another format and compares what the file says with what the model says.

    format: a name in `FORMATS`; None takes it from the path's ending.  verify: False leaves out the comparison.
    int8: weights and activations of eight bits, calibrated on the data that the model learned from.
    options: those of the format's `write`, such as pixels=True for ONNX, or data=DATASET to calibrate int8 on.  Raises SettingError for a format that does not
    exist or a layer that it cannot carry, FileError where the file says something else than the model.

    >>> import tempfile
    >>> from chainrule import Sequential, layers
    >>> model = Sequential([layers.Input((3,)), layers.Dense(2)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_model(model, folder + "/small.py").difference < 1e-6
    True
    """
    path = str(path)
    format = format_of(path) if format is None else format.removeprefix(".")  # noqa: A001
    if format not in FORMATS:
        raise unknown("export format", format, FORMATS)
    if int8 and format not in EIGHT_BITS:
        raise SettingError(
            f"Format {format} is not written with eight bits; {' and '.join(EIGHT_BITS)} can be."
        )
    module = importlib.import_module(f"chainrule.export.{EIGHT_BITS[format] if int8 else FORMATS[format][1]}")
    try:
        notes = module.write(model, path, **options)
    except TypeError as problem:
        if "unexpected keyword argument" not in str(problem):
            raise
        raise SettingError(f"Format {format} does not take {str(problem).rsplit(' ', 1)[1]}.") from None
    if format not in ("keras", "h5", "html") and gives_logits(model):
        notes = [*notes, LOGITS]
    size = Path(path).stat().st_size
    if not verify:
        return Exported(path, format, size, notes=tuple(notes))
    return verified(
        model, Exported(path, format, size, notes=tuple(notes)), module.outputs_of, module.TOLERANCE, options
    )


def gives_logits(model: Any) -> bool:
    """Whether a model's outputs are logits, as its card says."""
    from chainrule.inference.card import ModelCard

    return len(model.output_tuple()) == 1 and ModelCard.of(model).logits


def verified(
    model: Any,
    written: Exported,
    outputs_of: Callable[..., Any],
    tolerance: float,
    options: dict[str, Any],
) -> Exported:
    """The report with the comparison; FileError where the outputs differ by more than the format's tolerance."""
    from chainrule.export.verification import compare, examples_for

    raw, x, name = examples_for(model)
    found = outputs_of(written.path, model, x, raw, **options)
    if found is None:  # nothing here can run the file
        return written
    said, how = found
    difference = compare(model.predict(x, verbose=0), said)
    count = len(x[0] if isinstance(x, list) else x)
    if not difference <= tolerance:
        Path(written.path).unlink(missing_ok=True)
        raise FileError(
            f"{written.path} does not say what the model says: the outputs differ by {difference:.2g} on {count} {name}; "
            f"expected at most {tolerance:g}. The file was removed."
        )
    return Exported(
        written.path, written.format, written.bytes, f"{how}, {count:,} {name}", difference, written.notes
    )
