"""What layers are called, as Keras calls them."""

from chainrule.internal.snake_case import snake_case

__all__ = ["Shape", "snake_case"]

Shape = tuple[int, ...]
