"""Steps of a fit of Keras itself, recorded by `Record`, opened for `explain`: those before which the run kept state and batch."""

import warnings
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, SettingError
from chainrule.explain.step_inputs import StepInputs, step_inputs
from chainrule.files.modelfile import ModelFile
from chainrule.models.saving import compile_from, model_from_json
from chainrule.runs import Run, values

# Settings that draw random numbers where they are above 0.
NOISE = ("rate", "dropout", "recurrent_dropout", "stddev")
MOST = 20_000_000  # bytes of a batch that is kept beside a snapshot


def is_of_keras(run: Run) -> bool:
    """Whether a run was recorded from a fit of Keras itself."""
    stored = run.info.settings
    return str(stored.recipe.get("name", "")).startswith("Keras ") and "source" not in stored.data


def kept_batch(batch: Any) -> dict[str, Any]:
    """A batch of one input and one target as a snapshot keeps it; empty where it is of another kind, or large."""
    parts = batch if isinstance(batch, tuple) else (batch,)
    parts = tuple(parts) + (None,) * (3 - len(parts))
    if any(not hasattr(part, "shape") for part in parts[:2]) or sum(part.nbytes for part in parts[:2]) > MOST:
        return {}
    named = zip(("x", "y", "weight"), parts, strict=False)
    return {name: np.array(part, copy=True) for name, part in named if hasattr(part, "shape")}


def keras_step(run: Run, step: int | None = None) -> StepInputs:
    """A step of a fit of Keras, as this package computes it: the same network, weights, optimizer's memory and batch.

    step: one before which the run has a snapshot with its batch; None: the first.  SettingError for others, for networks whose layers
    are not all known here or draw random numbers, and for losses and optimizers that are not.

    >>> from chainrule import explain
    >>> explain.StepExplained(keras_step(Run("runs/2026-11-23T07-31-05_keras"), 0))      # doctest: +SKIP
    """
    at = run.info.step if step is None else step
    have = run.snapshots()
    found = run.load_snapshot(at).state if at in have else {}
    if not found.get("batch"):
        known = [k for k in have if run.load_snapshot(k).state.get("batch")]
        raise SettingError(
            f"{run.name} is a fit of Keras; it kept "
            + (f"the batches of the steps {', '.join(map(str, known[:8]))}{' …' if len(known) > 8 else ''}, not of step {at}: " if known else "no batches: ")
            + "Record(save_freq=1) keeps every step's, where a batch is one input and one target of at most 20 MB."
        )  # fmt: skip
    model = network_of(run, found["learning"]["params"])
    stored = ModelFile(
        {"class_name": type(model).__name__, "config": {}}, [], run.info.settings.training,
        found["learning"]["optimizer_state"],
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        compile_from(model, stored)
    if said or model.optimizer is None or model.loss_object is None:
        raise SettingError(
            f"{run.name} learned by rules that are not known here{f': {said[0].message}' if said else ''}."
        )
    batch = found["batch"]
    return step_inputs(model, batch["x"], batch["y"], batch.get("weight"), batch_size=len(batch["x"]))


def network_of(run: Run, params: list[dict[str, Any]]) -> Any:
    """The network of a fit of Keras with these weights; SettingError where a layer is not known here."""
    config = run.info.settings.model
    kind = "Functional" if "input_layers" in config else "Sequential"
    try:
        model = model_from_json(values.text({"class_name": kind, "config": config}))
        model.build()
    except ChainruleError as problem:
        raise SettingError(
            f"{run.name} is a fit of Keras with a network that is not known here: {problem}"
        ) from None
    layers = model.learning_graph.layers
    noisy = next(
        (layer.name for layer in layers if any(layer.get_config().get(word) for word in NOISE)), None
    )
    if noisy is not None:
        raise SettingError(
            f"{run.name} is a fit of Keras with a layer that draws random numbers ({noisy}): Keras drew others than this package does."
        )
    if [list(layer.params) for layer in layers] != [list(own) for own in params]:
        raise SettingError(
            f"{run.name} is a fit of Keras whose layers keep other weights than those of their names here."
        )
    for layer, own in zip(layers, params, strict=True):
        layer.params = own
    return model
