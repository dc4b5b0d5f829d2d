"""The machine, said so that figures can be understood: processor, memory, system, settings that change speed."""

import os
import platform
import re

SETTINGS = ("OPENBLAS_", "OMP_", "MKL_", "GOTO_", "XLA_", "JAX_", "TF_NUM_", "CHAINRULE_", "KERAS_BACKEND")


def first(path, pattern):
    """The first match in a file of the system, or None."""
    try:
        with open(path) as file:
            found = re.search(pattern, file.read())
    except OSError:
        return None
    return found.group(1).strip() if found else None


def describe():
    """A dict of what decides speed. Names no host and no folder."""
    memory = first("/proc/meminfo", r"MemTotal:\s*(\d+)")
    return {
        "processor": first("/proc/cpuinfo", r"model name\s*:\s*(.*)")
        or platform.processor()
        or platform.machine(),
        "family": first("/proc/cpuinfo", r"cpu family\s*:\s*(.*)"),
        "widest vectors": "512 bits" if first("/proc/cpuinfo", r"(avx512f)") else "256 bits or fewer",
        "cores": os.cpu_count(),
        "memory": f"{int(memory) / 2**20:.0f} GiB" if memory else None,
        "system": first("/etc/os-release", r'PRETTY_NAME="(.*)"') or platform.platform(terse=True),
        "kernel": platform.release(),
        "settings": {name: value for name, value in sorted(os.environ.items()) if name.startswith(SETTINGS)},
    }
