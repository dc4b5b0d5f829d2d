"""What `keras.losses` had in earlier years: the names of the ways in which a batch's losses become one number."""

from typing import Any

from chainrule import losses
from chainrule.internal import absent

__all__ = ["Reduction"]


class Reduction:
    """`keras.losses.Reduction.SUM` and its like, which are plain words today.

    >>> losses.MeanSquaredError(reduction=Reduction.AUTO).reduction
    'sum_over_batch_size'
    """

    AUTO, NONE, SUM, SUM_OVER_BATCH_SIZE = "auto", "none", "sum", "sum_over_batch_size"


def __getattr__(name: str) -> Any:
    raise absent.missing("losses", name, losses.__all__)
