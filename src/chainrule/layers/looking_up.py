"""What all attention rests on: every query looks at every key, and takes the values in proportion.

    s  = scale · q kᵀ             how well each key fits each query
    a  = softmax(s)               the shares, over the keys; not allowed: s is so low that a is 0
    y  = a v                      the values, mixed by the shares

    dv = aᵀ dy                    da = dy vᵀ
    ds = a · (da - Σ a da)        the softmax's rule, row by row
    dq = scale · ds k             dk = scale · dsᵀ q

Vaswani et al., "Attention is all you need" (2017).
"""

from typing import NamedTuple

from chainrule.activations.rows import d_softmax, softmax
from chainrule.arrays import Array, Noise, namespace

LOW = -1e9  # a score that gives the share 0


class Shares(NamedTuple):
    """What each query took from each key: the softmax's shares, and the same after dropout."""

    softmax: Array
    used: Array
    allowed: Array | None
    drop: Array | None


def shares_of(
    scores: Array, allowed: Array | None, noise: Noise | None, rate: float, nothing: bool = False
) -> Shares:
    """The shares of scores (..., queries, keys). allowed: where a query may look; rate: of dropout.

    nothing: a query that may look nowhere takes nothing; otherwise it takes from all alike.
    """
    xp = namespace(scores)
    a = softmax(scores if allowed is None else xp.where(allowed, scores, LOW))
    a = a if allowed is None or not nothing else xp.where(allowed, a, 0)
    if noise is None or not rate:
        return Shares(a, a, allowed, None)
    drop = xp.where(noise(a.shape) >= rate, xp.asarray(1 / (1 - rate), a.dtype), 0)
    return Shares(a, a * drop, allowed, drop)


def d_scores(d_used: Array, shares: Shares) -> Array:
    """The derivative by the scores, from that by the shares that were used."""
    da = d_used if shares.drop is None else d_used * shares.drop
    ds = d_softmax(da, shares.softmax, shares.softmax)
    return ds if shares.allowed is None else namespace(ds).where(shares.allowed, ds, 0)


def transposed(x: Array) -> Array:
    """The last two axes swapped."""
    return x.swapaxes(-1, -2)


def may_look(mask: Array | None, queries: int, keys: int, causal: bool, like: Array) -> Array | None:
    """Where queries may look, (batch or 1, queries or 1, keys): at keys that count, and if causal at none that is later.

    >>> import numpy as np
    >>> may_look(None, 2, 3, True, np.zeros(1)).astype(int)
    array([[[1, 0, 0],
            [1, 1, 0]]])
    """
    xp = namespace(like)
    allowed = None if mask is None else mask.astype(bool)[:, None, :]
    if causal:
        earlier = (xp.arange(queries)[:, None] >= xp.arange(keys)[None, :])[None]
        allowed = earlier if allowed is None else allowed & earlier
    return allowed


def both(a: Array | None, b: Array | None) -> Array | None:
    """Where both say yes; None says yes everywhere."""
    return a if b is None else b if a is None else a & b


def mask_of(masks: object, place: int) -> Array | None:
    """The mask of one of several inputs; None where none has one."""
    found: Array | None = masks[place] if isinstance(masks, tuple) and place < len(masks) else None
    return found
