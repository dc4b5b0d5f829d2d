"""Not finite, a learning rate that is too high or too low, and no progress at all: what the loss and the size of steps say."""

import numpy as np

from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records, windows
from chainrule.internal.plain_numbers import plainly

# Where the limits come from: healthy runs (Adam and SGD, 300 to 60,000 examples, digits and tables) never had a loss above 1.5
# times their first, moved no layer by more than 0.2 of its size in one step and every layer by at least 0.1 in all. With a rate
# of 10 the loss rose at least 200 times, one step moved weights by more than their size; at 1e-7 all steps together moved
# them by 0.0003.
RISE = 5.0  # times the first loss
LARGE_STEP = 0.3  # of a layer's size, in one step
NO_PROGRESS = 0.95  # of the first loss is left
LEAP = 2.0  # times the epoch before
LEAPS = 2  # so many of them
SETTLED = 1.1  # times the lowest: where a falling rate ends so, the leaps before did no harm
FEW = 50  # steps, in which nothing need have happened yet
GOOD = 0.9  # of the answers are right
SHORT_WAY = 0.05  # of a layer's size, in all steps together
LITTLE_PROGRESS = 0.6  # of the first loss is left

FIND = "`chainrule lr-find` measures which rates work here."


def not_finite(records: Records) -> list[Finding]:
    """The first step whose loss was not a finite number."""
    bad = np.flatnonzero(~np.isfinite(records.loss))
    if not len(bad):
        return []
    step, rate = int(bad[0]) + records.first, records.rate
    before = records.loss[max(0, bad[0] - 1)]
    says = f"The loss was not finite from step {step:,} on" + (
        f"; one step before it was {plainly(before)}." if bad[0] else "."
    )
    advice = (
        f"Lower the learning rate{_rate(rate)} by a factor of 10, bring the inputs to about -1..1, or limit the gradient "
        f"(clipnorm=1). {FIND}"
    )
    return [
        Finding(
            "not finite",
            "severe",
            says,
            advice,
            steps=(step, records.last),
            evidence={"step": step, "learning_rate": rate},
        )
    ]


def too_high(records: Records) -> list[Finding]:
    """The loss rose far above where it began, or did not fall although the weights made large steps."""
    loss = records.loss[np.isfinite(records.loss)]
    if len(loss) < 2:
        return []
    first, means = start(records), windows(loss)
    peak, end = float(means.max()), float(means[-1])
    strides = [(float(np.nanmax(s.ratio)), s.layer) for s in records.sizes if np.isfinite(s.ratio).any()]
    stride, layer = max(strides, default=(0.0, ""))
    rose, stuck = peak > RISE * first and end > first / RISE, end > NO_PROGRESS * first
    if not (rose and (stride > LARGE_STEP or not strides)) and not (stuck and stride > LARGE_STEP):
        return []
    at = int(np.argmax(records.loss == loss.max())) + records.first
    says = (
        f"The loss rose from {plainly(first)} to {plainly(loss.max())} at step {at:,} and ended at {plainly(end)}."
        if rose else f"The loss began at {plainly(first)} and ended at {plainly(end)}."
    )  # fmt: skip
    if stride > LARGE_STEP:
        says += f" One step moved the weights of {layer} by {plainly(stride)} times their own size; 0.001 to 0.02 is usual."
    evidence = {
        "first_loss": first,
        "highest_loss": float(loss.max()),
        "last_loss": end,
        "largest_ratio": stride,
        "learning_rate": records.rate,
    }
    advice = f"Lower the learning rate{_rate(records.rate)} by a factor of 10 or more. {FIND}"
    return [
        Finding(
            "rate too high", "severe", says, advice, steps=(records.first, records.last), evidence=evidence
        )
    ]


def jumping(records: Records) -> list[Finding]:
    """The loss on what was held back leaps up again and again, while the mean over an epoch's steps hides it."""
    held = records.figure("val_loss")
    with np.errstate(invalid="ignore"):
        leaps = np.flatnonzero((held[1:] > LEAP * held[:-1]) & (held[1:] > 0.1 * held[:1])) + 1
    if len(leaps) < LEAPS or (records.rate_fell and held[-1] <= SETTLED * np.nanmin(held)):
        return []
    k, epochs = (
        int(leaps[np.argmax(held[leaps] / held[leaps - 1])]),
        [epoch.epoch + 1 for epoch in records.run.epochs],
    )
    says = (
        f"The loss on what was held back leaps up and down: {plainly(held[k - 1])} after epoch {epochs[k - 1]}, {plainly(held[k])} after epoch {epochs[k]}, "
        f"{len(leaps)} such leaps in {len(held)} epochs."
    )
    advice = f"Lower the learning rate{_rate(records.rate)} by a factor of 2 to 5, or let it fall towards the end (a schedule). {FIND}"
    evidence = {
        "val_loss": held.tolist(),
        "epochs": [epochs[i] for i in leaps],
        "learning_rate": records.rate,
    }
    steps = (records.run.epochs[int(leaps[0]) - 1].step, records.last)
    return [Finding("rate too high", "warning", says, advice, steps=steps, evidence=evidence)]


def too_low(records: Records) -> list[Finding]:
    """All steps together can hardly have moved any layer, and the loss hardly fell. A fork may be meant to do just that."""
    loss = records.loss[np.isfinite(records.loss)]
    if len(loss) < 2 or not records.sizes or records.run.info.parent is not None or records.begins_solved:
        return []
    first, means = start(records), windows(loss)
    end, way = float(means[-1]), max((s.way(records.count) for s in records.sizes), default=np.nan)
    if not (way < SHORT_WAY and end > LITTLE_PROGRESS * first):
        return []
    fell = (
        f"fell only from {plainly(means[0])} to {plainly(end)}" if end < means[0]
        else f"did not fall: it was {plainly(means[0])} at the beginning and is {plainly(end)} at the end"
    )  # fmt: skip
    says = f"The loss {fell}; all {records.count:,} steps together moved no layer by more than {plainly(way)} of its own size."
    advice = f"Raise the learning rate{_rate(records.rate)} by a factor of 10 or more; if it is meant, train for many more epochs. {FIND}"
    evidence = {"first_loss": float(means[0]), "last_loss": end, "way": way, "learning_rate": records.rate}
    return [
        Finding(
            "rate too low", "severe", says, advice, steps=(records.first, records.last), evidence=evidence
        )
    ]


def no_progress(records: Records) -> list[Finding]:
    """The loss is where it began, although the weights moved. Only where a run begins to learn; a model that is good already may stay."""
    loss, right = records.loss[np.isfinite(records.loss)], records.figure("accuracy")
    if len(loss) < FEW or records.first or records.begins_solved or (len(right) and right[-1] > GOOD):
        return []
    means = windows(loss)
    first, end = max(float(means[0]), start(records)), float(means[-1])
    if not (end > NO_PROGRESS * first and first > 0):
        return []
    says = f"The loss is {plainly(end)} after {records.count:,} steps, and was {plainly(first)} at the beginning."
    advice = (
        "See whether the inputs are about -1..1, whether targets that are numbers are, too, and whether labels and inputs belong "
        f"together. {FIND}"
    )
    evidence = {"first_loss": first, "last_loss": end, "learning_rate": records.rate}
    return [
        Finding(
            "no progress", "warning", says, advice, steps=(records.first, records.last), evidence=evidence
        )
    ]


def start(records: Records) -> float:
    """The loss where the run began: of its first step, which a rate that is too high has not touched yet."""
    finite = records.loss[np.isfinite(records.loss)]
    return float(finite[0])


def _rate(rate: float | None) -> str:
    return "" if rate is None else f" ({rate:g})"
