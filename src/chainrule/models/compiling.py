"""What `compile` is told, for one output or several: losses, their weights, metrics."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.errors import SettingError, unknown
from chainrule.internal import custom_objects

if TYPE_CHECKING:
    from chainrule.losses.outputs import Output

# Settings of compile that change nothing at these values.
IGNORED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "weighted_metrics": (None,),
    "run_eagerly": (False, None),
    "steps_per_execution": (1, None),
    "jit_compile": ("auto", True, False, None),
    "auto_scale_loss": (True, False),
}


class Asked:
    """The losses, loss weights and metrics that `compile` was given, as they were written.

    loss, metrics, weights: one for all outputs, a list with one for each, or a dict by the outputs' names.
    """

    def __init__(self, loss: Any = None, metrics: Any = None, weights: Any = None) -> None:
        self.loss, self.metrics, self.weights = registered(loss), registered(metrics), weights

    def losses(self, names: Sequence[str]) -> list[Any]:
        """A loss for each output; None where an output has none."""
        from chainrule import losses

        loss = self.loss
        if not isinstance(loss, (list, tuple, dict)) or (isinstance(loss, dict) and "class_name" in loss):
            loss = [loss] * len(names)  # one loss counts for every output, as in Keras
        asked = by_output(loss, names, "losses")
        return [None if one is None else losses.for_learning(losses.as_loss(one)) for one in asked]

    def loss_weights(self, names: Sequence[str]) -> list[float]:
        """How much each output's loss counts."""
        weights = by_output(
            [1.0] * len(names) if self.weights is None else self.weights, names, "loss_weights"
        )
        if not all(isinstance(w, (int, float)) for w in weights):
            raise SettingError(f"loss_weights must be numbers, one for each output; it got {self.weights!r}.")
        return [float(w) for w in weights]

    def metrics_by_output(self, names: Sequence[str]) -> list[list[Any]]:
        """The metrics of each output, as they were written."""
        metrics = self.metrics
        if isinstance(metrics, dict) and "class_name" not in metrics:
            return [flattened(one) for one in by_output(metrics, names, "metrics")]
        asked = as_list(metrics)
        if len(names) > 1 and (
            any(isinstance(one, (list, tuple)) for one in asked) or len(asked) == len(names)
        ):
            return [flattened(one) for one in by_output(asked, names, "metrics")]
        return [flattened(asked) for _ in names]

    def outputs(
        self, names: Sequence[str], y_shapes: Sequence[Any], output_shapes: Sequence[Any]
    ) -> "list[Output]":
        """Each output with its loss and its metrics, now that the targets' shapes are known."""
        from chainrule import metrics
        from chainrule.losses.outputs import Output

        found, seen = [], dict[str, int]()
        several = len(names) > 1
        for name, loss, weight, asked, y, p in zip(
            names, self.losses(names), self.loss_weights(names), self.metrics_by_output(names), y_shapes, output_shapes,
            strict=True,
        ):  # fmt: skip
            own = [metrics.for_learning(metrics.get(one, y, p)) for one in asked]
            if any(metric.name == "loss" for metric in own):
                raise SettingError("A metric cannot be called 'loss': give it a name of its own.")
            own = [
                called(metric, f"{name}_{metric.name}" if several else metric.name, seen) for metric in own
            ]
            found.append(Output(loss, weight, own, name if several else ""))
        return found


def called(metric: Any, key: str, seen: dict[str, int]) -> Any:
    """The metric under its key in logs and History; the second of a key is `key_1`, as in Keras. seen: how often each key came.

    What the user gave keeps its own name.
    """
    seen[key] = seen.get(key, 0) + 1
    key = key if seen[key] == 1 else f"{key}_{seen[key] - 1}"
    if metric.name == key:
        return metric
    renamed = copy.copy(metric)
    renamed.name = key
    return renamed


def flattened(metrics: Any) -> list[Any]:
    """Metrics given as one, a list, or lists in a list; names that a user registered as what they stand for.

    >>> flattened([["mae"], "mse"]), flattened("mae"), flattened(None)
    (['mae', 'mse'], ['mae'], [])
    """
    if metrics is None:
        return []
    if isinstance(metrics, (list, tuple)):
        return [one for entry in metrics for one in flattened(entry)]
    registered = custom_objects.find(metrics) if isinstance(metrics, str) else None
    return [metrics if registered is None else registered]


def registered(asked: Any) -> Any:
    """Names that the program has registered, as what they stand for now: at fit the scope may have ended."""
    if isinstance(asked, str):
        found = custom_objects.find(asked)
        return asked if found is None else found
    if isinstance(asked, dict) and "class_name" not in asked:
        return {name: registered(one) for name, one in asked.items()}
    return [registered(one) for one in asked] if isinstance(asked, (list, tuple)) else asked


def by_output(given: Any, names: Sequence[str], what: str) -> list[Any]:
    """Something for each output, from a list in their order or a dict by their names."""
    if isinstance(given, dict):
        for name in given:
            if name not in names:
                raise unknown("output", name, names)
        return [given.get(name) for name in names]
    if not isinstance(given, (list, tuple)):
        raise SettingError(f"{what} must be a list or a dict with one for each output; it got {given!r}.")
    if len(given) != len(names):
        raise SettingError(
            f"The model has {len(names)} outputs ({', '.join(names)}); {what} got {len(given)}."
        )
    return list(given)


def answers_by_name(said: Any, names: list[str] | None) -> Any:
    """Several outputs' answers in a list, one as it is; by their names where there are some.

    >>> answers_by_name((1, 2), None), answers_by_name(1, None), answers_by_name((1, 2), ["kind", "size"])
    ([1, 2], 1, {'kind': 1, 'size': 2})
    """
    if names:
        return dict(zip(names, said if isinstance(said, (tuple, list)) else [said], strict=True))
    return list(said) if isinstance(said, tuple) else said


def as_list(value: Any) -> list[Any]:
    """One thing as a list, None as an empty one."""
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]


def refuse_settings(what: str, **settings: Any) -> None:
    """Says of settings that Keras knows that they are not supported, where they are set, and of others that there are none."""
    for setting, value in settings.items():
        if setting not in KERAS_SETTINGS:
            raise SettingError(f"{what} has no setting called {setting!r} (it got {value!r}).")
        default = setting in ON_BY_DEFAULT
        if value is not None and value is not default:
            raise SettingError(f"{what}: {setting} is not supported; leave it out.")


ON_BY_DEFAULT = {"zipped"}
KERAS_SETTINGS = {
    "callbacks", "input_signature", "layer_range", "objects_to_skip", "positions",
    "zipped", "save_format", "options", "signatures",
}  # fmt: skip
