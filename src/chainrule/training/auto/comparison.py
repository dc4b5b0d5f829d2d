"""What a chosen network is measured beside, on the same test part: the linear model, learned from the same examples."""

import math
from dataclasses import replace

import numpy as np

from chainrule.datasets.dataset import Dataset
from chainrule.training import least_squares
from chainrule.training.auto.candidates import LINEAR, planned
from chainrule.training.auto.trial import goodness


def linear_model(data: Dataset, seed: int, backend: str | None = None) -> float:
    """The linear model's accuracy on the test part, or for a regression its mean absolute error."""
    measured = replace(data, x_val=data.x_test, y_val=data.y_test)
    linear = planned(LINEAR, len(data.x_train), math.prod(data.input_shape), least_squares.applies(data))
    found = float(np.mean(goodness(linear, measured, seed, backend)))
    return -found if data.task == "regression" else found
