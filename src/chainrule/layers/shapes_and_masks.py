"""A layer's output shape and mask, as Keras asks for them: with the batch in front, and for any inputs."""

from contextlib import suppress
from typing import Any

from chainrule.errors import ShapeError
from chainrule.layers.any_size import AnySize


class ShapesAndMasks:
    """For what has `output_shape_for`, `weight_shapes` and `next_mask`."""

    def without_batch(self, input_shape: Any) -> Any:
        """The shape of one example, also from one with the batch in front, as Keras's `build` takes it.

        The batch is None, or an axis more than the layer's weights can have.
        """
        own: Any = self
        shape = tuple(input_shape)
        if shape and all(isinstance(one, (tuple, list)) and len(one) and one[0] is None for one in shape):
            return tuple(tuple(one[1:]) for one in shape)
        if shape and shape[0] is None:
            return shape[1:]
        try:
            own.weight_shapes(shape)
        except ShapeError:
            with suppress(ShapeError):
                own.weight_shapes(shape[1:])
                return shape[1:]
            raise
        return shape

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output with the batch in front, from that of the input, as Keras asks for it.

        >>> from chainrule.layers import Flatten
        >>> Flatten().compute_output_shape((None, 3, 2))
        (None, 6)
        """
        own: Any = self
        several = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        shapes = [
            tuple(AnySize() if n is None else n for n in s[1:])
            for s in (input_shape if several else [input_shape])
        ]
        batch = (input_shape[0] if several else input_shape)[0]
        found = own.output_shape_for(tuple(shapes) if several else shapes[0])
        if found and isinstance(found[0], (tuple, list)):
            return [(batch, *one) for one in found]
        return (batch, *found)

    def compute_mask(self, inputs: Any, previous_mask: Any = None, mask: Any = None) -> Any:
        """Which steps of the output count, from the inputs and which of theirs count; None for all. mask: another name of the latter."""
        own: Any = self
        previous_mask = mask if previous_mask is None else previous_mask
        several = isinstance(inputs, (list, tuple))
        mask = tuple(previous_mask) if isinstance(previous_mask, (list, tuple)) else previous_mask
        return own.next_mask(tuple(inputs) if several else inputs, mask)
