"""First weights. Keras's names, formulas and defaults; the random numbers come from the generator that is handed in.

An initializer is a small set of settings; calling it with a shape and a generator draws the weights as float32.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import SettingError, unknown
from chainrule.internal import absent
from chainrule.internal.custom_objects import custom_object_scope, find
from chainrule.internal.memory import must_fit
from chainrule.internal.snake_case import snake_case

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "Initializer", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling",
    "Zeros", "constant", "deserialize", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
    "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "serialize",
    "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


DRAWN = 8  # bytes of a number while it is drawn, in float64


class Initializer:
    """Draws the first values of a weight array.

    >>> Zeros()((2,), np.random.default_rng(0))
    array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: tuple[int, ...], rng: "np.random.Generator | None" = None) -> np.ndarray:
        must_fit("Weights", shape, DRAWN)
        seed = getattr(self, "seed", None)
        if seed is not None:
            rng = np.random.default_rng(seed)
        drawn = self.draw(tuple(shape), rng if rng is not None else np.random.default_rng())
        return np.asarray(drawn, dtype=np.float32)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """The values, from a generator; what calling it rounds to float32."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to draw weights: write its draw()."
        )

    def get_config(self) -> dict[str, Any]:
        """The settings, as Keras stores them."""
        return dict(vars(self))

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """One with stored settings."""
        return cls(**config)


class Zeros(Initializer):
    """All 0."""

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return np.zeros(shape)


class Ones(Initializer):
    """All 1."""

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return np.ones(shape)


class Constant(Initializer):
    """All the same value."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return np.full(shape, self.value)


class RandomNormal(Initializer):
    """A normal distribution."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        if not (0 <= stddev < math.inf and math.isfinite(mean)):
            raise SettingError(
                f"{type(self).__name__} needs a finite mean and a stddev of 0 or more; it got mean={mean!r}, stddev={stddev!r}."
            )
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return rng.normal(self.mean, self.stddev, shape)


class TruncatedNormal(RandomNormal):
    """A normal distribution without what lies more than two standard deviations out."""

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return self.mean + self.stddev * truncated(shape, rng)


class RandomUniform(Initializer):
    """Every value between two bounds is equally likely."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        if not -math.inf < minval <= maxval < math.inf:
            raise SettingError(
                f"RandomUniform needs finite bounds, minval not above maxval; it got minval={minval!r}, maxval={maxval!r}."
            )
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        return rng.uniform(self.minval, self.maxval, shape)


class VarianceScaling(Initializer):
    """Weights whose variance is scale / n, n counted from the layer's inputs ("fan_in"), outputs or their mean.

    With that the sums keep their size from layer to layer, forward (fan_in) or backward (fan_out).
    input_axes, output_axes: which axes of the weights count as inputs and outputs, where both are given; else the last two.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if scale <= 0:
            raise SettingError(f"VarianceScaling needs a scale above 0; it got {scale}.")
        if mode not in MODES:
            raise unknown("fan mode", mode, MODES)
        if distribution not in DISTRIBUTIONS:
            raise unknown("distribution", distribution, DISTRIBUTIONS)
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed
        self.input_axes, self.output_axes = axes("input_axes", input_axes), axes("output_axes", output_axes)

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        fan_in, fan_out = fans(shape)
        if self.input_axes is not None and self.output_axes is not None:
            fan_in, fan_out = sizes(shape, self.input_axes), sizes(shape, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        if self.distribution == "uniform":  # the variance of -limit..limit is limit² / 3
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return rng.normal(0, math.sqrt(variance), shape)
        return math.sqrt(variance) / TRUNCATED_STDDEV * truncated(shape, rng)


MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")
TRUNCATED_STDDEV = 0.87962566103423978  # of a standard normal cut off at ±2


class _Named(VarianceScaling):
    """A VarianceScaling with a name of its own, as the literature knows it."""

    settings: tuple[float, str, str]

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(*self.settings, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed} | {
            name: value
            for name, value in (("input_axes", self.input_axes), ("output_axes", self.output_axes))
            if value is not None
        }


class GlorotUniform(_Named):
    """Glorot and Bengio (2010), uniform. Keras's default for Dense."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Glorot and Bengio (2010), truncated normal."""

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """He et al. (2015), uniform: made for relu."""

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """He et al. (2015), truncated normal: made for relu."""

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """LeCun et al. (1998), uniform: made for selu."""

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """LeCun et al. (1998), truncated normal: made for selu."""

    settings = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """A matrix whose columns (or rows, if there are fewer) stand at right angles and have length `gain`.

    Multiplying by it again and again neither blows up nor shrinks: made for recurrent kernels. Saxe et al. (2014).

    >>> w = Orthogonal(seed=1)((3, 2)); np.abs(np.round(w.T @ w, 5))
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        if len(shape) < 2:
            raise SettingError(f"Orthogonal draws matrices, with two axes or more; it was asked for {shape}.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))  # so that every orthogonal matrix is equally likely
        return self.gain * (q.T if rows < columns else q).reshape(shape)


class Identity(Initializer):
    """Ones on the diagonal, `gain` times, else 0: at first a layer passes on what it gets."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        if len(shape) != 2:
            raise SettingError(f"Identity draws matrices, with two axes; it was asked for {shape}.")
        return self.gain * np.eye(*shape)


def fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """How many inputs and outputs a weight array connects.

    >>> fans((784, 100))
    (784.0, 100.0)
    """
    if len(shape) < 2:
        n = float(shape[0]) if shape else 1.0
        return n, n
    field = math.prod(shape[:-2])  # a convolution's window
    return float(shape[-2] * field), float(shape[-1] * field)


def axes(setting: str, given: Any) -> list[int] | None:
    """Axes of a weight array, or None."""
    whole = isinstance(given, (list, tuple)) and all(isinstance(axis, (int, np.integer)) for axis in given)
    if given is None or whole:
        return None if given is None else [int(axis) for axis in given]
    raise SettingError(f"{setting} is a list of axes, such as [0, 1]; it got {given!r}.")


def sizes(shape: tuple[int, ...], which: list[int]) -> float:
    """How many numbers some axes hold together."""
    if not all(-len(shape) <= axis < len(shape) for axis in which):
        raise SettingError(f"The weights have {len(shape)} axes, {shape}; the axes asked for are {which}.")
    return float(math.prod(shape[axis] for axis in which))


def truncated(shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
    """Standard normal numbers, drawn again while they lie beyond ±2."""
    values = rng.normal(size=shape)
    while (out := np.abs(values) > 2).any():
        values[out] = rng.normal(size=int(out.sum()))
    return values


CLASSES: dict[str, type[Initializer]] = {
    kind.__name__: kind
    for kind in (
        Zeros, Ones, Constant, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling, GlorotUniform,
        GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal, Identity,
    )
}  # fmt: skip


NAMES: dict[str, type[Initializer]] = {snake_case(name): kind for name, kind in CLASSES.items()} | {
    # what older files and Keras's functions call them
    "IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal,
    "normal": RandomNormal, "uniform": RandomUniform, "zero": Zeros, "one": Ones,
}  # fmt: skip


def get(identifier: object) -> Initializer:
    """An initializer given as itself, by name, or as a stored {"class_name", "config"}.

    >>> type(get("he_normal")).__name__
    'HeNormal'
    """
    if isinstance(identifier, Initializer):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    settings: dict[str, Any] = {}
    name = identifier
    if isinstance(identifier, dict):
        name, settings = identifier.get("class_name"), dict(identifier.get("config") or {})
        settings.pop("dtype", None)  # carried by Keras's files, of no effect here
    kind = CLASSES.get(str(name)) or NAMES.get(str(name)) or find(str(name))
    if kind is None:
        raise unknown("initializer", name, NAMES)
    if issubclass(kind, _Named):  # older files spell out what the name already says
        settings = {name: settings.get(name) for name in ("seed", "input_axes", "output_axes")}
    try:
        return kind(**settings)
    except TypeError:
        raise SettingError(f"The initializer {name} does not take the settings {sorted(settings)}.") from None


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Initializer:
    """An initializer from what `serialize` wrote.

    >>> deserialize(serialize(Zeros())).get_config()
    {}
    """
    with custom_object_scope(custom_objects or {}):
        return get(config)


def serialize(initializer: Initializer) -> dict[str, Any]:
    """How an initializer is written to a file."""
    return {"class_name": type(initializer).__name__, "config": initializer.get_config()}


# Keras's lower-case names
constant, identity, ones, zeros, orthogonal = Constant, Identity, Ones, Zeros, Orthogonal
glorot_normal, glorot_uniform, he_normal, he_uniform = GlorotNormal, GlorotUniform, HeNormal, HeUniform
lecun_normal, lecun_uniform, random_normal, random_uniform = (
    LecunNormal,
    LecunUniform,
    RandomNormal,
    RandomUniform,
)
truncated_normal, variance_scaling = TruncatedNormal, VarianceScaling

if not TYPE_CHECKING:
    __getattr__ = absent.refusing("initializers", __all__)
