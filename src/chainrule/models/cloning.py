"""Keras's functions on models: a model of the same kind with fresh weights, and a model to a file."""

from typing import Any

from chainrule.errors import SettingError

__all__ = ["clone_model", "save_model"]


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Any = None,
    call_function: Any = None,
    recursive: bool = False,
    **more: Any,
) -> Any:
    """A model of the same layers and settings with fresh weights; it is not compiled.

    >>> from chainrule import Sequential, layers
    >>> copy = clone_model(Sequential([layers.Input((2,)), layers.Dense(3, name="a")]))
    >>> copy.count_params(), copy.layers[0].name
    (9, 'a')
    """
    given = {
        "input_tensors": input_tensors,
        "clone_function": clone_function,
        "call_function": call_function,
        "recursive": recursive or None,
        **more,
    }
    for name, value in given.items():
        if value is not None:
            raise SettingError(f"clone_model: {name} is not supported; leave it out.")
    return type(model).from_config(model.get_config())


def save_model(model: Any, filepath: Any, overwrite: bool = True, **more: Any) -> None:
    """Writes a model to a file, as `model.save`."""
    model.save(filepath, overwrite=overwrite, **more)
