"""Using a trained model: its card, its inputs, its predictions, and how good it is. Command line and server stand on this."""

from chainrule.inference.card import ModelCard

__all__ = ["ModelCard"]
