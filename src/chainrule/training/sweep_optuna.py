"""Trials that Optuna proposes from what came out of those before, and stops early where others did better by then."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chainrule.errors import require_package, unknown
from chainrule.training.sweeps import Choice, Trial, typed

SAMPLERS: dict[str, Callable[[Any, int], Any]] = {  # of Optuna's; the seed decides their draws
    "tpe": lambda samplers, seed: samplers.TPESampler(seed=seed),
    "random": lambda samplers, seed: samplers.RandomSampler(seed=seed),
    "nsga": lambda samplers, seed: samplers.NSGAIISampler(seed=seed),
    "qmc": lambda samplers, seed: samplers.QMCSampler(seed=seed, warn_independent_sampling=False),
}
PRUNERS: dict[str, Callable[[Any], Any]] = {
    "none": lambda pruners: pruners.NopPruner(),
    "median": lambda pruners: pruners.MedianPruner(),
    "halving": lambda pruners: pruners.SuccessiveHalvingPruner(),
    "hyperband": lambda pruners: pruners.HyperbandPruner(),
}
LOWER_IS_BETTER = {"val_mae": 1.0, "val_mean_absolute_error": 1.0, "val_loss": 1.0}


class Optuna:
    """Trials that Optuna proposes. Its storage is a file in the sweep's folder.

    sampler, pruner: names in `SAMPLERS`, `PRUNERS`. Several programs may work on one folder: they share the storage, and the
    number of trials.
    """

    def __init__(
        self, folder: Path, space: Sequence[Choice], count: int, seed: int, sampler: str = "tpe", pruner: str = "none"
    ) -> None:  # fmt: skip
        if sampler not in SAMPLERS:
            raise unknown("sampler", sampler, SAMPLERS)
        if pruner not in PRUNERS:
            raise unknown("pruner", pruner, PRUNERS)
        optuna = require_package("optuna", "sweep", "--method optuna")
        if sampler == "qmc":
            require_package("scipy", "sweep", "--sampler qmc")
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.optuna, self.space, self.count = optuna, space, count
        storage = f"sqlite:///{(folder / 'optuna.db').resolve()}"
        self.study = optuna.create_study(
            storage=storage, study_name="sweep", load_if_exists=True, sampler=optuna.samplers.RandomSampler(),
            pruner=PRUNERS[pruner](optuna.pruners),
        )  # fmt: skip
        self.study.sampler = SAMPLERS[sampler](optuna.samplers, seed + len(self.study.trials))
        self.asked: dict[int, Any] = {}
        self.lock = threading.Lock()  # trials are watched by a thread each

    def __iter__(self) -> Iterator[tuple[int, dict[str, str]]]:
        kinds = self.optuna.trial.TrialState
        ended = (kinds.COMPLETE, kinds.FAIL, kinds.PRUNED)
        while len(self.study.get_trials(states=ended)) + len(self.asked) < self.count:
            with self.lock:
                trial = self.study.ask()
                self.asked[trial.number] = trial
                found = {choice.name: typed(choice, self.proposed(trial, choice)) for choice in self.space}
            yield trial.number, found

    @staticmethod
    def proposed(trial: Any, choice: Choice) -> Any:
        """What Optuna proposes for a setting."""
        if choice.values:
            return trial.suggest_categorical(choice.name, list(choice.values))
        if choice.whole:
            return trial.suggest_int(choice.name, int(choice.low), int(choice.high), log=choice.logarithmic)
        return trial.suggest_float(choice.name, choice.low, choice.high, log=choice.logarithmic)

    def goes_badly(self, number: int, epoch: int, figures: dict[str, Any]) -> bool:
        """Whether a trial should be stopped. epoch: how many are over.  figures: of the last of them."""
        if (value := order_of(figures)) is None:
            return False
        with self.lock:
            trial = self.asked[number]
            trial.report(value, epoch)
            return bool(trial.should_prune())

    def tell(self, trial: Trial) -> None:
        """What came out of a trial."""
        kinds = self.optuna.trial.TrialState
        with self.lock:
            asked = self.asked.pop(trial.number)
            if trial.stopped is not None:
                self.study.tell(asked, state=kinds.PRUNED)
            elif trial.score is None:
                self.study.tell(asked, state=kinds.FAIL)
            else:
                self.study.tell(asked, trial.order)


def order_of(figures: dict[str, Any]) -> float | None:
    """An epoch's figures as one number, the least of which is the best; None where nothing was held back.

    >>> order_of({"loss": 0.3, "val_loss": 0.4, "val_accuracy": 0.9}), order_of({"val_loss": 0.4}), order_of({"loss": 0.3})
    (-0.9, 0.4, None)
    """
    if "val_accuracy" in figures:
        return -float(figures["val_accuracy"])
    return next(
        (sign * float(figures[name]) for name, sign in LOWER_IS_BETTER.items() if name in figures), None
    )
