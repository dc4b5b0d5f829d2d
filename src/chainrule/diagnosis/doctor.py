"""The doctor as a callback of `fit`: it looks while a model learns, and speaks as soon as something is wrong.

Nothing is written: what a recorded run would hold is kept in memory, and the symptoms are looked for in that.
"""

import textwrap
from typing import Any

import numpy as np

from chainrule.callbacks.checkpoint import Checkpointer, ResumePoint
from chainrule.diagnosis.after_training import reached, recorded
from chainrule.diagnosis.answers import NO_LABEL, labels_of
from chainrule.diagnosis.diagnose import without_echoes
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.learning_rate import RISE
from chainrule.engine.epoch import steps_in
from chainrule.errors import SettingError
from chainrule.internal.terminal import columns_of
from chainrule.recording.measures import measured
from chainrule.recording.recorder import LOOK_EVERY, LOOKS, Look
from chainrule.runs import Epoch, Info, Run, Settings
from chainrule.runs.blocks import Steps
from chainrule.training.fingerprint import compile_config

AT_ONCE = ("end does not fit the loss", "not finite", "exploding gradients")
LATER = 0.2  # of all steps, before anything else is said: much looks bad in the beginning and mends itself
LEAST_EPOCHS = 3


class Doctor(Checkpointer):
    """Says while `fit` runs what goes wrong, and at its end how it looks. Changes no bit of what is learned.

    show: is given each text; `print` when left out.  stop: whether learning ends at the first severe finding.
    `findings` holds what was found at the last look, the worst first. Chainrule's own; Keras has no such callback.

    >>> from chainrule import Sequential, arrays, layers
    >>> arrays.set_seed(1)
    >>> model = Sequential([layers.Dense(1, input_shape=(1,))])
    >>> model.compile("sgd", "mse")
    >>> x = np.linspace(-1, 1, 40)[:, None]
    >>> _ = model.fit(x, 2 * x, epochs=20, verbose=0, callbacks=[Doctor()])
    doctor: looks healthy after 40 steps
    """

    def __init__(self, show: Any = None, stop: bool = False) -> None:
        super().__init__()
        if show is not None and not callable(show):
            raise SettingError(
                f"Doctor's show is a function that is given a text, such as print; it got {show!r}."
            )
        self.show, self.stop = show, stop
        self.findings: list[Finding] = []
        self.mentioned: set[tuple[str, str | None]] = set()
        self.waiting: list[Finding] = []
        self.seen: Seen | None = None

    # ── called by fit ────────────────────────────────────────────────────────────────────────────────────────────
    def begin(self, engine: Any, plan: Any, start: ResumePoint) -> ResumePoint:
        """Makes ready to measure."""
        graph = self.model.learning_graph
        sizes = measured(graph)
        self.look = Look(engine, self.model, graph) if sizes else None
        self.batch = plan.batch
        each = steps_in(len(plan.examples), plan.batch)
        self.look_every = max(1, min(LOOK_EVERY[1], each // LOOKS))
        self.planned = each * plan.epochs
        self.findings, self.mentioned, self.waiting = [], set(), []
        self.sizes: dict[int, np.ndarray] = {}
        self.seen = Seen(self.model, plan, engine.name, int(start.learning["step"]), sizes)
        self.baseline = commonest(self.model, plan)
        return start

    def next_stop(self, step: int) -> int:
        return (step // self.look_every + 1) * self.look_every

    def before(self, state: Any, loaded: Any, order: np.ndarray, k: int, step: int) -> None:
        if self.look and step % self.look_every == 0:
            with np.errstate(all="ignore"):
                self.sizes[step] = self.look(state, loaded, order[k * self.batch : (k + 1) * self.batch])
        self.rate = np.asarray(state["rate"])

    def after(self, state: Any, records: Any, epoch: int, start: int, stop: int) -> None:
        if self.seen is not None:
            sums = np.asarray(records["loss"][start:stop])
            rates = self.model.optimizer.rate_at(
                np.arange(self.seen.stop, self.seen.stop + len(sums)), self.rate
            )
            self.seen.add(sums[:, 0] / np.maximum(sums[:, 1], 1), np.asarray(rates), self.sizes)
            self.sizes = {}

    def epoch_done(self, state: Any, epoch: int, logs: dict[str, float]) -> None:
        if self.seen is None:
            return
        self.seen.end_epoch(epoch, logs)
        self.findings = self.look_over()
        known = [finding for finding in self.findings if finding.severity != "note" and self.is_time(finding)]
        self.waiting += [finding for finding in known if (finding.name, finding.layer) not in self.mentioned]
        self.mentioned |= {(finding.name, finding.layer) for finding in known}
        if self.stop and any(finding.severity == "severe" for finding in self.waiting):
            self.model.stop_training = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Speaks of the epoch before; its own line of figures has ended by now."""
        for finding in self.waiting:
            self.say(f"doctor, epoch {epoch}: {finding.severity}: {finding.title}", finding)
        self.waiting = []

    def on_train_end(self, logs: Any = None) -> None:
        """Says how it looks, and what was found."""
        if self.seen is None or not len(self.seen.steps):
            return
        self.on_epoch_begin(self.seen.epochs[-1].epoch + 1 if self.seen.epochs else 0)
        self.findings = self.look_over(ended=True)
        alarms = sum(finding.severity != "note" for finding in self.findings)
        steps = f"after {len(self.seen.steps):,} steps"
        self.say(
            f"doctor: looks healthy {steps}" if not alarms
            else f"doctor: {alarms} finding{'s' if alarms > 1 else ''} {steps}"
        )  # fmt: skip
        for finding in self.findings:
            mentioned = (finding.name, finding.layer) in self.mentioned
            self.say(
                f"{finding.severity}: {finding.title}{', as said above' if mentioned else ''}",
                None if mentioned else finding,
            )

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────
    def look_over(self, ended: bool = False) -> list[Finding]:
        """What is found now."""
        assert self.seen is not None
        found = recorded(self.seen, not isinstance(self.model.optimizer.learning_rate, float) or not ended)
        found += reached(self.figures(), self.baseline[2]) if ended or self.is_late() else []
        return sorted(without_echoes(found), key=lambda finding: finding.weight)

    def is_late(self) -> bool:
        """Whether so much is learned that what is bad now will hardly mend itself."""
        seen = self.seen
        return (
            seen is not None and len(seen.steps) >= LATER * self.planned and len(seen.epochs) >= LEAST_EPOCHS
        )

    def is_time(self, finding: Finding) -> bool:
        """Whether a finding is said while learning goes on."""
        first, highest = (finding.evidence.get(name) for name in ("first_loss", "highest_loss"))
        rose = finding.name == "rate too high" and first is not None and highest > RISE * first
        return rose or finding.name in AT_ONCE or self.is_late()

    def figures(self) -> dict[str, Any]:
        """What was reached beside always giving the same answer: on what was held back, else on what it learns from."""
        share, count, _, held = self.baseline
        metrics = self.seen.epochs[-1].metrics if self.seen and self.seen.epochs else {}
        name = next((name for name in metrics if name.removeprefix("val_").endswith("accuracy")), None)
        figure = None if name is None else metrics.get(f"val_{name.removeprefix('val_')}" if held else name)
        if share is None or figure is None or not np.isfinite(figure):
            return {}
        return {"accuracy": figure, "baseline": share, "test_examples": count}

    def say(self, head: str, finding: Finding | None = None) -> None:
        """A line, and below it what was seen and what helps."""
        import sys

        width = max(40, min(100, columns_of(sys.stdout) or 100))
        parts = [] if finding is None else [f"  {finding.says}", f"  -> {finding.advice}"]
        lines = [
            textwrap.fill(part, width, subsequent_indent="  ", break_on_hyphens=False)
            for part in [head, *parts]
            if part.strip() != "->"
        ]
        (self.show or print)("\n".join(lines))


class Seen(Run):
    """What was seen of a training up to now, in the shape of a recorded run; it has no folder."""

    def __init__(self, model: Any, plan: Any, backend: str, step: int, sizes: list[str]) -> None:
        self.name, self.first, self.names = "this training", step, ("loss", "learning_rate", *sizes)
        settings = Settings(
            seed=model.seed, model=model.get_config(), training=compile_config(model), data={}, batch=plan.batch,
            epochs=plan.epochs, backend=backend, recipe={},
        )  # fmt: skip
        self.__dict__["info"] = Info("", self.name, "", settings, {}, step)
        self.__dict__["epochs"] = []
        self.rows: list[np.ndarray] = []

    @property
    def stop(self) -> int:
        """The number of the next step."""
        return self.first + sum(map(len, self.rows))

    def add(self, loss: np.ndarray, rates: np.ndarray, sizes: dict[int, np.ndarray]) -> None:
        """Some steps: the loss and the rate of each; the sizes of some, by their numbers."""
        first = self.stop
        rows = np.full((len(loss), len(self.names)), np.nan, np.float32)
        rows[:, 0], rows[:, 1] = loss, rates
        for step, values in sizes.items():
            rows[step - first, 2:] = values
        self.rows.append(rows)
        self.__dict__["steps"] = Steps(self.first, self.names, np.concatenate(self.rows))

    def end_epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """The figures of an epoch that ended."""
        self.epochs.append(Epoch(epoch, self.stop, dict(logs), None))


def commonest(model: Any, plan: Any) -> tuple[float | None, int, str, bool]:
    """How often the commonest class is right, of how many examples, its name, and whether they were held back."""
    held = plan.validation is not None
    examples = plan.validation if held else plan.examples
    loss, outputs = getattr(model, "loss_object", None), model.output_shape
    if loss is None or isinstance(examples.y, tuple) or not isinstance(outputs, tuple):
        return None, 0, "", held
    given = labels_of(np.asarray(examples.y), int(np.prod(outputs)), str(loss.key))
    if given is None or (given == NO_LABEL).any() or not len(given):
        return None, 0, "", held
    counts = np.bincount(given)
    return float(counts.max() / len(given)), len(given), str(int(counts.argmax())), held
