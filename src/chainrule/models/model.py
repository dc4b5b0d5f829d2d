"""What every model is: layers with weights, a way of learning, files. It hands weights to the engine and computes nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import next_seed
from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.graph import Graph
from chainrule.internal.absent_members import AbsentMembers
from chainrule.internal.own_classes import is_ours
from chainrule.layers import Layer
from chainrule.layers.weight_lists import VariableNames
from chainrule.models import configs
from chainrule.models.building import augmented, flat
from chainrule.models.compiling import Asked, refuse_settings
from chainrule.models.learning import Learning
from chainrule.models.saving import save_model

OVERRIDES = (
    "train_step",
    "test_step",
    "predict_step",
    "compute_loss",
    "compute_metrics",
    "make_train_function",
)


class Model(Learning, VariableNames, AbsentMembers):
    """A network with a way of learning: Keras's methods, arguments and defaults.

    `Model(inputs, outputs)` makes one of values that layers were called with; see `Functional`.

    >>> from chainrule.layers import Dense, Input
    >>> a = Input((4,))
    >>> Model(a, Dense(2)(a)).count_params()
    10
    """

    kind_in_keras = "Model"
    weight_names: tuple[str, ...] = ()
    declared_shape: Any = None
    member_of: Any = None  # the Sequential that it was added to

    def __new__(cls, *args: Any, **settings: Any) -> Any:  # noqa: ARG004
        """`Model(inputs, outputs)` is a Functional; a class of one's own is one, too, drawn by its `call` (traced.py)."""
        if cls is Model:
            return object.__new__(configs.KINDS["Functional"])
        for name in OVERRIDES:
            if any(name in vars(kind) for kind in cls.__mro__ if not is_ours(kind)):
                raise SettingError(
                    f"{cls.__name__} overrides {name}, which is never called here: the step is written out in backprop.py. A loss, a "
                    "metric, a callback or a layer of your own does most of what it is overridden for; train_on_batch takes single steps."
                )
        own = [kind for kind in cls.__mro__ if not is_ours(kind)]
        if any("call" in vars(kind) for kind in own) and issubclass(cls, configs.KINDS["Sequential"]):
            raise SettingError(
                f"{cls.__name__} is a Sequential with a call() of its own; Chainrule writes out derivatives and needs the network "
                "as layers: derive it from Model, or build it with Model(inputs, outputs)."
            )
        if not issubclass(cls, (configs.KINDS["Sequential"], configs.KINDS["Functional"])):
            return object.__new__(configs.KINDS["with_network"](cls))
        return object.__new__(cls)

    def __init__(self, name: str | None = None) -> None:
        self.name: Any = name
        self.seed = next_seed()
        self._layers: list[Any] = []
        self.augmentation: Layer | None = None  # changes the inputs anew at every step, while learning only
        self.calls: list[Any] = []  # where it is a layer of other models
        self.extras: dict[str, Any] = {}  # what a model file carries beside Keras's contents
        self.optimizer: Any = None
        self.asked = Asked()
        self.outputs_asked: list[Any] = []  # losses.outputs.Output, when the targets' shapes are known
        self.backend_asked: str | None = None
        self.backend_used: str | None = None  # by the last fit
        self.optimizer_state: Any = None  # once it has learned something
        self.epochs_seen = 0  # in all calls of fit: decides the order of the next epoch
        self.history: Any = None
        self.stop_training = self.interrupted = False
        self.epoch_to_start = 0
        self.not_finite: str | None = None  # the step and the number, after a fit
        self.stop_on_not_finite = True
        self._engines: dict[Any, Any] = {}
        self._answering: tuple[list[Any], Graph] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """For copies and pickles: all but the compiled loops, which are made again when they are needed."""
        return vars(self) | {"_engines": {}, "_answering": None, "history": None}

    def changed(self) -> None:
        """Called when a layer comes or goes: what was prepared for the old network is of no use."""
        self._engines.clear()
        self.optimizer_state = None

    @property
    def layers(self) -> list[Any]:
        """The layers, in order."""
        return self._layers

    @layers.setter
    def layers(self, value: Any) -> None:
        raise SettingError(
            "A model's list of layers is there to be read: add and pop change a Sequential; other layers make another model."
        )

    # ── the network ──────────────────────────────────────────────────────────────────────────────────────────────
    input_layer: Any = None

    @property
    def inputs(self) -> list[Any]:
        """What the network begins with, as values for new models."""
        raise NotImplementedError

    @property
    def outputs(self) -> list[Any]:
        """What the network ends with, as values for new models."""
        raise NotImplementedError

    @property
    def input_shape(self) -> Any:
        """The shape of one example, or None while it is not known; a list of shapes where there are several inputs."""
        raise NotImplementedError

    @property
    def output_shape(self) -> Any:
        """The shape of one prediction, or None while it is not known; a list of shapes where there are several outputs."""
        raise NotImplementedError

    @property
    def built(self) -> bool:
        """Whether all weights exist."""
        raise NotImplementedError

    @property
    def graph(self) -> Graph:
        """The nodes that backpropagation walks."""
        raise NotImplementedError

    @property
    def answering_graph(self) -> Graph:
        """The graph, kept while its links stay what they are: to build it takes longer than to answer one example."""
        links = [(link, link.input_shape) for layer in flat(self.layers) for link in layer.links()]
        if self._answering is None or self._answering[0] != links:
            self._answering = links, self.graph
        return self._answering[1]

    @property
    def learning_graph(self) -> Graph:
        """The graph while learning: with the augmentation, if there is one, as its first node."""
        return augmented(self.augmentation, self.graph)

    @property
    def chain(self) -> list[Layer]:
        """The links of a network without branches, one after the other; SettingError for any other."""
        return self._chain(self.graph)

    @property
    def learning_chain(self) -> list[Layer]:
        """The chain while learning: with the augmentation, if there is one, at its beginning."""
        return self._chain(self.learning_graph)

    def _chain(self, graph: Graph) -> list[Layer]:
        if not graph.is_chain:
            raise SettingError(
                f"The model {self.name!r} branches or uses a layer twice; this works for plain chains of layers."
            )
        return [node.layer for node in graph.nodes]

    def build(self, input_shape: Any = None, rng: Any = None) -> None:
        """Draws the first weights, where the input's shape had to be known first."""

    def input_tuple(self) -> tuple[Any, ...]:
        """The shape of one example, for each input."""
        shape = self.input_shape
        return tuple(shape) if isinstance(shape, list) else (shape or (),)

    def output_tuple(self) -> tuple[Any, ...]:
        """The shape of one prediction, for each output."""
        shape = self.output_shape
        return tuple(shape) if isinstance(shape, list) else (shape or (),)

    @property
    def flat_layers(self) -> list[Layer]:
        """The layers, with those of models that are layers here in their place, each once."""
        return flat(self.layers)

    @property
    def input(self) -> Any:
        """What the network begins with, as a value for new models."""
        return self.inputs[0] if len(self.inputs) == 1 else list(self.inputs)

    @property
    def output(self) -> Any:
        """What the network ends with, as a value for new models."""
        return self.outputs[0] if len(self.outputs) == 1 else list(self.outputs)

    @property
    def label(self) -> str:
        """How errors call the model."""
        return f"{type(self).__name__} {self.name!r}"

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, by which a dict of arrays may give them."""
        return ["input"]

    # ── weights ──────────────────────────────────────────────────────────────────────────────────────────────────
    def get_weights(self) -> list[np.ndarray]:
        """All weights as NumPy arrays: kernel and bias of each layer in turn."""
        return [array for layer in self.flat_layers for array in layer.get_weights()]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replaces all weights by arrays of the same shapes."""
        self.build()
        if not isinstance(weights, (list, tuple)):
            raise SettingError(
                f"set_weights takes a list of arrays, as get_weights gives it; it got {type(weights).__name__}."
            )
        counts = [len(layer.get_weights()) for layer in self.flat_layers]
        if sum(counts) != len(weights):
            raise ShapeError(f"The model has {sum(counts)} weight arrays; got {len(weights)}.")
        rest = list(weights)
        for layer, count in zip(self.flat_layers, counts, strict=True):
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
        return sum(layer.count_params() for layer in self.flat_layers)

    @property
    def trainable_weights(self) -> list[np.ndarray]:
        """The weights that learn."""
        return [weight for layer in self.layers for weight in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[np.ndarray]:
        """The weights that no gradient changes."""
        return [weight for layer in self.layers for weight in layer.non_trainable_weights]

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """A layer by name or by place."""
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise SettingError(
                    f"There is no layer number {index}; the model has {len(self.layers)}, counted from 0."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise unknown("layer", name, [str(layer.name) for layer in self.layers])

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    def save(
        self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True, **more: Any
    ) -> None:
        """Writes the whole model to a .keras or .h5 file that Keras opens too."""
        refuse_settings("save", **more)
        save_model(self, filepath, overwrite=overwrite, include_optimizer=include_optimizer)

    def export(
        self,
        filepath: Any,
        format: str = "onnx",  # noqa: A002 (Keras's name)
        verbose: Any = None,
        input_signature: None = None,
        **options: Any,
    ) -> None:
        """Writes the model for other programs, verified: "onnx", "c", "html", "py", "keras" or "h5"; see docs/export.md."""
        refuse_settings("export", input_signature=input_signature)
        from chainrule.export import export_model

        written = export_model(self, filepath, format, **options)
        if verbose:
            print(f"Saved artifact at {written.path!r}.")

    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Writes the weights alone, to a .weights.h5 file."""
        from chainrule.models.saving import save_weights

        save_weights(self, filepath, overwrite=overwrite)

    def load_weights(
        self, filepath: Any, by_name: bool = False, skip_mismatch: bool = False, **more: Any
    ) -> None:
        """Reads the weights alone, from a weights file or a whole model file.

        by_name: only into the layers whose names the file has.  skip_mismatch: layers whose shapes differ are left as they are.
        """
        refuse_settings("load_weights", **more)
        from chainrule.models.saving import load_weights

        load_weights(self, filepath, bool(by_name), bool(skip_mismatch))

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The layers and their settings, as Keras stores them."""
        raise NotImplementedError

    def to_json(self) -> str:
        """The architecture as text; `model_from_json` makes a model of it, Chainrule's and Keras's."""
        from chainrule.models.saving import model_to_json

        return model_to_json(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the summary."""
        from chainrule.internal.cards import card

        lines: list[str] = []
        if self.built:
            self.summary(print_fn=lines.append)
        return card(repr(self), text="\n".join(lines))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
