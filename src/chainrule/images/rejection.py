"""How sure an answer is: the probability that a digit was read rightly, calibrated on pictures made for it.

What the network says is not enough: it knows neither whether the paper was quiet nor whether the digit is like those it
learned from. So a small logistic regression weighs what is known about each digit: the network's own certainty, in the
mean of the views and in the least certain one, the distance to the nearest training digits, how little the picture is
like a page, how much of the writing beside the digits was not read, how few pixels the digit has, whether it was cut out of
a larger piece of ink, how unevenly dark its ink is, how much of all the writing is no digit, how certain its neighbours are,
and whether it is one plain stroke: a 1 is, but so are edges of all things, so it needs quiet paper and digits beside it.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from chainrule.errors import SettingError, ShapeError, unknown
from chainrule.images.filters import Floats

Array = np.ndarray[Any, Any]

BLOCK = 500  # digits compared together: their closenesses stay in the cache
FEATURES = (
    "constant", "certainty", "least certain view", "distance", "unrest", "unread", "few pixels", "cut",
    "uneven ink", "elsewhere", "company", "stroke", "stroke and elsewhere", "stroke and unrest",
    "among strokes", "much unrest",
)  # fmt: skip
WEIGHTS = (0.0, 1.65, -0.55, 0.15, -0.55, -3.1, -1.0, -1.95) + (0.0,) * 8  # for model files that store none
FIRST = 8  # features that earlier versions had
FORMER = ("most", "unrest", "unread")  # limits of earlier versions, which are not used any more
FEW = 24  # pixels: a digit less high than this has few
MANY = 4  # digits: that fewer are all strokes says little
MUCH = 1.0  # more unrest than this, as log(1 + unrest), is rare on paper
RIDGE = 1.0  # how much small weights are preferred when they are fitted


@dataclass(frozen=True)
class Rejection:
    """How probabilities are calibrated; stored in the model file.

    `temperature` divides the logarithms of the network's probabilities. `weights` are those of a logistic regression on
    `FEATURES`.

    >>> Rejection(temperature=2.0).calibrated(np.array([[0.8, 0.2]])).round(3).tolist()
    [[0.667, 0.333]]
    """

    temperature: float = 1.0
    weights: tuple[float, ...] = WEIGHTS

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values."""
        return {**asdict(self), "weights": list(self.weights)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Rejection":
        """The settings that `to_dict` wrote."""
        known = {f.name: f for f in fields(cls)}
        for name in values:
            if name not in known and name not in FORMER:
                raise unknown("rejection setting", name, known)
        try:
            temperature = float(values.get("temperature", 1.0))
            weights = tuple(float(w) for w in values.get("weights", WEIGHTS))
        except (TypeError, ValueError):
            raise SettingError(f"rejection: expected numbers, got {values!r}.") from None
        if len(weights) == FIRST:  # of an earlier version
            weights += (0.0,) * (len(FEATURES) - FIRST)
        if len(weights) != len(FEATURES):
            raise SettingError(f"rejection: expected {len(FEATURES)} weights, got {len(weights)}.")
        return cls(temperature, weights)

    def calibrated(self, probabilities: Array) -> Array:
        """Probabilities with the temperature applied; rows still add up to 1."""
        return tempered(probabilities, self.temperature)

    def confidence(self, features: Array) -> Array:
        """The probability that each digit was read rightly, (n,); features: (n, 16), see `features_of`."""
        score: Array = 1.0 / (1.0 + np.exp(-(features @ np.array(self.weights))))
        return score

    def probabilities(self, probabilities: Array, features: Array) -> Array:
        """The classes' probabilities: the best one's is the confidence, the others share the rest as the network says.

        Where the confidence is below what that would leave them, no class is likely, and they add up to less than 1.
        """
        p = self.calibrated(probabilities)
        best, rows = p.argmax(axis=1), np.arange(len(p))
        sure = self.confidence(features)
        rest = p.copy()
        rest[rows, best] = 0.0
        rest /= np.maximum(rest.sum(axis=1, keepdims=True), 1e-12)
        out = rest * (1.0 - sure)[:, None]
        out = np.minimum(out, 0.999 * sure[:, None])
        out[rows, best] = sure
        return np.asarray(out)


def features_of(
    views: list[Array], distance: Array, unrest: float, unread: float, heights: Array, cuts: Array,
    uneven: Array | None = None, elsewhere: float = 0.0, strokes: Array | None = None,
) -> Array:  # fmt: skip
    """What is known about each digit of a picture, (n, 16), in the order of `FEATURES`.

    views: of each digit its probabilities in every view, (v, classes).  distance: to the nearest training digit, (n,).
    unrest, unread, elsewhere: of the picture.  heights: of the digits, in pixels.  cuts: what their
    seams cost.  uneven: how much their ink's darkness varies, (n,).  strokes: which are one plain stroke, (n,).
    """
    mean = np.stack([v.mean(axis=0) for v in views])
    best = mean.argmax(axis=1)
    least = np.array([v[:, k].min() for v, k in zip(views, best, strict=True)])
    n = len(views)
    few = np.maximum(0.0, np.log(FEW / np.maximum(np.asarray(heights, float), 1.0)))
    certain = _logit(mean.max(axis=1))
    company = (certain.sum() - certain) / (n - 1) - certain if n > 1 else np.zeros(n)
    noisy = min(np.log1p(max(unrest, 0.0)), 2.0)
    stroke = np.zeros(n) if strokes is None else np.asarray(strokes, float)
    columns = (
        np.ones(n), certain, _logit(least), np.asarray(distance, float),
        np.full(n, noisy), np.full(n, unread), few, np.asarray(cuts, float),
        np.minimum(np.zeros(n) if uneven is None else np.asarray(uneven, float), 1.0), np.full(n, elsewhere), company,
        stroke, stroke * elsewhere, stroke * noisy,
        stroke * (stroke.sum() - stroke) / max(n - 1, MANY), np.full(n, max(0.0, noisy - MUCH)),
    )  # fmt: skip
    return np.stack(columns, axis=1)


def _logit(p: Array) -> Array:
    p = np.clip(np.asarray(p, float), 0.02, 0.998)
    return np.asarray(np.log(p / (1.0 - p)))


def fit_weights(features: Array, right: Array) -> tuple[float, ...]:
    """The weights under which it is least surprising which digits were read rightly: logistic regression, Newton's way."""
    x, y = np.asarray(features, float), np.asarray(right, float)
    w = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[0] = 1e-3
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-x @ w))
        slope = x.T @ (p - y) + ridge * w
        bend = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        w = w - step
        if np.abs(step).max() < 1e-8:
            break
    return tuple(float(v) for v in w)


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
    for _ in range(2):  # down, then across: 1 2 1 and the sum of two neighbours, at once
        wide = np.pad(x, ((0, 0), (1, 1), (0, 0)))
        x = wide[:, :-2:2] + 3 * (wide[:, 1:-2:2] + wide[:, 2:-1:2]) + wide[:, 3::2]
        x = x.transpose(0, 2, 1)
    small = x.reshape(len(x), -1)
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
