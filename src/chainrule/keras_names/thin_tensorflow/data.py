"""`tf.data`: pipelines on arrays."""

from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.preprocessing.pipeline import Dataset

__all__ = ["AUTOTUNE", "Dataset", "experimental"]

AUTOTUNE = -1


class Experimental:
    """What `tf.data.experimental` has of these."""

    AUTOTUNE = AUTOTUNE

    def cardinality(self, dataset: Any) -> Any:
        """How many elements there are; -2 where only going through them tells."""
        from chainrule.ops.tensor import tensor

        try:
            return tensor(len(dataset))
        except TypeError:
            return tensor(-2)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise missing("tensorflow.data.experimental", name)


experimental = Experimental()


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.data", name)
