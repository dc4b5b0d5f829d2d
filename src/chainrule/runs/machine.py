"""On what a run was made: bits are the same again on the same processor with the same versions."""

import os
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "jax", "jaxlib")


def this_machine() -> dict[str, Any]:
    """System, processor, cores and versions, as plain values.

    >>> sorted(this_machine())[:4]
    ['architecture', 'chainrule', 'cores', 'jax']
    """
    from chainrule import __version__

    return {
        "system": platform.system(), "release": platform.release(), "architecture": platform.machine(),
        "processor": processor(), "cores": os.cpu_count(), "python": platform.python_version(),
        "chainrule": __version__,
    } | {package: version(package) for package in PACKAGES}  # fmt: skip


@cache
def version(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


@cache
def processor() -> str:
    """The processor's name as the system tells it, or an empty text."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
