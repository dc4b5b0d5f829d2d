"""Other processes: run to their end, or kept for their turns. Wall time, processor time, peak memory.

The runner imports nothing but the standard library: on Linux the peak memory of a process counts from that of the
process which started it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}


def started(command, env, stdin, errors):
    """A process in the project's folder, with some variables of its environment changed."""
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=ROOT,
        env=os.environ | QUIET | env,
    )


def ended(process, errors):
    """Waits for the end; returns (processor seconds, peak memory in bytes). A process that failed says why."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        errors.seek(0)
        raise RuntimeError(
            f"{' '.join(process.args)} failed ({process.returncode}):\n{errors.read()[-3000:]}"
        )
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run(command, env=None):
    """Runs a command to its end: {"seconds", "cpu", "memory" in bytes, "output"}."""
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = started(command, env or {}, subprocess.DEVNULL, errors)
        output = process.stdout.read()
        cpu, memory = ended(process, errors)
        return {"seconds": time.perf_counter() - began, "cpu": cpu, "memory": memory, "output": output}


class Worker:
    """A process that does one piece of its job each time it gets its turn (benchmarks/jobs/turns.py)."""

    def __init__(self, command, env=None):
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - `end` closes it
        self.process = started(command, env or {}, subprocess.PIPE, self.errors)
        self.heard()  # everything is imported and read

    def turn(self):
        """One piece: {"seconds", "cpu", and what the job reports}."""
        print("go", file=self.process.stdin, flush=True)
        return self.heard()

    def heard(self):
        """What the process says next; a library's own chatter is not listened to."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        ended(self.process, self.errors)
        raise RuntimeError(f"{' '.join(self.process.args)} ended before its turn was over.")

    def end(self):
        """Ends the process; returns its peak memory in bytes."""
        self.process.stdin.close()
        self.process.stdout.read()
        with self.errors:
            return ended(self.process, self.errors)[1]
