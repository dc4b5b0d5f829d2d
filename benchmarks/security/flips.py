"""One flipped bit in a file that Chainrule wrote: refused, or the same model; never silently another one."""

import random
import sys
from pathlib import Path

FORMATS = ("keras", "h5", "weights", "old weights")


def run(kind: str, count: int) -> dict[str, object]:
    """How often which."""
    sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / "files")]
    import filemodels as small
    from test_bit_rot import written

    from chainrule.errors import FileError

    raw, load = written(kind)
    expected, chance = small.fingerprint(load(raw)), random.Random(11)
    fields = {"flips": count, "refused": 0, "no difference": 0, "silently different": 0, "raw exceptions": 0}
    for _ in range(count):
        bit = chance.randrange(8 * len(raw))
        rotten = bytearray(raw)
        rotten[bit // 8] ^= 1 << bit % 8
        try:
            same = small.fingerprint(load(bytes(rotten))) == expected
            fields["no difference" if same else "silently different"] += 1
        except FileError:
            fields["refused"] += 1
        except Exception:
            fields["raw exceptions"] += 1
    return fields
