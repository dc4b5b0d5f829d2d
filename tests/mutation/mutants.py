"""Mutants: the engine with one small mistake in it. The tests are there to notice each of them.

    python tests/mutation/mutants.py               all mutants, two at a time; prints those that nobody noticed
    python tests/mutation/mutants.py losses 10     every tenth mutant of one module

A mutant is the source of one module with one thing changed: a sign flipped, a term or factor dropped, a transpose
forgotten, a comparison or a constant changed, two choices exchanged. Each runs in a forked process of its own, in
which the changed source stands in for the module, and the fast NumPy tests run until the first of them fails.
"""

import ast
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parents[1]
SOURCE = TESTS.parent / "src" / "chainrule"
LONGEST = 30  # seconds: a mutant that hangs is noticed, too

# Which tests are asked, in this order, about a mistake in which module.
ASKED = {
    "activations": ["activations", "losses", "layers", "backprop"],
    "crossentropy": ["losses", "backprop"],
    "losses": ["losses", "backprop", "metrics"],
    "metrics": ["metrics"],
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

SWAPPED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.RShift: ast.LShift, ast.BitXor: ast.BitOr,
}  # fmt: skip
RENAMED = {
    "maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "sum": "mean", "mean": "sum", "exp": "expm1",
    "log": "log1p", "log1p": "log", "expm1": "exp", "sqrt": "abs", "abs": "sqrt", "argmax": "argmin", "cos": "sin",
    "floor": "ceil", "sign": "abs", "zeros_like": "ones_like", "ones_like": "zeros_like", "any": "all", "all": "any",
    "tanh": "sinh",
}  # fmt: skip


class Spot(NamedTuple):
    """One place in a module's tree, the change there in words, and the change."""

    node: ast.AST
    words: str
    change: Callable[[Any], object]


def spots(tree: ast.Module) -> Iterator[Spot]:
    """Every change that can be made to a module."""
    for node in ast.walk(tree):
        if getattr(node, "skipped", False):
            continue
        spot = partial(Spot, node)
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)) and type(node.op) in SWAPPED:
            other = SWAPPED[type(node.op)]
            yield spot(f"{type(node.op).__name__} -> {other.__name__}", lambda n, other=other: setattr(n, "op", other()))
        if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED:
            other = SWAPPED[type(node.ops[0])]
            words = f"{type(node.ops[0]).__name__} -> {other.__name__}"
            yield spot(words, lambda n, other=other: n.ops.__setitem__(0, other()))
        if isinstance(node, ast.BinOp):
            yield spot("right side dropped", lambda n: become(n, n.left))
            if isinstance(node.op, (ast.Mult, ast.Add, ast.Sub, ast.MatMult)):
                yield spot("left side dropped", lambda n: become(n, n.right))
            if isinstance(node.op, ast.MatMult):
                yield spot("factors exchanged", exchange_sides)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            yield spot(f"{type(node.op).__name__} dropped", lambda n: become(n, n.operand))
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield spot("transpose dropped", lambda n: become(n, n.value))
        if isinstance(node, ast.Attribute) and node.attr in RENAMED:
            words = f"{node.attr} -> {RENAMED[node.attr]}"
            yield spot(words, lambda n: setattr(n, "attr", RENAMED[n.attr]))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "where" and len(node.args) == 3:
            yield spot("choices exchanged", exchange_choices)
        if isinstance(node, ast.IfExp):
            yield spot("always the first", lambda n: become(n, n.body))
            yield spot("always the second", lambda n: become(n, n.orelse))
        if isinstance(node, ast.If) and not node.orelse:
            yield spot("condition always true", lambda n: setattr(n, "test", ast.Constant(True)))
            yield spot("condition never true", lambda n: setattr(n, "test", ast.Constant(False)))
        if isinstance(node, ast.Constant):
            yield from (spot(f"{node.value!r} -> {new!r}", lambda n, new=new: setattr(n, "value", new)) for new in others(node.value))


def others(value: object) -> list[object]:
    """What a constant is changed to: a neighbour, or a number 10 % off."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1] if value >= 0 else [value - 1]
    if isinstance(value, float):
        return [value * 1.1] if value else [0.1]
    return []


def become(node: ast.AST, other: ast.AST) -> None:
    """Makes a node the same as another, in place."""
    node.__class__ = other.__class__
    node.__dict__.clear()
    node.__dict__.update(other.__dict__)


def exchange_sides(node: ast.BinOp) -> None:
    node.left, node.right = node.right, node.left


def exchange_choices(node: ast.Call) -> None:
    node.args[1], node.args[2] = node.args[2], node.args[1]


def skip(tree: ast.Module) -> None:
    """Marks what says nothing about numbers: docstrings, annotations, raised errors and printed names."""
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            arguments = [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs, node.args.vararg, node.args.kwarg]
            parts = [argument.annotation for argument in arguments if argument is not None]
            if isinstance(node, ast.FunctionDef):
                parts += [node.returns, *node.decorator_list]
                if node.name in ("__repr__", "label"):
                    parts.append(node)
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom, ast.Assert)):  # noqa: SIM114
            parts = [node]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # noqa: SIM114
            parts = [node]
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            parts = [node]
        for part in parts:
            for inner in ast.walk(part) if part is not None else ():
                inner.skipped = True  # type: ignore[attr-defined]


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
        finally:  # what can not even be compiled or imported is noticed, too
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

    options = ["-x", "-q", "--no-header", "--tb=no", "--assert=plain", "-n0", "--hypothesis-profile=mutants"]
    options += ["-p", "no:cacheprovider", "--timeout=0", "--rootdir", str(TESTS.parent)]
    files = [str(TESTS / "network" / f"test_{name}.py") for name in asked]
    return int(pytest.main([*options, *files], plugins=[QuickFirst()]))


def prepare() -> None:
    """What every child needs is imported once; Chainrule itself is not."""
    import hypothesis.extra.numpy  # noqa: F401  (loaded before forking)
    import numpy  # noqa: F401, ICN001
    import pytest  # noqa: F401

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
                os.write(writing, b"1" if judge(mutant.module, mutant.number, ASKED[mutant.module]) else b"0")
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


def main(only: str = "", every: int = 1, jobs: int = 2) -> int:
    """Judges the mutants and prints those that nobody noticed."""
    began = time.perf_counter()
    made = [mutant for module in ASKED if only in module for mutant in mutants_of(module)][::every]
    known = harmless()
    judged = [mutant for mutant in made if mutant.key not in known]
    prepare()
    asked = sorted({name for mutant in judged for name in ASKED[mutant.module]})
    assert not judge(judged[0].module, None, asked), "the tests fail without any change"
    verdicts = noticed(judged, jobs)
    survivors = [mutant for mutant, seen in zip(judged, verdicts, strict=True) if not seen]
    for mutant in survivors:
        print(mutant)
    seconds = time.perf_counter() - began
    share = 1 - len(survivors) / max(1, len(judged))
    print(f"{len(judged)} mutants, {len(survivors)} not noticed: {share:.2%} noticed, in {seconds:.0f} s")
    print(f"{len(made) - len(judged)} more change nothing (harmless.txt)")
    return len(survivors)


if __name__ == "__main__":
    given = dict(enumerate(sys.argv[1:]))
    sys.exit(main(given.get(0, ""), int(given.get(1, "1")), int(given.get(2, "2"))) > 0)
