"""What `keras.backend` had in earlier years: random arrays, functions of a network's layers, the order of a picture's axes."""

from contextlib import nullcontext
from typing import Any

import numpy as np

from chainrule import backend, ops
from chainrule.errors import SettingError
from chainrule.internal import absent
from chainrule.keras_names.channels_first import ORDER
from chainrule.ops import random

__all__ = [
    "batch_dot", "bias_add", "function", "gather", "image_dim_ordering", "is_sparse", "learning_phase", "manual_variable_initialization", "name_scope",
    "random_bernoulli", "random_binomial",
    "random_normal", "random_normal_variable", "random_uniform", "random_uniform_variable", "set_image_dim_ordering", "set_learning_phase",
    "set_session", "truncated_normal",
]  # fmt: skip


def image_dim_ordering() -> str:
    """'tf' where a picture's channels are last, 'th' where they are first."""
    return "tf" if ORDER.now == "channels_last" else "th"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Where layers of pictures look for the channels: 'tf' last, 'th' first.

    >>> set_image_dim_ordering("th"); image_dim_ordering()
    'th'
    >>> set_image_dim_ordering("tf"); image_dim_ordering()
    'tf'
    """
    if dim_ordering not in ("tf", "th"):
        raise SettingError(f"set_image_dim_ordering takes 'tf' or 'th'; it got {dim_ordering!r}.")
    ORDER.now, ORDER.said = "channels_last" if dim_ordering == "tf" else "channels_first", True


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None, std: Any = None
) -> Any:
    """Normal numbers; within a Lambda or a layer's call those of its step."""
    return random.normal(shape, mean, stddev if std is None else std, seed=seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Numbers from minval up to maxval."""
    return random.uniform(shape, minval, maxval, seed=seed)


def truncated_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Normal numbers, none further than two standard deviations from the mean."""
    return random.truncated_normal(shape, mean, stddev, seed=seed)


def random_bernoulli(shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None) -> Any:
    """1 with probability p, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), "float32")


random_normal_variable, random_uniform_variable, random_binomial = (
    random_normal,
    random_uniform,
    random_bernoulli,
)


def gather(reference: Any, indices: Any) -> Any:
    """Rows of an array by their numbers."""
    return ops.take(reference, indices, axis=0)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """The product of the matrices or vectors of each example."""
    if axes is None:
        axes = (len(x.shape) - 1, max(1, len(y.shape) - 2))
    first, second = axes if isinstance(axes, (list, tuple)) else (axes, axes)
    letters = "abcdefgh"
    one, two = letters[: len(x.shape)], "a" + "rstuvw"[: len(y.shape) - 1]
    two = two.replace(two[second], one[first])
    out = "".join(c for c in one if c != one[first]) + "".join(c for c in two[1:] if c != one[first])
    found = ops.einsum(f"{one},{two}->{out}", x, y)
    return ops.expand_dims(found, -1) if len(out) == 1 else found


def bias_add(x: Any, bias: Any, data_format: str | None = None) -> Any:
    """x + bias, along the last axis; along axis 1 where the channels are first."""
    if data_format == "channels_first" and len(x.shape) > 2:
        bias = ops.reshape(bias, (1, -1, *[1] * (len(x.shape) - 2)))
    return x + bias


def name_scope(name: str) -> Any:
    """A `with` around names of TensorFlow's graph, which there are none of here."""
    return nullcontext(name)


def manual_variable_initialization(value: bool) -> None:
    """Changes nothing: weights are drawn when a layer is built."""


def is_sparse(tensor: Any) -> bool:
    """False: all arrays hold all their numbers."""
    return False


def learning_phase() -> Any:
    """What a function of `function` is told: 0 for predicting, which is all that it does here."""
    return LEARNING_PHASE


LEARNING_PHASE = object()


def set_learning_phase(value: Any) -> None:
    """0, for predicting, is what predict does by itself; to learn within predictions is refused.

    >>> set_learning_phase(0)
    """
    if value not in (0, False):
        raise SettingError(
            "set_learning_phase(1) is not supported; model(x, training=True) answers as while learning."
        )


def set_session(session: Any) -> None:
    """Changes nothing: there is no session, and memory is taken as it is needed."""


def function(inputs: Any, outputs: Any, updates: Any = None, **settings: Any) -> Any:
    """A function from arrays to the values that layers give: K.function([model.input], [model.layers[0].output])([x])."""
    from chainrule.models import Model

    many = isinstance(outputs, (list, tuple))
    given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    places = [k for k, one in enumerate(given) if one is not LEARNING_PHASE]
    if updates:
        raise SettingError("K.function: updates= is not supported; what learns is compile and fit.")
    model = Model([given[k] for k in places], list(outputs) if many else [outputs])

    def called(arrays: Any) -> Any:
        values = list(arrays) if isinstance(arrays, (list, tuple)) else [arrays]
        values = [np.asarray(value) if isinstance(value, list) else value for value in values]
        said = model.predict_on_batch([values[k] for k in places] if len(places) > 1 else values[places[0]])
        said = list(said) if isinstance(said, (list, tuple)) else [said]
        return said if many else said[0]

    return called


def __getattr__(name: str) -> Any:
    raise absent.missing("backend", name, [*backend.__all__, *__all__])
