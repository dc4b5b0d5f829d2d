"""What libraries in C print goes past `sys.stdout` and `sys.stderr`: it can only be stopped at the file descriptor."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silenced(descriptor: int) -> Iterator[None]:
    """While this is open, what is written to a file descriptor goes nowhere. descriptor: 1 is stdout, 2 is stderr.

    A descriptor that is closed stays closed.

    >>> with silenced(1):
    ...     _ = os.write(1, b"nobody sees this")
    """
    try:
        kept = os.dup(descriptor)
    except OSError:
        yield
        return
    stream = {1: sys.stdout, 2: sys.stderr}.get(descriptor)
    if stream is not None:
        stream.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
