"""Gradients that vanish on their way down, or explode: sizes per weight, so that a big layer does not look stronger."""

import numpy as np

from chainrule import losses
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.internal.plain_numbers import plainly

# A sigmoid passes on at most a quarter of a gradient, so a few of them one after the other leave a thousandth. In the healthy runs
# of the tests the lowest layer has 0.03 to 1 times the gradient of the highest; below ten sigmoids it has 0.0000002.
VANISHED = 1e-3  # times the gradient of the highest layer
# With a cross-entropy no delta at the end is above 1, so a gradient per weight above 1 was amplified on the way, or by inputs that
# are much larger than 1. The largest of the healthy runs is 0.3. With other losses the unit of the target counts, so there only
# growth is looked at.
EXPLODED = 2.0
NEARLY = 2e-4  # times the gradient of the highest layer: little, but something
LEARNED = 0.8  # of the loss in the beginning: then something was learned
GREW = 1000.0  # times the largest gradient at the beginning


def vanishing(records: Records) -> list[Finding]:
    """The lowest layer's gradient against the highest one's. A gradient of exactly 0 is that of dead units, not this."""
    sizes = records.sizes
    if len(sizes) < 2:
        return []
    top = float(np.median(sizes[-1].gradient))
    medians = {s.layer: float(np.median(s.gradient)) for s in sizes}
    faint = [layer for layer, median in medians.items() if 0 < median < VANISHED * top]
    if not faint:
        return []
    lowest, steps = medians[faint[0]], (int(sizes[0].steps[0]), int(sizes[0].steps[-1]))
    others = f" (and in {len(faint) - 1} more layers below a thousandth)" if len(faint) > 1 else ""
    says = (
        f"Per weight, the gradient in {faint[0]} is {plainly(lowest / top)} times that in {sizes[-1].layer}{others}: what the end has "
        "to say does not reach it."
    )
    learned = records.windows  # a layer far below may be told little, and the network learn all the same
    fell = lowest > NEARLY * top and len(learned) > 1 and learned[-1] < LEARNED * learned[0]
    says += " The loss fell all the same." if fell else ""
    advice = "Use relu (or tanh) instead of sigmoid in the hidden layers, fewer layers, or first weights made for the activation (he_normal)."
    evidence = {"layers": faint, "gradient_rms": medians, "ratio": lowest / top}
    return [
        Finding("vanishing gradients", "note" if fell else "severe", says, advice, faint[0], steps, evidence)
    ]


def exploding(records: Records) -> list[Finding]:
    """Gradients that are large for a cross-entropy from the start, or a thousand times what they were."""
    loss = records.run.info.settings.training.get("loss")
    told = loss if isinstance(loss, list) else [loss]
    bounded = all(one is not None and "crossentropy" in losses.as_loss(one).key for one in told)
    usual = max(
        (float(s.gradient[0]) for s in records.sizes), default=0.0
    )  # that of the layer with the largest
    worst: Finding | None = None
    most = 0.0
    for sizes in records.sizes:
        steps = (int(sizes.steps[0]), int(sizes.steps[-1]))
        first, median, largest = (
            float(sizes.gradient[0]),
            float(np.median(sizes.gradient)),
            float(sizes.gradient.max()),
        )
        large, grew = bounded and max(first, median) > EXPLODED, usual > 0 and largest > GREW * usual
        evidence = {"first": first, "median": median, "largest": largest}
        if not (large or grew) or largest <= most:
            continue
        says = (
            f"Per weight, the gradient is {plainly(max(first, median))} (root mean square); below 0.3 is usual with a cross-entropy."
            if large else f"Per weight, the gradient grew from {plainly(first)} to {plainly(largest)} (root mean square)."
        )  # fmt: skip
        advice = (
            "Bring the inputs to about -1..1, draw smaller first weights (glorot_uniform, he_normal), or limit the gradient "
            "(clipnorm=1)."
        )
        worst, most = (
            Finding("exploding gradients", "severe", says, advice, sizes.layer, steps, evidence),
            largest,
        )
    return [] if worst is None else [worst]
