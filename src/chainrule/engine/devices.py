"""Where JAX computes: on the processor, unless a GPU is asked for. The device decides bits, as the engine does."""

import functools
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from chainrule.errors import SettingError, unknown

DEVICES = ("cpu", "gpu")


def check(asked: Any) -> str | None:
    """A device's name as `compile` takes it; SettingError for any other.

    >>> check("gpu"), check(None)
    ('gpu', None)
    """
    if asked is not None and asked not in DEVICES:
        raise unknown("device", asked, DEVICES)
    return None if asked is None else str(asked)


def device_for(asked: str | None, found: Sequence[Any] | None = None) -> Any:
    """The device that computes, None where the processor is all there is. found: JAX's devices, its default first.

    A GPU that nobody asked for is not used, and one sentence says so. SettingError where one is asked for and none is there.
    """
    found = devices() if found is None else found
    gpus = [device for device in found if device.platform != "cpu"]
    if asked == "gpu":
        if not gpus:
            raise SettingError(
                "device='gpu': JAX finds no GPU here. Install JAX for yours, or leave device out to learn on the processor."
            )
        return gpus[0]
    if not gpus:
        return None
    if asked is None:
        say_once(str(gpus[0]))
    return next(device for device in found if device.platform == "cpu")


def devices() -> list[Any]:
    """JAX's devices, a GPU first where there is one, and the processor."""
    import jax

    found = list(jax.devices())
    return found if found[0].platform == "cpu" else [*found, *jax.devices("cpu")]


@functools.cache
def say_once(gpu: str) -> None:
    """That there is a GPU, and how it is asked for."""
    warnings.warn(
        f"JAX finds a GPU ({gpu}), which is used only when asked: compile(..., device='gpu').", stacklevel=6
    )


def placed_on(device: Any) -> AbstractContextManager[Any]:
    """While this is open, what JAX makes and computes is on that device; None changes nothing."""
    if device is None:
        return nullcontext()
    import jax

    place: AbstractContextManager[Any] = jax.default_device(device)
    return place
