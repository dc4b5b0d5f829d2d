"""The loss around the way of a branch's weights, on the plane in which most of it lies, and where a step stands on it."""

from typing import Any

import numpy as np

from chainrule.errors import SettingError
from chainrule.landscapes.training_path import Path, principal
from chainrule.landscapes.views import Plane, path_plane
from chainrule.landscapes.weights import flat
from chainrule.studio.branch import Branch, RecordedBranch

Array = np.ndarray[Any, Any]
Shown = tuple[dict[str, Any], dict[str, Array]]
STATES = 13  # of the way
LARGE = 200_000  # weights: above, fewer points are measured, so that nobody waits for long
# A side of the plane, and how many examples the loss is measured on; of small and of large networks.
POINTS, EXAMPLES = (21, 15), (300, 150)
STEPS_FIRST = 3  # taken before there is a way to draw


class Landscape:
    """The plane of a branch as far as it had come, and the place of any step on it."""

    def __init__(self, branch: Branch) -> None:
        self.branch, self.head = branch, branch.head
        if branch.head - branch.first < STEPS_FIRST:
            raise SettingError(
                f"A landscape needs a way of at least {STEPS_FIRST} steps; learn a little first."
            )
        steps = steps_of(branch)
        way = Path(steps, [self.weights(step) for step in steps])
        self.end = way.weights[-1]
        self.directions = principal(way)[0]
        large = branch.model.count_params() > LARGE
        x, y = some(branch.examples, EXAMPLES[large])
        self.plane: Plane = path_plane(branch.model, x, y, way, POINTS[large], backend="numpy")

    def weights(self, step: int) -> Any:
        """The weights before a step, without those of what changes the examples."""
        return list(self.branch.state_at(step)["params"])[-len(self.branch.model.graph.layers) :]

    def place(self, step: int) -> Array:
        """Where on the plane a step's weights lie, or what they cast on it."""
        away = flat(self.weights(self.branch.checked(step)), self.end) - flat(self.end, self.end)
        return np.asarray([away @ flat(way, self.end) for way in self.directions], np.float32)

    def seen_from(self, step: int) -> Shown:
        """The plane with its way, and the place of a step."""
        plane = self.plane
        assert plane.path is not None
        return {
            "kind": "plane", "words": [word.replace("\n", " ") for word in plane.words], "steps": list(plane.steps), "step": step,
        }, {
            "a": np.asarray(plane.a, np.float32), "b": np.asarray(plane.b, np.float32), "at": self.place(step),
            "losses": np.asarray(plane.losses, np.float32), "path": np.asarray(plane.path, np.float32),
        }  # fmt: skip


def steps_of(branch: Branch) -> tuple[int, ...]:
    """Steps along a branch, more at its beginning; of a recorded run those that were kept whole."""
    length = branch.head - branch.first
    if isinstance(branch, RecordedBranch):
        kept = [step for step in branch.replay.run.snapshots() if branch.first <= step <= branch.head]
        if len(kept) >= STEPS_FIRST:
            chosen = np.unique(np.linspace(0, len(kept) - 1, STATES).round().astype(int))
            return tuple(kept[k] for k in chosen)
    return tuple(sorted({branch.first + round(length * (k / (STATES - 1)) ** 2) for k in range(STATES)}))


def some(examples: Any, count: int) -> tuple[Any, Any]:
    """The first examples as the network gets them."""
    if not isinstance(examples.x, np.ndarray) or not isinstance(examples.y, np.ndarray):
        raise SettingError("The landscape is drawn for networks of one input and one output.")
    return examples.inputs(slice(0, count)), examples.y[:count]
