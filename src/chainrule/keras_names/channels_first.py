"""Pictures with their channels first, as Theano had them: the layer is turned, not its mathematics.

A layer with data_format="channels_first" (or any layer of pictures after set_image_dim_ordering("th")) stands between two
`Permute`: channels to the end, the layer, channels to the front again. Its answers are Keras's, and `summary` shows what is done.
"""

import functools
from typing import Any

import numpy as np

from chainrule.errors import SettingError

# Layers that look at places, and how many axes of places they have.
PLACES = {
    "AveragePooling1D": 1, "AveragePooling2D": 2, "Conv1D": 1, "Conv2D": 2, "Conv2DTranspose": 2, "Cropping2D": 2,
    "DepthwiseConv2D": 2, "GlobalAveragePooling1D": 1, "GlobalAveragePooling2D": 2, "GlobalMaxPooling1D": 1,
    "GlobalMaxPooling2D": 2, "MaxPooling1D": 1, "MaxPooling2D": 2, "SeparableConv1D": 1, "SeparableConv2D": 2,
    "UpSampling2D": 2, "ZeroPadding2D": 2,
}  # fmt: skip


class Order:
    """Where pictures have their channels when a layer does not say it: "channels_last" or "channels_first"."""

    def __init__(self) -> None:
        self.now = "channels_last"
        self.said = False  # whether the script has said where they are

    def of(self, name: str, settings: dict[str, Any]) -> bool:
        """Whether a layer's channels are first; the setting is taken out, as the layer itself works with them last."""
        if name not in PLACES:
            return False
        said = settings.get("data_format")
        if said not in (None, "channels_first"):
            return False
        settings.pop("data_format", None)
        return said == "channels_first" or (self.now == "channels_first" and PLACES[name] == 2)

    def read(self, name: str, settings: dict[str, Any]) -> bool:
        """Whether a picture's shape says that the channels are first, where the script says nothing: (1, 28, 28), (3, 64, 64).

        So it was for Theano, and Keras 1 and 2 took it from a file in the user's folder.
        """
        shape = settings.get("input_shape") or settings.get("shape") or ()
        if name not in ("Conv2D", "InputLayer") or self.said or settings.get("data_format"):
            return False
        sizes = [size for size in shape if isinstance(size, int)] if isinstance(shape, (tuple, list)) else []
        if not (len(sizes) == len(shape) == 3 and sizes[0] in (1, 3) and min(sizes[1:]) > 4):
            return False
        self.said, self.now = True, "channels_first"
        return True


ORDER = Order()


def around(layer: Any) -> tuple[list[Any], list[Any]]:
    """What stands before and behind a layer whose channels are first.

    >>> from chainrule.layers import Conv2D, GlobalMaxPooling2D
    >>> [[p.dims for p in side] for side in around(Conv2D(4, 3))], [len(side) for side in around(GlobalMaxPooling2D())]
    ([[(2, 3, 1)], [(3, 1, 2)]], [1, 0])
    """
    from chainrule.layers import Permute

    places = PLACES[type(layer).__name__]
    ahead = (*range(2, places + 2), 1)
    back = (places + 1, *range(1, places + 1))
    flat = type(layer).__name__.startswith("Global") and not getattr(layer, "keepdims", False)
    return [Permute(ahead)], [] if flat else [Permute(back)]


def install() -> None:
    """Lets models put such layers between two Permute, however they are added."""
    from chainrule import backend, layers, models
    from chainrule.datasets import cifar10, cifar100

    turn_pictures(cifar10)
    turn_pictures(cifar100)
    add, call = models.Sequential.add, layers.Layer.__call__

    @functools.wraps(add)
    def added(self: Any, layer: Any) -> None:
        if not getattr(layer, "channels_are_first", False):
            add(self, layer)
            return
        before, behind = around(layer)
        before[0].declared_shape, layer.declared_shape = layer.declared_shape, None
        for one in (*before, layer, *behind):
            add(self, one)

    @functools.wraps(call)
    def called(self: Any, *inputs: Any, **settings: Any) -> Any:
        if not getattr(self, "channels_are_first", False) or not inputs:
            return call(self, *inputs, **settings)
        before, behind = around(self)
        x = call(self, call(before[0], inputs[0]), *inputs[1:], **settings)
        return call(behind[0], x) if behind else x

    def set_image_data_format(data_format: str) -> None:
        """Where layers of pictures look for the channels."""
        if data_format not in ("channels_last", "channels_first"):
            raise SettingError(
                f"The channels of pictures are 'channels_last' or 'channels_first'; it got {data_format!r}."
            )
        ORDER.now, ORDER.said = data_format, True

    backend.image_data_format = lambda: ORDER.now
    backend.set_image_data_format = set_image_data_format
    models.Sequential.add = added  # type: ignore[method-assign]
    layers.Layer.__call__ = called  # type: ignore[method-assign]


def turn_pictures(module: Any) -> None:
    """CIFAR's pictures come with their channels where the layers look for them, as in Keras."""
    original = module.load_data

    @functools.wraps(original)
    def load_data(*arguments: Any, **settings: Any) -> Any:
        parts = original(*arguments, **settings)
        if ORDER.now == "channels_last":
            return parts
        return tuple((np.ascontiguousarray(np.moveaxis(x, -1, 1)), y) for x, y in parts)

    module.load_data = load_data
