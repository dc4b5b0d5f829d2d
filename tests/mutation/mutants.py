"""Mutants: the engine with one small mistake in it. The tests are there to notice each of them.

    python tests/mutation/mutants.py               all mutants, one after the other (10 minutes); tells who was wrong
    python tests/mutation/mutants.py losses 10     every tenth mutant of one module
    python tests/mutation/mutants.py "" 1 2        all mutants, two at a time

A mutant is the source of one module with one thing changed (see changes.py). Each runs in a forked process of its own,
in which the changed source stands in for the module, and the fast NumPy tests run until the first of them fails.

Some changes are no mistakes: `x >= 0` for `x > 0` where both sides give 0 at 0. No test can notice these; harmless.txt
lists them, each with the reason. They are judged as well: one that a test does notice was no harmless one.
"""

import ast
import gc
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from changes import skip, spots

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "chainrule"
LONGEST = 60  # seconds: a mutant that hangs is noticed, too

# Which tests are asked, in this order, about a mistake in which module.
ASKED = {
    "activations/piecewise": ["activations", "layers", "backprop"],
    "activations/smooth": ["activations", "losses", "layers", "backprop"],
    "activations/rows": ["activations", "losses", "layers", "backprop"],
    "activations/normal": ["activations"],
    "losses/crossentropy": ["losses", "backprop"],
    "losses/regression": ["losses", "loss_names", "backprop", "metrics"],
    "losses/classification": ["losses", "loss_targets", "loss_names", "backprop", "metrics"],
    "losses/base": ["losses", "loss_targets", "loss_names", "backprop", "metrics"],
    "metrics/accuracy": ["metrics"],
    "regularizers": ["regularizers", "backprop"],
    "initializers": ["initializers"],
    "layers/dense": ["layers", "backprop"],
    "layers/activation": ["layers", "backprop"],
    "layers/dropout": ["layers", "backprop"],
    "layers/shaping": ["layers", "backprop"],
    "optimizers/base": ["optimizers", "schedules", "backprop"],
    "optimizers/sgd": ["optimizers"],
    "optimizers/rmsprop": ["optimizers"],
    "optimizers/adam": ["optimizers"],
    "optimizers/schedules": ["schedules"],
    "backprop": ["backprop"],
    "arrays": ["arrays", "optimizers", "layers"],
}

# The same for what came later; judged by `pytest -m long` and by hand, a module at a time.
LATER = {
    "graph": ["graph", "backprop"],
    "losses/outputs": ["graph", "backprop"],
    "losses/distributions": ["more_losses"],
    "losses/focal": ["more_losses"],
    "losses/hinges": ["more_losses"],
    "losses/scales": ["more_losses"],
    "optimizers/adadelta": ["optimizers"],
    "layers/convolution": ["convolution"],
    "layers/depthwise": ["convolution"],
    "layers/transposed_convolution": ["convolution"],
    "layers/patches": ["convolution"],
    "layers/window": ["convolution", "pooling"],
    "layers/pooling": ["pooling"],
    "layers/global_pooling": ["pooling"],
    "layers/batch_normalization": ["normalization"],
    "layers/layer_normalization": ["normalization"],
    "layers/data_normalization": ["normalization"],
    "layers/standardization": ["normalization"],
    "layers/merging": ["merging"],
    "layers/concatenation": ["merging"],
    "layers/dot": ["merging"],
    "layers/margins": ["merging", "layers"],
    "layers/upsampling": ["merging", "layers"],
    "layers/noise": ["noise_layers"],
    "layers/prelu": ["noise_layers", "layers"],
    "layers/activity": ["noise_layers", "layers"],
    "layers/embedding": ["sequences"],
    "layers/masking": ["sequences"],
    "layers/recurrent": ["recurrent"],
    "layers/simple_rnn": ["recurrent"],
    "layers/lstm": ["recurrent"],
    "layers/gru": ["recurrent"],
    "layers/gate_dropout": ["recurrent"],
    "layers/bidirectional": ["sequences", "recurrent"],
    "layers/time_distributed": ["sequences", "recurrent"],
    "layers/wrapper": ["sequences", "recurrent"],
    "layers/attention": ["attention"],
    "layers/multi_head_attention": ["attention"],
    "layers/looking_up": ["attention"],
    "layers/positional_embedding": ["attention", "sequences"],
}
NO_ARITHMETIC = {
    "layers/__init__", "layers/base", "layers/naming", "layers/symbolic", "layers/merge_functions", "layers/weighted",
    "layers/weight_lists", "layers/derived", "optimizers/__init__", "optimizers/ranges",
}  # fmt: skip


class Mutant(NamedTuple):
    """A module, the number of the change among all its changes, and what it is, where."""

    module: str
    number: int
    line: int
    words: str
    was: str

    @property
    def key(self) -> str:
        """How the list of harmless mutants names it: module, text of the line, change."""
        return f"{self.module} | {self.was} | {self.words}"

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}: {self.words}    in: {self.was}"


def parsed(module: str) -> tuple[ast.Module, list[str]]:
    """A module's tree and its lines."""
    text = (SOURCE / f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    skip(tree)
    return tree, text.splitlines()


def mutants_of(module: str) -> list[Mutant]:
    """All mutants of one module; where a line has the same change at several places, they are numbered."""
    tree, lines = parsed(module)
    made: list[Mutant] = []
    counted: Counter[tuple[int, str]] = Counter()
    for k, spot in enumerate(spots(tree)):
        line = getattr(spot.node, "lineno", 1)
        counted[line, spot.words] += 1
        again = counted[line, spot.words]
        words = spot.words if again == 1 else f"{spot.words} ({again})"
        made.append(Mutant(module, k, line, words, lines[line - 1].split("  #")[0].strip()))
    return made


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a changed tree for one module; everything else is imported as ever."""

    def __init__(self, module: str, number: int | None) -> None:
        self.name, self.file = f"chainrule.{module.replace('/', '.')}", str(SOURCE / f"{module}.py")
        self.tree, _ = parsed(module)
        if number is not None:
            spot = next(islice(spots(self.tree), number, None))
            spot.change(spot.node)

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        return importlib.util.spec_from_loader(name, self, origin=self.file) if name == self.name else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = self.file
        exec(compile(ast.fix_missing_locations(self.tree), self.file, "exec"), module.__dict__)


def judge(module: str, number: int | None, asked: list[str]) -> bool:
    """In a forked process: whether the tests asked notice the change; None changes nothing."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            sys.meta_path.insert(0, StandIn(module, number))
            os._exit(run_tests(asked))
        finally:  # what cannot even be compiled or imported is noticed, too
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return status != 0


class QuickFirst:
    """Tests with one example run before those with many: most mistakes are noticed by the first."""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items.sort(key=lambda item: getattr(item.obj, "is_hypothesis_test", False))


def run_tests(asked: list[str]) -> int:
    """pytest in this process, until the first failure; JAX is left out, since a fork of it does not live."""
    import pytest

    options = ["-x", "-q", "--no-header", "--tb=no", "--assert=plain", "--hypothesis-profile=mutants"]
    options += ["-o", "addopts=", "--rootdir", str(TESTS.parent)]
    for plugin in (
        "cacheprovider",
        "xdist",
        "xdist.looponfail",
        "timeout",
        "unraisableexception",
        "threadexception",
    ):  # a fifth faster
        options += ["-p", f"no:{plugin}"]
    files = [str(TESTS / "network" / f"test_{name}.py") for name in asked]
    return int(pytest.main([*options, *files], plugins=[QuickFirst()]))


def prepare() -> None:
    """What every child needs is imported once; Chainrule itself is not."""
    import hypothesis.extra.numpy  # noqa: F401  (loaded before forking)
    import numpy.random  # noqa: F401
    import pytest  # noqa: F401

    gc.freeze()  # a child lives a fraction of a second: it need not look for garbage
    gc.disable()
    sys.modules["jax"] = None  # type: ignore[assignment]
    for name in [name for name in sys.modules if name.split(".")[0] == "chainrule"]:
        del sys.modules[name]
    os.environ["CHAINRULE_BACKEND"] = "numpy"


def noticed(mutants: list[Mutant], jobs: int) -> list[bool]:
    """The verdicts, several at a time. Each worker is a process that takes every jobs-th mutant."""
    pipes = []
    for worker in range(jobs):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            for mutant in mutants[worker::jobs]:
                os.write(
                    writing,
                    b"1" if judge(mutant.module, mutant.number, (ASKED | LATER)[mutant.module]) else b"0",
                )
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    verdicts: list[bool] = [False] * len(mutants)
    for worker, reading in enumerate(pipes):
        told = b""
        while piece := os.read(reading, 4096):
            told += piece
        for place, letter in zip(range(worker, len(mutants), jobs), told, strict=True):
            verdicts[place] = letter == ord("1")
        os.wait()
    return verdicts


def harmless() -> dict[str, str]:
    """Mutants that change nothing that can be seen, each with the reason: lines "module | line | change  # reason"."""
    entries = {}
    for line in (Path(__file__).parent / "harmless.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, reason = line.rsplit("  # ", 1)
            entries[key.strip()] = reason.strip()
    return entries


def main(only: str = "", every: int = 1, jobs: int = 1) -> int:
    """Judges the mutants and prints those that nobody noticed though they are mistakes, or noticed though they are none."""
    began = time.perf_counter()
    tests = ASKED | LATER if only else ASKED
    judged = [mutant for module in tests if only in module for mutant in mutants_of(module)][::every]
    prepare()
    asked = sorted({name for mutant in judged for name in tests[mutant.module]})
    assert not judge(judged[0].module, None, asked), "the tests fail without any change"
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
