"""What `chainrule train` says before and after learning: at most twelve lines, each as wide as the terminal at most."""

import math
import shlex
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.cli import choices
from chainrule.cli.output import Output, duration, file_size
from chainrule.internal.plain_numbers import plainly, share_of

if TYPE_CHECKING:
    from chainrule.datasets import Dataset
    from chainrule.diagnosis import Finding
    from chainrule.models import Sequential
    from chainrule.recording.resume import Job
    from chainrule.training.recipes import Recipe

LINES = 12  # of a training that went well, all together
LEAST = 1  # commands under "Next"
SHORT = 24  # letters of a file's name, to stand in a note
FEW = 20  # test examples: a figure from fewer says little
LARGE = 200_000_000  # bytes of a model file or of a run: a warning before they are written


def announced(
    recipe: "Recipe", data: "Dataset", model: "Sequential", seed: int, source: str, all_notes: bool
) -> list[str]:
    """What is about to happen, and what the data deserves to have said about it. all_notes: also all notes, in full."""
    lines = [repr(data)[1:-1].removeprefix("Dataset ")]
    if data.skipped:
        lines.append(f"left out {len(data.skipped):,}, the first: {data.skipped[0][0]}: {data.skipped[0][1]}")
    lines += [f"note: {note}" for note in data.notes] if all_notes else shortened_notes(data, source)
    from chainrule.training import transfer

    ends: list[object] = [math.prod(data.input_shape), *recipe.hidden, math.prod(model.output_shape or ())]
    if recipe.network:
        ends[1:-1] = [recipe.network]
    weights = f"{model.count_params():,} weights"
    chosen = recipe.name == choices.AUTO and bool(recipe.tried) and bool(recipe.network) and not all_notes
    began_from = recipe.name == transfer.NAME
    # the line on the choice has said which network
    network = (
        weights if chosen else f"{recipe.network if began_from else '-'.join(map(str, ends))} ({weights})"
    )
    planned = f"{recipe.best_epoch} of {recipe.epochs}" if recipe.best_epoch else f"{recipe.epochs}"
    plan = f"recipe {recipe.name}, {planned} epochs, batch {recipe.batch_size}, seed {seed}"
    if not all_notes:
        fits = len(network) + len(plan) < width() - 2
        return [*lines, f"{network}; {plan}"] if fits else [*lines, network, plan]
    from chainrule.engine.cost import multiplications

    lines.append(f"{network}, {recipe.activation}, {model.loss_object.name}, {recipe.optimizer}; {plan}")
    predicting, learning = multiplications(model.learning_graph)
    lines.append(
        f"multiplications: {predicting:,} a prediction, {learning * recipe.batch_size:,} a step, "
        f"{learning * len(data.x_train):,} an epoch"
    )
    return lines


def shortened_notes(data: "Dataset", source: str) -> list[str]:
    """What was done to the columns, the weightiest note, and where the others stand: a line each."""
    warned = [str(finding.says) for finding in data.checks.findings] if data.checks else []
    others = [
        note
        for note in data.notes
        if not data.changes or not note.startswith(("the column", "missing cells"))
    ]
    others.sort(key=lambda note: not any(note.startswith(says[:40]) for says in warned))
    lines = [f"table: {data.changes}"] if data.changes else []
    lines += [f"note: {others[0]}"] if others else []
    hidden = len(data.notes) > len(others) or len(others) > 1 or any(len(line) > width() for line in lines)
    if hidden and lines:
        where = f"chainrule data {shlex.quote(source)}" if len(source) <= SHORT else "--verbose"
        lines[-1] = (
            textwrap.shorten(lines[-1], width() - len(where) - 9, placeholder=" ...") + f" (more: {where})"
        )
    return [*(textwrap.shorten(line, width(), placeholder=" ...") for line in lines[:-1]), *lines[-1:]]


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
            out.bold(f"Mean absolute error {plainly(measured['mean_absolute_error'], 4)}")
            + f" in {column}, {examples}.",
            f"Always answering the median would be off by {plainly(measured['baseline'], 4)}."
            + (
                f" The linear model: {plainly(measured['linear_model'], 4)}."
                if "linear_model" in measured
                else ""
            ),
        ]
    else:
        right = measured["accuracy"]
        lines = [
            out.bold(f"Test accuracy {share_of(right, count)}") + f" {interval(right, count)} {examples}."
        ]
        if "linear_model" in measured:
            lines.append(
                f"Always the commonest class: {share_of(measured['baseline'], count)}; linear model: "
                f"{share_of(measured['linear_model'], count)}; this network: {share_of(right, count)}."
            )
        elif measured["baseline"] > 1.2 / len(data.class_names or ()):  # the classes are not of one size
            lines.append(
                f"Always answering the commonest class would be right in {share_of(measured['baseline'], count)}."
            )
    lines += [f"Do not rely on it: {finding.says}" for finding in flattering]
    if count < FEW:
        lines.append(f"{count} examples are too few to measure on; the next {count} may give another figure.")
    return lines


def interval(share: float, count: int) -> str:
    """Where the true share lies with 95 % confidence (Wilson, 1927), with the digits that the count supports.

    >>> interval(0.975, 40), interval(0.9831, 10_000)
    ('(87-100)', '(98.04-98.54)')
    """
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    digits = len(share_of(0.5, count).partition(".")[2].removesuffix(" %"))
    low, high = (f"{100 * min(1.0, max(0.0, end)):.{digits}f}" for end in (middle - half, middle + half))
    return f"({low}-{high})"


def findings(found: "list[Finding]", job: "Job", out: Output) -> list[str]:
    """What the doctor says of a training that has just ended: the weightiest, with the command that cures it."""
    from chainrule.cli.cures import cure

    lines = []
    useless = [finding for finding in found if finding.name == "no better than one answer"][:1]
    causes = [finding for finding in found if finding not in useless][:1]
    for finding in useless + causes:
        style = {"severe": "red", "warning": "bold"}.get(finding.severity, "dim")
        value = textwrap.fill(f"{finding.severity}: {in_words(finding)}", width(), break_on_hyphens=False)
        lines += value.replace(finding.severity, out.styled(finding.severity, style), 1).split("\n")
    if command := next((command for one in causes + useless if (command := cure(one, job))), ""):
        lines.append(f"  try: {command}")
    return lines


def in_words(finding: "Finding") -> str:
    """The finding's name and what it says, where that does not begin with it."""
    begins = finding.says.startswith((finding.name[:9], "hardly better", "the time was over"))
    return finding.says if begins else f"{finding.name}. {finding.says}"


def ended(
    job: "Job", name: str, size: int, took: float, stopped: bool, run: str | None, out: Output
) -> list[str]:
    """How long it learned, and where the model and the run are."""
    model = job.model
    late = job.deadline is not None and job.deadline.ended_after
    until = " until it was stopped" if stopped else " until the time was over" if late else ""
    return [
        (
            f"Learned{until} in {duration(took)}: {model.epochs_seen} of {job.recipe.learned_epochs} epochs, "
            f"{model.optimizer.iterations:,} steps on {model.backend_used}, seed {job.seed}."
        ),
        *joined(f"Saved as {out.bold(name)}, {file_size(size)}", f"recorded in {run}" if run else ""),
    ]


def joined(first: str, second: str) -> list[str]:
    """Two facts on a line, or on two where it is too narrow."""
    if not second:
        return [f"{first}."]
    one = f"{first}; {second}."
    return [one] if len(one) <= width() else [f"{first}.", f"{second[0].upper()}{second[1:]}."]


def next_commands(name: str, job: "Job", run: str | None, room: int, out: Output) -> list[str]:
    """What to type next: as many commands as there is room for, those that help most first."""
    from chainrule.datasets import NAMES

    data = job.data
    kind = {"picture": "PICTURE.png", "table": "ROWS.csv"}.get(
        data.preparation.get("kind", ""), "EXAMPLES.npy"
    )
    known = "" if data.name in NAMES else f" {shlex.quote(job.source)}"
    model, short = shlex.quote(name), shlex.quote(named(run)) if run else ""
    lines = [(f"chainrule predict {model} {kind}", "what it says to new examples"),
             (f"chainrule evaluate {model}{known}", "which classes it confuses" if data.class_names else "how far it is off")]  # fmt: skip
    together: list[tuple[str, str]] = []
    if run and job.model.interrupted:
        lines.insert(0, (f"chainrule train --resume {shlex.quote(run)}", "go on where it stopped"))
    elif run:
        start = job.record.start if job.record else None
        middle = ((int(start.learning["step"]) if start else 0) + job.model.optimizer.iterations) // 2
        looks = [
            (f"chainrule report {short}", "a page about it"),
            (f"chainrule plot {short}", "its curves"),
            (f"chainrule runs doctor {short}", "what to improve"),
        ]
        together = [lines[0], (", ".join(command for command, _ in looks), "")]
        lines[1:1] = [*looks, (f"chainrule explain {short}@{middle}", "a step with every number")]
    rows = fitting(lines, room)
    if together and len(rows) < len(looks) + 1:  # no room for a line each
        short_rows = fitting(together, max(room, len(together)))
        rows = short_rows if len(short_rows) == len(together) else rows
    return [f"{out.bold('Next:')} {rows[0]}", *(f"      {line}" for line in rows[1:])]


def fitting(lines: list[tuple[str, str]], room: int) -> list[str]:
    """As many commands, each with what it is for, as there is room for, but one at least."""
    wide = max((len(command) for command, _ in lines if len(command) < width() - 20), default=0) + 3
    rows = [
        f"{command:<{wide}}{about}"
        if about and max(len(command), wide) + 6 + len(about) <= width()
        else command
        for command, about in lines
    ]
    kept = [
        line for k, line in enumerate(rows) if sum(height("Next: " + one) for one in rows[: k + 1]) <= room
    ]
    return kept or rows[:LEAST]


def named(run: str) -> str:
    """A run as it can be typed: last, where runs are kept in the usual folder, and else its folder."""
    return "last" if Path(run).parent == Path("runs") else run


def height(text: str) -> int:
    """How many lines a text takes on the terminal."""
    return sum(max(1, math.ceil(len(line) / width())) for line in text.split("\n"))


def width() -> int:
    """Letters in a line of the terminal, at most 100."""
    from shutil import get_terminal_size

    return max(40, min(100, get_terminal_size().columns))
