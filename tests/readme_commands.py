"""The README as a list of what to type, in the order printed, and what it says that comes out."""

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Typed:
    """A block of commands or Python, and the lines that are shown below it, if any."""

    python: bool
    lines: list[str]
    shown: str = ""


def typed() -> list[Typed]:
    """Everything that the README says to type."""
    found: list[Typed] = []
    for kind, text in BLOCK.findall(README.read_text(encoding="utf-8")):
        lines = [re.sub(r"\s+#.*", "", line) for line in text.splitlines() if line.strip()]
        if kind == "python":
            found.append(Typed(True, text.splitlines()))
        elif lines[0].startswith(("chainrule ", "python3 ", "pip ")):
            found.append(Typed(False, lines))
        else:
            found[-1].shown = text
    return found


def masked(text: str) -> list[str]:
    """Lines without their numbers, dates and times, which differ."""
    return [
        re.sub(r"[\d.,:T-]*\d(?:ms|us|s)?(?=\b|_)|\b(?:jax|numpy)\b", "#", line).rstrip()
        for line in text.splitlines()
    ]
