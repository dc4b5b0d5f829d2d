"""The pictures that `chainrule plot` draws, one function each: it finds what is drawn and calls `chainrule.plots`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.cli import paths
from chainrule.cli.output import Output
from chainrule.cli.run_options import found

if TYPE_CHECKING:
    from argparse import Namespace

    from matplotlib.axes import Axes

    from chainrule.cli.plot_target import PlotTarget

EXAMPLES = 2000  # of which a landscape shows the loss
FEW = 8  # snapshots: with fewer, a run's way is learned again to see more of it


def sheet(args: "Namespace", out: Output) -> "Axes":
    """What fits of a run or a model, on one sheet."""
    from functools import partial

    from chainrule import plots
    from chainrule.cli import plot_target
    from chainrule.errors import ChainruleError

    word = args.what_of[0]
    drawings: list[Callable[..., Any]] = []
    name = word
    if not word.lower().endswith(paths.MODELS) and "@" not in word:
        run = found(args, word)
        name = run.name
        drawings.append(partial(plots.curves, run))
        drawings += [partial(plots.curves, run, figure="accuracy")] if "accuracy" in run.metrics else []
        drawings.append(partial(plots.sizes, run))
    try:
        of = target_of(args, out)
        if of.task != "regression":
            drawings.append(partial(plots.confusion, of.y, of.probabilities, of.names))
        if of.raw.dtype == "uint8" and of.raw.ndim in (3, 4):
            drawings.append(partial(plots.mistakes, of.pictures, of.y, of.probabilities, of.names))
            if of.raw.ndim == 3:
                drawings.append(partial(plots.weights, plot_target.network(word, args), None, 30))
    except ChainruleError as why:
        out.tell(f"Left out what needs the data: {why}")
    kept = [draw for draw in drawings if drawable(draw, out)]
    return plots.sheet(kept, name).axes[0]


def drawable(draw: Callable[..., Any], out: Output) -> bool:
    """Whether a figure can be drawn; says why not."""
    from chainrule.errors import ChainruleError

    try:
        draw()
    except ChainruleError as why:
        out.tell(f"Left out: {why}")
        return False
    return True


def curves(args: "Namespace", out: Output) -> "Axes":
    """Learning curves of one or more runs."""
    from chainrule import plots

    return plots.curves(*(found(args, name) for name in args.what_of), figure=args.figure or "loss")


def sizes(args: "Namespace", out: Output) -> "Axes":
    """Gradients, updates or weights at a run's steps."""
    from chainrule import plots

    return plots.sizes(found(args, args.what_of[0]), args.which or "gradient")


def histograms(args: "Namespace", out: Output) -> "Axes":
    """A layer's weights at a run's snapshots."""
    from chainrule import plots

    return plots.histograms(found(args, args.what_of[0]), args.layer)


def digits(args: "Namespace", out: Output) -> "Axes":
    """The first examples, and what the network says they are."""
    from chainrule import plots

    some = target_of(args, out).first(args.count or 60)
    return plots.digits(some.pictures, some.y, some.probabilities.argmax(axis=1), names=some.names)


def confusion(args: "Namespace", out: Output) -> "Axes":
    """What is taken for what."""
    from chainrule import plots

    of = target_of(args, out)
    return plots.confusion(of.y, of.probabilities, of.names)


def mistakes(args: "Namespace", out: Output) -> "Axes":
    """The worst mistakes."""
    from chainrule import plots

    of = target_of(args, out)
    return plots.mistakes(of.pictures, of.y, of.probabilities, of.names, args.count or 12)


def weights(args: "Namespace", out: Output) -> "Axes":
    """What a layer's units look for."""
    from chainrule import plots
    from chainrule.cli import plot_target

    return plots.weights(plot_target.network(args.what_of[0], args), args.layer, args.count or 60)


def line(args: "Namespace", out: Output) -> "Axes":
    """The loss in a random direction, or on the way to another network."""
    from chainrule import landscapes, plots
    from chainrule.cli import plot_target

    of, points = target_of(args, out, "train").first(args.examples or EXAMPLES), args.points or 101
    to = plot_target.network(args.what_of[1], args) if args.what_of[1:] else None
    return plots.loss_line(
        landscapes.line(of.model, of.x, of.targets, to, points, progress=out.waiting.advance)
    )


def plane(args: "Namespace", out: Output) -> "Axes":
    """The loss in two random directions."""
    from chainrule import landscapes, plots

    of, points = target_of(args, out, "train").first(args.examples or EXAMPLES), args.points or 51
    return plots.loss_plane(
        landscapes.plane(of.model, of.x, of.targets, points, progress=out.waiting.advance)
    )


def path(args: "Namespace", out: Output) -> "Axes":
    """A run's way over the loss."""
    from chainrule import landscapes, plots
    from chainrule.recording import resume

    of, points = target_of(args, out, "train").first(args.examples or EXAMPLES), args.points or 51
    run = found(args, args.what_of[0])
    few = len(run.snapshots()) < FEW
    if few:
        out.tell(
            f"{run.name} has {len(run.snapshots())} snapshots; it is learned again, to see more of its way."
        )
    way = landscapes.path(resume.opened(run, of.source) if few else run)
    return plots.loss_plane(
        landscapes.path_plane(of.model, of.x, of.targets, way, points, progress=out.waiting.advance)
    )


def line_fit(args: "Namespace", out: Output) -> "Axes":
    """The textbook's bowl."""
    from chainrule import plots

    return plots.line_fit()


def valleys(args: "Namespace", out: Output) -> "Axes":
    """The textbook's valleys."""
    from chainrule import plots

    return plots.valleys()


def batch_paths(args: "Namespace", out: Output) -> "Axes":
    """The textbook's batches."""
    from chainrule import plots

    return plots.batch_paths()


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def target_of(args: "Namespace", out: Output, default_part: str = "test") -> "PlotTarget":
    """The network that is drawn, with its data."""
    from chainrule.cli import plot_target

    args.part = args.part or default_part
    return plot_target.plot_target(args.what_of[0], args, out)


DRAW: dict[str, Callable[["Namespace", Output], "Axes"]] = {
    "batch-paths": batch_paths, "confusion": confusion, "curves": curves, "digits": digits, "histograms": histograms,
    "line": line, "line-fit": line_fit, "mistakes": mistakes, "path": path, "plane": plane, "sheet": sheet, "sizes": sizes,
    "valleys": valleys, "weights": weights,
}  # fmt: skip
