"""Whether the tests notice a mutant: quickly where one function changes, else in a process that imports everything anew.

Quickly: one pytest session collects the tests once. For each mutant it forks; the child puts the changed code into the
function where it stands and runs the tests until the first fails. The test that noticed the last mistake in a module
is asked first about the next. A mutant that this way did not notice is judged again with everything imported anew,
as is one outside of functions (a table, a class attribute): what counts as not noticed was missed by both.
"""

import ast
import functools
import gc
import importlib
import importlib.abc
import importlib.util
import inspect
import os
import signal
import sys
import types
from collections.abc import Iterator
from itertools import islice
from typing import Any

from changes import spots
from modules import ASKED, SOURCE, TESTS, Mutant, parsed

LONGEST = 60  # seconds of its own work, whatever else the machine does: a mutant that hangs is noticed, too
NOTICED, NOT_NOTICED, NOT_JUDGED = b"1", b"0", b"?"


def changed(module: str, number: int | None) -> tuple[ast.Module, ast.AST | None]:
    """A module's tree with one change in it, and the function of the tree that holds the change, if one does."""
    tree, _ = parsed(module)
    if number is None:
        return tree, None
    spot = next(islice(spots(tree), number, None))
    inside = [
        f for f in functions(tree) if any(node is spot.node for part in body(f) for node in ast.walk(part))
    ]
    spot.change(spot.node)
    return ast.fix_missing_locations(tree), inside[0] if inside else None


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """A module's functions and its classes' methods."""
    for part in tree.body:
        for one in part.body if isinstance(part, ast.ClassDef) else [part]:
            if isinstance(one, ast.FunctionDef):
                one.owner = part.name if isinstance(part, ast.ClassDef) else None  # type: ignore[attr-defined]
                yield one


def body(function: ast.FunctionDef) -> list[ast.AST]:
    return [*function.body, function.args]


def codes(value: Any) -> list[types.FunctionType]:
    """The functions behind a property, a class method, a cached function."""
    if isinstance(value, property):
        return [f for part in (value.fget, value.fset) if part is not None for f in codes(part)]
    if isinstance(value, (staticmethod, classmethod)):
        return codes(value.__func__)
    if isinstance(value, functools.cached_property):
        return codes(value.func)
    value = inspect.unwrap(value)
    return [value] if isinstance(value, types.FunctionType) else []


def put_in(mutant: Mutant) -> bool:
    """Puts a mutant's code into the function where it stands; False if it does not stand in one."""
    tree, function = changed(mutant.module, mutant.number)
    if not isinstance(function, ast.FunctionDef):
        return False
    name = f"chainrule.{mutant.module.replace('/', '.')}"
    there = vars(importlib.import_module(name))
    anew: dict[str, Any] = {
        "__name__": name,
        "__package__": there["__package__"],
        "__file__": there["__file__"],
    }
    exec(compile(tree, there["__file__"], "exec"), anew)
    owner = function.owner  # type: ignore[attr-defined]
    old, new = ((vars(d[owner]) if owner else d)[function.name] for d in (there, anew))
    pairs = list(zip(codes(old), codes(new), strict=True))
    for mine, other in pairs:
        mine.__code__, mine.__defaults__, mine.__kwdefaults__ = (
            other.__code__,
            other.__defaults__,
            other.__kwdefaults__,
        )
    return bool(pairs)


class Quickly:
    """A pytest plugin that judges mutants instead of running the tests."""

    def __init__(self, mutants: list[Mutant], writing: int) -> None:
        self.mutants, self.writing = mutants, writing
        self.first: dict[str, list[int]] = {}  # the tests that noticed the last mistakes in a module

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Tests with one example run before those with many: most mistakes are noticed by the first."""
        items.sort(key=lambda item: getattr(item.obj, "is_hypothesis_test", False))

    def pytest_runtestloop(self, session: Any) -> bool:
        for mutant in self.mutants:
            importlib.import_module(f"chainrule.{mutant.module.replace('/', '.')}")
        gc.freeze()
        for mutant in self.mutants:
            os.write(self.writing, self.verdict(session, mutant))
        return True

    def verdict(self, session: Any, mutant: Mutant) -> bytes:
        names = [f"test_{name}" for name in ASKED[mutant.module]]
        first = self.first.setdefault(mutant.module, [])
        rest = [k for k, item in enumerate(session.items) if item.path.stem in names and k not in first]
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            silent()
            result = NOTICED + b"-"
            try:
                if put_in(mutant):
                    who = failing(session, [*first, *rest])
                    result = NOT_NOTICED if who is None else NOTICED + str(who).encode()
                else:
                    result = NOT_JUDGED
            finally:  # what cannot even be compiled or put in is noticed, too
                os.write(writing, result)
                os._exit(0)
        os.close(writing)
        result = os.read(reading, 64) or NOTICED + b"-"  # killed by the timer
        os.close(reading)
        os.waitpid(pid, 0)
        if result[1:].isdigit():
            who = int(result[1:])
            first[:] = [who, *(k for k in first if k != who)][:8]
        return result[:1]


def failing(session: Any, order: list[int]) -> int | None:
    """The first test that fails, of some in an order."""
    for k in order:
        item = session.items[k]
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            return k
    return None


def silent() -> None:
    """This process says nothing and works no longer than LONGEST."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a changed tree for one module; everything else is imported as ever."""

    def __init__(self, module: str, number: int | None) -> None:
        self.name, self.file = f"chainrule.{module.replace('/', '.')}", str(SOURCE / f"{module}.py")
        self.tree, _ = changed(module, number)

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        return importlib.util.spec_from_loader(name, self, origin=self.file) if name == self.name else None

    def exec_module(self, module: Any) -> None:
        module.__file__ = self.file
        exec(compile(self.tree, self.file, "exec"), module.__dict__)


def judge(module: str, number: int | None) -> bool:
    """In a process that imports everything anew: whether the tests notice the change; None changes nothing."""
    pid = os.fork()
    if pid == 0:
        silent()
        try:
            sys.meta_path.insert(0, StandIn(module, number))
            os._exit(run_pytest(ASKED[module], "-x"))
        finally:  # what cannot even be compiled or imported is noticed, too
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return status != 0


def run_pytest(asked: list[str], *more: str, plugins: tuple[object, ...] = ()) -> int:
    """pytest in this process; JAX is left out, since a fork of it does not live."""
    import pytest

    options = ["-q", "--no-header", "--tb=no", "--assert=plain", "--hypothesis-profile=mutants", *more]
    options += ["-o", "addopts=", "--rootdir", str(TESTS.parent)]
    options += ["-W", "ignore::pytest.PytestConfigWarning"]  # settings of plugins that are left out
    for plugin in (
        "cacheprovider",
        "xdist",
        "xdist.looponfail",
        "timeout",
        "unraisableexception",
        "threadexception",
    ):
        options += ["-p", f"no:{plugin}"]  # a fifth faster
    files = [str(TESTS / "network" / f"test_{name}.py") for name in asked]
    return int(pytest.main([*options, *files], plugins=list(plugins)))


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
    asked = sorted({name for mutant in mutants for name in ASKED[mutant.module]})
    pipes = []
    for worker in range(jobs):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(reading)
            mine = mutants[worker::jobs]
            quick, telling = os.pipe()
            if os.fork() == 0:
                os.close(quick)
                silent()
                signal.setitimer(signal.ITIMER_PROF, 0)
                run_pytest(asked, "-s", plugins=(Quickly(mine, telling),))
                os._exit(0)
            os.close(telling)
            for mutant in mine:
                result = os.read(quick, 1)
                seen = result == NOTICED or judge(mutant.module, mutant.number)
                os.write(writing, NOTICED if seen else NOT_NOTICED)
            os._exit(0)
        os.close(writing)
        pipes.append(reading)
    verdicts: list[bool] = [False] * len(mutants)
    for worker, reading in enumerate(pipes):
        result = b""
        while piece := os.read(reading, 4096):
            result += piece
        for place, letter in zip(range(worker, len(mutants), jobs), result, strict=True):
            verdicts[place] = letter == ord(NOTICED)
    return verdicts
