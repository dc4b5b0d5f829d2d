"""Memory that is given back after each step and asked for again costs more than the step: here it is kept."""

import ctypes
import sys

TRIM, TOP, MAPPED = -1, -2, -3  # M_TRIM_THRESHOLD, M_TOP_PAD and M_MMAP_THRESHOLD of glibc's malloc.h
KEPT = 64 << 20  # bytes that may lie unused
LARGEST = 32 << 20  # of an array that is not asked for by itself; the most that glibc takes


def keep_freed_memory() -> bool:
    """Tells the C library to keep what is freed, for the next step; whether it could be told (glibc alone can).

    Sums of a batch are as large as the weights, and are made and freed several times a step. By itself the library gives them back to the
    system each time, which then clears every page anew. (What a convolution allocates is faster in pages of its own: not for every network.)
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        tell = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all([tell(MAPPED, LARGEST), tell(TRIM, 4 * KEPT), tell(TOP, KEPT)])
