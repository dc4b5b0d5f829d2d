"""The house: imports only go down, the two wings of floor 1 never meet, and heavy libraries wait behind functions."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

ROOT = Path(chainrule.__file__).parent

GROUND = {"arrays", "errors", "internal"}
NETWORK = {
    "activations", "backend", "backprop", "constraints", "graph", "initializers", "layers", "losses", "metrics", "ops", "optimizers", "regularizers",
}  # fmt: skip
DATA = {"datasets", "files", "images", "pretrained", "runs"}
TRAINING = {
    "callbacks",
    "distribution",
    "engine",
    "export",
    "inference",
    "models",
    "preprocessing",
    "recording",
    "saving",
    "training",
    "utils",
    "wrappers",
}
SHOWING = {"diagnosis", "explain", "landscapes", "plots", "report"}
DOORS = {"__main__", "cli", "integrations", "keras_names", "lessons", "notebook", "server", "studio"}
FLOORS = [GROUND, NETWORK | DATA, TRAINING, SHOWING, DOORS]

HEAVY = {"jax", "h5py", "PIL", "matplotlib", "keras", "tensorflow", "torch", "pi_heif", "onnx", "onnxruntime"}


def floor_of(room: str) -> int:
    """Which floor a room is on; a new room must be given one here and in ARCHITECTURE.md."""
    for number, rooms in enumerate(FLOORS):
        if room in rooms:
            return number
    raise AssertionError(f"{room} has no floor: name it in tests/test_floors.py and in ARCHITECTURE.md")


def rooms_of(name: str, names: list[str]) -> list[str]:
    """The rooms that an import opens: `from chainrule import layers` opens layers, `chainrule.files.x` opens files."""
    parts = name.split(".")
    if parts[0] != "chainrule":
        return []
    if len(parts) > 1:
        return [parts[1]]
    return [n for n in names if (ROOT / n).is_dir() or (ROOT / f"{n}.py").exists()]


def imports(tree: ast.AST):
    """All imports in a file: (line, rooms), wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, (
                f"line {node.lineno}: relative imports hide the floor; write the whole name"
            )
            yield node.lineno, rooms_of(node.module or "", [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, rooms_of(alias.name, [])


FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def broken_rules(path: Path, source: str) -> list[str]:
    """What a file imports and must not, as lines to print."""
    place = path.relative_to(ROOT)
    room = place.parts[0].removesuffix(".py")
    found = []
    for line, opened in imports(ast.parse(source)):
        for other in opened:
            here, there = floor_of(room), floor_of(other)
            wings = {room in NETWORK, other in NETWORK} == {True, False} and here == there == 1
            if there > here or wings:
                how = "the other wing" if wings else f"floor {there}"
                found.append(f"{place}:{line} ({room}, floor {here}) imports {other} ({how})")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_only_go_down(path) -> None:
    """No file imports from a floor above its own, nor from the other wing of floor 1."""
    found = broken_rules(path, path.read_text())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("place", "line", "words"),
    [
        (
            "layers/dense.py",
            "from chainrule.cli import main",
            "layers/dense.py:1 (layers, floor 1) imports cli (floor 4)",
        ),
        ("arrays.py", "import chainrule.losses", "arrays.py:1 (arrays, floor 0) imports losses (floor 1)"),
        (
            "backprop.py",
            "from chainrule import models",
            "backprop.py:1 (backprop, floor 1) imports models (floor 2)",
        ),
        ("files/disk.py", "from chainrule.layers.base import Layer", "imports layers (the other wing)"),
        ("losses.py", "def f():\n    from chainrule.datasets import mnist", "losses.py:2"),
    ],
)
def test_an_import_upwards_is_noticed(place, line, words) -> None:
    """The test itself notices what it is there for, and names file and line."""
    assert words in "\n".join(broken_rules(ROOT / place, line))


def test_imports_downwards_are_fine() -> None:
    """Down, sideways within a wing, and other libraries are no mistake."""
    fine = "import numpy\nfrom chainrule import errors\nfrom chainrule.layers.base import Layer\nfrom chainrule import __version__"
    assert broken_rules(ROOT / "losses.py", fine) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_wait_until_they_are_needed(path) -> None:
    """No file imports JAX, h5py or Pillow when it is imported itself: only inside the function that needs it."""
    for node in ast.parse(path.read_text()).body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            assert name.split(".")[0] not in HEAVY, (
                f"{path.relative_to(ROOT)}:{node.lineno} imports {name} at once"
            )


def modules_after(code: str) -> set[str]:
    """The top names of all modules that a fresh process has after some code."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_import_chainrule_imports_nothing_heavy() -> None:
    """`import chainrule` alone does not even import NumPy."""
    assert not modules_after("import chainrule") & (HEAVY | {"numpy", "http", "asyncio"})


def test_a_small_job_does_not_pay_for_jax() -> None:
    """Learning and predicting on few numbers imports none of the heavy libraries."""
    code = (
        "import chainrule as c, numpy as np\n"
        "m = c.Sequential([c.layers.Dense(1, input_shape=(2,))]); m.compile('adam', 'mse')\n"
        "m.fit(np.ones((4, 2)), np.ones(4), verbose=0); m.predict(np.ones((1, 2)), verbose=0)"
    )
    assert not modules_after(code) & HEAVY


def test_the_architecture_page_names_every_room() -> None:
    """ARCHITECTURE.md has a line for every file and folder of the package."""
    page = (Path(__file__).parents[1] / "ARCHITECTURE.md").read_text()
    rooms = {path.relative_to(ROOT).parts[0] for path in FILES} - {"__main__.py"}
    missing = sorted(room for room in rooms if room not in page)
    assert not missing, f"ARCHITECTURE.md does not name {', '.join(missing)}"


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """Groups of files that import each other in a circle (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(file: str) -> None:
        index[file] = low[file] = len(index)
        stack.append(file)
        for other in edges[file]:
            if other not in index:
                visit(other)
                low[file] = min(low[file], low[other])
            elif other in stack:
                low[file] = min(low[file], index[other])
        if low[file] == index[file]:
            at = stack.index(file)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for file in edges:
        if file not in index:
            visit(file)
    return [part for part in found if len(part) > 1]


def imported_files() -> dict[str, set[str]]:
    """For each module those that it imports, anywhere in it, also within functions and for types only."""
    names = {
        ".".join(("chainrule", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
        for path in FILES
    }
    edges = {}
    for name, path in names.items():
        hit = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                hit |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                hit |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        hit &= set(names)
        deepest = {one for one in hit if not any(other.startswith(one + ".") for other in hit)}
        edges[name] = {one for one in deepest if one != name and not name.startswith(one + ".")}
    return edges


def test_no_files_import_each_other_in_a_circle() -> None:
    """Imports within functions count, too: what must be imported late is built on top of what imports it."""
    sys.setrecursionlimit(5000)
    assert circles(imported_files()) == []


def test_a_circle_is_noticed() -> None:
    """The test itself finds what it is there for."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]]
