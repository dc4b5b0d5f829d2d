"""The page about explain shows what is really printed."""

import contextlib
import io
from pathlib import Path

from printed import recompute

PAGE = (Path(__file__).parents[2] / "docs" / "explain.md").read_text()
BLOCKS = [block.partition("\n") for block in PAGE.split("```")[1::2]]


def test_the_first_example_prints_what_the_page_says() -> None:
    """The code of the page, run, prints the text below it, to the last letter: its numbers are exact in float32."""
    (_, _, code), (_, _, shown) = BLOCKS[:2]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().rstrip() == shown.rstrip()


def test_every_line_of_arithmetic_on_the_page_holds() -> None:
    """Also those of the real run, which another machine might print with other last digits."""
    accounts = [text for kind, _, text in BLOCKS if kind == ""]
    assert len(accounts) == 2
    assert [len(recompute(text)) > 8 for text in accounts] == [True, True]
