"""Taking turns: a job trains one epoch each time it is told "go", and its clock stands while it waits.

The time of an epoch runs from "go" to the moment when the job could begin the next epoch. So nothing that a library
does between epochs is left out. The first epoch holds all that has to be done once: compiling, moving the data.
"""

import json
import sys
import time


class Turns:
    """Reports the epoch that just ended, if there was one, and waits for the next turn."""

    def __init__(self):
        self.began = self.worked = None

    def wait(self, **figures):
        """figures: what the library says about the epoch (loss, accuracy)."""
        if self.began is not None:
            seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.worked
            figures = {"seconds": seconds, "cpu": cpu, **figures}
        print(json.dumps(figures), flush=True)  # the first one, empty, says: ready
        if sys.stdin.readline().strip() != "go":
            sys.exit()
        self.began, self.worked = time.perf_counter(), time.process_time()
