"""Functional: a network of any shape, from values that layers were called with (Keras: `Model(inputs, outputs)`)."""

from collections.abc import Iterable
from typing import Any

from chainrule.errors import SettingError
from chainrule.graph import Graph, Source
from chainrule.layers import InputLayer, symbolic
from chainrule.layers.added_loss import AddedLoss, figure
from chainrule.layers.symbolic import Call, Tensor
from chainrule.models import configs
from chainrule.models.building import GraphBuilder, input_sources, renumber
from chainrule.models.model import Model


class Functional(Model):
    """A network from inputs to outputs, both values that layers were called with; lists or dicts where there are several.

    >>> from chainrule.layers import Dense, Input
    >>> a = Input((4,))
    >>> x = Dense(4, activation="relu")(a)
    >>> model = Functional(a, [Dense(1)(x), Dense(2)(x)])
    >>> model.output_shape, model.count_params()
    ([(1,), (2,)], 35)
    """

    kind_in_files = "Functional"  # also of a class of one's own

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, trainable: bool = True
    ) -> None:
        if inputs is None or outputs is None:
            raise SettingError("A model is made of inputs and outputs: Model(inputs=a, outputs=Dense(1)(a)).")
        super().__init__(name or next_model_name())
        self.input_values, self.output_values = tensors(inputs, "inputs"), tensors(outputs, "outputs")
        self.input_layer = self.input_values[0].call.layer
        self.several = isinstance(inputs, (list, tuple, dict)), isinstance(outputs, (list, tuple, dict))
        self.given_names = list(inputs) if isinstance(inputs, dict) else None
        self.answer_names = list(outputs) if isinstance(outputs, dict) else None
        for value in self.inputs:
            if not isinstance(value.call.layer, InputLayer):
                raise SettingError(
                    f"A model's inputs are what Input(...) gives; one of them is the output of {value.name!r}."
                )
        for value in self.inputs:
            symbolic.name(value.call.layer)
        self.ordered = calls_between(self.inputs, self.outputs)
        self._layers = list(dict.fromkeys(call.layer for call in self.ordered))
        names = set[str]()
        for layer in self.layers:
            if layer.name in names:
                renumber(layer, names)
            names.add(layer.name)
        if len(names) != len(self.layers):
            lines = [layer.name for layer in self.layers]
            double = next(one for one in lines if lines.count(one) > 1)
            raise SettingError(f"Two layers are called {double!r}; names must differ within a model.")
        if not trainable:
            self.trainable = False

    def add_loss(self, loss: Any, inputs: Any = None) -> None:
        """Adds means or sums of the network's values to what is learned from: add_loss(0.1 * ops.mean(ops.square(z))).

        To be called before `compile`, which then needs no loss of its own.  inputs: what it came from, as Keras 2 asked for it.
        """
        own = figure(loss)
        if not own.parts:
            raise SettingError(
                "add_loss needs a mean or a sum of symbolic tensors, such as ops.mean(ops.square(z))."
            )
        layer = AddedLoss([f for f, _, _ in own.parts], [kind for _, kind, _ in own.parts], own.constant)
        first = layer([self.outputs[0], *(tensor for _, _, tensor in own.parts)])
        outputs = [first, *self.outputs[1:]]
        inputs = dict(zip(self.given_names, self.inputs, strict=True)) if self.given_names else self.inputs
        several, answers = self.several, outputs if len(outputs) > 1 else outputs[0]
        named = dict(zip(self.answer_names, outputs, strict=True)) if self.answer_names else answers
        Functional.__init__(self, inputs, named, name=self.name)
        self.several = several

    @property
    def built(self) -> bool:
        """Whether all weights exist: they do, since the layers were called."""
        return all(layer.built for layer in self.layers)

    @property
    def inputs(self) -> list[Tensor]:
        """What the network begins with, as values for new models."""
        return self.input_values

    @property
    def outputs(self) -> list[Tensor]:
        """What the network ends with, as values for new models."""
        return self.output_values

    @property
    def input_shape(self) -> Any:
        """The shape of one example; a list of shapes where there are several inputs."""
        return one_or_list([value.example_shape for value in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The shape of one prediction; a list of shapes where there are several outputs."""
        return one_or_list([value.example_shape for value in self.outputs])

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, by which a dict of arrays may give them."""
        return self.given_names or [value.name for value in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs: those they were given, Model(x, {"kind": a}), or of the layers that give them."""
        return self.answer_names or [value.name for value in self.outputs]

    # ── as a graph ───────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def graph(self) -> Graph:
        """The nodes that backpropagation walks."""
        builder = GraphBuilder()
        outputs = self.expand(builder, input_sources(len(self.inputs)))
        return builder.graph(outputs, len(self.inputs))

    def expand(self, builder: GraphBuilder, sources: list[Source]) -> list[Source]:
        """Adds this model's nodes to a graph; returns its outputs."""
        where = dict(zip(map(id, self.inputs), sources, strict=True))
        for call in self.ordered:
            if all(id(value) in where for value in call.outputs):
                continue
            sources = [where[id(value)] for value in call.inputs]
            given = builder.add(call.layer, sources, len(call.outputs), (call.training, call.always))
            where |= {id(value): source for value, source in zip(call.outputs, given, strict=True)}
        return [where[id(value)] for value in self.outputs]

    def output_shape_for(self, input_shape: Any) -> Any:
        """The shape of one output when the model is a layer of another."""
        shapes = input_shape if symbolic.is_several(input_shape) else (input_shape,)
        expected = tuple(value.example_shape for value in self.inputs)
        if tuple(map(tuple, shapes)) != expected:
            raise SettingError(f"{self.label} takes inputs of shape {expected}; it got {tuple(shapes)}.")
        found = tuple(value.example_shape for value in self.outputs)
        return found[0] if len(found) == 1 else found

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The layers, their settings and how they are connected, as Keras stores them."""
        return configs.functional_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Functional":
        """A new model with stored settings and fresh weights."""
        found: Functional = configs.functional_from(config)
        return found


configs.KINDS["Functional"] = Functional

_models = [0]


def next_model_name() -> str:
    """functional, functional_1, ... as Keras counts them."""
    _models[0] += 1
    return "functional" if _models[0] == 1 else f"functional_{_models[0] - 1}"


def one_or_list(values: list[Any]) -> Any:
    """One value as itself, several as a list."""
    return values[0] if len(values) == 1 else values


def tensors(given: Any, what: str) -> list[Tensor]:
    """Inputs or outputs as a list."""
    values = (
        list(given.values())
        if isinstance(given, dict)
        else list(given)
        if isinstance(given, (list, tuple))
        else [given]
    )
    for value in values:
        if not isinstance(value, Tensor):
            raise SettingError(
                f"A model's {what} are what Input(...) and layers give; it got {type(value).__name__}."
            )
    if not values:
        raise SettingError(f"A model needs {what}.")
    return values


def calls_between(inputs: Iterable[Tensor], outputs: Iterable[Tensor]) -> list[Call]:
    """The calls from inputs to outputs, each after those it needs, in Keras's order (its layers and weights follow it).

    Keras goes by depth, the longest way to an output; calls of the same depth stand as the search from the outputs
    met their layers.
    """
    ends = {id(value): value for value in inputs}
    met: dict[int, int] = {}  # layer -> when the search met it
    done: list[Call] = []
    finished: set[int] = set()

    def search(value: Tensor, way: tuple[int, ...]) -> None:
        call = value.call
        if id(call) in finished:
            return
        if id(call) in way:
            raise SettingError("The network has a circle.")
        met.setdefault(id(call.layer), len(met))
        if id(value) not in ends:
            if not call.inputs:
                raise SettingError(
                    f"The outputs also depend on {input_in_words(value)}, which is not among the model's inputs."
                )
            for before in call.inputs:
                search(before, (*way, id(call)))
        finished.add(id(call))
        done.append(call)

    for value in outputs:
        search(value, ())
    for value in inputs:
        if id(value.call) not in finished:
            raise SettingError(
                f"The outputs do not depend on {input_in_words(value)}: the network has a loose end."
            )
    depth: dict[int, int] = {}
    deepest: dict[int, int] = {}
    for call in reversed(done):
        here = max(depth.get(id(call), 0), deepest.get(id(call.layer), 0))
        depth[id(call)] = deepest[id(call.layer)] = here
        for value in call.inputs if not any(id(v) in ends for v in call.outputs) else ():
            depth[id(value.call)] = max(depth.get(id(value.call), 0), here + 1)
    return sorted(done, key=lambda call: (-depth[id(call)], met[id(call.layer)]))


def input_in_words(value: Tensor) -> str:
    """An input as a message names it: by its name, or by its shape where it has none yet."""
    name = value.call.layer.name
    return f"the input {name!r}" if name else f"an input of shape {value.example_shape}"
