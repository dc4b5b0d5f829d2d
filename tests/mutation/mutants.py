"""Mutants: the network with one small mistake in it. The tests are there to notice each of them.

    python tests/mutation/mutants.py               all mutants, one after the other (10 minutes); tells who was wrong
    python tests/mutation/mutants.py losses 10     every tenth mutant of one module
    python tests/mutation/mutants.py "" 1 2        all mutants, two at a time
    python tests/mutation/mutants.py derivatives   those in derivatives; derivatives:layers/l, of modules named so

A mutant is the source of one module with one thing changed (see changes.py). Each is judged in a forked process of its
own by the fast NumPy tests (see judging.py).

Some changes are no mistakes: `x >= 0` for `x > 0` where both sides give 0 at 0. No test can notice these; harmless.txt
lists them, each with the reason. They are judged as well: one that a test does notice was no harmless one.
"""

import sys
import time

from judging import judge, noticed, prepare
from modules import ASKED, harmless, mutants_of


def main(only: str = "", every: int = 1, jobs: int = 1) -> int:
    """Judges the mutants and prints those that nobody noticed though they are mistakes, or noticed though they are none."""
    began = time.perf_counter()
    which, _, part = only.partition(":") if only.startswith("derivatives") else ("", "", only)
    judged = [mutant for module in ASKED if part in module for mutant in mutants_of(module)]
    judged = [mutant for mutant in judged if mutant.derivative or not which][::every]
    if not judged:
        print(f"no module called so has such mutants: {part or which}")
        return 0
    prepare()
    assert not judge(judged[0].module, None), "the tests fail without any change"
    verdicts = list(zip(judged, noticed(judged, jobs), strict=True))
    known = harmless()
    missed = [mutant for mutant, seen in verdicts if not seen and mutant.key not in known]
    wronged = [mutant for mutant, seen in verdicts if seen and mutant.key in known]
    for mutant in missed:
        print("not noticed:", mutant)
    for mutant in wronged:
        print("noticed, though listed as harmless:", mutant)
    mistakes = sum(mutant.key not in known for mutant in judged)
    share, seconds = 1 - len(missed) / max(1, mistakes), time.perf_counter() - began
    print(f"{mistakes} mistakes, {len(missed)} not noticed: {share:.2%} noticed, in {seconds:.0f} s")
    print(f"{len(judged) - mistakes} more change nothing (harmless.txt), {len(wronged)} noticed all the same")
    return len(missed) + len(wronged)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    sys.exit(main(given.get(0, ""), int(given.get(1, "1")), int(given.get(2, "1"))) > 0)
