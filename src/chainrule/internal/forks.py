"""JAX does not survive a fork: the threads that compute stay in the parent, and a child that asks for them waits for ever."""

import functools
import os
import sys
from pathlib import Path

from chainrule.errors import SettingError

XLA = "tf_XLAEigen"  # the name of the threads that compute on a processor


def must_have_its_threads() -> None:
    """SettingError in a process that was forked after JAX had started."""
    if started_in() != os.getpid():
        raise SettingError(
            "This process was forked after JAX had started, and JAX's threads stayed behind: learning would wait for them "
            'for ever. Start the process with multiprocessing.get_context("spawn"), or learn with '
            'compile(..., backend="numpy").'
        )


@functools.cache
def started_in() -> int | None:
    """The process in which JAX was first asked for, which its children remember; None where that was a parent's affair."""
    return None if left_behind() else os.getpid()


def left_behind() -> bool:
    """Whether JAX was started by others, in a parent: it has processors, but none of its threads is in this process."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    tasks = Path("/proc/self/task")
    if not getattr(bridge, "_backends", None) or not tasks.is_dir():
        return False
    import jax

    return jax.default_backend() == "cpu" and XLA not in {name_of(task) for task in tasks.iterdir()}


def name_of(task: Path) -> str:
    """What a thread of this process is called; nothing where it has just ended."""
    try:
        return (task / "comm").read_text().strip()
    except OSError:
        return ""
