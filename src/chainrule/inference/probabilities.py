"""What a classifier's outputs mean: probabilities as they are, or logits that become probabilities. Decided here alone."""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.activations import sigmoid, softmax

if TYPE_CHECKING:
    from chainrule.losses import Loss

Array = np.ndarray[Any, Any]
COMPARE = {  # losses that compare 0 and 1 with outputs as they are, by their keys
    "mean_squared_error",
    "mean_absolute_error",
    "huber_loss",
    "log_cosh",
    "kl_divergence",
}
TINY = 1e-30
ENDS = ("softmax", "sigmoid", "hard_sigmoid", "sparse_sigmoid")  # activations whose outputs are from 0 to 1


def are_logits(loss: "Loss | None", end: str) -> bool:
    """Whether outputs are logits: as the activation at the end says, then the cross-entropy that was learned with.

    loss: the loss, None where it is not known.  end: the name of the last activation.

    >>> from chainrule.losses import BinaryCrossentropy
    >>> are_logits(BinaryCrossentropy(from_logits=True), "linear"), are_logits(None, "linear"), are_logits(None, "sigmoid")
    (True, True, False)
    """
    if end in ENDS:
        return False
    loss = getattr(loss, "inner", loss)  # of a sum
    return getattr(loss, "key", None) not in COMPARE and bool(getattr(loss, "from_logits", True))


def as_probabilities(said: Array, loss: "Loss | None", end: str) -> Array:
    """A classifier's outputs (n, ...) as a probability for each class, (n, classes); one output is that of the second of two.

    >>> from chainrule.losses import BinaryCrossentropy
    >>> as_probabilities(np.array([[0.25]], np.float32), None, "sigmoid")
    array([[0.75, 0.25]], dtype=float32)
    >>> as_probabilities(np.array([[0.0]], np.float32), BinaryCrossentropy(from_logits=True), "linear")
    array([[0.5, 0.5]], dtype=float32)
    """
    said = np.asarray(said).reshape(len(said), -1)
    alone = said.shape[1] == 1
    each = alone or str(getattr(loss, "key", "")).startswith("binary")  # each output is a question of its own
    if are_logits(loss, end):
        said = sigmoid(said) if each else softmax(said)
    elif end not in ENDS:  # as a cross-entropy reads them
        said = np.clip(said, 0, 1 if each else None)
        said = said if each else said / np.maximum(said.sum(axis=1, keepdims=True), TINY)
    return np.concatenate([1 - said, said], axis=1) if alone else said


def tells_classes(loss: "Loss | None") -> bool:
    """Whether a loss is a cross-entropy: the outputs of what learns with it are classes.

    >>> from chainrule.losses import MeanSquaredError
    >>> tells_classes(MeanSquaredError()), tells_classes(None)
    (False, False)
    """
    return "crossentropy" in str(getattr(loss, "key", ""))


def loss_that_tells(model: Any) -> "Loss | None":
    """The loss that a model learned with; None where the activation at the end tells all, so that none need be made.

    >>> from chainrule import Sequential, layers
    >>> loss_that_tells(Sequential([layers.Input((2,)), layers.Dense(3, "softmax")])) is None
    True
    """
    return None if model.graph.last_activation() in ENDS else model.loss_learned_with
