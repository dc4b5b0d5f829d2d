"""`chainrule run SCRIPT` does what `python SCRIPT` does, and `keras` is Chainrule meanwhile."""

import json
import subprocess
import sys

import pytest

ALIKE = {
    "arguments": "import sys; print(sys.argv)",
    "main": "print(__name__, __file__, __doc__, __builtins__ is not None)",
    "path": "import sys, os; print(os.path.realpath(sys.path[0]) == os.getcwd())",
    "exit code": "import sys; sys.exit(3)",
    "exit with words": "import sys; sys.exit('no data')",
    "exit with none": "import sys; sys.exit()",
    "an exception": "def f(x):\n    return 1 / x\n\nprint('before')\nf(0)",
    "an exception's cause": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('b') from e",
    "a mistake in the grammar": "print('never')\nx = = 3",
    "an exception hook": "import sys\nsys.excepthook = lambda kind, value, trace: print('hook', kind.__name__, value)\n1 / 0",
    "the future": "from __future__ import annotations\ndef f(x: nonsense): pass\nprint(f.__annotations__)",
    "input": "print(input())",
    "atexit": "import atexit; atexit.register(print, 'at the end'); print('first')",
    "warnings": "import warnings\nwarnings.warn('careful')",
    "pickle of a class": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)",
    "an encoding": "# -*- coding: latin-1 -*-\nprint('plain')",
}


@pytest.mark.parametrize("what", ALIKE)
def test_a_script_behaves_as_under_python(what, tmp_path) -> None:
    """Output, errors and exit code are those of `python SCRIPT`, to the letter."""
    (tmp_path / "train.py").write_text(ALIKE[what])

    def ended(*command: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, *command, "train.py", "--lr", "3", "-h"], cwd=tmp_path, input="typed\n", capture_output=True,
            text=True, check=False, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    assert ended("-m", "chainrule", "run") == ended()


NAMES = """
import keras, tensorflow as tf, tf_keras
from tensorflow import keras as second
from tensorflow.keras.layers import Dense
from tensorflow.python.keras.layers import Dense as third
import chainrule
assert keras.layers.Dense is Dense is second.layers.Dense is tf_keras.layers.Dense is third is chainrule.layers.Dense
assert keras.datasets.mnist is not None and keras.optimizers.schedules.ExponentialDecay
print(keras.__version__, tf.__version__)
"""


def test_keras_is_found_under_all_its_names(run_script) -> None:
    """`keras`, `tensorflow.keras`, `tf_keras`: one and the same, and no TensorFlow is needed."""
    done = run_script(NAMES)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "`tensorflow` is Chainrule here" in done.stderr


def test_a_process_without_run_is_left_alone() -> None:
    """Outside `chainrule run`, `import keras` is whatever is installed."""
    code = "import sys; before = list(sys.meta_path); import chainrule.keras_names.script; print(sys.meta_path == before)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert result == "True\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import tensorflow as tf\n\ntf.GradientTape()", "line 3: tensorflow.GradientTape is not here"),
        (
            "from keras.layers import TFSMLayer\nTFSMLayer()",
            "line 1: Keras's layers.TFSMLayer is not part of Chainrule; instead: load",
        ),
        ("import keras.mixed_precision", "line 1: Keras's mixed_precision is not part of Chainrule"),
        (
            "from keras import mixed_precision as m\nm",
            "line 1: Keras's mixed_precision is not part of Chainrule",
        ),
        (
            "from tensorflow.examples.tutorials.mnist import input_data as i\ni",
            "Instead: keras.datasets.mnist.",
        ),
        (
            "import keras\nkeras.layers.Densee(3)",
            "line 2: chainrule.layers has nothing called 'Densee'. Did you mean 'Dense'?",
        ),
        (
            "from keras import backend as K\n\nK.get_session()",
            "line 3: Keras's backend.get_session is not part",
        ),
        ("import keras\nkeras.layers.Dense(-3)", "train.py, line 2: "),
    ],
)
def test_what_is_not_here_is_one_sentence_with_the_scripts_line(code, words, run_script) -> None:
    """Our refusals are one line: the script, its line, what is missing, what to use instead."""
    done = run_script(code)
    assert done.returncode == 1
    last = [line for line in done.stderr.splitlines() if "is Chainrule here" not in line]
    assert len(last) == 1, done.stderr
    assert last[0].startswith("train.py, line ")
    assert words in last[0]


def test_a_script_may_ask_whether_something_is_there(run_script) -> None:
    """`try: import … except ImportError` and hasattr work."""
    done = run_script(
        "import keras\ntry:\n    from keras.layers import TFSMLayer\nexcept ImportError:\n    print('fine')\n"
        "try:\n    import tensorflow.contrib\nexcept ImportError:\n    print('too')\nprint(hasattr(keras, 'mixed_precision'))"
    )
    assert done.stdout.split() == ["fine", "too", "False"]


FIT = """
import numpy as np, keras
model = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
model.compile("sgd", "mse")
for _ in range(2):
    model.fit(np.ones((64, 2)), np.ones(64), epochs=2, verbose=0)
"""


def test_each_fit_is_recorded_under_the_scripts_name(run_script, tmp_path) -> None:
    """Two fits leave two runs; the last lines say where, and what to type next."""
    done = run_script(FIT, name="my net.py", before=())
    assert done.returncode == 0
    folders = sorted((tmp_path / "runs").glob("*_my-net*"))
    assert len(folders) == 2
    assert json.loads((folders[0] / "run.json").read_text())["status"] == "finished"
    assert "left 2 runs" in done.stderr
    assert "chainrule explain last@4" in done.stderr


def test_recording_can_be_left_out(run_script, tmp_path) -> None:
    """--no-record leaves nothing behind and says nothing."""
    done = run_script(FIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "runs").exists()


def test_a_notebooks_cells_run_in_order(run_script) -> None:
    """A .ipynb file is its code cells; lines for the notebook itself are left out."""
    sources = [
        ["import keras\n", "%matplotlib inline\n", "x = 1"],
        ["!pip install keras\n", "print(x + 1)"],
        ["1 / 0"],
    ]
    cells = [{"cell_type": "code", "source": source} for source in sources]
    cells.insert(1, {"cell_type": "markdown", "source": ["# Words"]})
    done = run_script(json.dumps({"cells": cells}), name="lesson.ipynb")
    assert (done.returncode, done.stdout) == (1, "2\n")
    assert 'File "lesson.ipynb[3]", line 1' in done.stderr
    assert "1 / 0" in done.stderr


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["run", "last"], "Did you mean `chainrule runs show last`?"),
        (["run", "doctor"], "Did you mean `chainrule runs doctor last`?"),
        (["run", "trainn.py"], "Did you mean 'train.py'?"),
        (["run", "."], "is a folder"),
    ],
)
def test_the_command_that_was_meant_is_said(words, answer, tmp_path) -> None:
    """`chainrule run last` meant `chainrule runs show last`."""
    (tmp_path / "train.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode in (1, 2)
    assert answer in done.stderr
