"""What Keras 1 and 2 meant by hard_sigmoid, and the gates that LSTM and GRU had by themselves in those years."""

from typing import Any

from chainrule.keras_names.notes import Notes

THEN = "hard_sigmoid_of_keras_2"
GATED = ("LSTM", "GRU")


def read(
    name: str, arguments: tuple[Any, ...], settings: dict[str, Any], notes: Notes
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A layer's arguments with the gates that it had."""
    if name in GATED and len(arguments) < 3 and "recurrent_activation" not in settings:
        settings = settings | {"recurrent_activation": "hard_sigmoid"}
    if name == "GRU":
        settings = {"reset_after": False} | settings  # all of them were
    if "hard_sigmoid" in map(spelled, (*arguments[:3], *settings.values())):
        notes.say(
            f"{name}: hard_sigmoid was 0.2 x + 0.5 when this was written, and is here; today's is x / 6 + 0.5."
        )
    return tuple(map(as_then, arguments)), {key: as_then(value) for key, value in settings.items()}


def spelled(value: Any) -> str | None:
    """The name of an activation given by name or as a function; None for anything else."""
    if isinstance(value, str):
        return value
    return getattr(value, "__name__", None) if callable(value) else None


def as_then(value: Any) -> Any:
    """An argument, with hard_sigmoid under the name that has its meaning of those years."""
    return THEN if spelled(value) == "hard_sigmoid" else value
