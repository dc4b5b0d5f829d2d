"""Learns from data and writes a model file that Keras opens too.

DATA is a set known by name (mnist when left out), a folder of pictures with a subfolder for each class, a table
(.csv with --target), an .npz, or a folder of IDX files. A recipe is a whole way of training; every option after it
changes one thing. Ctrl-C ends the learning and keeps what was learned.

The training is recorded as a run, from which any of its steps can be reached again: `chainrule explain` opens one,
--resume continues a run that was interrupted, --fork leaves one at a step with something changed.
"""

import math
import shlex
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainrule.cli import choices, paths
from chainrule.cli.options import DATA, add_data_options, hidden
from chainrule.cli.output import Output, duration, file_size, per_cent
from chainrule.cli.parser import OneOf, Parser, above_zero, seconds, whole
from chainrule.cli.run_options import RUN, add_runs_dir, add_tolerance
from chainrule.errors import NotFiniteError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.cli.watching import Watching
    from chainrule.datasets import Dataset
    from chainrule.models import Sequential
    from chainrule.recording.resume import Job
    from chainrule.training.recipes import Recipe

EXAMPLES = (
    "chainrule train",
    "chainrule train --recipe classic --out digits.h5",
    "chainrule train flowers/ --layers 256,64 --epochs 20",
    "chainrule train --network nets.py:small",
    "chainrule train houses.csv --target price --seed 7 --time 10s",
    "chainrule train --resume last",
    "chainrule train --fork last@300 --learning-rate 0.01",
)

FEW = 20  # test examples: a figure from fewer says little


def arguments(parser: Parser) -> None:
    """Adds what this command takes."""
    parser.add_argument("data", nargs="?", metavar="DATA", help=f"{DATA} (default mnist)")
    group = parser.add_argument_group("how to learn")
    recipes = (*choices.RECIPES, choices.AUTO)
    group.add_argument("--recipe", type=OneOf("recipe", recipes), metavar="NAME",
                       help=f"{', '.join(recipes)} (default: auto, which chooses a network for the data; "
                            "fast for the sets known by name, and where other options say how to learn)")  # fmt: skip
    group.add_argument("--time", type=seconds, metavar="TIME",
                       help="how long auto may try networks, 10s or 2m (default 60s); what it takes is then trained by steps")  # fmt: skip
    group.add_argument(
        "--plan",
        metavar="RUN",
        help="the network and steps that auto chose for a run, without choosing again",
    )
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
    add_data_options(parser, learning=True)
    parser.add_argument("--ignore-data-checks", action="store_true", dest="ignore_data_checks",
                        help="learn also from data whose result would mean nothing, such as copies in both parts")  # fmt: skip
    parser.add_json()


def run(args: "Namespace", out: Output) -> int:
    """Trains, measures, saves, and says what to type next."""
    if args.out:
        paths.target(args.out, paths.MODELS, args.force)
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
    data, recipe, model, seed = job.data, job.recipe, job.model, job.seed
    name = args.out or paths.target(paths.free(paths.model_name(data.name)), paths.MODELS, force=False)
    out.tell(announced(recipe, data, model, seed))
    if job.note:
        out.warn(job.note)
    if job.over:
        out.tell("The run had come to its end; nothing is left to learn.")
    began = time.perf_counter()
    with told_to_end(model) as terminated:
        history = learn(job, out, terminated, [] if watching is None else [watching.callback(job)])
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
    out.say("\n".join(result(data, measured, out)))
    out.say(
        f"Learned{' until it was stopped' if stopped else ''} in {duration(took)}: {learned['epochs']} of "
        f"{recipe.epochs} epochs, {learned['steps']:,} steps on {learned['backend']}, seed {seed}."
    )
    out.say(f"Saved as {out.bold(name)}, {file_size(size)}.")
    out.say("\n".join(next_commands(name, job, out)))
    return stopped


def announced(recipe: "Recipe", data: "Dataset", model: "Sequential", seed: int) -> str:
    """What is about to happen, and what the data deserves to have said about it."""
    from chainrule.engine.cost import multiplications

    lines = [repr(data)[1:-1].removeprefix("Dataset ")]
    if data.skipped:
        lines.append(f"left out {len(data.skipped):,}, the first: {data.skipped[0][0]}: {data.skipped[0][1]}")
    lines += [f"note: {note}" for note in data.notes]
    ends: list[object] = [math.prod(data.input_shape), *recipe.hidden, math.prod(model.output_shape or ())]
    if recipe.network:
        ends[1:-1] = [recipe.network]
    lines.append(
        f"{'-'.join(map(str, ends))} ({model.count_params():,} weights), {recipe.activation}, {model.loss_object.name}, "
        f"{recipe.optimizer}; recipe {recipe.name}, {recipe.epochs} epochs, batch {recipe.batch_size}, seed {seed}"
    )
    predicting, learning = multiplications(model.learning_graph)
    lines.append(
        f"multiplications: {predicting:,} a prediction, {learning * recipe.batch_size:,} a step, "
        f"{learning * len(data.x_train):,} an epoch"
    )
    return "\n".join(lines)


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
    job: "Job", out: Output, terminated: list[int], more: list[Any] | None = None
) -> dict[str, list[float]]:
    """Fits the model, showing progress on stderr; returns each epoch's metrics. terminated: see `told_to_end`.

    more: callbacks that listen too.
    """
    import warnings

    from chainrule.callbacks import LambdaCallback

    model = job.model

    def stop_when_lost(epoch: int, logs: Any) -> None:
        model.stop_training = model.stop_training or model.not_finite is not None

    def stop_when_told(epoch: int, logs: Any) -> None:
        model.interrupted = model.interrupted or bool(terminated)  # it may have come before fit began

    with out.progress(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The loss stopped being finite")  # said below
        history = job.learn(
            0 if out.quiet else "auto",
            [LambdaCallback(on_epoch_begin=stop_when_told, on_epoch_end=stop_when_lost), *(more or [])],
        )
    if model.not_finite:
        raise NotFiniteError(
            f"The numbers stopped being finite at {model.not_finite}. A lower --learning-rate usually helps. "
            f"No file was written.{f' The run up to there is in {recorded(job)}.' if recorded(job) else ''}"
        )
    metrics: dict[str, list[float]] = history.history
    return metrics


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
    from chainrule.training.auto.candidates import LINEAR
    from chainrule.training.auto.comparison import linear_model

    if job.recipe.network == LINEAR:  # it is the linear model
        return {"linear_model": measured.get("accuracy", measured.get("mean_absolute_error"))}
    return {"linear_model": linear_model(job.data, job.seed, job.model.backend_asked)}


def save(model: "Sequential", name: str) -> int:
    """Writes the file; returns its size in bytes."""
    from chainrule.models.saving import save_model

    return save_model(model, name)


def result(data: "Dataset", measured: dict[str, Any], out: Output) -> list[str]:
    """The metrics, for people."""
    if not measured:
        return ["No part of the data was set aside to measure on."]
    flattering = data.checks.flattering if data.checks else ()
    count = measured["test_examples"]
    examples = f"on {count:,} examples" + ("" if flattering else " it did not learn from")
    if data.task == "regression":
        column = data.preparation.get("target", {}).get("name", "the answer")
        lines = [
            out.bold(f"Mean absolute error {measured['mean_absolute_error']:.4g}")
            + f" in {column}, {examples}.",
            f"Always answering the median would be off by {measured['baseline']:.4g}."
            + (f" The linear model: {measured['linear_model']:.4g}." if "linear_model" in measured else ""),
        ]
        useless, hardly = measured["mean_absolute_error"] >= measured["baseline"] > 0, False
    else:
        told = f"Test accuracy {per_cent(measured['accuracy'])}, error {per_cent(measured['error'])}"
        lines = [f"{out.bold(told)}, {examples}."]
        if "linear_model" in measured:
            lines.append(
                f"Always the commonest class: {per_cent(measured['baseline'])}; linear model: "
                f"{per_cent(measured['linear_model'])}; this network: {per_cent(measured['accuracy'])}."
            )
        elif measured["baseline"] > 1.2 / len(data.class_names or ()):  # the classes are not of one size
            lines.append(
                f"Always answering the commonest class would be right in {per_cent(measured['baseline'])}."
            )
        useless = measured["accuracy"] <= measured["baseline"]
        margin = 2 * math.sqrt(measured["baseline"] * (1 - measured["baseline"]) / count)
        hardly = not useless and measured["accuracy"] < min(1.0, measured["baseline"] + margin)
    lines += [f"Do not rely on it: {finding.says}" for finding in flattering]
    if useless:
        same = "the median" if data.task == "regression" else "the commonest class"
        lines.append(f"That is no better than always answering {same}: nothing usable was learned.")
    elif hardly:
        lines.append(
            "That is hardly better than always answering the commonest class: chance alone may give it."
        )
    if count < FEW:
        lines.append(f"{count} examples are too few to measure on; the next {count} may give another figure.")
    return lines


def next_commands(name: str, job: "Job", out: Output) -> list[str]:
    """Where the run is, and what to type next."""
    from chainrule.datasets import NAMES

    data, folder = job.data, recorded(job)
    kind = {"picture": "PICTURE.png", "table": "ROWS.csv"}.get(
        data.preparation.get("kind", ""), "EXAMPLES.npy"
    )
    known = "" if data.name in NAMES else f" {shlex.quote(job.source)}"
    lines = [
        (f"chainrule evaluate {shlex.quote(name)}{known}",
         "which classes it confuses" if data.class_names else "how far it is off"),
        (f"chainrule predict {shlex.quote(name)} {kind}", "what it says to new examples"),
    ]  # fmt: skip
    if folder and job.model.interrupted:
        lines.append((f"chainrule train --resume {shlex.quote(folder)}", "go on where it stopped"))
    elif folder:
        start = job.record.start if job.record else None
        middle = ((int(start.learning["step"]) if start else 0) + job.model.optimizer.iterations) // 2
        lines.append(
            (f"chainrule explain {shlex.quote(f'{folder}@{middle}')}", "one learning step with every number")
        )
    width = max(len(command) for command, _ in lines) + 3
    told = [f"Recorded in {folder}."] if folder else []
    return [*told, "", out.bold("Next:"), *(f"  {command:<{width}}{about}" for command, about in lines)]
