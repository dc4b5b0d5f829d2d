"""Which network is taken: the best on the validation part, but the linear model where the two are as good.

For rows of numbers they count as equally good up to one standard error of their difference, measured on the same
rows. The time that is given decides only which candidates of the list are tried (chainrule.training.auto.budget). What is taken
learns anew from all training examples, for a number of steps that was fixed before.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import generator
from chainrule.datasets.dataset import Dataset
from chainrule.internal.plain_numbers import plainly
from chainrule.training.auto.budget import Budget, steps_of
from chainrule.training.auto.candidates import LINEAR, MANY, STRONG_DECAY, candidates, is_pictures, shorter
from chainrule.training.auto.stopwatch import Stopwatch
from chainrule.training.auto.trial import Trial, trial
from chainrule.training.recipes import Recipe

TIME = 60.0  # seconds
TUNED_FOR = "mnist"
TRIAL = 25_600  # of more than MANY examples: so many, seen once, tell which network is better
SHARE = 0.2  # of the training part, to choose by
SMALL = 1000  # rows: below, one cut is too few to choose by
CUTS = 3
AS_GOOD = 1.0  # standard errors


def is_default(data: Dataset) -> bool:
    """Whether `auto` is what data get without a recipe: all but MNIST, for which `fast` was tuned."""
    return data.name != TUNED_FOR


def choose(
    data: Dataset, seed: int, seconds: float = TIME, backend: str | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Recipe:  # fmt: skip
    """The recipe for a data set; its `tried` says what was tried and why it was taken. tell: is given a line for each trial."""
    budget = Budget(seconds, len(data.x_train))
    found: list[Trial] = []
    places: list[int] = []  # of those in the list
    watches: list[Stopwatch] = []
    cuts, listed = cuts_of(data, seed), candidates(data)
    if cuts:
        tell(f"choosing a network on {len(cuts[0].x_val):,} validation examples"  # type: ignore[arg-type]
             f"{f', {len(cuts)} times' if len(cuts) > 1 else ''}; choosing and learning within {seconds:g} s:")  # fmt: skip
    else:
        listed = listed[:1]

    count = len(cuts[0].x_train) if cuts else 0

    def watch_of(recipe: Recipe) -> Stopwatch:
        steps = steps_of(recipe, trial_epochs(recipe, count), count) * len(cuts)
        return budget.stopwatch(recipe, steps, winner(found, is_pictures(data)) if found else None)

    def tried(place: int, stopwatch: Stopwatch) -> bool:
        recipe = listed[place]
        best, epochs = winner(found) if found else None, trial_epochs(recipe, count)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The loss stopped being finite")  # the candidate's line says it
            one = trial(recipe, cuts, seed, backend, epochs, best, stopwatch)
        if one is not None:
            places.append(place)
            found.append(one)
            tell(f"  {title(recipe):<48} {written(data, one)}")
        return one is not None

    for number, recipe in enumerate([*listed] if cuts else []):
        watch, measured = watch_of(recipe), [one for one in watches if one.step]
        if not found or not measured or watch.fits(measured[-1].start, measured[-1].step):
            watches.append(watch)
            tried(number, watch)
        if number == 1 and len(found) == 1:
            # the likeliest network does not end in time: with as many steps as do
            for short in shorter(recipe):
                watch = watch_of(short)
                if watch.fits(watches[-1].start, watches[-1].step):
                    watches.append(watch)
                    listed.append(short)
                    if tried(len(listed) - 1, watch):
                        break
                    listed.pop()
    taken = winner(found, is_pictures(data)) if found else Trial(listed[0], math.nan, math.nan, 0)
    reason = why(found, taken, len(listed))
    tell(f"  taken: {title(taken.recipe)}, {reason}")
    scores = {
        place: one.to_dict() | {"taken": one is taken} for place, one in zip(places, found, strict=True)
    }
    none = {"score": None, "examples": 0}
    tried_or_not = tuple(
        scores.get(k, {"network": one.network, "pieces": one.pieces, "epochs": one.epochs} | none)
        for k, one in enumerate(listed)
    )
    return replace(taken.recipe, tried=tried_or_not, reason=reason)


def cuts_of(data: Dataset, seed: int) -> list[Dataset]:
    """The data with a validation part: the one it has, or one or more cut from its training part; none where it is tiny."""
    if data.x_val is not None:
        return [data]
    if len(data.x_train) < 10:
        return []
    count = CUTS if len(data.x_train) < SMALL and not is_pictures(data) else 1
    if len(data.x_train) > MANY:
        cut = data.with_validation(SHARE, seed)
        some = some_of(len(cut.x_train), seed)
        return [replace(cut, x_train=cut.x_train[some], y_train=cut.y_train[some])]
    return [data.with_validation(SHARE, seed + number) for number in range(count)]


def some_of(count: int, seed: int) -> Any:
    """Places of so many examples that networks which see them once can be told apart."""
    return np.sort(generator(seed, "split", 2).permutation(count)[:TRIAL])


def trial_epochs(recipe: Recipe, count: int) -> int:
    """How many epochs a trial of `count` examples learns: all, but of many examples no more than tell the networks apart."""
    return recipe.epochs if count <= MANY else min(recipe.epochs, math.ceil(TRIAL / count))


def winner(found: list[Trial], pictures: bool = False) -> Trial:
    """The best network, the first of several; the linear model, which comes first, where that is as good.

    pictures: the linear model must be better than every network: it knows things in one place only.
    """
    linear = found[0]
    whole = [one for one in found[1:] if one.cuts == linear.cuts]  # the others fell behind on the first cut
    best = max(whole, key=lambda one: one.score, default=linear)
    if not math.isfinite(best.score):
        return linear
    beaten = (
        linear.score <= best.score
        if pictures
        else linear.score < best.score - AS_GOOD * doubt_between(best, linear)
    )
    return best if beaten else linear


def doubt_between(one: Trial, other: Trial) -> float:
    """The standard error of the difference between two networks, which were asked about the same examples."""
    if one.each is None or other.each is None or not math.isfinite(other.score):
        return one.doubt
    difference = one.each - other.each
    return float(difference.std() / math.sqrt(max(1, len(difference) // one.cuts)))


def why(found: list[Trial], taken: Trial, listed: int) -> str:
    """The reason in words."""
    if not found:
        return "as there are too few examples to choose by"
    reason = (
        "the best on the validation part"
        if taken.score >= max(one.score for one in found if one.cuts == taken.cuts)
        else "as simple as can be, and as good as the best"
    )
    left = listed - len(found)
    if taken.recipe.best_epoch:
        reason += f", after {taken.recipe.best_epoch} of {taken.recipe.epochs} epochs"
    return reason + (f"; {left} of {listed} networks not tried, for want of time" if left else "")


def in_a_line(recipe: Recipe, data: Dataset) -> str:
    """What was tried and taken, in one line of at most 80 letters where it can be."""
    tried = [one for one in recipe.tried if one.get("examples")]
    taken = next((one for one in tried if one.get("taken")), None)
    if taken is None or taken["score"] is None:
        return f"taken: {title(recipe)}, {recipe.reason}"
    score = figure(data, taken["score"])
    linear = next(
        (
            one
            for one in tried
            if one["network"] == LINEAR
            and not one.get("pieces")
            and not one.get("loss")
            and not one.get("weight_decay")
            and one is not taken
            and one["score"] is not None
        ),
        None,
    )
    beside = f", linear {figure(data, linear['score'])}" if linear else ""
    late = len(recipe.tried) > len(tried)
    begins = (
        f"tried {len(tried)} of {len(recipe.tried)} networks in time; taken"
        if late
        else f"taken of {len(tried)} networks"
    )
    return f"{begins}: {title(recipe)} (validation {score}{beside})"


def figure(data: Dataset, score: float) -> str:
    """A score for people, without its doubt."""
    return f"error {plainly(-score)}" if data.task == "regression" else f"{100 * score:.1f} %"


def title(recipe: Recipe) -> str:
    """A network's name for people."""
    name = "linear model" if recipe.network == LINEAR else recipe.network
    if ("weight_decay", STRONG_DECAY) in recipe.optimizer_settings:
        name += " held small"
    if recipe.pieces:
        name = f"{name} of pieces" if recipe.network == LINEAR else f"pieces, {name}"
    if recipe.log_target:
        name += ", logarithm"
    elif recipe.loss == "mean_absolute_error":
        name += ", absolute error"
    return f"changed pictures, {name}" if recipe.camera or recipe.shift else name


def written(data: Dataset, one: Trial) -> str:
    """A score for people."""
    if not math.isfinite(one.score):
        return "its numbers stopped being finite"
    if data.task == "regression":
        return f"mean absolute error {plainly(-one.score, 4)} ± {plainly(one.doubt, 2)}"
    return f"{100 * one.score:.1f} % ± {100 * one.doubt:.1f}"
