"""`tf.train`: the first TensorFlow's optimizers, which tf.keras took in `compile`. Each is today's optimizer with its settings of then."""

from typing import Any

from chainrule import optimizers
from chainrule.keras_names.thin_tensorflow.instead import missing

__all__ = [
    "AdadeltaOptimizer", "AdagradOptimizer", "AdamOptimizer", "GradientDescentOptimizer", "MomentumOptimizer", "RMSPropOptimizer",
]  # fmt: skip


def GradientDescentOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent"
) -> Any:
    """SGD.

    >>> GradientDescentOptimizer(0.5).learning_rate
    0.5
    """
    return optimizers.SGD(learning_rate)


def MomentumOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any,
    momentum: float,
    use_locking: bool = False,
    name: str = "Momentum",
    use_nesterov: bool = False,
) -> Any:
    """SGD with momentum."""
    return optimizers.SGD(learning_rate, momentum=momentum, nesterov=use_nesterov)


def AdamOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    use_locking: bool = False,
    name: str = "Adam",
) -> Any:
    """Adam with an epsilon of 1e-8.

    >>> AdamOptimizer().epsilon
    1e-08
    """
    return optimizers.Adam(learning_rate, beta1, beta2, epsilon)


def RMSPropOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any,
    decay: float = 0.9,
    momentum: float = 0.0,
    epsilon: float = 1e-10,
    use_locking: bool = False,
    centered: bool = False,
    name: str = "RMSProp",
) -> Any:
    """RMSprop; decay is today's rho. Its running mean begins at 0, TensorFlow's began at 1: the first steps are longer here."""
    return optimizers.RMSprop(learning_rate, rho=decay, momentum=momentum, epsilon=epsilon, centered=centered)


def AdagradOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any,
    initial_accumulator_value: float = 0.1,
    use_locking: bool = False,
    name: str = "Adagrad",
) -> Any:
    """Adagrad."""
    return optimizers.Adagrad(learning_rate, initial_accumulator_value)


def AdadeltaOptimizer(  # noqa: N802 (TensorFlow's name)
    learning_rate: Any = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-8,
    use_locking: bool = False,
    name: str = "Adadelta",
) -> Any:
    """Adadelta."""
    return optimizers.Adadelta(learning_rate, rho, epsilon)


def __getattr__(name: str) -> Any:
    raise missing("tensorflow.train", name)
