"""What learning costs on each engine, roughly, from the network and the job alone: it decides which engine learns.

The estimate never asks what is imported, cached or loaded by others: the engine decides the bits of a training, so
the same job must get the same engine everywhere. benchmarks/LOG.md says how the constants were measured.
"""

from dataclasses import dataclass
from functools import cached_property

from chainrule.arrays import choose_backend
from chainrule.graph import Graph
from chainrule.layers.recurrent import Recurrent

IMPORT_AND_COMPILE = 1.25  # seconds before JAX takes its first step
COMPILE_NODE = 0.03  # seconds more for each node
COMPILE_LOOP = 0.2  # seconds more for each convolution and each recurrent layer
WORTH_A_PROGRAM = 0.05  # seconds of answering on NumPy, from which on a compiled program pays


@dataclass(frozen=True)
class Pace:
    """What an engine needs, in seconds."""

    product: float  # for a multiplication in a large product
    step: float  # for a step
    node: float  # for a node of the network, in a step
    parameter: float  # for a weight: Adam's update
    turn: float  # for one step of a recurrent layer's time, both directions
    patches: float  # for a convolution's patches, in times of its product


NUMPY = Pace(product=1.9e-11, step=6e-5, node=8e-5, parameter=6e-9, turn=1.6e-4, patches=11.0)
JAX = Pace(product=1.5e-11, step=1e-5, node=8e-6, parameter=1.5e-9, turn=2.5e-5, patches=3.0)


def multiplications(graph: Graph) -> tuple[int, int]:
    """How many multiplications one example takes: to be predicted, and to be learned from.

    Learning is the prediction, the derivative by the input of each node whose inputs must know it, and that by the
    weights of each node that learns: the lowest layer's input needs none.

    >>> from chainrule.layers import Dense
    >>> first, second = Dense(100), Dense(10)
    >>> first.build((784,)); second.build((100,))
    >>> multiplications(Graph.chain([first, second]))
    (79400, 159800)
    """
    predicting, learning = 0, 0
    for i, node in enumerate(graph.nodes):
        if node.layer.input_shape is None:
            continue
        own = node.layer.multiplications(node.layer.input_shape)
        passes_on = any(source.node in graph.needs_delta for source in node.sources)
        predicting += own
        learning += own * (1 + (i in graph.learners) + passes_on)
    return predicting, learning


def answering_engine(graph: Graph, examples: int, engine: str | None) -> str:
    """Which engine answers so many examples. engine: that of the model, None where nothing was asked or learned.

    A compiled program answers many; for few, NumPy is done before it would have begun.
    """
    size = Size(graph)
    on_numpy = size.products_of(NUMPY, examples) + NUMPY.turn / 2 * size.turns * (1 + examples / 1024)
    if on_numpy < WORTH_A_PROGRAM:
        return "numpy"
    return choose_backend(engine, on_numpy, size.start / 2 + size.products_of(JAX, examples))


def seconds_of(graph: Graph, batch: int, steps: int) -> tuple[float, float]:
    """How long so many steps take on NumPy and on JAX, importing and compiling included.

    >>> from chainrule.layers import Dense
    >>> layer = Dense(784); layer.build((784,))
    >>> on_numpy, on_jax = seconds_of(Graph.chain([layer]), batch=32, steps=1875)
    >>> on_numpy > on_jax
    True
    """
    size = Size(graph)
    return steps * size.step(NUMPY, batch), size.start + steps * size.step(JAX, batch)


class Size:
    """What a network's cost depends on: nodes, weights, products of one example's prediction, loops of time."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.nodes = graph, len(graph.nodes)
        self.products = self.convolutions = 0.0  # multiplications; of them in convolutions
        self.turns = self.loops = 0
        for layer in (node.layer for node in graph.nodes if node.layer.input_shape is not None):
            own = float(layer.multiplications(layer.input_shape))
            convolves = any(w.ndim > 2 for w in layer.params.values())
            self.products += own
            self.convolutions += own if convolves else 0.0
            self.turns += layer.sequence_shape(layer.input_shape)[0] if isinstance(layer, Recurrent) else 0
            self.loops += convolves or isinstance(layer, Recurrent)

    @cached_property
    def parameters(self) -> int:
        """How many weights learn."""
        return sum(node.layer.count_params() for node in self.graph.nodes)

    @property
    def start(self) -> float:
        """Seconds before JAX takes its first step."""
        return IMPORT_AND_COMPILE + COMPILE_NODE * self.nodes + COMPILE_LOOP * self.loops

    def products_of(self, pace: Pace, examples: int) -> float:
        """Seconds of the products that predict so many examples, with the patches beside them."""
        return examples * pace.product * (self.products + pace.patches * self.convolutions)

    def step(self, pace: Pace, batch: int) -> float:
        """Seconds of a step of learning: three products a layer, the patches beside them, the update."""
        return (
            pace.step
            + pace.node * self.nodes
            + pace.parameter * self.parameters
            + pace.turn * self.turns
            + 3 * self.products_of(pace, batch)
        )
