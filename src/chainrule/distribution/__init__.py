"""One training on many processes, with the same bits as on one: names as in keras.distribution.

initialize("10.0.0.1:4567", num_processes=2, process_id=0)     in each process, before anything else
set_distribution(DataParallel())                               the batch is cut into pieces that the processes share
model.fit(...)                                                 the same call in each process

docs/scale.md says what it needs, what it costs and when it pays.
"""

import os
from typing import TYPE_CHECKING, Any

from chainrule.distribution.data_parallel import DataParallel, distribution, set_distribution
from chainrule.errors import SettingError
from chainrule.internal import absent

if TYPE_CHECKING:
    from chainrule.distribution.processes import Processes

__all__ = [
    "DataParallel", "distribution", "get_device_count", "initialize", "list_devices", "set_distribution",
]  # fmt: skip

ADDRESSES, COUNT, INDEX = (
    "KERAS_DISTRIBUTION_JOB_ADDRESSES",
    "KERAS_DISTRIBUTION_NUM_PROCESSES",
    "KERAS_DISTRIBUTION_PROCESS_ID",
)

_joined: list["Processes"] = []


def initialize(
    job_addresses: str | None = None, num_processes: int | None = None, process_id: int | None = None
) -> None:
    """Joins this process with the others of a training. Before anything else that computes with JAX.

    job_addresses: HOST:PORT of process 0 (of several, separated by commas, the first counts).  num_processes: how many
    there are.  process_id: which this is, from 0.  What is left out is read from KERAS_DISTRIBUTION_JOB_ADDRESSES,
    _NUM_PROCESSES and _PROCESS_ID, else found by JAX (Slurm, Open MPI). Collectives are gloo's, over TCP; there is no
    authentication: use it in a trusted network only.
    """
    from chainrule.distribution.processes import join

    if _joined:
        raise SettingError("This process has joined already: initialize is called once.")
    address = job_addresses or os.environ.get(ADDRESSES)
    count, index = whole(num_processes, COUNT), whole(process_id, INDEX)
    given = [address, count, index]
    if any(value is None for value in given) and any(value is not None for value in given):
        raise SettingError(
            "Say all three, or none to let JAX find them (Slurm, Open MPI): the address of process 0, the number of "
            "processes, and which this is."
        )
    if count is not None and index is not None and not 0 <= index < count:
        raise SettingError(f"There are {count} processes, counted from 0; there is no process {index}.")
    _joined.append(join(address.split(",")[0].strip() if address else None, count, index))
    if distribution() is None:
        set_distribution(DataParallel())


def joined() -> "Processes | None":
    """The processes of this training, or None where there is only this one."""
    return _joined[0] if _joined else None


def is_follower() -> bool:
    """Whether another process leads this training: then that one records, shows progress and writes files."""
    return bool(_joined) and _joined[0].index > 0


def in_environment() -> bool:
    """Whether the environment says that this process is one of several, in Keras's words."""
    return bool(os.environ.get(ADDRESSES))


def list_devices(device_type: str | None = None) -> list[str]:
    """The devices of all processes, such as "cpu:0". device_type: only those."""
    import jax

    names = [f"{device.platform}:{device.id}" for device in jax.devices()]
    return [name for name in names if device_type is None or name.startswith(device_type.lower())]


def get_device_count(device_type: str | None = None) -> int:
    """How many devices all processes have together. device_type: only those."""
    return len(list_devices(device_type))


def whole(value: Any, variable: str) -> int | None:
    """A number as it was given, or as the environment has it."""
    value = os.environ.get(variable) if value is None else value
    if value is None or value == "":
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise SettingError(f"{variable} is a whole number; it got {value!r}.") from None


__getattr__ = absent.refusing("distribution", __all__)
