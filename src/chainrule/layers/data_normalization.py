"""Normalization: the inputs of a network at mean 0 and variance 1, which are measured once, before learning."""

from typing import Any, ClassVar

import numpy as np

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.internal.number_settings import whole_setting
from chainrule.layers.base import PREDICTING, Context, Layer
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import axis_of

SMALLEST = 1e-7  # Keras's: a deviation below it counts as this one


class Normalization(Layer):
    """y = (x - mean) / √variance, mean and variance of the data given to `adapt`, or said.   any shape -> the same

    axis: for each place of which there is a mean and a variance of its own; None for one of all numbers.  mean,
    variance: instead of `adapt`.  invert: y = x · √variance + mean, the way back.

    >>> import numpy as np
    >>> layer = Normalization()
    >>> layer.adapt(np.array([[0., 10.], [2., 30.]]))
    >>> layer(np.array([[2., 20.]]))
    array([[1., 0.]], dtype=float32)
    """

    weight_names: ClassVar[tuple[str, ...]] = ("mean", "variance", "count")
    non_trainable_names: ClassVar[tuple[str, ...]] = ("mean", "variance", "count")

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **settings: Any
    ) -> None:
        super().__init__(**settings)
        several = axis if isinstance(axis, (list, tuple)) else () if axis is None else (axis,)
        self.axis = tuple(whole_setting("Normalization", "axis", one) for one in several)
        if (mean is None) != (variance is None):
            raise SettingError(
                "Normalization needs mean and variance together, or neither of them and adapt(data)."
            )
        if not all(given is None or np.asarray(given).dtype.kind in "fiub" for given in (mean, variance)):
            raise SettingError(
                f"Normalization needs numbers as mean and variance; it got {mean!r} and {variance!r}."
            )
        if np.shape(mean) != np.shape(variance) or np.ndim(mean) > max(1, len(self.axis)):
            raise SettingError(
                f"Normalization needs mean and variance of one shape, with a number for each place of axis={axis!r}; "
                f"they have {np.shape(mean)} and {np.shape(variance)}."
            )
        with np.errstate(over="ignore"):
            self.given_mean = None if mean is None else np.asarray(mean, np.float32)
            self.given_variance = None if variance is None else np.asarray(variance, np.float32)
        m, v = self.given_mean, self.given_variance
        if m is not None and v is not None and not (np.isfinite([m, v]).all() and (v >= 0).all()):
            raise SettingError(
                "Normalization needs finite means, and variances of 0 or more, within float32."
            )
        self.invert = bool(invert)

    @property
    def mean(self) -> Any:
        """The mean that is taken off: the one said, or the one measured; None before either."""
        return self.params.get("mean") if self.given_mean is None else self.given_mean

    @property
    def variance(self) -> Any:
        """The variance that is divided by, of the standard deviation's square."""
        return self.params.get("variance") if self.given_variance is None else self.given_variance

    def adapt(self, data: Any) -> None:
        """Measures mean and variance: of an array, or of all batches of a list or another iterable together."""
        if self.given_mean is not None:
            raise SettingError(f"{self.label} was given its mean and variance; adapt would change nothing.")
        batches = [np.asarray(data)] if hasattr(data, "__array__") else [np.asarray(batch) for batch in data]
        if not batches or batches[0].size == 0 or batches[0].dtype.kind not in "fiub":
            raise DataError(f"{self.label}.adapt needs numbers, an array or batches of arrays; it got none.")
        self.build(batches[0].shape[1:])
        axes = self.averaged(batches[0].ndim)
        count = sum(batch.size for batch in batches)
        share = [batch.size / count for batch in batches]
        mean = sum(s * b.mean(axis=axes, dtype=np.float64) for s, b in zip(share, batches, strict=True))
        shaped = np.expand_dims(mean, axes) if axes else mean
        spread = [((b - shaped) ** 2).mean(axis=axes) for b in batches]
        variance = sum(s * v for s, v in zip(share, spread, strict=True))
        self.params = self.params | {"mean": np.float32(mean), "variance": np.float32(variance)}

    def init(self, rng: "np.random.Generator", input_shape: Shape) -> Params:
        shapes = self.weight_shapes(input_shape)
        start = {"mean": 0.0, "variance": 1.0, "count": 0.0}
        return {name: np.full(shape, start[name], np.float32) for name, shape in shapes.items()}

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        xp = namespace(x)
        mean, variance = (self.beside(xp.asarray(w, dtype=x.dtype), x) for w in self.moments(params))
        deviation = xp.maximum(xp.sqrt(variance), SMALLEST)
        if self.invert:
            return x * deviation + mean, deviation  # y = σ x + μ
        return (x - mean) / deviation, deviation  # y = (x - μ) / σ

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        return dy * cache if self.invert else dy / cache  # dx = dy / σ

    def moments(self, params: Params) -> tuple[Array, Array]:
        """Mean and variance: those said, or those measured."""
        return (
            (self.given_mean, self.given_variance)
            if self.given_mean is not None
            else (params["mean"], params["variance"])
        )

    def kept(self, rank: int) -> tuple[int, ...]:
        """The axes of a batch with a mean for each place, counted from the front."""
        return tuple(sorted(axis_of(self.label, axis, rank) for axis in self.axis))

    def averaged(self, rank: int) -> tuple[int, ...]:
        """The other axes, over which the mean is taken."""
        return tuple(axis for axis in range(rank) if axis not in self.kept(rank))

    def beside(self, w: Array, x: Array) -> Array:
        """A mean or variance, shaped to stand beside a batch."""
        if w.ndim == 0 or w.size == 1:
            return w.reshape([1] * x.ndim)
        return w.reshape([x.shape[i] if i in self.kept(x.ndim)[-w.ndim :] else 1 for i in range(x.ndim)])

    def output_shape_for(self, input_shape: Shape) -> Shape:
        places = tuple(input_shape[axis - 1] for axis in self.kept(len(input_shape) + 1) if axis)
        if (
            self.given_mean is not None
            and self.given_mean.size > 1
            and self.given_mean.shape != places[-self.given_mean.ndim :]
        ):
            raise ShapeError(
                f"{self.label} was given mean and variance of shape {self.given_mean.shape}, for examples whose axis "
                f"{list(self.axis)} has as many places; it got examples of shape {tuple(input_shape)}."
            )
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        if self.given_mean is not None:
            return {}
        shape = tuple(input_shape[axis - 1] for axis in self.kept(len(input_shape) + 1))
        return {"mean": shape, "variance": shape, "count": ()}

    def get_config(self) -> dict[str, Any]:
        values = [None if w is None else w.tolist() for w in (self.given_mean, self.given_variance)]
        return super().get_config() | {
            "axis": list(self.axis), "invert": self.invert, "mean": values[0], "variance": values[1],
        }  # fmt: skip
