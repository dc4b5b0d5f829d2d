"""What learning costs on each engine, roughly, from the network and the job alone: it decides which engine learns.

The estimate never asks what is imported, cached or loaded by others: the engine decides the bits of a training, so
the same job must get the same engine everywhere. benchmarks/LOG.md says how the constants were measured.
"""

from chainrule.arrays import choose_backend
from chainrule.graph import Graph
from chainrule.layers.recurrent import Recurrent

RATE = 5.5e10  # multiplications per second of a large product, on either engine
IMPORT_AND_COMPILE = 2.2  # seconds before JAX takes its first step
COMPILE_NODE = 0.03  # seconds more for each node
WORTH_A_PROGRAM = 0.05  # seconds of answering on NumPy, from which on a compiled program pays
PATCHES = 9.0  # times as long as the product itself takes NumPy to make the patches of a convolution
TIME_STEP = 3e-4  # seconds that NumPy's loops need for one step of a recurrent layer's time, both directions


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
    work = loops = turns = 0.0
    for node in graph.nodes:
        if node.layer.input_shape is not None:
            own = node.layer.multiplications(node.layer.input_shape)
            work += own
            loops += own if any(w.ndim > 2 for w in node.layer.params.values()) else 0
            turns += (
                node.layer.sequence_shape(node.layer.input_shape)[0]
                if isinstance(node.layer, Recurrent)
                else 0
            )
    seconds = examples * (work + PATCHES * loops) / RATE + TIME_STEP / 3 * turns * (1 + examples / 1024)
    if seconds < WORTH_A_PROGRAM:
        return "numpy"
    compiled = IMPORT_AND_COMPILE / 2 + COMPILE_NODE / 3 * len(graph.nodes) + examples * work / RATE
    return choose_backend(engine, seconds, compiled)


def seconds_of(graph: Graph, batch: int, steps: int) -> tuple[float, float]:
    """How long so many steps take on NumPy and on JAX, importing and compiling included.

    >>> from chainrule.layers import Dense
    >>> layer = Dense(784); layer.build((784,))
    >>> on_numpy, on_jax = seconds_of(Graph.chain([layer]), batch=32, steps=1875)
    >>> on_numpy > on_jax
    True
    """
    nodes, products, loops, turns, parameters = len(graph.nodes), 0.0, 0.0, 0, 0
    for node in graph.nodes:
        layer = node.layer
        if layer.input_shape is not None:
            own = 3.0 * layer.multiplications(layer.input_shape)  # forward, by the input, by the weights
            products += own
            loops += (
                own if any(w.ndim > 2 for w in layer.params.values()) else 0.0
            )  # patches are made beside the product
            turns += layer.sequence_shape(layer.input_shape)[0] if isinstance(layer, Recurrent) else 0
        parameters += layer.count_params()
    work = products * batch / RATE
    on_numpy = 4e-5 * nodes + TIME_STEP * turns + 6e-9 * parameters + work + PATCHES * loops * batch / RATE
    on_jax = 2e-5 + 3e-6 * nodes + 1.5e-9 * parameters + work
    return steps * on_numpy, IMPORT_AND_COMPILE + COMPILE_NODE * nodes + steps * on_jax
