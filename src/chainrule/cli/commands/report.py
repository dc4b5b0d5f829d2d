"""Writes a report about a recorded run: one HTML page to hand on, which loads nothing and needs nothing but a browser.

It says what was trained on what, how the learning went, what the network confuses (each cell of the matrix opens its
pictures), its worst mistakes, what it looks for, what the doctor finds, one opened step with every number, and how to make the
same again. It is readable in the dark, on paper, on a phone and without scripts. What cannot be had, because the data
have moved for example, is left out, and the page says so.
"""

from typing import TYPE_CHECKING

from chainrule.cli import paths
from chainrule.cli.output import Output, file_size
from chainrule.cli.parser import Parser
from chainrule.cli.run_options import RUN, add_runs_dir, found
from chainrule.errors import require_package

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule report last",
    "chainrule report last --out digits.html",
    "chainrule report last --no-examples",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument(
        "--out", metavar="FILE", help="a .html file (default: report.html, or with the next free number)"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    parser.add_argument("--data", metavar="DATA", help="the data it learned from, where they have moved")
    parser.add_argument(
        "--no-examples", action="store_true", help="show no single example: a page that others may see"
    )
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Writes the page."""
    if args.out is not None:
        paths.target(args.out, (".html", ".htm"), args.force)
    require_package("matplotlib", "plot", "chainrule report")
    source = None if args.data is None else paths.data(args.data)
    result = found(args, args.run)
    for problem in filter(None, (result.gaps(), result.lost_end())):
        out.warn(problem)
    from chainrule import report

    file = paths.target(paths.free("report.html"), (".html",), force=False) if args.out is None else args.out
    page = report.write(result, file, source, progress=out.waiting.advance, examples=not args.no_examples)
    size = len(page.html.encode())
    out.give({
        "run": result.name, "file": file, "bytes": size, "title": page.title, "sections": page.sections, "left_out": page.left_out,
    })  # fmt: skip
    out.say(out.bold(page.title))
    for line in page.left_out:
        out.tell(f"Left out: {line}")
    out.say(f"Written to {file}, {file_size(size)}. Open it in a browser.")
    return 0
