"""Which network is taken: the best on the validation part, but the linear model where the two are as good.

For rows of numbers they count as equally good up to one standard error of their difference, measured on the same
rows. The time that is given decides only which candidates of the list are tried (chainrule.training.auto.budget). What is taken
learns anew from all training examples, for a number of steps that was fixed before. Where there is no time to compare
networks for pictures, the likeliest learns at once, for as many steps as there is time for. A machine that becomes slower
ends the learning after fewer epochs (chainrule.training.auto.deadline), and those are then the plan.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from chainrule.arrays import generator
from chainrule.datasets.dataset import Dataset
from chainrule.datasets.on_disk import picked
from chainrule.training.auto.budget import Budget, Candidate
from chainrule.training.auto.candidates import MANY, candidates, is_pictures, is_promised, least, shorter
from chainrule.training.auto.deadline import Deadline
from chainrule.training.auto.pace import Clock, Measured
from chainrule.training.auto.trial import TRIAL, Trial, trial
from chainrule.training.auto.words import title, written
from chainrule.training.recipes import Recipe

TIME = 60.0  # seconds
TUNED_FOR = "mnist"
ROOM = 256 << 20  # bytes of data that are not held in memory, on which networks are tried
SHARE = 0.2  # of the training part, to choose by
SMALL = 1000  # rows: below, one cut is too few to choose by
CUTS = 3
SURELY = 0.8  # of the time, for a learning whose pace was only expected: one that is cut off has not lowered its rate
AS_GOOD = 1.0  # standard errors
FAVOURED = 1.5  # standard errors, by which the likeliest network for pictures may be behind


def is_default(data: Dataset) -> bool:
    """Whether `auto` is what data get without a recipe: all but MNIST, for which `fast` was tuned."""
    return data.name != TUNED_FOR


def choose(
    data: Dataset, seed: int, seconds: float = TIME, backend: str | None = None,
    tell: Callable[[str], object] = lambda _: None, clock: Clock | None = None, deadline: Deadline | None = None,
) -> Recipe:  # fmt: skip
    """The recipe for a data set; its `tried` says what was tried and why it was taken.

    tell: is given a line for each trial.  deadline: is told when learning after it is to be over.
    """
    listed, cuts = [Candidate(recipe) for recipe in candidates(data)], cuts_of(data, seed)
    pictures = is_pictures(data)
    linear, likeliest = listed[:2]
    if not cuts:
        return taken(listed, linear, "as there are too few examples to choose by", tell)
    budget = Budget(seconds, data, cuts, linear, backend, clock or Clock())
    if deadline:
        deadline.end, deadline.least = budget.end - budget.learning(linear), least(likeliest.recipe)
    if pictures and not budget.compares(likeliest):
        return at_once(listed, likeliest, budget, tell)
    tell(f"choosing a network on {len(cuts[0].x_val):,} validation examples"  # type: ignore[arg-type]
         f"{f', {len(cuts)} times' if len(cuts) > 1 else ''}; choosing and learning within {seconds:g} s:")  # fmt: skip
    for one in listed:
        try_in_time(one, likeliest is one and not pictures, listed, seed, budget)
        if one.trial:
            tell(f"  {title(one.recipe):<48} {written(data, one.trial)}")
        elif one is likeliest and pictures:
            return at_once(listed, likeliest, budget, tell)
    best = best_of(listed, pictures)
    if deadline:
        deadline.least = least(best.recipe)
        if is_promised(best.recipe):
            deadline.end = math.inf  # nothing is quicker, and it is the least that is promised
    return taken(listed, best, why(listed, best), tell)


def try_in_time(one: Candidate, shortened: bool, listed: list[Candidate], seed: int, budget: Budget) -> None:
    """Tries a candidate where there is time. shortened: else with fewer steps, for which there is."""
    best, whole = best_of(listed, is_pictures(budget.data)), one.recipe
    for recipe in [whole, *(shorter(whole) if shortened else [])]:
        one.recipe = recipe
        if budget.fits(one, best):
            watch = budget.stopwatch(one, best)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The loss stopped being finite")  # its line says it
                found = trial(recipe, budget.cuts, seed, budget.backend, best.trial, watch)
            one.pace = Measured(watch.start, watch.step)
            if found:
                one.recipe, one.trial = found.recipe, found
                return
    one.recipe = whole


def at_once(listed: list[Candidate], one: Candidate, budget: Budget, tell: Callable[[str], object]) -> Recipe:
    """The recipe of a network that learns without being compared, for as many steps as there is time for, but no fewer than the least."""
    forms = [one.recipe, *shorter(one.recipe)]
    left = SURELY * budget.left()
    fitting = (recipe for recipe in forms if budget.learning(replace(one, recipe=recipe)) <= left)
    whole, one.recipe = one.recipe.epochs, next(fitting, forms[-1])
    reason = "not compared with others, as time is short"
    if one.recipe.epochs < whole:
        reason += f" ({one.recipe.epochs} of {whole} epochs)"
    return taken(listed, one, reason, tell)


def taken(listed: list[Candidate], best: Candidate, reason: str, tell: Callable[[str], object]) -> Recipe:
    """The recipe that is learned, with all that was tried beside it."""
    tell(f"  taken: {title(best.recipe)}, {reason}")
    return replace(best.recipe, tried=tuple(one.to_dict(one is best) for one in listed), reason=reason)


def cuts_of(data: Dataset, seed: int) -> list[Dataset]:
    """The data with a validation part: the one it has, or one or more cut from its training part; none where it is tiny."""
    if data.x_val is not None:
        return [data]
    if len(data.x_train) < 10:
        return []
    count = CUTS if len(data.x_train) < SMALL and not is_pictures(data) else 1
    if isinstance(data.x_train, np.memmap):
        return [cut_of_many(data, seed)]
    if len(data.x_train) > MANY:
        cut = data.with_validation(SHARE, seed)
        some = some_of(len(cut.x_train), seed)
        return [replace(cut, x_train=cut.x_train[some], y_train=cut.y_train[some])]
    return [data.with_validation(SHARE, seed + number) for number in range(count)]


def cut_of_many(data: Dataset, seed: int) -> Dataset:
    """As many examples of data that are not held in memory as tell networks apart and as memory has room for, a share of them held out."""
    most = max(10, min(TRIAL, ROOM * len(data.x_train) // data.x_train.nbytes))
    some = np.sort(generator(seed, "split", 2).permutation(len(data.x_train))[:most])
    return replace(data, x_train=picked(data.x_train, some), y_train=data.y_train[some]).with_validation(
        SHARE, seed
    )


def some_of(count: int, seed: int) -> np.ndarray:
    """Places of so many examples that networks which see them once can be told apart."""
    return np.sort(generator(seed, "split", 2).permutation(count)[:TRIAL])


def best_of(listed: list[Candidate], pictures: bool = False) -> Candidate:
    """The best network that was tried, the first of several; the linear model, which stands first, where that is as good.

    pictures: the linear model must be better than every network: it knows things in one place only.
    """
    linear, *others = listed
    if linear.trial is None:
        return linear
    # the others fell behind on the first cut
    whole = [one for one in others if one.trial and one.trial.cuts == linear.trial.cuts]
    best = max(whole, key=lambda one: one.trial.score, default=linear)  # type: ignore[union-attr]
    if best.trial is None or not math.isfinite(best.trial.score):
        return linear
    if pictures and whole:
        best = likelier(whole[0], best)
    ahead = best.trial.score - linear.trial.score  # type: ignore[union-attr]
    beaten = ahead >= 0 if pictures else ahead > AS_GOOD * doubt_between(best.trial, linear.trial)  # type: ignore[arg-type]
    return best if beaten else linear


def likelier(first: Candidate, best: Candidate) -> Candidate:
    """The best network for pictures where it is clearly better than the likeliest one; else that, as few pictures decide by chance."""
    if first.trial is None or best.trial is None or not math.isfinite(first.trial.score):
        return best
    ahead = best.trial.score - first.trial.score
    return best if ahead > FAVOURED * doubt_between(best.trial, first.trial) else first


def doubt_between(one: Trial, other: Trial) -> float:
    """The standard error of the difference between two networks, which were asked about the same examples."""
    if one.each is None or other.each is None or not math.isfinite(other.score):
        return one.doubt
    difference = one.each - other.each
    return float(difference.std() / math.sqrt(max(1, len(difference) // one.cuts)))


def why(listed: list[Candidate], best: Candidate) -> str:
    """The reason in words."""
    found = [one.trial for one in listed if one.trial]
    ahead = best.trial and best.trial.score >= max(one.score for one in found if one.cuts == best.trial.cuts)
    behind = "as simple as can be" if best is listed[0] else "the likeliest"
    reason = "the best on the validation part" if ahead else f"{behind}, and as good as the best"
    left = len(listed) - len(found)
    if best.recipe.best_epoch:
        reason += f", after {best.recipe.best_epoch} of {best.recipe.epochs} epochs"
    return reason + (f"; {left} of {len(listed)} networks not tried, for want of time" if left else "")
