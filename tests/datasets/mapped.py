"""Data in memory beside the same data mapped: every array of both."""

import numpy as np

ARRAYS = ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val")


def check_arrays(whole, mapped) -> None:
    """The mapped data are mapped, and every array is the other's: its numbers and its type."""
    assert isinstance(mapped.x_train, np.memmap)
    for name in ARRAYS:
        one, other = getattr(whole, name), getattr(mapped, name)
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
