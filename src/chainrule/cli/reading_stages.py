"""How a picture of handwriting was read: its stages, what the network saw, and what each stage was good for."""

import io
from typing import TYPE_CHECKING

import numpy as np

from chainrule.cli.output import Output, per_cent
from chainrule.cli.terminal_picture import picture
from chainrule.files.disk import write

if TYPE_CHECKING:
    from chainrule.inference.handwriting import Reader, Reading

SHOWN = 12  # digits drawn in the terminal


def told(reader: "Reader", reading: "Reading", single: bool, out: Output) -> list[str]:
    """The lines of --explain."""
    prepared = reading.prepared
    lines = [f"  {prepared.picture.size[0]} x {prepared.picture.size[1]} pixels, {prepared.picture.format}"]
    lines += [f"  note: {note}" for note in (*prepared.picture.notes, *prepared.notes)]
    lines.append(f"  stages: {', '.join(prepared.stages)}")
    near, labels = likenesses(reader, reading)
    for k, digit in enumerate(reading.digits[:SHOWN]):
        text = ", ".join(
            f"{c} {per_cent(float(digit.probabilities[c]))}" for c in np.argsort(-digit.probabilities)[:3]
        )
        lines += ["", f"  digit {k + 1}, in the box {digit.box}: {text}"]
        lines += ["    " + line for line in picture(digit.pixels, out.color, out.unicode, 60)]
        lines.append(
            f"    most like training digits with the labels {', '.join(str(labels[n]) for n in near[k])}"
        )
        if digit.doubt:
            lines.append(f"    {digit.doubt}")
    lines += ["", "  Without one stage the answer would be:"]
    return lines + [f"    {stage:<14} {answer}" for stage, answer in alternatives(reader, reading, single)]


def alternatives(reader: "Reader", reading: "Reading", single: bool) -> list[tuple[str, str]]:
    """Each stage that can be left out, and the answer without it: "the same" where it changes nothing."""
    from chainrule.images.settings import Preparation
    from chainrule.inference.handwriting import Reader as Again

    found = []
    for stage in Preparation.STAGES:
        other = Again(reader.classify, reader.settings.without(stage), reader.rejection)
        changed = other.read(reading.prepared.picture, single)
        same = (changed.text, changed.refused is None) == (reading.text, reading.refused is None)
        found.append((stage, "the same" if same else changed.refused or str(changed.text)))
    return found


def drawn(reader: "Reader", reading: "Reading", path: str, single: bool) -> None:
    """Writes the sheet of stages, with probabilities and the nearest training digits, as a picture."""
    from chainrule import pretrained
    from chainrule.images.stage_sheet import stage_sheet

    near, labels = likenesses(reader, reading)
    pictures = pretrained.seen()[0][near] if len(near) else None
    outputs = np.stack([digit.probabilities for digit in reading.digits]) if reading.digits else None
    sheet = stage_sheet(
        reading.prepared, outputs, pictures, likes=labels[near] if len(near) else None, answer=reading.text or "",
        refused=reading.refused, without=alternatives(reader, reading, single),
    )  # fmt: skip
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write(path, [buffer.getvalue()])


def likenesses(reader: "Reader", reading: "Reading") -> tuple[np.ndarray, np.ndarray]:
    """For each digit the three training digits most like it, and the labels of all."""
    from chainrule import pretrained
    from chainrule.images.rejection import strangeness

    labels = pretrained.seen()[1]
    if not reading.digits:
        return np.zeros((0, 3), int), labels
    return strangeness(np.stack([digit.pixels for digit in reading.digits]), reader.signatures())[1], labels
