"""A line on a terminal while a command works: what it does, for how long already, and how long it will take."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from chainrule.internal.terminal import columns_of, is_terminal, writes_unicode

FIRST, NEXT = 0.3, 0.25  # seconds until the line is drawn, and between two drawings
CELLS = 20


class Waiting:
    """Draws the line from another thread, so that it moves also while one long piece of work lasts.

    Nothing is drawn where nobody looks. What else is printed meanwhile is printed `aside`.

    >>> with Waiting("Measuring", quiet=True) as line:
    ...     line.advance(1, 2)
    """

    def __init__(self, what: str, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.what, self.stream = what, stream if stream is not None else sys.stderr
        self.shown = not quiet and is_terminal(self.stream)
        self.began, self.done, self.total, self.width = time.monotonic(), 0, 0, 0
        self.lock, self.over = threading.Lock(), threading.Event()
        self.paused = False

    def __enter__(self) -> "Waiting":
        if self.shown:
            threading.Thread(target=self._draw, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def advance(self, done: int, total: int) -> None:
        """Says how far it is; the first call is when the time left begins to be known."""
        if not self.total or total != self.total:
            self.began = time.monotonic() if done else self.began
        self.done, self.total = done, total

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Takes the line away, and draws none while something else is printed."""
        with self.lock:
            self._clear()
            yield

    def stop(self) -> None:
        """Takes the line away for good: something else draws here from now on."""
        self.over.set()
        with self.aside():
            pass

    def line(self, seconds: float) -> str:
        """The line after so many seconds.

        >>> waiting = Waiting("Drawing", quiet=True)
        >>> waiting.advance(1, 4)
        >>> waiting.line(3.0)[-27:]
        ' 1/4, 3 s, about 9 s left …'
        """
        unicode = writes_unicode(self.stream)
        end = " …" if unicode else " ..."
        if not self.total:
            return f"{self.what}, {seconds:.0f} s{end}"
        full = min(CELLS, int(CELLS * self.done / self.total))
        bar = "━" * full + "─" * (CELLS - full) if unicode else "=" * full + "." * (CELLS - full)
        left = seconds / self.done * (self.total - self.done) if self.done else None
        text = "" if left is None else f", about {left:.0f} s left"
        return f"{self.what} {bar} {self.done:,}/{self.total:,}, {seconds:.0f} s{text}{end}"

    def _draw(self) -> None:
        wait = FIRST
        while not self.over.wait(wait):
            wait = NEXT
            with self.lock:
                if self.over.is_set():
                    return
                line = self.line(time.monotonic() - self.began)
                columns = columns_of(self.stream) or 80
                if len(line) >= columns:
                    line = line[: columns - 1].rpartition(" ")[0]
                self._clear()
                self._write("\r" + line)
                self.width = len(line)

    def _clear(self) -> None:
        if self.width:
            self._write("\r" + " " * self.width + "\r")
            self.width = 0

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):
            self.over.set()
