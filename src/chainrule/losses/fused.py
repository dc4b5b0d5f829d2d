"""Which loss and last activation make one simple rule: softmax or sigmoid with its cross-entropy."""

from chainrule.losses.base import Loss
from chainrule.losses.classification import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Crossentropy,
    SparseCategoricalCrossentropy,
)
from chainrule.losses.own import Summed

FUSED = {
    ("softmax", CategoricalCrossentropy),
    ("softmax", SparseCategoricalCrossentropy),
    ("sigmoid", BinaryCrossentropy),
}


def fused_loss(activation: str | None, loss: Loss) -> Loss | None:
    """The loss that takes z, for a model ending in this activation; None where the two do not fuse.

    >>> from chainrule.losses import MeanSquaredError
    >>> fused_loss("softmax", CategoricalCrossentropy()).from_logits, fused_loss("relu", MeanSquaredError())
    (True, None)
    """
    if isinstance(loss, Summed):
        inner = fused_loss(activation, loss.inner)
        return None if inner is None else Summed(inner)
    if (activation, type(loss)) in FUSED and isinstance(loss, Crossentropy) and not loss.from_logits:
        return loss.on_logits()
    return None
