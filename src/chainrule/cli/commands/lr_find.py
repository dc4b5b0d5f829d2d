"""Finds a learning rate: raises it step by step from tiny to huge, and shows where the loss falls and where it blows up.

Nothing is trained for keeps: a fresh network takes a few hundred steps. With --sweep the same network is then trained with
several rates around the suggestion, several at once as one program where JAX is installed, and what each comes to is listed.
"""

from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, paths
from chainrule.cli.options import DATA, add_data_options, check_seed, data_options, hidden
from chainrule.cli.output import Output
from chainrule.cli.parser import OneOf, Parser, above_zero, whole
from chainrule.cli.terminal_chart import chart
from chainrule.errors import SettingError, require_package

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset
    from chainrule.models import Sequential
    from chainrule.training.learning_rates import RateCurve, Sweep
    from chainrule.training.recipes import Recipe

EXAMPLES = (
    "chainrule lr-find",
    "chainrule lr-find --recipe classic --optimizer sgd --sweep 7",
    "chainrule lr-find houses.csv --target price --out curve.png",
)
WIDE = 100.0  # a sweep goes from a tenth of the suggestion to ten times it


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", nargs="?", default="mnist", metavar="DATA", help=f"{DATA} (default mnist)")
    group = parser.add_argument_group("how to learn")
    group.add_argument("--recipe", type=OneOf("recipe", choices.RECIPES), default="classic", metavar="NAME",
                       help=f"{', '.join(choices.RECIPES)} (default classic)")  # fmt: skip
    group.add_argument(
        "--layers", type=hidden, metavar="SIZES", help="sizes of the hidden layers, 784,100 or none"
    )
    for option, kind, known in (
        ("activation", "activation", choices.ACTIVATIONS), ("loss", "loss", choices.LOSSES), ("optimizer", "optimizer", choices.OPTIMIZERS),
    ):  # fmt: skip
        group.add_argument(f"--{option}", type=OneOf(kind, known), metavar="NAME", help=", ".join(known))
    group.add_argument("--batch-size", type=whole(1), metavar="N", help="examples a step")
    group.add_argument(
        "--seed",
        type=whole(0),
        metavar="N",
        help="decides first weights and orders (default: random; the seed is printed)",
    )
    group.add_argument("--backend", type=OneOf("backend", choices.BACKENDS), metavar="NAME",
                       help="numpy or jax (default: jax where it is installed and compiling pays)")  # fmt: skip
    group = parser.add_argument_group("which rates")
    group.add_argument(
        "--lowest", type=above_zero, default=1e-6, metavar="RATE", help="where it begins (default 1e-6)"
    )
    group.add_argument(
        "--highest", type=above_zero, default=10.0, metavar="RATE", help="where it ends (default 10)"
    )
    group.add_argument(
        "--steps", type=whole(10), default=200, metavar="N", help="steps from one to the other (default 200)"
    )
    group.add_argument(
        "--sweep",
        type=whole(2),
        metavar="N",
        help="then train N rates around the suggestion, and list what they come to",
    )
    group.add_argument(
        "--epochs", type=whole(1), default=1, metavar="N", help="how long the sweep trains (default 1)"
    )
    group = parser.add_argument_group("what to write")
    group.add_argument("--out", metavar="FILE", help="draw the curve into this .png or .svg")
    group.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    add_data_options(parser, learning=True)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Finds the rate; the exit code is 1 when the loss falls at none."""
    if args.out:
        paths.target(args.out, (".png", ".svg"), args.force)
        require_package("matplotlib", "plot", "--out")
    if args.lowest >= args.highest:
        raise SettingError(
            f"The rate rises from --lowest to --highest; {args.lowest:g} is not below {args.highest:g}."
        )
    from chainrule import arrays, datasets
    from chainrule.training import learning_rates, recipes

    seed = check_seed(args.seed)
    data = datasets.load(paths.data(args.data), **data_options(args))
    recipe = recipes.recipe(
        args.recipe, len(data.x_train), hidden=args.layers, activation=args.activation, loss=args.loss, optimizer=args.optimizer,
        batch_size=args.batch_size,
    )  # fmt: skip
    arrays.set_seed(seed)
    model = recipes.prepare(recipe, data, args.backend)
    x, y = recipes.examples(recipe, data, model.seed)
    curve = learning_rates.find(
        model,
        x,
        y,
        batch_size=recipe.batch_size,
        lowest=args.lowest,
        highest=args.highest,
        steps=args.steps,
        backend=args.backend,
        progress=out.waiting.advance,
    )
    tried = swept(args, model, recipe, data, curve, x, y)
    if args.out:
        from chainrule import plots
        from chainrule.diagnosis.drawing import rate_curve

        plots.save(rate_curve(curve), args.out)
    out.give(
        curve.to_dict()
        | {"seed": seed, "sweep": None if tried is None else tried.to_dict(), "file": args.out}
    )
    out.say(f"{data.name}, {model.count_params():,} weights, {recipe.optimizer}, batch {recipe.batch_size}, seed {seed}; "
            f"the loss of {len(curve.rates)} steps, smoothed, over the rate:")  # fmt: skip
    out.say("\n".join(drawing(curve, out)))
    out.say("" if curve.suggestion is None else f"\n{out.bold(f'Suggested: {curve.suggestion:g}')}")
    out.say(curve.reason)
    if tried is not None:
        out.say("\n" + "\n".join(rows(tried, out, args.epochs)))
    if args.out:
        out.say(f"Drawn to {args.out}.")
    return 0 if curve.suggestion is not None else 1


def drawing(curve: "RateCurve", out: Output) -> list[str]:
    """The curve in the terminal; what is far above its beginning is cut off."""
    from shutil import get_terminal_size

    first = curve.smooth[: max(1, len(curve.smooth) // 2)]
    top = float(first.max() + 0.25 * (first.max() - curve.smooth.min()))
    width = max(30, min(72, get_terminal_size().columns - 12))
    return chart(
        curve.rates.tolist(),
        curve.smooth.tolist(),
        log=True,
        top=top,
        width=width,
        mark=curve.suggestion,
        unicode=out.unicode,
    )


def swept(
    args: "Namespace",
    model: "Sequential",
    recipe: "Recipe",
    data: "Dataset",
    curve: "RateCurve",
    x: Any,
    y: Any,
) -> "Sweep | None":
    """The sweep that was asked for, judged on the validation part, else the test part."""
    import numpy as np

    from chainrule.training import learning_rates, recipes

    if args.sweep is None or curve.suggestion is None:
        return None
    held = (data.x_test, data.y_test) if data.x_val is None else (data.x_val, data.y_val)
    loss = recipe.loss or recipes.LOSSES[data.task]
    judged = (recipes.inputs(data, held[0]), recipes.targets(data, held[1], loss)) if len(held[0]) else None
    lowest, highest = curve.suggestion / WIDE**0.5, curve.suggestion * WIDE**0.5
    tried = [float(f"{rate:.2g}") for rate in np.geomspace(lowest, highest, args.sweep)]
    return learning_rates.sweep(
        model,
        x,
        y,
        tried,
        epochs=args.epochs,
        batch_size=recipe.batch_size,
        validation_data=judged,
        backend=args.backend,
    )


def rows(tried: "Sweep", out: Output, epochs: int) -> list[str]:
    """What each rate came to, as a table."""
    names = list(tried.metrics[0])
    lines = [[f"{rate:g}", *(f"{metrics[name]:.4f}" for name in names), "best" if rate == tried.best else ""]
             for rate, metrics in zip(tried.rates, tried.metrics, strict=True)]  # fmt: skip
    how = (
        "all at once"
        if tried.at_once == len(lines)
        else f"{tried.at_once} at once"
        if tried.at_once > 1
        else "one after the other"
    )
    return [
        f"{len(lines)} rates, constant, for {epochs} epoch{'s' if epochs > 1 else ''} ({how}):",
        *out.table([["rate", *names, ""], *lines], left=()),
    ]
