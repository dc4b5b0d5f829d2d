"""How far one step moves a layer, in the layer's own size (update to weight)."""

import numpy as np

from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.internal.plain_numbers import plainly

# A thousandth is the usual rule of thumb (A. Karpathy, CS231n notes on neural networks, part 3). Medians of the healthy runs of the
# tests are 0.0008 to 0.02, also with small networks on tables; their layers' ways are 0.1 and more.
LARGE = 0.1  # of its size in a typical step: it is thrown about
SHORT_WAY = 0.01  # of its size in all steps together, ...
LOOKS = 2  # beside the first one
OTHERS = 10.0  # ... where another layer came so many times as far


def out_of_range(records: Records) -> list[Finding]:
    """Layers whose typical step is too large, and layers that stand still while others learn."""
    found, ways = [], {s.layer: s.way(records.count) for s in records.sizes}
    furthest = max((way for way in ways.values() if np.isfinite(way)), default=0.0)
    for sizes in records.sizes:
        known = sizes.ratio[np.isfinite(sizes.ratio)][
            1:
        ]  # at the very first step small weights may well double
        if len(known) < LOOKS:
            continue
        median, way = float(np.median(known)), ways[sizes.layer]
        evidence = {"median_ratio": median, "way": way, "learning_rate": records.rate}
        if median > LARGE:
            says = f"A typical step moves the weights by {plainly(median)} of their own size; 0.001 to 0.02 is usual."
            advice = "Lower the learning rate by a factor of 10; if only this layer is hit, its first weights or its inputs may be too small."
        elif way < SHORT_WAY and furthest > OTHERS * way:
            says = (
                f"All {records.count:,} steps together moved the weights by no more than {plainly(way)} of their own size, while other "
                f"layers came up to {plainly(furthest)}."
            )
            advice = "Hardly any gradient reaches it: look at the units above it, and at its activation."
        else:
            continue
        name = "update too large" if median > LARGE else "update too small"
        found.append(Finding(name, "warning", says, advice, sizes.layer, _range(sizes.steps), evidence))
    return found


def _range(steps: np.ndarray) -> tuple[int, int]:
    return int(steps[0]), int(steps[-1])
