"""What layers are called, as Keras calls them."""

import re

Shape = tuple[int, ...]


def snake_case(name: str) -> str:
    """A class's name as Keras numbers its layers: Dense -> dense, LeakyReLU -> leaky_re_lu.

    >>> snake_case("LeakyReLU"), snake_case("InputLayer")
    ('leaky_re_lu', 'input_layer')
    """
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub(r"([^_])([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()
