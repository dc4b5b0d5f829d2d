"""What a model file says about its examples and answers, and what is assumed when it says nothing (a file of Keras's).

Nothing here reads a file or prints.
"""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.cli import stored
from chainrule.errors import ShapeError

if TYPE_CHECKING:
    from chainrule.images.rejection import Rejection
    from chainrule.models import Sequential

Array = np.ndarray[Any, Any]

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Knowledge:
    """How examples are prepared for a model, and what its answers mean.

    task: "classes", "two classes" or "regression".  class_names: one a class, empty for a regression.
    preparation: as data sets have it.  digits: pictures are searched for handwritten signs, as MNIST has them.
    doubt: when digits are answered with "I don't know", and how honest probabilities are made; None: always, as they are.
    assumed: what the file did not say and was guessed, for the person to judge; "" when the file said all.
    """

    task: str
    class_names: tuple[str, ...]
    preparation: dict[str, Any] = field(default_factory=dict)
    digits: bool = False
    doubt: "Rejection | None" = None
    assumed: str = ""

    @property
    def scale(self) -> float | None:
        """What raw numbers are multiplied with."""
        scale = self.preparation.get("scale")
        return float(scale) if scale else None


def knowledge_of(model: "Sequential") -> Knowledge:
    """What is known about a model's examples and answers."""
    extras, outputs = model.extras, math.prod(model.output_shape or (1,))
    preparation, names = stored.preparation_of(extras), stored.class_names_of(extras)
    task = _task(model, extras.get("task"), names, outputs)
    if task == "classes" and len(names) != outputs:
        names = tuple(map(str, range(outputs)))
    elif task == "two classes" and len(names) != 2:
        names = ("0", "1")
    elif task == "regression":
        names = ()
    if preparation:
        digits = preparation.get("like") == "mnist"
        return Knowledge(task, names, preparation, digits, _doubt(extras.get("doubt")) if digits else None)
    shape = model.input_shape or ()
    if math.prod(shape) == 784 and shape[-1] in (784, 28, 1):
        assumed = "its pictures are taken to be MNIST's kind: 28 x 28, white ink on black, from 0 to 1"
        raw = bool(model.layers) and type(model.layers[0]).__name__ == "Rescaling"
        pictures = {"kind": "picture", "height": 28, "width": 28, "colour": False, "fit": "stretch", "like": "mnist",
                    "scale": None if raw else 1 / 255}  # fmt: skip
        return Knowledge(task, names, pictures, task == "classes" and names == DIGITS, assumed=assumed)
    array = {"kind": "array", "shape": list(shape), "dtype": "float32", "scale": None}
    return Knowledge(task, names, array, assumed="its examples are taken to be arrays, ready as they are")


def _doubt(settings: Any) -> "Rejection | None":
    if settings is None:
        return None
    from chainrule.images.rejection import Rejection

    return stored.made_by(Rejection.from_dict, settings, "doubt")


def _task(model: "Sequential", said: Any, names: tuple[str, ...], outputs: int) -> str:
    if (said == "classes" and outputs > 1) or (said == "two classes" and outputs == 1) or said == "regression":
        return str(said)
    end = end_of(model)
    if outputs == 1:
        return "two classes" if end == "sigmoid" else "regression"
    digits = outputs == 10 and math.prod(model.input_shape or ()) == 784
    return "classes" if end in ("softmax", "sigmoid") or len(names) == outputs or digits else "regression"


def end_of(model: "Sequential") -> str:
    """The activation a model ends with."""
    last = model.chain[-1] if model.chain else None
    if type(last).__name__ == "Softmax":
        return "softmax"
    return str(getattr(last, "activation", "linear"))


def probabilities(model: "Sequential", task: str, said: Array) -> Array:
    """A model's answers as a probability for each class, (n, classes); logits go through their function first."""
    said = said.reshape(len(said), -1).astype(np.float64)
    end = end_of(model)
    if task == "two classes":
        p = said if end == "sigmoid" else 1 / (1 + np.exp(-said))
        return np.concatenate([1 - p, p], axis=1)
    if end == "linear":
        raised = np.exp(said - said.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))
    return said


def fitted(x: Array, shape: tuple[int, ...] | None) -> Array:
    """Examples in the shape that a model takes, where they have as many numbers; ShapeError otherwise."""
    if shape is None or x.shape[1:] == shape:
        return x
    if math.prod(x.shape[1:]) == math.prod(shape):
        return x.reshape(len(x), *shape)
    raise ShapeError(f"The model takes examples of shape {shape}; these have the shape {tuple(x.shape[1:])}.")
