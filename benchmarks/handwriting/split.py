"""Which sources of pictures were looked at while the reader was built, and which are held back for its figures.

The half is told by a hash of the source's name, so nobody chose it, and a new source falls into one of them by itself.
"""

import hashlib

LOOK, HOLD = "look", "hold"
MOST_LOOKS = 5  # at the figures of the half that is held back; each one is written down in benchmarks/LOG.md


def part_of(source: str) -> str:
    """ "look" or "hold".

    >>> part_of("a"), part_of("b")
    ('look', 'look')
    """
    return LOOK if hashlib.sha256(source.encode()).digest()[0] % 2 == 0 else HOLD
