"""What `keras.backend` had in earlier years: the order of a picture's axes under its first name."""

from typing import Any

from chainrule import backend
from chainrule.errors import SettingError
from chainrule.internal import absent

__all__ = ["image_dim_ordering", "set_image_dim_ordering"]


def image_dim_ordering() -> str:
    """'tf': the channels are last, always."""
    return "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Accepts 'tf', the only order there is.

    >>> set_image_dim_ordering("tf")
    """
    if dim_ordering != "tf":
        raise SettingError(
            f"Pictures have their channels last here; set_image_dim_ordering({dim_ordering!r}) is not supported: "
            "np.moveaxis(x, 1, -1) turns pictures with the channels first."
        )


def __getattr__(name: str) -> Any:
    raise absent.missing("backend", name, [*backend.__all__, *__all__])
