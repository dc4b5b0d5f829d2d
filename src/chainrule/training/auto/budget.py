"""The time that choosing and learning may take together: whether a candidate can be tried, and learned if it wins, in what is left."""

import math
import time

from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.auto.trial import Trial
from chainrule.training.recipes import Recipe

MORE = 1.15  # times the steps of a trial: a training is recorded, and measured after each epoch


class Budget:
    """So many seconds from now on, for a data set of so many training examples.

    Times come from the trials: until a network's first steps are done, and of each further step.
    """

    def __init__(self, seconds: float, examples: int) -> None:
        self.examples, self.end = examples, time.perf_counter() + seconds
        self.linear: Trial | None = None

    def left(self) -> float:
        """Seconds that are left."""
        return self.end - time.perf_counter()

    def learning(self, recipe: Recipe, start: float, step: float) -> float:
        """What learning a recipe from all examples takes."""
        return start + MORE * step * steps_of(recipe, recipe.learned_epochs, self.examples)

    def kept_for(self, best: Trial | None) -> float:
        """What must be left: for learning the best one so far, and the linear model beside it."""
        ends = {id(one): one for one in (best, self.linear) if one is not None}
        return sum(self.learning(one.recipe, one.start, one.step) for one in ends.values())

    def stopwatch(self, recipe: Recipe, steps: int, best: Trial | None) -> Stopwatch:
        """What ends a trial when it is clear that it, or learning the recipe after it, would take too long."""
        began, allowed = time.perf_counter(), self.left()
        if self.linear is None:  # which is tried first
            self.linear = best
        beside = 0.0 if self.linear is None else self.kept_for(self.linear)

        def fits(start: float, step: float) -> bool:
            trial = max(start + step * steps, time.perf_counter() - began)
            after = max(beside + self.learning(recipe, start, step), self.kept_for(best))
            return trial + after <= allowed

        return Stopwatch() if best is None else Stopwatch(fits)


def steps_of(recipe: Recipe, epochs: int, count: int) -> int:
    """Steps of so many epochs of so many examples.

    >>> steps_of(Recipe("auto", batch_size=32), 3, 100)
    12
    """
    return epochs * math.ceil(count / recipe.batch_size)
