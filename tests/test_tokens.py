"""One look: colours have the same values in figures, reports, the studio and lessons."""

import re
from pathlib import Path

import chainrule
from chainrule.internal.cards import LINE
from chainrule.lessons import pictures
from chainrule.plots import style

ROOT = Path(chainrule.__file__).parent
SHEETS = (ROOT / "report" / "page.css", ROOT / "studio" / "page" / "style.css")


def tokens(path: Path) -> list[dict[str, str]]:
    """The named colours of a style sheet: those by day, then those by night."""
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", path.read_text(encoding="utf-8"))
    found = [dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block)) for block in blocks]
    return [block for block in found if "--paper" in block][:2]


def test_the_sheets_share_their_colours() -> None:
    """What is called the same in both has the same value, by day and by night."""
    report, studio = map(tokens, SHEETS)
    for by_report, by_studio in zip(report, studio, strict=True):
        shared = set(by_report) & set(by_studio)
        assert {"--paper", "--ink", "--soft", "--line", "--raised", "--blue", "--wrong", "--good"} <= shared
        assert {name: by_report[name] for name in shared} == {name: by_studio[name] for name in shared}


def test_figures_lessons_and_cards_share_their_colours() -> None:
    """The colours of lines are one list; what is positive and what is negative have its first two, in the studio too."""
    assert pictures.COLOURS == style.COLOURS
    assert pictures.GREY == style.INK
    assert style.COLOURS[0] == LINE
    day = tokens(SHEETS[1])[0]
    assert (day["--plus"].upper(), day["--minus"].upper()) == style.COLOURS[:2]
