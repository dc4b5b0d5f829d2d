"""What was wrong before the first step: an end that the loss cannot use, inputs that are not scaled, labels that do not fit.

The end is known from the run's settings; inputs and labels where its data are at hand.
"""

import re
from typing import Any

import numpy as np

from chainrule.diagnosis.answers import NO_LABEL, Answers
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.records import Records
from chainrule.training.meaningless import (
    NOT_SCALED,
    in_blocks,
    output_and_loss,
    targets_and_loss,
)

FEW_KINDS = 20  # whole numbers that may be classes
MUCH_LOST = 0.2  # of accuracy, on what was held back


def end_and_loss(records: Records, answers: Answers | None) -> list[Finding]:
    """A last activation that the loss cannot use."""
    settings = records.run.info.settings
    if answers is not None:
        end, outputs, loss = answers.end, answers.outputs, answers.loss
        kind, from_logits = str(loss.key), bool(getattr(loss, "from_logits", False))
    elif isinstance(settings.training.get("loss"), list):
        return []  # which layer is the end of which output is not looked up here
    else:
        kind, from_logits = loss_of(settings.training.get("loss"))
        end, outputs = end_of(settings.model.get("layers", []))
    found = output_and_loss(end, outputs, kind, from_logits)
    if answers is not None:
        found += targets_and_loss(answers.y[answers.sample], end, outputs, answers.loss)
    return [
        Finding(
            "end does not fit the loss", "severe", problem.says, problem.advice, None, (records.first, records.last),
            {"activation": end, "loss": kind, "from_logits": from_logits, "outputs": outputs, "problem": problem.name},
        )
        for problem in found
    ]  # fmt: skip


def loss_of(loss: Any) -> tuple[str, bool]:
    """A stored loss as its name in lower case and whether it takes logits.

    >>> loss_of({"class_name": "BinaryCrossentropy", "config": {"from_logits": True}}), loss_of("mse")
    (('binary_crossentropy', True), ('mse', False))
    """
    config = loss.get("config", {}) if isinstance(loss, dict) else {}
    name = str(loss.get("class_name", "") if isinstance(loss, dict) else loss)
    plain = re.sub("(?<=[a-z])([A-Z])", r"_\1", name).lower()
    return plain, bool(config.get("from_logits")) if isinstance(config, dict) else False


def end_of(layers: list[Any]) -> tuple[str, int]:
    """The last activation in a stored network, and the number of its outputs where a Dense layer gives it (else 0)."""
    end, outputs = "linear", 0
    for entry in layers:
        config = entry.get("config", {})
        activation = config.get("activation")
        if isinstance(activation, dict):
            activation = activation.get("config", activation.get("class_name", ""))
        if entry.get("class_name") in ("Softmax", "ReLU"):
            end = str(entry["class_name"]).lower()
        elif "activation" in config:
            end = str(activation or "linear")
        elif "units" in config:
            end = "linear"
        outputs = int(config.get("units", outputs))
    return end, outputs


def inputs_not_scaled(records: Records, answers: Answers) -> list[Finding]:
    """Inputs that are far from -1..1, as pixels from 0 to 255 are."""
    sizes: dict[str, float] = {}
    for name, values in answers.inputs.items():
        x = np.abs(values.astype(np.float64))
        if x.size and np.isfinite(x).all():
            sizes[name] = float(np.quantile(x, 0.99))
    name, most = max(sizes.items(), key=lambda entry: entry[1], default=("", 0.0))
    if most <= NOT_SCALED:
        return []
    what = f"input {name!r} goes" if name else "inputs go"
    says = f"The {what} up to {most:.6g}; networks learn best from about -1 to 1."
    advice = "Divide them by their largest value (pixels by 255), or subtract the mean and divide by the deviation."
    return [
        Finding(
            "inputs not scaled",
            "warning",
            says,
            advice,
            None,
            (records.first, records.last),
            {"largest": most},
        )
    ]


def labels_and_outputs(records: Records, answers: Answers) -> list[Finding]:
    """Labels that begin at 1, classes without an example, examples in the order of their classes."""
    if answers.given is None:
        return []
    given = answers.given[answers.given != NO_LABEL]
    classes, steps = max(2, answers.outputs), (records.first, records.last)
    if not len(given):
        return []
    there = np.unique(given)
    missing = sorted(set(range(classes)) - set(there.tolist()))
    evidence = {
        "classes": classes,
        "missing": missing[:100],
        "lowest": int(there[0]),
        "highest": int(there[-1]),
    }
    found = []
    result = np.asarray(answers.given)
    lost = accuracy_lost(records)
    if in_blocks(result) and (
        lost > MUCH_LOST
        or (missing and missing[0] > there[-1] and np.isfinite(records.figure("val_loss")).any())
    ):
        says = (
            "The examples are in the order of their classes, and what was held back is judged far worse"
            + (f"; none of {_names(answers, missing)} is among those to learn from" if missing else "")
            + ": validation_split holds back the last examples, which are other classes."
        )
        found.append(
            Finding(
                "sorted data",
                "severe",
                says,
                "Shuffle x and y together before fit, or give validation_data.",
                None,
                steps,
                evidence,
            )
        )
    elif missing == [0] and there[-1] == classes - 1 and classes > 2:
        says = f"The labels go from 1 to {classes - 1}, and the network has {classes} outputs: the first is never right."
        found.append(
            Finding(
                "labels from 1",
                "warning",
                says,
                f"Count labels from 0 (y - 1), and use {classes - 1} outputs.",
                None,
                steps,
                evidence,
            )
        )
    elif missing:
        says = (
            f"The network has {classes} outputs, and no example to learn from is {_names(answers, missing)}."
        )
        found.append(
            Finding(
                "class missing",
                "note",
                says,
                "Find examples of them, or use fewer outputs; see whether the labels begin at 0.",
                None,
                steps,
                evidence,
            )
        )
    return found


def wrong_loss(records: Records, answers: Answers) -> list[Finding]:
    """Class numbers that are learned as amounts, and one class of several learned as if there could be more."""
    y = answers.y
    key, steps = str(answers.loss.key), (records.first, records.last)
    single = y.ndim == 1 or y.shape[-1] == 1
    kinds = np.unique(y[answers.sample]) if single else np.zeros(0)
    whole = bool((kinds == np.round(kinds)).all())
    if (
        "crossentropy" not in key
        and single
        and whole
        and 3 <= len(kinds) <= FEW_KINDS
        and records.has_accuracy
    ):
        says = f"The targets are {len(kinds)} whole numbers, {kinds[0]:g} to {kinds[-1]:g}, an accuracy is counted, and the loss {key} learns them as amounts."
        advice = f"For classes: {len(kinds)} outputs, activation='softmax', and the loss sparse_categorical_crossentropy."
        evidence = {"loss": key, "kinds": len(kinds)}
        return [Finding("wrong loss for these labels", "warning", says, advice, None, steps, evidence)]
    one_each = y.ndim == 2 and y.shape[1] > 1 and bool((y[answers.sample].sum(axis=1) == 1).all())
    if key == "binary_crossentropy" and one_each and answers.end == "softmax":
        says = "Each example is of one class, the end is a softmax, and binary_crossentropy takes each output for a question of its own."
        advice = "Use categorical_crossentropy, or sigmoid where several classes may be right at once."
        evidence = {"loss": key, "outputs": int(y.shape[1])}
        return [Finding("wrong loss for these labels", "warning", says, advice, None, steps, evidence)]
    return []


def accuracy_lost(records: Records) -> float:
    """By how much fewer answers are right on what was held back than on what was learned; 0 where it is not known."""
    learned, held = records.figure("accuracy"), records.figure("val_accuracy")
    if not len(held) or not np.isfinite(learned[-1] + held[-1]):
        return 0.0
    return float(learned[-1] - held[-1])


def _names(answers: Answers, classes: list[int]) -> str:
    names = [answers.names[k] if k < len(answers.names) else str(k) for k in classes[:5]]
    return ", ".join(map(repr, names)) + (f" and {len(classes) - 5} more" if len(classes) > 5 else "")
