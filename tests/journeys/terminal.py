"""A terminal of 80 columns in which real commands are typed, and what a person sees in it."""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

COLUMNS = 80
CODES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Screen:
    """What a command left: its exit code, all that was drawn, and its lines as they stand at the end."""

    command: str
    code: int
    drawn: str

    @property
    def lines(self) -> list[str]:
        """The lines; of one that was drawn over again, the last drawing."""
        return [line.split("\r")[-1].rstrip() for line in self.drawn.split("\n")]

    @property
    def text(self) -> str:
        """All that can be read, with line breaks as spaces."""
        return " ".join(" ".join(self.lines).split())

    def too_wide(self) -> list[str]:
        """What was drawn, also for a moment, that is wider than the terminal; a word that is longer cannot be helped."""
        pieces = [piece.rstrip() for piece in re.split(r"[\r\n]", self.drawn)]
        return [piece for piece in pieces if len(piece) > COLUMNS and len(piece.split()) > 1]


class Terminal:
    """Commands typed one after the other in a folder. Each must fit, and end with the exit code that is expected."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("CHAINRULE_", "COLUMNS", "NO_COLOR", "FORCE_COLOR"))
        }
        self.environment = (
            kept
            | {"TERM": "xterm", "CHAINRULE_HOME": str(folder / "cache"), "CHAINRULE_OFFLINE": "1"}
            | environment
        )

    def __call__(self, command: str, code: int = 0, keys: str = "") -> Screen:
        """Types a command; keys: what is typed while it asks."""
        words = re.findall(r'"[^"]*"|\S+', command)
        assert words[0] == "chainrule"
        mine, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        line = [sys.executable, "-m", "chainrule", *(word.strip('"') for word in words[1:])]
        process = subprocess.Popen(
            line, cwd=self.folder, env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(mine, keys.encode())
        drawn = b""
        while True:
            ready, _, _ = select.select([mine], [], [], 0.2)
            if not ready and process.poll() is not None:
                break
            if ready:
                try:
                    piece = os.read(mine, 65536)
                except OSError:
                    break
                if not piece:
                    break
                drawn += piece
        os.close(mine)
        text = CODES.sub("", drawn.decode("utf-8").replace("\r\n", "\n"))
        screen = Screen(command, process.wait(), text)
        assert screen.code == code, f"{command}: exit code {screen.code}\n{text[-3000:]}"
        assert screen.too_wide() == [], command
        assert "Traceback" not in text
        return screen
