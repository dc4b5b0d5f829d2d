"""Recording a run while it learns, so that any of its steps can be reached again.

Every step's loss and metrics are kept, the sizes of `measures` about six times an epoch, and a snapshot of all that
learning changes as often as the byte budget allows. What lies between is replayed. Recording changes no bit of what
is learned: the sizes are measured beside the loop, not in it.
"""

import secrets
import sys
import time
import warnings
from typing import Any

import numpy as np

from chainrule.arrays import namespace
from chainrule.backprop import make_step
from chainrule.callbacks.checkpoint import Checkpointer, ResumePoint, resume_point_of, snapshot_of
from chainrule.datasets.rows import Rows
from chainrule.engine.examples import Examples, as_float, each
from chainrule.engine.windows import window
from chainrule.errors import FileError, SettingError
from chainrule.graph import tuple_of
from chainrule.metrics import Metric
from chainrule.recording import kept_examples
from chainrule.recording.kept_batches import MOST, KeptBatches
from chainrule.recording.measures import measured, sizes_of
from chainrule.recording.snapshot_times import EPOCH_BYTES, LARGE, SnapshotTimes
from chainrule.runs import Parent, Run, RunWriter, Settings, size_of
from chainrule.runs.removal import BATCHES
from chainrule.runs.starting import Starting
from chainrule.runs.writing import compare_settings
from chainrule.training.fingerprint import digest_of, settings_of
from chainrule.training.session import BatchPlan

LOOKS = 6  # measurements of sizes in an epoch; one costs as much as three steps
LOOK_EVERY = (64, 320)  # at least and at most so many steps between two


class RunRecorder(Checkpointer):
    """Records what fit does into a new folder under `runs_dir`, or continues an interrupted run.

    label: the end of the folder's name.  data: {"name", "digest", ...} (a digest is made when there is none).
    recipe: the recipe's dict.  resume: the folder of a run to go on with.  parent, start: where a fork came from.
    epoch_bytes: about how much the snapshots of an epoch may take.  starting: the folder, where it was begun before.
    keep_examples: whether what a program's fit learns from (where `data` does not say what that is) is kept beside the
    runs, so that the run opens without the program.

    >>> RunRecorder("runs", label="mnist").folder is None         # until fit begins
    True
    """

    def __init__(
        self, runs_dir: Any = "runs", label: str = "run", data: dict[str, Any] | None = None,
        recipe: dict[str, Any] | None = None, resume: Any = None, parent: Parent | None = None,
        start: ResumePoint | None = None, epoch_bytes: int = EPOCH_BYTES, starting: Starting | None = None,
        keep_examples: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.runs_dir, self.label, self.data, self.recipe = runs_dir, label, data, recipe
        self.resume, self.parent, self.start, self.epoch_bytes = resume, parent, start, epoch_bytes
        self.starting, self.keep_examples = starting, keep_examples
        self.writer: RunWriter | None = None
        self.folder: Any = None
        self.left: Any = (
            None  # state, records and place after the last steps, of a network that carries states
        )
        self.came_by: KeptBatches | None = None  # of data that come in batches

    takes_batches = True

    # ── called by fit ────────────────────────────────────────────────────────────────────────────────────────────
    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        """Opens the folder. Returns where learning begins: at `start`, or where the run that is resumed was."""
        model = self.model
        if isinstance(plan, BatchPlan):
            self.data = self.batch_data(plan)
        elif self.data is None:
            self.data = self.program_data(plan)
        settings = settings_of(model, plan, engine.name, self.data, self.recipe)
        graph = model.learning_graph
        self.carries = graph.carries_states
        sizes = measured(graph)
        self.names = ["loss", *model.record_names]
        self.columns = [*self.names, "learning_rate", *sizes]
        self.look = Look(engine, model, graph) if sizes else None
        self.seen: dict[int, np.ndarray] = {}
        self.steps, self.callbacks = plan.steps, plan.callbacks
        self.batch, self.began, self.kept_step = plan.batch, time.perf_counter(), -1
        self.look_every = max(LOOK_EVERY[0], min(LOOK_EVERY[1], self.steps // LOOKS))
        self.times = self.snapshot_times(size_of(start.learning), plan)
        if self.resume is not None and self.began_before(settings):
            return self.reopened(settings)
        start = self.start or start
        done = self.times.kept_step = int(start.learning["step"])
        try:
            whole, extra = snapshot_of(model, start.learning, start.records, (), start.epoch, start.begun)
            self.writer = RunWriter.create(
                self.runs_dir, self.label, settings, whole, columns=self.columns,
                extra=extra | {"epochs_seen": start.epochs_seen}, step=done, epoch=start.epoch, parent=self.parent,
                starting=self.starting,
            )  # fmt: skip
            self.folder = self.writer.folder
        except FileError as problem:
            self.lost(problem)
        return start

    def snapshot_times(self, state_bytes: int, plan: Any) -> SnapshotTimes:
        """When to keep snapshots; a warning where the run will be large all the same."""
        steps = self.steps * (plan.epochs - plan.initial_epoch)
        times = SnapshotTimes(state_bytes, self.steps, steps, data_bytes(plan.examples), self.epoch_bytes)
        if times.run_bytes > LARGE:
            warnings.warn(
                f"The run will take about {times.run_bytes / 1e6:,.0f} MB on the disk: its network's state has {state_bytes / 1e6:,.0f} MB. "
                "A smaller network takes less, and so does not recording.",
                stacklevel=4,
            )
        return times

    def program_data(self, plan: Any) -> dict[str, Any] | None:
        """What the run says of the data of a program's fit; of a run that is resumed, what it said then."""
        if self.resume is not None:
            stored = Run(self.resume).info.settings.data
            return {name: stored[name] for name in ("name", "kept", "not_kept") if name in stored}
        if not self.keep_examples:
            return None
        return {"name": self.label, **kept_examples.keep(self.runs_dir, plan.examples, plan.validation)}

    def batch_data(self, plan: BatchPlan) -> dict[str, Any]:
        """What the run says of data that come in batches; what they are is written when the run ends."""
        if self.resume is not None:
            raise SettingError(
                "A run that learned from batches as they came cannot be resumed; give fit a model with its weights and new batches."
            )
        self.came_by = KeptBatches(MOST if self.keep_examples else 0)
        name = f"{secrets.token_hex(12)}{BATCHES}"
        return {"name": self.label, **(self.data or {}), "digest": digest_of(plan.examples), "kept": name,
                "steps_per_epoch": plan.steps_per_epoch}  # fmt: skip

    def began_before(self, settings: Settings) -> bool:
        """Whether the run that is to be resumed came to its first step; if not, it begins anew in its folder, which is said."""
        run = Run(self.resume)
        if run.began:
            return True
        compare_settings(run.path, run.info.settings, settings)
        self.starting = Starting.again(run.path)
        print(f"{run.name} had ended before its first step: it begins anew.", file=sys.stderr)
        return False

    def not_begun(self) -> None:
        """Takes the folder away again, where learning did not even begin."""
        if self.starting is not None and self.writer is None:
            self.starting.give_up()

    def reopened(self, settings: Settings) -> ResumePoint:
        """Goes back to the newest whole snapshot of the run that is resumed."""
        self.writer = writer = RunWriter.reopen(self.resume, settings)
        self.folder, found = writer.folder, writer.restored
        assert found is not None  # reopen found it, or refused
        self.times.kept_step = found.step
        return resume_point_of(
            found.state, found.extra, [(epoch.epoch, epoch.metrics) for epoch in Run(writer.folder).epochs]
        )

    def next_stop(self, step: int) -> int:
        """The next step, counted over the whole run, before which there is something to measure or to keep."""
        return min((step // every + 1) * every for every in (self.look_every, self.times.spacing))

    def before(self, state: Any, loaded: Examples, order: np.ndarray, k: int, step: int) -> None:
        """Measures, where it is time to; the state is only looked at. Keeps it where states were changed from outside."""
        if self.left is not None and changed(self.left[0], state):
            self.keep(state, self.left[1], self.left[2], lasting=True)
        self.rate = np.asarray(state["rate"])
        if self.came_by is not None:
            self.came_by.saw(loaded)
        if self.writer and self.look and step % self.look_every == 0:
            self.seen[step] = self.look(state, loaded, order[k * self.batch : (k + 1) * self.batch])

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        """Writes the steps start..stop of an epoch, and a snapshot where it is time for one."""
        if self.writer is None:
            return
        first = self.writer.step
        self.times.learned(stop - start)
        rows = np.full((stop - start, len(self.columns)), np.nan, np.float32)
        for column, name in enumerate(self.names):
            rows[:, column] = self.figures_of(name, np.asarray(records[name][start:stop]))
        rows[:, len(self.names)] = self.model.optimizer.rate_at(
            np.arange(first, first + stop - start), self.rate
        )
        for step, sizes in self.seen.items():
            rows[step - first, len(self.names) + 1 :] = sizes
        self.seen.clear()
        self.guarded(lambda writer: writer.append_steps(rows))
        if self.carries:
            self.left = (state, records, (epoch, stop))
        if self.times.due(first + stop - start) and stop < self.steps:
            self.keep(state, records, (epoch, stop))

    def figures_of(self, name: str, sums: np.ndarray) -> np.ndarray:
        """A figure for each step, from its sums."""
        metric = next((m for m in self.model.metric_objects if m.name == name), None)
        if metric is None or type(metric).figure is Metric.figure:
            return np.asarray(sums[:, 0] / np.maximum(sums[:, 1], 1))
        figures = [metric.figure(row) for row in sums]
        return np.array([figure if np.ndim(figure) == 0 else np.nan for figure in figures], np.float32)

    def epoch_done(self, state: Any, epoch: int, logs: dict[str, float]) -> None:
        """Writes an epoch's figures; keeps a snapshot if one is due here."""
        seconds, self.began = time.perf_counter() - self.began, time.perf_counter()
        self.guarded(lambda writer: writer.append_epoch(logs, seconds))
        if self.came_by is not None:
            self.came_by.epoch_ended()
        if self.left is not None:
            self.left = (self.left[0], {}, (epoch + 1, 0))
        if self.writer and self.times.due(self.writer.step):
            self.keep(state, {}, (epoch + 1, 0))

    def end(self, state: Any, place: tuple[int, int], records: Any, logs: dict[str, float]) -> None:
        """Keeps the last state and closes the run."""
        if self.writer is None:
            return
        if self.kept_step != self.writer.step:
            self.keep(state, records, place)
        if self.came_by is not None and self.data is not None:
            self.came_by.write(self.runs_dir, self.data["kept"])
        failed = bool(logs) and not np.isfinite(logs.get("loss", 0.0))
        status = "interrupted" if self.model.interrupted else "failed" if failed else "finished"
        self.guarded(lambda writer: writer.finish(status, dict(logs)))

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────
    def keep(self, state: Any, records: Any, place: tuple[int, int], lasting: bool = False) -> None:
        """A snapshot: the state, its place (epoch and steps done), and what the epoch has recorded so far.

        lasting: one that replay needs; it never makes room for newer ones.
        """
        began = time.perf_counter()
        whole, extra = snapshot_of(self.model, state, records, self.callbacks, *place)
        self.kept_step = int(np.asarray(state["step"]))
        passing = not (lasting or self.times.lasts(self.kept_step))
        self.guarded(lambda writer: writer.snapshot(whole, extra, passing=passing))
        self.times.kept(self.kept_step, began)

    def guarded(self, write: Any) -> None:
        """Writes; when the disk refuses, says so once and lets the learning go on without a recording."""
        if self.writer is None:
            return
        try:
            write(self.writer)
        except FileError as problem:
            self.lost(problem)

    def lost(self, problem: FileError) -> None:
        """The disk refuses: that is said, and learning goes on."""
        print(f"{problem} Learning goes on, without being recorded.", file=sys.stderr)
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def data_bytes(examples: Examples) -> int:
    """How large what is learned from is."""
    return sum(int(getattr(part, "nbytes", 0)) for part in tuple_of(examples.x, 1))


def changed(before: Any, now: Any) -> bool:
    """Whether the layers' arrays are others than those that the last steps left: validation or a callback has been at work."""
    pairs = zip(before["params"], now["params"], strict=True)
    return any(new.get(name) is not array for old, new in pairs for name, array in old.items())


class Look:
    """Measures a step's sizes without taking it: the step's own lines, run beside the loop."""

    def __init__(self, engine: Any, model: Any, graph: Any) -> None:
        step = make_step(graph, model.outputs_asked, model.optimizer, watch=sizes_of(graph))

        def sizes(state: Any, x: Any, y: Any, weight: Any, chosen: Any, divisor: float) -> Any:
            batch = (
                each(lambda v: as_float(v[chosen], divisor), x),
                *(each(lambda v: v[chosen], part) for part in (y, weight)),
            )
            return step(state, batch)[1]["sizes"]

        self.sizes = engine.compiled(sizes)

    def __call__(self, state: Any, loaded: Examples, chosen: np.ndarray) -> np.ndarray:
        if isinstance(loaded.x, Rows):
            loaded, chosen = window(loaded, chosen, 0, len(chosen)), np.arange(len(chosen))
        first = loaded.x[0] if isinstance(loaded.x, tuple) else loaded.x
        chosen = namespace(first).asarray(chosen)
        return np.asarray(self.sizes(state, loaded.x, loaded.y, loaded.weight, chosen, loaded.divisor))
