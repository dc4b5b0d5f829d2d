"""When each step of a recorded run was taken, as well as the run knows."""

from datetime import datetime

import numpy as np

from chainrule.runs import Run


def seconds_of_steps(run: Run, steps: np.ndarray) -> np.ndarray:
    """Seconds since 1970 at which steps ended: known for ends of epochs, evenly spread between these."""
    places, times = [run.info.step], [stamp(run.info.started)]
    for epoch in run.epochs:
        if epoch.time and epoch.step > places[-1]:
            places.append(epoch.step)
            times.append(max(times[-1], stamp(epoch.time)))
    return np.asarray(np.interp(np.asarray(steps) + 1, places, times))


def stamp(time: str) -> float:
    """Seconds since 1970.

    >>> stamp("1970-01-01T01:00:10+01:00")
    10.0
    """
    return datetime.fromisoformat(time).timestamp()
