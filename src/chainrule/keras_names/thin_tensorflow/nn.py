"""`tf.nn`: activations and the cross-entropies on logits."""

from typing import Any

from chainrule import ops
from chainrule.keras_names.thin_tensorflow.instead import missing
from chainrule.ops.tensor import tensor, with_tensors

__all__ = [
    "sigmoid_cross_entropy_with_logits", "softmax_cross_entropy_with_logits",
    "sparse_softmax_cross_entropy_with_logits",
]  # fmt: skip

_SAME = {
    "elu": "elu", "gelu": "gelu", "l2_normalize": "l2_normalize", "leaky_relu": "leaky_relu",
    "log_softmax": "log_softmax", "moments": "moments", "relu": "relu", "relu6": "relu6", "selu": "selu",
    "sigmoid": "sigmoid", "silu": "silu", "softmax": "softmax", "softplus": "softplus", "softsign": "softsign",
    "swish": "silu", "tanh": "tanh", "top_k": "top_k",
}  # fmt: skip


def softmax_cross_entropy_with_logits(
    labels: Any, logits: Any, axis: int = -1, name: str | None = None
) -> Any:
    """-Σ y log softmax(z) of each row."""
    return tensor(ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis))


def sparse_softmax_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """-log softmax(z) of each row's class."""
    return tensor(ops.sparse_categorical_crossentropy(labels, logits, from_logits=True))


def sigmoid_cross_entropy_with_logits(labels: Any, logits: Any, name: str | None = None) -> Any:
    """The binary cross-entropy of each number."""
    return tensor(ops.binary_crossentropy(labels, logits, from_logits=True))


def __getattr__(name: str) -> Any:
    if name in _SAME:
        from chainrule import activations

        function = with_tensors(getattr(ops, _SAME[name]))
        function.__wrapped__ = getattr(activations, _SAME[name], None)  # by which a layer knows it
        return function
    raise missing("tensorflow.nn", name)
