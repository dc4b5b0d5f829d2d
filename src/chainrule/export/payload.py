"""Operations as text and one block of numbers: how the Python file and the page carry a model."""

import base64
from typing import Any

import numpy as np

from chainrule.export.operation import Operation


def packed(operations: list[Operation], dtype: str = "<f4") -> tuple[list[dict[str, Any]], bytes]:
    """Entries that JSON can hold, and the bytes of all weights; an entry says where each of its weights begins."""
    entries, blocks, place = [], [], 0
    for op in operations:
        where = {}
        for name, array in op.weights.items():
            where[name] = [place, list(array.shape)]
            blocks.append(np.ascontiguousarray(array, dtype).reshape(-1))
            place += array.size
        entries.append({
            "kind": op.kind, "settings": op.settings, "weights": where, "sources": list(op.sources),
            "input": list(op.input_shape), "output": list(op.output_shape),
        })  # fmt: skip
    return entries, np.concatenate(blocks).tobytes() if blocks else b""


def as_text(content: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(content).decode()
