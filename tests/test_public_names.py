"""The front door is small and stays what it says: sorted `__all__` lists that are exactly the public names."""

import importlib
import inspect

import pytest

import chainrule

# The modules under Keras's names, which a script imports from.
FACES = [
    "activations", "callbacks", "constraints", "datasets", "initializers", "layers", "losses", "metrics", "models", "optimizers",
    "ops", "optimizers.schedules", "regularizers", "utils",
]  # fmt: skip


def in_order(names: list[str]) -> list[str]:
    """CONSTANTS, Classes, functions, each by alphabet: the order that the linter keeps."""
    return sorted(
        names, key=lambda name: (0 if name.isupper() else 1 if name.lstrip("_")[0].isupper() else 2, name)
    )


def test_the_front_door_lists_what_there_is() -> None:
    """`dir(chainrule)` is `__all__`, every name of it opens something, and no name is listed twice."""
    assert dir(chainrule) == sorted(chainrule.__all__)
    assert len(set(chainrule.__all__)) == len(chainrule.__all__)
    for name in chainrule.__all__:
        assert getattr(chainrule, name) is not None


def test_a_name_that_does_not_exist_is_refused_with_the_nearest() -> None:
    """`chainrule.Sequental` says what was meant."""
    with pytest.raises(AttributeError, match="Did you mean 'Sequential'"):
        _ = chainrule.Sequental
    with pytest.raises(AttributeError, match="nothing called 'xyzzy'"):
        _ = chainrule.xyzzy


@pytest.mark.parametrize("face", FACES)
def test_a_module_lists_its_public_names_in_order(face) -> None:
    """`__all__` is sorted, without doubles, and every name of it exists."""
    module = importlib.import_module(f"chainrule.{face}")
    assert list(module.__all__) == in_order(module.__all__)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert not name.startswith("_")
        assert hasattr(module, name)


@pytest.mark.parametrize(
    "face", [face for face in FACES if face not in ("datasets", "models", "utils", "activations")]
)
def test_every_class_that_a_file_may_name_is_public(face) -> None:
    """What can be stored can be imported by the same name, and so can every other public class of the module."""
    module = importlib.import_module(f"chainrule.{face}")
    stored = set(getattr(module, "CLASSES", {}))
    own = {
        name for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__.startswith(f"chainrule.{face}") and not name.startswith("_")
    }  # fmt: skip
    assert stored | own <= set(module.__all__) | {"LearningRateSchedule"}


def test_the_type_checker_sees_the_same_front_door() -> None:
    """Names that are loaded on use are also written for type checkers."""
    source = inspect.getsource(chainrule)
    block = source[source.index("if TYPE_CHECKING:") : source.index("def __getattr__")]
    for name in chainrule.__all__:
        assert name == "__version__" or name in block, f"{name} is missing under TYPE_CHECKING"
