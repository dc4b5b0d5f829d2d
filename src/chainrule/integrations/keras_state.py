"""The state of a Keras model's training as a run keeps it, and back."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, SettingError, require_package
from chainrule.models.saving import model_from_json
from chainrule.runs import Run, Snapshot, values

Place = tuple[int, int]  # group of variables (0 trainable, 1 not), number in it


@dataclass(frozen=True)
class Places:
    """Where a model's weights are among its variables: layer by layer, and by name what belongs to no layer's weights."""

    layers: list[tuple[str, dict[str, Place]]]
    rest: dict[str, Place]


def places_of(model: Any, config: dict[str, Any]) -> Places:
    """Where the weights are. Where all layers are known here too, in the order of our own network, so that its tools read
    them; in Keras's otherwise. Generators of random numbers are in `rest`.
    """
    numbers = {id(v): (0, i) for i, v in enumerate(model.trainable_variables)}
    numbers |= {id(v): (1, i) for i, v in enumerate(model.non_trainable_variables)}
    keras_layers = {}
    for layer in model.layers:
        own: dict[str, Place] = {}
        for variable in layer.variables:
            name = variable.path.partition(f"{layer.name}/")[2] or variable.path
            if id(variable) in numbers:  # else of a layer that was met before
                own[name if name not in own else f"{name}_{len(own)}"] = numbers.pop(id(variable))
        keras_layers[layer.name] = own
    rest = {f"{group}_{i}": (group, i) for group, i in numbers.values()}
    found = []
    for name, weights in our_layers(config) or [(name, list(own)) for name, own in keras_layers.items()]:
        if not set(weights) <= keras_layers.get(name, {}).keys():  # of other names here
            everything = list(keras_layers.items())
            return Places(everything, rest)
        found.append((name, {weight: keras_layers[name][weight] for weight in weights}))
    taken = {place for _, own in found for place in own.values()}
    left = {
        f"{name}/{weight}": place
        for name, own in keras_layers.items()
        for weight, place in own.items()
        if place not in taken
    }
    return Places(found, rest | left)


def our_layers(config: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The layers of the same network here, with their weights' names; none where it has layers that are not known here."""
    kind = "Functional" if "input_layers" in config else "Sequential"
    try:
        model = model_from_json(values.text({"class_name": kind, "config": values.plain(config, "model")}))
        model.build()
        return [
            (str(layer.name).partition(":")[0], list(layer.params)) for layer in model.learning_graph.layers
        ]
    except ChainruleError:
        return []


def learning_of(places: Places, state: Any, step: int) -> dict[str, Any]:
    """Copies of all arrays of Keras's state, weights by layer: the entry "learning" of a snapshot."""
    return {
        "params": [{name: copied(state[g][i]) for name, (g, i) in own.items()} for _, own in places.layers],
        "rest": {name: copied(state[g][i]) for name, (g, i) in places.rest.items()},
        "optimizer_state": [copied(value) for value in state[2]],
        "metrics_state": [copied(value) for value in state[3]], "step": np.asarray(step, np.int64),
    }  # fmt: skip


def copied(value: Any) -> np.ndarray:
    """An array that stays when the one it is copied from is given away."""
    return np.array(value, copy=True)


def metric_places(model: Any, logs: Any) -> dict[str, tuple[int, int]]:
    """Of the loss and every metric that is a mean: where its sum and its count are among the metrics' variables."""
    metrics = require_package("keras", "jax", "Recording Keras").metrics
    places = {id(variable): i for i, variable in enumerate(model.metrics_variables)}
    found: dict[str, tuple[int, int]] = {}
    for metric in all_metrics(model.metrics):
        name = str(metric.name)
        if (
            isinstance(metric, metrics.Mean)
            and name in logs
            and id(metric.total) in places
            and name not in found
        ):
            found[name] = (places[id(metric.total)], places[id(metric.count)])
    return found


def all_metrics(given: Any) -> list[Any]:
    """The metrics, and those inside them."""
    return [one for metric in given for one in [metric, *all_metrics(getattr(metric, "metrics", []) or [])]]


def rate_place(optimizer: Any) -> int | None:
    """Where the learning rate is among the optimizer's variables; None where a schedule decides it."""
    rate = optimizer._learning_rate  # noqa: SLF001 - `learning_rate` is its present value
    return next((i for i, variable in enumerate(optimizer.variables) if variable is rate), None)


class Restore:
    """Lets a `fit` of Keras go on from a recorded run: model.fit(x, y, epochs=9, callbacks=[Restore(run, step)]).

    run: a folder or a `chainrule.runs.Run`.  step: it goes on from the newest snapshot at or before it that was taken
    before an epoch; None: from the newest of these.  model: built and compiled as the recorded one was, with the same data.
    Weights, generators of layers, optimizer and NumPy's generator are then as they were, and what follows has the same bits.

    SettingError for a model of another shape; FileError for a damaged run.

    >>> model.fit(x, y, epochs=9, callbacks=[Restore("runs/2026-11-23T07-31-05_keras", 300)])      # doctest: +SKIP
    """

    async_safe = True  # Keras: no hook of a batch is used

    def __init__(self, run: Any, step: int | None = None) -> None:
        self.run = run if isinstance(run, Run) else Run(run)
        self.step = self.run.steps.stop if step is None else step

    def __getattr__(self, name: str) -> Any:
        """Keras's hooks that are not needed here do nothing."""
        if name.startswith("on_"):
            return nothing
        raise AttributeError(f"Restore has no {name!r}.")

    def set_params(self, params: dict[str, Any]) -> None:
        """Not needed."""

    def set_model(self, model: Any) -> None:
        """The Keras model that goes on."""
        self._model = model

    def on_train_begin(self, logs: Any = None) -> None:
        """Puts the model back. Keras has drawn an order to look at a first batch before this; the epoch's own comes after."""
        found = self.found()
        put_back(self._model, self.run, found.state["learning"])
        generator = found.state["numpy_generator"]
        state = {"key": generator["key"], "pos": int(generator["pos"])}
        np.random.set_state({"bit_generator": "MT19937", "state": state})  # noqa: NPY002 - Keras draws from it
        self._model._initial_epoch = int(found.extra["epoch"])  # noqa: SLF001 - as Keras's BackupAndRestore does

    def on_train_end(self, logs: Any = None) -> None:
        """The next fit begins where it is told to."""
        self._model._initial_epoch = None  # noqa: SLF001

    def found(self) -> Snapshot:
        """The snapshot to go on from."""
        for step in reversed([step for step in self.run.snapshots() if step <= self.step]):
            snapshot = self.run.load_snapshot(step)
            if snapshot.extra.get("first_of_epoch"):
                return snapshot
        raise SettingError(
            f"{self.run.name} has no snapshot from before an epoch at or before step {self.step}."
        )


def nothing(*given: Any, **named: Any) -> None:
    """A hook that is not needed."""


def put_back(model: Any, run: Run, learning: dict[str, Any]) -> None:
    """A snapshot's arrays into Keras's variables."""
    if "optimizer_state" not in learning or "rest" not in learning:
        raise SettingError(f"{run.name} was not recorded from Keras.")
    places, groups = (
        places_of(model, run.info.settings.model),
        (model.trainable_variables, model.non_trainable_variables),
    )
    own = [*(own for _, own in places.layers), places.rest]
    stored = [*learning["params"], learning["rest"]]
    pairs = [
        (groups[g][i], arrays.get(name))
        for names, arrays in zip(own, stored, strict=False)
        for name, (g, i) in names.items()
    ]
    pairs += list(zip(model.optimizer.variables, learning["optimizer_state"], strict=False))
    same = len(own) == len(stored) and len(model.optimizer.variables) == len(learning["optimizer_state"])
    for variable, array in pairs:
        if not same or array is None or tuple(variable.shape) != array.shape:
            raise SettingError(
                f"The model is not the one that {run.name} recorded: its {variable.path} does not fit."
            )
    for variable, array in pairs:
        variable.assign(array)
