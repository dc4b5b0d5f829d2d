"""Export to .keras and .h5, which Keras opens: everything is kept; the optimizer's state can be left out."""

from typing import Any

TOLERANCE = 0.0  # the same bits


def write(model: Any, path: str, include_optimizer: bool = True) -> list[str]:
    """Writes the file; returns what a person should know."""
    from chainrule.models.saving import save_model

    save_model(model, path, include_optimizer=include_optimizer)
    return (
        []
        if include_optimizer
        else ["The optimizer's state is left out: learning cannot go on from this file."]
    )


def outputs_of(path: str, model: Any, x: Any, raw: Any, **options: Any) -> tuple[Any, str]:
    """What the file's model says to examples, and with what it was asked."""
    from chainrule.models.saving import load_model

    return load_model(path, compile=False).predict(x, verbose=0), "read again"
