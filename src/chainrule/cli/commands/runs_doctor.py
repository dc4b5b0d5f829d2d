"""Says what is wrong with a run's learning, where it shows, and what usually helps; the most important first.

It looks at the loss, the sizes of gradients, updates and weights, the metrics on held-back examples; and, where the
run's data can be opened, asks the network itself: which units are dead, which classes it never answers, which labels look
wrong. The last are candidates to look at, never verdicts. The exit code is 1 where something alarming was found.
"""

import textwrap
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.parser import Parser, whole
from chainrule.cli.run_options import RUN, add_runs_dir, found
from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.diagnosis import Diagnosis, Finding, Suspects
    from chainrule.recording.replay import Replay

EXAMPLES = (
    "chainrule runs doctor last",
    "chainrule runs doctor last --out labels.png",
    "chainrule runs doctor last --json",
)
STYLES = {"severe": "red", "warning": "bold", "note": "dim"}


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("run", metavar="RUN", help=RUN)
    parser.add_argument("--data", metavar="DATA", help="the data it learned from, where they have moved")
    parser.add_argument(
        "--no-labels", action="store_true", help="do not look for labels that look wrong, which takes longest"
    )
    parser.add_argument(
        "--out", metavar="FILE", help="draw the candidates for wrong labels into this .png or .svg"
    )
    parser.add_argument(
        "--count",
        type=whole(1),
        default=40,
        metavar="N",
        help="how many candidates to draw or list (default 40)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints what was found."""
    if args.out:
        if args.no_labels:
            raise SettingError("--out draws the labels that look wrong; leave out --no-labels.")
        paths.target(args.out, (".png", ".svg"), args.force)
        require_package("matplotlib", "plot", "--out")
    from chainrule import diagnosis
    from chainrule.recording import resume

    looked_at = found(args, args.run)
    for problem in filter(None, (looked_at.gaps(), looked_at.lost_end())):
        out.warn(problem)
    source = None if args.data is None else paths.data(args.data)
    needed = args.out or args.data  # without them, what was recorded is looked at
    replay = resume.opened(looked_at, source) if needed else None
    result = diagnosis.diagnose(looked_at, replay, labels=not args.no_labels, progress=out.waiting.advance)
    ranked, drawn = result.suspects, None
    if args.out and ranked is not None and replay is not None:
        drawn = draw(args, ranked, replay)
    labels = None if ranked is None else {
        "estimate": ranked.estimate, "labelled": len(ranked), "asked_at_steps": ranked.steps,
        "candidates": [vars(suspect) for suspect in ranked.top(args.count)],
    }  # fmt: skip
    out.give(result.to_dict() | {"labels": labels, "file": drawn})
    out.say("\n".join(lines(result, out)))
    if drawn:
        out.say(f'The first {args.count} candidates are drawn to {drawn}: "9 not 4" is labelled 4.')
    elif args.out:
        out.warn(f"There are no candidates to draw; {args.out} was not written.")
    return 0 if result.healthy else 1


def draw(args: "Namespace", ranked: "Suspects", replay: "Replay") -> str:
    """Writes the picture of the candidates; returns its name."""
    from chainrule import plots
    from chainrule.diagnosis.drawing import suspects_grid
    from chainrule.engine.examples import Scaled

    plots.save(
        suspects_grid(ranked, Scaled(replay.examples.x, replay.examples.divisor), args.count), args.out
    )
    return str(args.out)


def lines(told: "Diagnosis", out: Output) -> list[str]:
    """The findings, for people."""
    from chainrule.diagnosis.diagnose import ending, summary

    text = [
        f"{out.bold(told.run)}: {out.styled(summary(told), 'green') if told.healthy and told.looked_at else summary(told)}"
    ]
    for finding in told:
        text += ["", *lines_of(finding, out)]
    return [*text, *(filled(line, "  ") for line in ending(told))]


def lines_of(finding: "Finding", out: Output) -> list[str]:
    """One finding: how bad, what and where; its numbers; what usually helps."""
    arrow = "→" if out.unicode else "->"
    head = f"{out.styled(finding.severity, STYLES[finding.severity])}: {out.bold(finding.name)}{finding.title[len(finding.name) :]}"
    return [head, filled(finding.says, "  ", "  "), filled(f"{arrow} {finding.advice}", "    ", "  ")]


def filled(text: str, later: str = "", first: str = "") -> str:
    """A paragraph as wide as the terminal, at most 100 letters."""
    import sys

    from chainrule.internal.terminal import columns_of

    width: Any = max(40, min(100, columns_of(sys.stdout) or 100))
    return textwrap.fill(text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
