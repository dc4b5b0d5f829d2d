"""Overfitting: the examples that are learned from get better, those held back get worse."""

import numpy as np

from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.internal.plain_numbers import plainly

# With classes the loss held back may rise while no answer gets worse: the network only grows surer of its mistakes. The classic run
# on MNIST does so (0.065 after epoch 4, 0.09 at the end, accuracy still rising), so a risen loss alone is a note.
RISEN = 1.10  # times the lowest loss held back
RISEN_ALONE = 1.25
LOST = 0.01  # of accuracy, since the epoch of the lowest loss
GAP = 0.25  # of accuracy, between what is learned and what is held back
PATIENCE = 2  # epochs since the lowest


def overfitting(records: Records) -> list[Finding]:
    """Whether what was held back got worse while learning went on, or stays far behind."""
    held, learned = records.figure("val_loss"), records.figure("loss")
    if len(held) <= PATIENCE or not np.isfinite(held).all():
        return gap(records)
    best = int(np.argmin(held))
    last, named = float(np.mean(held[-2:])), records.run.epochs[best].epoch + 1  # the first epoch is number 1
    evidence = {"best_epoch": named, "lowest_val_loss": float(held[best]), "val_loss": last}
    steps = (records.run.epochs[best].step, records.last)
    if len(held) - 1 - best < PATIENCE or last < RISEN * held[best] or learned[-1] >= learned[best]:
        return gap(records)
    text = f"Held-back loss was lowest after epoch {named} ({plainly(held[best])}) and is {plainly(last)} at the end"
    right = records.figure("val_accuracy")
    if not np.isfinite(right).all():
        if last < RISEN_ALONE * held[best]:
            return []
        says = f"{text}, while the loss on what it learns from fell from {plainly(learned[best])} to {plainly(learned[-1])}."
        return [Finding("overfitting", "warning", says, ADVICE.format(named), steps=steps, evidence=evidence)]
    then, now = float(np.mean(right[max(0, best - 1) : best + 2])), float(np.mean(right[-2:]))
    evidence |= {"val_accuracy_then": then, "val_accuracy": now}
    if then - now > LOST:
        says = f"{text}; accuracy there fell from {then:.1%} to {now:.1%}, while the loss on what it learns from went on falling."
        return [
            Finding(
                "overfitting",
                "warning",
                says.replace("%", " %"),
                ADVICE.format(named),
                steps=steps,
                evidence=evidence,
            )
        ]
    if last > RISEN_ALONE * held[best] and not gap(records):
        says = f"{text}; accuracy there did not suffer: the network is surer than it should be, also of its mistakes."
        advice = (
            f"If its probabilities matter, stop after epoch {named} (EarlyStopping) or use label smoothing."
        )
        return [Finding("overfitting", "note", says, advice, steps=steps, evidence=evidence)]
    return gap(records)


def gap(records: Records) -> list[Finding]:
    """Accuracy on what was learned far above that on what was held back."""
    learned, held = records.figure("accuracy"), records.figure("val_accuracy")
    if not len(held) or not np.isfinite(held[-3:].sum() + learned[-1]) or learned[-1] - held[-3:].max() < GAP:
        return []  # of the last three epochs the best counts: a single bad one is no overfitting
    says = f"{learned[-1]:.1%} of what it learns from are right, but only {held[-3:].max():.1%} of what was held back.".replace(
        "%", " %"
    )
    evidence = {"accuracy": float(learned[-1]), "val_accuracy": float(held[-3:].max())}
    steps = (records.first, records.last)
    return [Finding("overfitting", "warning", says, MORE, steps=steps, evidence=evidence)]


MORE = "More examples, a smaller network, Dropout, or a penalty on the weights (kernel_regularizer='l2')."
ADVICE = f"Stop after epoch {{}} (EarlyStopping keeps the best weights). {MORE}"
