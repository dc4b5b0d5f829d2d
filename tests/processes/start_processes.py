"""Starting several processes on this machine, and hearing what they say."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

LEARNER = Path(__file__).with_name("learner.py")


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


def start(kind, folder, count, *more):
    """So many learners."""
    port, environment = free_port(), dict(os.environ, JAX_PLATFORMS="cpu", PYTHONUNBUFFERED="1")
    environment.pop("NPROC", None)
    return [
        subprocess.Popen(
            [sys.executable, str(LEARNER), kind, str(folder), str(count), str(i), str(port), *map(str, more)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )
        for i in range(count)
    ]  # fmt: skip


def said(processes):
    """What each printed last, as JSON; all must have ended well."""
    ends = [process.communicate(timeout=900) for process in processes]
    for process, (_, errors) in zip(processes, ends, strict=True):
        assert process.returncode == 0, errors
    return [json.loads(out.splitlines()[-1]) for out, _ in ends]
