"""The way of a training through the space of its weights, and the plane in which most of it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.backprop import Weights
from chainrule.errors import SettingError
from chainrule.landscapes.weights import flat, unflat
from chainrule.recording.replay import Replay
from chainrule.recording.resume import OpenRun
from chainrule.runs import Run

STATES = 25  # visited on a replayed way
FLAT = 1e-6  # a smaller second share of the variance is rounding


@dataclass(frozen=True, eq=False)
class Path:
    """The weights that a training had before some of its steps."""

    steps: tuple[int, ...]
    weights: list[Weights]


def path(source: Run | Replay, steps: Sequence[int] | None = None) -> Path:
    """The weights along the way of a recorded run: those of its snapshots; of any steps where it is a Replay or from `open_run`.

    steps: before which; None: all snapshots of a run, 25 states of a Replay, closer where it began.
    """
    if steps is not None:
        chosen = list(steps)
    elif isinstance(source, Run):
        chosen = source.snapshots()
    else:
        first, last = source.first, source.last
        chosen = sorted({first + round((last - first) * (k / (STATES - 1)) ** 2) for k in range(STATES)})
    return Path(tuple(chosen), [state_at(source, step)["params"] for step in chosen])


def state_at(source: Run | Replay, step: int) -> Any:
    """What learning had before a step: from its snapshot, or learned again by what can do that."""
    if isinstance(source, Run) and (step in source.snapshots() or not isinstance(source, OpenRun)):
        return source.load_snapshot(step).state["learning"]
    return source.at(step)


def principal(path: Path) -> tuple[list[Weights], tuple[float, float], np.ndarray]:
    """The two main directions of a way, the share of its variance along each, and its places on their plane."""
    end = path.weights[-1]
    away = np.stack([flat(weights, end) for weights in path.weights]) - flat(end, end)
    centred = away - away.mean(axis=0)
    values, vectors = np.linalg.eigh(
        (centred @ centred.T).astype(np.float64)
    )  # as many numbers as states, not as weights
    values, vectors = values[::-1], vectors[:, ::-1]
    if len(values) < 3 or not values[1] > FLAT * values[0]:
        raise SettingError(
            "The plane of a way needs at least three states of it that do not lie on one line."
        )
    units = [
        (centred.T @ vectors[:, i].astype(np.float32)) / np.float32(np.sqrt(values[i])) for i in range(2)
    ]
    places = np.stack([away @ unit for unit in units], axis=1).astype(np.float64)
    signs = [
        -1.0 if places[0, 0] > 0 else 1.0,
        -1.0 if places[np.abs(places[:, 1]).argmax(), 1] < 0 else 1.0,
    ]  # from left, upwards
    ways = [unflat(np.float32(sign) * unit, end) for sign, unit in zip(signs, units, strict=True)]
    return ways, (float(values[0] / values.sum()), float(values[1] / values.sum())), places * signs
