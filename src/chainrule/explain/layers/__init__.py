"""How the arithmetic of each kind of layer is written out: a table from a layer's class to its formulas.

base          what every kind can be asked, and what is said of a layer without an entry
sums          weighted sums: Dense
activations   Activation, ReLU, LeakyReLU, Softmax
shaping       Flatten, Reshape, InputLayer, Rescaling, Dropout
"""

from chainrule.explain.layers.activations import (
    ActivationFormulas,
    LeakyReLUFormulas,
    ReLUFormulas,
    SoftmaxFormulas,
)
from chainrule.explain.layers.base import LayerFormulas
from chainrule.explain.layers.shaping import DropoutFormulas, RescalingFormulas, SameNumbers
from chainrule.explain.layers.sums import DenseFormulas
from chainrule.layers import (
    Activation,
    Dense,
    Dropout,
    Flatten,
    InputLayer,
    Layer,
    LeakyReLU,
    ReLU,
    Rescaling,
    Reshape,
    Softmax,
)

FORMULAS: dict[type[Layer], LayerFormulas] = {
    Activation: ActivationFormulas(), Dense: DenseFormulas(), Dropout: DropoutFormulas(), Flatten: SameNumbers(),
    InputLayer: SameNumbers(), LeakyReLU: LeakyReLUFormulas(), ReLU: ReLUFormulas(), Rescaling: RescalingFormulas(),
    Reshape: SameNumbers(), Softmax: SoftmaxFormulas(),
}  # fmt: skip
UNKNOWN = LayerFormulas()


def formulas_of(layer: Layer) -> LayerFormulas:
    """The formulas of a layer's kind; of a class of somebody's own, those that hold for any layer.

    >>> type(formulas_of(Dense(3))).__name__
    'DenseFormulas'
    """
    return FORMULAS.get(type(layer), UNKNOWN)


__all__ = ["FORMULAS", "LayerFormulas", "formulas_of"]
