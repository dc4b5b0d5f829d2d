"""Training a model: fit and its epochs, progress, recipes, augmentation, the search for a learning rate."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.training import learning_rates, recipes

__all__ = ["learning_rates", "recipes"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"chainrule.training.{name}")
    raise AttributeError(f"chainrule.training has nothing called {name!r}.")
