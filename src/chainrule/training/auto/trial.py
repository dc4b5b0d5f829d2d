"""One network tried: learned without the validation part, and measured on it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule import arrays
from chainrule.callbacks import LambdaCallback
from chainrule.datasets.dataset import Dataset
from chainrule.training import recipes
from chainrule.training.auto.candidates import MANY
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.recipes import Recipe

CLEARLY = 2.0  # standard errors of the difference
LOOKS = 8  # at the validation part, in a trial
TRIAL = 25_600  # of more than MANY examples: so many, seen once, tell which network is better


@dataclass(frozen=True)
class Trial:
    """How good a network was on examples that it had not learned from.

    score: the share of right answers, or for a regression the mean absolute error with a minus: higher is better.
    doubt: the score's standard error.  examples: how many it was measured on, all cuts together.
    cuts: how often the examples were cut.  each: the goodness of every answer, in one order for all networks.
    """

    recipe: Recipe
    score: float
    doubt: float
    examples: int
    cuts: int = 1
    each: Any = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """What a run and a model file keep of it, beside its recipe."""
        broken = not math.isfinite(self.score)
        return {
            "score": None if broken else self.score, "doubt": None if broken else self.doubt,
            "examples": self.examples, "best_epoch": self.recipe.best_epoch,
        }  # fmt: skip


def trial(
    recipe: Recipe, cuts: list[Dataset], seed: int, backend: str | None = None, best: Trial | None = None,
    stopwatch: Stopwatch | None = None,
) -> Trial | None:  # fmt: skip
    """Learns once for each cut, from its training part, and measures on its validation part while it learns and at the end.

    best: of those before; what is clearly worse on the first cut is not tried on the others.
    stopwatch: ends it where it would take too long; the answer is then None.
    """
    asked = recipe.changed(epochs=trial_epochs(recipe, len(cuts[0].x_train)))
    looks = looks_of(asked) if asked == recipe else [asked.epochs]
    stopwatch = Stopwatch() if stopwatch is None else stopwatch
    found: list[Any] = []
    for cut in cuts:
        if found and best is not None and hopeless(found[0][-1], best.each[: found[0].shape[1]]):
            break
        found.append(goodness(asked, cut, seed, backend, looks, stopwatch))
        if stopwatch.ended:
            return None
    curves = np.concatenate(found, axis=1)
    look = best_look(curves, len(found))
    each = curves[look]
    independent = max(1, len(each) // len(found))  # the cuts share their examples
    doubt = float(each.std() / math.sqrt(independent)) if np.isfinite(each).all() else math.inf
    taken = replace(recipe, best_epoch=looks[look] if look < len(looks) - 1 else 0)
    return Trial(taken, float(each.mean()), doubt, len(each), len(found), each)


def trial_epochs(recipe: Recipe, count: int) -> int:
    """How many epochs a trial of `count` examples learns: all, but of many examples no more than tell the networks apart."""
    return recipe.epochs if count <= MANY else min(recipe.epochs, math.ceil(TRIAL / count))


def looks_of(recipe: Recipe) -> list[int]:
    """After which epochs the validation part is answered: some, evenly spread, and the last.

    >>> looks_of(Recipe("auto", epochs=40)), looks_of(Recipe("auto", epochs=3))
    ([5, 10, 15, 20, 25, 30, 35, 40], [1, 2, 3])
    """
    return sorted({-(-recipe.epochs * k // LOOKS) for k in range(1, LOOKS + 1)})


def best_look(curves: Any, cuts: int = 1) -> int:
    """At which look the answers were best: the last, unless an earlier one was better by more than chance gives."""
    if len(curves) < 2 or not np.isfinite(curves).all():
        return len(curves) - 1
    earlier = curves[:-1] - curves[-1]
    look = int(earlier.mean(axis=1).argmax())
    doubt = float(earlier[look].std()) / math.sqrt(max(1, earlier.shape[1] // cuts))
    return look if float(earlier[look].mean()) > CLEARLY * doubt else len(curves) - 1


def hopeless(found: Any, best: Any) -> bool:
    """Whether answers are worse than others to the same examples by more than chance gives."""
    if not np.isfinite(found).all():
        return True
    difference = best - found
    return float(difference.mean()) > CLEARLY * float(difference.std()) / math.sqrt(len(difference))


def goodness(
    recipe: Recipe, cut: Dataset, seed: int, backend: str | None = None, looks: Sequence[int] = (),
    stopwatch: Stopwatch | None = None,
) -> Any:  # fmt: skip
    """After each epoch of `looks` (at the end, where none is given) a row: for each validation example 1 for a right answer
    and 0 for a wrong one, or how far it is off, with a minus."""
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, cut, backend)
    x, y, rows = recipes.inputs(cut, cut.x_val), np.asarray(cut.y_val), []

    def look(epoch: int, logs: Any) -> None:
        if epoch + 1 in (looks or [recipe.learned_epochs]) and not model.not_finite:
            rows.append(of_answers(cut, model.predict(x, verbose=0), y))

    watching = [stopwatch] if stopwatch else []
    recipes.learn(recipe, cut, model, 0, [LambdaCallback(on_epoch_end=look), *watching], validation=False)
    if model.interrupted:
        raise KeyboardInterrupt
    if model.not_finite:
        return np.full((len(looks) or 1, len(y)), -np.inf)
    return np.stack(rows) if rows else np.full((1, len(y)), -np.inf)


def of_answers(data: Dataset, answers: Any, y: Any) -> Any:
    """For each answer: whether it is right, or how far it is off, with a minus; -inf for all where one is not finite."""
    if not np.isfinite(answers).all():
        return np.full(len(answers), -np.inf)
    if data.task == "regression":
        return -np.abs(answers.reshape(len(y)).astype(np.float64) - y)
    taken = answers.argmax(axis=1) if data.task == "classes" else answers.reshape(len(y)) > 0.5
    return (taken == y).astype(np.float64)
