"""Single steps, as `train_on_batch` takes them: the state stays with the engine from one call to the next.

Between two calls the model may be changed (other weights, another rate): what is new is taken over before the step.
"""

from typing import Any

import numpy as np

from chainrule.engine.carried import begin_states
from chainrule.engine.examples import Examples
from chainrule.training.fit import EngineState, arrays_of, put_back
from chainrule.training.problem import Problem

MANY = 1000  # steps: as many as a program that takes single steps is assumed to take, for the choice of the engine


class SingleSteps:
    """A model's state in the engine's hands, between single steps."""

    def __init__(self, model: Any, problem: Problem, examples: Examples) -> None:
        begin_states(problem.graph, len(examples), len(examples))
        self.backend = problem.backend(len(examples), examples, MANY)
        self.model, self.outputs = model, problem.outputs
        self.state = SharedState(model, problem.engine(self.backend, len(examples)))

    def suits(self, problem: Problem) -> bool:
        """Whether this is still how the model learns."""
        asked = problem.backend_asked
        return self.outputs is problem.outputs and asked in (None, self.backend)

    def take(self, problem: Problem, examples: Examples) -> dict[str, Any]:
        """One step on these examples; what it measured: [sum, weight] of the loss and of each metric."""
        begin_states(problem.graph, len(examples), len(examples))
        state = self.state
        state.engine = engine = problem.engine(self.backend, len(examples))
        state.renew()
        state.state, measured = engine.single(state.state, examples)
        state.put_back()
        self.model.backend_used = self.backend
        return {name: np.asarray(value, np.float64) for name, value in measured.items()}


class SharedState(EngineState):
    """A state that the model sees without a copy: the engine writes over nothing, each step makes new arrays."""

    def put_back(self) -> None:
        """Shows the model what was learned."""
        put_back(self.model, seen(self.state))
        self.held = arrays_of(self.model)


def seen(tree: Any) -> Any:
    """The arrays of a state as NumPy arrays, which share the engine's memory and can only be read."""
    if isinstance(tree, dict):
        return {key: seen(value) for key, value in tree.items()}
    return [seen(value) for value in tree] if isinstance(tree, list) else np.asarray(tree)
