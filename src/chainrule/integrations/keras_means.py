"""The loss and mean metrics of each step of a Keras `fit`, which itself only keeps means over the epoch so far.

MeansSoFar     from the means that a step returns, which cost nothing to keep: where every example counts the same
SumsCopied     from the sums behind the means, copied after each step: where weights or masks decide how much an example counts
"""

from typing import Any

import numpy as np

from chainrule.errors import require_package

Array = np.ndarray[Any, Any]
Places = dict[
    str, tuple[int, int]
]  # of each figure: where its sum and its count are among the metrics' variables


class MeansSoFar:
    """Keeps what steps return. `even` is False as soon as a count has not grown with the examples."""

    def __init__(self, places: Places) -> None:
        self.places, self.rows = places, list[tuple[list[Any], int, bool]]()
        self.counts: list[float] | None = None  # what one example adds to each figure's count
        self.even = True
        self.seen, self.last = 0, np.zeros(len(places))  # examples of the epoch so far, and their sums

    def add(self, logs: Any, metrics: Any, size: int, first: bool) -> None:
        """Keeps a step's figures. metrics: the variables after it.  size: its examples.  first: of its epoch."""
        self.rows.append(([logs[name] for name in self.places], size, first))
        if first and size:  # once an epoch: to look is to wait for the step
            counts = [float(np.asarray(metrics[count])) / size for _, count in self.places.values()]
            whole = all(abs(count - round(count)) < 1e-6 and count > 0 for count in counts)
            self.even = whole and self.counts in (None, counts)
            self.counts = counts

    def taken(self) -> Array:
        """The figures of the steps since the last time, (steps, figures)."""
        out = np.zeros((len(self.rows), len(self.places)))
        for k, (means, size, first) in enumerate(self.rows):
            if first:
                self.seen, self.last = 0, np.zeros(len(means))
            self.seen += size
            sums = np.array([float(np.asarray(mean)) for mean in means]) * self.seen
            out[k] = (sums - self.last) / size if size else np.nan
            self.last = sums
        self.rows.clear()
        return out


class SumsCopied:
    """Copies the sums and counts after each step, by a small program of its own. metrics: the variables before the first, if
    that is not an epoch's first.
    """

    def __init__(self, places: Places, metrics: Any) -> None:
        import jax
        import jax.numpy as jnp

        pairs = [place for pair in places.values() for place in pair]
        self.pack = jax.jit(lambda metrics: jnp.stack([metrics[place].astype("float32") for place in pairs]))
        self.rows = list[tuple[Any, bool]]()
        self.last = np.zeros(len(pairs)) if metrics is None else np.asarray(self.pack(metrics), np.float64)

    def add(self, logs: Any, metrics: Any, size: int, first: bool) -> None:
        """Keeps a step's sums."""
        self.rows.append((self.pack(metrics), first))

    def taken(self) -> Array:
        """The figures of the steps since the last time, (steps, figures): what the sums grew by."""
        firsts = np.array([first for _, first in self.rows])
        sums = np.stack([np.asarray(row) for row, _ in self.rows]).astype(np.float64)
        earlier = np.vstack([self.last[None], sums[:-1]])
        earlier[firsts] = 0
        grown = (sums - earlier).reshape(len(sums), -1, 2)
        self.last = sums[-1]
        self.rows.clear()
        return np.asarray(grown[..., 0] / np.where(grown[..., 1] == 0, np.nan, grown[..., 1]))


class Batches:
    """An iterator of batches as they are, that knows of the newest how many examples it has and whether they have weights."""

    def __init__(self) -> None:
        self.batches: Any = iter(())
        self.size, self.weighted, self.newest = 0, False, None

    def __iter__(self) -> "Batches":
        return self

    def __next__(self) -> Any:
        batch = next(self.batches)
        x = batch[0] if isinstance(batch, tuple) else batch
        if not hasattr(x, "shape"):
            tree = require_package("keras", "jax", "Recording Keras").tree
            x = next(leaf for leaf in tree.flatten(x) if leaf is not None)
        self.size = int(x.shape[0])
        self.weighted = isinstance(batch, tuple) and len(batch) > 2 and batch[2] is not None
        self.newest = batch
        return batch


def has_masks(model: Any) -> bool:
    """Whether a layer of a Keras model makes a mask, by which examples may count differently."""
    flat = getattr(model, "_flatten_layers", lambda: model.layers)()
    return any(getattr(one, "mask_zero", False) or type(one).__name__ == "Masking" for one in flat)
