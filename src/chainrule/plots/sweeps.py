"""What a sweep came to: each setting that differed against the score."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from chainrule.training.sweeps import Trial


def sweep_scores(trials: "Sequence[Trial]") -> "Figure":
    """A picture for each setting that differed: a dot a trial, its value across, its score up.

    SettingError where no trial came to a score, or nothing differed.
    """
    require_package("matplotlib", "plot", "drawing")
    from matplotlib.figure import Figure

    scored = [trial for trial in trials if trial.score is not None]
    names = (
        [name for name in trials[0].settings if len({t.settings[name] for t in trials}) > 1] if trials else []
    )
    if not scored or not names:
        raise SettingError("There is nothing to draw: no trial came to a score, or nothing differed.")
    figure = Figure(figsize=(3.2 * len(names), 3), layout="constrained")
    for place, name in enumerate(names, 1):
        ax: Any = figure.add_subplot(1, len(names), place)
        values: list[Any] = [trial.settings[name] for trial in scored]
        numeric = all(value.replace(".", "", 1).replace("e-", "", 1).isdigit() for value in values)
        if numeric:
            values = [float(value) for value in values]
            if min(values) > 0 and max(values) / min(values) >= 10:
                ax.set_xscale("log")
        ax.plot(values, [trial.score for trial in scored], "o", alpha=0.7)
        ax.set_xlabel(name)
        ax.set_ylabel(scored[0].metric if place == 1 else "")
    return figure
