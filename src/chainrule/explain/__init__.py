"""One learning step with every number, and the questions one asks of a run.

    explain.step(model, x, y)         the step that a model would take next, opened
    .weight("dense", 12, 3)           how one weight got its next value, with all the arithmetic
"""

from chainrule.explain.moments import Moment, moment
from chainrule.explain.step import StepExplained, step
from chainrule.explain.trace import Trace

__all__ = ["Moment", "StepExplained", "Trace", "moment", "step"]
