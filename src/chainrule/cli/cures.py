"""The command that usually cures what the doctor found in a training."""

import shlex
from typing import TYPE_CHECKING

from chainrule.cli import choices

if TYPE_CHECKING:
    from chainrule.diagnosis import Finding
    from chainrule.recording.resume import Job

LONGER = "5m"  # for a training that the clock ended before it had learned
MORE = 3  # times the epochs, for a network that was still learning
HIGH = 0.02  # a rate that may well have killed units


def cure(finding: "Finding", job: "Job") -> str:
    """What to type, or "" where no command helps."""
    run = None if job.record is None or job.record.folder is None else shlex.quote(str(job.record.folder))
    source = shlex.quote(job.source)
    target = job.options.get("target")
    data = source + (f" --target {shlex.quote(str(target))}" if target else "")
    rate = finding.evidence.get("learning_rate") or job.recipe.learning_rate
    if finding.name == "out of time":
        return f"chainrule train {data} --time {LONGER}"
    again = f"chainrule train --fork {run}@0" if run else f"chainrule train {data}"
    lower = ("rate too high", "not finite", "exploding gradients")
    high = job.recipe.name != choices.AUTO and float(rate or 0) >= HIGH
    if rate and (finding.name in lower or (finding.name in ("dead units", "saturated units") and high)):
        return f"{again} --learning-rate {rate / 10:.2g}"
    if finding.name == "rate too low" and rate:
        return f"{again} --learning-rate {rate * 10:.2g}"
    if finding.name == "still learning":
        return f"{again} --epochs {MORE * job.recipe.epochs}"
    if finding.name in ("suspicious labels", "class missing"):
        return f"chainrule data check {data}"
    if job.recipe.name != choices.AUTO:
        return f"chainrule train {data} --recipe {choices.AUTO}"
    return (
        f"chainrule data check {data}" if finding.name in ("no progress", "no better than one answer") else ""
    )
