"""The tables of `chainrule.layers` name everything once, and type checkers see the same names."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import layers


def for_type_checkers() -> dict[str, str]:
    """The names that `if TYPE_CHECKING` imports or sets, each with its module or what it is another name of."""
    tree = ast.parse(Path(layers.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    found = {}
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name: str(node.module).rpartition(".")[2] for alias in node.names}
        elif isinstance(node, ast.Assign):
            names, values = node.targets[0], node.value
            pairs = (
                zip(names.elts, values.elts, strict=True)
                if isinstance(names, ast.Tuple)
                else [(names, values)]
            )
            found |= {name.id: value.id for name, value in pairs}
    return found


def test_type_checkers_see_the_names_of_the_tables() -> None:
    """Every name and module of the tables stands in the block for type checkers, and nothing else does."""
    tables = layers.homes(layers.NETWORK, layers.PICTURES, layers.OTHERS) | layers.ALIASES
    assert for_type_checkers() | {"Layer": "base"} == tables


@pytest.mark.parametrize("name", layers.__all__)
def test_every_name_is_there_and_is_called_so(name) -> None:
    """A name of the tables is the object of that name in its module; another name of Keras's is the same class."""
    assert getattr(layers, name).__name__ == layers.ALIASES.get(name, name)


def test_no_module_hides_a_function() -> None:
    """No module of the folder is called as a name that people use, which it would replace once it is imported."""
    modules = {path.stem for path in Path(layers.__file__).parent.glob("*.py")}
    assert not modules & set(layers.__all__)


def test_a_layer_with_only_call_needs_no_other_layer_s_module() -> None:
    """A class as for Keras is one of ours, whatever the program has imported before it."""
    program = (
        "from chainrule.layers import Input, Layer\n"
        "class Scaled(Layer):\n"
        "    def build(self, input_shape):\n"
        "        self.scale = self.add_weight(shape=(input_shape[-1],), initializer='ones')\n"
        "    def call(self, x):\n"
        "        return x * self.scale\n"
        "print(Scaled()(Input((4,))).shape)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "(None, 4)\n"


def test_a_dense_network_loads_nothing_of_convolution() -> None:
    """What a program does not use is not imported."""
    program = "import sys; from chainrule.layers import Dense; Dense(3); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "chainrule.layers.dense" in loaded
    assert not {"chainrule.layers.convolution", "chainrule.layers.lstm", "chainrule.layers.arithmetic"} & set(
        loaded
    )
