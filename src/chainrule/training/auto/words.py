"""What was tried and taken, in words for people."""

import math

from chainrule.datasets.dataset import Dataset
from chainrule.internal.plain_numbers import plainly
from chainrule.training.auto.candidates import LINEAR, STRONG_DECAY
from chainrule.training.auto.trial import Trial
from chainrule.training.recipes import Recipe


def in_a_line(recipe: Recipe, data: Dataset) -> str:
    """What was tried and taken, in one line of at most 80 letters where it can be."""
    tried = [one for one in recipe.tried if one.get("examples")]
    taken = next((one for one in tried if one.get("taken")), None)
    if taken is None or taken["score"] is None:
        return f"taken, {recipe.reason}: {title(recipe)}"
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
