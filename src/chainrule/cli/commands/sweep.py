"""Trains many times with settings that differ, some trainings at once, and lists what each came to.

--vary "NAME=VALUE VALUE ..." or --vary NAME=LOW..HIGH says what differs; all other options are those of train. Each training is a
process with one thread and a recorded run. A sweep that was stopped goes on with --resume FOLDER. All trials are measured on the same
test part, and the best of many looks better there than it is: measure it again on examples that no trial has seen.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli.commands import train
from chainrule.cli.output import Output, duration
from chainrule.cli.parser import OneOf, Parser, whole
from chainrule.cli.processes import without
from chainrule.errors import ChainruleError, SettingError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.training.sweep_optuna import Optuna
    from chainrule.training.sweeps import Fixed, SweepFolder, Trial

EXAMPLES = (
    'chainrule sweep mnist --vary "learning-rate=0.001 0.01" --vary epochs=2',
    "chainrule sweep flowers/ --vary learning-rate=0.001..0.1 --method random",
    "chainrule sweep --resume sweeps/flowers",
)
METHODS = ("grid", "random", "optuna")
SAMPLERS, PRUNERS = ("tpe", "random", "nsga", "qmc"), ("none", "median", "halving", "hyperband")
POLL = 0.2  # seconds between two looks at a trial that may be stopped early
OWN = (
    "--vary",
    "--method",
    "--sampler",
    "--pruner",
    "--trials",
    "--jobs",
    "--into",
    "--resume",
    "--runs-dir",
    "--plot",
)
REFUSED = ("fork", "studio", "no_record", "out", "plan", "processes", "coordinator", "process_id")
ONE_THREAD = dict.fromkeys(("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def arguments(parser: Parser) -> None:
    """Adds what this command takes: train's options and its own."""
    train.arguments(parser)
    group = parser.add_argument_group("the sweep")
    group.add_argument("--vary", action="append", default=[], metavar="NAME=...", help="what is tried for a setting of train; again for another")  # fmt: skip
    group.add_argument("--method", type=OneOf("method", METHODS), default="grid", metavar="NAME", help="grid, random or optuna (default grid)")  # fmt: skip
    group.add_argument("--sampler", type=OneOf("sampler", SAMPLERS), metavar="NAME", help="optuna: how values are proposed, tpe, random, nsga or qmc (default tpe)")  # fmt: skip
    group.add_argument("--pruner", type=OneOf("pruner", PRUNERS), metavar="NAME", help="optuna: which trials are stopped early, none, median, halving or hyperband (default none)")  # fmt: skip
    group.add_argument(
        "--trials", type=whole(1), metavar="N", help="how many, for random and optuna (default 20)"
    )
    group.add_argument(
        "--jobs", type=whole(1), metavar="N", help="how many learn at once (default: one for each core)"
    )
    group.add_argument(
        "--into", metavar="FOLDER", help="where the sweep is kept (default: sweeps/ and the name of the data)"
    )
    group.add_argument(
        "--plot", metavar="FILE", help="also draw each setting against the score, as .png, .svg or .pdf"
    )


def run(args: "Namespace", out: Output) -> int:
    """Runs the trials that are not done, and lists all."""
    from chainrule.training.sweeps import SweepFolder, grid, parsed

    for name in REFUSED:
        if getattr(args, name):
            raise SettingError(f"A sweep has no --{name.replace('_', '-')}; leave it out.")
    if args.resume:
        folder = SweepFolder(args.resume)
        notes = folder.notes()
    else:
        if not args.vary:
            raise SettingError('What shall differ? Such as --vary "learning-rate=0.001 0.01".')
        space = [parsed(text) for text in args.vary]
        names = [choice.name for choice in space]
        for name in names:
            if names.count(name) > 1 or getattr(args, name.replace("-", "_")) is not None:
                raise SettingError(f"{name} is said twice; once is enough: --vary {name}=...")
        words = without([word for word in args.words if word != "--json"], OWN)
        seed = int.from_bytes(os.urandom(3), "little") if args.seed is None else args.seed
        if args.seed is None and "seed" not in names:
            words += ["--seed", str(seed)]
        stem = Path(args.data or "mnist").stem
        folder = SweepFolder(args.into or free(Path("sweeps") / stem))
        notes = {
            "words": words,
            "vary": args.vary,
            "method": args.method,
            "trials": args.trials or 20,
            "seed": seed,
        }
        if args.method == "optuna":
            notes |= {"sampler": args.sampler or "tpe", "pruner": args.pruner or "none"}
        elif args.sampler or args.pruner:
            raise SettingError("--sampler and --pruner are for --method optuna.")
        if args.method == "grid":
            grid(space)  # refuses ranges, before anything is written
        folder.begin(notes)
    found = swept(folder, notes, args.jobs or os.cpu_count() or 1, out)
    return told(folder, sorted(found, key=lambda trial: (trial.order, trial.number)), args, out)


def free(path: Path) -> Path:
    """The folder, or with a number where it is there."""
    names = (path if k == 1 else path.with_name(f"{path.name}-{k}") for k in range(1, 10_000))
    return next(name for name in names if not name.exists())


def swept(folder: "SweepFolder", notes: dict[str, Any], jobs: int, out: Output) -> list["Trial"]:
    """Runs what is left, so many at once; all trials that are done."""
    source = source_of(folder, notes)
    left, running = iter(source), dict[Future["Trial"], int]()
    started: list[subprocess.Popen[str]] = []
    pool = ThreadPoolExecutor(jobs)
    try:
        while True:
            while len(running) < jobs and (one := next(left, None)) is not None:
                running[pool.submit(trained, folder, notes["words"], *one, started, source)] = one[0]
            if not running:
                return folder.trials()
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                trial = future.result()
                running.pop(future)
                folder.add(trial)
                source.tell(trial)
                what = f"{trial.metric} {trial.score:.4g}" if trial.score is not None else str(trial.error)
                if trial.score is None and trial.stopped is None:
                    what = f"failed: {what}"
                out.tell(f"trial {trial.number}: {settings_of(trial)}: {what}")
    except KeyboardInterrupt:
        out.tell(f"Stopped; chainrule sweep --resume {folder.path} goes on.")
        raise
    finally:
        for process in started:
            with suppress(OSError):
                process.kill()
        pool.shutdown(cancel_futures=True)


def source_of(folder: "SweepFolder", notes: dict[str, Any]) -> "Fixed | Optuna":
    """Where the trials that are left come from."""
    from chainrule.training.sweeps import Fixed, grid, parsed, random_trials

    space, count, seed = [parsed(text) for text in notes["vary"]], notes["trials"], notes["seed"]
    if notes["method"] == "optuna":
        from chainrule.training.sweep_optuna import Optuna

        names = str(notes.get("sampler", "tpe")), str(notes.get("pruner", "none"))
        return Optuna(folder.path, space, count, seed, *names)
    all_settings = grid(space) if notes["method"] == "grid" else random_trials(space, count, seed)
    return Fixed(all_settings, folder.trials())


def trained(
    folder: "SweepFolder", words: list[str], number: int, settings: dict[str, str], started: list[Any], source: "Fixed | Optuna"
) -> "Trial":  # fmt: skip
    """One training, in a process of its own."""
    from chainrule.internal.child_processes import start
    from chainrule.training.sweeps import Trial

    models = folder.path / "models"
    models.mkdir(exist_ok=True)
    model, began = models / f"{number:04d}.keras", time.perf_counter()
    varied = [word for name, value in settings.items() for word in (f"--{name}", value)]
    command = [
        sys.executable, "-m", "chainrule", "train", *words, *varied, "--json", "-q", "--force", "--out", str(model),
        "--runs-dir", str(folder.path / "runs"),
    ]  # fmt: skip
    process = start(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    started.append(process)
    said, errors, run, stopped = waited(process, folder.path / "runs", number, source)
    started.remove(process)
    spent = time.perf_counter() - began
    if stopped is not None:
        why = f"stopped after epoch {stopped}: others did better by then"
        return Trial(number, settings, run=run, seconds=spent, error=why, stopped=stopped)
    if process.returncode != 0:
        lines = errors.strip().splitlines() or [f"ended with {process.returncode}"]
        return Trial(number, settings, seconds=spent, error=lines[0].removeprefix("chainrule train: "))
    result = json.loads(said.splitlines()[-1])
    metric = next((name for name in ("accuracy", "mean_absolute_error") if name in result), "")
    return Trial(
        number, settings, result.get(metric), metric, result.get("recorded"), str(model), spent,
        None if metric else "no part of the data was set aside to measure on",
    )  # fmt: skip


def waited(
    process: "subprocess.Popen[str]", runs: Path, number: int, source: "Fixed | Optuna"
) -> tuple[str, str, str | None, int | None]:
    """Waits for a training, and ends it where it goes badly: what it printed, its run, and after which epoch it was ended."""
    from chainrule.runs import Run

    run, seen, stopped, ended = None, 0, None, None
    while ended is None:
        with suppress(subprocess.TimeoutExpired):
            ended = process.communicate(timeout=POLL)
        run = run or run_of(process.pid, runs)
        if run is None or stopped is not None:
            continue
        with suppress(ChainruleError):  # it may just be beginning
            for epoch in Run(run).epochs[seen:]:
                seen += 1
                if source.goes_badly(number, seen, epoch.metrics) and ended is None:
                    stopped = seen
                    process.terminate()
                    break
    return *ended, None if run is None else str(run), stopped


def run_of(pid: int, runs: Path) -> Path | None:
    """The run that a process is writing: its lock says so."""
    for lock in runs.glob("*/lock"):
        with suppress(OSError):
            if lock.read_text().strip() == str(pid):
                return lock.parent
    return None


def settings_of(trial: "Trial") -> str:
    """What was tried, on one line."""
    return ", ".join(f"{name} {value}" for name, value in trial.settings.items())


def told(folder: "SweepFolder", found: list["Trial"], args: "Namespace", out: Output) -> int:
    """The table, the plot and where all is."""
    out.give({"folder": str(folder.path), "trials": [vars(trial) for trial in found]})
    names = list(found[0].settings) if found else []
    rows = [("trial", *names, found[0].metric or "score", "time", "run")] if found else []
    rows += [
        (str(trial.number), *(trial.settings[name] for name in names), f"stopped {trial.stopped}" if trial.stopped else "failed" if trial.score is None else f"{trial.score:.4f}",
         duration(trial.seconds), Path(trial.run).name if trial.run else "")
        for trial in found
    ]  # fmt: skip
    for line in out.table(rows):
        out.say(line)
    if args.plot and found:
        from chainrule.plots.sweeps import sweep_scores

        sweep_scores(found).savefig(args.plot)
        out.say(f"Drawn in {args.plot}.")
    best = next((trial for trial in found if trial.score is not None), None)
    if best is None:
        out.say("No trial came to a score.")
        return 1
    out.say(f"\nThe best: trial {best.number} ({settings_of(best)}), {best.model}.")
    out.say(f"The runs: chainrule runs --runs-dir {folder.path / 'runs'}")
    return 0
