"""The learning step cut into pieces: each piece's derivatives computed alone, and added by a fixed binary tree.

Addition of floats depends on the order. Here the order is a property of the run, not of the machine: a batch is always
cut into the same pieces, every piece is one call of the same compiled program, and the sums are always

    ((p0 + p1) + (p2 + p3)) + ((p4 + p5) + (p6 + p7))

so that one process that computes all pieces and many that compute some of them end with the same bits. A process
computes neighbouring pieces, which are a branch of the tree; `peers` adds the branches.

The step is that of `backprop.make_step` but for the order of additions, and for layers that couple examples
(BatchNormalization): their statistics are those of each piece.
"""

import functools
from collections.abc import Callable, Sequence
from functools import reduce
from operator import add
from typing import Any, Protocol

import numpy as np

from chainrule.arrays import Array, Noise, counter_noise, namespace
from chainrule.backprop import (
    Batch,
    State,
    StepMetrics,
    Weights,
    add_penalties,
    added_losses,
    backward_sweep,
    forward_sweep,
    penalty,
)
from chainrule.engine.examples import Examples, as_float, each
from chainrule.engine.jax_engine import JaxEngine
from chainrule.engine.threads import one_thread_for_jax
from chainrule.errors import SettingError
from chainrule.graph import Graph, Network, Source, as_graph, masks_of, taken, tuple_of
from chainrule.losses.masked import counts_of
from chainrule.losses.outputs import Output, fused_output, loss_of
from chainrule.optimizers.base import Optimizer

PIECES = 8
Sums = dict[str, Any]  # of some pieces: gradients, statistics, and what was measured


class Peers(Protocol):
    """The processes that share the pieces of every batch: how many, which of them this is, and their sum."""

    count: int
    index: int

    def total(self, branch: Sums, join: Callable[[Sums, Sums], Sums]) -> Sums:
        """The sum of all processes' branches, the same bits in each of them."""


class Alone:
    """The only process: it computes all pieces."""

    count, index = 1, 0

    def total(self, branch: Sums, join: Callable[[Sums, Sums], Sums]) -> Sums:
        """The branch is the whole tree."""
        return branch


class StepInPieces:
    """A learning step as two functions: what a piece of a batch adds to the sums, and what the sums change.

    network, outputs, optimizer: as for `make_step`.  pieces: how many a batch is cut into, a power of two.
    """

    def __init__(
        self, network: Network, outputs: Sequence[Output], optimizer: Optimizer, pieces: int = PIECES
    ) -> None:
        self.graph: Graph = as_graph(network)
        self.outputs, self.optimizer, self.pieces = list(outputs), optimizer, check_pieces(pieces)
        self.ends = [fused_output(self.graph, output.loss, k) for k, output in enumerate(self.outputs)]

    def piece(self, state: State, batch: Batch, first: Array, share: Array) -> Sums:
        """What some rows of a batch add to the sums. first: the place of the first of them.  share: of the batch."""
        params, graph = state["params"], self.graph
        x, y, weight = batch
        rows = (x[0] if isinstance(x, tuple) else x).shape[0]
        values, cache = forward_sweep(graph, params, x, lambda i: noise_of_rows(state, i, first, rows))
        z = [taken([end.z], values, ()) for end in self.ends]
        p = [taken([end.p], values, ()) for end in self.ends]
        ys, weights = tuple_of(y, len(self.ends)), tuple_of(weight, len(self.ends))
        masks = masks_of(graph, values, x)
        if any(taken([end.p], masks, ()) is not None for end in self.ends):
            raise SettingError(
                "A mask says which steps of the output count, so that the loss is a mean over the whole batch: it cannot "
                "be shared out in pieces. End the mask before the output, or learn in one process."
            )
        passed = masks_of(graph, values, x)
        masks = [taken([end.p], passed, ()) for end in self.ends]
        losses = [
            loss_of(o, e.loss, *own)
            for o, e, *own in zip(self.outputs, self.ends, ys, z, weights, masks, strict=True)
        ]
        dz: dict[Source, Array] = {}
        for end, (_, _, d) in zip(self.ends, losses, strict=True):
            dz[end.z] = dz[end.z] + d if end.z in dz else d
        grads, _ = backward_sweep(graph, params, cache, dz)

        xp = namespace(p[0])
        count = xp.asarray(rows, dtype=p[0].dtype)
        total = reduce(add, (own.sum() for own, _, _ in losses)) + added_losses(graph, cache) * count
        measured = {"loss": xp.stack([total, count])}
        for output, (_, own, _), y_k, p_k, mask in zip(self.outputs, losses, ys, p, masks, strict=True):
            if output.name:
                measured[f"{output.name}_loss"] = xp.stack([own.sum(), count])
            measured |= {metric.name: counts_of(metric, y_k, p_k, mask) for metric in output.metrics}
        statistics = new_statistics(graph, params, cache)
        return {
            "grads": [{name: g * share for name, g in own.items()} for own in grads],
            "statistics": [{name: w * share for name, w in own.items()} for own in statistics],
            "measured": measured,
        }

    def update(self, state: State, sums: Sums) -> tuple[State, StepMetrics]:
        """The state after the step, and what the step measured."""
        params, number, graph = state["params"], state["step"], self.graph
        grads = add_penalties(graph, params, sums["grads"])
        rate = self.optimizer.rate_at(number, state["rate"])
        learned, optimizer_state = self.optimizer.update(
            grads, state["optimizer_state"], params, number, rate
        )
        learned = [
            own | new for own, new in zip(within_limits(graph, learned), sums["statistics"], strict=True)
        ]
        loss, count = sums["measured"]["loss"]
        measured = sums["measured"] | {
            "loss": namespace(count).stack([loss + penalty(graph, params) * count, count])
        }
        return state | {"params": learned, "optimizer_state": optimizer_state, "step": number + 1}, measured


class PiecesEngine(JaxEngine):
    """Steps in pieces, compiled by JAX for one thread; the pieces are this process's, the sums those of all.

    step: a StepInPieces.  peers: who shares the pieces; their number must divide that of the pieces.
    """

    def __init__(self, step: StepInPieces, batch: int, peers: Peers | None = None) -> None:
        one_thread_for_jax()
        update: Any = step.update  # takes sums where other engines' steps take a batch
        super().__init__(update, batch)
        import jax

        self.pieces, self.peers = step, peers or Alone()
        if step.pieces % self.peers.count:
            raise SettingError(
                f"{step.pieces} pieces cannot be shared out evenly to {self.peers.count} processes; take a number of "
                f"processes that divides {step.pieces}, or more pieces."
            )
        self.piece = jax.jit(self.one_piece, **self.settings)
        options = {name: value for name, value in self.settings.items() if name == "compiler_options"}
        self.update = jax.jit(step.update, donate_argnums=(0,), **options)
        self.join = jax.jit(sum_of, donate_argnums=(0,), **options)

    def one_piece(
        self, state: State, x: Array, y: Array, weight: Array | None, chosen: Array, first: Array, share: Array,
        divisor: float,
    ) -> Sums:  # fmt: skip
        """The sums of the chosen examples."""
        batch = (
            each(lambda x: as_float(x[chosen], divisor), x),
            *(each(lambda v: v[chosen], part) for part in (y, weight)),
        )
        return self.pieces.piece(state, batch, first, share)

    def advance(
        self, state: State, records: StepMetrics, examples: Examples, order: Array, start: int, stop: int
    ) -> tuple[State, StepMetrics]:
        """Runs the steps start..stop of an epoch."""
        order, found = np.asarray(order), []
        for k in range(start, stop):
            chosen = order[k * self.batch : (k + 1) * self.batch]
            state, measured = self.update(state, self.sums(state, examples, chosen))
            found.append(measured)
        records = {name: np.array(rows) for name, rows in records.items()}
        for k, measured in enumerate(found, start):
            for name, rows in records.items():
                rows[k] = np.asarray(measured[name])
        return state, records

    def sums(self, state: State, examples: Examples, chosen: np.ndarray) -> Sums:
        """The sums of a whole batch."""
        pieces, peers = self.pieces.pieces, self.peers
        bounds = [0, *np.cumsum(rows_of_pieces(len(chosen), pieces)).tolist()]
        data, reads = (examples.x, examples.y, examples.weight), state | {"optimizer_state": None}

        def leaf(i: int) -> Sums | None:
            rows = chosen[bounds[i] : bounds[i + 1]]
            share = np.float32(len(rows) / len(chosen))
            if not len(rows):
                return None
            return self.piece(reads, *data, rows, np.uint32(bounds[i]), share, divisor=examples.divisor)  # type: ignore[no-any-return]

        own = pieces // peers.count
        branch = tree(leaf, self.join, peers.index * own, (peers.index + 1) * own)
        if branch is None:  # fewer examples than pieces: whoever has none adds nothing
            branch = self.nothing(reads, data, chosen, examples.divisor)
        return peers.total(branch, self.join)

    def nothing(self, state: State, data: Any, chosen: np.ndarray, divisor: float) -> Sums:
        """Sums of no example: zeros."""
        import jax

        x, y, weight = data
        sums = functools.partial(self.one_piece, divisor=divisor)
        shapes = jax.eval_shape(sums, state, x, y, weight, chosen[:1], np.uint32(0), np.float32(0))
        return jax.tree.map(lambda s: jax.numpy.zeros(s.shape, s.dtype), shapes)  # type: ignore[no-any-return]


def check_pieces(pieces: Any) -> int:
    """A number of pieces; SettingError where it is no power of two.

    >>> check_pieces(8)
    8
    """
    if isinstance(pieces, bool) or not isinstance(pieces, int) or pieces < 1 or pieces & (pieces - 1):
        raise SettingError(f"The number of pieces is a power of two, such as 8; it got {pieces!r}.")
    return pieces


def rows_of_pieces(rows: int, pieces: int) -> list[int]:
    """How many rows of a batch each piece has: as alike as can be, the larger ones first.

    >>> rows_of_pieces(32, 8), rows_of_pieces(13, 8)
    ([4, 4, 4, 4, 4, 4, 4, 4], [2, 2, 2, 2, 2, 1, 1, 1])
    """
    return [(rows + pieces - 1 - i) // pieces for i in range(pieces)]


def tree(leaf: Callable[[int], Any], join: Callable[[Any, Any], Any], start: int, stop: int) -> Any:
    """The leaves start..stop, joined two and two; a leaf that is None is left out.

    >>> tree(str, lambda a, b: f"({a}{b})", 0, 4)
    '((01)(23))'
    """
    if stop - start == 1:
        return leaf(start)
    middle = (start + stop) // 2
    left, right = tree(leaf, join, start, middle), tree(leaf, join, middle, stop)
    return left if right is None else right if left is None else join(left, right)


def sum_of(a: Any, b: Any) -> Any:
    """Two sums as one, number by number."""
    if isinstance(a, dict):
        return {name: sum_of(value, b[name]) for name, value in a.items()}
    if isinstance(a, list):
        return [sum_of(left, right) for left, right in zip(a, b, strict=True)]
    return a + b


def noise_of_rows(state: State, node: int, first: Array, rows: int) -> Noise:
    """The noise that a whole batch would have at a node, of the rows from `first` on."""
    own = counter_noise(state["seed"], state["step"], node, first)
    shared = counter_noise(state["seed"], state["step"], node)
    return lambda shape: (own if shape[:1] == (rows,) else shared)(shape)


def new_statistics(graph: Graph, params: Weights, cache: list[Any]) -> Weights:
    """What layers count along: their new moving means, from the examples of one piece."""
    found: Weights = [{} for _ in params]
    for (layer, _, entry), kept in zip(graph.nodes, cache, strict=True):
        if layer.non_trainable_names:
            found[entry] |= layer.update_statistics(params[entry] | found[entry], kept)
    return found


def within_limits(graph: Graph, params: Weights) -> Weights:
    """The weights after their constraints."""
    limits = [layer.constraints() if layer.trainable else {} for layer in graph.layers]
    return [
        {name: own[name](w) if name in own else w for name, w in weights.items()}
        for weights, own in zip(params, limits, strict=True)
    ]
