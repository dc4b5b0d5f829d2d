"""Notices that another process is gone or stuck, and ends this one with a sentence: a collective would wait for ever."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

EVERY = 1.0  # seconds between two signs of life
SILENCE = 10.0  # seconds without one, after which a process counts as lost
ALIVE = "chainrule/alive/"
SIGNS = ("Gloo", "UNAVAILABLE", "DEADLINE_EXCEEDED", "coordination")  # in errors of a connection that is lost
ENDED = "ended"
HOW_TO_GO_ON = "The training ends here; chainrule train --resume last goes on from the last snapshot, also with another number of processes."


class Watchdog:
    """A thread that says every second that this process is alive, and looks whether the others are.

    client: of JAX's coordinator.  count, index: how many processes there are, and which this is.
    """

    def __init__(self, client: Any, count: int, index: int) -> None:
        self.client, self.count, self.index = client, count, index
        self.stopping, self.training = threading.Event(), False
        self.heard: dict[int, tuple[str, float]] = {}
        self.answered = time.monotonic()
        threading.Thread(target=self.watch, name="watchdog", daemon=True).start()
        threading.Thread(target=self.watch_store, name="watchdog of process 0", daemon=True).start()

    def watch(self) -> None:
        """Until the training is over."""
        beat = 0
        while not self.stopping.wait(EVERY):
            beat += 1
            try:
                self.client.key_value_set(f"{ALIVE}{self.index}", str(beat), allow_overwrite=True)
                signs = dict(self.client.key_value_dir_get(ALIVE))
                self.answered = time.monotonic()
            except Exception as problem:  # noqa: BLE001 - of JAX's runtime; whatever it is, process 0 is not there
                if self.stopping.is_set() or not self.training:
                    return
                lost(f"Process 0 cannot be reached any more ({reason(problem)}).")
            if (gone := self.missing(signs)) is not None and self.training and not self.stopping.is_set():
                lost(gone)

    def watch_store(self) -> None:
        """The store answers from process 0; where that is stuck, asking it never ends."""
        while not self.stopping.wait(EVERY):
            if time.monotonic() - self.answered > SILENCE and self.training:
                lost(f"Process 0 has given no sign of life for {SILENCE:.0f} seconds.")

    def missing(self, signs: dict[str, str]) -> str | None:
        """A sentence about the first process that gave no new sign for too long, or None."""
        now = time.monotonic()
        for i in range(self.count):
            sign = signs.get(f"{ALIVE}{i}", "")
            before, when = self.heard.get(i, ("", now))
            self.heard[i] = (sign, when if sign == before else now)
            if i == self.index:
                continue
            if sign == ENDED and self.training:
                return f"Process {i} has ended."
            if now - self.heard[i][1] > SILENCE:
                return f"Process {i} has given no sign of life for {SILENCE:.0f} seconds."
        return None

    @contextmanager
    def explained(self) -> Iterator[None]:
        """An error of JAX's runtime in here means that another process is gone: this one ends with a sentence."""
        try:
            yield
        except Exception as problem:
            if not self.concerns(problem):
                raise
            lost(f"Another process cannot be reached any more ({reason(problem)}).")

    def concerns(self, problem: BaseException) -> bool:
        """Whether an error says that the connection to another process is lost."""
        return self.training and any(sign in str(problem) for sign in SIGNS)

    def end(self) -> None:
        """This process is at its end: it waits for the others, because JAX lets all of them end together."""
        self.stopping.set()
        try:
            self.client.key_value_set(f"{ALIVE}{self.index}", ENDED, allow_overwrite=True)
            while (signs := dict(self.client.key_value_dir_get(ALIVE))) and self.missing(signs) is None:
                if all(signs.get(f"{ALIVE}{i}") == ENDED for i in range(self.count)):
                    return
                time.sleep(0.1)
        except Exception:  # noqa: BLE001, S110 - the store is gone, and process 0 with it
            pass
        leave(1)


def reason(problem: Exception) -> str:
    """The beginning of what the runtime says.

    >>> reason(RuntimeError("UNAVAILABLE: Connection closed by peer.; more\\nand more"))
    'Connection closed by peer'
    """
    first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return first.partition(": ")[2].partition(";")[0][:100].rstrip(" .") or first[:100]


def lost(sentence: str) -> NoReturn:
    """Says it and ends this process at once."""
    print(f"chainrule: {sentence} {HOW_TO_GO_ON}", file=sys.stderr, flush=True)
    leave(1)


def leave(code: int) -> NoReturn:
    """Ends this process without what JAX does at the end of a program: that would wait for those who are lost."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
