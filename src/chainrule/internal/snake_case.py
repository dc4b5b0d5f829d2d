"""Names of classes and functions as Keras writes them in paths, logs and numbered names."""

import re


def snake_case(name: str) -> str:
    """The name in small letters, words joined by underscores, without what is no part of a name.

    >>> [snake_case(name) for name in ("LeakyReLU", "Conv2D", "InputLayer", "TrueKLDivergence", "<lambda>")]
    ['leaky_re_lu', 'conv2d', 'input_layer', 'true_kl_divergence', 'lambda']
    """
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", words).lower()
