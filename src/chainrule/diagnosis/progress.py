"""Whether anything usable was learned: against the loss and the accuracy of giving every example the same answer."""

import numpy as np

from chainrule.diagnosis.answers import NO_LABEL, Answers
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records, windows
from chainrule.internal.plain_numbers import plainly

FEW = 50  # steps, in which nothing need have happened yet
LEFT = 0.97  # of the loss of one answer for all: then nothing was learned
AHEAD = 0.03  # of accuracy before that of one answer for all, which is chance on few examples
NO_EPOCHS = 2  # epochs with accuracies, before they are compared


def nothing_learned(records: Records, answers: Answers) -> list[Finding]:
    """The loss of the last steps is that of one answer for all examples, whatever it was in the beginning."""
    loss = records.loss[np.isfinite(records.loss)]
    constant = constant_loss(answers)
    if constant is None or len(loss) < FEW or not constant > 0:
        return []
    end = float(windows(loss)[-1])
    if end < LEFT * constant:
        return []
    says = (
        f"The loss is {plainly(end)} after {records.count:,} steps; the same answer for every example reaches "
        f"{plainly(constant)}: nothing was learned from the inputs."
    )
    return [
        Finding(
            "no progress",
            "severe",
            says,
            ADVICE,
            None,
            (records.first, records.last),
            {"last_loss": end, "constant_loss": constant},
        )
    ]


def constant_loss(answers: Answers) -> float | None:
    """The smallest loss that one answer for all examples can have; None for losses that it is not known for."""
    key, given = str(answers.loss.key), answers.given
    if "crossentropy" in key and not getattr(answers.loss, "label_smoothing", 0.0):
        if (
            given is None
            or (given == NO_LABEL).any()
            or (key == "binary_crossentropy" and answers.outputs > 1)
        ):
            return None
        shares = np.bincount(given) / len(given)
        return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())
    y = answers.y.astype(np.float64)
    if key == "mean_squared_error":
        return float(((y - y.mean(axis=0)) ** 2).mean())
    if key == "mean_absolute_error":
        return float(np.abs(y - np.median(y, axis=0)).mean())
    return None


def no_better_than_one_answer(records: Records, answers: Answers | None) -> list[Finding]:
    """The accuracy is that of always answering the commonest class, on what was held back or on what was learned."""
    name = next(
        (
            n
            for n in ("accuracy", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy")
            if records.has(n)
        ),
        None,
    )
    if name is None or len(records.metrics) < NO_EPOCHS or (answers is not None and answers.given is None):
        return []
    classes = answers.outputs if answers is not None else records.outputs
    share = 1 / max(2, classes or 2)
    if answers is not None and answers.given is not None:
        known = answers.given[answers.given != NO_LABEL]
        if len(known):
            share = max(share, float(np.bincount(known).max() / len(known)))
    for figure, where in ((f"val_{name}", "what was held back"), (name, "what it learns from")):
        values = records.figure(figure)
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        best = max(float(values[-3:].mean()), float(values[-1]))  # the last epoch alone, where it still rises
        if best > share + AHEAD:
            continue
        says = f"{best:.1%} of {where} are right; one answer for all would be right in {share:.1%}.".replace(
            "%", " %"
        )
        evidence = {"accuracy": best, "one_answer": share, "figure": figure}
        return [
            Finding(
                "no better than one answer",
                "severe",
                says,
                ADVICE,
                None,
                (records.first, records.last),
                evidence,
            )
        ]
    return []


ADVICE = (
    "See whether labels and inputs belong together, whether the inputs are about -1..1, and whether the end fits the loss; then "
    "another learning rate (`chainrule lr-find` measures which work here) or a larger network."
)
