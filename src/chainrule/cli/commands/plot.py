"""Draws a picture of a run or a model into a .png or .svg file.

Of a run (curves takes several): curves (--figure), sizes (--which) of gradients, updates and weights at its steps, histograms of its
weights over time, path: its way over the loss.  Of a run, of RUN@STEP or of a model: digits, confusion, mistakes, weights,
the loss along a line and on a plane around its weights.  Of two networks: line, from one to the other.  Of nothing, computed on the spot: line-fit, valleys, batch-paths.

Pictures are transparent, and readable on white and on black.
"""

from typing import TYPE_CHECKING

from chainrule.cli import choices, paths
from chainrule.cli.options import add_data_options, data_options
from chainrule.cli.output import Output
from chainrule.cli.parser import OneOf, Parser, whole
from chainrule.cli.run_options import add_runs_dir
from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from argparse import Namespace

EXAMPLES = (
    "chainrule plot last",
    "chainrule plot last --what curves --out curves.png",
    "chainrule plot mnist.keras --what mistakes --out mistakes.svg",
)
OF_RUNS = ("curves", "histograms", "path", "sizes")
OF_NOTHING = ("batch-paths", "line-fit", "valleys")
LANDSCAPES = ("line", "path", "plane")
TAKES = {  # options, and the pictures that they are for
    "figure": ("curves",), "which": ("sizes",), "layer": ("weights", "histograms"), "count": ("digits", "mistakes", "weights"),
    "points": LANDSCAPES, "examples": LANDSCAPES, "part": ("sheet", "digits", "confusion", "mistakes", *LANDSCAPES),
    "data": ("sheet", "digits", "confusion", "mistakes", "weights", *LANDSCAPES),
}  # fmt: skip


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument(
        "what_of",
        nargs="*",
        metavar="RUN|MODEL",
        help="a run (its name, folder, or last), RUN@STEP, or a model file",
    )
    parser.add_argument(
        "--what",
        type=OneOf("picture", choices.PICTURES),
        metavar="PICTURE",
        help=f"{', '.join(choices.PICTURES)} (default sheet: what fits, on one)",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="a .png or .svg file (default: PICTURE.png, or with the next free number)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    parser.add_argument("--figure", metavar="NAME", help="curves: which figure (default loss)")
    parser.add_argument("--which", type=OneOf("size", choices.SIZES), metavar="SIZE",
                        help=f"sizes: {', '.join(choices.SIZES[:3])} (default gradient), or ratio: update to weight")  # fmt: skip
    parser.add_argument(
        "--layer", metavar="NAME", help="weights, histograms: of which layer (default: the first)"
    )
    parser.add_argument(
        "--count", type=whole(1), metavar="N", help="digits, mistakes, weights: how many pictures"
    )
    parser.add_argument(
        "--points",
        type=whole(2),
        metavar="N",
        help="line, plane, path: points along each direction (default 101, 51, 51)",
    )
    parser.add_argument("--examples", type=whole(1), metavar="N",
                        help="line, plane, path: the loss on so many examples (default 2000)")  # fmt: skip
    parser.add_argument("--data", metavar="DATA", help="the data, where they are not what or where they were")
    parser.add_argument("--part", type=OneOf("part", choices.PARTS), metavar="PART",
                        help=f"{', '.join(choices.PARTS)} (default test; for line, plane and path: train)")  # fmt: skip
    add_runs_dir(parser)
    add_data_options(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Draws the picture."""
    if args.what is None and not args.what_of:
        raise SettingError(f"Of which run or model? chainrule plot last, or --what {', '.join(OF_NOTHING)}.")
    args.what = args.what or ("curves" if len(args.what_of) > 1 else "sheet")
    if args.out is not None:
        paths.target(args.out, (".png", ".svg"), args.force)
    require_package("matplotlib", "plot", "chainrule plot")
    check_count(args.what, args.what_of)
    check_options(args)
    from chainrule import plots
    from chainrule.cli.plot_drawings import DRAW

    ax = DRAW[args.what](args, out)
    file = paths.free(f"{args.what}.png") if args.out is None else args.out
    plots.save(ax, file)
    out.give(
        {
            "what": args.what,
            "of": args.what_of,
            "file": file,
            "title": ax.get_title(),
            "x": ax.get_xlabel(),
            "y": ax.get_ylabel(),
        }
    )
    out.say(f"Drawn to {file}.")
    return 0


def check_count(what: str, of: list[str]) -> None:
    """As many runs or models as the picture is of; SettingError otherwise."""
    if what in OF_NOTHING and of:
        raise SettingError(f"{what} is a picture of its own: it takes no run or model (it got {of[0]!r}).")
    if what not in OF_NOTHING and not of:
        raise SettingError(
            f"{what} of what? chainrule plot RUN --what {what}{'' if what in OF_RUNS else ', or a model file'}."
        )
    if len(of) > {"curves": len(of), "line": 2}.get(what, 1):
        raise SettingError(
            f"{what} is a picture of {'at most two networks' if what == 'line' else 'one run or model'}; got {len(of)}."
        )
    models = [name for name in of if name.lower().endswith(paths.MODELS)]
    if models and what in OF_RUNS:
        raise SettingError(
            f"{what} shows how a run went; {models[0]} is a model file, which does not say that."
        )


def check_options(args: "Namespace") -> None:
    """Only options that the picture has a use for; SettingError otherwise."""
    for option, pictures in TAKES.items():
        if getattr(args, option) is not None and args.what not in pictures:
            raise SettingError(f"--{option} is for {', '.join(pictures)}; {args.what} does not take it.")
    given = list(data_options(args))
    is_file = bool(args.what_of) and args.what_of[0].lower().endswith(paths.MODELS)
    if given and not (is_file and args.what in TAKES["part"]):
        raise SettingError(
            f"--{given[0].replace('_', '-')} says how the data of a model file are read; it does not apply here."
        )
