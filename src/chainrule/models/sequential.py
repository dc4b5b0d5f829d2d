"""Sequential: layers one after the other, in Keras's shape."""

from collections.abc import Sequence
from typing import Any, Self

from chainrule import layers as layers_module
from chainrule.arrays import generator
from chainrule.errors import SettingError
from chainrule.graph import Graph, Source
from chainrule.layers import InputLayer, Layer
from chainrule.layers.base import shape_of
from chainrule.layers.composed import Drawing, network_of
from chainrule.layers.naming import Shape, snake_case
from chainrule.layers.symbolic import Tensor, input_tensor
from chainrule.models import configs
from chainrule.models.building import BUILDING, GraphBuilder, input_sources, renumber
from chainrule.models.model import Model


class Sequential(Model):
    """Layers one after the other, learning together. Keras's methods, arguments and defaults.

    The first weights are decided by `seed`, and drawn when the input's shape is known. A model may stand among the
    layers.

    >>> from chainrule.layers import Dense
    >>> model = Sequential([Dense(3, activation="relu", input_shape=(4,)), Dense(1)])
    >>> model.count_params()
    19
    """

    kind_in_files = "Sequential"  # also of a class of one's own

    def __init__(
        self, layers: Sequence[Any] | None = None, trainable: bool = True, name: str | None = None
    ) -> None:
        if not trainable:
            raise SettingError("Set trainable=False on the layers that should not learn, not on the model.")
        super().__init__(name or "sequential")
        for layer in layers or []:
            self.add(layer)

    # ── building ─────────────────────────────────────────────────────────────────────────────────────────────────
    def add(self, layer: Any) -> None:
        """Puts a layer on top."""
        if isinstance(layer, Tensor) and isinstance(layer.call.layer, InputLayer):
            layer = layer.call.layer
        if not isinstance(layer, (Layer, Model)):
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
        shape = layer.input_shape if isinstance(layer, Model) else layer.declared_shape
        if not self.layers and self.input_layer is None and shape is not None:
            self.input_layer = InputLayer(shape=shape, name="input_layer")
        self.layers.append(layer)
        layer.member_of = self
        self.changed()
        if self.input_layer is not None:
            self._build_layer(len(self.layers) - 1)

    def pop(self) -> Any:
        """Takes the top layer off."""
        if not self.layers:
            raise SettingError("There is no layer to take off.")
        self.changed()
        return self.layers.pop()

    def _name(self, layer: Any) -> None:
        names = {other.name for other in self.layers}
        if layer.name is None:
            kind, n = snake_case(type(layer).__name__), 0
            while (candidate := f"{kind}_{n}" if n else kind) in names:
                n += 1
            layer.name = candidate
        elif layer.name in names and not renumber(layer, names):
            raise SettingError(f"There is a layer called {layer.name!r} already; names must differ.")

    def build(self, input_shape: Any = None, rng: Any = None) -> None:
        """Draws the first weights. input_shape: with the batch axis in front, (None, 784), as in Keras."""
        with BUILDING:  # of several threads that predict first, one draws the weights
            self._build(input_shape)

    def _build(self, input_shape: Any) -> None:
        if input_shape is not None and self.input_layer is None:
            shape = tuple(input_shape)
            shape = shape[1:] if shape and shape[0] is None else shape
            self.input_layer = InputLayer(shape=shape_of(shape, "input_shape"), name="input_layer")
        elif input_shape is not None and self.layers:
            known, given = self.input_shape, tuple(input_shape)
            if known is not None and given[1:] != known and given != known:
                raise SettingError(
                    f"The model {self.name!r} is built for examples of shape {known}; build got {given}."
                )
        if self.input_layer is None:
            raise SettingError(
                f"The model {self.name!r} does not know the shape of its examples yet: begin it with "
                "Input(shape=(784,)), give the first layer an input_shape, or call fit."
            )
        for i, layer in enumerate(self.layers):
            if not layer.built:
                self._build_layer(i)

    @property
    def output_names(self) -> list[str]:
        """The name of the last layer."""
        return [self.layers[-1].name if self.layers else "output"]

    def _build_layer(self, i: int) -> None:
        shape = self.layers[i - 1].output_shape if i else self.input_shape
        if shape is None:
            raise SettingError(f"{self.layers[i - 1].label} must be built first.")
        layer = self.layers[i]
        if not isinstance(layer, Model) and (network := network_of(layer, shape)) is not None:
            layer = self.layers[i] = network
            layer.member_of = self
        if isinstance(layer, Model):
            layer.build((None, *shape))
            return
        to_draw = not layer.params and layer.weight_shapes(shape)  # a loaded model has its weights
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

    # ── as a part of another network ─────────────────────────────────────────────────────────────────────────────
    @property
    def graph(self) -> Graph:
        """The nodes that backpropagation walks."""
        builder = GraphBuilder()
        return builder.graph(self.expand(builder, input_sources(1)))

    def expand(self, builder: GraphBuilder, sources: list[Source]) -> list[Source]:
        """Adds this model's nodes to a graph; returns its outputs."""
        for layer in self.layers:
            shape = layer.output_shape
            sources = builder.add(layer, sources, len(shape) if isinstance(shape, list) else 1)
        return sources

    def output_shape_for(self, input_shape: Shape) -> Any:
        """The shape of one output, from that of one input."""
        for layer in self.layers:
            input_shape = layer.output_shape_for(input_shape)
        return input_shape

    @property
    def inputs(self) -> list[Tensor]:
        """What the network begins with, once its shape is known."""
        self.build()
        return [input_tensor(self.input_layer)]

    @property
    def outputs(self) -> list[Tensor]:
        """What the network ends with: for new models of its parts."""
        value = self.inputs[0]
        for layer in self.layers:
            called = [call for call in layer.calls if call.inputs == (value,)]
            value = called[0].outputs[0] if called else layer(value)
        return [value]

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The layers and their settings, as Keras stores them."""
        entries: list[Any] = ([self.input_layer] if self.input_layer else []) + self.layers
        return {"name": self.name, "trainable": True, "layers": [layers_module.serialize(e) for e in entries]}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new model with stored settings and fresh weights."""
        return cls([configs.layer_from(entry) for entry in config.get("layers", [])], name=config.get("name"))


configs.KINDS["Sequential"] = Drawing.sequence = Sequential
