"""The table that `model.summary()` prints, in Keras's form."""

from itertools import zip_longest
from textwrap import wrap
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


def summary_lines(
    model: Any, line_length: int | None = None, expand_nested: bool = False, show_trainable: bool = False
) -> list[str]:
    """The lines of the table: layers, output shapes, numbers of weights, sums; where a network branches, what feeds each.

    expand_nested: also the layers of models inside.  show_trainable: a column that says which layers learn.
    """
    connected = None if is_straight(model) else connections(model)
    batch = getattr(model.input_layer, "batch_size", None)
    heads = ["Layer (type)", "Output Shape", "Param #"]
    least, shares = [33, 24, 15], [0.45, 0.33, 0.22]
    if connected is not None:
        heads, least, shares = [*heads, "Connected to"], [30, 26, 13, 24], [0.3, 0.27, 0.17, 0.26]
    if show_trainable:
        heads, least, shares = [*heads, "Trainable"], [*least, 11], [*(0.88 * s for s in shares), 0.12]
    rows = [
        [*fields(layer, depth, batch), *([] if connected is None else [connected.get(id(layer), "-")])]
        + ([learns(layer)] if show_trainable else [])
        for layer, depth in listed(model, expand_nested)
    ]
    if line_length is not None:
        least = [int((line_length - len(heads) - 1) * share) for share in shares]
        least[0] += line_length - len(heads) - 1 - sum(least)  # what rounding left over
        widths = [max(w, 3) for w in least]
    else:
        widths = [max(w, *(len(r[i]) + 2 for r in [heads, *rows])) for i, w in enumerate(least)]

    def row(cells: list[str], bar: str) -> str:
        texts = [wrap(c, w - 2) or [""] for c, w in zip(cells, widths, strict=True)]
        lines = []
        for parts in zip_longest(*texts, fillvalue=""):
            padded = [
                f" {c:>{w - 2}} " if head == "Param #" else f" {c:<{w - 2}} "
                for c, w, head in zip(parts, widths, heads, strict=True)
            ]
            lines.append(bar + bar.join(padded) + bar)
        return "\n".join(lines)

    def rule(left: str, line: str, mid: str, right: str) -> str:
        return left + mid.join(line * w for w in widths) + right

    lines = [f'Model: "{model.name}"', rule("┏", "━", "┳", "┓"), row(heads, "┃"), rule("┡", "━", "╇", "┩")]
    for i, cells in enumerate(rows):
        if i:
            lines.append(rule("├", "─", "┼", "┤"))
        lines.append(row(cells, "│"))
    lines.append(rule("└", "─", "┴", "┘"))
    total = sum(layer.count_params() for layer in model.flat_layers)
    learned = sum(
        int(np.prod(layer.params[name].shape))
        for layer in model.flat_layers if layer.trainable for name in layer.learned_names if name in layer.params
    )  # fmt: skip
    optimizer_params = 0
    if model.optimizer_state is not None:
        optimizer_params = sum(array.size for array in optimizer_to_list(model))
    lines.append(f" Total params: {total + optimizer_params:,} ({size(total + optimizer_params)})")
    lines.append(f" Trainable params: {learned:,} ({size(learned)})")
    lines.append(f" Non-trainable params: {total - learned:,} ({size(total - learned)})")
    if optimizer_params:
        lines.append(f" Optimizer params: {optimizer_params:,} ({size(optimizer_params)})")
    derived = [str(layer.name) for layer in model.layers if not getattr(layer, "written_out", True)]
    if derived:
        lines.append(f" Not written out (JAX derives them): {', '.join(derived)}")
    return lines


def listed(model: Any, expand_nested: bool, depth: int = 0) -> list[tuple[Any, int]]:
    """The layers of a model, each with how deep it lies in models inside."""
    found = []
    for layer in model.layers:
        found.append((layer, depth))
        if expand_nested and hasattr(layer, "layers"):
            found += listed(layer, expand_nested, depth + 1)
    return found


def fields(layer: Any, depth: int, batch: int | None) -> list[str]:
    """What the table says of a layer: its name and class, the shape of its output, how many weights it has.

    batch: the size of every batch, where `Input` says it.
    """
    before = "   " * depth + "└ " if depth else ""
    count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
    return [f"{before}{layer.name} ({type(layer).__name__})", shape_text(layer.output_shape, batch), count]


def shape_text(shape: Any, batch: int | None = None) -> str:
    """(10,) -> (None, 10), or with the size of every batch in front; several as a list.

    >>> shape_text((10,)), shape_text(()), shape_text([(2,), (3,)]), shape_text(None)
    ('(None, 10)', '(None, ,)', '[(None, 2), (None, 3)]', '?')
    """
    if shape is None:
        return "?"
    if shape and isinstance(shape[0], (tuple, list)):
        return "[" + ", ".join(shape_text(one, batch) for one in shape) + "]"
    return f"({batch}, " + ", ".join(map(str, shape)) + ("," if not shape else "") + ")"


def learns(layer: Any) -> str:
    """Y or N; - for a layer without weights."""
    return "-" if not layer.count_params() else "Y" if layer.trainable else "N"


def is_straight(model: Any) -> bool:
    """Whether each layer is fed by the one before it and stands at one place."""
    calls = getattr(model, "ordered", None)
    if calls is None:
        return True
    chained = all(
        len(call.inputs) <= 1 and all(value.call is before for value in call.inputs)
        for before, call in zip([None, *calls], calls, strict=False)
    )
    return chained and len(model.outputs) == 1 and len({id(call.layer) for call in calls}) == len(calls)


def connections(model: Any) -> dict[int, str]:
    """For each layer what feeds it: layer[which of its calls][which output], as Keras writes it."""
    found: dict[int, list[str]] = {}
    for call in model.ordered:
        own = found.setdefault(id(call.layer), [])
        for value in call.inputs:
            calls = [other for other in value.call.layer.calls if other in model.ordered]
            own.append(
                f"{value.name}[{calls.index(value.call) if value.call in calls else 0}][{value.index}]"
            )
    return {layer: ", ".join(names) or "-" for layer, names in found.items()}
