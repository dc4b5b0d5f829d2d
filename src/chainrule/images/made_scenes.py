"""Pictures like photos of things, made by the program: no digit in them, but much that a reader may take for strokes.

Patches of all sizes lie over each other ("dead leaves"), each with its tone, a shade and the grain of a surface: edges,
shadows and small parts are then about as frequent as in photos.
"""

from typing import Any

import numpy as np

from chainrule.images.filters import Floats, resized

Random = np.random.Generator
LARGEST = 0.45  # of the picture's longer side: half the size of a patch
SMALLEST = 0.02
LIKE = 0.7  # of the patches have colours of the picture's few


def scene(rng: Random) -> np.ndarray[Any, Any]:
    """A picture of things, float (h, w, 3) from 0 to 255; the same generator draws the same."""
    h, w = int(rng.integers(60, 260)), int(rng.integers(60, 300))
    greys, strong = rng.uniform(10, 245, (int(rng.integers(2, 7)), 1)), rng.uniform(0, 50)
    few = np.clip(greys + rng.normal(0, strong, (len(greys), 3)), 0, 255)
    grain = surface(rng, max(h, w) + 40)
    out = np.empty((h, w, 3), np.float32)
    out[:] = few[0]
    out += (grain[:h, :w] * rng.uniform(0, 40))[..., None]
    largest = LARGEST * rng.uniform(0.3, 1.0)
    for _ in range(int(rng.integers(10, 120))):
        r = SMALLEST * (largest / SMALLEST) ** rng.random() * max(h, w)
        base = few[rng.integers(len(few))]
        if rng.random() > LIKE:
            base = base + rng.normal(0, 60)
        _leaf(out, grain, r, base + rng.normal(0, 20, 3), rng)
    y, x = np.indices((h, w), dtype=np.float32)
    light = 1.0 + rng.normal(0, 0.25) * (x / w - 0.5) + rng.normal(0, 0.25) * (y / h - 0.5)
    return np.clip(out * light[..., None], 0, 255)


def surface(rng: Random, side: int) -> Floats:
    """A surface's unevenness, (side, side), mean 0 and spread 1: as in photos the coarse is stronger than the fine."""
    out = np.zeros((side, side), np.float32)
    step = 2
    while step < side:
        coarse = rng.normal(0, 1, (step, max(2, round(step * rng.uniform(0.4, 1.0))))).astype(np.float32)
        out += resized(coarse, side, side, "BICUBIC") * np.float32(step ** -rng.uniform(0.3, 1.0))
        step *= 2
    flat: Floats = (out - out.mean()) / max(float(out.std()), 1e-6)
    return flat


def _leaf(out: np.ndarray[Any, Any], grain: Floats, r: float, colour: Any, rng: Random) -> None:
    """One patch: an oval, a polygon, a band or a spot of the grain; drawn into `out`."""
    h, w, _ = out.shape
    cx, cy = rng.uniform(-0.05, 1.05) * w, rng.uniform(-0.05, 1.05) * h
    left, right = int(max(0, cx - 2 * r)), int(min(w, cx + 2 * r + 2))
    top, bottom = int(max(0, cy - 2 * r)), int(min(h, cy + 2 * r + 2))
    if right <= left or bottom <= top:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    turn = rng.uniform(0, np.pi)
    u = ((x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)) / r
    v = ((y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)) / r
    v = v + np.float32(rng.normal(0, 0.3)) * u * u  # bent
    narrow = rng.uniform(0.12, 1.0)
    shape = rng.random()
    if shape < 0.4:
        inside = u * u + (v / narrow) ** 2 < 1
    elif shape < 0.7:
        inside = np.abs(u) < 1
        for _ in range(int(rng.integers(1, 4))):
            a = rng.uniform(0, 2 * np.pi)
            inside &= u * np.cos(a) + v / narrow * np.sin(a) < rng.uniform(0.4, 1.0)
        inside &= np.abs(v) < narrow
    elif shape < 0.85:
        inside = (np.abs(u) < 1.6) & (np.abs(v) < 0.3 * narrow)
    else:
        there = grain[: bottom - top, : right - left]
        inside = (there > rng.uniform(-0.5, 1.0)) & (u * u + v * v < 1.5)
    shade = 1.0 + rng.normal(0, 0.25) * u + rng.normal(0, 0.25) * v if rng.random() < 0.7 else 1.0 + 0.0 * u
    rough = rng.uniform(0, 35) if rng.random() < 0.5 else 0.0
    dy, dx = (
        rng.integers(0, grain.shape[0] - (bottom - top) + 1),
        rng.integers(0, grain.shape[1] - (right - left) + 1),
    )
    there = grain[dy : dy + bottom - top, dx : dx + right - left]
    patch = np.asarray(colour, np.float32) * shade[..., None] + (rough * there)[..., None]
    window = out[top:bottom, left:right]
    if rng.random() < 0.3:  # a hard shadow beside it
        moved = np.roll(inside, (int(rng.integers(0, 4)), int(rng.integers(0, 4))), (0, 1))
        window[moved] *= 0.6
    window[inside] = patch[inside]
