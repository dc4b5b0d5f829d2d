"""Keras's `keras.ops`: functions on arrays, for losses, metrics and layers of one's own. NumPy and JAX alike.

An array of JAX stays one of JAX; everything else becomes an array of NumPy. Functions that Keras has and that are
not here are refused by name.

    >>> from chainrule import ops
    >>> ops.mean(ops.square([1.0, 2.0, 3.0]))
    np.float32(4.6666665)
"""

from typing import TYPE_CHECKING, Any

from chainrule.arrays import accepting_symbolic
from chainrule.internal import absent
from chainrule.ops import core, nn, numpy_like, numpy_more
from chainrule.ops.core import *  # noqa: F403
from chainrule.ops.nn import *  # noqa: F403
from chainrule.ops.numpy_like import *  # noqa: F403
from chainrule.ops.numpy_more import *  # noqa: F403

__all__ = sorted([*core.__all__, *nn.__all__, *numpy_like.__all__, *numpy_more.__all__])  # noqa: PLE0605

for _name in __all__:  # symbolic tensors, too
    globals()[_name] = accepting_symbolic(globals()[_name])

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...

else:
    __getattr__ = absent.refusing("ops", __all__)
