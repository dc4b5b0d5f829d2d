"""The tests are tested: small mistakes are put into the engine, and at least 99 of 100 must be noticed."""

import re
import subprocess
import sys
from pathlib import Path

import mutants
import pytest

SCRIPT = Path(mutants.__file__)

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]  # pytest -m long tests/mutation


def share_noticed(every: int, jobs: int) -> tuple[int, float, str]:
    """How many mutants were judged, the share that was noticed, and what was printed."""
    command = [sys.executable, SCRIPT, "", str(every), str(jobs)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) mutants, (\d+) not noticed", told.stdout)
    assert found, told.stdout + told.stderr
    judged, missed = map(int, found.groups())
    return judged, 1 - missed / judged, told.stdout


@pytest.mark.skipif(not hasattr(mutants.os, "fork"), reason="MUTANTS NEED fork: nothing was judged on this system")
def test_of_every_tenth_mistake_nearly_all_are_noticed() -> None:
    """About 200 mutants, from every part of the engine."""
    judged, share, told = share_noticed(every=10, jobs=1)
    assert judged >= 190
    assert share >= 0.99, told


def test_of_all_mistakes_nearly_all_are_noticed() -> None:
    """All 2,000 and more: `pytest -m long tests/mutation`."""
    judged, share, told = share_noticed(every=1, jobs=2)
    assert judged >= 1500
    assert share >= 0.99, told


def test_harmless_mutants_are_real() -> None:
    """Every entry of harmless.txt is a mutant that exists, with a reason: a line that was changed since must be judged anew."""
    keys = {mutant.key for module in mutants.ASKED for mutant in mutants.mutants_of(module)}
    for key, reason in mutants.harmless().items():
        assert key in keys, f"no such mutant any more: {key}"
        assert len(reason) > 10


def test_mutants_are_of_many_kinds() -> None:
    """Signs, dropped terms, transposes, exchanged factors, comparisons, constants, in every module of the engine."""
    words = {mutant.words for module in mutants.ASKED for mutant in mutants.mutants_of(module)}
    for kind in ("Add -> Sub", "Mult -> Div", "left side dropped", "transpose dropped", "factors exchanged", "Gt -> GtE",
                 "choices exchanged", "USub dropped", "1 -> 2", "exp -> expm1", "sum -> mean", "condition never true"):  # fmt: skip
        assert kind in words
    assert all(len(mutants.mutants_of(module)) >= 30 for module in mutants.ASKED)
