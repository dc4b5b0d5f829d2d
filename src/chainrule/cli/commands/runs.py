"""The trainings that were recorded: when, on what, how, and what they came to; the newest first.

`chainrule runs show RUN` says all about one, `chainrule runs compare A B` sets two beside each other, `chainrule runs
rm RUN` takes one away after asking. A run is named by its name, the beginning of it, its folder, or "last".
"""

import math
from typing import TYPE_CHECKING, Any

from chainrule.cli.output import Output, duration, per_cent
from chainrule.cli.parser import OneOf, Parser, whole
from chainrule.cli.run_options import add_runs_dir, runs_dir
from chainrule.internal.plain_numbers import plainly, share_of

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.runs import Run

EXAMPLES = ("chainrule runs", "chainrule runs --data mnist --since 2026-11-01", "chainrule runs show last")
STATUSES = ("starting", "running", "finished", "interrupted", "failed")
ACCURACIES = ("val_accuracy", "val_acc", "accuracy", "acc")
ERRORS = ("val_mae", "mae", "val_loss", "loss")


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("text", nargs="?", metavar="TEXT", help="a part of the name")
    parser.add_argument("--data", metavar="NAME", help="only runs on this data set")
    parser.add_argument("--recipe", metavar="NAME", help="only runs by this recipe")
    parser.add_argument(
        "--status", type=OneOf("status", STATUSES), metavar="STATUS", help=f"only {', '.join(STATUSES)}"
    )
    parser.add_argument(
        "--since", metavar="DATE", help="only runs begun then or later, 2026-11-23 or 2026-11-23T07:31"
    )
    parser.add_argument("--parent", metavar="RUN", help="only forks of this run")
    parser.add_argument("--limit", type=whole(1), metavar="N", help="only the newest N")
    add_runs_dir(parser)
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Prints the table."""
    from chainrule.runs import find, list_runs

    parent = None if args.parent is None else find(runs_dir(args), args.parent).info.id
    listing = list_runs(
        runs_dir(args),
        data=args.data,
        recipe=args.recipe,
        status=args.status,
        since=args.since,
        parent=parent,
        text=args.text,
    )
    for problem in listing.problems:
        out.warn(problem)
    shown = listing.runs[: args.limit]
    out.give(
        {"folder": runs_dir(args), "runs": [summary(run) for run in shown], "problems": listing.problems}
    )
    if not shown:
        asked = any((args.text, args.data, args.recipe, args.status, args.since, args.parent))
        out.say(
            f"No run in {runs_dir(args)} fits."
            if asked
            else f"There is no run in {runs_dir(args)} yet: chainrule train makes one."
        )
        return 0
    heads, rows = ("run", "network", "accuracy", "time", "status", "parent"), [row(run) for run in shown]
    last = 5 + any(cells[5] for cells in rows)  # without a fork there is no parent to name
    out.say("\n".join(out.table([cells[:last] for cells in (heads, *rows)], left=(0, 1, 4, 5)[: last - 2])))
    if len(shown) < len(listing.runs):
        out.say(f"and {len(listing.runs) - len(shown):,} more")
    return 0


def row(run: "Run") -> tuple[str, ...]:
    """A run as a line of the table."""
    fields = summary(run)
    parent = f"{fields['parent']['run']}@{fields['parent']['step']}" if fields["parent"] else ""
    return (
        run.name,
        fields["network"],
        reached(fields["results"], run.info.settings.data.get("held")),
        took(fields["seconds"]),
        fields["status"],
        parent,
    )


def summary(run: "Run") -> dict[str, Any]:
    """What run.json says of a run, for programs."""
    info, settings = run.info, run.info.settings
    return {
        "run": run.name, "id": info.id, "folder": str(run.path), "started": info.started, "status": run.status,
        "data": settings.data.get("name"), "recipe": settings.recipe.get("name"), "network": network(settings.model),
        "seed": settings.recipe.get("seed"), "backend": settings.backend, "epochs": settings.epochs, "batch": settings.batch,
        "results": info.results, "seconds": seconds(run), "parent": None if info.parent is None else vars(info.parent),
    }  # fmt: skip


def seconds(run: "Run") -> float | None:
    """How long it took from beginning to end, if it came to one."""
    from datetime import datetime

    info = run.info
    if info.finished is None or info.resumed:  # with a pause between, the two say nothing
        return None
    return (datetime.fromisoformat(info.finished) - datetime.fromisoformat(info.started)).total_seconds()


def took(seconds: float | None) -> str:
    """How long a run took; its beginning and end are known to the second.

    >>> took(0.0), took(75.0), took(None)
    ('under 1 s', '1 min 15 s', '')
    """
    if seconds is None:
        return ""
    return "under 1 s" if seconds < 1 else f"{seconds:.0f} s" if seconds < 60 else duration(seconds)


def network(model: dict[str, Any]) -> str:
    """A network in a word: the sizes of its input and of its layers, or its kind where they do not tell.

    >>> network({"layers": [{"config": {"batch_shape": [None, 28, 28]}}, {"config": {"units": 100}}, {"config": {"units": 10}}]})
    '784-100-10'
    """
    from chainrule.runs.network_kinds import kind_of

    if kind := kind_of(model.get("layers", [])):
        return kind
    configs = [entry.get("config", {}) for entry in model.get("layers", [])]
    inputs = [
        math.prod(n or 1 for n in config["batch_shape"])
        for config in configs[:1]
        if config.get("batch_shape")
    ]
    units = [config.get("units") for config in configs]
    return "-".join(str(n) for n in [*inputs, *units] if n) or "none"


def reached(metrics: dict[str, Any], held: int | None = None) -> str:
    """The figure that says how good a run is. held: on how many examples, if that is known.

    >>> reached({"val_accuracy": 0.9812, "accuracy": 0.99}), reached({"accuracy": 0.99}), reached({"loss": 0.25})
    ('98.12 %', '99.00 % (training)', 'loss 0.25')
    >>> reached({"val_accuracy": 0.9812}, held=40)
    '98 %'
    """
    for name in ACCURACIES:
        if isinstance(metrics.get(name), float):
            if not name.startswith("val_"):
                return f"{per_cent(metrics[name])} (training)"
            return per_cent(metrics[name]) if held is None else share_of(metrics[name], held)
    for name in ERRORS:
        if isinstance(metrics.get(name), float):
            return f"{name.removeprefix('val_')} {plainly(metrics[name], 4)}"
    return ""
