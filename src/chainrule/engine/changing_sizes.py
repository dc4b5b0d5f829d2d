"""Examples whose sizes change from batch to batch, in a model that was built by its first ones: what the weights allow, as in Keras.

A size is opened where another one leaves all weights as they are: the length of a sequence, the height of a picture before a
global pooling. A shape that was said (Input, input_shape=) is kept to.
"""

from typing import Any

from chainrule.errors import ShapeError
from chainrule.layers.any_size import AnySize


def follow(model: Any, shape: tuple[int, ...]) -> None:
    """Opens the sizes in which new examples differ from the first, if the weights allow these."""
    known = model.input_layer.declared_shape
    if len(known) != len(shape) or [*map(int, known)] == [*shape]:
        return
    if not fits(model, shape):
        if known == shape:  # opened before
            raise ShapeError(
                f"{model.layers[0].label} got examples of shape {shape}, which the layers after it cannot take."
            )
        return
    if known != shape:
        set_shape(model, tuple(AnySize(k) if k != n else k for k, n in zip(known, shape, strict=True)))


def open_sizes(model: Any) -> None:
    """Opens every size that the weights leave open: data in batches may bring others."""
    shape = list(model.input_layer.declared_shape)
    for axis, size in enumerate(shape):
        other = [*shape[:axis], 2 * size, *shape[axis + 1 :]]
        if fits(model, tuple(other)):
            shape[axis] = AnySize(size)
    if any(isinstance(size, AnySize) for size in shape):
        set_shape(model, tuple(shape))


def fits(model: Any, shape: Any) -> bool:
    """Whether the layers take examples of a shape with the weights that they have."""
    for layer in model.layers:
        if hasattr(layer, "layers"):  # a model within keeps to its shape
            return False
        try:
            needed = layer.weight_shapes(shape)
            shape = layer.output_shape_for(shape)
        except ShapeError:
            return False
        there = {name: tuple(w.shape) for name, w in layer.params.items()}
        sizes = [size for one in needed.values() for size in one]
        if any(isinstance(size, AnySize) for size in sizes) or any(
            there[name] != s for name, s in needed.items()
        ):
            return False
    return True


def set_shape(model: Any, shape: Any) -> None:
    """The shape of examples from now on."""
    model.input_layer.declared_shape = shape
    for layer in model.layers:
        layer.input_shape, shape = shape, layer.output_shape_for(shape)
    model.changed()
