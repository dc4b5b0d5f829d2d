"""Reading handwriting: a picture is prepared, the network answers, and doubt decides whether the answer is given.

One code path for the command line, a server and everything else; what a model file stores decides how it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import pretrained
from chainrule.images import Preparation, Prepared, Rejection, prepare
from chainrule.images.rejection import calibration_error, set_limits, signature, strangeness

Array = np.ndarray[Any, Any]
Classify = Callable[[Array], Array]
Box = tuple[int, int, int, int]

REFUSED = 0.01  # the share of digits that were held back which may be answered with "I don't know"


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """One digit that was read. probabilities: of each class, calibrated.  doubt: why it is not answered, or None."""

    label: int
    probabilities: Array
    box: Box
    row: int
    pixels: Array
    doubt: str | None

    @property
    def probability(self) -> float:
        """Of the label."""
        return float(self.probabilities[self.label])


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read in a picture. refused: why there is no answer at all, or None."""

    prepared: Prepared
    digits: tuple[ReadDigit, ...] = ()
    refused: str | None = None

    @property
    def text(self) -> str | None:
        """The digits in reading order, `|` between rows, `?` for one that is in doubt; None when refused.

        A picture that already was as MNIST's are keeps the answer that its array gets, in doubt or not.
        """
        if self.prepared.passed:
            return str(self.digits[0].label)
        if self.refused is not None:
            return None
        return self.prepared.text(["?" if digit.doubt else str(digit.label) for digit in self.digits])


class Reader:
    """Reads pictures with a network.

    classify: float32 pictures (n, 28, 28) from 0 to 1 -> probabilities (n, classes).  settings: the preparation.
    doubt: when to say "I don't know"; None gives every answer.
    """

    def __init__(
        self, classify: Classify, settings: Preparation | None = None, doubt: Rejection | None = None
    ) -> None:
        self.classify, self.settings, self.doubt = classify, settings or Preparation(), doubt
        self._signatures: Array | None = None

    def read(self, picture: Any, single: bool = False) -> Reading:
        """Everything found in a picture: a path, bytes, an array or a Picture. single: all writing is one digit."""
        return self.answer(prepare(picture, self.settings, single=single, classify=self.classify))

    def answer(self, prepared: Prepared) -> Reading:
        """The network's answers to a prepared picture."""
        if prepared.refused is not None or not prepared.digits:
            return Reading(prepared, refused=prepared.refused or "Nothing was found in this picture.")
        raw = prepared.probabilities(self.classify)
        reasons: list[str | None] = [None] * len(raw)
        if self.doubt is None:
            calibrated = raw
        else:
            calibrated = self.doubt.calibrated(raw)
            strange, _ = strangeness(np.stack([digit.pixels for digit in prepared.digits]), self.signatures())
            reasons = self.doubt.reasons(raw, strange)
        digits = tuple(
            ReadDigit(int(p.argmax()), p, found.box, found.row, found.pixels, reason)
            for p, found, reason in zip(calibrated, prepared.digits, reasons, strict=True)
        )
        if self.doubt is None:
            return Reading(prepared, digits)
        return Reading(prepared, digits, self.doubt.reason_for_all(reasons, prepared.unrest, prepared.unread))

    def signatures(self) -> Array:
        """The digits that were learned from, as `strangeness` compares them."""
        if self._signatures is None:
            pictures = pretrained.seen()[0]
            some = range(0, len(pictures), 250)  # a few at a time: floats of all would take 40 MB
            self._signatures = np.concatenate([signature(pictures[k : k + 250]) for k in some])
        return self._signatures


def calibrated(classify: Classify, pictures: Array, labels: Array) -> dict[str, Any]:
    """The doubt for a network, from MNIST-like digits (n, 28, 28) uint8 that it did not learn from, and their labels.

    Returns {"doubt": ..., "calibration_error": before and after}; for a model's file.
    """
    raw = classify(pictures.astype(np.float32) / np.float32(255))
    kept, _ = pretrained.seen()
    strange, _ = strangeness(pictures, signature(kept))
    doubt = set_limits(raw, labels, strange, REFUSED)
    errors = [calibration_error(p, labels) for p in (raw, doubt.calibrated(raw))]
    return {"doubt": doubt.to_dict(), "calibration_error": {"before": errors[0], "after": errors[1]}}
