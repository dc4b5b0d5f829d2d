"""What every layer is: settings, first weights, a forward direction and, above it, two backward ones.

A layer's maths is pure. `forward` returns what the backward direction will need (its `cache`) instead of hiding it,
and nothing is written in place. Between calls the weights rest in `layer.params`, where people look for them; the
engine never reads them there: it is handed them.

    init(rng, input_shape)             -> params     first weights
    forward(params, x, context)        -> y, cache   context: training or not, noise, the mask of the input
    backward(params, cache, dy)        -> dx         what the layer below is told
    gradients(params, cache, dy)       -> grads      what the layer itself learns from
    update_statistics(params, cache)   -> changes    what it counts along: a normalization's moving means

Backward is two methods, because they answer two questions. A layer that answers both in one pass, as a recurrent one
does, says `backward_and_gradients` itself. With several inputs x and dx are tuples, with several outputs y and dy.
"""

import math
from inspect import signature
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.arrays import Array, Noise, Params
from chainrule.errors import DataError, SettingError, ShapeError, unknown
from chainrule.internal.own_classes import is_ours, overrides
from chainrule.layers.any_size import AnySize
from chainrule.layers.calls_while_learning import keep, noise_of_a_call
from chainrule.layers.naming import Shape
from chainrule.layers.shapes_and_masks import ShapesAndMasks
from chainrule.layers.unsupported import check_dtype, refuse
from chainrule.layers.weight_lists import WeightLists


class Context(NamedTuple):
    """What a pass tells a layer beside its input.

    training: whether the network learns.  noise: shape -> float32 numbers in [0, 1), drawn for this place and step;
    None when not learning.  mask: which steps of the input count, (batch, time) of booleans, or None for all; a tuple
    where the layer has several inputs.
    """

    training: bool = False
    noise: Noise | None = None
    mask: Any = None


PREDICTING = Context()
ADOPTERS: list[Any] = []  # what makes a layer of a class with only `call`; set by layers/__init__.py


class Layer(WeightLists, ShapesAndMasks):
    """A step on the way from input to output. Shapes are given without the batch axis.

    name: unique within a model, given automatically (dense, dense_1, ...).  trainable: False keeps the weights.
    input_shape, input_dim: on a model's first layer, the shape of one example.

    A layer of your own says `forward` and `backward` (and `init`, `gradients` if it has weights):

    >>> class Double(Layer):
    ...     def forward(self, params, x, context=None):      # y = 2 x
    ...         return 2 * x, None
    ...     def backward(self, params, cache, dy):           # dx = 2 dy
    ...         return 2 * dy
    >>> Double().forward({}, np.ones(2))[0]
    array([2., 2.])
    """

    weight_names: ClassVar[tuple[str, ...]] = ()  # the order in which Keras lists them
    non_trainable_names: ClassVar[tuple[str, ...]] = ()  # those that no gradient changes: moving means
    couples_examples: ClassVar[bool] = False  # whether an example's output depends on the others of its batch
    adds_loss: ClassVar[bool] = False  # whether the layer adds something to the loss: a penalty on its output
    supports_masking: bool = (
        True  # whether the steps of the output are those of the input, so that masks go on
    )
    activation: Any = None
    stateful: bool = False  # whether it carries states from batch to batch
    member_of: Any = None  # the Sequential that it was added to
    written_out: ClassVar[bool] = True  # whether its derivative stands beside its formula, or is left to JAX

    def __init_subclass__(cls, **settings: Any) -> None:
        """Takes a layer that only says `call`, as Keras's do; refuses one that was written for version 0.1."""
        super().__init_subclass__(**settings)
        if "forward" in vars(cls) and "noise" in signature(cls.forward).parameters:
            raise SettingError(
                f"{cls.__name__}.forward takes noise, as in version 0.1; it is now forward(self, params, x, context), "
                "and the noise is context.noise (None when not learning)."
            )
        adopted = hasattr(cls, "weight_places") and not is_ours(cls)  # a class of theirs above it was
        if adopted or ("call" in vars(cls) and cls.forward is Layer.forward):  # written for Keras
            for adopt in ADOPTERS:
                adopt(cls)
        elif "call" in vars(cls) and "forward" not in vars(cls) and not is_ours(cls):
            raise SettingError(
                f"{cls.__name__} overrides call of {cls.__mro__[1].__name__}, which is never called here: its forward and backward "
                "are written out. Override forward and backward, or derive the class from Layer."
            )
        elif "call" not in vars(cls) and cls.forward is not Layer.forward and overrides(cls, "build", 2):
            raise SettingError(
                f"{cls.__name__} overrides build(self, input_shape) of {cls.__mro__[1].__name__}, which has its weights from "
                "init(self, rng, input_shape) here: override that, or derive the class from Layer."
            )

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: object = None,
        input_shape: Any = None,
        input_dim: int | None = None,
        **unknown_settings: Any,
    ) -> None:
        for setting, value in unknown_settings.items():
            refuse(type(self).__name__, setting, value)
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise SettingError(
                f"A layer's name must be a text without '/'; {type(self).__name__} got {name!r}."
            )
        check_dtype(dtype)
        if not isinstance(trainable, (bool, int, np.bool_)):
            raise SettingError(f"trainable is True or False; {type(self).__name__} got {trainable!r}.")
        self.name, self.trainable = name, bool(trainable)
        self.declared_shape: Shape | None = None
        if input_dim is not None:
            self.declared_shape = shape_of((input_dim,), "input_dim")
        if input_shape is not None:
            self.declared_shape = shape_of(input_shape, "input_shape")
        self.params: Params = {}
        self.input_shape: Any = None  # of one example; a tuple of shapes where there are several inputs
        self.calls: list[Any] = []  # where networks were built by calling it (layers/symbolic.py)

    # ── the maths ────────────────────────────────────────────────────────────────────────────────────────────────
    def init(self, rng: "np.random.Generator", input_shape: Shape) -> Params:
        """First weights, float32; {} where there is nothing to learn."""
        return {}

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        """The layer's output, and what the backward direction will need."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(params, x, context): write it.")

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        """The derivative of the loss by the layer's input, from the one by its output."""
        raise NotImplementedError(
            f"{type(self).__name__} has no backward(params, cache, dy): Chainrule derives nothing by itself; write it."
        )

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        """The derivative of the loss by each of the layer's weights."""
        return {}

    def backward_and_gradients(self, params: Params, cache: Any, dy: Array) -> tuple[Array, Params]:
        """Both at once, for layers to whom one is most of the work of the other."""
        own = self.gradients(params, cache, dy)
        return self.backward(params, cache, dy), own

    def check_values(self, x: Array) -> None:
        """Refuses numbers that the layer cannot take; asked once for a network's inputs, before the first step."""

    def update_statistics(self, params: Params, cache: Any) -> Params:
        """The new values of weights in `non_trainable_names`, after a step in which the layer was at work."""
        return {}

    def next_mask(self, x: Array, mask: Any) -> Any:
        """The mask of the output, from the input and its mask; by default the same, or none where masks are not known."""
        return mask if self.supports_masking else None

    def output_shape_for(self, input_shape: Shape) -> Shape:
        """The shape of one output, from that of one input."""
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight, known without taking memory for any."""
        return {}

    def multiplications(self, input_shape: Shape) -> int:
        """How many multiplications one example costs in the forward direction."""
        return sum(math.prod(shape) for shape in self.weight_shapes(input_shape).values() if len(shape) > 1)

    def penalties(self) -> dict[str, Any]:
        """The regularizer of each weight that has one."""
        return {}

    def constraints(self) -> dict[str, Any]:
        """The constraint of each weight that has one: a function applied to it after every update."""
        return {}

    def added_loss(self, cache: Any) -> Any:
        """What the layer adds to the loss of a batch, where `adds_loss` says that it does."""
        return 0.0

    def stored_names(self) -> list[str]:
        """The names of the weights that the layer has with its settings, in Keras's order."""
        return [name for name in self.weight_names if getattr(self, f"use_{name}", True)]

    @property
    def learned_names(self) -> tuple[str, ...]:
        """The weights that gradients change."""
        return tuple(name for name in self.weight_names if name not in self.non_trainable_names)

    @property
    def learns(self) -> bool:
        """Whether gradients change anything in it."""
        return bool(self.learned_names) or type(self).gradients is not Layer.gradients

    @property
    def activation_name(self) -> str | None:
        """The name of the activation that the layer itself applies to its input; None where it does something else."""
        return self.activation if isinstance(self.activation, str) and not self.weight_names else None

    # ── the layer as a part of a model ───────────────────────────────────────────────────────────────────────────
    def links(self) -> list["Layer"]:
        """What backpropagation walks: a Dense with an activation is two links, its weighted sum and its activation."""
        return [self]

    def build(self, input_shape: Shape, rng: "np.random.Generator | None" = None) -> None:
        """Draws the first weights, unless the layer has some already."""
        if vars(self).get("_adding"):  # super().build(shape) in a build of the user's own
            return
        self.input_shape = self.without_batch(input_shape)
        needed = self.weight_shapes(self.input_shape)
        if any(isinstance(n, AnySize) for shape in needed.values() for n in shape):
            raise ShapeError(
                f"{self.label} has weights for each number of its input, and the input's shape {self.input_shape} leaves their "
                "number open: say it in Input(shape=...)."
            )
        if not self.params and needed:
            self.params = self.init(rng if rng is not None else np.random.default_rng(), self.input_shape)
        for weight, shape in needed.items():
            if tuple(self.params[weight].shape) != shape:
                raise ShapeError(
                    f"{self.label} has a {weight} of shape {tuple(self.params[weight].shape)} from where it was used "
                    f"before; here it needs {shape}. Use a new layer."
                )

    @property
    def label(self) -> str:
        """How errors call the layer, e.g. Dense 'dense_1'."""
        return f"{type(self).__name__} {self.name!r}" if self.name else type(self).__name__

    @property
    def built(self) -> bool:
        """Whether the layer knows its input's shape and so has its weights."""
        return self.input_shape is not None

    @property
    def output_shape(self) -> Shape | None:
        """The shape of one output, or None before the layer is built; a list of shapes where there are several."""
        return None if self.input_shape is None else self.output_shape_for(self.input_shape)

    @property
    def input(self) -> Any:
        """What the layer was called with, in a network built by calling layers."""
        inputs = self.only_call().inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Any:
        """What calling the layer gave: the output of a new `Model(inputs, layer.output)`, for example."""
        outputs = self.only_call().outputs
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def only_call(self) -> Any:
        """The one call of the layer; SettingError where there was none, or several."""
        if (
            not self.calls and self.member_of is not None
        ):  # a layer of a Sequential, which is a network without branches
            _ = self.member_of.outputs
        if len(self.calls) != 1:
            raise SettingError(
                f"{self.label} was called {len(self.calls)} times in networks; it has an input and an output when it was "
                "called once. For a layer of a Sequential ask for model.outputs first."
            )
        return self.calls[0]

    def get_weights(self) -> list[np.ndarray]:
        """The weights as NumPy arrays, in Keras's order (kernel, bias)."""
        return [np.array(self.params[name]) for name in self.weight_names if name in self.params]

    def set_weights(self, weights: list[Array]) -> None:
        """Replaces the weights by arrays of the same shapes, in Keras's order."""
        names = [name for name in self.weight_names if name in self.params]
        if not self.built:
            raise SettingError(
                f"{self.label} has no weights yet: build the model (or give it an input_shape) first."
            )
        if len(weights) != len(names):
            raise ShapeError(
                f"{self.label} has {len(names)} weight arrays ({', '.join(names)}); got {len(weights)}."
            )
        try:
            with np.errstate(over="ignore"):
                arrays = [np.array(array, dtype=np.float32) for array in weights]
        except (TypeError, ValueError):
            raise DataError(f"{self.label}: its weights must be arrays of numbers.") from None
        for name, given, array in zip(names, weights, arrays, strict=True):
            if np.isinf(array).any() and np.isfinite(np.asarray(given)).all():
                largest = float(np.abs(np.asarray(given, np.float64)).max())
                raise DataError(
                    f"{self.label}: its {name} holds {largest:g}, which is beyond float32 (3.4e38)."
                )
        for name, array in zip(names, arrays, strict=True):
            if array.shape != tuple(self.params[name].shape):
                raise ShapeError(
                    f"{self.label}: its {name} has shape {tuple(self.params[name].shape)}; got {array.shape}."
                )
        self.params = dict(zip(names, arrays, strict=True))

    @property
    def weights(self) -> list[np.ndarray]:
        """The same as `get_weights()`."""
        return self.get_weights()

    def count_params(self) -> int:
        """How many numbers the layer learns."""
        return sum(math.prod(self.params[name].shape) for name in self.weight_names if name in self.params)

    def inputs_of(self, x: Any, *more: Any, **named: Any) -> Any:
        """What a call's arguments hand to `forward`: one value, or a tuple of several (a list of values is several)."""
        if more or named:
            given = ", ".join([*(type(value).__name__ for value in more), *named])
            raise SettingError(
                f"{self.label} is called with one input (or a list of several); it also got {given}."
            )
        several = isinstance(x, (list, tuple)) and len(x) > 0 and all(hasattr(v, "shape") for v in x)
        return tuple(x) if several else x

    def __call__(self, *inputs: Any, training: bool | None = None, mask: Any = None, **named: Any) -> Any:
        """The layer's output for a batch of arrays, with training=True as while learning; or the next value of a network."""
        from chainrule.layers import composed, symbolic

        x = symbolic.while_drawing(self.inputs_of(*inputs, **named))
        if not self.written_out and (found := composed.answer(self, x, training)) is not None:
            return found
        if symbolic.is_symbolic(x):
            return symbolic.call(self, x, training, mask)
        if not hasattr(x, "__array__") and not isinstance(x, (list, tuple, float, int)):
            raise SettingError(
                f"{self.label} was called with {type(x).__name__}; it takes arrays, or Input()."
            )
        several = isinstance(x, tuple) and all(hasattr(v, "shape") for v in x)
        x = tuple(map(as_input, x)) if several else as_input(x)
        shape = tuple(v.shape[1:] for v in x) if isinstance(x, tuple) else x.shape[1:]
        if not self.built:
            self.build(shape)
        self.check_built_for(shape)
        links, noise = self.links(), noise_of_a_call() if training else None
        mask = tuple(mask) if isinstance(mask, list) else mask
        for place, link in enumerate(links):
            x, kept = link.forward(link.params, x, Context(bool(training), noise and noise(place), mask))
            if training or link.stateful:
                keep(link, kept)
        return tuple(map(np.asarray, x)) if isinstance(x, tuple) else np.asarray(x)

    def check_built_for(self, input_shape: Any) -> None:
        """Refuses examples of a shape that the layer's weights do not fit, once it has weights."""
        wanted = self.weight_shapes(input_shape) if self.params else {}
        if any(name in self.params and self.params[name].shape != shape for name, shape in wanted.items()):
            raise ShapeError(
                f"{self.label} was built for examples of shape {self.input_shape}; it got {input_shape}. Use a new layer."
            )

    # ── settings, as Keras stores them ───────────────────────────────────────────────────────────────────────────
    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return {"name": self.name, "trainable": self.trainable, "dtype": "float32"}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Layer":
        """A new layer with stored settings."""
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def as_input(x: Any) -> np.ndarray:
    """Numbers as float32."""
    return np.asarray(x, dtype=np.float32)


def shape_of(shape: Any, setting: str) -> Shape:
    """A shape as a tuple of whole numbers above 0; None for an axis of any size.

    >>> shape_of(784, "shape"), shape_of((None, 3), "shape")
    ((784,), (None, 3))
    """
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    sizes = tuple(AnySize() if n is None else n for n in sizes)
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in sizes):
        raise SettingError(f"{setting} must be whole numbers above 0, such as (28, 28); it got {shape!r}.")
    return tuple(n if isinstance(n, AnySize) else int(n) for n in sizes)


def choice(kind: str, value: Any, known: tuple[Any, ...]) -> Any:
    """A setting that must be one of a few values."""
    if value not in known:
        raise unknown(kind, value, [str(k) for k in known])
    return value
