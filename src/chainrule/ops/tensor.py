"""Arrays of NumPy with a `.numpy()`, as scripts for TensorFlow expect them."""

from collections.abc import Callable
from typing import Any

import numpy as np


class Tensor(np.ndarray):
    """An array of NumPy that also answers `.numpy()`.

    >>> tensor([1.0, 2.0]).numpy()
    array([1., 2.])
    """

    def numpy(self) -> Any:
        """The plain array, or the plain number where it is one."""
        plain = self.view(np.ndarray)
        return plain[()] if plain.ndim == 0 else plain

    def __getitem__(self, key: Any) -> Any:
        """A part; one number alone is a Tensor, too."""
        return tensor(super().__getitem__(key))

    def __iter__(self) -> Any:
        """Its parts along the first axis."""
        return (self[place] for place in range(len(self)))

    def __float__(self) -> float:
        """The one number that it holds, whatever its shape."""
        return float(self.item())

    def __int__(self) -> int:
        """The one number that it holds, as a whole one."""
        return int(self.item())

    def __format__(self, form: str) -> str:
        """One number as a number, however many axes it has."""
        return format(self.item() if self.size == 1 and form else np.asarray(self), form)

    def set_shape(self, shape: Any) -> None:
        """Accepts the shape it has."""

    def get_shape(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.shape)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


def tensor(value: Any) -> Any:
    """The value as a Tensor where it is an array of NumPy or a number; lists and tuples of arrays part by part."""
    if isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value):
        return type(value)(tensor(part) for part in value)
    if hasattr(value, "symbolic_operation") or (
        isinstance(value, (list, tuple)) and any(hasattr(v, "symbolic_operation") for v in value)
    ):
        return value  # symbolic tensors
    if isinstance(value, Tensor) or (
        hasattr(value, "__array_namespace__") and not isinstance(value, (np.ndarray, np.generic))
    ):
        return value
    return np.asarray(value).view(Tensor)


def with_tensors(function: Callable[..., Any]) -> Any:
    """The function, giving Tensors; what TensorFlow calls name= is left out."""

    def wrapped(*arguments: Any, name: str | None = None, **settings: Any) -> Any:
        return tensor(function(*arguments, **settings))

    wrapped.__name__, wrapped.__doc__ = function.__name__, function.__doc__
    return wrapped
