"""The functions of chainrule.ops that NumPy has under the same name."""

import numpy as np
import pytest

from chainrule import constraints, initializers, layers, ops, optimizers
from chainrule.ops import numpy_more

ROWS = np.array([[1.5, -2.0, 3.0], [4.0, 0.5, 6.0]], np.float32)
WHOLE = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
SECOND = {  # what stands second, where one array is not enough
    **dict.fromkeys(["fmax", "fmin", "fmod", "heaviside", "hypot", "inner", "kron", "logaddexp2", "nextafter"], ROWS + 7),
    "allclose": ROWS, "argpartition": 1, "array_split": 2, "hsplit": 3, "isin": [1.5], "nanpercentile": 30.0,
    "nanquantile": 0.3, "percentile": 30.0, "vsplit": 2, "ldexp": WHOLE,
}  # fmt: skip
WHOLE_ONLY = ("bitwise", "gcd", "lcm", "left_shift", "right_shift")
OWN_SHAPES = {
    "correlate": (ROWS[0], ROWS[1]),
    "unravel_index": (np.array([3, 4]), (2, 3)),
    "vander": (ROWS[0],),
}
OWN_SHAPES |= {"dsplit": (np.ones((2, 3, 2), np.float32), 2)}


@pytest.mark.parametrize("name", [*numpy_more.OF_ARRAYS, *numpy_more.WITH_SETTINGS])
def test_it_is_numpys_function_in_single_precision(name) -> None:
    """The same numbers, and no float64 from arrays of float32."""
    if name.startswith(WHOLE_ONLY):
        given = (WHOLE,) if name in ("bitwise_invert", "bitwise_not") else (WHOLE, WHOLE % 3)
    else:
        given = OWN_SHAPES.get(name) or ((ROWS, SECOND[name]) if name in SECOND else (ROWS,))
    found, want = getattr(ops, name)(*given), getattr(np, name)(*given)
    found, want = (list(v) if isinstance(v, (list, tuple)) else [v] for v in (found, want))
    for one, other in zip(found, want, strict=True):
        assert np.asarray(one).dtype != np.float64
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-6)


def test_objects_of_ones_own_are_found_where_a_stored_form_is_read() -> None:
    """deserialize(config, custom_objects) of layers, optimizers, constraints and initializers."""
    for module, parent in (
        (layers, layers.ReLU), (optimizers, optimizers.SGD), (constraints, constraints.NonNeg), (initializers, initializers.Zeros)
    ):  # fmt: skip
        own = type("Own", (parent,), {})
        stored = {"class_name": "Own", "config": {}}
        assert type(module.deserialize(stored, {"Own": own})) is own
        assert type(module.deserialize(config=stored, custom_objects={"Own": own})) is own
