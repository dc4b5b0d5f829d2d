"""One learning step with every number, and the questions that one asks of some steps.

step(model, x, y)          the step that a model would take next, explained; print it
  .weight("dense", 12, 3)  how one weight got its next value, with all the arithmetic
  .neuron .example .layer  a unit, an example, a layer in this step
check_model(model, x, y)   all derivatives against measured ones
influence_on_weight ...    which examples moved it, over several steps
Condition("loss > 2")      the first step for which something holds
"""

from chainrule.explain.check import Checked, ModelChecked, check_model
from chainrule.explain.conditions import Condition, columns_of
from chainrule.explain.influence import Influence, influence_on_example, influence_on_weight, steps_of_run
from chainrule.explain.questions import Life, Rise, largest_rise, rises, when_died
from chainrule.explain.step import LinkExplained, StepExplained, step
from chainrule.explain.step_inputs import StepInputs, inputs_of_run, step_inputs
from chainrule.explain.trace import Trace

__all__ = [
    "Checked", "Condition", "Influence", "Life", "LinkExplained", "ModelChecked", "Rise", "StepExplained",
    "StepInputs", "Trace", "check_model", "columns_of", "influence_on_example", "influence_on_weight",
    "inputs_of_run", "largest_rise", "rises", "step", "step_inputs", "steps_of_run", "when_died",
]  # fmt: skip
