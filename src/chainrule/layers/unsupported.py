"""Settings of Keras's layers that are not supported: taken at the value that means "off", refused by name at any other."""

from typing import Any

import numpy as np

from chainrule.errors import SettingError


def check_dtype(dtype: object) -> None:
    """Refuses any working type but float32, which is Keras's default too."""
    if isinstance(dtype, dict):  # {"class_name": "DTypePolicy", "config": {"name": "float32"}}
        dtype = (dtype.get("config") or {}).get("name")
    if dtype not in (None, "float32", np.float32):
        raise SettingError(f"Chainrule's layers work in float32; dtype={dtype!r} is not supported.")


# Settings that Keras knows and that change nothing at these values (so its files and scripts can spell them out).
IGNORED_SETTINGS: dict[str, tuple[Any, ...]] = {
    "activity_regularizer": (None,),
    "kernel_constraint": (None,),
    "bias_constraint": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "quantization_config": (None,),
    "data_format": (None, "channels_last"),
    "noise_shape": (None,),
    "batch_size": (None,),
    "autocast": (True,),
}


def refuse(layer: str, setting: str, value: Any) -> None:
    """Says that a setting is not supported, unless it has the value that means "off"."""
    if setting not in IGNORED_SETTINGS:
        raise SettingError(f"{layer} has no setting called {setting!r} (it got {setting}={value!r}).")
    if value not in IGNORED_SETTINGS[setting]:
        raise SettingError(f"{layer}: {setting}={value!r} is not supported; leave it out.")
