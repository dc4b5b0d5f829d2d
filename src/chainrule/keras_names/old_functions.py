"""Functions that Keras has no more, each made of what it has today."""

from pathlib import Path
from typing import Any

from chainrule import layers, regularizers
from chainrule.internal import absent
from chainrule.keras_names.merging import Merge, merge

__all__ = [
    "Merge",
    "ThresholdedReLU",
    "activity_l1l2",
    "l1l2",
    "merge",
    "model_to_dot",
    "print_summary",
    "probas_to_classes",
]


def l1l2(l1: float = 0.01, l2: float = 0.01) -> Any:
    """Both penalties; today's `l1_l2` begins with 0 where this began with 0.01.

    >>> l1l2(l2=0.5).get_config()
    {'l1': 0.01, 'l2': 0.5}
    """
    return regularizers.L1L2(l1, l2)


activity_l1l2 = l1l2


def ThresholdedReLU(theta: float = 1.0, **settings: Any) -> Any:  # noqa: N802 (Keras's name)
    """x where x is above theta, else 0.

    >>> ThresholdedReLU(theta=0.7).threshold
    0.7
    """
    return layers.ReLU(threshold=theta, **settings)


def print_summary(
    model: Any, line_length: int | None = None, positions: Any = None, print_fn: Any = print
) -> None:
    """model.summary()."""
    model.summary(line_length=line_length, print_fn=print_fn)


class Dot:
    """A drawn model with the methods of pydot's graphs that notebooks use: SVG(model_to_dot(model).create(format="svg"))."""

    def __init__(self, diagram: Any) -> None:
        self.diagram = diagram

    def create(self, prog: Any = None, format: str = "svg") -> bytes:  # noqa: A002 (pydot's name)
        """The picture's bytes: SVG, or for any other format PNG."""
        drawn: bytes = self.diagram.svg().encode() if format == "svg" else self.diagram.png()
        return drawn

    def write(self, path: Any, prog: Any = None, format: str = "png") -> None:  # noqa: A002 (pydot's name)
        """Writes the picture to a file."""
        Path(path).write_bytes(self.create(prog, format))


def model_to_dot(
    model: Any, show_shapes: bool = False, show_layer_names: bool = True, **settings: Any
) -> Dot:
    """A model's diagram, as pydot's graph was one; no Graphviz is needed.

    >>> from chainrule import Sequential
    >>> model_to_dot(Sequential([layers.Dense(2, input_shape=(4,))])).create(prog="dot", format="svg")[:4]
    b'<svg'
    """
    from chainrule.models.diagram import plot_model

    return Dot(
        plot_model(model, None, show_shapes=show_shapes, show_layer_names=show_layer_names, **settings)
    )


def probas_to_classes(y_pred: Any) -> Any:
    """The class of each row of probabilities.

    >>> probas_to_classes([[0.1, 0.9]])
    array([1])
    """
    import numpy as np

    said = np.asarray(y_pred)
    return said.argmax(axis=-1) if said.shape[-1] > 1 else (said > 0.5).astype("int32").reshape(-1)


def __getattr__(name: str) -> Any:
    raise absent.missing("layers", name, layers.__all__)
