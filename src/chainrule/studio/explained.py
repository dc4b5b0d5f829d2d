"""What a page asks of a step, answered from `explain`: overview, factors, maps of weights, accounts."""

from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.explain import StepExplained, StepInputs, Trace
from chainrule.explain.letters import network_line, symbols_of
from chainrule.explain.parts import Pictures, plain
from chainrule.explain.pictures import pixels_of
from chainrule.graph import as_graph
from chainrule.inference.probabilities import as_probabilities, tells_classes

Array = np.ndarray[Any, Any]
VIEWS = ("weights", "gradient", "update", "after")
EXACT = 200_000  # numbers: an array up to this size is sent in float32, a larger one in float16
LARGEST = 12  # updates that are listed


def overview(step: StepExplained) -> dict[str, Any]:
    """The whole step in sizes: its links, its examples, and the letters that stand for them."""
    symbols, links = symbols_of(step), []
    nodes = as_graph(step.inputs.network).nodes
    sources = [[None if s.node < 0 else step.links[s.node].name for s in node.sources] for node in nodes]
    for place, link in enumerate(step.links):
        shown = pixels_of(step, link) if "kernel" in link.params and link.params["kernel"].ndim == 2 else None
        links.append({
            "name": link.name, "layer": link.name.partition(":")[0], "kind": type(link.link).__name__,
            "activation": getattr(link.link, "activation", None) if not link.params else None,
            "in": list(link.x.shape[1:]), "out": list(link.y.shape[1:]), "symbol_in": symbols.ins[place],
            "symbol": symbols.outs[place], "number": symbols.numbers[place], "picture": None if shown is None else list(shown),
            "weights": {name: list(array.shape) for name, array in link.params.items()},
            "learns": sorted(link.gradient), "rms": sizes(link), "sources": sources[place],
        })  # fmt: skip
    fields: dict[str, Any] = plain({
        "step": step.number, "t": step.t, "loss": step.loss, "penalty": step.penalty, "rate": step.rate, "n": step.n,
        "legend": network_line(step, symbols), "links": links, "examples": examples(step), "largest": largest(step),
        "loss_name": step.outputs[0].loss.name, "amounts": not tells_classes(step.outputs[0].loss), "optimizer": type(step.inputs.optimizer).__name__,
        "optimizer_config": {k: v for k, v in step.inputs.optimizer.get_config().items() if isinstance(v, (int, float, bool))},
        "classes": None if step.inputs.classes is None else list(step.inputs.classes),
        "taken": step.inputs.after is not None,
    })  # fmt: skip
    return fields


def sizes(link: Any) -> dict[str, float]:
    """Root mean squares of what passed a link."""
    arrays = {"y": link.y}
    if link.delta is not None:
        arrays["delta"] = link.delta
    if "kernel" in link.params:
        arrays["weights"] = link.params["kernel"]
    if "kernel" in link.gradient:
        arrays |= {"gradient": link.gradient["kernel"], "update": link.update["kernel"]}
    with np.errstate(all="ignore"):
        return {
            name: float(np.sqrt(np.mean(np.square(np.asarray(a, np.float64))))) for name, a in arrays.items()
        }


def examples(step: StepExplained) -> list[dict[str, Any]]:
    """Each example of the batch: its number in the data, its target, the network's answer, its loss."""
    p, loss = np.asarray(step.p).reshape(step.n, -1), step.outputs[0].loss
    names, places, classes = step.inputs.classes, step.inputs.places, tells_classes(loss)
    if classes:
        p = as_probabilities(p, loss, as_graph(step.inputs.network).last_activation())
    found = []
    for k in range(step.n):
        best = int(p[k].argmax()) if classes else 0
        name = str(names[best]) if names is not None and best < len(names) else str(best)
        found.append({
            "place": None if places is None else int(places[k]), "target": step.inputs.target(k),
            "answer": name if classes else f"{p[k, 0]:.4g}", "p": float(p[k, best]), "loss": float(step.losses[k]),
        })  # fmt: skip
    return found


def largest(step: StepExplained) -> list[dict[str, Any]]:
    """The weights that this step moves most, in the whole network."""
    found = []
    for link in step.links:
        for name in link.gradient:
            moved = np.nan_to_num(np.abs(link.update[name]).ravel())
            some = np.argpartition(-moved, min(LARGEST, moved.size - 1))[:LARGEST]
            for flat in some:
                index = [int(i) for i in np.unravel_index(int(flat), link.update[name].shape)]
                found.append((float(moved[flat]), link, name, index))
    found.sort(key=lambda entry: -entry[0])
    return [
        {
            "layer": link.name, "weight": name, "index": index, "old": float(link.params[name][tuple(index)]),
            "new": float(link.learned[name][tuple(index)]), "gradient": float(link.gradient[name][tuple(index)]),
        }
        for _, link, name, index in found[:LARGEST]
    ]  # fmt: skip


def factors(step: StepExplained) -> tuple[dict[str, Any], dict[str, Array]]:
    """What a gradient is made of: the batch, every link's output, and the derivative of the loss by it."""
    arrays: dict[str, Array] = {"x": np.asarray(step.links[0].x, np.float32)}
    for link in step.links:
        arrays[f"y:{link.name}"] = np.asarray(link.y, np.float32)
        if link.delta is not None:
            arrays[f"d:{link.name}"] = np.asarray(link.delta, np.float32)
    return {"step": step.number, "n": step.n}, arrays


def weight_map(
    step: StepExplained, layer: str, weight: str, view: str
) -> tuple[dict[str, Any], dict[str, Array]]:
    """A weight's array, its gradient, its update or its new values: float32, or float16 where it is large."""
    link = step.link(layer)
    if weight not in link.params:
        raise unknown(f"weight of {link.name}", weight, link.params)
    if view not in VIEWS:
        raise unknown("view", view, VIEWS)
    of = {"weights": link.params, "gradient": link.gradient, "update": link.update, "after": link.learned}[
        view
    ]
    if weight not in of:
        raise SettingError(f"{link.name} does not learn: its {weight} has no {view}.")
    return mapped(link.name, weight, view, of[weight])


def mapped(
    layer: str, weight: str, view: str, found: Any, **more: Any
) -> tuple[dict[str, Any], dict[str, Array]]:
    """An array as a map: its sizes for the colours, and its numbers."""
    values = np.asarray(found, np.float32)
    finite = np.abs(values[np.isfinite(values)])
    header = {
        "layer": layer, "weight": weight, "view": view, **more, "shape": list(values.shape), "rounded": values.size > EXACT,
        "largest": float(finite.max()) if finite.size else 0.0,
        "typical": float(np.median(finite[finite > 0])) if (finite > 0).any() else 0.0,
    }  # fmt: skip
    return header, {"values": values if values.size <= EXACT else values.astype(np.float16)}


def difference(
    step: StepExplained, other: StepExplained, layer: str, weight: str, against: str
) -> tuple[dict[str, Any], dict[str, Array]]:
    """A weight's array less what it is in another step; against: that step in words."""
    link = step.link(layer)
    if weight not in link.params:
        raise unknown(f"weight of {link.name}", weight, link.params)
    return mapped(
        link.name,
        weight,
        "difference",
        link.params[weight] - other.link(layer).params[weight],
        against=against,
    )


def weight_account(
    step: StepExplained,
    layer: str,
    weight: str,
    index: list[int],
    example: int | None,
    check: bool,
    pictures: bool = True,
) -> dict[str, Any]:
    """The arithmetic of one weight, as `explain` gives it; with pictures as rows of numbers, or without."""
    link = step.link(layer)
    if example is not None and not 0 <= example < step.n:
        raise SettingError(
            f"The batch has {step.n} examples, 0 to {step.n - 1}; there is no example {example}."
        )
    trace = step.weight_of(layer, weight, *index, example=example, check=check)
    if not pictures:
        trace = without_pictures(trace)
    fields = trace.to_dict()
    fields["shape"] = list(link.params[weight].shape)
    fields["layer"], fields["weight"] = link.name, weight
    return fields


def without_pictures(trace: Trace) -> Trace:
    """An account without its small pictures."""
    return Trace(trace.title, [part for part in trace.parts if not isinstance(part, Pictures)], trace.facts)


class ExplainedOnce(StepExplained):
    """A step of which many accounts are asked: how far it is from training's own result is found out once."""

    @cached_property
    def found_agreement(self) -> Any:
        """The agreement with what training made of the step."""
        return super().agreement()

    def agreement(self, after: Any = None) -> Any:
        """How far this step's result is from what training made of it."""
        return self.found_agreement if after is None else super().agreement(after)


def opened(inputs: StepInputs) -> StepExplained:
    """The step that its inputs make, taken to be looked at."""
    with np.errstate(all="ignore"):
        return ExplainedOnce(inputs)
