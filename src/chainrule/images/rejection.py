"""When to say "I don't know": the answer is unsure, or the digit is unlike every digit that was learned from.

Two measures, added. Uncertainty: one minus the best class's probability as the network gives it; the temperature that
makes probabilities honest for digits would hide much of the doubt about what is none. Strangeness: the distance to
the nearest of some kept training digits, both blurred a little and brought to length one. The limit is set on digits
that were held back, so that a stated share of real digits is refused.

A whole picture is in doubt when half of its signs are, when it is no page (see `page.unrest`), or when most of the
writing beside the digits is none.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, unknown
from chainrule.images.filters import Floats

Array = np.ndarray[Any, Any]

COMPANY = 0.75  # how much the doubt about the whole picture counts in the doubt about one of its digits
BLOCK = 500  # digits compared together: their closenesses stay in the cache


@dataclass(frozen=True)
class Rejection:
    """The limits; stored in the model file. `temperature` divides the logarithms of probabilities.

    `most` is the largest sum of uncertainty and strangeness of a digit that is still answered; `unrest` and `unread`
    are the most that a picture may have of either.

    >>> Rejection(most=0.4).reason(np.array([0.5, 0.5, 0, 0, 0, 0, 0, 0, 0, 0]))
    "I don't know: 0 or 1, the network is only 50 % sure."
    """

    temperature: float = 1.0
    most: float = 1.0
    unrest: float = 1.2  # writing on paper has 0.2, half of all photos of things have more than 3
    unread: float = 0.4

    def to_dict(self) -> dict[str, float]:
        """The limits as plain numbers."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Rejection":
        """The limits that `to_dict` wrote."""
        known = {f.name for f in fields(cls)}
        for name in values:
            if name not in known:
                raise unknown("doubt setting", name, known)
        return cls(**{name: float(value) for name, value in values.items()})

    def calibrated(self, probabilities: Array) -> Array:
        """Probabilities with the temperature applied; rows still add up to 1."""
        return tempered(probabilities, self.temperature)

    def reasons(self, probabilities: Array, strange: Array) -> list[str | None]:
        """Why each digit of a picture is refused, or None. probabilities: (n, classes), before the temperature.

        A sign beside sure digits is more likely to be one itself: its doubt is mixed with the mean of all.
        """
        own = 1.0 - probabilities.max(axis=1) + strange
        shown = COMPANY * own.mean() + (1 - COMPANY) * own
        return [
            self.reason(p, float(far), float(d))
            for p, far, d in zip(probabilities, strange, shown, strict=True)
        ]

    def reason(
        self,
        probabilities: Array,
        strangeness: float = 0.0,
        doubt: float | None = None,
        names: list[str] | None = None,
    ) -> str | None:
        """Why one digit is refused, or None. doubt: when it is not just uncertainty and strangeness."""
        p = self.calibrated(np.asarray(probabilities)[None])[0]
        first, second = (int(k) for k in np.argsort(-p)[:2])
        names = names or [str(k) for k in range(len(p))]
        doubt = 1.0 - float(np.max(probabilities)) + strangeness if doubt is None else doubt
        if doubt <= self.most:
            return None
        if p[first] < 0.8:
            return f"I don't know: {names[first]} or {names[second]}, the network is only {p[first] * 100:.0f} % sure."
        return (
            f"I don't know: this is unlike every digit that was learned from, though {names[first]} comes closest "
            f"(distance {strangeness:.2f})."
        )

    def reason_for_all(
        self, reasons: list[str | None], unrest: float = 0.0, unread: float = 0.0
    ) -> str | None:
        """Why a whole picture is refused, or None. reasons: of each digit.  unrest, unread: of the picture.

        >>> Rejection().reason_for_all([None], unrest=4.0)
        "I don't know: this looks like a photo of something else than writing on paper."
        """
        if unrest > self.unrest:
            return "I don't know: this looks like a photo of something else than writing on paper."
        doubted = [reason for reason in reasons if reason]
        if len(doubted) * 2 >= len(reasons):  # then the rest is not to be trusted either
            return doubted[0]
        if unread > self.unread:
            return "I don't know: most of what is written here is no digit."
        return None


def tempered(probabilities: Array, temperature: float) -> Array:
    """p to the power 1 / temperature, rows scaled to add up to 1.

    >>> tempered(np.array([[0.8, 0.2]]), 2.0).round(3).tolist()
    [[0.667, 0.333]]
    """
    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12)) / temperature
    logs -= logs.max(axis=1, keepdims=True)
    p = np.exp(logs)
    out: Array = p / p.sum(axis=1, keepdims=True)
    return out


def best_temperature(probabilities: Array, labels: Array) -> float:
    """The temperature under which the labels are least surprising (smallest cross-entropy), 0.2 to 5."""
    tried = np.exp(np.linspace(np.log(0.2), np.log(5.0), 81))
    rows = np.arange(len(labels))
    losses = [-np.log(tempered(probabilities, t)[rows, labels] + 1e-12).mean() for t in tried]
    return float(tried[int(np.argmin(losses))])


def calibration_error(probabilities: Array, labels: Array, bins: int = 15) -> float:
    """Expected calibration error: how far confidence is from the share that is right, over bins of equal width.

    >>> calibration_error(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]))
    0.5
    """
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(labels))


def signature(digits: Array) -> Floats:
    """What is compared: (n, 28, 28) blurred by halves to (n, 196), each row of length one; float32."""
    x = np.asarray(digits, np.float32)
    if x.ndim != 3 or x.shape[1] % 2 or x.shape[2] % 2:
        raise ShapeError(f"Got digits of shape {x.shape}; expected (n, 28, 28).")
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    soft = (wide[:, :-2] + 2 * wide[:, 1:-1] + wide[:, 2:])[:, :, 1:-1]
    soft = np.pad(soft, ((0, 0), (0, 0), (1, 1)))
    soft = soft[:, :, :-2] + 2 * soft[:, :, 1:-1] + soft[:, :, 2:]
    n, h, w = soft.shape
    small = soft.reshape(n, h // 2, 2, w // 2, 2).mean(axis=(2, 4)).reshape(n, -1)
    out: Floats = (small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)).astype(np.float32)
    return out


def strangeness(digits: Array, kept: Floats) -> tuple[Floats, Array]:
    """Distance of each digit to its nearest kept one (0 the same, 1.41 nothing shared), and which three are nearest.

    digits: (n, 28, 28); kept: signatures (m, 196) of training digits. Returns (n,) and (n, 3).
    """
    parts = [_nearest(digits[k : k + BLOCK], kept) for k in range(0, max(1, len(digits)), BLOCK)]
    best, nearest = (np.concatenate(part) for part in zip(*parts, strict=True))
    return np.sqrt(np.maximum(2.0 - 2.0 * best, 0.0)).astype(np.float32), nearest


def _nearest(digits: Array, kept: Floats) -> tuple[Array, Array]:
    """For each digit the closeness of the nearest kept one, and the places of the three nearest."""
    closeness = signature(digits) @ kept.T
    rows, best = np.arange(len(closeness)), closeness.max(axis=1)
    nearest = np.zeros((len(closeness), min(3, len(kept))), np.int64)
    for k in range(nearest.shape[1]):  # three times the largest: sorting takes twenty times as long
        nearest[:, k] = closeness.argmax(axis=1)
        closeness[rows, nearest[:, k]] = -np.inf
    return best, nearest


def set_limits(probabilities: Array, labels: Array, strange: Array, refuse: float = 0.02) -> Rejection:
    """The temperature and the limit from digits that were held back, so that `refuse` of them are refused.

    probabilities (n, classes) before any temperature, labels (n,), strange (n,) from `strangeness`.
    """
    temperature = best_temperature(probabilities, labels)
    doubt = 1.0 - np.asarray(probabilities).max(1) + np.asarray(strange)
    return Rejection(temperature, float(np.quantile(doubt, 1.0 - refuse)))
