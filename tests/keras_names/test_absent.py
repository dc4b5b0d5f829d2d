"""A name that Keras has and Chainrule does not is refused in one sentence, however it is asked for."""

import importlib
import subprocess
import sys

import pytest

import chainrule
from chainrule.errors import AbsentImportError, AbsentNameError
from chainrule.internal import absent

FACES = [
    "layers", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks", "utils", "activations",
    "initializers", "regularizers", "datasets", "",
]  # fmt: skip


def face(name: str):
    return importlib.import_module(f"chainrule.{name}".rstrip("."))


@pytest.mark.parametrize("name", FACES)
def test_every_name_of_keras_is_there_or_refused_in_a_sentence(name) -> None:
    """Each name of Keras 3.15 either opens something, or says that it is not part of Chainrule."""
    asked = absent.keras_names(name)
    assert asked
    for wanted in asked:
        if not hasattr(face(name), wanted):
            with pytest.raises(AbsentNameError, match="is not part of Chainrule") as result:
                getattr(face(name), wanted)
            assert str(result.value).startswith(f"Keras's {f'{name}.' if name else ''}{wanted} ")


@pytest.mark.parametrize("name", FACES)
def test_an_import_gets_the_same_sentence(name) -> None:
    """`from chainrule.layers import Foo` says it too, instead of Python's bare ImportError."""
    module = f"chainrule.{name}".rstrip(".")
    with pytest.raises(AbsentImportError, match=f"{module} has nothing called 'Nonsense'"):
        exec(f"from {module} import Nonsense")


def test_whoever_asks_carefully_gets_an_answer() -> None:
    """hasattr, getattr with a default and `except ImportError` work as with any module."""
    assert not hasattr(chainrule.layers, "TFSMLayer")
    assert getattr(chainrule.layers, "TFSMLayer", 7) == 7
    code = "try:\n    from chainrule.layers import TFSMLayer\nexcept ImportError:\n    print('fine')"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "fine\n"


def test_the_way_out_is_said() -> None:
    """Where there is something to use instead, the sentence names it; a slip of the pen gets the nearest name."""
    with pytest.raises(AbsentNameError, match=r"instead: load a \.keras or \.h5 file"):
        _ = chainrule.layers.TFSMLayer
    with pytest.raises(AbsentNameError, match="Did you mean 'Dense'"):
        _ = chainrule.layers.Dens
    with pytest.raises(AbsentNameError, match="float32"):
        _ = chainrule.mixed_precision


def test_a_missing_file_is_one_sentence_with_the_nearest(run_script, tmp_path) -> None:
    """A model or weights that are not there: no traceback, but the script's line and the name that was meant."""
    (tmp_path / "best_model.h5").touch()
    done = run_script("import keras\nkeras.models.load_model('best_mode.h5')\n")
    assert done.returncode == 1
    assert done.stderr.endswith(
        "train.py, line 2: There is no file best_mode.h5. Did you mean best_model.h5?\n"
    )
    caught = "import keras\ntry:\n    keras.Sequential([keras.layers.Dense(1, input_shape=(2,))]).load_weights('a/b.h5')\n"
    done = run_script(caught + "except FileNotFoundError as problem:\n    print(problem)\n")
    assert done.stdout == "There is no file a/b.h5, as there is no folder 'a'.\n"


def test_every_name_of_keras_is_there_or_says_what_stands_for_it(run_script) -> None:
    """Of all public modules of Keras: no name ends without a way out."""
    done = run_script(
        """
import keras
from chainrule.internal.absent import _NAMES, keras_names
keras_names("")
left = []
for place in ("", "layers", "losses", "metrics", "callbacks", "optimizers", "utils", "ops", "activations", "initializers", "regularizers",
              "constraints", "backend", "config", "saving", "models", "random"):
    home = keras
    for part in filter(None, place.split(".")):
        home = getattr(home, part)
    for name in _NAMES.get(place, ()):
        try:
            getattr(home, name)
        except AttributeError as problem:
            if "instead: " not in str(problem):
                left.append(str(problem))
print(left)
""",
        before=("--no-record", "--strict"),
    )
    assert done.stdout.strip() == "[]", done.stderr
