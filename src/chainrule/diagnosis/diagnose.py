"""Looks for every symptom in a run, and says what was looked at and what could not be."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.diagnosis import classes, gradients, learning_rate, overfitting, setup, updates
from chainrule.diagnosis import labels as labelling
from chainrule.diagnosis.answers import Answers
from chainrule.diagnosis.finding import Finding
from chainrule.diagnosis.labels import Suspects
from chainrule.diagnosis.progress import no_better_than_one_answer, nothing_learned
from chainrule.diagnosis.records import Records
from chainrule.diagnosis.units import idle
from chainrule.errors import ChainruleError
from chainrule.recording import resume
from chainrule.recording.replay import Replay
from chainrule.runs import Run


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a run, the most important first; iterating gives the findings.

    looked_at: what was looked at.  left_out: what could not be, and why.  suspects: the ranked labels, if they were ranked.
    """

    run: str
    findings: tuple[Finding, ...]
    looked_at: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    suspects: Suspects | None = None

    @property
    def healthy(self) -> bool:
        """Whether nothing is alarming; a note is no alarm."""
        return all(finding.severity == "note" for finding in self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> bool:
        return True

    def to_dict(self) -> dict[str, Any]:
        """The same for programs, ready for JSON."""
        return {
            "run": self.run, "healthy": self.healthy, "findings": [finding.to_dict() for finding in self.findings],
            "looked_at": list(self.looked_at), "left_out": list(self.left_out),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from chainrule.internal.cards import card

        rows = [[finding.severity, finding.title, finding.says, finding.advice] for finding in self.findings]
        heads = ["severity", "finding", "what was seen", "what helps"]
        return card(
            f"{self.run}: {summary(self)}",
            {"looked at": ", ".join(self.looked_at)},
            [heads, *rows] if rows else (),
        )

    def __str__(self) -> str:
        return "\n".join(
            [f"{self.run}: {summary(self)}", *(f"\n{finding}" for finding in self.findings), *ending(self)]
        )


ONLY_METRICS = "The network was not asked anything: of this run only the metrics were kept, not the states."


def diagnose(
    run: Run, replay: Replay | None = None, *, source: Any = None, labels: bool = True,
    progress: Callable[[int, int], Any] | None = None,
) -> Diagnosis:  # fmt: skip
    """Says what is wrong with a run's learning, and what usually helps.

    run: as `runs.find` or `resume.open_run` gives it.  replay: the run, opened, if you have it; else it is opened here, from
    `source` if its data have moved. Without its data only what was recorded is looked at.  labels: whether to look for
    labels that look wrong, which takes longest.  progress: called with (parts looked at, all).

    >>> import tempfile
    >>> from chainrule import Sequential, layers
    >>> from chainrule.recording.recorder import RunRecorder
    >>> model, record = Sequential([layers.Dense(1, input_shape=(1,))]), RunRecorder(tempfile.mkdtemp())
    >>> model.compile("sgd", "mse")
    >>> _ = model.fit(np.ones((40, 1)), np.full(40, 3.0), epochs=9, verbose=0, callbacks=[record])
    >>> found = diagnose(Run(record.folder))
    >>> found.healthy, found.looked_at[0]
    (True, 'the loss of every step')
    """
    records, left_out = Records(run), list[str]()
    if not records.count:
        return Diagnosis(run.name, (), (), ("No step was recorded yet.",))
    looked_at = ["the loss of every step"]
    looked_at += ["gradients, updates and weights of each layer"] if records.sizes else []
    found = [
        *learning_rate.not_finite(records), *(learning_rate.too_high(records) or learning_rate.jumping(records)), *learning_rate.too_low(records), *learning_rate.no_progress(records),
        *gradients.exploding(records), *gradients.vanishing(records), *updates.out_of_range(records),
        *overfitting.overfitting(records),
    ]  # fmt: skip
    if np.isfinite(records.figure("val_loss")).any():
        looked_at.append("the figures on what was held back")
    else:
        left_out.append("Overfitting cannot be seen: nothing was held back to judge after each epoch.")
    looked = 0  # parts: opening, asking, and each state that is asked about labels

    def part_done(left: int) -> None:
        nonlocal looked
        looked += 1
        if progress is not None:
            progress(looked, looked + left)

    expected = labelling.EPOCHS if labels else 0
    asked, problem = opened(run, replay, source) if run.snapshots() else ([], ONLY_METRICS)
    answers = asked[0] if asked else None
    part_done(1 + expected)
    if problem:
        left_out.append(problem)
    step = max(run.snapshots(), default=run.info.step) if answers is None else latest(answers)
    if answers is not None and step == run.info.step:
        answers, asked = None, []
        left_out.append("The network was not asked anything: no state after its first step is at hand.")
    if answers is not None and not sound(answers, step):
        answers, asked = None, []
        left_out.append("The network was not asked anything: its weights are not finite any more.")
    found += idle(records, answers, step)
    looked_at += ["dead and saturated units"]
    looked_at += ["the end of the network and its loss"]
    each_output: list[Answers | None] = [*asked] or [None]
    for one in each_output:
        own = records if one is None else records.of_output(one.output_name)
        found += at_output(one, [*setup.end_and_loss(own, one), *no_better_than_one_answer(own, one)])
        if one is not None:
            found += at_output(
                one,
                [
                    *setup.labels_and_outputs(own, one),
                    *setup.wrong_loss(own, one),
                    *nothing_learned(own, one),
                ],
            )
    if answers is not None:
        looked_at.append("the scale of the inputs")
        found += setup.inputs_not_scaled(records, answers)
    suspects = None
    part_done(expected)
    judged = [one for one in asked if one.given is not None] if run.epochs else []  # before, it is too early
    if judged:
        answers = judged[0]
        looked_at.append("the classes it answers")
        for one in judged:
            found += at_output(one, classes.never_predicted(one, step, (step, step)))
        if labels and not any(
            f.name in UNLEARNED or (f.severity == "severe" and f.name in CAUSES) for f in found
        ):
            try:
                suspects = labelling.suspects(answers, lambda k, states: part_done(states - k) if k else None)
                looked_at.append(f"{len(suspects):,} labels")
                found += at_output(answers, labelling.suspicious(suspects))
            except ChainruleError as why:  # replay says that these are not the states that training had
                left_out.append(f"Labels were not judged: {why}")
        elif labels:
            left_out.append("Labels were not judged: a network that does not learn knows nothing about them.")
    return Diagnosis(
        run.name,
        tuple(sorted(without_echoes(found), key=lambda f: f.weight)),
        tuple(looked_at),
        tuple(left_out),
        suspects,
    )


UNLEARNED = ("no progress", "no better than one answer", "end does not fit the loss", "sorted data")
CAUSES = {"end does not fit the loss": "end that does not fit the loss", "sorted data": "order of the examples",
          "not finite": "loss that is not finite", "rate too high": "rate that is too high", "rate too low": "rate that is too low",
          "vanishing gradients": "vanishing gradients", "exploding gradients": "exploding gradients"}  # fmt: skip
NO_SUCCESS = ("no progress", "no better than one answer")
EFFECTS = ("dead units", "saturated units", "class never predicted")


def without_echoes(found: list[Finding]) -> list[Finding]:
    """Without what only repeats another finding: large updates where the rate is too high, small ones where gradients vanish."""
    names = {finding.name for finding in found}
    echoes = set[str]()
    if "end does not fit the loss" in names:
        echoes |= {"rate too low", "rate too high", "no progress", "no better than one answer", "suspicious labels", "vanishing gradients",
                   "update too small", "update too large", "class never predicted", "overfitting", "exploding gradients",
                   "dead units", "saturated units"}  # fmt: skip
    if "sorted data" in names:
        echoes |= {"overfitting", "class missing", "no better than one answer"}
    if "no progress" in names:
        echoes |= {"no better than one answer"}
    if names & {"rate too high", "not finite"}:
        echoes |= {"update too large", "update too small", "vanishing gradients"}
    if names & {"vanishing gradients", "rate too low"}:
        echoes |= {"update too small"}
    if any(finding.severity == "severe" and finding.name not in (*EFFECTS, *NO_SUCCESS) for finding in found):
        echoes |= {"no progress"}
    if "dead units" in names:
        echoes |= {"update too small", "vanishing gradients"}
    kept = [finding for finding in found if finding.name not in echoes]
    shown = {finding.name for finding in kept}
    cause = next((name for name in CAUSES if name in shown), None)
    return [
        replace(f, advice=f"It may well follow from the {CAUSES[cause]}: cure that first.")
        if cause and f.name in EFFECTS
        else f
        for f in kept
    ]


def at_output(answers: Answers | None, found: list[Finding]) -> list[Finding]:
    """Findings about one output of several, with its name in them."""
    name = "" if answers is None else answers.output_name
    return [replace(f, says=f"At the output {name!r}: {f.says}") for f in found] if name else found


def opened(run: Run, replay: Replay | None, source: Any) -> tuple[list[Answers], str]:
    """The run's network and data, asked about each of its outputs; or why they cannot be had."""
    try:
        if replay is None:
            replay = run.replay if isinstance(run, resume.OpenRun) else resume.opened(run, source)
        outputs = len(replay.model.output_tuple())
        return [Answers(replay, which) for which in range(outputs)], ""
    except (ChainruleError, OSError) as problem:
        return [], f"Its network was not asked anything, because its data could not be opened: {problem}"


def latest(answers: Answers) -> int:
    """The last step whose state can be had: that after all steps, or the newest snapshot where going there takes too long."""
    replay, kept = answers.replay, answers.replay.run.nearest(answers.replay.last)
    return replay.last if answers.seconds(replay.last - kept) <= labelling.BUDGET else kept


def sound(answers: Answers, step: int) -> bool:
    """Whether all weights before a step are finite numbers."""
    return all(np.isfinite(w).all() for layer in answers.params(step) for w in layer.values())


def summary(found: Diagnosis) -> str:
    """The first line: how it looks."""
    alarms = sum(finding.severity != "note" for finding in found.findings)
    if not found.looked_at:
        return "nothing to look at yet"
    return "looks healthy" if not alarms else "1 finding" if alarms == 1 else f"{alarms} findings"


def ending(found: Diagnosis) -> list[str]:
    """The last lines: what was looked at, what could not be."""
    lines = [""] if found.looked_at or found.left_out else []
    if found.looked_at:
        lines.append(f"Looked at: {', '.join(found.looked_at)}.")
    return [*lines, *(f"Not looked at: {reason}" for reason in found.left_out)]
