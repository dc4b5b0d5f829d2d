"""Whether the machine was ours while something was timed, and a lock for those who share one."""

import fcntl
import os
import time

TRIES = 3
AT_MOST = 0.04  # of the machine's processor time may go to others; more than that, and the timing is repeated
PATIENCE = 60  # seconds to wait for others to be done, before a timing is repeated
HELD_FOR = 100.0  # seconds, after which a lock is given to others for once
SHORT = 0.1  # seconds: the system counts in hundredths of a second, too coarse to say anything about less than this


def processor_seconds():
    """How long all processors together have worked since the machine started; None where nobody counts (Linux does)."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _idle, _wait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def idle():
    """Waits for a second in which nobody works, up to PATIENCE seconds."""
    until = time.monotonic() + PATIENCE
    before = processor_seconds()
    while before is not None and time.monotonic() < until:
        time.sleep(1)
        after = processor_seconds()
        if after - before <= AT_MOST * os.cpu_count():
            return
        before = after


def quietly(measure, tries=TRIES):
    """Calls `measure` until others left it alone, at most so many times; returns the quietest result.

    measure() -> a dict with "seconds" and with "cpu", its own processor time. Added: "others", the share of the
    machine's processor time that went elsewhere meanwhile (None where it is not known), and "tries".
    """
    results = []
    for number in range(tries):
        if number:
            idle()
        before, began = processor_seconds(), time.perf_counter()
        result = measure()
        after, wall = processor_seconds(), time.perf_counter() - began
        unknown = before is None or wall < SHORT
        others = None if unknown else max(0.0, (after - before - result["cpu"]) / (wall * os.cpu_count()))
        results.append(result | {"others": others})
        if unknown or others <= AT_MOST:
            break
    return min(results, key=lambda result: result["others"] or 0.0) | {"tries": len(results)}


def calm(row, name):
    """Of a row's timings those that others left alone; all, if there are none such."""
    quiet = [
        value for value, others in zip(row[name], row["others"], strict=True) if (others or 0.0) <= AT_MOST
    ]
    return quiet or row[name]


class Alone:
    """A lock file, if one is named: jobs that ask for the same lock wait while something is timed. See flock(1)."""

    def __init__(self, path):
        self.path, self.file, self.since = path, None, 0.0

    def hold(self):
        """Asked for before each round: takes the lock, and lets others go first after a while."""
        if self.path and self.file is None:
            self.file = open(self.path, "a")  # noqa: SIM115 - `release` closes it
            fcntl.flock(self.file, fcntl.LOCK_EX)
            self.since = time.monotonic()
        elif self.file and time.monotonic() - self.since > HELD_FOR:
            self.release()
            time.sleep(1)  # else they would not be quick enough
            self.hold()

    def release(self):
        """Lets others go on."""
        if self.file:
            self.file.close()
        self.file = None
