"""What is printed while learning: Keras's lines, to the letter, and a bar where there is a terminal to draw it on."""

import math
import os
import sys
import time
from typing import Any, TextIO

from chainrule.internal.terminal import columns_of, is_terminal, writes_unicode


def number(value: float) -> str:
    """A figure as Keras prints it: four decimals, or an exponent for very small ones and 0.

    >>> number(0.97531), number(0.0000123)
    ('0.9753', '1.2300e-05')
    """
    value = float(value)
    return f"{value:.4f}" if abs(value) > 1e-3 or not math.isfinite(value) else f"{value:.4e}"


def per_step(seconds: float) -> str:
    """Time per step as Keras prints it.

    >>> per_step(0.0021), per_step(0.00045), per_step(2)
    ('2ms/step', '450us/step', '2s/step')
    """
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/step"
    return f"{seconds * 1e3:.0f}ms/step" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/step"


def clock(seconds: float) -> str:
    """A duration as Keras prints it: 12s, 3:05, 2:00:01."""
    s = int(seconds)
    if s >= 3600:
        return f"{s // 3600}:{s % 3600 // 60:02d}:{s % 60:02d}"
    return f"{s // 60}:{s % 60:02d}" if s > 60 else f"{s}s"


class Progress:
    """One pass over the data, announced as verbose asks: 0 nothing, 1 a live bar, 2 one line at the end.

    On a terminal that cannot redraw, or into a file, "auto" is 2.
    """

    def __init__(self, verbose: Any, steps: int, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stdout
        self.verbose = verbosity(verbose, self.stream)
        self.steps, self.began, self.drawn, self.width = steps, time.perf_counter(), 0.0, 0
        self.mark = "━" if writes_unicode(self.stream) else "="

    def say(self, line: str) -> None:
        """A line of its own, such as "Epoch 1/10"."""
        if self.verbose:
            print(line, file=self.stream, flush=True)

    def update(self, done: int, logs: dict[str, float]) -> None:
        """Redraws the bar, at most ten times a second."""
        now = time.perf_counter()
        if self.verbose != 1 or now - self.drawn < 0.1 or done >= self.steps:
            return
        self.drawn = now
        left = (now - self.began) / max(1, done) * (self.steps - done)
        self.redraw(f"{self.bar(done)} {clock(left)} {self.figures(logs, done)}", end="")

    def finish(self, logs: dict[str, float], done: int | None = None) -> None:
        """The last line of the pass."""
        done = self.steps if done is None else done
        spent = time.perf_counter() - self.began
        if self.verbose == 1:
            self.redraw(f"{self.bar(done)} {clock(spent)} {self.figures(logs, done)}", end="\n")
        elif self.verbose == 2:
            head = f"{done}/{self.steps} - {spent:.0f}s - {per_step(spent / max(1, done))}"
            tail = "".join(f" - {name}: {number(value)}" for name, value in logs.items())
            print("\n".join(broken(head + tail, columns_of(self.stream))), file=self.stream, flush=True)

    def bar(self, done: int) -> str:
        """How far it is: "  3/100 ━───"."""
        share = done / max(1, self.steps)
        full = int(20 * share)
        bar = self.mark * full + ("─" if self.mark == "━" else ".") * (20 - full)
        return f"{done:>{len(str(self.steps))}}/{self.steps} {bar}"

    def figures(self, logs: dict[str, float], done: int) -> str:
        """The rate and the figures, as they stand at the end of the line."""
        spent = time.perf_counter() - self.began
        tail = "".join(f" - {name}: {number(value)}" for name, value in logs.items())
        return per_step(spent / max(1, done)) + tail

    def redraw(self, line: str, end: str) -> None:
        """Writes a line over the one before. While it lasts, what does not fit is left out; at the end it goes on below."""
        columns = columns_of(self.stream)
        line, *more = broken(line, columns)
        if not end:
            more = []
            while columns and len(line) >= columns:  # a narrow terminal: word by word
                line = line.rpartition(" ")[0]
        padding = " " * max(0, self.width - len(line))
        print("\r" + line + padding, *more, sep="\n", end=end, file=self.stream, flush=True)
        self.width = 0 if end else len(line)


def broken(line: str, columns: int | None) -> list[str]:
    """A line of figures as lines that fit, broken before a dash only.

    >>> broken("10/10 - 1s - accuracy: 0.9144 - loss: 0.7607", 30)
    ['10/10 - 1s - accuracy: 0.9144', '  - loss: 0.7607']
    """
    lines: list[str] = []
    for piece in line.split(" - "):
        if lines and (columns is None or len(lines[-1]) + 3 + len(piece) < columns):
            lines[-1] += f" - {piece}"
        else:
            lines.append(f"  - {piece}" if lines else piece)
    return lines


def verbosity(verbose: Any, stream: TextIO | None = None) -> int:
    """0, 1 or 2; "auto" is a bar on a terminal and one line per epoch elsewhere."""
    from chainrule.errors import SettingError

    if verbose in ("auto", None):
        stream = stream if stream is not None else sys.stdout
        if type(stream).__module__.startswith("ipykernel"):  # a notebook redraws a line as a terminal does
            return 1
        return 1 if is_terminal(stream) and os.environ.get("TERM") != "dumb" else 2
    if verbose in (0, 1, 2):
        return int(verbose)
    raise SettingError(
        f"verbose is 0 (silent), 1 (a bar), 2 (a line per epoch) or 'auto'; it got {verbose!r}."
    )
