"""The layers that answer with an amount: a network works on standardised numbers, and its last layers answer in the target's own unit.

Amounts that range over powers of ten (prices, incomes, counts) may be learned by their logarithm: the same layers, an exponential
behind them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule import layers
from chainrule.datasets.dataset import Dataset
from chainrule.training import least_squares, pieces

if TYPE_CHECKING:
    from chainrule.models import Sequential

SKEWED = 1.0  # of the amounts; that of a bell curve is 0
SMALLEST, GREATEST = 1e-3, 1e6  # deviations of amounts that are learned as they are
LEAST = 10  # examples, before a skewness says anything


def put_on(model: "Sequential", recipe: Any, data: Dataset) -> None:
    """Puts the layers that answer on a network, with weights that are the solution where the network is a line. recipe: as in `recipes`."""
    if recipe.log_target:
        shift = shift_of(data.y_train)
        logs = np.log(data.y_train.astype(np.float64) + shift)
        mean, std = float(logs.mean()), float(logs.std()) or 1.0
    else:
        target = data.preparation.get("target", {})
        if recipe.standardised and not target:
            target = {"std": data.y_train.std(dtype=np.float64), "mean": data.y_train.mean(dtype=np.float64)}
        std, mean = float(target.get("std") or 1.0), float(target.get("mean") or 0.0)
    last = layers.Dense(1)
    model.add(last)
    if recipe.network == "none" and recipe.standardised and least_squares.applies(data):
        y = logs if recipe.log_target else data.y_train
        last.set_weights(solved(recipe, data.x_train, (y - mean) / std))
    model.add(layers.Rescaling(std, offset=mean))
    if recipe.log_target:
        model.add(layers.Activation("exponential"))
        if shift:
            model.add(layers.Rescaling(1.0, offset=-shift))


def solved(recipe: Any, x: Any, y: Any) -> list[Any]:
    """The weights of a linear model that is off by the least squares on the training part."""
    if not recipe.pieces:
        return list(least_squares.solution(x, y, least_squares.RIDGE * len(x)))
    kernel, bias = pieces.weights_of(x, recipe.pieces)
    return list(least_squares.solution(x, y, 1.0, lambda some: np.clip(some @ kernel + bias, 0, 1)))


def loss_weight(data: Dataset, power: int) -> float | None:
    """What a loss is multiplied by where amounts are so large or so small that 32 bits do not hold its derivatives; else None.

    power: of the loss in the amounts, 2 for the squared error.
    """
    std = float(data.y_train.std(dtype=np.float64)) if len(data.y_train) else 0.0
    return None if std == 0 or SMALLEST < std < GREATEST else std**-power


def shift_of(y: Any) -> float:
    """What is added before the logarithm: 1 where a 0 occurs, as among counts."""
    return 0.0 if y.min() > 0 else 1.0


def suits_logarithm(y: Any) -> bool:
    """Whether amounts are never negative, clearly skewed, and their logarithm less so.

    >>> suits_logarithm(np.exp(np.linspace(0, 8, 50))), suits_logarithm(np.linspace(1, 2, 50)), suits_logarithm(np.array([-1.0] * 50))
    (True, False, False)
    """
    if len(y) < LEAST or not y.min() >= 0:
        return False
    plain = skewness(y)
    return plain > SKEWED and abs(skewness(np.log(y.astype(np.float64) + shift_of(y)))) < plain / 2


def skewness(y: Any) -> float:
    """The third moment of standardised numbers."""
    y = y.astype(np.float64)
    std = float(y.std())
    return float((((y - y.mean()) / std) ** 3).mean()) if std > 0 else 0.0
