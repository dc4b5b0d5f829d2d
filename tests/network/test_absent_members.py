"""What Keras's objects have and Chainrule's have not is refused by name, with what to use instead."""

import copy
import pickle

import pytest

from chainrule import Input, Sequential, errors, layers, losses, metrics
from chainrule.internal.absent_members import MEMBERS


def model() -> Sequential:
    """A small network, compiled."""
    made = Sequential([Input((3,)), layers.Dense(2)])
    made.compile("adam", "mse", metrics=["mae"])
    return made


def objects() -> dict[str, object]:
    """One object of each kind."""
    made = model()
    return {
        "Model": made, "Layer": made.layers[0], "Optimizer": made.optimizer, "Metric": metrics.AUC(), "Loss": losses.Huber(),
    }  # fmt: skip


@pytest.mark.parametrize("kind", MEMBERS)
def test_every_member_that_only_keras_has_is_named(kind) -> None:
    """The sentence names the object and the member; hasattr says no, as before."""
    thing = objects()[kind]
    for name in MEMBERS[kind]:
        if name in dir(thing):
            continue  # this class has it all the same
        assert not hasattr(thing, name)
        with pytest.raises(
            errors.AbsentNameError, match=f"{type(thing).__name__} has no '{name}' as Keras's has"
        ):
            getattr(thing, name)


@pytest.mark.parametrize("kind", MEMBERS)
def test_other_names_get_pythons_own_words(kind) -> None:
    """A mistyped name is no member of Keras's."""
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = objects()[kind].nonsense


def test_objects_are_copied_and_pickled_as_before() -> None:
    """Python asks for members of its own on the way."""
    made = model()
    for thing in (made, made.optimizer, made.layers[0]):
        assert type(copy.deepcopy(thing)) is type(thing)
    assert pickle.loads(pickle.dumps(made)).count_params() == made.count_params()
