"""A run as something to go on with: what it learned from, its recipe and its network, made again from its folder.

open_run("last")  a run, opened: .at(step) .batch(step) .fork(step, learning_rate=...) .resume()

new(...)       a training that records itself, so that all of this is possible later
resumed(run)   continues an interrupted run; it ends with the bits it would have had
forked(run, step, learning_rate=...)   leaves a run at a step, with something changed
opened(run)    a Replay: any step again
"""

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule import datasets
from chainrule.backprop import Batch, learned_weights
from chainrule.callbacks import History
from chainrule.callbacks.checkpoint import ResumePoint
from chainrule.datasets import npz
from chainrule.datasets.dataset import Dataset
from chainrule.distribution.data_parallel import DataParallel
from chainrule.errors import SettingError
from chainrule.models import Sequential
from chainrule.recording import batch_replay, program_run
from chainrule.recording.recorder import RunRecorder
from chainrule.recording.replay import TOLERANCE, Replay
from chainrule.runs import Parent, Run, differences, find
from chainrule.runs.lock import must_be_free
from chainrule.runs.starting import Starting
from chainrule.runs.writing import compare_settings, must_have_begun
from chainrule.training import recipes
from chainrule.training.auto.deadline import Deadline
from chainrule.training.fingerprint import compile_config, digest_of
from chainrule.training.fit import put_back
from chainrule.training.recipes import Recipe
from chainrule.training.streams import is_stream


@dataclass(frozen=True)
class Job:
    """A training that is ready to begin.

    source, options: where the data came from.  seed: as it was given.  record: the callback that records it, or None.
    over: whether nothing is left to learn, because the run that was to be resumed had come to its end.
    note: of a fork: how far its first state is off, where it is not exact.  pieces: of a batch, where the run that goes on
    was learned so.  deadline: what ends it in time, where time was asked for.
    """

    data: Dataset
    recipe: Recipe
    model: Sequential
    source: str
    options: dict[str, Any]
    seed: int
    record: RunRecorder | None = None
    over: bool = False
    note: str | None = None
    pieces: int | None = None
    deadline: Deadline | None = None

    def learn(self, verbose: Any = "auto", callbacks: Any = ()) -> Any:
        """Learns, and records it; returns fit's History."""
        if self.over:
            return History()
        callbacks = [*callbacks, *(one for one in (self.deadline, self.record) if one)]
        held = self.data.x_val is not None or len(self.data.x_test) > 0
        in_pieces = DataParallel(pieces=self.pieces).scope() if self.pieces else nullcontext()
        try:
            with in_pieces:
                return recipes.learn(self.recipe, self.data, self.model, verbose, callbacks, held)
        except BaseException:
            if self.record is not None:
                self.record.not_begun()
            raise


def plan_of(run: Run) -> Recipe:
    """The recipe of a run, with as many epochs as it learned where it ended before the last."""
    recipe = Recipe.from_dict(run.info.settings.recipe)
    ended = run.status == "finished" and 0 < len(run.epochs) < recipe.learned_epochs
    return replace(recipe, best_epoch=len(run.epochs)) if ended else recipe


class RunState(dict[str, Any]):
    """The state before a step of a run: a dict that knows where it is from. run: the OpenRun.  number: the step's."""

    def __init__(self, state: Any, run: "OpenRun", number: int) -> None:
        super().__init__(state)
        self.run, self.number = run, number


class OpenRun(Run):
    """A recorded run with its data and its network: any of its steps again. Made by `open_run`."""

    def __init__(self, folder: Any, make: Callable[[Run], Replay]) -> None:
        super().__init__(folder)
        self.make = make

    @cached_property
    def replay(self) -> Replay:
        """What takes its steps again; made when it is first needed."""
        return self.make(self)

    def at(self, step: int) -> "RunState":
        """The state before a step, as NumPy arrays: params, memory, step, rate, seed."""
        return RunState(self.replay.at(step), self, step)

    def batch(self, step: int) -> Batch:
        """What a step learned from: inputs, targets, weights."""
        return self.replay.batch(step)

    def resume(self) -> Job:
        """The run, interrupted, to go on with: it ends with the bits it would have had."""
        return resumed(self)

    def fork(self, step: int, runs_dir: Any = None, **changes: Any) -> Job:
        """The run left at a step, to learn on with something changed; see `forked`. `learn()` begins."""
        return forked(self, step, runs_dir, replay=self.replay, **changes)

    def leave(self, step: int, model: Any, runs_dir: Any = None) -> RunRecorder:
        """What lets `fit` of a program of yours begin at a step of this run: model.fit(..., callbacks=[run.leave(300, model)]).

        model: of the same layers, compiled with what is to be changed. It gets the run's seed.
        """
        start, was = self.replay.start(step), self.replay.model
        learning, stored = dict(start.learning), self.info.settings
        if type(model.optimizer) is not type(was.optimizer):
            start_state = learned_weights(model.learning_graph, learning["params"])
            learning["optimizer_state"] = model.optimizer.init(start_state)
        else:
            keep_lowered_rate(model.optimizer, was.optimizer, float(learning["rate"]))
        model.seed = stored.seed
        settings = compile_config(model)
        kept = {name: stored.training.get(name) for name in settings}
        changed = [str(change) for change in differences(kept, settings)]
        return RunRecorder(
            self.path.parent if runs_dir is None else runs_dir, f"{self.name[20:]}-fork", dict(stored.data), dict(stored.recipe),
            parent=Parent(self.name, self.info.id, step, changed), start=replace(start, learning=learning),
        )  # fmt: skip


def open_run(
    which: str = "last", runs_dir: Any = "runs", *, source: str | None = None, model: Any = None, x: Any = None,
    y: Any = None, sample_weight: Any = None, cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE,
) -> OpenRun:  # fmt: skip
    """A recorded run by its name, the beginning of it, its folder, or "last"; any of its steps can be reached from it.

    source: where its data are now, if they have moved.  model, x, y, sample_weight: of a run that a program of yours
    recorded: the model, built and compiled as it was, and what it learned from: arrays, or the iterable of batches once
    more.  memory, tolerance: see `Replay`.
    """
    folder = find(runs_dir, which).path

    def make(run: Run) -> Replay:
        if model is None:
            return opened(run, source, cache_bytes, tolerance)
        if not hasattr(model, "problem") or x is None:
            raise SettingError(
                "open_run(name, model=model, x=x, y=y) needs the model as a Sequential or Model, built and compiled as it was, "
                f"and x and y as fit was given them; it got model={type(model).__name__}, x={type(x).__name__}."
            )
        model.seed = run.info.settings.seed
        if is_stream(x) and program_run.has_kept(run):
            arrays = npz.read(program_run.kept_path(run))
            return batch_replay.opened_again(
                run, model, x, arrays, lambda: must_be_the_runs(run, model), cache_bytes, tolerance
            ).tried()
        examples = model.problem(x, y).examples(x, y, sample_weight)
        must_be_the_runs(run, model, examples)
        return Replay(run, model, examples, cache_bytes, tolerance).tried()

    return OpenRun(folder, make)


def new(
    data: Dataset, recipe: Recipe, source: str, options: dict[str, Any], seed: int, *, backend: str | None = None,
    runs_dir: Any = None, starting: Starting | None = None,
) -> Job:  # fmt: skip
    """A fresh training; recorded under `runs_dir`, unless that is None. Set the seed first (`arrays.set_seed`).

    starting: the folder of the run, where it was begun before.
    """
    model = recipes.prepare(recipe, data, backend)
    record = None
    if runs_dir is not None:
        record = RunRecorder(
            runs_dir,
            f"{data.name}_{recipe.name}",
            about(data, source, options),
            recipe.to_dict() | {"seed": seed},
            starting=starting,
        )
    return Job(data, recipe, model, source, options, seed, record)


def resumed(
    run: Run, source: str | None = None, options: dict[str, Any] | None = None, *, seed: int | None = None,
    backend: str | None = None, **changes: Any,
) -> Job:  # fmt: skip
    """An interrupted run, to go on with. What is given beside it must be what it began with: else SettingError says
    what differs, when learning begins.
    """
    stored = run.info.settings
    must_be_free(run.path)  # said before any work is done
    must_have_begun(run.path, run.info)
    job = rebuild(run, source, options, backend=backend, **changes)
    seed = job.seed if seed is None else seed
    was, now = (
        Recipe.from_dict(stored.recipe).to_dict(),
        job.recipe.to_dict(),
    )  # an older recipe may lack newer entries
    known = stored.data | {"digest": job.data.digest}
    named = (
        stored.recipe | {name: value for name, value in now.items() if value != was[name]} | {"seed": seed}
    )
    asked = replace(stored, data=known, recipe=named, backend=backend or stored.backend)
    compare_settings(
        run.path, stored, asked
    )  # before any work is done; when learning begins, everything is compared
    if run.status == "finished" and not run.lost_end():  # it ended, but perhaps before its model was written
        last = run.load_nearest(run.steps.stop)
        put_back(job.model, last.state["learning"])
        job.model.epochs_seen, job.model.backend_used = last.extra["epochs_seen"], stored.backend
        return replace(job, over=True)
    return replace(job, record=RunRecorder(run.path.parent, data=known, recipe=named, resume=run.path))


def forked(
    run: Run, step: int, runs_dir: Any = None, source: str | None = None, *, backend: str | None = None,
    tolerance: float = TOLERANCE, replay: Replay | None = None, **changes: Any
) -> Job:  # fmt: skip
    """A run left at a step, to learn on with something changed: the same state, the same examples in the same order.

    changes: of the recipe: learning_rate, optimizer, schedule, batch_size, epochs, loss. Another optimizer begins
    with an empty memory.  runs_dir: where the fork is recorded (default: beside its parent).  tolerance: see `Replay`.
    replay: of the run, if it is opened already.
    """
    parent = rebuild(run, source)
    replay = replay_of(run, parent, tolerance=tolerance) if replay is None else replay
    job = rebuild(run, source, parent.data, backend=backend, **changes)
    start, model, batch = replay.start(step), job.model, job.recipe.batch_size
    learning, was = dict(start.learning), replay.model.optimizer
    if type(model.optimizer) is not type(was):
        learning["optimizer_state"] = model.optimizer.init(
            learned_weights(model.learning_graph, learning["params"])
        )
    else:
        keep_lowered_rate(model.optimizer, was, float(learning["rate"]))
    start = with_batch(start, run.info.settings.batch, batch, len(replay.examples))
    if start.epoch >= job.recipe.learned_epochs:
        raise SettingError(
            f"At step {step:,} the run has learned all of its {job.recipe.learned_epochs} epochs; a fork from there needs more epochs."
        )
    changed = [str(change) for change in differences(parent.recipe.to_dict(), job.recipe.to_dict())]
    if backend is not None and backend != run.info.settings.backend:
        changed.append(f"backend: {run.info.settings.backend} / {backend}")
    record = RunRecorder(
        run.path.parent if runs_dir is None else runs_dir, f"{job.data.name}_{job.recipe.name}-fork",
        about(job.data, job.source, job.options), job.recipe.to_dict() | {"seed": job.seed},
        parent=Parent(run.name, run.info.id, step, changed),
        start=ResumePoint(learning, start.records, start.begun, start.epoch, start.epochs_seen),
    )  # fmt: skip
    return replace(job, record=record, note=replay.note())


def opened(
    run: Run, source: str | None = None, cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE
) -> Replay:
    """Any step of a run. source: where its data are now, if they have moved.  memory, tolerance: see `Replay`."""
    if program_run.has_kept(run) and source is None:
        return program_run.opened(run, cache_bytes, tolerance)
    return replay_of(run, rebuild(run, source), cache_bytes, tolerance)


def keep_lowered_rate(optimizer: Any, was: Any, rate: float) -> None:
    """Gives the optimizer the rate that a run had at a step, where a callback had changed it and no other is asked for."""
    asked = optimizer.learning_rate
    if isinstance(was.learning_rate, float) and was.learning_rate == asked and np.float32(asked) != rate:
        optimizer.learning_rate = float(str(np.float32(rate)))  # 0.005, as one would write it


NAMES = re.compile(r"\.name$|inbound_nodes|^training\.metrics")  # which may differ: they decide no bits


def must_be_the_runs(run: Run, model: Any, examples: Any = None) -> None:
    """SettingError where the model or the data that are given to open a run are not those that it was recorded with."""
    stored = run.info.settings
    settings, layers = compile_config(model), model.get_config().get("layers")
    found = differences(
        {
            "training": {name: stored.training.get(name) for name in settings},
            "layers": stored.model.get("layers"),
        },
        {"training": settings, "layers": layers},
    )
    found = [change for change in found if not NAMES.search(change.place)]
    if found:
        shown = "; ".join(str(change) for change in found[:5]) + ("; ..." if len(found) > 5 else "")
        raise SettingError(
            f"The model is not the one of {run.name} (of the run / given): {shown}. Build and compile it as it was."
        )
    digest = stored.data.get("digest")
    if examples is not None and digest is not None and digest != (here := digest_of(examples)):
        raise SettingError(
            f"{run.name} learned from other data: their digest was {str(digest)[:12]}, that of x and y is {here[:12]}. "
            "Give the arrays that fit was given, in the same types."
        )


# ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def replay_of(run: Run, job: Job, cache_bytes: int = 200_000_000, tolerance: float = TOLERANCE) -> Replay:
    """A run's steps, with its data and network made again."""
    if job.data.digest != run.info.settings.data.get("digest"):
        raise SettingError(
            f"{run.name} learned from other data: their digest was {str(run.info.settings.data.get('digest'))[:12]}, "
            f"that of {job.source} is {job.data.digest[:12]}. Say where the data of the run are."
        )
    model = job.model
    model.extras = {"class_names": None if job.data.class_names is None else list(job.data.class_names)}
    x, y = recipes.examples(job.recipe, job.data, model.seed)
    replay = Replay(run, model, model.problem(x, y).examples(x, y), cache_bytes, tolerance)
    replay.data = job.data
    return replay


def about(data: Dataset, source: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a run keeps of its data: enough to find and to recognise them again."""
    name = source.lower().replace("-", "_")
    place = name if name in datasets.NAMES else str(Path(source).resolve())
    if isinstance(options.get("test"), str):  # a second table
        options = options | {"test": str(Path(options["test"]).resolve())}
    return {
        "name": data.name,
        "digest": data.digest,
        "scale": data.scale,
        "source": place,
        "options": options,
        "held": len(data.x_test if data.x_val is None else data.x_val),  # what is judged after each epoch
    }


def rebuild(
    run: Run, source: str | None = None, options: dict[str, Any] | Dataset | None = None, *, backend: str | None = None,
    **changes: Any,
) -> Job:  # fmt: skip
    """Data, recipe and network of a run, as they were, but for what is given. options: of the data, or the data."""
    must_have_begun(run.path, run.info)
    stored = run.info.settings
    if "seed" not in stored.recipe or "source" not in stored.data:
        why = stored.data.get("not_kept")
        reason = f" (its examples were not kept: {why})" if why else ""
        raise SettingError(
            f"{run.name} was recorded by a program of its own{reason}, so only that can make its network and data again: "
            "RunRecorder(resume=...) continues it, open_run(name, model=model, x=x, y=y) opens its steps."
        )
    source = stored.data["source"] if source is None else source
    known = dict(stored.data["options"])
    if isinstance(options, Dataset):
        data = options
    else:
        known |= options or {}
        if isinstance(known.get("size"), list):
            known["size"] = tuple(known["size"])  # JSON knows no tuples
        data = datasets.load(source, **known)
    recipe = Recipe.from_dict(stored.recipe).changed(**changes)
    model = recipes.prepare(recipe, data, backend or stored.backend)
    model.seed = stored.seed
    pieces = stored.training.get("pieces")
    return Job(data, recipe, model, source, known, int(stored.recipe["seed"]), pieces=pieces)


def with_batch(start: ResumePoint, old: int, new: int, count: int) -> ResumePoint:
    """The same start, with its place in the epoch counted in batches of another size."""
    new, done = min(new, count), start.begun * old
    if new == old or not start.begun:
        return start
    if done % new:
        raise SettingError(
            f"{done:,} examples of the epoch are learned at this step, which is no whole number of batches of {new}. "
            f"Fork at the epoch's beginning, {start.begun} steps earlier, to change the batch size."
        )
    steps, begun = -(-count // new), done // new
    records = {name: np.zeros((steps, rows.shape[1]), np.float32) for name, rows in start.records.items()}
    for name, rows in start.records.items():
        records[name][:begun] = (
            rows[: start.begun].sum(axis=0) / begun
        )  # their sums are what an epoch's figures need
    return replace(start, records=records, begun=begun)
