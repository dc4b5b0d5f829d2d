"""Learns from data and writes a model file that Keras opens too.

DATA is a set known by name (mnist when left out), a folder of pictures with a subfolder for each class, a table
(.csv with --target), an .npz, or a folder of .npy or IDX files. A recipe is a whole way of training; every option after it
changes one thing. Ctrl-C ends the learning and keeps what was learned.

The training is recorded as a run, from which any of its steps can be reached again: `chainrule explain` opens one,
--resume continues a run that was interrupted, --fork leaves one at a step with something changed.
"""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, paths, processes
from chainrule.cli import training_report as report
from chainrule.cli.options import DATA, add_data_options, hidden
from chainrule.cli.output import Output, file_size
from chainrule.cli.parser import OneOf, Parser, above_zero, seconds, whole
from chainrule.cli.processes import add_processes
from chainrule.cli.run_options import RUN, add_runs_dir, add_tolerance
from chainrule.errors import NotFiniteError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.cli.watching import Watching
    from chainrule.datasets import Dataset
    from chainrule.diagnosis import Finding
    from chainrule.models import Sequential
    from chainrule.recording.resume import Job
    from chainrule.training.recipes import Recipe

EXAMPLES = (
    "chainrule train",
    "chainrule train --recipe classic --out digits.h5",
    "chainrule train flowers/ --layers 256,64 --epochs 20",
    "chainrule train --network nets.py:small",
    "chainrule train houses.csv --target price --seed 7 --time 10s",
    "chainrule train photos/ --from flowers.keras --freeze",
    "chainrule train --processes 2",
    "chainrule train --resume last",
    "chainrule train --fork last@300 --learning-rate 0.01",
)


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", nargs="?", metavar="DATA", help=f"{DATA} (default mnist)")
    group = parser.add_argument_group("how to learn")
    recipes = (*choices.RECIPES, choices.AUTO)
    group.add_argument("--recipe", type=OneOf("recipe", recipes), metavar="NAME",
                       help=f"{', '.join(recipes)} (default: auto, which chooses a network for the data; "
                            "fast for the sets known by name, and where other options say how to learn)")  # fmt: skip
    group.add_argument("--time", type=seconds, metavar="TIME",
                       help="how long auto may take to choose and to learn, 10s or 2m (default 60s)")  # fmt: skip
    group.add_argument(
        "--plan",
        metavar="RUN",
        help="the network and steps that auto chose for a run, without choosing again",
    )
    group.add_argument(
        "--from",
        dest="from_model",
        metavar="MODEL",
        help="go on from a model file (.keras or .h5) that opens, with a new last layer",
    )
    group.add_argument("--freeze", action="store_true", help="with --from: only the new last layer learns")
    group.add_argument(
        "--layers", type=hidden, metavar="SIZES", help="sizes of the hidden layers, 784,100 or none"
    )
    group.add_argument("--network", metavar="TEXT|FILE.py:FUNCTION",
                       help='the hidden layers in words, "conv 16, pool, conv 32, pool, dense 128", or a function of yours that gives '
                            "them; --layers 256,64 is short for dense 256, dense 64")  # fmt: skip
    for option, kind, known in (
        ("activation", "activation", choices.ACTIVATIONS), ("loss", "loss", choices.LOSSES),
        ("optimizer", "optimizer", choices.OPTIMIZERS), ("schedule", "schedule", choices.SCHEDULES),
    ):  # fmt: skip
        group.add_argument(f"--{option}", type=OneOf(kind, known), metavar="NAME", help=", ".join(known))
    group.add_argument(
        "--learning-rate", type=above_zero, metavar="RATE", help="the rate, or its peak in a schedule"
    )
    group.add_argument("--batch-size", type=whole(1), metavar="N", help="examples a step")
    group.add_argument("--epochs", type=whole(1), metavar="N", help="times through all examples")
    group.add_argument("--seed", type=whole(0), metavar="N",
                       help="decides first weights, orders and noise (default: random; the seed is printed)")  # fmt: skip
    group.add_argument("--backend", type=OneOf("backend", choices.BACKENDS), metavar="NAME",
                       help="numpy or jax (default: jax where it is installed and compiling pays)")  # fmt: skip
    group = parser.add_argument_group("what to write")
    group.add_argument("--out", metavar="FILE",
                       help="the model file, .keras or .h5 (default: named after the data, with a number if it is there)")  # fmt: skip
    group.add_argument("--force", action="store_true", help="replace FILE if it is there already")
    group = parser.add_argument_group("recorded runs")
    group.add_argument(
        "--resume", metavar="RUN", help=f"go on with {RUN}; it ends as if it had never stopped"
    )
    group.add_argument(
        "--fork",
        metavar="RUN@STEP",
        help="leave a run at a step, and learn on with what other options change",
    )
    group.add_argument(
        "--no-record", action="store_true", dest="no_record", help="do not record the training"
    )
    group.add_argument(
        "--studio", action="store_true", help="watch it learn in the browser, and open any step of it"
    )
    add_tolerance(group)
    add_runs_dir(group)
    add_processes(parser)
    add_data_options(parser, learning=True)
    parser.add_argument("--ignore-data-checks", action="store_true", dest="ignore_data_checks",
                        help="learn also from data whose result would mean nothing, such as copies in both parts")  # fmt: skip
    parser.add_argument(
        "--verbose", action="store_true", help="a line for each epoch, and all notes on the data"
    )
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Trains, measures, saves, and says what to type next."""
    if args.out:
        paths.target(args.out, paths.MODELS, args.force)
    if (code := processes.begin(args, out)) is not None:
        return code
    if not args.studio:
        return trained(args, out)
    from chainrule.cli.watching import Watching

    with Watching(args, out) as watching:
        return trained(args, out, watching)


def trained(args: "Namespace", out: Output, watching: "Watching | None" = None) -> int:
    """Trains, measures, saves; returns the exit code. watching: opens the studio when learning begins."""
    from chainrule.cli.training_job import job_of
    from chainrule.inference.card import ModelCard
    from chainrule.inference.evaluation import calibrated

    job = job_of(args, out.tell)
    if processes.is_follower():
        job.learn(0)
        return 0
    data, recipe, model, seed = job.data, job.recipe, job.model, job.seed
    name = args.out or paths.target(paths.free(paths.model_name(data.name)), paths.MODELS, force=False)
    lines = report.announced(recipe, data, model, seed, job.source, args.verbose)
    out.tell("\n".join(lines))
    warn_of_size(job, out)
    if job.note:
        out.warn(job.note)
    if job.over:
        out.tell("The run had come to its end; nothing is left to learn.")
    began = time.perf_counter()
    with told_to_end(model) as terminated:
        more = [] if watching is None else [watching.callback(job)]
        history = learn(job, out, terminated, more, args.verbose)
    if job.deadline and job.deadline.ended_after:
        recipe = replace(recipe, best_epoch=job.deadline.ended_after)
    took = time.perf_counter() - began
    stopped = 143 if terminated else 130 if model.interrupted else 0
    if stopped and not model.optimizer.iterations:
        out.tell("Nothing was learned yet; no file is written.")
        return stopped
    measured = measure(data, model)
    measured |= beside(job, measured) if not stopped else {}
    learned = {
        "seed": seed, "epochs": model.epochs_seen, "steps": model.optimizer.iterations,
        "backend": model.backend_used, "interrupted": bool(stopped),
    }  # fmt: skip
    card = ModelCard.of_training(data, recipe, job.options, learned, measured)
    model.extras = calibrated(card, data, model).to_dict()
    if not args.force:
        name = paths.free(name)  # another program may have written it meanwhile
    size = save(model, name)
    out.give({"model": name, "bytes": size, "seconds": took, "history": history, "recipe": recipe.to_dict(),
              "dataset": model.extras["dataset"], "run": learned, "recorded": recorded(job), **measured})  # fmt: skip
    found = look(job, measured) if not stopped else []
    text = "\n".join([*report.result(data, measured, out), *report.findings(found, job, out),
                      *report.ended(job, name, size, took, bool(stopped), recorded(job), out)])  # fmt: skip
    out.say(text)
    room = report.LINES - report.height("\n".join([*choice_line(recipe, data), *lines])) - report.height(text)
    out.say("\n".join(report.next_commands(name, job, recorded(job), room, out)))
    return stopped


def choice_line(recipe: "Recipe", data: "Dataset") -> list[str]:
    """What was said of the choice of a network, where there was one."""
    if recipe.name != choices.AUTO:
        return []
    from chainrule.training import auto

    return [auto.in_a_line(recipe, data)]


@contextmanager
def told_to_end(model: "Sequential") -> Iterator[list[int]]:
    """SIGTERM ends learning as Ctrl-C does, also where Ctrl-C is ignored; the list then holds its number."""
    came: list[int] = []

    def end(number: int, frame: Any) -> None:
        came.append(number)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.raise_signal(signal.SIGINT)
        elif len(came) > 1:
            raise KeyboardInterrupt
        else:
            model.interrupted = True
            print("\nStopping; what was learned so far is kept.", file=sys.stderr, flush=True)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)


def learn(
    job: "Job", out: Output, terminated: list[int], more: list[Any] | None = None, verbose: bool = False
) -> dict[str, list[float]]:
    """Fits the model, showing progress on stderr; returns each epoch's metrics. terminated: see `told_to_end`.

    more: callbacks that listen too.  verbose: a line for each epoch.
    """
    import warnings

    from chainrule.callbacks import LambdaCallback
    from chainrule.cli.learning_progress import LearningProgress

    model = job.model

    def stop_when_lost(epoch: int, logs: Any) -> None:
        model.stop_training = model.stop_training or model.not_finite is not None

    def stop_when_told(epoch: int, logs: Any) -> None:
        model.interrupted = model.interrupted or bool(terminated)  # it may have come before fit began

    bar = [] if verbose or out.quiet else [LearningProgress(job.recipe.learned_epochs)]
    with out.progress(), warnings.catch_warnings():
        for said_elsewhere in ("The loss stopped being finite", "The run will take about"):
            warnings.filterwarnings("ignore", said_elsewhere)
        history = job.learn(
            "auto" if verbose and not out.quiet else 0,
            [LambdaCallback(on_epoch_begin=stop_when_told, on_epoch_end=stop_when_lost), *(more or []), *bar],
        )
    if model.not_finite:
        raise NotFiniteError(
            f"The numbers stopped being finite at {model.not_finite}. A lower --learning-rate usually helps. "
            f"No file was written.{f' The run up to there is in {recorded(job)}.' if recorded(job) else ''}"
        )
    metrics: dict[str, list[float]] = history.history
    return metrics


def look(job: "Job", measured: dict[str, Any]) -> "list[Finding]":
    """What the doctor finds at a quick look: alarms, and what more epochs would help."""
    from chainrule.diagnosis.after_training import look_after
    from chainrule.runs import Run

    data, folder = job.data, recorded(job)
    commonest = (
        "" if data.class_names is None else max(data.class_counts, key=lambda name: data.class_counts[name])
    )
    found = look_after(
        Run(folder) if folder else None, measured, commonest, job.recipe.schedule != "constant"
    )
    if job.deadline and job.deadline.ended_after:
        return out_of_time(job, found)
    if (
        job.recipe.name == choices.AUTO
    ):  # the best of those that were tried: more of another kind is not to be had
        found = [finding for finding in found if finding.name != "overfitting"]
    return [finding for finding in found if finding.severity != "note" or finding.name == "still learning"]


def out_of_time(job: "Job", found: "list[Finding]") -> "list[Finding]":
    """What is wrong with a training that the clock ended: for want of time, where it is no better than one answer."""
    from chainrule.diagnosis import Finding

    useless = [finding for finding in found if finding.name == "no better than one answer"]
    ended = job.deadline.ended_after if job.deadline else 0
    says = (
        f"the time was over after {ended} of {job.recipe.learned_epochs} epochs, before it had learned much."
    )
    return [*useless, Finding("out of time", "warning", says, "More time.")] if useless else []


def recorded(job: "Job") -> str | None:
    """The folder of the run, if there is one."""
    return None if job.record is None or job.record.folder is None else str(job.record.folder)


def measure(data: "Dataset", model: "Sequential") -> dict[str, Any]:
    """How good the model is on the test part, beside what always giving the same answer would reach."""
    if not len(data.x_test):
        return {}
    from chainrule.training import recipes

    metrics = recipes.judge(data, model)
    found: dict[str, Any] = {"loss": metrics["loss"], "test_examples": len(data.x_test)}
    if data.task == "regression":
        import numpy as np

        middle = float(np.median(data.y_train))
        return found | {
            "mean_absolute_error": metrics["mae"],
            "baseline": float(np.abs(data.y_test - middle).mean()),
        }
    return found | {
        "accuracy": metrics["accuracy"],
        "error": round(1 - metrics["accuracy"], 9),
        "baseline": data.baseline,
    }


def beside(job: "Job", measured: dict[str, Any]) -> dict[str, Any]:
    """What the linear model reaches on the same test part, where the network was chosen for the data."""
    if job.recipe.name != choices.AUTO or not measured:
        return {}
    from chainrule.training.auto.candidates import is_linear_model
    from chainrule.training.auto.comparison import linear_model

    if is_linear_model(job.recipe):
        return {"linear_model": measured.get("accuracy", measured.get("mean_absolute_error"))}
    return {"linear_model": linear_model(job.data, job.seed, job.model.backend_asked)}


def save(model: "Sequential", name: str) -> int:
    """Writes the file; returns its size in bytes."""
    from chainrule.models.saving import save_model

    return save_model(model, name)


def warn_of_size(job: "Job", out: Output) -> None:
    """Says before anything is written that a model file or a run will be large."""
    numbers = job.model.count_params()
    size = 4 * numbers * 3  # weights, and the memory of an optimizer such as Adam
    if size > report.LARGE:
        out.warn(f"The model file will be about {file_size(size)}, as the network has {numbers:,} weights; a smaller --layers or --network, "
                 "or --recipe auto, writes less.")  # fmt: skip
    if job.record is None or job.over:
        return
    from chainrule.recording.snapshot_times import planned_size

    steps = -(-len(job.data.x_train) // job.recipe.batch_size)
    run = planned_size(size, steps, steps * job.recipe.learned_epochs, job.data.x_train.nbytes)[1]
    if run > report.LARGE:
        out.warn(f"The run will take about {file_size(run)}; --no-record writes none.")
