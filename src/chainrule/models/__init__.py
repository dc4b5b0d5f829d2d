"""Keras's `models`: Sequential, and models to files and back."""

from typing import TYPE_CHECKING

from chainrule.internal import absent
from chainrule.models.cloning import clone_model, save_model
from chainrule.models.functional import Functional
from chainrule.models.model import Model
from chainrule.models.saving import load_model, model_from_json
from chainrule.models.sequential import Sequential
from chainrule.models.traced import Traced as _Traced  # noqa: F401 (classes of one's own with call)

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("models", __all__)
