"""Two runs beside each other: first what was set differently, then what came of it."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.runs.difference import Difference, differences
from chainrule.runs.reading import Run


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs, and what each came to.

    settings: what decides the bits.  machine: on what they ran.  figures: name -> the final value of each, None where
    it has none.  curves: name -> the values of each, one for each epoch.  parted: the first step whose recorded
    numbers differ, None when all common ones are the same.  common: the steps that both recorded, (start, stop).
    """

    settings: list[Difference]
    machine: list[Difference]
    metrics: dict[str, tuple[Any, Any]]
    curves: dict[str, tuple[list[tuple[int, float]], list[tuple[int, float]]]]
    common: tuple[int, int]
    parted: int | None


def compare(here: Run, there: Run) -> Comparison:
    """Compares two runs."""
    ends = [run.metrics for run in (here, there)]
    lines = [curves(run) for run in (here, there)]
    return Comparison(
        settings=differences(*(asdict(run.info.settings) for run in (here, there))),
        machine=differences(here.info.machine, there.info.machine),
        metrics={name: (ends[0].get(name), ends[1].get(name)) for name in ends[0] | ends[1]},
        curves={name: (lines[0].get(name, []), lines[1].get(name, [])) for name in lines[0] | lines[1]},
        common=common_steps(here, there),
        parted=parted(here, there),
    )


def curves(run: Run) -> dict[str, list[tuple[int, float]]]:
    """Each figure's values with their epochs."""
    found: dict[str, list[tuple[int, float]]] = {}
    for epoch in run.epochs:
        for name, value in epoch.metrics.items():
            found.setdefault(name, []).append((epoch.epoch, value))
    return found


def common_steps(here: Run, there: Run) -> tuple[int, int]:
    """The steps that both runs recorded."""
    start = max(here.steps.first, there.steps.first)
    return start, max(start, min(here.steps.stop, there.steps.stop))


def parted(here: Run, there: Run) -> int | None:
    """The first step whose recorded numbers are not the same bits in both runs, or None."""
    start, stop = common_steps(here, there)
    names = [name for name in here.columns if name in there.columns]
    differ = np.zeros(stop - start, bool)
    for name in names:
        one, other = (
            run.steps[name][start - run.steps.first : stop - run.steps.first] for run in (here, there)
        )
        differ |= one.view(np.uint32) != other.view(np.uint32)
    return start + int(np.argmax(differ)) if differ.any() else None
