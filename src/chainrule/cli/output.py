"""What is printed, and where: results on stdout; progress, notes and warnings on stderr.

With --json stdout holds JSON and nothing else. Colours are for terminals, unless the environment says otherwise:
--no-color, then NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, then TERM=dumb, then whether it is a terminal.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO

from chainrule.cli.layout import fitted, table
from chainrule.cli.vocabulary import as_typed, in_option_names
from chainrule.cli.waiting import Waiting
from chainrule.errors import printable
from chainrule.internal.terminal import PLAINER, columns_of, is_terminal, writes_unicode

# control characters and those that turn the direction of writing, but for line ends and tabs; and without our own colors
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HARMFUL = re.compile(rf"(?!\x1b\[[0-9;]*m){CONTROLS.pattern}")
STYLES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "green": "32"}


def wants_color(stream: Any, words: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> bool:
    """Whether text for this stream is coloured.

    >>> wants_color(None, [], {"FORCE_COLOR": "1"}), wants_color(None, [], {"FORCE_COLOR": "1", "NO_COLOR": "1"})
    (True, False)
    """
    if "--no-color" in words or environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR", "0") != "0" or environment.get("CLICOLOR_FORCE", "0") != "0":
        return True
    return environment.get("TERM") != "dumb" and is_terminal(stream)


class Output:
    """The two streams of a command, and how they may be written to.

    >>> Output(["--no-color"]).bold("plain")
    'plain'
    """

    def __init__(self, words: Sequence[str] = ()) -> None:
        self.json = "--json" in words
        self.quiet = False
        self.waiting = Waiting("", quiet=True)
        self.odd = {w: printable(w) for word in words for w in (word, Path(word).name) if not w.isprintable()}
        self.options: dict[str, str] = {}  # of the command, by their names in Python
        self.color, self.color_err = wants_color(sys.stdout, words), wants_color(sys.stderr, words)
        self.unicode = writes_unicode(sys.stdout)
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                with suppress(
                    OSError, ValueError
                ):  # a name in Greek, or one that is no Unicode, must not end it
                    stream.reconfigure(errors=PLAINER)

    def settle(self, args: Any) -> None:
        """Takes over what the command line says."""
        self.json, self.quiet = bool(getattr(args, "json", False)), bool(getattr(args, "quiet", False))

    # ── stdout: the result ───────────────────────────────────────────────────────────────────────────────────────
    def say(self, text: str = "") -> None:
        """A line of the result, for people."""
        if not self.json:
            with self.waiting.aside():
                print(fitted(harmless(as_typed(self._typed(text)), self.color), columns_of(sys.stdout)))

    def give(self, found: Mapping[str, Any]) -> None:
        """The result, for programs: one line of JSON."""
        if self.json:
            import json

            with self.waiting.aside():
                print(json.dumps(plain(found), allow_nan=False))

    # ── stderr: everything else ──────────────────────────────────────────────────────────────────────────────────
    def tell(self, text: str) -> None:
        """A line about what is going on; silent with -q."""
        if not self.quiet:
            self.error_line(text)

    def warn(self, text: str) -> None:
        """Something that deserves a look, also with -q."""
        self.error_line(
            f"{self.styled('warning:', 'yellow', self.color_err)} {in_option_names(text, self.options)}"
        )

    def fail(self, name: str, message: str) -> None:
        """The sentence about what went wrong."""
        self.error_line(
            f"{self.styled(name + ':', 'red', self.color_err)} {in_option_names(message, self.options)}"
        )

    def error_line(self, text: str) -> None:
        """A line on stderr."""
        with suppress(OSError, ValueError):  # nobody hears it
            self.flush()  # what was said before stands before it
        with suppress(OSError, ValueError), self.waiting.aside():
            result = fitted(harmless(as_typed(self._typed(text)), self.color_err), columns_of(sys.stderr))
            print(result, file=sys.stderr, flush=True)

    def _typed(self, text: str) -> str:
        """What was typed and holds line ends, such as a file's name, on one line."""
        for word, shown in self.odd.items():
            text = text.replace(word, shown)
        return text

    @contextmanager
    def busy(self, what: str) -> Iterator[Waiting]:
        """While this lasts, a terminal shows what is being done; silent with -q."""
        before = self.waiting
        with Waiting(what, self.quiet) as self.waiting:
            try:
                yield self.waiting
            finally:
                self.waiting.stop()
                self.waiting = before

    @contextmanager
    def progress(self) -> Iterator[TextIO]:
        """While this lasts, what the library prints (fit's lines) goes to stderr."""
        self.waiting.stop()
        with redirect_stdout(sys.stderr):
            yield sys.stderr
        self.waiting = Waiting("Measuring", self.quiet).__enter__()  # `busy` ends it

    @contextmanager
    def warnings(self) -> Iterator[None]:
        """While this lasts, the library's warnings are lines of their own."""
        import warnings

        def show(message: Warning | str, *_: Any, **__: Any) -> None:
            self.warn(str(message))

        with warnings.catch_warnings():
            warnings.showwarning = show
            yield

    def table(self, rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> list[str]:
        """Rows of cells as lines that fit stdout; those in `left` are words."""
        return table(rows, left, columns_of(sys.stdout))

    # ── looks ────────────────────────────────────────────────────────────────────────────────────────────────────
    def styled(self, text: str, style: str, color: bool | None = None) -> str:
        """The text in a style, where colours are wanted."""
        wanted = self.color if color is None else color
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if wanted else text

    def bold(self, text: str) -> str:
        """The text in bold, on a stdout that has colours."""
        return self.styled(text, "bold")

    def flush(self) -> None:
        """Everything out; raises BrokenPipeError where nobody reads."""
        if sys.stdout is not None:
            sys.stdout.flush()


def harmless(text: str, colors: bool = True) -> str:
    """A text without what could move the cursor, change the title or turn the direction of writing; lines stay.

    colors: whether codes for colors and bold stay, too, which a stream without colors never has.

    >>> harmless("\\x1b[1mbold\\x1b[0m \\x1b]0;title\\x07 \\u202e")
    '\\x1b[1mbold\\x1b[0m \\\\x1b]0;title\\\\x07 \\\\u202e'
    """
    return (HARMFUL if colors else CONTROLS).sub(
        lambda found: found[0].encode("unicode_escape").decode(), text
    )


def per_cent(share: float) -> str:
    """A share as people read it.

    >>> per_cent(0.98406)
    '98.41 %'
    """
    return f"{100 * share:.2f} %"


def file_size(count: int) -> str:
    """A number of bytes as people read it, in thousands.

    >>> file_size(8_371_712), file_size(940), file_size(22_500)
    ('8.4 MB', '940 bytes', '22.5 kB')
    """
    if count < 1000:
        return f"{count} bytes"
    for unit in ("kB", "MB"):
        count /= 1000  # type: ignore[assignment]
        if count < 1000:
            return f"{count:.1f} {unit}"
    return f"{count / 1000:.1f} GB"


def duration(seconds: float) -> str:
    """A time as people read it.

    >>> duration(9.83), duration(75), duration(3700)
    ('9.8 s', '1 min 15 s', '1 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


def plain(value: Any) -> Any:
    """A value as JSON can hold it: NumPy's numbers as Python's, tuples as lists, numbers that are not finite as null.

    >>> plain({"a": (1, float("nan"))})
    {'a': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    return value
