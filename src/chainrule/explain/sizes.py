"""Sizes of what passes through a layer: root mean squares, and units that are off or saturated."""

from typing import Any

import numpy as np

from chainrule.explain.layers import formulas_of
from chainrule.explain.opened import OpenedLink, OpenedStep
from chainrule.graph import Graph
from chainrule.recording.measures import SATURATED

ENDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}  # between which an activation saturates


def rms(array: Any) -> float:
    """The root of the mean of the squares: a typical size; nan where there is nothing."""
    if array is None or np.size(array) == 0:
        return float("nan")
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(np.square(np.asarray(array, np.float64)))))


def way_to_activation(graph: Graph, place: int) -> list[int]:
    """The nodes from a node's output to the activation that it goes through, which is the last of them: as a rule that
    one alone; before it may stand what changes no number. Empty where there is no activation.
    """
    way: list[int] = []
    while len(users := graph.users(place)) == 1:
        place, formulas = users[0], formulas_of(graph.nodes[users[0]].layer)
        way.append(place)
        if formulas.letter == "a":
            return way
        if not formulas.unchanged:
            break
    return []


def activation_after(step: OpenedStep, link: OpenedLink) -> OpenedLink | None:
    """The activation that a link's output goes through, as its own or as a layer; None where there is none."""
    way = way_to_activation(step.graph, link.place)
    return step.links[way[-1]] if way and step.links[way[-1]].y.shape == link.y.shape else None


def inactive_units(step: OpenedStep, link: OpenedLink) -> str:
    """How many of a layer's units are 0 (relu) or saturated (sigmoid, tanh) for every example of the batch."""
    activation = activation_after(step, link)
    if activation is None:
        return "-"
    y = np.asarray(activation.y).reshape(-1, activation.y.shape[-1])
    kind = formulas_of(activation.link).kind(activation)
    if kind in ("relu", "ReLU"):
        return f"{int((y == 0).all(axis=0).sum())} of {y.shape[1]} off"
    if kind in ENDS:
        low, high = ENDS[kind]
        saturated = np.abs(2 * (y - low) / (high - low) - 1) > SATURATED
        return f"{int(saturated.all(axis=0).sum())} of {y.shape[1]} saturated"
    return "-"


def learners(step: OpenedStep) -> list[OpenedLink]:
    """The links whose weights were learned, each layer once."""
    return [link for link in step.links if link.gradient and step.nodes_of(link)[0] is link]
