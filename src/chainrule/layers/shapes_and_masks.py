"""A layer's output shape and mask, as Keras asks for them: with the batch in front, and for any inputs."""

from typing import Any

from chainrule.layers.any_size import AnySize


class ShapesAndMasks:
    """For what has `output_shape_for` and `next_mask`."""

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

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Which steps of the output count, from the inputs and which of theirs count; None for all."""
        own: Any = self
        several = isinstance(inputs, (list, tuple))
        mask = tuple(previous_mask) if isinstance(previous_mask, (list, tuple)) else previous_mask
        return own.next_mask(tuple(inputs) if several else inputs, mask)
