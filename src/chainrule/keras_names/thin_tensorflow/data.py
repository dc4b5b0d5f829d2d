"""`tf.data`: pipelines on arrays."""

from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.preprocessing.pipeline import Dataset

__all__ = ["AUTOTUNE", "Dataset", "experimental"]

AUTOTUNE = -1


class experimental:  # noqa: N801 (TensorFlow's name)
    """What `tf.data.experimental` has of these."""

    AUTOTUNE = AUTOTUNE


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.data", name)
