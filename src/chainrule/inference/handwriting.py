"""Reading handwriting: a picture is prepared, the network answers, and each answer gets the probability that it is right.

One code path for the command line, a server and everything else; what a model file stores decides how it is done.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import pretrained
from chainrule.images import Mark, Preparation, Prepared, Rejection, prepare
from chainrule.images.rejection import (
    best_temperature,
    calibration_error,
    features_of,
    fit_weights,
    signature,
    strangeness,
)

Array = np.ndarray[Any, Any]
Classify = Callable[[Array], Array]
Box = tuple[int, int, int, int]

SURE = 0.5  # a digit that is less likely to be right is in doubt, unless more is asked for
HIDDEN = 0.15  # one of several digits that is less likely to be right is not named, unless more is asked for
NOTHING = 0.02  # where no glyph is likelier a digit than this, there is nothing like a digit
FAR = 0.75  # a digit so far from all training digits is unlike them
PAGES = 600  # pictures made to calibrate on


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """One digit that was read. probabilities: of each class, calibrated.  doubt: why it may be another or none, or None."""

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
    """What was read in a picture. refused: why there is nothing like a digit in it, or None.

    doubt: why the whole may be wrong, or None.  strict: a certainty was asked for.  marks: glyphs that are no digits, each with its kind.
    """

    prepared: Prepared
    digits: tuple[ReadDigit, ...] = ()
    refused: str | None = None
    doubt: str | None = None
    strict: bool = False

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The glyphs that are no digits."""
        return self.prepared.marks

    @property
    def text(self) -> str | None:
        """The digits in reading order, `|` between rows, `?` for one that is not named (see `hidden`); None when refused."""
        if self.refused is not None:
            return None
        return self.prepared.text(
            [
                "?" if hidden else str(digit.label)
                for hidden, digit in zip(self.hidden, self.digits, strict=True)
            ]
        )

    @property
    def hidden(self) -> list[bool]:
        """For each digit whether `?` stands for it.

        Where a certainty was asked for, every digit in doubt; else those of several that are hardly likely to be right.
        """
        if self.strict:
            return [digit.doubt is not None for digit in self.digits]
        return [len(self.digits) > 1 and digit.probability < HIDDEN for digit in self.digits]

    @property
    def probability(self) -> float | None:
        """That the least certain digit is right."""
        return min((digit.probability for digit in self.digits), default=None)


class Reader:
    """Reads pictures with a network.

    classify: float32 pictures (n, 28, 28) from 0 to 1 -> probabilities (n, classes).  settings: the preparation.
    rejection: how probabilities are calibrated; None leaves them as the network gives them.  sure: a digit less
    likely to be right is in doubt; None: 0.5, and a digit alone is named all the same.
    """

    def __init__(
        self, classify: Classify, settings: Preparation | None = None, rejection: Rejection | None = None,
        sure: float | None = None,
    ) -> None:  # fmt: skip
        self.classify, self.settings, self.rejection = classify, settings or Preparation(), rejection
        self.sure, self.strict = SURE if sure is None else sure, sure is not None
        self._signatures: Array | None = None

    def read(self, picture: Any, single: bool = False) -> Reading:
        """Everything found in a picture: a path, bytes, an array or a Picture. single: all writing is one digit."""
        return self.answer(prepare(picture, self.settings, single=single, classify=self.classify))

    def answer(self, prepared: Prepared) -> Reading:
        """The network's answers to a prepared picture."""
        if prepared.refused is not None or not prepared.digits:
            return Reading(prepared, refused=prepared.refused or "Nothing was found in this picture.")
        views = prepared.view_probabilities(self.classify)
        raw = np.stack([v.mean(axis=0) for v in views])
        distance = np.zeros(len(raw))
        if self.rejection is None:
            shown = raw
        elif prepared.passed:  # the answer that its array would get
            shown = self.rejection.calibrated(raw)
        else:
            distance = self.distances(prepared)
            shown = self.rejection.probabilities(raw, self._features(prepared, views, distance))
        digits = tuple(
            ReadDigit(int(p.argmax()), p, found.box, found.row, found.pixels, self._doubt(p, float(far)))
            for p, found, far in zip(shown, prepared.digits, distance, strict=True)
        )
        best = max(digit.probability for digit in digits)
        if self.rejection is not None and best < NOTHING:
            return Reading(prepared, digits, "There is nothing like a digit in this picture.")
        worst = min(digits, key=lambda digit: digit.probability)
        return Reading(prepared, digits, None, worst.doubt, self.strict)

    def _features(self, prepared: Prepared, views: list[Array], distance: Array) -> Array:
        heights = np.array([digit.box[3] - digit.box[1] for digit in prepared.digits])
        cuts = np.array([digit.cut for digit in prepared.digits])
        uneven = np.array([digit.uneven for digit in prepared.digits])
        return features_of(
            views,
            distance,
            prepared.unrest,
            prepared.unread,
            heights,
            cuts,
            uneven,
            prepared.elsewhere,
            np.array([digit.stroke for digit in prepared.digits]),
        )

    def _doubt(self, p: Array, distance: float) -> str | None:
        """Why a digit is in doubt, or None."""
        first, second = (int(k) for k in np.argsort(-p)[:2])
        if p[first] >= self.sure:
            return None
        if distance > FAR or p[second] < 0.5 * (1.0 - p[first]):
            return f"unlike the digits that were learned from; {first} comes closest ({p[first] * 100:.0f} %)"
        return f"{first} or {second}, {first} with {p[first] * 100:.0f} %"

    def distances(self, prepared: Prepared) -> Array:
        """How far each digit is from the nearest training digit."""
        return strangeness(np.stack([digit.pixels for digit in prepared.digits]), self.signatures())[0]

    def signatures(self) -> Array:
        """The digits that were learned from, as `strangeness` compares them."""
        if self._signatures is None:
            pictures = pretrained.seen()[0]
            some = range(0, len(pictures), 250)  # a few at a time: floats of all would take 40 MB
            self._signatures = np.concatenate([signature(pictures[k : k + 250]) for k in some])
        return self._signatures


def calibrated(classify: Classify, pictures: Array, labels: Array, pages: int = PAGES) -> dict[str, Any]:
    """How a network's probabilities are to be read, from MNIST-like digits (n, 28, 28) uint8 that it did not learn from.

    The temperature comes from the digits themselves; the weights from `pages` pictures that are made of them and without
    them; 0 keeps the usual weights. Returns {"rejection": ..., "calibration_error": before and after}; for a model's file.
    """
    raw = classify(pictures.astype(np.float32) / np.float32(255))
    temperature = best_temperature(raw, labels)
    errors = [calibration_error(p, labels) for p in (raw, Rejection(temperature).calibrated(raw))]
    rejection = Rejection(temperature)
    if pages:
        features, right = evidence(Reader(classify, rejection=rejection), pictures, labels, pages)
        rejection = Rejection(temperature, fit_weights(features, right))
    return {"rejection": rejection.to_dict(), "calibration_error": {"before": errors[0], "after": errors[1]}}


def evidence(
    reader: Reader, pictures: Array, labels: Array, pages: int = PAGES, seed: int = 1
) -> tuple[Array, Array]:
    """What was known about each digit found in made pages, (n, 16), and whether it was read rightly, (n,).

    pictures, labels: digits to write on the pages. A quarter of the pages have no digit on them.
    """
    from chainrule.images.made_pages import digit_pages, empty_pages, small_pages

    made = [
        *digit_pages(pictures, labels, pages // 4, seed), *digit_pages(pictures, labels, pages * 3 // 8, seed + 1, most=4, closest=-0.1),
        *small_pages(pictures, labels, pages // 8, seed + 3),
        *empty_pages(pages // 4, seed + 2),
    ]  # fmt: skip
    features, right = [], []
    for page in made:
        prepared = prepare(page.pixels, reader.settings, classify=reader.classify)
        if not prepared.digits:
            continue
        views = prepared.view_probabilities(reader.classify)
        read = [int(v.mean(axis=0).argmax()) for v in views]
        features.append(reader._features(prepared, views, reader.distances(prepared)))  # noqa: SLF001 - its own module
        right.append(right_ones(read, [int(c) for c in page.text]))
    return np.concatenate(features), np.concatenate(right)


def right_ones(read: list[int], truth: list[int]) -> Array:
    """Which of the digits read are in a longest common subsequence with the true ones, bool (n,).

    >>> right_ones([1, 7, 3], [1, 3]).tolist()
    [True, False, True]
    """
    n, m = len(read), len(truth)
    length = np.zeros((n + 1, m + 1), int)
    for i in range(n - 1, -1, -1):
        for j in range(m - 1, -1, -1):
            same = length[i + 1, j + 1] + 1 if read[i] == truth[j] else 0
            length[i, j] = max(same, length[i + 1, j], length[i, j + 1])
    right, i, j = np.zeros(n, bool), 0, 0
    while i < n and j < m:
        if read[i] == truth[j] and length[i, j] == length[i + 1, j + 1] + 1:
            right[i] = True
            i, j = i + 1, j + 1
        elif length[i + 1, j] >= length[i, j + 1]:
            i += 1
        else:
            j += 1
    return right
