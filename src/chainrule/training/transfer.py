"""Going on from a model file with other data: all its layers but those that answer, and a new last layer on top.

The layers' settings stand in the recipe, so that a run opens again without the file; their weights are put in once, before
the first step.
"""

import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import layers
from chainrule.datasets import catalogue
from chainrule.datasets.dataset import Dataset
from chainrule.errors import SettingError
from chainrule.models import Sequential
from chainrule.models.functional import Functional
from chainrule.models.saving import load_model
from chainrule.training.auto.candidates import planned
from chainrule.training.recipes import Recipe

NAME = "transfer"
FROZEN, END = ", frozen", ", a new last layer"  # behind the file's name, as the recipe's network is called
RATE = 0.001  # of layers that have learned already: half of what fresh ones begin with
FROZEN_RATE = 0.005  # where only the new last layer learns
BYTES = 255.0  # a network that divides by so much itself is given pixels as they are


@dataclass(frozen=True, eq=False)
class Start:
    """What is kept of a model: layers in their order (or one model as a layer), and the shape of one example."""

    name: str
    layers: tuple[Any, ...]
    input_shape: tuple[int, ...]

    @property
    def takes_bytes(self) -> bool:
        """Whether the network brings pixels from 0 to 255 to their scale itself."""
        first = flattened(self.layers)[:1]
        if first and isinstance(first[0], layers.Rescaling):
            return float(np.max(np.abs(first[0].scale))) <= 1 / 64
        return (
            bool(first)
            and isinstance(first[0], layers.Normalization)
            and first[0].mean is not None
            and float(np.max(first[0].mean)) > 2
        )


def start_from(path: str | os.PathLike[str]) -> Start:
    """The model of a file (.keras or .h5), without the layers that answer.

    SettingError where it has several inputs or outputs, or nothing is left; FileError where the file cannot be read.
    """
    model = load_model(os.fspath(path), compile=False)
    name = Path(path).name
    shape = model.input_shape
    if not isinstance(shape, tuple) or not isinstance(model.output_shape, tuple):
        raise SettingError(
            f"--from {name}: the model has several inputs or outputs; only one of each is taken up."
        )
    kept = of_sequence(model) if isinstance(model, Sequential) else of_graph(model)
    if not any(layer.params for layer in flattened(kept)):
        raise SettingError(
            f"--from {name}: nothing is left of the model without its last layer; train a network of your own "
            "with --layers or --network."
        )
    return Start(name, tuple(kept), shape)


def of_sequence(model: Sequential) -> list[Any]:
    """The layers below the last one with weights."""
    learned = [k for k, layer in enumerate(model.layers) if has_weights(layer)]
    return (
        [layer for layer in model.layers[: learned[-1]] if not isinstance(layer, layers.InputLayer)]
        if learned
        else []
    )


def of_graph(model: Any) -> list[Any]:
    """One model from the input to what feeds the last layer with weights; that layer is the only way to the output."""
    value = model.outputs[0]
    while not has_weights(value.call.layer):
        if len(value.call.inputs) != 1:
            raise SettingError(
                f"--from: the layer that answers in {model.name!r} cannot be told from the others: its last values "
                f"come together in {value.call.layer.name!r}."
            )
        value = value.call.inputs[0]
    below = value.call.inputs[0]
    return [Functional(model.inputs[0], below)] if below is not model.inputs[0] else []


def has_weights(layer: Any) -> bool:
    """Whether a layer, or a model that is used as one, holds any weights."""
    return any(one.params for one in flattened([layer]))


def flattened(kept: Any) -> list[Any]:
    """The layers, with those of models that are used as layers in their place."""
    return [one for layer in kept for one in (flattened(layer.layers) if hasattr(layer, "layers") else [layer])
            if not isinstance(one, layers.InputLayer)]  # fmt: skip


def transfer_recipe(start: Start, data: Dataset, freeze: bool = False) -> Recipe:
    """The recipe that goes on from a model on a data set. freeze: whether only the new last layer learns.

    SettingError where an example of the data is not what the model takes.
    """
    numbers = math.prod(data.input_shape)
    if numbers != math.prod(start.input_shape):
        raise SettingError(
            f"--from {start.name}: the model takes examples of shape {start.input_shape}; {data.name} has "
            f"{data.input_shape}."
            + (" Pictures are brought to a size with --size." if len(data.input_shape) > 1 else "")
        )
    before: list[Any] = []
    if data.input_shape != start.input_shape:
        before.append(layers.Reshape(start.input_shape, name="to_its_shape"))
    if data.scale is not None and start.takes_bytes:
        before.append(layers.Rescaling(BYTES, name="to_pixels"))
    config = {"layers": [stored(layer) for layer in (*before, *start.layers)], "whole": False}
    if freeze:
        config = frozen(config)
    plan = planned("dense", len(data.x_train), numbers)
    return replace(
        plan, name=NAME, network=f"{start.name}{FROZEN if freeze else ''}{END}", network_config=config,
        standardised=False, learning_rate=FROZEN_RATE if freeze else RATE,
    )  # fmt: skip


def picture_options(start: Start, source: str) -> dict[str, Any]:
    """The size and the colours to which a folder of pictures is brought for the model."""
    shape = start.input_shape
    if (
        "size" not in catalogue.options_of(source)
        or len(shape) not in (2, 3)
        or shape[2:] not in ((), (1,), (3,))
    ):
        return {}
    return {"size": shape[:2], "colour": shape[2:] == (3,)}


def options_of(recipe: Recipe) -> list[str]:
    """What stands behind --from in the command that made a recipe.

    >>> options_of(Recipe(NAME, network="cats.keras, frozen, a new last layer"))
    ['cats.keras', '--freeze']
    """
    name, *rest = recipe.network.removesuffix(END).rsplit(FROZEN, 1)
    return [name, *(["--freeze"] if rest else [])]


def stored(layer: Any) -> dict[str, Any]:
    """A layer's settings, or those of a model that is used as one."""
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


def frozen(config: Any) -> Any:
    """The same settings, in which no layer learns."""
    if isinstance(config, list):
        return [frozen(entry) for entry in config]
    if not isinstance(config, dict):
        return config
    return {key: False if key == "trainable" else frozen(value) for key, value in config.items()}


def put_weights(start: Start, model: Sequential) -> None:
    """Gives the first layers of a network that the recipe made what the model's layers have learned."""
    fresh = [layer for layer in flattened(model.layers) if layer.params]
    learned = [layer for layer in flattened(start.layers) if layer.params]
    for new, old in zip(fresh, learned, strict=False):
        new.params = {name: np.array(weight) for name, weight in old.params.items()}
    model.changed()
