"""Which networks are tried for which data, and for how many steps: a fixed list, the simplest first."""

import math
from dataclasses import replace

from chainrule.datasets.dataset import Dataset
from chainrule.training import least_squares
from chainrule.training.pieces import MOST
from chainrule.training.recipes import Recipe

LINEAR = "none"
SMALL_SIDE = 6  # pixels: pictures smaller than this on a side have no room for a convolution
TABLES = (  # for rows of numbers: the network, and into how many pieces each column is cut
    (LINEAR, 0),
    ("dense 128, dropout 0.3, dense 64", 0),
    (LINEAR, 8),
    ("dense 64, dropout 0.2", 8),
    ("dense 64, dropout 0.2", 0),
    ("dense 128, dropout 0.3, dense 64", 8),
)
SOLVED = 1e-5  # the rate of a linear model that begins at its solution
STEPS = (600, 3000)  # at least and at most, for the whole training
TINY = 12  # pixels on a side: below, the thing fills the picture, and there is no room to halve it twice
FEW_NUMBERS = (
    200  # in an example: a linear model of few weights converges at a high rate, one of many is noisy there
)
FEW = (
    5000  # pictures: with fewer, dropout or batch normalization keeps the network from learning them by heart
)


def candidates(data: Dataset) -> list[Recipe]:
    """The recipes to try, the linear model first, then from small to large.

    >>> import numpy as np
    >>> x, y = np.zeros((100, 4), np.float32), np.arange(100) % 3
    >>> [recipe.network for recipe in candidates(Dataset("four", x, y, x, y, class_names=("a", "b", "c")))][:3]
    ['none', 'dense 128, dropout 0.3, dense 64', 'none']
    """
    count, numbers = len(data.x_train), math.prod(data.input_shape)
    if is_pictures(data):
        small = [planned(text, count, numbers) for text in (LINEAR, *picture_networks(data))]
        return with_camera(small) if data.scale is not None and count < FEW else small
    tried = [(text, cut) for text, cut in TABLES if not cut or (numbers <= MOST and data.x_train.ndim == 2)]
    return [
        replace(planned(text, count, numbers, least_squares.applies(data)), pieces=cut) for text, cut in tried
    ]


def with_camera(tried: list[Recipe]) -> list[Recipe]:
    """For few pictures: after all others, the first convolutional network once more, on pictures that change at every step.

    It learns twice as long, as no picture comes twice.
    """
    return [*tried, replace(tried[1], camera=True, epochs=2 * tried[1].epochs)]


def is_pictures(data: Dataset) -> bool:
    """Whether examples are grids of numbers with room for a convolution: (height, width) or (height, width, channels)."""
    shape = data.input_shape
    return len(shape) in (2, 3) and min(shape[:2]) >= SMALL_SIDE and (len(shape) == 2 or shape[2] <= 4)


def picture_networks(data: Dataset) -> list[str]:
    """Small convolutional networks, sized by the pictures: blocks until few places are left on a side.

    With an average at the end where a thing may be stands free; with a dense layer its place counts, which
    comes first for tiny pictures.
    """
    dropout = ", dropout 0.3" if len(data.x_train) < FEW else ""
    side = min(data.input_shape[:2])
    average = f"{blocks(side, norm=True)}, average"
    dense = [f"{blocks(side, norm)}{dropout}, dense 64" for norm in (False, True)]
    return [*dense, average] if side < TINY else [average, *dense]


def blocks(side: int, norm: bool) -> str:
    """Convolution and pooling until at most 7 places are left on a side; 16 filters in the first, 32 in the others.

    >>> blocks(28, norm=False)
    'conv 16, pool, conv 32, pool'
    >>> blocks(8, norm=True)
    'conv 16, norm, conv 32, norm, pool'
    """
    words: list[str] = []
    filters = 16
    if side < TINY:  # too small to be halved before the second convolution
        words, side, filters = ["conv 16", *["norm"] * norm], side - 2, 32
    while True:
        words += [f"conv {filters}", *["norm"] * norm, "pool"]
        side, filters = (side - 2) // 2, 32
        if side <= 7:
            return ", ".join(words)


def planned(network: str, count: int, numbers: int, solved: bool = False) -> Recipe:
    """The recipe of one network for so many examples of so many numbers: batches and steps in proportion to the data.

    solved: whether the linear model begins at its solution (chainrule.training.least_squares), which large steps would leave.

    >>> planned("dense 16", 120, 4).batch_size, planned("dense 16", 120, 4).epochs
    (16, 80)
    """
    rate = 0.002 if network != LINEAR else 0.05 if numbers <= FEW_NUMBERS else 0.005
    rate = SOLVED if solved and network == LINEAR else rate
    batch = min(128, max(16, 2 ** round(math.log2(max(1, count) / 32))))
    steps = min(STEPS[1], max(STEPS[0], 40 * count // batch))
    return Recipe(
        "auto", hidden=(), network=network, standardised=True, optimizer="adamw",
        optimizer_settings=(("weight_decay", 0.01),), learning_rate=rate,
        schedule="cosine", warmup=0.05, batch_size=batch, epochs=max(2, math.ceil(steps * batch / max(1, count))),
    )  # fmt: skip
