"""Which networks are tried for which data, and for how many steps: a fixed list, the simplest first."""

import math
from dataclasses import replace

from chainrule.datasets.dataset import Dataset
from chainrule.training import amounts, least_squares
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
LONG, LONG_RATE = "dense 128, dense 64", 0.005
DECAY, STRONG_DECAY = 0.01, 3.0
MEDIAN_RATE = 0.01  # of a line that learns the median; where it begins, at the least squares, is near
SIDE = 32  # pixels: pictures of twice that or more are made smaller, which costs no shape and saves most of the work
MOST_PLACES = 7  # on a side, behind the last pooling
CHANGED_STEPS = 3000  # at least, on pictures that change at every step
SHORTER = (0.84, 0.7, 0.6, 0.5, 0.42, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1)  # shares of a network's steps
STEPS = (600, 3000)  # at least and at most, for the whole training
MANY, MANY_RATE = (
    10_000,
    0.004,
)  # pictures: with more, batches have little noise, and few epochs are to do much
TINY = 12  # pixels on a side: below, the thing fills the picture, and there is no room to halve it twice
FEW_NUMBERS = (
    200  # in an example: a linear model of few weights converges at a high rate, one of many is noisy there
)
FEW = 5000  # pictures: with fewer, dropout or batch normalization keeps the network from memorising them


def candidates(data: Dataset) -> list[Recipe]:
    """The recipes to try, the linear model first, then those that are likeliest to be good.

    >>> import numpy as np
    >>> x, y = np.zeros((100, 4), np.float32), np.arange(100) % 3
    >>> [recipe.network for recipe in candidates(Dataset("four", x, y, x, y, class_names=("a", "b", "c")))][:3]
    ['none', 'dense 128, dropout 0.3, dense 64', 'dense 128, dense 64']
    """
    count, numbers = len(data.x_train), math.prod(data.input_shape)
    if is_pictures(data):
        networks = [planned(text, count, numbers) for text in picture_networks(data)]
        if count > MANY:
            networks = [replace(recipe, learning_rate=MANY_RATE) for recipe in networks]
        changed = [changed_pictures(networks[0], data)] if count < FEW else []
        return [planned(LINEAR, count, numbers), *changed, *networks]
    rows = data.x_train.ndim == 2 and numbers <= MOST
    tried = [
        replace(planned(text, count, numbers, least_squares.applies(data)), pieces=cut)
        for text, cut in TABLES
        if rows or not cut
    ]
    tried.insert(2, longer(planned(LONG, count, numbers)))
    if data.task != "regression":
        return [*tried, held_small(tried[0])]
    further = for_amounts(data, rows)
    logarithms = [one for one in further if one.log_target]  # of skewed amounts: likelier than the rest
    return [*tried[:2], *logarithms, *tried[2:], *(one for one in further if not one.log_target)]


def changed_pictures(recipe: Recipe, data: Dataset) -> Recipe:
    """The same network on pictures that change at every step; it learns longer, as no picture comes twice."""
    steps = CHANGED_STEPS * (2 if min(data.input_shape[:2]) < TINY else 1)  # of tiny pictures a step is quick
    epochs = math.ceil(max(recipe.epochs, steps * recipe.batch_size / max(1, len(data.x_train))))
    return replace(recipe, camera=True, epochs=epochs)


def longer(recipe: Recipe) -> Recipe:
    """Three times the steps at a higher rate: for answers with little noise, which a network without dropout may follow closely."""
    return replace(recipe, epochs=3 * recipe.epochs, learning_rate=LONG_RATE)


def shorter(recipe: Recipe) -> list[Recipe]:
    """The same network with fewer and fewer steps: where it does not end in time, the first of these that does.

    >>> [one.epochs for one in shorter(Recipe("auto", epochs=40))]
    [34, 28, 24, 20, 17, 14, 12, 10, 8, 6, 4]
    """
    fewer = sorted({max(1, round(share * recipe.epochs)) for share in SHORTER}, reverse=True)
    return [replace(recipe, epochs=epochs) for epochs in fewer if epochs < recipe.epochs]


def least(recipe: Recipe) -> int:
    """The fewest epochs of a network that say anything.

    >>> least(Recipe("auto", epochs=40))
    4
    """
    return max(1, round(SHORTER[-1] * recipe.epochs))


def held_small(line: Recipe) -> Recipe:
    """A linear model with a strong weight decay: where rows are few and most columns say nothing, it stays near always answering the same."""
    return replace(line, optimizer_settings=(("weight_decay", STRONG_DECAY),))


def is_promised(recipe: Recipe) -> bool:
    """Whether a recipe is tried whatever the time: the linear model, and the one held so small that it hardly leaves one answer.

    With both, what is taken is seldom worse than the linear model and than always answering the same.
    """
    plain = recipe.network == LINEAR and not (recipe.pieces or recipe.log_target)
    return plain and (is_linear_model(recipe) or ("weight_decay", STRONG_DECAY) in recipe.optimizer_settings)


def is_linear_model(recipe: Recipe) -> bool:
    """Whether a recipe is the linear model that every other is measured beside."""
    plain = not (recipe.pieces or recipe.loss or recipe.log_target)
    return recipe.network == LINEAR and plain and recipe.optimizer_settings == (("weight_decay", DECAY),)


def for_amounts(data: Dataset, rows: bool) -> list[Recipe]:
    """Further recipes for amounts: by the absolute error, which is what is measured, and where amounts are skewed by their logarithm."""
    count, numbers = len(data.x_train), math.prod(data.input_shape)
    dense = [replace(planned("dense 64, dropout 0.2", count, numbers), pieces=8 if rows else 0)]
    line = replace(planned(LINEAR, count, numbers), learning_rate=MEDIAN_RATE)
    found = [replace(recipe, loss="mean_absolute_error") for recipe in (line, *dense)]
    small = held_small(found[0])
    if amounts.suits_logarithm(data.y_train):
        found += [replace(recipe, log_target=True) for recipe in found]
    return [*found, small]


def is_pictures(data: Dataset) -> bool:
    """Whether examples are grids of numbers with room for a convolution: (height, width) or (height, width, channels)."""
    shape = data.input_shape
    return len(shape) in (2, 3) and min(shape[:2]) >= SMALL_SIDE and (len(shape) == 2 or shape[2] <= 4)


def picture_networks(data: Dataset) -> list[str]:
    """Small convolutional networks, sized by the pictures: blocks until few places are left on a side.

    With an average at the end where a thing may be stands free; with a dense layer its place counts, which
    comes first for tiny pictures. Large pictures are made smaller first.
    """
    dropout = ", dropout 0.3" if len(data.x_train) < FEW else ""
    side = min(data.input_shape[:2])
    factor = side // SIDE
    before = f"shrink {factor}, " if factor > 1 else ""
    side = side // factor if factor > 1 else side
    average = f"{before}{blocks(side, norm=True)}{', conv 32, norm' if places(side) > 3 else ''}, average"
    dense = [f"{before}{blocks(side, norm)}{dropout}, dense 64" for norm in (False, True)]
    if len(data.x_train) > MANY:  # the network that learns most in few epochs first
        return [*dense, average]
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
        if side <= MOST_PLACES:
            return ", ".join(words)


def places(side: int) -> int:
    """How many places on a side `blocks` leaves.

    >>> places(28), places(32), places(8)
    (5, 6, 2)
    """
    side = side - 2 if side < TINY else side
    while True:
        side = (side - 2) // 2
        if side <= MOST_PLACES:
            return side


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
        optimizer_settings=(("weight_decay", DECAY),), learning_rate=rate,
        schedule="cosine", warmup=0.05, batch_size=batch, epochs=max(2, math.ceil(steps * batch / max(1, count))),
    )  # fmt: skip
