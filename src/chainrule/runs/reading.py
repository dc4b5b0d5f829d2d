"""The one reader of a run folder. Nothing is read before it is asked for, and nothing is ever changed."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError
from chainrule.runs import blocks, lines, snapshots
from chainrule.runs.blocks import Steps
from chainrule.runs.format import (
    EPOCHS,
    INFO,
    STARTING,
    STEPS,
    Info,
    is_as_written,
    read_info,
    snapshot_steps,
)
from chainrule.runs.lines import Epoch
from chainrule.runs.lock import held
from chainrule.runs.recovery import read
from chainrule.runs.snapshots import Snapshot

FAR = 1_000_000  # epochs after the last that ended: beyond any run


class Run:
    """A recorded run, also one that is being recorded: what is whole at the moment is read.

    FileError when the folder is no run, or when what is asked for is damaged.

    >>> Run("runs/2026-11-23T07-31-05_mnist_fast").name
    '2026-11-23T07-31-05_mnist_fast'
    """

    def __init__(self, folder: Any) -> None:
        self.path = Path(folder)
        self.name = self.path.name

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from chainrule.internal.cards import card

        settings, epochs = self.info.settings, self.epochs
        facts = {
            "data": settings.data.get("name"), "recipe": settings.recipe.get("name"), "seed": settings.recipe.get("seed"),
            "backend": settings.backend, "steps": self.info.step, "status": self.status,
        }  # fmt: skip
        names = list(epochs[-1].metrics) if epochs else []
        rows = [[e.epoch + 1, *(e.metrics.get(name) for name in names)] for e in epochs]
        return card(
            self.name,
            facts,
            [["epoch", *names], *rows] if rows else (),
            [e.metrics.get("loss", float("nan")) for e in epochs],
        )

    def __repr__(self) -> str:
        return f"<Run {self.name}>"

    # ── what it is ───────────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def info(self) -> Info:
        """What run.json says."""
        return read_info(self.path)

    @property
    def status(self) -> str:
        """starting, running, finished, interrupted or failed; a run whose process is gone was interrupted."""
        status = self.info.status
        return "interrupted" if status in (STARTING, "running") and not held(self.path) else status

    @property
    def began(self) -> bool:
        """Whether it came to its first step; one that did not is begun anew by --resume."""
        return self.info.status != STARTING

    @property
    def metrics(self) -> dict[str, Any]:
        """The final figures; for a run that did not come so far, those of its last epoch."""
        if self.info.results:
            return self.info.results
        epochs = self.epochs
        return epochs[-1].metrics if epochs else {}

    @property
    def size(self) -> int:
        """How many bytes the folder takes."""
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())

    # ── what was recorded ────────────────────────────────────────────────────────────────────────────────────────
    @cached_property
    def epochs(self) -> list[Epoch]:
        """A line for each epoch that ended."""
        return lines.scan(read(self.path, EPOCHS), self.info.epoch).epochs if self.began else []

    @cached_property
    def steps(self) -> Steps:
        """The numbers that were recorded for each step."""
        if not self.began:
            return Steps(0, (), np.empty((0, 0), np.float32))
        return blocks.scan(read(self.path, STEPS), str(self.path / STEPS)).steps

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the numbers recorded for each step."""
        return self.steps.columns

    def reload(self) -> None:
        """Forgets what was read, so that it is read again from a run that has gone on."""
        for name in ("info", "epochs", "steps"):
            self.__dict__.pop(name, None)

    # ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────
    def snapshots(self) -> list[int]:
        """The steps before which there is a snapshot, ascending."""
        return snapshot_steps(self.path)

    @property
    def per_epoch(self) -> int:
        """The steps of an epoch; where nobody said how many examples there were, those of the epochs that ended."""
        settings = self.info.settings
        examples = settings.data.get("examples")
        if examples is None:
            return max(1, len(self.steps) // max(1, len(self.epochs)))
        return max(1, -(-int(examples) // settings.batch))

    def through_epochs(self, steps: Any) -> np.ndarray:
        """How many epochs there were before each step, counted as `epochs` counts them: 1.5 in the middle of the second.

        By where the epochs ended, which may be of different lengths; what follows is as long as `per_epoch` says.
        """
        begun = int(self.load_snapshot(self.info.step).extra["begun"]) if self.info.parent else 0
        ends = [self.info.step - begun, *(epoch.step for epoch in self.epochs)]
        ends.append(ends[-1] + FAR * self.per_epoch)
        whole = self.info.epoch + np.arange(len(ends), dtype=float)
        whole[-1] = whole[-2] + FAR
        return np.asarray(np.interp(np.asarray(steps, float), ends, whole))

    def nearest(self, step: int) -> int:
        """The newest step at or before `step` that has a snapshot."""
        found = [have for have in self.snapshots() if have <= step]
        if not found:
            raise FileError(f"{self.path} has no snapshot at or before step {step:,}.")
        return found[-1]

    def load_snapshot(self, step: int) -> Snapshot:
        """The snapshot before a step, compared with its SHA-256."""
        return snapshots.load_file(self.path, step, self.info.id)

    def load_nearest(self, step: int) -> Snapshot:
        """The newest snapshot at or before `step` that is whole; damaged ones are passed over."""
        problem: FileError | None = None
        for have in reversed([have for have in self.snapshots() if have <= step]):
            try:
                return self.load_snapshot(have)
            except FileError as found:
                problem = problem or found
        raise problem or FileError(f"{self.path} has no snapshot at or before step {step:,}.")

    def gaps(self) -> str:
        """What is said of a finished run whose steps, epochs and snapshots do not end together; "" where they do."""
        if self.info.status != "finished":
            return ""
        snapshot = max(self.snapshots(), default=self.info.step)
        epoch = self.epochs[-1].step if self.epochs else self.info.step
        if epoch == self.steps.stop and snapshot <= epoch:
            return ""
        return (
            f"{self.path} is not whole: its steps end at {self.steps.stop:,}, its epochs at {epoch:,}, its last snapshot is "
            f"before {snapshot:,}. chainrule runs show {self.name} --verify says where it is damaged."
        )

    def lost_end(self) -> str:
        """What is said of a finished run whose state after the last step cannot be read; "" where it can."""
        if self.info.status != "finished":
            return ""
        try:
            newest = self.load_nearest(self.steps.stop).step
        except FileError as problem:
            return str(problem)
        if newest == self.steps.stop:
            return ""
        return (
            f"{self.path} has no whole snapshot after its last step, {self.steps.stop:,}: what is said of its weights is of step "
            f"{newest:,}. chainrule train --resume {self.name} learns the rest again."
        )

    def verify(self) -> list[str]:
        """Reads everything; returns what is wrong, in sentences. An empty list means that all is as it was recorded."""
        found: list[str] = []
        try:
            text = read(self.path, INFO)
            info = Info.decode(text, str(self.path / INFO))
            if not is_as_written(text):
                found.append(told_of(self.path / INFO, text))
            if info.status == STARTING:
                return found
            data = read(self.path, STEPS)
            steps = blocks.scan(data, str(self.path / STEPS))
            text = read(self.path, EPOCHS)
            epochs = lines.scan(text, info.epoch)
        except FileError as problem:
            return [*found, str(problem)]
        for name, whole, there in ((STEPS, steps.size, len(data)), (EPOCHS, epochs.size, len(text))):
            if whole != there:
                found.append(f"{self.path / name} is whole up to byte {whole:,} of {there:,}.")
        newest, newest_epochs = info.step, 0
        if not self.snapshots() and info.status != "starting":
            found.append(f"{self.path} keeps its metrics only: no step of it can be opened.")
        elif info.step not in self.snapshots():
            found.append(
                f"{self.path} has no snapshot before step {info.step:,}, its first: it was taken away, and the steps up to "
                "the next snapshot cannot be reached."
            )
        for step in self.snapshots():
            try:
                newest_epochs = self.load_snapshot(step).epochs
                newest = step
            except FileError as problem:
                found.append(str(problem))
        if (
            info.status == "finished"
            and newest < steps.steps.stop
            and steps.steps.stop not in self.snapshots()
        ):
            found.append(
                f"{self.path} is finished and has no whole snapshot after its last step, {steps.steps.stop:,}."
            )
        if newest > steps.steps.stop:
            found.append(
                f"{self.path / STEPS} ends at step {steps.steps.stop:,}; there is a snapshot of step {newest:,}."
            )
        if newest_epochs > len(epochs.epochs):
            found.append(
                f"{self.path / EPOCHS} has {len(epochs.epochs)} epochs; a snapshot comes after {newest_epochs}."
            )
        return found


def told_of(path: Path, text: bytes) -> str:
    """What is said of a run.json that is not the one that was written."""
    if b'"sha256"' not in text:
        return f"{path} holds no checksum: it is of version 0.2 or older, or was written by other hands."
    return f"{path} is not what was recorded: its SHA-256 differs."
