"""A hundred thousand broken pictures, read under limits of memory and time: pytest -m long tests/images/test_fuzz.py"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

READING = """
import faulthandler, json, resource, sys, time
faulthandler.enable()
import numpy as np
sys.path.insert(0, sys.argv[1])
from test_hostile import WHOLE, answered
from chainrule.errors import DataError
from chainrule.images import read_picture

for data in WHOLE.values():                                   # every decoder is loaded before memory is measured
    answered(data)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
rng = np.random.default_rng(int(sys.argv[2]))
slowest, read, kinds = 0.0, 0, sorted(WHOLE)
for k in range(int(sys.argv[3])):
    data = bytearray(WHOLE[kinds[k % len(kinds)]])
    for _ in range(int(rng.integers(1, 9))):
        at = int(rng.integers(len(data) if k % 3 else min(len(data), 120)))
        data[at] = int(rng.integers(256)) if k % 2 else data[at] ^ (1 << int(rng.integers(8)))
    if k % 11 == 0:
        del data[int(rng.integers(len(data))):]
    began = time.perf_counter()
    read += answered(bytes(data))
    slowest = max(slowest, time.perf_counter() - began)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(json.dumps({"read": read, "slowest": slowest, "grown": grown / 1024}))
"""


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_25000_mutants_cost_little_and_kill_nothing(seed):
    """Read or refused in one line each; no process dies; at most 300 MB more memory, at most 2 s for the slowest."""
    done = subprocess.run([sys.executable, "-c", READING, str(Path(__file__).parent), str(seed), "25000"],
                          check=False, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert 0 < found["read"] < 25000
    assert found["slowest"] <= 2.0
    assert found["grown"] <= 300
