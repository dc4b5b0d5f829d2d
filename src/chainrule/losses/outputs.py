"""A network's outputs: the loss of each, fused with its last activation where the two make one simple rule."""

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.arrays import Array
from chainrule.graph import Network, Source, as_graph
from chainrule.losses.base import Loss
from chainrule.losses.fused import fused_loss
from chainrule.losses.masked import masked
from chainrule.metrics import Metric


class Output(NamedTuple):
    """One output of a network: its loss, how much that counts, its metrics, its name (where there are several)."""

    loss: Loss
    weight: float = 1.0
    metrics: Sequence[Metric] = ()
    name: str = ""


class FusedOutput(NamedTuple):
    """An output whose loss may take the value before the last activation: source of z, source of p, the loss of z.

    With softmax and cross-entropy the loss takes z, and dz = p - y (see "the fused rules" in losses/crossentropy.py).
    """

    z: Source
    p: Source
    loss: Loss

    @property
    def fused(self) -> bool:
        """Whether the last activation is covered by the loss."""
        return self.z != self.p


def fused_output(network: Network, loss: Loss, which: int = 0) -> FusedOutput:
    """Where the sweeps turn round: before the last activation, where loss and activation make one simple rule."""
    graph = as_graph(network)
    p = graph.outputs[which]
    if p.node < 0:
        return FusedOutput(p, p, loss)
    layer, sources, _ = graph.nodes[p.node]
    alone = not graph.users(p.node) and graph.outputs.count(p) == 1
    fused = fused_loss(layer.activation_name, loss) if alone and not layer.weight_names else None
    return FusedOutput(p, p, loss) if fused is None else FusedOutput(sources[0], p, fused)


def loss_of(
    output: Output, loss: Loss, y: Array, z: Array, weight: Array | None, mask: Array | None = None
) -> tuple[Array, Array, Array]:
    """One output's losses, one per example, as they count and before the output's weight; and dz of the batch's mean."""
    loss = masked(loss, mask)
    losses = loss.values(y, z)  # one per example
    dz = loss.derivative(y, z) / z.shape[0]  # the loss of the batch is their mean
    if weight is not None:
        losses, dz = losses * weight, dz * weight.reshape(-1, *[1] * (dz.ndim - 1))
    if output.weight == 1.0:
        return losses, losses, dz
    return losses * output.weight, losses, dz * output.weight
