"""Networks from a function in a file: what it may give, and what is said where it gives something else."""

import numpy as np
import pytest

from chainrule.datasets.dataset import Dataset
from chainrule.errors import SettingError
from chainrule.training import recipes
from chainrule.training.network_functions import layers_from, network_config
from chainrule.training.recipes import Recipe

NETS = """
from chainrule import Sequential, layers

def hidden(input_shape):
    return [layers.Flatten(), layers.Dense(input_shape[0], activation="tanh")]

def whole():
    return Sequential([layers.Input((4, 4)), layers.Flatten(), layers.Dense(2, activation="softmax")])

def three(input_shape):
    return Sequential([layers.Flatten(), layers.Dense(3, activation="softmax")])

class Mine(layers.Layer):
    pass

def own(input_shape):
    return [Mine()]

def words(input_shape):
    return ["dense 3"]

def nothing(input_shape):
    pass

def broken(input_shape):
    return [][1]
"""


@pytest.fixture
def nets(tmp_path):
    """A file with functions."""
    file = tmp_path / "nets.py"
    file.write_text(NETS)
    return file


def squares() -> Dataset:
    x = np.zeros((20, 4, 4), np.float32)
    y = np.arange(20) % 2
    x[y == 1, :2] = 1
    return Dataset("squares", x[:12], y[:12], x[12:], y[12:], class_names=("empty", "half"))


def units_of(recipe: Recipe) -> list[tuple[int, str]]:
    """Units and activation of each Dense layer of the recipe's network."""
    model = recipes.network(recipe, squares())
    return [(layer.units, layer.activation) for layer in model.layers if type(layer).__name__ == "Dense"]


def with_network(nets, function: str) -> Recipe:
    name = f"{nets}:{function}"
    return recipes.recipe("fast", network=name, network_config=network_config(name, (4, 4)))


def test_a_list_is_the_hidden_layers(nets) -> None:
    """The function is given the shape of an example; the layer that answers is put on top."""
    assert units_of(with_network(nets, "hidden")) == [(4, "tanh"), (2, "softmax")]


def test_a_sequential_is_the_whole_network(nets) -> None:
    """Nothing is put on top, and a function that takes nothing is given nothing."""
    assert units_of(with_network(nets, "whole")) == [(2, "softmax")]


def test_a_whole_network_must_answer_the_task(nets) -> None:
    """Three outputs for two classes are refused before anything is learned."""
    with pytest.raises(SettingError, match=r"answers with \(3,\); squares needs \(2,\)"):
        units_of(with_network(nets, "three"))


def test_the_recipe_makes_it_again_without_the_file(nets) -> None:
    """What a run keeps is the layers' settings: the file may be gone."""
    stored = with_network(nets, "hidden").to_dict()
    nets.unlink()
    assert units_of(Recipe.from_dict(stored)) == [(4, "tanh"), (2, "softmax")]
    first, again = (layers_from(stored["network_config"])[1] for _ in range(2))
    assert first is not again


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("hiden", "There is no function in .*nets.py called 'hiden'. Did you mean 'hidden'"),
        ("own", "Mine is a layer of your own, which a run could not make again"),
        ("words", "it gave a list with str in it"),
        ("nothing", "it gave nothing"),
        ("broken", "failed: IndexError: list index out of range"),
    ],
)
def test_a_function_that_does_not_give_a_network_is_told_so(nets, function, said) -> None:
    """One sentence says what came and what a function gives."""
    with pytest.raises(SettingError, match=said):
        network_config(f"{nets}:{function}", (4, 4))


def test_a_file_that_is_not_there_or_cannot_be_run_is_named(tmp_path) -> None:
    """The file's own error is said, not raised raw."""
    with pytest.raises(SettingError, match="there is no file"):
        network_config(f"{tmp_path}/none.py:hidden", (4, 4))
    (tmp_path / "bad.py").write_text("def (:")
    with pytest.raises(SettingError, match="cannot be run: SyntaxError"):
        network_config(f"{tmp_path}/bad.py:hidden", (4, 4))
