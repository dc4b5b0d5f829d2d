"""Losses that layers add, and losses written with values of the network itself, as variational autoencoders of earlier years do."""

import inspect
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.internal.own_classes import is_ours
from chainrule.layers.symbolic import Tensor


def loss_to_learn(model: Any, loss: Any) -> Any:
    """The loss that `compile` got; NoLoss where layers of the model add all there is.

    A function that also uses symbolic tensors, such as z_mean, is added to the model, with the inputs as targets.
    """
    model.learns_its_inputs = False
    if uses_symbolic_tensors(loss):
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            raise SettingError(
                f"{loss.__name__} uses values of the network; that is for models with one input and one output. Use model.add_loss."
            )
        model.add_loss(loss(model.inputs[0], model.outputs[0]))
        model.learns_its_inputs, loss = True, None
    from chainrule.losses.base import NoLoss  # a model that only predicts loads no losses

    if loss is None and model.layers and any(layer.adds_loss for layer in model.flat_layers):
        return NoLoss()
    return loss


def uses_symbolic_tensors(loss: Any) -> bool:
    """Whether a function of the user's own uses symbolic tensors by their names."""
    if not inspect.isfunction(loss) or is_ours(loss):
        return False
    found = inspect.getclosurevars(loss)
    return any(isinstance(value, Tensor) for value in (*found.nonlocals.values(), *found.globals.values()))


def targets(model: Any, x: Any, y: Any) -> Any:
    """The targets; made up where a model needs none, since its loss is all in its layers."""
    from chainrule.losses.base import NoLoss  # a model that only predicts loads no losses

    if not isinstance(model.asked.loss, NoLoss) or (y is not None and not model.learns_its_inputs):
        return y
    one = next(iter(x.values())) if isinstance(x, dict) else x[0] if isinstance(x, (list, tuple)) else x
    if model.learns_its_inputs and y is not None and y is not x and not np.array_equal(y, one):
        raise SettingError(
            "The loss uses values of the network, so its targets are the network's inputs: fit(x, x). Others came."
        )
    return np.zeros((len(one), 1), np.float32)
