"""One network tried: learned without the validation part, and measured on it."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule import arrays
from chainrule.datasets.dataset import Dataset
from chainrule.training import recipes
from chainrule.training.auto.candidates import DECAY
from chainrule.training.recipes import Recipe

CLEARLY = 2.0  # standard errors of the difference


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
        """What a run and a model file keep of it."""
        broken = not math.isfinite(self.score)
        return {
            "network": self.recipe.network, "pieces": self.recipe.pieces, **said(self.recipe), "score": None if broken else self.score, "doubt": None if broken else self.doubt,
            "examples": self.examples,
        }  # fmt: skip


def said(recipe: Recipe) -> dict[str, Any]:
    """What else tells a candidate from others: its loss, the logarithm, changed pictures."""
    known = {
        "loss": recipe.loss, "log_target": recipe.log_target, "camera": recipe.camera, "shift": recipe.shift
    }  # fmt: skip
    decay = dict(recipe.optimizer_settings).get("weight_decay", DECAY)
    return {name: value for name, value in known.items() if value} | (
        {"weight_decay": decay} if decay != DECAY else {}
    )


def trial(
    recipe: Recipe, cuts: list[Dataset], seed: int, backend: str | None = None, epochs: int | None = None,
    best: Trial | None = None,
) -> Trial:  # fmt: skip
    """Learns once for each cut, from its training part, and measures on its validation part.

    epochs: fewer than the recipe's.  best: of those before; what is clearly worse on the first cut is not tried on the others.
    """
    asked = recipe.changed(epochs=epochs)
    found = [goodness(asked, cuts[0], seed, backend)]
    if best is None or not hopeless(found[0], best.each[: len(found[0])]):
        found += [goodness(asked, cut, seed, backend) for cut in cuts[1:]]
    each = np.concatenate(found)
    independent = max(1, len(each) // len(found))  # the cuts share their examples
    return Trial(
        recipe, float(each.mean()), float(each.std() / math.sqrt(independent)), len(each), len(found), each
    )


def hopeless(found: Any, best: Any) -> bool:
    """Whether answers are worse than others to the same examples by more than chance gives."""
    if not np.isfinite(found).all():
        return True
    difference = best - found
    return float(difference.mean()) > CLEARLY * float(difference.std()) / math.sqrt(len(difference))


def goodness(recipe: Recipe, cut: Dataset, seed: int, backend: str | None = None) -> Any:
    """For each validation example: 1 for a right answer and 0 for a wrong one, or how far it is off, with a minus."""
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, cut, backend)
    recipes.learn(recipe, cut, model, verbose=0, validation=False)
    if model.interrupted:
        raise KeyboardInterrupt
    predictions = model.predict(recipes.inputs(cut, cut.x_val), verbose=0)
    if model.not_finite or not np.isfinite(predictions).all():
        return np.full(len(predictions), -np.inf)
    return of_answers(cut, predictions, cut.y_val)


def of_answers(data: Dataset, said: Any, y: Any) -> Any:
    """For each answer: whether it is right, or how far it is off, with a minus."""
    if data.task == "regression":
        return -np.abs(said.reshape(len(y)).astype(np.float64) - y)
    taken = said.argmax(axis=1) if data.task == "classes" else said.reshape(len(y)) > 0.5
    return (taken == y).astype(np.float64)
