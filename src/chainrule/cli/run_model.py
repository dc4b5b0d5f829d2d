"""The network that a recorded run ended with, with what the run says of its data, ready for `chainrule export RUN --to onnx`."""

import math
from typing import TYPE_CHECKING, Any

from chainrule.errors import ChainruleError

if TYPE_CHECKING:
    from chainrule.datasets import Dataset
    from chainrule.report.material import Material
    from chainrule.runs import Run


def model_of(run: "Run") -> "tuple[Any, Dataset | None, str]":
    """The network at the run's newest snapshot, its data, and why these cannot be had, or ""."""
    from chainrule.report.material import Material

    material = Material(run)
    model = material.model
    try:
        data, missing = data_of(material), ""
    except (ChainruleError, OSError) as problem:
        data, missing = None, str(problem)
    if data is not None:
        model.extras = extras_of(material, data, model)
    return model, data, missing


def data_of(material: "Material") -> "Dataset":
    """What it learned from; for a run of a program with what was held back, where that was kept."""
    if "source" in material.settings.data:
        return material.data
    kept: Dataset | None = material.replay.data
    return material.data if kept is None else kept


def extras_of(material: "Material", data: "Dataset", model: Any) -> dict[str, Any]:
    """What a model file says of itself: how examples are prepared, the classes, where it comes from."""
    from chainrule.inference.card import ModelCard
    from chainrule.training.recipes import Recipe

    stored, about = (
        material.settings,
        {"name": material.run.name, "steps": material.step, "seed": material.settings.seed},
    )
    if "source" in stored.data:
        options = dict(stored.data.get("options") or {})
        return ModelCard.of_training(data, Recipe.from_dict(stored.recipe), options, about).to_dict()
    shape = list(model.input_shape or ())
    dtype = str(data.x_train.dtype)
    found: dict[str, Any] = {
        "task": data.task,
        "run": about,
        "dataset": {"name": data.name, "digest": data.digest},
    }
    if shape and data.x_train[0].size == math.prod(shape):
        found["preparation"] = {"kind": "array", "shape": shape, "dtype": dtype, "scale": data.scale}
    return found | ({} if data.class_names is None else {"class_names": list(data.class_names)})
