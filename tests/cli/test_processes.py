"""Real processes: what a command imports, a pipe that closes, Ctrl-C, and being told to end."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from chainrule.models import load_model

PROGRAM = [sys.executable, "-m", "chainrule"]
HEAVY = {"jax", "h5py", "keras", "matplotlib", "asyncio", "http"}
LEARNING = {
    f"chainrule.{name}" for name in ("training", "callbacks", "optimizers", "losses", "backprop", "recording")
}

LOADED = """
import sys
from chainrule.cli import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def loaded(*words) -> set[str]:
    """The modules that a fresh process has after a command."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *map(str, words)], capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words",
    [("--help",), (), ("train", "--help"), ("predict", "--help"), ("--version",), ("completion", "bash")],
)
def test_help_needs_no_numerical_library(words) -> None:
    """Help, version and completion answer before NumPy, Pillow or any part of the engine is imported."""
    modules = loaded(*words)
    assert not {name.split(".")[0] for name in modules} & (HEAVY | {"numpy", "PIL"})
    assert not {
        name
        for name in modules
        if name.startswith("chainrule.")
        and name.split(".")[1] not in ("cli", "errors", "datasets", "internal")
    }


@pytest.mark.parametrize("model", ["digits.keras", "digits.h5"])
def test_predict_imports_only_what_it_needs(digits, model) -> None:
    """One picture: no JAX, no HDF5 library, and nothing of what is there for learning."""
    modules = loaded("predict", digits / model, digits / "seven.png")
    assert not {name.split(".")[0] for name in modules} & HEAVY
    assert not modules & LEARNING
    assert not {name for name in modules if name.startswith(("numpy.random", "numpy.ma."))}


def test_a_photo_loads_its_own_decoder_and_no_masked_arrays(tmp_path) -> None:
    """Reading a photo loads neither the decoders of other formats nor NumPy's masked arrays, which cost more than the reading."""
    page = np.full((120, 90), 240, np.uint8)
    page[30:90, 40:46] = 30
    Image.fromarray(page).save(tmp_path / "one.jpg")
    modules = loaded("predict", tmp_path / "one.jpg")
    assert "numpy.ma" not in modules
    assert {name for name in modules if name.startswith("PIL.") and name.endswith("Plugin")} == {
        "PIL.JpegImagePlugin"
    }


def test_predict_starts_no_pool_of_threads(digits) -> None:
    """The numerical library is told to use one thread, unless somebody has decided otherwise."""
    code = LOADED.replace(
        "print(*sorted(sys.modules)", "import os; print(os.environ.get('OPENBLAS_NUM_THREADS')"
    )
    for given, expected in ((None, "1"), ("3", "3")):
        environment = {k: v for k, v in os.environ.items() if not k.endswith("NUM_THREADS")} | (
            {"OPENBLAS_NUM_THREADS": given} if given else {}
        )
        done = subprocess.run([sys.executable, "-c", code, "predict", digits / "digits.h5", digits / "seven.png"],
                              capture_output=True, text=True, check=True, env=environment)  # fmt: skip
        assert done.stderr.split()[-1] == expected


def test_the_program_and_the_module_are_the_same(digits) -> None:
    """`python -m chainrule` is the command line, with its exit codes."""
    done = subprocess.run(
        [*PROGRAM, "predict", digits / "digits.keras", digits / "seven.png", "--json"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["text"] == "7"
    assert subprocess.run([*PROGRAM, "predict", "--tpo"], check=False, capture_output=True).returncode == 2
    assert (
        subprocess.run([*PROGRAM, "summary", "nothing.keras"], check=False, capture_output=True).returncode
        == 1
    )


def test_a_closed_pipe_ends_it_quietly(digits, tmp_path) -> None:
    """`chainrule predict … | head -1`: exit code 141 and not a word."""
    import numpy as np

    np.save(tmp_path / "many.npy", np.zeros((20_000, 28, 28), np.uint8))
    process = subprocess.Popen([*PROGRAM, "predict", digits / "digits.keras", tmp_path / "many.npy"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdout.readline().endswith(b"%\n")
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_behind_stdout_is_said(digits) -> None:
    """When the result cannot be written, the exit code is not 0."""
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, "data"], check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "chainrule data: No space left on device.\n"


def started(folder, tmp_path, *more, background=False) -> subprocess.Popen:
    """A training that would take very long, after its second epoch. background: as a shell starts it that is told to go on."""
    first = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"] if background else []
    process = subprocess.Popen(
        [*first, *PROGRAM, "train", folder / "bars.npz", "--layers", "8", "--epochs", "1000000", "--batch-size", "50", "--backend", "numpy",
         "--json", "--verbose", *more],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if line.startswith("Epoch 3/"):
            break
    return process


@pytest.mark.parametrize(
    ("number", "code", "background"),
    [(signal.SIGINT, 130, False), (signal.SIGTERM, 143, False), (signal.SIGTERM, 143, True)],
)
def test_ctrl_c_keeps_what_was_learned(folder, tmp_path, number, code, background) -> None:
    """Ctrl-C, or being told to end (a background job ignores Ctrl-C): the model is measured and saved, the file says so."""
    process = started(folder, tmp_path, background=background)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == code
    assert "what was learned so far is kept" in err
    assert "Traceback" not in err
    found = json.loads(out)
    assert found["run"]["interrupted"]
    assert found["run"]["epochs"] >= 2
    model = load_model(tmp_path / found["model"])
    assert model.extras["run"] == found["run"]
    assert model.extras["accuracy"] == found["accuracy"]


READING = """
import sys, time
from chainrule import datasets
from chainrule.cli import main
def load(*words, **options):
    print("reading", flush=True)
    time.sleep(60)
datasets.load = load
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_before_anything_was_learned_writes_nothing(tmp_path) -> None:
    """While data is still being read, Ctrl-C is one word and exit code 130."""
    (tmp_path / "slow.csv").write_text("x,y\n1,2\n")
    process = subprocess.Popen([sys.executable, "-c", READING, "train", "slow.csv", "--target", "y"], cwd=tmp_path,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "chainrule train: Interrupted.\n"
    assert [p.name for p in tmp_path.iterdir()] == ["slow.csv"]
