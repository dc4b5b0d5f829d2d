"""What is said about a name of TensorFlow that is not here."""

import sys

from chainrule.errors import AbsentImportError, AbsentNameError
from chainrule.internal.absent import is_imported

# A name, or the beginning of one, and what to use instead.
INSTEAD = {
    "GradientTape": (
        "Chainrule writes its derivatives out instead of recording operations: write the step as compile and fit; "
        "chainrule explain shows every derivative of it"
    ),
    "Variable": "a layer's weights are what learns; np.array holds numbers that change",
    "compat.v1": "Keras's models need no graph or session",
    "contrib": "Keras's layers",
    "distribute": "training uses one device: leave the strategy out",
    "estimator": "a Keras model with compile and fit",
    "examples": "keras.datasets.mnist",
    "feature_column": "chainrule.datasets.load('table.csv') prepares a table's columns",
    "global_variables_initializer": "everything is computed at once; leave it out",
    "gradients": "derivatives are written out here; chainrule explain shows every one",
    "image": "keras.preprocessing.image, or NumPy",
    "io": "Python's own files and Pillow",
    "keras": "see docs/keras.md",
    "layers": "tf.keras.layers",
    "lite": "chainrule export",
    "placeholder": "keras.Input",
    "saved_model": "model.save('model.keras')",
    "strings": "Python's own strings, or keras.layers.TextVectorization",
    "summary": "keras.callbacks.TensorBoard",
    "train": "keras.optimizers",
}


def way_out(part: str) -> str:
    """What to use instead of a name, without "tensorflow." in front; "" where there is nothing to say.

    >>> way_out("lite.TFLiteConverter")
    'chainrule export'
    """
    return next((way for name, way in INSTEAD.items() if part == name or part.startswith(name + ".")), "")


def missing(module: str, name: str) -> Exception:
    """The error for a name that one of the thin modules does not have."""
    if name.startswith("__"):
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    full = f"{module}.{name}"
    way = way_out(full.removeprefix("tensorflow."))
    text = f"{full} is not here: Chainrule stands in for TensorFlow's Keras only" + (
        f". Instead: {way}." if way else "."
    )
    frame = sys._getframe(2)  # noqa: SLF001
    return AbsentImportError(text) if is_imported(frame) else AbsentNameError(text)
