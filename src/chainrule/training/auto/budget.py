"""The time that choosing and learning may take together: whether a candidate can be tried, and learned if it wins, in what is left."""

import math
from dataclasses import dataclass
from typing import Any

from chainrule.datasets.dataset import Dataset
from chainrule.training.auto.candidates import DECAY, is_promised
from chainrule.training.auto.pace import Clock, Measured, Pace
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.auto.trial import Trial, trial_epochs
from chainrule.training.recipes import Recipe

MORE = 1.15  # times the steps of a trial: a training is recorded, and measured after each epoch


@dataclass
class Candidate:
    """A network of the list. pace: as is to be expected, then as its trial went.  trial: None where it was not tried to its end."""

    recipe: Recipe
    pace: Pace | None = None
    trial: Trial | None = None

    def to_dict(self, taken: bool) -> dict[str, Any]:
        """What a run and a model file keep of it."""
        recipe = self.recipe
        told = {"network": recipe.network, "pieces": recipe.pieces, "epochs": recipe.epochs, **said(recipe)}
        found = self.trial.to_dict() if self.trial else {"score": None, "examples": 0}
        return told | found | ({"taken": True} if taken else {})


class Budget:
    """So many seconds from now on, for choosing by some cuts of a data set and learning from all of it.

    The linear model, which is measured beside what is taken, has its part in it. linear: that candidate.
    """

    def __init__(
        self, seconds: float, data: Dataset, cuts: list[Dataset], linear: Candidate, backend: str | None, clock: Clock
    ) -> None:  # fmt: skip
        self.data, self.cuts, self.linear, self.backend, self.clock = data, cuts, linear, backend, clock
        self.end = clock.now() + seconds

    def left(self) -> float:
        """Seconds that are left."""
        return self.end - self.clock.now()

    def pace(self, one: Candidate) -> Pace:
        """How fast a candidate learns; a few steps are taken where that is not known yet."""
        if one.pace is None:
            one.pace = self.clock.expected(one.recipe, self.data, self.backend)
        return one.pace

    def trying(self, one: Candidate) -> float:
        """What the trial of a candidate takes."""
        count = len(self.cuts[0].x_train)
        steps = steps_of(one.recipe, trial_epochs(one.recipe, count), count)
        return len(self.cuts) * self.pace(one).seconds(steps)

    def learning(self, *candidates: Candidate) -> float:
        """What learning candidates from all examples takes, the linear model beside them."""
        each = {id(one): one for one in (self.linear, *candidates)}.values()
        steps = [steps_of(one.recipe, one.recipe.learned_epochs, len(self.data.x_train)) for one in each]
        return sum(self.pace(one).seconds(MORE * count) for one, count in zip(each, steps, strict=True))

    def compares(self, likeliest: Candidate) -> bool:
        """Whether there is time to try the linear model and the likeliest network, and then to learn that."""
        return self.trying(self.linear) + self.trying(likeliest) + self.learning(likeliest) <= self.left()

    def fits(self, one: Candidate, best: Candidate) -> bool:
        """Whether there is time for a trial, and then to learn it or the best one so far; linear models that are promised are always tried."""
        return (
            is_promised(one.recipe)
            or self.trying(one) + max(self.learning(one), self.learning(best)) <= self.left()
        )

    def stopwatch(self, one: Candidate, best: Candidate) -> Stopwatch:
        """What measures a candidate's trial, and ends it when it is clear that it, or learning after it, would take too long."""
        began, allowed = self.clock.now(), self.left()

        def fits(start: float, step: float) -> bool:
            one.pace = Measured(start, step)
            if is_promised(one.recipe):
                return True
            trial = max(self.trying(one), self.clock.now() - began)
            return trial + max(self.learning(one), self.learning(best)) <= allowed

        return self.clock.stopwatch(fits)


def steps_of(recipe: Recipe, epochs: int, count: int) -> int:
    """Steps of so many epochs of so many examples.

    >>> steps_of(Recipe("auto", batch_size=32), 3, 100)
    12
    """
    return epochs * math.ceil(count / recipe.batch_size)


def said(recipe: Recipe) -> dict[str, Any]:
    """What else tells a candidate from others: its loss, the logarithm, changed pictures."""
    known = {
        "loss": recipe.loss, "log_target": recipe.log_target, "camera": recipe.camera, "shift": recipe.shift
    }  # fmt: skip
    decay = dict(recipe.optimizer_settings).get("weight_decay", DECAY)
    return {name: value for name, value in known.items() if value} | (
        {"weight_decay": decay} if decay != DECAY else {}
    )
