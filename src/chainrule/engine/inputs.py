"""What a model is given to learn or predict from: one input or several, as arrays, a list, or a dict by their names."""

from collections.abc import Sequence
from typing import Any

from chainrule.datasets.rows import Rows
from chainrule.engine.changing_sizes import follow
from chainrule.engine.examples import Examples, Scaled, as_array, check_inputs
from chainrule.errors import DataError, SettingError
from chainrule.graph import Graph
from chainrule.layers.base import Layer


def build_for(model: Any, x: Any) -> None:
    """Builds a model that does not know its input's shape yet, by what it is given."""
    if model.input_layer is None and hasattr(model, "drawn") and several(x):
        model.build([(None, *value.shape[1:]) for value in x])
    elif model.input_layer is None and x is not None:
        values = first(x)
        values = values.values if isinstance(values, Scaled) else values
        values = values if isinstance(values, Rows) else as_array(values, "inputs")
        model.build((None, *(values.shape[1:] or (1,))))
        if model.input_layer is not None:
            model.input_layer.by_data = True
    elif model.input_layer is not None and model.input_layer.by_data and hasattr(first(x), "shape"):
        follow(model, tuple(first(x).shape[1:]))
    model.build()
    if any(getattr(one, "batch_size", None) for one in (model.input_layer, *model.layers)):
        from chainrule.engine.carried import begin_declared

        begin_declared(model)


def several(x: Any) -> bool:
    """Whether what a model is given is a list of arrays, one for each of several inputs."""
    return isinstance(x, (list, tuple)) and len(x) > 1 and all(getattr(one, "ndim", 0) > 0 for one in x)


def inputs_of(model: Any, x: Any, graph: Graph) -> Examples:
    """Inputs for predicting, checked against the model."""
    label = model.layers[0].label if model.layers else "The model"
    found = inputs_for(x, model.input_tuple(), model.input_names, label)
    check_values(graph, found)
    return found


def inputs_for(x: Any, shapes: Sequence[Any], names: Sequence[str], label: str) -> Examples:
    """One input or several, checked; a tuple of arrays where there are several."""
    if len(shapes) == 1:
        return check_inputs(by_name(x, names, "inputs")[0], shapes[0], label)
    given = by_name(x, names, "inputs")
    found = [
        check_inputs(value, shape, f"The input {name!r}")
        for value, shape, name in zip(given, shapes, names, strict=True)
    ]
    if len({len(one) for one in found}) != 1:
        raise DataError(
            f"The inputs have different numbers of examples: {', '.join(str(len(one)) for one in found)}."
        )
    if len({one.divisor for one in found}) != 1:
        raise DataError("Several inputs are either all Scaled alike or none of them is.")
    return Examples(tuple(one.x for one in found), divisor=found[0].divisor)


def by_name(given: Any, names: Sequence[str], what: str, missing: bool = False) -> list[Any]:
    """Something for each input or output: a list in their order, or a dict by their names, which may hold more."""
    if given is None and missing:
        return [None] * len(names)
    if len(names) == 1:
        return [given[names[0]] if isinstance(given, dict) and names[0] in given else first(given)]
    if isinstance(given, dict):
        unknown_names = [name for name in given if name not in names]
        lacking = any(name not in given for name in names)
        if lacking and (unknown_names or not missing):
            raise SettingError(
                f"The {what} are a dict with {', '.join(given)}; the model has {', '.join(names)}."
            )
        return [given.get(name) for name in names]
    if not isinstance(given, (list, tuple)) or len(given) != len(names):
        count = len(given) if isinstance(given, (list, tuple)) else 1
        raise SettingError(
            f"The model has {len(names)} {what} ({', '.join(names)}): give a list of {len(names)} arrays; it got {count}."
        )
    return list(given)


def first(given: Any) -> Any:
    """What stands alone in a list or dict of arrays; anything else as it is."""
    if isinstance(given, dict) and len(given) == 1:
        return next(iter(given.values()))
    if (
        isinstance(given, (list, tuple))
        and not isinstance(given, Scaled)
        and len(given) == 1
        and hasattr(given[0], "shape")
    ):
        return given[0] if getattr(given[0], "ndim", 1) > 1 else given
    return given


def check_values(graph: Graph, examples: Examples) -> None:
    """Lets the layers that are fed by the inputs refuse numbers that they cannot take."""
    columns = examples.x if isinstance(examples.x, tuple) else (examples.x,)
    for node in graph.nodes:
        for source in node.sources:
            if source.node < 0 and type(node.layer).check_values is not Layer.check_values:
                node.layer.check_values(columns[-1 - source.node])
