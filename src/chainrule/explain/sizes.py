"""Sizes of what passes through a layer: root mean squares, shares of units that are off."""

from typing import Any

import numpy as np

from chainrule.explain.step import LinkExplained, StepExplained
from chainrule.layers import Activation, ReLU

SATURATED = 0.98  # of the way to where a sigmoid or tanh is flat


def rms(array: Any) -> float:
    """The root of the mean of the squares: a typical size; nan where there is nothing."""
    if array is None or np.size(array) == 0:
        return float("nan")
    return float(np.sqrt(np.mean(np.square(np.asarray(array, np.float64)))))


def short(value: float) -> str:
    """A size, three digits are enough; a dash where there is none.

    >>> short(0.0123456), short(float("nan"))
    ('0.0123', '-')
    """
    return "-" if np.isnan(value) else format(value, ".3g")


def off(step: StepExplained, link: LinkExplained) -> str:
    """How many of a layer's units are 0 (relu) or flat (sigmoid, tanh) for every example of the batch."""
    bend = bend_of(step, link)
    if bend is None:
        return "-"
    y = np.asarray(bend.y).reshape(-1, bend.y.shape[-1])
    kind = getattr(bend.link, "activation", "relu")
    if kind == "relu":
        count, word = int((y == 0).all(axis=0).sum()), "off"
    elif kind in ("sigmoid", "tanh"):
        flat = np.abs(2 * y - 1 if kind == "sigmoid" else y) > SATURATED
        count, word = int(flat.all(axis=0).sum()), "flat"
    else:
        return "-"
    return f"{count} of {y.shape[1]} {word}"


def bend_of(step: StepExplained, link: LinkExplained) -> LinkExplained | None:
    """The activation that follows a link at once, if one does."""
    after = step.links[link.place + 1] if link.place + 1 < len(step.links) else None
    return after if after is not None and isinstance(after.link, (Activation, ReLU)) else None


def learners(step: StepExplained) -> list[LinkExplained]:
    """The links that learned something."""
    return [link for link in step.links if link.gradient]
