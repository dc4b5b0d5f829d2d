"""What layers with weights share: an initializer, a regularizer and a constraint for each, and what follows the sum."""

from typing import Any, ClassVar

import numpy as np

from chainrule import activations, constraints, initializers, regularizers
from chainrule.arrays import Params
from chainrule.errors import SettingError
from chainrule.layers.activation import Activation
from chainrule.layers.activity import ActivityRegularization
from chainrule.layers.base import Layer
from chainrule.layers.naming import Shape

KINDS = {"initializer": initializers.get, "regularizer": regularizers.get, "constraint": constraints.get}


class WeightedLayer(Layer):
    """A layer whose weights are set up as in Keras: kernel_initializer, kernel_regularizer, kernel_constraint, ...

    settings_of: how the settings of each weight begin, e.g. {"depthwise_kernel": "depthwise"}.
    """

    settings_of: ClassVar[dict[str, str]] = {"kernel": "kernel", "bias": "bias"}
    activity_regularizer: Any = None
    kernel_initializer: Any  # these are set by `set_up_weights`, where the layer has such weights
    recurrent_initializer: Any
    bias_initializer: Any
    embeddings_initializer: Any

    def set_up_weights(self, **settings: tuple[Any, ...]) -> None:
        """Takes (initializer, regularizer, constraint), or the initializer alone, for each beginning of settings."""
        for name, given in settings.items():
            for (what, get), value in zip(KINDS.items(), given, strict=False):
                setattr(self, f"{name}_{what}", get(value))

    def set_up_output(self, activation: Any, activity_regularizer: Any) -> None:
        """Takes what follows the weighted sum: an activation, and a penalty on its output."""
        self.activation = activation
        self.activity_regularizer = regularizers.get(activity_regularizer)

    @property
    def activation(self) -> Any:
        """The activation's name, which can also be called; a function of your own, or a layer, is itself.

        Setting it counts at once, also after building.
        """
        link = self.__dict__.get("activation_link")
        return link.activation if isinstance(link, Activation) else link or activations.CallableName("linear")

    @activation.setter
    def activation(self, value: Any) -> None:
        if isinstance(value, Layer) and (value.weight_names or not hasattr(value, "backward")):
            raise SettingError(
                f"{type(value).__name__} has weights of its own, so it cannot be the activation of a layer; put it behind the layer."
            )
        self.activation_link = value if isinstance(value, Layer) else Activation(value)

    def init(self, rng: "np.random.Generator", input_shape: Shape) -> Params:
        """First weights, float32, each from its initializer."""
        shapes = self.weight_shapes(input_shape)
        return {name: self.of(name, "initializer")(shape, rng) for name, shape in shapes.items()}

    def of(self, weight: str, what: str) -> Any:
        """A weight's initializer, regularizer or constraint; None where the kind of weight has none."""
        return getattr(self, f"{self.settings_of.get(weight, weight)}_{what}", None)

    def penalties(self) -> dict[str, Any]:
        """The regularizer of each weight that has one."""
        return self.asked("regularizer")

    def constraints(self) -> dict[str, Any]:
        """The constraint of each weight that has one: applied after every update."""
        return self.asked("constraint")

    def asked(self, what: str) -> dict[str, Any]:
        """The regularizer or the constraint of each weight that the layer has."""
        found = {name: self.of(name, what) for name in self.weight_names}
        return {
            name: value
            for name, value in found.items()
            if value is not None and getattr(self, f"use_{name}", True)
        }

    def links(self) -> list[Layer]:
        """The weighted sum, its activation, the penalty on the output: those that there are."""
        links: list[Layer] = [self]
        if self.activation != "linear":
            link = self.activation_link
            what = link.activation if isinstance(link.activation, str) else "activation"
            link.name = f"{self.name}:{what}"
            links.append(self.activation_link)
        if self.activity_regularizer is not None:
            penalty = ActivityRegularization(self.activity_regularizer.l1, self.activity_regularizer.l2)
            penalty.name = f"{self.name}:activity_regularizer"
            links.append(penalty)
        return links

    def weight_config(self) -> dict[str, Any]:
        """The settings of the weights, and of the penalty on the output where there is one, as Keras stores them."""
        names = list(dict.fromkeys(self.settings_of.values()))
        config: dict[str, Any] = {}
        for what, room in (
            ("initializer", initializers),
            ("regularizer", regularizers),
            ("constraint", constraints),
        ):
            asked = [f"{name}_{what}" for name in names if hasattr(self, f"{name}_{what}")]
            config |= {setting: room.serialize(getattr(self, setting)) for setting in asked}
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = regularizers.serialize(self.activity_regularizer)
        return config
