"""Arrays on their way to the page: a JSON header that says what follows, then the numbers as they are.

4 bytes  length of the header, little-endian          header  {..., "arrays": [[name, dtype, shape, offset], ...]}
header   UTF-8, padded with spaces to 8 bytes         arrays  one after the other, each at a multiple of 8 bytes
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

DTYPES = {"float32": "<f4", "uint8": "|u1", "int32": "<i4", "float16": "<f2"}


def packed(header: Mapping[str, Any], arrays: Mapping[str, Any]) -> bytes:
    """One message of a header and arrays. float64 and int64 become float32 and int32.

    >>> unpacked(packed({"step": 3}, {"loss": np.array([0.5, 0.25])}))
    ({'step': 3}, {'loss': array([0.5 , 0.25], dtype=float32)})
    """
    entries, pieces, offset = [], [], 0
    for name, values in arrays.items():
        array = np.asarray(values)
        kind = {"f": "float32", "i": "int32", "b": "uint8"}.get(array.dtype.kind, str(array.dtype))
        kind = str(array.dtype) if str(array.dtype) in DTYPES else kind
        data = np.ascontiguousarray(array, DTYPES[kind]).tobytes()
        entries.append([name, kind, list(array.shape), offset])
        pieces.append(data + bytes(-len(data) % 8))
        offset += len(pieces[-1])
    text = json.dumps({**header, "arrays": entries}, allow_nan=False).encode()
    text += b" " * (-(len(text) + 4) % 8)
    return b"".join([len(text).to_bytes(4, "little"), text, *pieces])


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """Header and arrays of a message that `packed` made."""
    begin = 4 + int.from_bytes(message[:4], "little")
    header = json.loads(message[4:begin])
    arrays = {}
    for name, kind, shape, offset in header.pop("arrays"):
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(message, DTYPES[kind], count, begin + offset).reshape(shape)
    return header, arrays
