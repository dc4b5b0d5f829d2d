"""BatchNormalization: every channel at mean 0 and variance 1 over the batch, then scaled and shifted as is learned."""

from typing import Any, ClassVar, NamedTuple

from chainrule.arrays import Array, Params, namespace
from chainrule.errors import SettingError
from chainrule.internal.number_settings import number_setting, whole_setting
from chainrule.layers.base import PREDICTING, Context
from chainrule.layers.naming import Shape
from chainrule.layers.standardization import Standardized, axis_of, d_standardized, standardized
from chainrule.layers.weighted import WeightedLayer

MASK_EPSILON = 1e-7  # Keras's: a mask that leaves nothing is not divided by


class Normalized(NamedTuple):
    """What the backward direction needs. learning: whether the batch's own mean and variance were taken."""

    x: Standardized
    axes: tuple[int, ...]
    axis: int
    share: Array | None
    learning: bool


class BatchNormalization(WeightedLayer):
    """y = γ (x - μ) / √(variance + ε) + β, μ and variance of each channel over the batch.   any shape -> the same

    While learning they are the batch's own, and moving averages of them are kept, which are used when predicting and
    where the layer is not trainable. axis: of the channels.  momentum: how slowly the averages move.  center, scale:
    whether there are β and γ. Ioffe and Szegedy (2015), with Keras's settings and defaults; renorm and synchronized
    are refused.

    >>> import numpy as np
    >>> params = {"gamma": np.ones(1), "beta": np.zeros(1), "moving_mean": np.zeros(1), "moving_variance": np.ones(1)}
    >>> x = np.array([[1.], [3.]])
    >>> BatchNormalization(epsilon=0.0).forward(params, x, Context(training=True))[0].ravel()
    array([-1.,  1.])
    """

    weight_names: ClassVar[tuple[str, ...]] = ("gamma", "beta", "moving_mean", "moving_variance")
    non_trainable_names: ClassVar[tuple[str, ...]] = ("moving_mean", "moving_variance")
    settings_of: ClassVar[dict[str, str]] = {
        "beta": "beta", "gamma": "gamma", "moving_mean": "moving_mean", "moving_variance": "moving_variance",
    }  # fmt: skip
    couples_examples: ClassVar[bool] = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        renorm: bool = False,
        renorm_clipping: Any = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if renorm or renorm_clipping:
            raise SettingError(
                "BatchNormalization: renorm is not supported; leave it and renorm_clipping out."
            )
        if renorm_momentum != 0.99:
            raise SettingError(
                "BatchNormalization: renorm_momentum is a setting of renorm, which is not supported."
            )
        if synchronized:
            raise SettingError(
                "BatchNormalization: synchronized=True is not supported; training uses one device."
            )
        self.epsilon = number_setting("BatchNormalization", "epsilon", epsilon, at_least=0)
        self.momentum = number_setting("BatchNormalization", "momentum", momentum, at_least=0)
        if not self.momentum <= 1:
            raise SettingError(f"BatchNormalization needs momentum from 0 to 1; it got {momentum!r}.")
        self.axis = whole_setting("BatchNormalization", "axis", axis)
        self.center, self.scale = bool(center), bool(scale)
        self.use_beta, self.use_gamma = self.center, self.scale
        self.set_up_weights(
            beta=(beta_initializer, beta_regularizer, beta_constraint),
            gamma=(gamma_initializer, gamma_regularizer, gamma_constraint),
            moving_mean=(moving_mean_initializer,),
            moving_variance=(moving_variance_initializer,),
        )

    def forward(self, params: Params, x: Array, context: Context = PREDICTING) -> tuple[Array, Any]:
        axis = axis_of(self.label, self.axis, x.ndim)
        axes = tuple(i for i in range(x.ndim) if i != axis)
        learning, share = context.training and self.trainable, None
        if learning:
            share = share_of(context.mask, x, axes)
            normal = standardized(x, axes, self.epsilon, share)  # x̂ = (x - μ) / σ
        else:
            mean = beside(params["moving_mean"], axis, x)
            variance = beside(params["moving_variance"], axis, x)
            deviation = namespace(x).sqrt(variance + self.epsilon)
            normal = Standardized((x - mean) / deviation, mean, variance, deviation)
        y = normal.values
        if self.scale:
            y = y * beside(params["gamma"], axis, x)  # y = γ x̂
        if self.center:
            y = y + beside(params["beta"], axis, x)  # y = γ x̂ + β
        return y, Normalized(normal, axes, axis, share, learning)

    def backward(self, params: Params, cache: Any, dy: Array) -> Array:
        g = dy * beside(params["gamma"], cache.axis, dy) if self.scale else dy  # g = γ dy
        if cache.learning:
            return d_standardized(g, cache.x, cache.axes, cache.share)  # (g - mean(g) - x̂ mean(g x̂)) / σ
        return g / cache.x.deviation  # μ and σ were given: dx = g / σ

    def gradients(self, params: Params, cache: Any, dy: Array) -> Params:
        grads = {}
        if self.scale:
            grads["gamma"] = (dy * cache.x.values).sum(axis=cache.axes)  # dγ = Σ dy x̂
        if self.center:
            grads["beta"] = dy.sum(axis=cache.axes)  # dβ = Σ dy
        return grads

    def update_statistics(self, params: Params, cache: Any) -> Params:
        if not cache.learning:
            return {}
        old, new = self.momentum, 1 - self.momentum
        shape = params["moving_mean"].shape
        return {
            "moving_mean": params["moving_mean"] * old + cache.x.mean.reshape(shape) * new,
            "moving_variance": params["moving_variance"] * old + cache.x.variance.reshape(shape) * new,
        }

    def output_shape_for(self, input_shape: Shape) -> Shape:
        axis_of(self.label, self.axis, len(input_shape) + 1)
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        channels = input_shape[axis_of(self.label, self.axis, len(input_shape) + 1) - 1]
        return {name: (channels,) for name in self.weight_names if getattr(self, f"use_{name}", True)}

    def get_config(self) -> dict[str, Any]:
        own = {
            "axis": self.axis, "momentum": self.momentum, "epsilon": self.epsilon, "center": self.center,
            "scale": self.scale,
        }  # fmt: skip
        off = {"synchronized": False, "renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
        return super().get_config() | own | self.weight_config() | off


def beside(w: Array, axis: int, x: Array) -> Array:
    """One number per channel, shaped to stand beside a batch."""
    return w.reshape(*(-1 if i == axis else 1 for i in range(x.ndim)))


def share_of(mask: Any, x: Array, axes: tuple[int, ...]) -> Array | None:
    """How much each place counts in a mean, adding up to 1, from a mask with one axis less than x; None for all alike."""
    if mask is None:
        return None
    xp = namespace(x)
    counted = xp.broadcast_to(xp.asarray(mask)[..., None], x.shape).astype(x.dtype)
    return counted / (xp.sum(counted, axis=axes, keepdims=True) + MASK_EPSILON)
