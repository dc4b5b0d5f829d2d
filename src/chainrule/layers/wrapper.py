"""A layer inside another: its weights under a name of their own, and its links walked there and back."""

from typing import Any

import numpy as np

from chainrule.arrays import Noise, Params
from chainrule.errors import SettingError
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape, snake_case
from chainrule.layers.stateful import refuse_inside


class Part:
    """A layer inside another, whose weights carry a prefix among those of the outer layer.

    >>> from chainrule.layers.dense import Dense
    >>> part = Part(Dense(2, activation="relu"), "forward_")
    >>> y, cache = part.forward({"forward_kernel": np.eye(2), "forward_bias": np.zeros(2)}, np.array([[1., -1.]]))
    >>> y, part.backward({"forward_kernel": np.eye(2)}, cache, np.ones((1, 2)))
    (array([[1., 0.]]), array([[1., 0.]]))
    """

    def __init__(self, layer: Layer, prefix: str = "") -> None:
        self.layer, self.prefix = layer, prefix

    def own(self, params: Params) -> Params:
        """The layer's weights under its own names."""
        return {k.removeprefix(self.prefix): w for k, w in params.items() if k.startswith(self.prefix)}

    def prefixed(self, entries: dict[str, Any]) -> dict[str, Any]:
        """The layer's entries under the outer layer's names."""
        return {self.prefix + name: entry for name, entry in entries.items()}

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, list[Any]]:
        """Through the layer's links."""
        caches = []
        for link in self.layer.links():
            x, cache = link.forward(self.own(params) if link is self.layer else link.params, x, context)
            caches.append(cache)
        return x, caches

    def backward(self, params: Params, caches: list[Any], dy: Any) -> Any:
        """Back through the links: dx."""
        for link, cache in zip(reversed(self.layer.links()), reversed(caches), strict=True):
            dy = link.backward(self.own(params) if link is self.layer else link.params, cache, dy)
        return dy

    def backward_and_gradients(self, params: Params, caches: list[Any], dy: Any) -> tuple[Any, Params]:
        """Back through the links: dx, and the derivative by each of the layer's weights."""
        grads: Params = {}
        for link, cache in zip(reversed(self.layer.links()), reversed(caches), strict=True):
            weights = self.own(params) if link is self.layer else link.params
            dy, own = link.backward_and_gradients(weights, cache, dy)
            grads |= own
        return dy, self.prefixed(grads)

    @property
    def adds_loss(self) -> bool:
        """Whether a link of the layer has a penalty on what it gives."""
        return any(link.adds_loss for link in self.layer.links())

    def added_loss(self, caches: list[Any]) -> Any:
        """What the links' penalties add to the loss of a batch."""
        links = zip(self.layer.links(), caches, strict=True)
        return sum(link.added_loss(cache) for link, cache in links if link.adds_loss)


class Wrapper(Layer):
    """What layers that hold another layer share: its weights, regularizers and trainability are theirs.

    layer: the layer inside.
    """

    def __init__(self, layer: Layer, *more: tuple[Layer, str], prefix: str = "", **settings: Any) -> None:
        if not isinstance(layer, Layer):
            raise SettingError(f"{type(self).__name__} needs a layer to put inside; it got {layer!r}.")
        for one in (layer, *(other for other, _ in more)):
            refuse_inside(type(self).__name__, one)
        super().__init__(**settings)
        layer.name = layer.name or snake_case(type(layer).__name__)  # files name every layer
        self.parts = [Part(layer, prefix), *(Part(*one) for one in more)]
        self.trainable = self.trainable and all(part.layer.trainable for part in self.parts)
        # of this layer, not of the class: they depend on what is inside
        self.weight_names = tuple(p.prefix + name for p in self.parts for name in p.layer.weight_names)  # type: ignore[misc]
        self.non_trainable_names = tuple(  # type: ignore[misc]
            p.prefix + name for p in self.parts for name in p.layer.non_trainable_names
        )
        self.couples_examples = any(p.layer.couples_examples for p in self.parts)  # type: ignore[misc]

    def stored_names(self) -> list[str]:
        return [part.prefix + name for part in self.parts for name in part.layer.stored_names()]

    def inner_shape(self, input_shape: Any) -> Any:
        """The shape of what the layer inside is given."""
        return input_shape

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        shape = self.inner_shape(input_shape)
        return {name: w for p in self.parts for name, w in p.prefixed(p.layer.init(rng, shape)).items()}

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        shape = self.inner_shape(input_shape)
        return {name: s for p in self.parts for name, s in p.prefixed(p.layer.weight_shapes(shape)).items()}

    def build(self, input_shape: Any, rng: "np.random.Generator | None" = None) -> None:
        for part in self.parts:
            part.layer.input_shape = self.inner_shape(input_shape)
        super().build(input_shape, rng)

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        return self.backward_and_gradients(params, cache, dy)[0]

    def gradients(self, params: Params, cache: Any, dy: Any) -> Params:
        return self.backward_and_gradients(params, cache, dy)[1]

    def penalties(self) -> dict[str, Any]:
        return {name: r for p in self.parts for name, r in p.prefixed(p.layer.penalties()).items()}

    def constraints(self) -> dict[str, Any]:
        return {name: c for p in self.parts for name, c in p.prefixed(p.layer.constraints()).items()}

    def multiplications(self, input_shape: Any) -> int:
        return sum(p.layer.multiplications(self.inner_shape(input_shape)) for p in self.parts)


def noise_of_part(noise: Noise | None, part: int, parts: int) -> Noise | None:
    """The noise of one of several parts, so that no two draw the same numbers."""
    if noise is None:
        return None
    return lambda shape: noise((parts, *shape))[part]


def stored(layer: Layer) -> dict[str, Any]:
    """How a layer inside another is written to a file."""
    return {
        "module": "keras.layers",
        "class_name": type(layer).__name__,
        "config": layer.get_config(),
        "registered_name": None,
    }
