"""The recipe `auto`: a network that is chosen for the data, from a fixed list, by a validation part.

candidates   which networks are tried for which data, the simplest first
trial        one of them, learned without the validation part and measured on it
choice       which of them is taken, and why
comparison   what the chosen one is measured beside: the commonest class and the linear model
"""

from chainrule.training.auto.choice import TIME, choose, in_a_line, is_default

__all__ = ["TIME", "choose", "in_a_line", "is_default"]
