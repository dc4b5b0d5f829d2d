"""A test part that lies elsewhere: another folder or archive, prepared as the training part was."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.datasets.data_checks import look_over
from chainrule.datasets.dataset import Array, Dataset
from chainrule.datasets.from_arrays import one_scale
from chainrule.errors import DataError


def tested_on(
    kind: Callable[..., Dataset],
    name: str,
    other_kind: Callable[..., Dataset],
    other: str,
    options: dict[str, Any],
) -> Dataset:
    """The data of a name, with all examples of another one as their test part.

    Classes go together by their names. Raises DataError for a class that is not learned, and for examples of another
    shape or scale.
    """
    options = options | {"test": 0.0}
    data = kind(name, **options)
    alike = {key: value for key, value in options.items() if key != "validation"}
    if (
        data.preparation.get("kind") == "picture"
        and "height" in data.preparation
        and data.x_train.dtype == np.uint8
    ):
        wanted = {
            "size": (data.preparation["height"], data.preparation["width"]),
            "colour": data.preparation["colour"],
        }
        alike |= {
            key: value for key, value in wanted.items() if "size" in options or key in _takes(other_kind)
        }
    second = other_kind(other, **alike)
    x = np.concatenate([second.x_train, second.x_test]) if len(second.x_test) else second.x_train
    y = _renumbered(data, second, np.concatenate([second.y_train, second.y_test]))
    xs, notes = one_scale(data.name, {"train": data.x_train, "test": x})
    replaced = [f"its own test part of {len(data.x_test):,} examples is not used"] if len(data.x_test) else []
    kept = tuple(
        note for note in data.notes if data.checks is None or note not in {f.text for f in data.checks}
    )
    made = replace(
        data, x_test=xs["test"], y_test=y, notes=(*kept, *replaced, *notes), skipped=(*data.skipped, *second.skipped), checks=None
    )  # fmt: skip
    return look_over(made)


def _takes(kind: Callable[..., Dataset]) -> tuple[str, ...]:
    import inspect

    return tuple(inspect.signature(kind).parameters)


def _renumbered(data: Dataset, second: Dataset, y: Array) -> Array:
    """The answers of the second as the first counts them."""
    if data.class_names is None or second.class_names is None:
        if data.class_names is not second.class_names:
            raise DataError(
                f"{data.name} and {second.name} are not of one task: classes in the one, amounts in the other."
            )
        return y
    for name in second.class_names:
        if name not in data.class_names:
            raise DataError(f"{second.name} has the class {name!r}, which {data.name} has not.")
    places = np.array([data.class_names.index(name) for name in second.class_names])
    return places[y].astype(data.y_train.dtype)
