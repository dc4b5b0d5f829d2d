"""The table that `model.summary()` prints, in Keras's form."""

from typing import Any

import numpy as np

from chainrule.models.saving import optimizer_to_list


def size(numbers: int) -> str:
    """The memory of float32 numbers, as Keras words it.

    >>> size(79_510), size(0), size(694_950)
    ('310.59 KB', '0.00 B', '2.65 MB')
    """
    amount, units = float(numbers * 4), ["B", "KB", "MB", "GB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{amount:.2f} {units[0]}"


def summary_lines(model: Any, line_length: int | None = None) -> list[str]:
    """The lines of the table: layers, output shapes, numbers of weights, sums."""
    rows = []
    for layer in model.layers:
        shape = layer.output_shape
        told = (
            "?"
            if shape is None
            else "(None, " + ", ".join(map(str, shape)) + ("," if not shape else "") + ")"
        )
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        rows.append((f"{layer.name} ({type(layer).__name__})", told, count))
    heads = ("Layer (type)", "Output Shape", "Param #")
    least = (
        [33, 24, 15]
        if line_length is None
        else [int((line_length - 4) * share) for share in (0.45, 0.33, 0.22)]
    )
    widths = [max(w, *(len(r[i]) + 2 for r in [heads, *rows])) for i, w in enumerate(least)]

    def row(cells: tuple[str, str, str], bar: str) -> str:
        a, b, c = cells
        return f"{bar} {a:<{widths[0] - 2}} {bar} {b:<{widths[1] - 2}} {bar} {c:>{widths[2] - 2}} {bar}"

    def rule(left: str, line: str, mid: str, right: str) -> str:
        return left + mid.join(line * w for w in widths) + right

    lines = [f'Model: "{model.name}"', rule("┏", "━", "┳", "┓"), row(heads, "┃"), rule("┡", "━", "╇", "┩")]
    for i, cells in enumerate(rows):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.append(row(cells, "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    total = sum(layer.count_params() for layer in model.flat_layers)
    learns = sum(
        int(np.prod(layer.params[name].shape))
        for layer in model.flat_layers if layer.trainable for name in layer.learned_names if name in layer.params
    )  # fmt: skip
    optimizer_params = 0
    if model.optimizer_state is not None:
        optimizer_params = sum(array.size for array in optimizer_to_list(model))
    lines.append(f" Total params: {total + optimizer_params:,} ({size(total + optimizer_params)})")
    lines.append(f" Trainable params: {learns:,} ({size(learns)})")
    lines.append(f" Non-trainable params: {total - learns:,} ({size(total - learns)})")
    if optimizer_params:
        lines.append(f" Optimizer params: {optimizer_params:,} ({size(optimizer_params)})")
    derived = [str(layer.name) for layer in model.layers if not getattr(layer, "written_out", True)]
    if derived:
        lines.append(f" Not written out (JAX derives them): {', '.join(derived)}")
    return lines
