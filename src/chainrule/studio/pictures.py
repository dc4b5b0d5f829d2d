"""What is drawn while a network learns: the plane with its decision surface, first weights as templates, answers."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.backprop import forward_sweep
from chainrule.graph import Network, as_graph
from chainrule.inference.probabilities import as_probabilities, tells_classes

Array = np.ndarray[Any, Any]
GRID, REACH = 32, 1.25  # points a side of the plane; how far it reaches from the middle
SHOWN = 48  # templates at most
SAMPLE = 24  # held-out examples whose answers are watched
SATURATED = 0.95


def reach_of(data: Any) -> float:
    """How far the plane or line reaches from its middle, so that all points of a data set lie on it."""
    if tuple(data.input_shape) not in ((1,), (2,)) or not len(data.x_train):
        return REACH
    furthest = float(np.quantile(np.abs(data.x_train), 0.995))
    return REACH if furthest <= REACH else 1.1 * furthest


def grid(reach: float = REACH) -> Array:
    """The points of the plane at which a network is asked, row by row from the top left."""
    line = np.linspace(-reach, reach, GRID, dtype=np.float32)
    x, y = np.meshgrid(line, line[::-1])
    return np.stack([x.ravel(), y.ravel()], axis=1)


def links_of(network: Network, params: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Every link of a network, a chain or one that branches, with its weights."""
    return [(node.layer, params[node.entry]) for node in as_graph(network).nodes]


def outputs_of(network: Network, params: Sequence[Any], x: Any) -> list[Array]:
    """The output of every link for some inputs."""
    with np.errstate(all="ignore"):
        return forward_sweep(network, list(params), x)[0]


def answers_of(model: Any, said: Array) -> Array:
    """A network's outputs as they are shown, float32 (n, ...): a probability for each class, or amounts."""
    loss = model.loss_object
    shown = as_probabilities(said, loss, model.graph.last_activation()) if tells_classes(loss) else said
    return np.asarray(shown, np.float32).reshape(len(said), -1)


def layer_ends(network: Network) -> list[tuple[str, int]]:
    """Each layer's name and the place of its last link: a Dense with an activation ends with that."""
    ends: dict[str, int] = {}
    for place, node in enumerate(as_graph(network).nodes):
        ends[str(node.layer.name).partition(":")[0]] = place
    return list(ends.items())


def as_bytes(values: Array, scale: float) -> Array:
    """Numbers from -scale to scale as 1 to 255; 128 is 0."""
    with np.errstate(all="ignore"):
        shown = np.nan_to_num(values / (scale or 1.0), posinf=1.0, neginf=-1.0)
    return np.asarray(np.clip(np.rint(128 + 127 * shown), 1, 255), np.uint8)


def plane(
    network: Network, params: Sequence[Any], reach: float = REACH, loss: Any = None
) -> dict[str, Array]:
    """What each unit says to each point of the plane, uint8 (units, GRID²) by layer; 128 is 0.

    loss: of the network; where it tells two classes apart, the last map is of the second one's probability, and 128 is one half.
    """
    outputs = outputs_of(network, params, grid(reach))
    drawn = {}
    ends = layer_ends(network)
    for number, (name, place) in enumerate(ends):
        result = outputs[place].reshape(GRID * GRID, -1)
        if number == len(ends) - 1 and result.shape[1] == 1 and tells_classes(loss):
            p = as_probabilities(result, loss, as_graph(network).last_activation())
            result, scale = 2 * p[:, 1:] - 1, 1.0  # its middle is the boundary
        else:
            finite = np.abs(result[np.isfinite(result)])
            scale = float(finite.max()) if finite.size else 1.0
        drawn[f"map:{name}"] = as_bytes(result.T, scale)
    return drawn


def along(reach: float = REACH) -> Array:
    """The points of a line at which a network is asked."""
    return np.linspace(-reach, reach, GRID, dtype=np.float32)


def along_line(network: Network, params: Sequence[Any], reach: float = REACH) -> dict[str, Array]:
    """What each unit says along a line, as a map whose rows are all the same; and the answers, float32 (GRID,)."""
    outputs = outputs_of(network, params, along(reach)[:, None])
    drawn = {"answer": np.asarray(outputs[-1], np.float32).ravel()[:GRID]}
    for name, place in layer_ends(network):
        result = outputs[place].reshape(GRID, -1)
        finite = np.abs(result[np.isfinite(result)])
        scale = float(finite.max()) if finite.size else 1.0
        drawn[f"map:{name}"] = np.tile(as_bytes(result.T, scale), (1, GRID))
    return drawn


def small_weights(network: Network, params: Sequence[Any], most: int = 4096) -> dict[str, Array]:
    """Kernels and biases of the layers that have few, for the lines between units."""
    return {
        f"{name}:{link.name}": np.asarray(array, np.float32)
        for link, weights in links_of(network, params)
        for name, array in weights.items()
        if array.size <= most
    }


def templates(network: Network, params: Sequence[Any], shape: tuple[int, ...]) -> dict[str, Array]:
    """The first layer's weights as pictures of the input, uint8 (units, pixels); none where the input is no picture."""
    for link, weights in links_of(network, params):
        kernel = weights.get("kernel")
        if kernel is None:
            continue
        if kernel.ndim != 2 or len(shape) < 2 or kernel.shape[0] != math.prod(shape):
            return {}
        some = np.asarray(kernel)[:, :SHOWN].T
        if len(shape) == 3 and shape[-1] > 1:  # the mean of the colours
            some = some.reshape(len(some), -1, shape[-1]).mean(axis=2)
        scale = np.abs(some).max(axis=1, keepdims=True)
        return {f"templates:{link.name}": as_bytes(some / np.where(scale > 0, scale, 1), 1.0)}
    return {}


def unit_shares(network: Network, outputs: Sequence[Array]) -> dict[str, list[float]]:
    """By layer: the share of units that are 0 for all examples, and the share of outputs where the function is flat."""
    found = {}
    for node, y in zip(as_graph(network).nodes, outputs, strict=True):
        link = node.layer
        kind = getattr(link, "activation", None) if not link.weight_names else None
        rows = y.reshape(-1, y.shape[-1])
        name = str(link.name).partition(":")[0]
        if kind == "relu":
            found[name] = [float((rows <= 0).all(axis=0).mean()), 0.0]
        elif kind in ("tanh", "sigmoid"):
            bent = rows if kind == "tanh" else 2 * rows - 1
            found[name] = [0.0, float((np.abs(bent) > SATURATED).mean())]
    return found
