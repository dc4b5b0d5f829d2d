"""A class that the network never answers."""

import numpy as np

from chainrule.diagnosis.answers import NO_LABEL, Answers
from chainrule.diagnosis.finding import Finding

LEAST = 10  # examples of a class among those asked: a class rarer than that may be missed by chance


def never_predicted(answers: Answers, step: int, steps: tuple[int, int]) -> list[Finding]:
    """Classes with examples of their own, of which the network, at the end, takes none and nothing else for that class."""
    if answers.given is None:
        return []
    given = answers.given[answers.sample]
    p = answers.probabilities(step, answers.sample)
    if not np.isfinite(p).all():
        return []
    counts = np.bincount(p.argmax(axis=1), minlength=p.shape[1])
    there = np.bincount(given[given != NO_LABEL], minlength=p.shape[1])
    missed = [k for k in range(p.shape[1]) if not counts[k] and there[k] >= LEAST]
    if not missed:
        return []
    names = [answers.names[k] if k < len(answers.names) else str(k) for k in missed]
    most, asked = int(counts.argmax()), f"{len(given):,} training examples"
    if counts[most] == len(given):
        says = f"All answers to {asked} are {answers.names[most]!r}; {len(missed)} {'class' if len(missed) == 1 else 'classes'} with examples of {'its' if len(missed) == 1 else 'their'} own {'is' if len(missed) == 1 else 'are'} never answered."
    else:
        says = f"{_list(names)}: never answered for {asked}, of which {int(there[missed].sum()):,} are labelled so."
    rare = there[missed].sum() < 0.5 * len(missed) * len(given) / p.shape[1]
    advice = (
        "These classes have few examples: give them more weight (class_weight) or find more of them." if rare else
        "Look at the loss first: a network that has learned little answers few classes. Then see whether these examples "
        "and labels are what they should be."
    )  # fmt: skip
    evidence = {"classes": names, "answers": counts.tolist(), "examples": there.tolist()}
    severity = "severe" if len(missed) >= p.shape[1] / 2 else "warning"
    return [Finding("class never predicted", severity, says, advice, None, steps, evidence)]


def _list(names: list[str]) -> str:
    shown = [repr(name) for name in names[:5]]
    return ", ".join(shown) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
