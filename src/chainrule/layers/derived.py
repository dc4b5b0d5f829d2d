"""What has no written rule: a function, or a layer of your own with only `call`. Here alone JAX derives (`jax.vjp`).

Everything that Chainrule ships has its derivative written out; for these somebody else's automatic differentiation is
asked, and `written_out` is False. Without JAX they answer but cannot learn through: then write forward and backward.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule import initializers, regularizers
from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError, ShapeError, require_package
from chainrule.layers import captured
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.input_spec import check_specs
from chainrule.layers.naming import Shape


def derived(function: Callable[..., Any], inputs: tuple[Any, ...], dy: Any, label: str) -> tuple[Any, ...]:
    """The derivative by each input of a function, from that by its output, as JAX finds it.

    >>> derived(lambda x: x * x, (np.array([3.0], np.float32),), np.array([1.0], np.float32), "square")[0].tolist()
    [6.0]
    """
    jax = require_package("jax", "jax", f"{label} has no backward, and deriving its function")
    with followed_by_jax(label):
        _, back = jax.vjp(function, *inputs)
        found = back(jax.tree.map(jax.numpy.asarray, dy))
    on_host = namespace(next(iter(leaves(inputs)))) is np
    return tuple(map(host, found)) if on_host else tuple(found)


@contextmanager
def followed_by_jax(label: str) -> Iterator[None]:
    """Says what to do where a function leaves JAX's arrays."""
    try:
        yield
    except TypeError as problem:
        if not type(problem).__module__.startswith("jax"):
            raise
        raise SettingError(
            f"{label} cannot be derived: its function leaves JAX's arrays (with np.something, float() or if). Use "
            "operators and chainrule.ops, or write a Layer with forward and backward."
        ) from None


def leaves(tree: Any) -> list[Array]:
    """All arrays of nested tuples and dicts."""
    parts = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, tuple) else None
    return [tree] if parts is None else [leaf for part in parts for leaf in leaves(part)]


def host(tree: Any) -> Any:
    """The same as NumPy arrays."""
    if isinstance(tree, dict):
        return {name: host(one) for name, one in tree.items()}
    return tuple(map(host, tree)) if isinstance(tree, tuple) else np.asarray(tree)


def drawing(noise: Any, rows: int, again: tuple[Array, ...] | None = None) -> Any:
    """`ops.random.drawing`, imported where it is needed: a dense network starts without `ops`."""
    from chainrule.ops import random

    return random.drawing(noise, rows, again)


class Lambda(Layer):
    """A Python function as a layer.   y = function(x)

    function: of an array (a list of arrays where the layer has several inputs), made of operators and `chainrule.ops`.
    output_shape: of one example, or a function of the input's shape; found out by calling where it is missing.
    arguments: further arguments of the function. Learning through it needs JAX. A Lambda is never written to a file or
    read from one: a file that holds code could do anything.

    >>> Lambda(lambda x: x * 2)(np.array([[1., 2.]]))
    array([[2., 4.]], dtype=float32)
    """

    written_out = False

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if not callable(function):
            raise SettingError(f"Lambda needs a function of arrays; it got {function!r}.")
        self.function, self.given_shape, self.mask = function, output_shape, mask
        self.arguments = dict(arguments or {})

    def applied(self, *x: Array) -> Any:
        """The function, called as Keras does: with one array, or with a list."""
        found = captured.computed(self, self.answer, x)
        return tuple(found) if isinstance(found, list) else found

    def answer(self, *x: Array) -> Any:
        """What the function gives for the inputs that the layer was called with."""
        return self.function(x[0] if len(x) == 1 else list(x), **self.arguments)

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        inputs = x if isinstance(x, tuple) else (x,)
        with followed_by_jax(self.label), drawing(context.noise, len(inputs[0])) as draws:
            return self.applied(*inputs), (inputs, tuple(draws.drawn))

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        inputs, drawn = cache
        with drawing(None, len(inputs[0]), drawn):  # the numbers that it drew
            found = derived(self.applied, inputs, dy, self.label)
        return found[0] if len(found) == 1 else found

    def next_mask(self, x: Any, mask: Any) -> Any:
        return self.mask(x, mask) if callable(self.mask) else self.mask

    def output_shape_for(self, input_shape: Any) -> Any:
        several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        if callable(self.given_shape):
            whole = [(None, *s) for s in input_shape] if several else (None, *input_shape)
            return tuple(self.given_shape(whole))[1:]
        if self.given_shape is not None:
            return (
                tuple(self.given_shape)
                if isinstance(self.given_shape, (tuple, list))
                else (self.given_shape,)
            )
        shapes = captured.own(self, tuple(input_shape)) if several else (input_shape,)
        ones = tuple(np.ones((2, *s), np.float32) for s in shapes)
        return shape_by_trying(lambda *x: captured.tried(self, self.applied, x), ones, self.label)

    def multiplications(self, input_shape: Any) -> int:
        return 0  # nobody knows what the function does

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"function": getattr(self.function, "__name__", repr(self.function))}


def shape_by_trying(function: Callable[..., Any], inputs: tuple[Any, ...], label: str) -> Any:
    """The shape of one output, found by calling a function with two examples of ones."""
    try:
        found = function(*inputs)
    except Exception as problem:
        raise ShapeError(
            f"{label} cannot take inputs of shape {[x.shape[1:] for x in inputs]}: {str(problem).rstrip('.')}."
        ) from problem
    shapes = [np.shape(one) for one in (found if isinstance(found, tuple) else (found,))]
    if any(not s or s[0] != 2 for s in shapes):
        raise ShapeError(f"{label} must give one answer for each example; for 2 examples it gave {shapes}.")
    return tuple(tuple(s[1:]) for s in shapes) if isinstance(found, tuple) else tuple(shapes[0][1:])


# ── layers of a user's own with only `call` ──────────────────────────────────────────────────────────────────────


class Weight:
    """What `add_weight` gives: a place that holds the array while the layer is called."""

    def __init__(self, name: str, shape: Shape, initializer: Any, regularizer: Any, trainable: bool) -> None:
        self.name, self.shape, self.trainable = name, shape, trainable
        self.initializer, self.regularizer = initializers.get(initializer), regularizers.get(regularizer)


def of_its_network(own: Any) -> Any:
    """A method or property of `Layer`; of a layer that calls other layers, the one that the network they make has."""
    if isinstance(own, property):
        return property(of_its_network(own.fget))

    @functools.wraps(own)
    def of(self: Any, *arguments: Any) -> Any:
        network = vars(self).get("_network")
        if network is None:
            return own(self, *arguments)
        found = getattr(network, own.__name__)
        return found(*arguments) if callable(found) else found

    return of


class CallLayer(Layer):
    """A layer of your own, written as for Keras: `build` adds the weights, `call` computes. A `Layer` with only `call` is one too.

    call(x) or call(x, training=False) is made of operators and `chainrule.ops`; add_weight(shape=..., initializer=...)
    in `build` or `__init__` gives a weight. Learning needs JAX, which derives what `call` does.

    >>> class Scaled(CallLayer):
    ...     def build(self, input_shape):
    ...         self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones")
    ...     def call(self, x):
    ...         return x * self.scale
    >>> layer = Scaled(); layer(np.array([[2., 3.]]))
    array([[2., 3.]], dtype=float32)
    """

    written_out = False

    def __init_subclass__(cls, **settings: Any) -> None:
        super().__init_subclass__(**settings)
        if "build" in vars(cls):
            move_build(cls)

    def add_weights(self, input_shape: Any) -> None:
        """What a subclass calls `build`."""

    def add_weight(
        self, shape: Any = (), initializer: Any = "glorot_uniform", dtype: Any = None, trainable: bool = True,
        regularizer: Any = None, name: str | None = None, **settings: Any,
    ) -> Any:  # fmt: skip
        """A weight of the layer: keep it as an attribute and use it in `call` like an array."""
        if settings:
            raise SettingError(f"{self.label}: add_weight has no {', '.join(settings)}.")
        places = vars(self).setdefault("_places", [])
        name = name or f"weight_{len(places)}"
        places.append(
            Weight(
                name,
                (shape,) if isinstance(shape, int) else tuple(shape),
                initializer,
                regularizer,
                trainable,
            )
        )
        return places[-1]

    def weight_places(self, input_shape: Any) -> list[Weight]:
        """The weights, added when the shape of the input is first known."""
        if "_shape_seen" not in vars(self):
            self._shape_seen = input_shape
            several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
            self._adding = True
            self.add_weights([(None, *s) for s in input_shape] if several else (None, *input_shape))
            self._adding = False
            found = vars(self).setdefault("_places", [])
            self.weight_names = tuple(place.name for place in found)  # type: ignore[misc]
            self.non_trainable_names = tuple(p.name for p in found if not p.trainable)  # type: ignore[misc]
            numbered: Any = self.params
            if 0 in numbered:  # read from a file before their names were known
                self.params = dict(zip(self.weight_names, self.params.values(), strict=False))
        found = vars(self)["_places"]
        return list(found)

    def weight_shapes(self, input_shape: Any) -> dict[str, Shape]:
        return {place.name: place.shape for place in self.weight_places(input_shape)}

    def init(self, rng: "np.random.Generator", input_shape: Any) -> Params:
        return {place.name: place.initializer(place.shape, rng) for place in self.weight_places(input_shape)}

    def penalties(self) -> dict[str, Any]:
        return {p.name: p.regularizer for p in vars(self).get("_places", []) if p.regularizer is not None}

    def inputs_of(self, *inputs: Any, **named: Any) -> Any:
        """What the arguments hand to `call`: one value, or a tuple of several in the order of its arguments."""
        if len(inputs) + len(named) < 2:
            return Layer.inputs_of(self, *inputs, *named.values())
        given = inspect.signature(self.call).bind(*inputs, **named).arguments
        vars(self)["_arguments"] = tuple(given)
        return tuple(given.values())

    def called(self, given: Any, **settings: Any) -> Any:
        """`call` with one value, with a list, or with several under the names of its arguments."""
        names = vars(self).get("_arguments")
        return (
            self.call(given, **settings)
            if names is None
            else self.call(**dict(zip(names, given, strict=True)), **settings)
        )

    get_weights = of_its_network(Layer.get_weights)
    set_weights = of_its_network(Layer.set_weights)
    count_params = of_its_network(Layer.count_params)
    trainable_weights = of_its_network(Layer.trainable_weights)
    non_trainable_weights = of_its_network(Layer.non_trainable_weights)

    def call(self, x: Any, **settings: Any) -> Any:
        """What the layer computes."""
        raise NotImplementedError(f"{type(self).__name__} has no call(x): write it.")

    def applied(self, params: Params, *x: Array) -> Any:
        """`call`, with arrays where the weights were added."""
        held = {name: place for name, place in vars(self).items() if isinstance(place, Weight)}
        vars(self).update({name: params[place.name] for name, place in held.items()})
        try:
            found = captured.computed(
                self, lambda *own: self.called(own[0] if len(own) == 1 else list(own)), x
            )
        finally:
            vars(self).update(held)
        return tuple(found) if isinstance(found, list) else found

    def add_loss(self, value: Any, inputs: Any = None) -> None:
        """Adds a number, or the mean of some, to the loss of the batch; to be called in `call`.

        inputs: what it came from, as Keras 2 asked for it; nothing depends on it.
        """
        self.adds_loss = True  # type: ignore[misc]
        vars(self).setdefault("_losses_now", []).append(value)

    def add_metric(self, value: Any, name: str | None = None, **settings: Any) -> None:
        """Accepted, and not recorded: a metric belongs into `compile`."""

    def with_losses(self, params: Params, *x: Array) -> tuple[Any, Any]:
        """What the layer computes, and what it adds to the loss."""
        self._losses_now: list[Any] = []
        y = self.applied(params, *x)
        added, self._losses_now = (
            sum(one.mean() if hasattr(one, "mean") else one for one in self._losses_now),
            [],
        )
        return y, added

    def forward(self, params: Params, x: Any, context: Context = PREDICTING) -> tuple[Any, Any]:
        inputs = x if isinstance(x, tuple) else (x,)
        with followed_by_jax(self.label), drawing(context.noise, len(inputs[0])) as draws:
            y, added = self.with_losses(params, *inputs)
        return y, (inputs, tuple(draws.drawn), added)

    def added_loss(self, cache: Any) -> Any:
        return cache[2]

    def backward_and_gradients(self, params: Params, cache: Any, dy: Any) -> tuple[Any, Params]:
        inputs, drawn, added = cache
        with drawing(None, len(inputs[0]), drawn):  # the numbers that it drew
            if self.adds_loss:
                dys = (dy, namespace(inputs[0]).ones_like(added))
                grads, *dx = derived(self.with_losses, (params, *inputs), dys, self.label)
            else:
                grads, *dx = derived(self.applied, (params, *inputs), dy, self.label)
        kept = {name: g for name, g in grads.items() if name not in self.non_trainable_names}
        return (dx[0] if len(dx) == 1 else tuple(dx)), kept

    def backward(self, params: Params, cache: Any, dy: Any) -> Any:
        return self.backward_and_gradients(params, cache, dy)[0]

    def gradients(self, params: Params, cache: Any, dy: Any) -> Params:
        return self.backward_and_gradients(params, cache, dy)[1]

    def output_shape_for(self, input_shape: Any) -> Any:
        check_specs(self, input_shape)
        if type(self).compute_output_shape is not Layer.compute_output_shape:  # the user's own
            return tuple(self.compute_output_shape((None, *input_shape)))[1:]
        several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        ones = {name: np.ones(shape, np.float32) for name, shape in self.weight_shapes(input_shape).items()}
        shapes = captured.own(self, tuple(input_shape)) if several else (input_shape,)
        inputs = tuple(np.ones((2, *s), np.float32) for s in shapes)
        return shape_by_trying(
            lambda *x: captured.tried(self, lambda *own: self.applied(ones, *own), x), inputs, self.label
        )


def move_build(kind: Any) -> None:
    """Keras's build takes the shape with the batch in front and draws nothing: here it is called `add_weights`."""
    kind.add_weights = kind.build
    del kind.build


def adopt(kind: Any) -> None:
    """Makes a class with `call` and no `forward` a CallLayer in all but its base."""
    if "build" in vars(kind):
        move_build(kind)
    for name, value in vars(CallLayer).items():
        if not name.startswith("__") and getattr(kind, name, None) is getattr(
            Layer, name, None
        ):  # not the user's own
            setattr(kind, name, value)
