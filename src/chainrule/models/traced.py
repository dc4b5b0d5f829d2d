"""Models whose class says in `call` how they compute, as Keras's subclassed models do.

`call` is run once with symbolic tensors instead of numbers; from then on the model is the network it drew. Nothing
of it is run again, so the derivatives are written out as in every other model.
"""

import inspect
import warnings
from typing import Any

from chainrule.errors import SettingError
from chainrule.internal.own_classes import is_ours
from chainrule.layers import Input, composed, symbolic
from chainrule.layers.any_size import AnySize
from chainrule.models import configs
from chainrule.models.as_while_learning import answers_otherwise
from chainrule.models.functional import Functional, calls_between
from chainrule.models.model import Model

WHILE_LEARNING = (
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
)


class Traced(Functional):
    """The part of a model of one's own class that draws its network when the input's shape is known."""

    input_layer: Any = None

    def __init__(self, *values: Any, name: str | None = None, **settings: Any) -> None:
        inputs, outputs = ([*values, None, None][k] for k in (0, 1))
        inputs, outputs = settings.pop("inputs", inputs), settings.pop("outputs", outputs)
        if inputs is not None:  # super().__init__(inputs, outputs)
            super().__init__(inputs, outputs, name=name)
            return
        settings.pop("dtype", None)
        if settings:
            raise SettingError(f"{type(self).__name__}: a model has no setting {next(iter(settings))!r}.")
        Model.__init__(self, name or type(self).__name__.lower())
        self.input_values: list[Any] = []
        self.output_values: list[Any] = []
        self.ordered: list[Any] = []
        self.several, self.given_names, self.answer_names = (False, False), None, None

    @property
    def built(self) -> bool:
        """Whether the network is drawn."""
        return bool(self.input_values)

    @property
    def input_shape(self) -> Any:
        """The shape of one example, or None while it is not known."""
        return super().input_shape if self.built else None

    @property
    def output_shape(self) -> Any:
        """The shape of one prediction, or None while it is not known."""
        return super().output_shape if self.built else None

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return super().input_names if self.built else ["input"]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return super().output_names if self.built else ["output"]

    def problem(self, x: Any = None, y: Any = None, what: str = "fit") -> Any:
        """What is to be learned; the network is drawn where it was not."""
        if x is not None:
            from chainrule.engine.inputs import build_for

            build_for(self, x)
        return super().problem(x, y, what)

    def build(self, input_shape: Any = None, rng: Any = None) -> None:
        """Draws the network for inputs of a shape, the batch axis in front: (None, 784)."""
        if self.built:
            return
        if input_shape is None:
            raise SettingError(
                f"{self.label} is built when it sees data; or call build((None, ...)) with their shape."
            )
        several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        tensors = [
            Input(tuple(None if isinstance(n, AnySize) else n for n in tuple(shape)[1:]))
            for shape in (input_shape if several else [input_shape])
        ]
        given = tensors if several else tensors[0]
        learning, predicting = self.drawn(given, True), self.drawn(given, False)
        used = [
            [call.layer for call in calls_between(tensors, outputs_of(made))]
            for made in (learning, predicting)
        ]
        own = [
            sorted(
                kind_of(layer) for layer in used[k] if layer not in used[1 - k] and not while_learning(layer)
            )
            for k in (0, 1)
        ]
        if own[0] != own[1]:
            raise SettingError(
                f"{self.label}: its call builds other networks for training=True and False; only dropout and noise may differ."
            )
        calls = calls_between(tensors, outputs_of(learning))
        self.settle(calls, calls_between(tensors, outputs_of(predicting)))
        kept = {id(call) for call in calls}
        for layer in dict.fromkeys([*used[0], *used[1]]):
            layer.calls = [call for call in layer.calls if id(call) in kept]
        state = {key: value for key, value in vars(self).items() if key not in ("layers", "input_layer")}
        Functional.__init__(self, given, learning, name=self.name)
        vars(self).update({key: value for key, value in state.items() if key not in OF_THE_NETWORK})

    def settle(self, learning: list[Any], predicting: list[Any]) -> None:
        """What `call` says of `training` to its layers: False, whatever the model does, holds always; else they follow it."""
        for call in predicting:
            if call.training and answers_otherwise(call.layer):
                warnings.warn(
                    f"{self.label}: its call hands training=True to {call.layer.name!r} also while predicting; here predict leaves noise "
                    "out. model(x, training=True) has it.",
                    stacklevel=4,
                )
        for call in learning:
            call.always = call.training is False
            call.training = False if call.always else None

    def drawn(self, given: Any, training: bool) -> Any:
        """What `call` makes of a symbolic input, or of a list of several."""
        call: Any = getattr(self, "call")  # noqa: B009 (of the user's class)
        takes = inspect.signature(call).parameters
        settings = {"training": training} if "training" in takes else {}
        symbolic.DRAWN_FROM.append(given[0] if isinstance(given, list) else given)
        try:
            return self.called(given, **settings)
        except (TypeError, AttributeError, IndexError, ValueError) as problem:
            if isinstance(problem, SettingError):
                raise
            raise SettingError(
                f"{self.label}: its call cannot be read as a network ({problem}); it may call layers, and combine their outputs "
                "by layers (Add, Concatenate, Lambda ...)."
            ) from problem
        finally:
            symbolic.DRAWN_FROM.pop()

    def called(self, given: Any, **settings: Any) -> Any:
        """`call`, which is the user's."""
        call: Any = getattr(self, "call")  # noqa: B009
        return call(given, **settings)

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """What the model says to a batch; or the next value of a network being built."""
        from chainrule.engine.inputs import build_for

        if symbolic.is_symbolic(tuple(x) if isinstance(x, list) else x):
            self.build([value.shape for value in x] if isinstance(x, list) else x.shape)
            return self.listed(symbolic.call(self, x, training))
        build_for(self, x)
        return super().__call__(x, training)


class NetworkOfLayer(Traced):
    """What a layer of a user's own computes with other layers, under the layer's name."""

    def __init__(self, layer: Any) -> None:
        symbolic.name(layer)
        super().__init__(name=layer.name)
        self.layer, self.call, self.called = layer, layer.call, layer.called  # type: ignore[method-assign]

    def build(self, input_shape: Any = None, rng: Any = None) -> None:
        """Draws the network; of a layer that was frozen, so are its parts."""
        if self.built:
            return
        super().build(input_shape, rng)
        own = {name for kind in type(self.layer).__mro__ if not is_ours(kind) for name in vars(kind)}
        if "compute_mask" in own or "mask" in inspect.signature(self.call).parameters:
            warnings.warn(
                f"{self.layer.label}: its own masks are not asked for (compute_mask, mask= of call): masks go on as the layers inside hand "
                "them on. Where it stands behind an Embedding with mask_zero=True or a Masking, the numbers may not be Keras's.",
                stacklevel=2,
            )
        if vars(self.layer).get("_losses_now"):
            raise SettingError(
                f"{self.layer.label} calls other layers and add_loss; here the loss is given to the model instead: "
                "model.add_loss(ops.mean(...)) before compile."
            )
        if not self.layer.trainable:
            self.trainable = False


def drawn_from(layer: Any) -> Any:
    """The network of a layer of a user's own; its class has the name of the layer's."""
    return type(type(layer).__name__, (NetworkOfLayer,), {})(layer)


composed.Drawing.network = drawn_from

OF_THE_NETWORK = (
    "input_values",
    "output_values",
    "ordered",
    "several",
    "given_names",
    "answer_names",
    "_layers",
    "input_layer",
)


def while_learning(layer: Any) -> bool:
    """Whether a layer does something only while the model learns."""
    return type(layer).__name__ in WHILE_LEARNING


def kind_of(layer: Any) -> str:
    """What a layer that `call` itself makes computes, by its class and settings; arithmetic makes a new one at each call."""
    if layer.weight_names:  # two of them would have weights of their own
        return f"{layer.name} {id(layer)}"
    settings = {key: value for key, value in layer.get_config().items() if key != "name"}
    return f"{type(layer).__name__} {settings}"


def outputs_of(made: Any) -> list[Any]:
    """The outputs that `call` gave, as a list."""
    return (
        list(made.values())
        if isinstance(made, dict)
        else list(made)
        if isinstance(made, (list, tuple))
        else [made]
    )


def with_network(kind: type) -> type:
    """A user's class of models, joined with what draws its network."""
    found = _KINDS.get(kind)
    if found is None:
        found = _KINDS[kind] = type(kind.__name__, (kind, Traced), {"__module__": kind.__module__})
    return found


_KINDS: dict[type, type] = {}
configs.KINDS["with_network"] = with_network
