"""What a network takes for what before a step, counted on examples; the examples behind a count, and where they were learned from."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.inference.probabilities import as_probabilities, tells_classes
from chainrule.internal.class_counts import confusion_counts
from chainrule.studio import lesson
from chainrule.studio.branch import Branch
from chainrule.studio.pictures import outputs_of

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
ASKED = 2000  # examples at most
SHOWN = 24  # of those behind one count
PARTS = ("held out", "learned from")


def examples_in(session: Any, branch: Branch, part: str) -> Any:
    """The examples of a part; where nothing is held out, or the data are not known, those that are learned from."""
    if part not in PARTS:
        raise SettingError(f"part: expected {' or '.join(map(repr, PARTS))}; got {part[:40]!r}.")
    held = part == "held out" and session.data.task and len(session.data.x_test)
    return lesson.examples_of(branch.model, session.data, "test") if held else branch.examples


def answers(session: Any, branch: Branch, step: int, part: str) -> tuple[Any, Array, Array, Array]:
    """The examples, their classes, the network's answers before a step, and the probability of each class, (n, classes)."""
    if not isinstance(branch.examples.y, np.ndarray):
        raise SettingError("Classes are counted for networks of one output; this one has several.")
    examples = examples_in(session, branch, part)
    params = branch.state_at(branch.checked(step))["params"]
    chosen = slice(0, min(ASKED, len(examples)))
    p = np.asarray(outputs_of(branch.model.learning_graph, params, examples.inputs(chosen))[-1], np.float32)
    y, loss = np.asarray(examples.y[chosen]), branch.model.loss_object
    if p.ndim != 2 or not tells_classes(loss):
        raise SettingError("Only answers that are classes can be confused; this network learns amounts.")
    one_hot = y.ndim == 2 and y.shape[1] > 1
    truth = y.argmax(axis=1) if one_hot else np.rint(y.reshape(-1)).astype(int)
    p = as_probabilities(p, loss, branch.model.graph.last_activation())
    return examples, truth, p.argmax(axis=1), p


def confusion(session: Any, branch: Branch, step: int, part: str) -> Shown:
    """How often each class (a row) got each answer (a column) before a step."""
    _, truth, answer, p = answers(session, branch, step, part)
    k = p.shape[1]
    counts = confusion_counts(truth, answer, k).astype(np.int32)
    names = (branch.model.extras or {}).get("class_names") or session.data.class_names or range(k)
    return {
        "step": step, "part": part, "classes": [str(name) for name in names][:k], "n": len(truth),
        "right": int((truth == answer).sum()),
    }, {"counts": counts}  # fmt: skip


def behind(session: Any, branch: Branch, step: int, part: str, truth: int, answer: int) -> Shown:
    """Examples behind one count, those first of which the network is surest; for each the step that learned from it."""
    examples, y, given, p = answers(session, branch, step, part)
    places = np.flatnonzero((y == truth) & (given == answer))
    places = places[np.argsort(-p[places, answer], kind="stable")] if answer < p.shape[1] else places
    count, places = len(places), places[:SHOWN]
    learned = examples is branch.examples
    header = {
        "count": count, "part": part, "places": places.tolist(), "p": [float(p[place, answer]) for place in places],
        "steps": last_steps(branch, step, places.tolist()) if learned else [None] * len(places),
    }  # fmt: skip
    x = examples.inputs(places)
    return header, {"x": np.asarray(x, np.float32).reshape(len(places), -1)}


def last_steps(branch: Branch, step: int, places: Sequence[int]) -> list[list[int] | None]:
    """The last step before `step` that learned from each example, else the first after it, and its place in that batch."""
    found: dict[int, list[int]] = {}
    earlier = range(min(step, branch.head) - 1, max(branch.first, step - 2 * branch.per_epoch) - 1, -1)
    later = range(step, min(branch.head, step + branch.per_epoch))
    for steps in (earlier, later):
        for number in steps:
            if len(found) == len(places):
                break
            chosen = branch.chosen(number)
            for row in np.flatnonzero(np.isin(chosen, places)).tolist():
                found.setdefault(int(chosen[row]), [number, row])
    return [found.get(place) for place in places]
