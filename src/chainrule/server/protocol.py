"""The Open Inference Protocol, version 2, with the binary tensor extension, as Triton's clients speak it. No I/O here.

https://github.com/kserve/open-inference-protocol and Triton's extensions "binary data", "statistics", "classification".
"""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from chainrule.server.settings import RefusedError

if TYPE_CHECKING:
    from chainrule.server.models import ServedModel

Array = np.ndarray[Any, Any]

DTYPES = {
    "BOOL": "?", "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "<i1", "INT16": "<i2", "INT32": "<i4",
    "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip
DTYPE = {name: np.dtype(kind) for name, kind in DTYPES.items()}
LIMITS: dict[str, tuple[int, int]] = {"|b1": (0, 1)} | {
    np.dtype(name).str: (int(np.iinfo(name).min), int(np.iinfo(name).max))
    for name in DTYPES.values()
    if name[1:2] in "ui" and name != "?"
}
MOST_DIMENSIONS = 8


@dataclass(frozen=True, eq=False)
class Inference:
    """One request: examples as the network takes them, an array for each input, and how the answer is to be given."""

    xs: tuple[Array, ...]
    id: str | None = None
    outputs: tuple["Wanted", ...] = ()


class Wanted(NamedTuple):
    """An output that is asked for: its place, whether as bytes, and so many likeliest classes instead of numbers."""

    place: int
    binary: bool = False
    classes: int = 0


def bad(reason: str) -> RefusedError:
    """400 with a reason."""
    return RefusedError(400, reason)


def parsed_json(content: bytes | memoryview) -> Any:
    """JSON without NaN; RefusedError 400 where it is none."""
    try:
        return msgspec.json.decode(content)
    except RecursionError:
        raise bad("The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise bad(f"The body is not JSON: {problem}."[:300]) from None


def read_request(
    content: bytes, header_length: str | None, model: "ServedModel", max_examples: int
) -> Inference:
    """The inference that a body asks for. header_length: of the JSON part where tensors follow as bytes, or None."""
    if header_length is None and (short := _plain_pixels(content, model, max_examples)) is not None:
        return short
    view = memoryview(content)
    if header_length is None:
        head, rest = view, view[:0]
    else:
        if not (header_length.isascii() and header_length.isdigit()) or int(header_length) > len(content):
            raise bad(
                f"Inference-Header-Content-Length: expected a number up to the body's {len(content)} bytes, got {header_length[:40]!r}."
            )
        head, rest = view[: int(header_length)], view[int(header_length) :]
    asked = parsed_json(head)
    if not isinstance(asked, dict):
        raise bad("The body must be a JSON object with 'inputs'.")
    identity = asked.get("id")
    if identity is not None and (not isinstance(identity, str) or len(identity) > 200):
        raise bad("'id' must be a text of at most 200 letters.")
    xs, used = _inputs(asked.get("inputs"), rest, model, max_examples)
    if used != len(rest):
        raise bad(f"{len(rest) - used} bytes follow the tensors; binary_data_size says {used}.")
    parameters = _dict(asked.get("parameters"), "parameters")
    outputs = _outputs(asked.get("outputs"), _flag(parameters, "binary_data_output"), model.output_names)
    return Inference(xs, identity, outputs)


class _Pixels(msgspec.Struct):
    """The commonest input: flat whole numbers."""

    name: str
    shape: list[int]
    datatype: str
    data: list[int]


class _Plain(msgspec.Struct, forbid_unknown_fields=True):
    """The commonest request: one input and nothing else."""

    inputs: list[_Pixels]


ALL = (Wanted(0),)  # where there is one output
_PLAIN = msgspec.json.Decoder(_Plain)


def _plain_pixels(content: bytes, model: "ServedModel", max_examples: int) -> Inference | None:
    """The short way for one picture, or several, as UINT8; None where the request is any other, which the long way reads."""
    try:
        (given,) = _PLAIN.decode(content).inputs
        if given.datatype != "UINT8" or [given.name] != model.input_names or model.picky:
            return None
        x = np.frombuffer(bytes(given.data), np.uint8).reshape(given.shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, TypeError, OverflowError):
        return None
    if -1 in given.shape:
        return None
    return Inference(
        (fitted(x, model, 0, max_examples),),
        None,
        ALL if len(model.output_names) == 1 else _outputs(None, False, model.output_names),
    )


def _inputs(
    inputs: Any, rest: memoryview, model: "ServedModel", max_examples: int
) -> tuple[tuple[Array, ...], int]:
    """Each input as the network takes it, and how many of the bytes after the JSON part they took."""
    names = model.input_names
    if (
        not isinstance(inputs, list)
        or len(inputs) != len(names)
        or not all(isinstance(e, dict) for e in inputs)
    ):
        those = (
            f"the one input of {model.name}"
            if len(names) == 1
            else f"the {len(names)} inputs of {model.name}"
        )
        raise bad(f"'inputs' must be a list with {those}, {_listed(names)}.")
    found: dict[str, Array] = {}
    place = 0
    for entry in inputs:
        name = entry.get("name")
        if name not in names:
            raise bad(_unknown("input", name, names))
        if name in found:
            raise bad(f"The input {name!r} is given twice.")
        x, used = _tensor(entry, rest[place:])
        place += used
        found[name] = fitted(x, model, names.index(name), max_examples)
    xs = tuple(found[name] for name in names)
    if len(xs) > 1 and len({len(x) for x in xs}) > 1:
        raise bad(f"The inputs hold different numbers of examples: {', '.join(str(len(x)) for x in xs)}.")
    model.check_values(xs)
    return xs, place


def _unknown(what: str, name: Any, names: Sequence[str]) -> str:
    called = f"it is called {names[0]!r}" if len(names) == 1 else f"there are {_listed(names)}"
    return f"There is no {what} called {_short(name)}; {called}."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def _tensor(entry: dict[str, Any], rest: memoryview) -> tuple[Array, int]:
    """An input as an array, and how many of the bytes after the JSON part it took."""
    datatype, shape = entry.get("datatype"), entry.get("shape")
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise bad(f"datatype: expected one of {', '.join(DTYPES)}; got {_short(datatype)}.")
    if not isinstance(shape, list) or not 0 < len(shape) <= MOST_DIMENSIONS or not all(map(_count, shape)):
        raise bad(f"shape: expected a list of whole numbers; got {_short(shape)}.")
    dtype, size = DTYPE[datatype], math.prod(shape)
    length = _dict(entry.get("parameters"), "parameters of an input").get("binary_data_size")
    if length is not None:
        if "data" in entry:
            raise bad("An input has 'data' or 'binary_data_size', not both.")
        if not _count(length) or length != size * dtype.itemsize or length > len(rest):
            raise bad(f"binary_data_size: {datatype} of shape {shape} has {size * dtype.itemsize} bytes; got {_short(length)}, "
                      f"and {len(rest)} bytes follow.")  # fmt: skip
        return np.frombuffer(rest[:length], dtype).reshape(shape), length
    return _from_json(entry.get("data"), datatype, dtype, shape, size), 0


def _from_json(data: Any, datatype: str, dtype: "np.dtype[Any]", shape: list[int], size: int) -> Array:
    if not isinstance(data, list):
        raise bad("'data' must be a list of numbers, flat or nested as the shape says.")
    if datatype == "UINT8" and len(data) == size:  # pixels: the short way
        with contextlib.suppress(TypeError, ValueError):
            return np.frombuffer(bytes(data), np.uint8).reshape(shape)
    try:
        with np.errstate(over="ignore"):
            array = np.array(data)
            if array.dtype.kind not in "buif":
                raise TypeError
            if dtype.kind != "f" and array.size and (array.dtype.kind == "f" or not _fits(array, dtype)):
                raise bad(f"'data' has numbers that are not {datatype}.")
            array = array.astype(dtype)
    except (TypeError, ValueError, OverflowError):
        raise bad("'data' must be a list of numbers, flat or nested as the shape says.") from None
    if array.size != size:
        raise bad(f"shape {shape} needs {size} numbers; 'data' has {array.size}.")
    return array.reshape(shape)


def _fits(array: Array, dtype: "np.dtype[Any]") -> bool:
    low, high = LIMITS[dtype.str]
    return low <= int(array.min()) and int(array.max()) <= high


def fitted(x: Array, model: "ServedModel", place: int, max_examples: int) -> Array:
    """Examples float32 in the shape that the network takes; whole numbers are raw levels and scaled as its file says."""
    shape = model.input_shapes[place]
    if x.ndim == 0 or (x.shape[1:] != shape and math.prod(x.shape[1:]) != math.prod(shape)):
        what = model.name if len(model.input_shapes) == 1 else model.input_names[place]
        raise bad(
            f"{what} takes examples of shape {list(shape)} behind the number of examples; got {list(x.shape)}."
        )
    if not 0 < len(x) <= max_examples:
        raise RefusedError(
            413 if len(x) else 400, f"A request holds 1 to {max_examples} examples; got {len(x)}."
        )
    whole = x.dtype.kind in "uib" and x.dtype.itemsize < 8  # such numbers are finite in 32 bits, too
    if x.dtype.kind in "ui" and model.divisor:
        x = np.divide(x, np.float32(model.divisor), dtype=np.float32, casting="same_kind")
    elif x.dtype != np.float32:
        with np.errstate(over="ignore"):
            x = x.astype(np.float32)
    if not whole and not np.isfinite(x).all():
        raise bad("The examples hold NaN, infinity, or numbers too large for 32 bits.")
    return x if x.shape[1:] == shape else x.reshape(len(x), *shape)


def _outputs(asked: Any, binary: bool, names: Sequence[str]) -> tuple[Wanted, ...]:
    """The outputs that are asked for, all where none is named; how each is given."""
    if asked is None or asked == []:
        return tuple(Wanted(place, binary) for place in range(len(names)))
    if not isinstance(asked, list) or not all(isinstance(entry, dict) for entry in asked):
        raise bad(f"'outputs' must be a list of outputs, {_listed(names)}.")
    found: list[Wanted] = []
    for entry in asked:
        if entry.get("name") not in names:
            raise bad(_unknown("output", entry.get("name"), names))
        parameters = _dict(entry.get("parameters"), "parameters of an output")
        classes = parameters.get("classification", 0)
        if not _count(classes):
            raise bad(f"classification: expected a whole number; got {_short(classes)}.")
        found.append(Wanted(names.index(entry["name"]), _flag(parameters, "binary_data", binary), classes))
    if len({wanted.place for wanted in found}) < len(found):
        raise bad("'outputs' names an output twice.")
    return tuple(found)


def response(
    asked: Inference, said: tuple[Array, ...], model: "ServedModel"
) -> tuple[bytes, bytes, dict[str, str]]:
    """The JSON part, the bytes that follow it, and headers."""
    fields: dict[str, Any] = {"model_name": model.name, "model_version": "1"}
    if asked.id is not None:
        fields["id"] = asked.id
    outputs, pieces = [], []
    for wanted in asked.outputs:
        values, name = said[wanted.place], model.output_names[wanted.place]
        output: dict[str, Any] = {"name": name, "datatype": "FP32", "shape": list(values.shape)}
        words: list[str] = []
        if wanted.classes:
            rows = classified(values, wanted.classes, model.card.class_names)
            output |= {"datatype": "BYTES", "shape": [len(rows), len(rows[0])]}
            words = [word for row in rows for word in row]
        if not np.isfinite(values).all():
            raise RefusedError(422, "The network's output is not finite for these examples.")
        if wanted.binary:
            content = b"".join(len(w.encode()).to_bytes(4, "little") + w.encode() for w in words)
            pieces.append(content or np.ascontiguousarray(values, "<f4").tobytes())
            output["parameters"] = {"binary_data_size": len(pieces[-1])}
        else:
            output["data"] = words or values.reshape(-1).tolist()
        outputs.append(output)
    fields["outputs"] = outputs
    head = msgspec.json.encode(fields)
    if not pieces:
        return head, b"", {}
    return head, b"".join(pieces), {"inference-header-content-length": str(len(head))}


def classified(said: Array, count: int, labels: tuple[str, ...]) -> list[list[str]]:
    """The classes of each example with the largest outputs, "output:number:label" as Triton writes them."""
    rows = said.reshape(len(said), -1)
    order = np.argsort(-rows, axis=1, kind="stable")[:, : max(1, min(count, rows.shape[1]))]
    return [[f"{row[k]:f}:{k}" + (f":{labels[k]}" if k < len(labels) else "") for k in best]
            for row, best in zip(rows, order, strict=True)]  # fmt: skip


def _dict(value: Any, what: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad(f"'{what}' must be an object.")
    return value


def _flag(parameters: dict[str, Any], name: str, default: bool = False) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise bad(f"{name}: expected true or false; got {_short(value)}.")
    return value


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 40


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
