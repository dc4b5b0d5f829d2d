"""What every layer is: settings, first weights, a forward direction and, above it, two backward ones.

A layer's maths is pure. `forward` returns what the backward direction will need (`kept`) instead of hiding it, and
nothing is written in place. Between calls the weights rest in `layer.params`, where people look for them; the
engine never reads them there: it is handed them.

    init(rng, input_shape)          -> params        first weights
    forward(params, x, noise)       -> y, kept       noise is None when not learning
    backward(params, kept, dy)      -> dx            what the layer below is told
    gradients(params, kept, dy)     -> grads         what the layer itself learns from
"""

import re
from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Noise, Params
from chainrule.errors import SettingError, ShapeError, unknown

Shape = tuple[int, ...]


class Layer:
    """A step on the way from input to output. Shapes are given without the batch axis.

    name: unique within a model, given automatically (dense, dense_1, ...).  trainable: False keeps the weights.
    input_shape, input_dim: on a model's first layer, the shape of one example.

    A layer of your own says `forward` and `backward` (and `init`, `gradients` if it has weights):

    >>> class Double(Layer):
    ...     def forward(self, params, x, noise=None):        # y = 2 x
    ...         return 2 * x, None
    ...     def backward(self, params, kept, dy):            # dx = 2 dy
    ...         return 2 * dy
    >>> Double().forward({}, np.ones(2))[0]
    array([2., 2.])
    """

    weight_names: ClassVar[tuple[str, ...]] = ()  # the order in which Keras lists them

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
        self.name, self.trainable = name, bool(trainable)
        self.declared_shape: Shape | None = None
        if input_dim is not None:
            self.declared_shape = shape_of((input_dim,), "input_dim")
        if input_shape is not None:
            self.declared_shape = shape_of(input_shape, "input_shape")
        self.params: Params = {}
        self.input_shape: Shape | None = None

    # ── the maths ────────────────────────────────────────────────────────────────────────────────────────────────
    def init(self, rng: "np.random.Generator", input_shape: Shape) -> Params:
        """First weights, float32; {} where there is nothing to learn."""
        return {}

    def forward(self, params: Params, x: Array, noise: Noise | None = None) -> tuple[Array, Any]:
        """The layer's output, and what the backward direction will need."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(params, x, noise): write it.")

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        """The derivative of the loss by the layer's input, from the one by its output."""
        raise NotImplementedError(
            f"{type(self).__name__} has no backward(params, kept, dy): Chainrule derives nothing by itself; write it."
        )

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        """The derivative of the loss by each of the layer's weights."""
        return {}

    def output_shape_for(self, input_shape: Shape) -> Shape:
        """The shape of one output, from that of one input."""
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight, known without taking memory for any."""
        return {}

    def penalties(self) -> dict[str, Any]:
        """The regularizer of each weight that has one."""
        return {}

    # ── the layer as a part of a model ───────────────────────────────────────────────────────────────────────────
    def links(self) -> list["Layer"]:
        """What backpropagation walks: a Dense with an activation is two links, its weighted sum and its activation."""
        return [self]

    def build(self, input_shape: Shape, rng: "np.random.Generator | None" = None) -> None:
        """Draws the first weights, unless the layer has some already."""
        self.input_shape = tuple(input_shape)
        needed = self.weight_shapes(self.input_shape)
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
        """The shape of one output, or None before the layer is built."""
        return None if self.input_shape is None else self.output_shape_for(self.input_shape)

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
        arrays = [np.array(array, dtype=np.float32) for array in weights]
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
        return sum(int(np.prod(array.shape)) for array in self.params.values())

    def __call__(self, x: Any, training: bool = False) -> np.ndarray:
        """The layer's output for a batch of arrays, as when predicting."""
        if training:
            raise SettingError(
                f"{self.label} can be called for predicting only; learning happens in model.fit."
            )
        if not hasattr(x, "__array__") and not isinstance(x, (list, tuple, float, int)):
            raise SettingError(
                f"{self.label} was called with {type(x).__name__}. Chainrule builds models with Sequential([...]); "
                "Keras's functional style, layer(input), is not supported."
            )
        x = np.asarray(x, dtype=np.float32)
        if not self.built:
            self.build(x.shape[1:])
        for link in self.links():
            x, _ = link.forward(link.params, x)
        return np.asarray(x)

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


def check_dtype(dtype: object) -> None:
    """Refuses any working type but float32, which is Keras's default too."""
    if isinstance(dtype, dict):  # {"class_name": "DTypePolicy", "config": {"name": "float32"}}
        dtype = (dtype.get("config") or {}).get("name")
    if dtype not in (None, "float32", np.float32):
        raise SettingError(f"Chainrule's layers work in float32; dtype={dtype!r} is not supported.")


# Settings that Keras knows and that change nothing at these values (so its files and scripts can spell them out).
IGNORED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "activity_regularizer": (None,),
    "kernel_constraint": (None,),
    "bias_constraint": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "quantization_config": (None,),
    "data_format": (None, "channels_last"),
    "noise_shape": (None,),
    "batch_size": (None,),
    "autocast": (True,),
}


def refuse(layer: str, setting: str, value: Any) -> None:
    """Says that a setting is not supported, unless it has the value that means "off"."""
    if setting not in IGNORED_SETTINGS:
        raise SettingError(f"{layer} has no setting called {setting!r} (it got {setting}={value!r}).")
    if value not in IGNORED_SETTINGS[setting]:
        raise SettingError(f"{layer}: {setting}={value!r} is not supported; leave it out.")


def shape_of(shape: Any, setting: str) -> Shape:
    """A shape as a tuple of whole numbers above 0.

    >>> shape_of(784, "shape")
    (784,)
    """
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in sizes):
        raise SettingError(f"{setting} must be whole numbers above 0, such as (28, 28); it got {shape!r}.")
    return tuple(int(n) for n in sizes)


def choice(kind: str, value: Any, known: tuple[Any, ...]) -> Any:
    """A setting that must be one of a few values."""
    if value not in known:
        raise unknown(kind, value, [str(k) for k in known])
    return value


def snake_case(name: str) -> str:
    """A class's name as Keras numbers its layers: Dense -> dense, LeakyReLU -> leaky_re_lu.

    >>> snake_case("LeakyReLU"), snake_case("InputLayer")
    ('leaky_re_lu', 'input_layer')
    """
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub(r"([^_])([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()
