"""A model as a diagram: a box for each layer at each place where it works, an arrow for each value that is handed on."""

import os
from pathlib import Path
from typing import Any, NamedTuple

from chainrule.errors import SettingError
from chainrule.layers import InputLayer
from chainrule.models.diagram_files import png, svg
from chainrule.models.diagram_layout import Plan, planned
from chainrule.models.summary import shape_text


class Shown(NamedTuple):
    """What a box says beside its layer's class: names, shapes, number type, activation, whether it learns."""

    names: bool = False
    shapes: bool = False
    dtype: bool = False
    activations: bool = False
    trainable: bool = False
    nested: bool = False


class Boxes:
    """The boxes and arrows of a model, collected from its calls. `texts`: the lines of each box.  `arrows`: pairs of boxes."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.texts: list[list[str]] = []
        self.arrows: list[tuple[int, int]] = []

    def of_model(self, model: Any, sources: list[int] | None = None, within: str = "") -> list[int]:
        """Adds a model's boxes; `sources` feed its inputs where it is part of another. The boxes that give its outputs."""
        if not hasattr(model, "ordered"):
            last = sources or [self.add(model.input_layer, [], within)]
            for layer in model.layers:
                last = self.of_call(layer, last, 1, within)
            return last
        given: dict[int, list[int]] = {}
        for k, value in enumerate(model.inputs):
            box = self.add(value.call.layer, [], within) if sources is None else sources[k]
            given[id(value.call)] = [box]
        for call in model.ordered:
            if id(call) not in given:
                before = [given[id(value.call)][value.index] for value in call.inputs]
                given[id(call)] = self.of_call(call.layer, before, len(call.outputs), within)
        return [given[id(value.call)][value.index] for value in model.outputs]

    def of_call(self, layer: Any, before: list[int], outputs: int, within: str) -> list[int]:
        """Adds a layer at work, or the boxes of a model at work; the box of each output."""
        if self.shown.nested and hasattr(layer, "layers"):
            return self.of_model(layer, before, f"{within}{layer.name} / ")
        return [self.add(layer, before, within)] * outputs

    def add(self, layer: Any, before: list[int], within: str) -> int:
        """Adds one box and the arrows into it."""
        kind, shown = type(layer).__name__, self.shown
        text = [f"{within}{layer.name} ({kind})" if shown.names or within else kind]
        if shown.activations and "activation" in (layer.get_config() if not hasattr(layer, "layers") else {}):
            text.append(f"activation: {layer.activation}")
        if shown.shapes:
            if not isinstance(layer, InputLayer):
                text.append(f"input: {shape_text(layer.input_shape)}")
            text.append(f"output: {shape_text(layer.output_shape or layer.input_shape)}")
        if shown.dtype:
            text.append("dtype: float32")
        if shown.trainable and not isinstance(layer, InputLayer):
            text.append("learns" if layer.trainable else "frozen")
        self.texts.append(text)
        self.arrows += [(source, len(self.texts) - 1) for source in before]
        return len(self.texts) - 1


class Diagram:
    """A drawn model. In a notebook it shows itself; `svg()` and `png()` give the files' contents."""

    def __init__(self, plan: Plan, dpi: int) -> None:
        self.plan, self.dpi = plan, dpi

    def svg(self) -> str:
        """The diagram as SVG."""
        return svg(self.plan)

    def png(self) -> bytes:
        """The diagram as PNG."""
        return png(self.plan, self.dpi / 96)

    _repr_svg_ = svg


def plot_model(
    model: Any, to_file: Any = "model.png", show_shapes: bool = False, show_dtype: bool = False,
    show_layer_names: bool = False, rankdir: str = "TB", expand_nested: bool = False, dpi: int = 200,
    show_layer_activations: bool = False, show_trainable: bool = False, splines: str = "ortho",
    layer_range: Any = None,
) -> Diagram:  # fmt: skip
    """Draws a model into a .svg or .png file and returns the diagram. Nothing needs to be installed for it.

    to_file: the file, or None for none.  rankdir: "TB" from top to bottom, "LR" from left to right.  dpi: of a PNG.  splines: how Graphviz
    would bend the lines; they are straight here.  The
    other settings say what a box tells, and whether models inside the model are opened; as in Keras.

    >>> from chainrule import Sequential, layers
    >>> diagram = plot_model(Sequential([layers.Dense(2, input_shape=(4,))]), None, show_shapes=True)
    >>> "output: (None, 2)" in diagram.svg(), diagram.png()[1:4]
    (True, b'PNG')
    """
    if rankdir not in ("TB", "LR"):
        raise SettingError(f"plot_model: rankdir is 'TB' or 'LR'; it got {rankdir!r}.")
    if layer_range is not None:
        raise SettingError("plot_model: layer_range is not supported; draw a model of the layers you want.")
    if not hasattr(model, "layers"):
        raise SettingError(f"plot_model draws models; it got {type(model).__name__}.")
    model.build()
    shown = Shown(
        show_layer_names, show_shapes, show_dtype, show_layer_activations, show_trainable, expand_nested
    )
    boxes = Boxes(shown)
    boxes.of_model(model)
    diagram = Diagram(planned(boxes.texts, boxes.arrows, sideways=rankdir == "LR"), dpi)
    if to_file is not None:
        path = Path(os.fspath(to_file))
        if path.suffix.lower() not in (".svg", ".png"):
            raise SettingError(f"plot_model writes .svg and .png files; it got {path.name!r}.")
        if path.suffix.lower() == ".svg":
            path.write_text(diagram.svg(), encoding="utf-8")
        else:
            path.write_bytes(diagram.png())
    return diagram
