"""A stack of layers: their names, shapes and weights. How they learn is in `models`."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from chainrule import layers as layers_module
from chainrule.arrays import generator, next_seed
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.layers import InputLayer, Layer
from chainrule.layers.base import Shape, shape_of, snake_case


class Stack:
    """Layers one after the other. The first weights are decided by `seed`, and drawn when the input's shape is known."""

    def __init__(self, layers: Sequence[Layer] | None = None, name: str | None = None) -> None:
        self.name = name or "sequential"
        self.seed = next_seed()
        self.input_layer: InputLayer | None = None
        self.layers: list[Layer] = []
        self.augmentation: Layer | None = None  # a link before all others, while learning only
        for layer in layers or []:
            self.add(layer)

    def changed(self) -> None:
        """Called when a layer comes or goes: what was prepared for the old stack is of no use."""

    # ── building ─────────────────────────────────────────────────────────────────────────────────────────────────
    def add(self, layer: Layer) -> None:
        """Puts a layer on top."""
        if not isinstance(layer, Layer):
            raise SettingError(f"Sequential is made of layers (chainrule.layers); it got {layer!r}.")
        if isinstance(layer, InputLayer):
            if self.layers or self.input_layer:
                raise SettingError("Input says the shape of the examples: it can only come first, and once.")
            self.input_layer = layer
            layer.name = layer.name or "input_layer"
            return
        if any(layer is other for other in self.layers):
            raise SettingError(f"{layer.label} is in the model already; each place needs a layer of its own.")
        self._name(layer)
        if not self.layers and self.input_layer is None and layer.declared_shape is not None:
            self.input_layer = InputLayer(shape=layer.declared_shape, name="input_layer")
        self.layers.append(layer)
        self.changed()
        if self.input_layer is not None:
            self._build_layer(len(self.layers) - 1)

    def pop(self) -> Layer:
        """Takes the top layer off."""
        if not self.layers:
            raise SettingError("There is no layer to take off.")
        self.changed()
        return self.layers.pop()

    def _name(self, layer: Layer) -> None:
        names = {other.name for other in self.layers}
        if layer.name is None:
            kind, n = snake_case(type(layer).__name__), 0
            while (candidate := f"{kind}_{n}" if n else kind) in names:
                n += 1
            layer.name = candidate
        elif layer.name in names:
            raise SettingError(f"There is a layer called {layer.name!r} already; names must differ.")

    def build(self, input_shape: Any = None) -> None:
        """Draws the first weights. input_shape: with the batch axis in front, (None, 784), as in Keras."""
        if input_shape is not None and self.input_layer is None:
            shape = tuple(input_shape)[1:]
            self.input_layer = InputLayer(shape=shape_of(shape, "input_shape"), name="input_layer")
        if self.input_layer is None:
            raise SettingError(
                f"The model {self.name!r} does not know the shape of its examples yet: begin it with "
                "Input(shape=(784,)), give the first layer an input_shape, or call fit."
            )
        for i, layer in enumerate(self.layers):
            if not layer.built:
                self._build_layer(i)

    def _build_layer(self, i: int) -> None:
        shape = self.layers[i - 1].output_shape if i else self.input_shape
        if shape is None:
            raise SettingError(f"{self.layers[i - 1].label} must be built first.")
        layer = self.layers[i]
        to_draw = not layer.params and layer.weight_shapes(shape)  # a loaded model needs no luck
        layer.output_shape_for(shape)  # says what does not fit before anything is drawn
        layer.build(shape, generator(self.seed, "weights", i) if to_draw else None)

    @property
    def built(self) -> bool:
        """Whether all weights exist."""
        return self.input_layer is not None and all(layer.built for layer in self.layers)

    @property
    def input_shape(self) -> Shape | None:
        """The shape of one example, or None while it is not known."""
        return None if self.input_layer is None else self.input_layer.declared_shape

    @property
    def output_shape(self) -> Shape | None:
        """The shape of one prediction, or None while it is not known."""
        return self.layers[-1].output_shape if self.layers else self.input_shape

    @property
    def chain(self) -> list[Layer]:
        """The links that backpropagation walks: a Dense with an activation is two."""
        return [link for layer in self.layers for link in layer.links()]

    @property
    def learning_chain(self) -> list[Layer]:
        """The chain while learning: with the augmentation, if there is one, at its beginning."""
        return [self.augmentation, *self.chain] if self.augmentation is not None else self.chain

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """A layer by name or by place."""
        if index is not None:
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise unknown("layer", name, [str(layer.name) for layer in self.layers])

    # ── weights ──────────────────────────────────────────────────────────────────────────────────────────────────
    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays: kernel and bias of each layer in turn."""
        return [array for layer in self.layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replaces all weights by arrays of the same shapes."""
        self.build()
        counts = [len(layer.get_weights()) for layer in self.layers]
        if sum(counts) != len(weights):
            raise ShapeError(f"The model has {sum(counts)} weight arrays; got {len(weights)}.")
        rest = list(weights)
        for layer, count in zip(self.layers, counts, strict=True):
            if count:
                layer.set_weights(rest[:count])
            rest = rest[count:]

    @property
    def weights(self) -> list[np.ndarray]:
        """The same as `get_weights()`."""
        return self.get_weights()

    @property
    def trainable(self) -> bool:
        """Whether any layer learns. Setting it decides for all layers, as in Keras."""
        return not self.layers or any(layer.trainable for layer in self.layers)

    @trainable.setter
    def trainable(self, value: bool) -> None:
        for layer in self.layers:
            layer.trainable = bool(value)

    def count_params(self) -> int:
        """How many numbers the model learns."""
        self.build()
        return sum(layer.count_params() for layer in self.layers)

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The layers and their settings, as Keras stores them."""
        entries: list[Layer] = ([self.input_layer] if self.input_layer else []) + self.layers
        return {"name": self.name, "trainable": True, "layers": [layers_module.serialize(e) for e in entries]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new model with stored settings and fresh weights."""
        return cls(
            [layers_module.deserialize(entry) for entry in config.get("layers", [])], name=config.get("name")
        )

    def to_json(self) -> str:
        """The architecture as text; `model_from_json` makes a model of it, Chainrule's and Keras's."""
        from chainrule.models.saving import model_to_json

        return model_to_json(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
