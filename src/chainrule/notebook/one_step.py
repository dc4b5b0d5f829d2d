"""A step that belongs to no recorded run, as a session that has this one step."""

from typing import Any

import numpy as np

from chainrule.explain import StepExplained, StepInputs
from chainrule.studio.branch import Branch
from chainrule.studio.lesson import Lesson
from chainrule.studio.session import Session, unknown_data

Array = np.ndarray[Any, Any]


class OneStep(Branch):
    """A branch of a single step. inputs: what it is made of."""

    def __init__(self, inputs: StepInputs) -> None:
        model: Any = ModelOf(inputs)
        super().__init__(model, range(inputs.n), inputs.batch_size or inputs.n, int(inputs.state["step"]))  # type: ignore[arg-type]
        self.inputs, self.head = inputs, self.first + 1
        self.rates = [(self.first, float(inputs.state["rate"]))]
        self._losses, self._scores = (
            np.array([StepExplained(inputs).loss], np.float32),
            np.zeros(1, np.float32),
        )

    def place(self, step: int) -> tuple[int, int]:
        """It is alone."""
        return 0, 0

    def chosen(self, step: int) -> Array:
        """All that it has."""
        return np.arange(self.inputs.n)

    def inputs_of(self, step: int) -> StepInputs:
        """The step with all it is made of."""
        self.checked(step)
        return self.inputs


class ModelOf:
    """What a session says of a model, from a step's inputs."""

    def __init__(self, inputs: StepInputs) -> None:
        x = inputs.batch[0]
        shape = tuple(inputs.picture or (() if isinstance(x, tuple) else np.shape(x)[1:]))
        self.layers, self.optimizer = list[Any](), inputs.optimizer
        self.input_shape, self.extras = shape, {"class_names": inputs.classes}


def session_of(opened: StepExplained) -> Session:
    """A session with this step alone."""
    branch = OneStep(opened.inputs)
    return Session(Lesson(), unknown_data("", branch.model, branch.examples), branch)
