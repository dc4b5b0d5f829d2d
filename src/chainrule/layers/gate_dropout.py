"""Products of recurrent layers whose gates each leave out numbers of their own, and their derivatives.

A kernel of several gates is a row of blocks, one a gate: W = [W_1 W_2 ...]. With dropout every block sees the input
through a mask of its own, the same at all times of a sequence (Gal and Ghahramani, 2016):

    y  = [(x · m_1) W_1   (x · m_2) W_2   ...]
    dx = Σ_g (dy_g W_gᵀ) · m_g
    dW = [Σ (x · m_1)ᵀ dy_1   ...]                  summed over times and examples

masks: (1 or gates, batch, n), or None for no dropout.
"""

from chainrule.arrays import Array, Noise, namespace


def gate_masks(noise: Noise, rates: list[float], shapes: list[tuple[int, int, int]]) -> list[Array | None]:
    """One array of masks per rate, None where it is 0: 0 for what is left out, else 1 / (1 - rate).

    The numbers of all are drawn at once, so that no mask repeats another's.
    """
    sizes = [a * b * c for a, b, c in shapes]
    drawn = noise((sum(sizes),))
    xp, masks, start = namespace(drawn), [], 0
    for rate, shape, size in zip(rates, shapes, sizes, strict=True):
        kept = drawn[start : start + size].reshape(shape) >= rate
        masks.append(xp.where(kept, xp.asarray(1 / (1 - rate), drawn.dtype), 0) if rate else None)
        start += size
    return masks


def flat(x: Array) -> Array:
    """(times, batch, n) -> (times · batch, n): one product for all times."""
    return x.reshape(-1, x.shape[-1])


def masked_product(x: Array, kernel: Array, masks: Array | None) -> Array:
    """x W, each gate through its mask.   x (..., batch, n), kernel (n, k) -> (..., batch, k)"""
    if masks is None:
        return (flat(x) @ kernel).reshape(*x.shape[:-1], -1)
    xp = namespace(x)
    blocks = xp.split(kernel, len(masks), axis=1)
    return xp.concatenate(
        [masked_product(x * m, w, None) for m, w in zip(masks, blocks, strict=True)], axis=-1
    )


def masked_product_backward(dy: Array, kernel: Array, masks: Array | None) -> Array:
    """dx = Σ_g (dy_g W_gᵀ) · m_g"""
    if masks is None:
        return (flat(dy) @ kernel.T).reshape(*dy.shape[:-1], -1)
    xp, gates = namespace(dy), len(masks)
    parts = zip(xp.split(dy, gates, axis=-1), xp.split(kernel, gates, axis=1), masks, strict=True)
    return sum(masked_product_backward(d, w, None) * m for d, w, m in parts)


def masked_kernel_gradient(x: Array, dy: Array, masks: Array | None) -> Array:
    """dW_g = Σ (x · m_g)ᵀ dy_g"""
    if masks is None:
        return flat(x).T @ flat(dy)
    xp = namespace(x)
    parts = zip(masks, xp.split(dy, len(masks), axis=-1), strict=True)
    return xp.concatenate([flat(x * m).T @ flat(d) for m, d in parts], axis=1)
