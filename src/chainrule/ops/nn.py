"""Activations, cross-entropies and what networks need beside NumPy's functions."""

from typing import Any

from chainrule import activations
from chainrule.arrays import Array
from chainrule.ops.arguments import as_array, library_of

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "elu", "gelu", "hard_sigmoid", "in_top_k", "l2_normalize",
    "leaky_relu", "log_sigmoid", "log_softmax", "logsumexp", "moments", "normalize", "one_hot", "relu", "relu6", "rsqrt", "selu",
    "sigmoid", "silu", "softmax", "softplus", "softsign", "sparse_categorical_crossentropy", "swish", "top_k",
]  # fmt: skip

EPSILON = 1e-7


def relu(x: Any) -> Array:
    """max(x, 0).

    >>> relu([-1.0, 2.0])
    array([0., 2.], dtype=float32)
    """
    x = as_array(x)
    return library_of(x).maximum(x, 0)


def relu6(x: Any) -> Array:
    """min(max(x, 0), 6)."""
    x = as_array(x)
    return library_of(x).clip(x, 0, 6)


def leaky_relu(x: Any, negative_slope: float = 0.2) -> Array:
    """x above 0, negative_slope · x below."""
    x = as_array(x)
    return library_of(x).where(x > 0, x, negative_slope * x)


def elu(x: Any, alpha: float = 1.0) -> Array:
    """x above 0, alpha · (eˣ - 1) below."""
    x = as_array(x)
    xp = library_of(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))


def selu(x: Any) -> Array:
    """The scaled elu that keeps mean 0 and variance 1 (Klambauer et al. 2017)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def gelu(x: Any, approximate: bool = True) -> Array:
    """x · Φ(x), by the usual tanh formula (Hendrycks and Gimpel 2016)."""
    x = as_array(x)
    return 0.5 * x * (1 + library_of(x).tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


def sigmoid(x: Any) -> Array:
    """1 / (1 + e⁻ˣ).

    >>> sigmoid([0.0])
    array([0.5], dtype=float32)
    """
    return activations.sigmoid(as_array(x))


def hard_sigmoid(x: Any) -> Array:
    """x / 6 + 1/2, cut to 0..1."""
    x = as_array(x)
    return library_of(x).clip(x / 6 + 0.5, 0, 1)


def silu(x: Any) -> Array:
    """x · sigmoid(x)."""
    return as_array(x) * sigmoid(x)


swish = silu


def softplus(x: Any) -> Array:
    """log(1 + eˣ)."""
    x = as_array(x)
    return library_of(x).logaddexp(x, 0 * x)


def softsign(x: Any) -> Array:
    """x / (1 + |x|)."""
    x = as_array(x)
    return x / (1 + library_of(x).abs(x))


def log_sigmoid(x: Any) -> Array:
    """log sigmoid(x)."""
    return -softplus(-as_array(x))


def softmax(x: Any, axis: int = -1) -> Array:
    """eˣ / Σ eˣ along an axis.

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5], dtype=float32)
    """
    return library_of(x).exp(log_softmax(x, axis))


def log_softmax(x: Any, axis: int = -1) -> Array:
    """x - log Σ eˣ along an axis."""
    x = as_array(x)
    return x - logsumexp(x, axis=axis, keepdims=True)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Array:
    """log Σ eˣ, without overflow."""
    x = as_array(x)
    xp = library_of(x)
    top = xp.max(x, axis=axis, keepdims=True)
    total = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return total if keepdims else xp.squeeze(total, axis=axis)


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = "float32", sparse: bool = False) -> Array:
    """Class numbers to rows of 0 and one 1.

    >>> one_hot([0, 2], 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    x = as_array(x)
    xp = library_of(x)
    rows = (x[..., None] == xp.arange(num_classes)).astype(dtype)
    return rows if axis in (-1, x.ndim) else xp.moveaxis(rows, -1, axis)


def categorical_crossentropy(target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Array:
    """-Σ y log p of each row."""
    xp, y, p = _pair(target, output)
    if from_logits:
        return -xp.sum(y * log_softmax(p, axis), axis=axis)
    p = p / xp.sum(p, axis=axis, keepdims=True)
    return -xp.sum(y * xp.log(xp.clip(p, EPSILON, 1 - EPSILON)), axis=axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Array:
    """-log p of each row's class."""
    output = as_array(output)
    target = as_array(target)
    if target.ndim == output.ndim and target.shape[-1] == 1:
        target = target[..., 0]
    return categorical_crossentropy(
        one_hot(target, output.shape[axis]).astype(output.dtype), output, from_logits, axis
    )


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Array:
    """-(y log p + (1 - y) log(1 - p)) of each number."""
    xp, y, p = _pair(target, output)
    if from_logits:
        from chainrule.losses.crossentropy import sigmoid_crossentropy

        return sigmoid_crossentropy(y, p)
    p = xp.clip(p, EPSILON, 1 - EPSILON)
    return -(y * xp.log(p) + (1 - y) * xp.log(1 - p))


def l2_normalize(x: Any, axis: Any = -1, epsilon: float = 1e-12) -> Array:
    """x / |x| along an axis."""
    return normalize(x, axis, 2, epsilon)


def normalize(x: Any, axis: Any = -1, order: float = 2, epsilon: float = 1e-12) -> Array:
    """x divided by its length along an axis."""
    x = as_array(x)
    xp = library_of(x)
    return x / xp.maximum(xp.linalg.norm(x, ord=order, axis=axis, keepdims=True), epsilon)


def moments(x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False) -> tuple[Array, Array]:
    """Mean and variance along some axes."""
    x = as_array(x)
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else axes
    return x.mean(axis=axes, keepdims=keepdims), x.var(axis=axes, keepdims=keepdims)


def rsqrt(x: Any) -> Array:
    """1 / √x."""
    x = as_array(x)
    return 1 / library_of(x).sqrt(x)


def top_k(x: Any, k: int, sorted: bool = True) -> tuple[Array, Array]:  # noqa: A002 (Keras's name)
    """The k largest of each row and their places.

    >>> top_k([3.0, 9.0, 5.0], 2)
    (array([9., 5.], dtype=float32), array([1, 2]))
    """
    x = as_array(x)
    xp = library_of(x)
    places = xp.argsort(-x, axis=-1, stable=True)[..., :k]
    return xp.take_along_axis(x, places, axis=-1), places


def in_top_k(targets: Any, predictions: Any, k: int) -> Array:
    """Whether each row's class is among its k largest predictions."""
    predictions = as_array(predictions)
    xp = library_of(predictions)
    own = xp.take_along_axis(predictions, as_array(targets)[..., None], axis=-1)
    return xp.sum(predictions > own, axis=-1) < k


def _pair(target: Any, output: Any) -> tuple[Any, Array, Array]:
    """Targets and predictions of one library and one type."""
    xp = library_of(target, output)
    output = as_array(output, xp)
    return xp, as_array(target, xp).astype(output.dtype), output
