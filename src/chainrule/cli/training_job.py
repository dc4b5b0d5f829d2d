"""How a training may begin: afresh, as an interrupted run that goes on, or as a fork of a run."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, paths
from chainrule.cli.beginning import as_asked, beginning
from chainrule.cli.options import check_seed, data_options
from chainrule.cli.processes import is_follower, of_first
from chainrule.cli.run_options import found, runs_dir, step_of, tolerance
from chainrule.errors import DataError, SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.datasets import Dataset
    from chainrule.recording.resume import Job
    from chainrule.runs import Run
    from chainrule.training import transfer
    from chainrule.training.auto import Deadline
    from chainrule.training.recipes import Recipe

FIXED = ("recipe", "layers", "network", "activation", "seed")  # what a fork has from its parent


def job_of(args: "Namespace", tell: Callable[[str], object] = lambda _: None) -> "Job":
    """The training that the command line asks for. tell: is given what a search for a network says while it lasts."""
    if args.resume and args.fork:
        raise SettingError("--resume continues a run, --fork leaves one: choose one of them.")
    if args.no_record and (args.resume or args.fork):
        raise SettingError("--no-record is for fresh trainings: a run that is resumed or forked is recorded.")
    if (args.time or args.plan) and (args.resume or args.fork):
        raise SettingError(
            "--time and --plan are for fresh trainings; leave them out with --resume and --fork."
        )
    if (args.from_model or args.freeze) and (args.resume or args.fork):
        raise SettingError(
            "--from and --freeze are for fresh trainings; leave them out with --resume and --fork."
        )
    source = None if args.data is None else paths.data(args.data)
    changes = {
        "loss": args.loss, "optimizer": args.optimizer, "learning_rate": args.learning_rate, "schedule": args.schedule,
        "batch_size": args.batch_size, "epochs": args.epochs,
    }  # fmt: skip
    if args.resume:
        return in_its_pieces(args, resumed(args, source, changes, tell))
    if args.fork:
        return in_its_pieces(args, forked(args, source, changes))
    return fresh(args, source or "mnist", changes, tell)


def fresh(
    args: "Namespace", source: str, changes: dict[str, Any], tell: Callable[[str], object], again: "Run | None" = None
) -> "Job":  # fmt: skip
    """A training from the beginning. again: the run that ended before its first step, which it takes the place of."""
    from chainrule import arrays, datasets
    from chainrule.recording import resume
    from chainrule.training import auto, recipes, transfer
    from chainrule.training.recipes import Recipe

    seed, options = check_seed(args.seed), data_options(args)
    start = starting_model(args)
    if start is not None:
        options = transfer.picture_options(start, source) | options
    data = datasets.load(source, **options)
    if not args.ignore_data_checks:
        refuse_meaningless(data)
    chooses = start is None and asked_to_choose(args, data, changes)
    deadline = auto.Deadline()
    recipe = None if chooses else transfer.transfer_recipe(start, data, args.freeze).changed(**changes) if start else recipes.recipe(
        args.recipe or "fast", len(data.x_train), hidden=args.layers, activation=args.activation,
        **network_asked(args, data), **changes,
    )  # fmt: skip
    folder = None if args.no_record else runs_dir(args)
    with beginning(
        args, again, folder, data, seed, choices.AUTO if recipe is None else recipe.name
    ) as starting:
        if recipe is None:
            recipe = Recipe.from_dict(
                of_first("recipe", lambda: chosen(args, data, seed, changes, tell, deadline).to_dict())
            )
        arrays.set_seed(seed)
        job = resume.new(
            data, recipe, source, options, seed, backend=engine(args), runs_dir=folder, starting=starting
        )
        refuse_settings_without_sense(job)
        if start is not None:
            transfer.put_weights(start, job.model)
    alone = (args.processes or 1) == 1  # several would not stop after the same epoch
    return replace(job, pieces=args.pieces, deadline=deadline if alone else None)


def starting_model(args: "Namespace") -> "transfer.Start | None":
    """The model of --from, without its last layer."""
    from chainrule.training import transfer

    if args.from_model is None:
        if args.freeze:
            raise SettingError(
                "--freeze keeps the layers of the model that --from names: add --from MODEL.keras."
            )
        return None
    for name in ("recipe", "layers", "network", "activation", "time", "plan"):
        if getattr(args, name) is not None:
            raise SettingError(f"--from takes the network of its model: leave --{name} out.")
    paths.existing(args.from_model, "model file")
    return transfer.start_from(args.from_model)


def network_asked(args: "Namespace", data: "Dataset") -> dict[str, Any]:
    """What --network changes in a recipe: the hidden layers in words, or from a function."""
    from chainrule.training.network_functions import is_function, network_config

    if args.network is None:
        return {}
    if args.layers is not None:
        raise SettingError("--layers and --network both say the hidden layers: give one of them.")
    text = args.network.strip()
    if is_function(text):
        return {"network": text, "network_config": network_config(text, data.input_shape)}
    return {"network": text or "none"}


def asked_to_choose(args: "Namespace", data: "Dataset", changes: dict[str, Any]) -> bool:
    """Whether a network is chosen for the data: --recipe auto, or data of one's own and nothing said about learning."""
    from chainrule.training import auto

    said = [args.layers, args.network, args.activation, *changes.values()]
    if args.plan is not None or args.recipe == choices.AUTO:
        return True
    if args.recipe is None and auto.is_default(data) and all(value is None for value in said):
        return True
    if args.time is not None:
        raise SettingError(
            "--time is how long choosing and learning may take, which only the recipe auto keeps; "
            "leave --time out, or add --recipe auto."
        )
    return False


def chosen(
    args: "Namespace", data: "Dataset", seed: int, changes: dict[str, Any], tell: Callable[[str], object],
    deadline: "Deadline",
) -> "Recipe":  # fmt: skip
    """The recipe that suits the data best, or with --plan the one that was chosen for a run, with what options change.

    deadline: is told when learning is to be over; a plan is learned to its end, however long that takes.
    """
    from chainrule.recording.resume import plan_of
    from chainrule.training import auto

    for option, value in (
        ("layers", args.layers),
        ("network", args.network),
        ("activation", args.activation),
    ):
        if value is not None:
            raise SettingError(
                f"--{option}: the recipe auto chooses the network itself; leave --{option} out, or name another recipe."
            )
    if args.plan is None:
        trying = tell if getattr(args, "verbose", False) else Trying()
        recipe = auto.choose(data, seed, args.time or auto.TIME, args.backend, trying, deadline=deadline)
        if isinstance(trying, Trying):
            trying.over()
            tell(auto.in_a_line(recipe, data))
    elif args.recipe or args.time:
        raise SettingError("--plan takes the recipe of a run as it is; leave --recipe and --time out.")
    else:
        recipe = plan_of(found(args, args.plan))
    return recipe.changed(**changes)


def engine(args: "Namespace") -> str | None:
    """The engine that was asked for; with --plan and nothing said, the run's, if it can be had: its bits are to come again."""
    from chainrule.arrays import jax_installed

    if args.backend is not None or args.plan is None:
        return args.backend  # type: ignore[no-any-return]
    used: str = found(args, args.plan).info.settings.backend
    return used if used != "jax" or jax_installed() else None


class Trying:
    """On a terminal, the network that was tried last stands on one line while others are tried; elsewhere it is silent."""

    def __init__(self) -> None:
        import sys

        from chainrule.internal.terminal import is_terminal

        self.stream = sys.stderr if is_terminal(sys.stderr) else None

    def __call__(self, text: str) -> None:
        if self.stream is not None:
            print(f"\r{text.strip()[:78]:<79}", end="", file=self.stream, flush=True)

    def over(self) -> None:
        """Takes the line away."""
        if self.stream is not None:
            print("\r" + " " * 79 + "\r", end="", file=self.stream, flush=True)


def refuse_settings_without_sense(job: "Job") -> None:
    """Raises SettingError for a network, loss and targets that do not go together."""
    from chainrule.training.meaningless import meaningless
    from chainrule.training.recipes import targets

    y = targets(job.data, job.data.y_train, job.model.loss_object.key)
    for problem in meaningless(job.model, y):
        raise SettingError(str(problem))


def refuse_meaningless(data: "Dataset") -> None:
    """Raises DataError where the quick checks found what would make a result meaningless."""
    stops = data.checks.stops if data.checks else ()
    if stops:
        lines = [f"  {finding.text}" for finding in stops]
        raise DataError(
            "\n".join([f"{data.name} is not learned from, as the result would mean nothing:", *lines,
                       "--ignore-data-checks goes on all the same."])
        )  # fmt: skip


def resumed(
    args: "Namespace", source: str | None, changes: dict[str, Any], tell: Callable[[str], object]
) -> "Job":  # fmt: skip
    """An interrupted run, resumed; one that ended before its first step is begun anew, which is said."""
    from chainrule.recording import resume

    run = found(args, args.resume)
    if run.info.asked and not run.began:
        as_asked(args, run)
        changes = {name: getattr(args, name) for name in changes}
        tell(f"{run.name} had ended before its first step: it begins anew.")
        return fresh(args, args.data or "mnist", changes, tell, again=run)
    if args.network is not None:
        raise SettingError("--network is for fresh trainings: a run that is resumed has its network.")
    changes |= {"name": args.recipe, "hidden": args.layers, "activation": args.activation}
    return resume.resumed(run, source, data_options(args), seed=args.seed, backend=args.backend, **changes)


def in_its_pieces(args: "Namespace", job: "Job") -> "Job":
    """The same training; SettingError where a run that was learned otherwise is asked for in pieces or on many processes."""
    several = (args.processes or 1) > 1
    if (args.pieces or several) and job.pieces != (args.pieces or job.pieces or 0):
        was = f"in {job.pieces} pieces" if job.pieces else "from whole batches"
        raise SettingError(
            f"The run was learned {was}, and goes on so: " +
            ("leave --pieces out." if job.pieces else "leave --pieces and --processes out.")
        )  # fmt: skip
    return replace(job, record=None) if is_follower() else job


def forked(args: "Namespace", source: str | None, changes: dict[str, Any]) -> "Job":
    """A run, left at one of its steps."""
    from chainrule.recording import resume

    for name in FIXED:
        if getattr(args, name) is not None:
            raise SettingError(
                f"--{name} cannot be changed in a fork: that is its parent's. Begin a training of its own instead."
            )
    if options := data_options(args):
        raise SettingError(f"A fork learns from the same data as its parent; leave out {', '.join(options)}.")
    name, steps = step_of(args.fork)
    if len(steps) != 1:
        raise SettingError(f"At which step? --fork {name}@300; steps are counted from 0.")
    return resume.forked(
        found(args, name),
        steps[0],
        runs_dir(args),
        source,
        backend=args.backend,
        **tolerance(args),
        **changes,
    )
