"""`tf.config`: there is one device, the processor."""

from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing

__all__ = [
    "experimental",
    "experimental_run_functions_eagerly",
    "list_logical_devices",
    "list_physical_devices",
    "run_functions_eagerly",
    "set_visible_devices",
]


def list_physical_devices(device_type: str | None = None) -> list[Any]:
    """No accelerator is listed: a script that chooses one goes on without."""
    return []


list_logical_devices = list_physical_devices


def set_visible_devices(*devices: Any, **settings: Any) -> None:
    """There is nothing to choose."""


def run_functions_eagerly(run_eagerly: bool) -> None:
    """Functions always run at once."""


experimental_run_functions_eagerly = run_functions_eagerly


class experimental:  # noqa: N801 (TensorFlow's name)
    """What `tf.config.experimental` has of these."""

    list_physical_devices = staticmethod(list_physical_devices)

    @staticmethod
    def set_memory_growth(device: Any, enable: bool) -> None:
        """There is nothing to set."""


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.config", name)
