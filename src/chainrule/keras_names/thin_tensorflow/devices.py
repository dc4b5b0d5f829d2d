"""`tensorflow.python.client`: where scripts ask which devices there are."""

from types import SimpleNamespace
from typing import Any

from chainrule.keras_names.thin_tensorflow.instead import missing

__all__ = ["device_lib"]


def list_local_devices(session_config: Any = None) -> list[Any]:
    """The processor.

    >>> [device.name for device in list_local_devices()]
    ['/device:CPU:0']
    """
    return [
        SimpleNamespace(
            name="/device:CPU:0", device_type="CPU", memory_limit=0, physical_device_desc="", incarnation=0
        )
    ]


device_lib = SimpleNamespace(list_local_devices=list_local_devices)


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.python.client", name)
