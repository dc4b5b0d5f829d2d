"""What of a run.json is looked at without learning again: its times, its network in words, how often it was taken up again."""

from datetime import datetime
from typing import Any

from chainrule.errors import FileError

BACKENDS = ("numpy", "jax", "")  # "": not known yet


def must_make_sense(stored: dict[str, Any], what: str) -> None:
    """FileError, beginning with `what`, for entries that no recording writes."""
    settings = stored["settings"]
    training, model = settings.get("training"), settings.get("model")
    optimizer = training.get("optimizer") if isinstance(training, dict) else None
    layers = model.get("layers", []) if isinstance(model, dict) else []
    right = {
        "started": is_time(stored["started"]),
        "finished": stored["finished"] is None or is_time(stored["finished"]),
        "resumed": all(map(is_going_on, stored["resumed"])),
        "backend": settings.get("backend") in BACKENDS,
        "batch": at_least(settings.get("batch"), 0 if stored["status"] == "starting" else 1),
        "epochs": at_least(settings.get("epochs"), 0),
        "step": at_least(stored["step"], 0), "epoch": at_least(stored["epoch"], 0),
        "machine": all(map(is_word, stored["machine"].values())),
        "results": all(map(is_figure, stored["results"].values())),
        "layers": isinstance(layers, list) and all(map(is_layer, layers)),
        "optimizer": optimizer is None or (is_layer(optimizer) and is_rate(optimizer.get("config", {}).get("learning_rate"))),
        "data": is_data(settings.get("data")),
        "recipe": is_recipe(settings.get("recipe", {})),
        "loss_weights": not isinstance(training, dict) or are_numbers(training.get("loss_weights")),
    }  # fmt: skip
    wrong = [name for name, fine in right.items() if not fine]
    if wrong:
        raise FileError(f"{what} is damaged: its {wrong[0]!r} is not what it should be.")


def is_time(value: Any) -> bool:
    """Whether a text is a time as runs write it."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def is_recipe(recipe: Any) -> bool:
    """Whether this is a recipe's settings: its seed, if it has one, is a whole number."""
    return isinstance(recipe, dict) and (recipe.get("seed") is None or at_least(recipe["seed"], 0))


def at_least(value: Any, low: int) -> bool:
    """Whether this is a whole number from `low` on, as large as one can be counted to."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value < 1 << 53


def is_going_on(entry: Any) -> bool:
    """Whether this says that a run was taken up again."""
    return isinstance(entry, dict) and at_least(entry.get("step"), 0) and is_time(entry.get("time"))


def is_word(value: Any) -> bool:
    """Whether this is a number or a text on one line, as a machine is described."""
    return not isinstance(value, str) or value.isprintable()


def is_figure(value: Any) -> bool:
    """Whether this is a figure: a number, one of JSON's three missing numbers, or several."""
    if isinstance(value, list):
        return all(map(is_figure, value))
    return value is None or isinstance(value, (int, float)) or value in ("NaN", "Infinity", "-Infinity")


def is_data(data: Any) -> bool:
    """Whether this says which data were learned from, as recordings say it."""
    kinds = {
        "name": (str,),
        "digest": (str,),
        "source": (str,),
        "options": (dict,),
        "held": (int,),
        "examples": (int,),
    }
    return isinstance(data, dict) and all(
        data.get(name) is None or (isinstance(data[name], kind) and not isinstance(data[name], bool))
        for name, kind in kinds.items()
    )


def are_numbers(value: Any) -> bool:
    """Whether this is a number, several of them in a list or by name, or nothing."""
    if isinstance(value, (list, dict)):
        return all(map(are_numbers, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, (int, float))


def is_layer(entry: Any) -> bool:
    """Whether this is a class's name with its settings, of which the shapes are shapes."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name", ""), str):
        return False
    config = entry.get("config", {})
    if (
        not isinstance(config, dict)
        or not is_shape(config.get("batch_shape"))
        or config.get("batch_shape") == []
    ):
        return False
    return config.get("units") is None or at_least(config["units"], 1)


def is_rate(value: Any) -> bool:
    """Whether this is a learning rate: a number, a schedule with its settings, or none."""
    return value is None or isinstance(value, (int, float)) or is_layer(value)


def is_shape(value: Any) -> bool:
    """Whether this is a shape, several of them, or none."""
    if value is None:
        return True
    if isinstance(value, dict):
        return all(map(is_shape, value.values()))
    return isinstance(value, list) and all(
        n is None or at_least(n, 0) or (isinstance(n, list) and is_shape(n)) for n in value
    )
