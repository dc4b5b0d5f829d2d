"""The recipe `auto`: a network that is chosen for the data, from a fixed list, by a validation part.

candidates   which networks are tried for which data, the simplest first
trial        one of them, learned without the validation part and measured on it
pace         how long steps take: before a trial from a few of them, after it as it went
budget       whether there is time for a trial, and to learn after it
deadline     ends learning where it would not be over in time, as the machine has become slower
choice       which of them is taken, and why
words        what was tried and taken, for people
comparison   what the chosen one is measured beside: the commonest class and the linear model
"""

from chainrule.training.auto.choice import TIME, choose, is_default
from chainrule.training.auto.deadline import Deadline
from chainrule.training.auto.words import in_a_line

__all__ = ["TIME", "Deadline", "choose", "in_a_line", "is_default"]
