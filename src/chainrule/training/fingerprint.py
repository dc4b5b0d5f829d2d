"""All that decides a training's bits, in words: how a model learns, what from, and a digest of the examples."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.datasets.rows import Rows
from chainrule.engine.examples import Examples
from chainrule.errors import SettingError
from chainrule.graph import tuple_of
from chainrule.runs import Settings


def compile_config(model: Any) -> dict[str, Any]:
    """How the model learns, as Keras stores it."""
    from chainrule import losses, metrics, optimizers

    return {
        "optimizer": optimizers.serialize(model.optimizer),
        "loss": one_or_many(model.asked.losses(model.output_names), losses.serialize),
        "loss_weights": model.asked.weights,
        "metrics": one_or_many(
            model.asked.metrics_by_output(model.output_names), lambda own: [metrics.serialize(m) for m in own]
        ),
        "weighted_metrics": None,
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": True,
    }


def one_or_many(values: list[Any], write: Callable[[Any], Any]) -> Any:
    """What is stored for one output, or a list with one entry for each."""
    found = [None if value is None else write(value) for value in values]
    return found[0] if len(found) == 1 else found


def settings_of(
    model: Any, plan: Any, backend: str, data: dict[str, Any] | None, recipe: dict[str, Any] | None
) -> Settings:
    """All that decides a run's bits."""
    training = compile_config(model) | {"shuffle": plan.shuffle, "initial_epoch": plan.initial_epoch}
    if plan.pieces:
        training |= {"pieces": plan.pieces, "threads": 1}
    if model.device_asked == "gpu":  # the processor is not named, as in runs of earlier versions
        training["device"] = "gpu"
    if model.augmentation is not None:
        training["augmentation"] = model.augmentation.get_config()
    known = dict(data or {})
    if "digest" not in known:
        known["digest"] = digest_of(plan.examples)
    if plan.count is not None:
        known["examples"] = plan.count
    config = model.get_config()
    if plan.epochs < plan.initial_epoch:
        raise SettingError("There are no epochs to record.")
    return Settings(
        seed=model.seed, model=config, training=training, data=known, batch=plan.batch, epochs=plan.epochs,
        backend=backend, recipe=recipe or {},
    )  # fmt: skip


def digest_of(examples: Examples) -> str:
    """SHA-256 of what is learned from: shapes, types, numbers."""
    digest = hashlib.sha256()
    parts = (examples.x, examples.y, examples.weight)
    for array in (one for part in parts for one in tuple_of(part, 1)):
        if array is not None:
            digest.update(f"{array.shape}{array.dtype}".encode())
        if isinstance(array, Rows):
            for some in array.in_chunks("Reading all examples once, for their digest,"):
                digest.update(np.ascontiguousarray(some).data)
        elif array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
