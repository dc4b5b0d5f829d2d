"""The C header: compiled with all warnings as errors by two compilers, run under sanitizers, equal to NumPy within 1e-6."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from chainrule import layers
from chainrule.export import c_compiler, export_model
from chainrule.export.c_header import number, quoted

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]


@pytest.fixture(scope="module")
def header(reader, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("c") / "digits.h")
    export_model(reader, path, verify=False)
    return path


def test_both_compilers_are_here() -> None:
    """The promises below are about gcc and clang."""
    assert COMPILERS == ["gcc", "clang"]


@pytest.mark.parametrize("cc", COMPILERS)
def test_ten_thousand_digits_are_read_as_numpy_reads_them(header, reader, digits, cc) -> None:
    """Probabilities within 1e-6 of the library's."""
    x = digits.reshape(-1, *reader.input_shape).astype("f4") / np.float32(255)
    said = c_compiler.run(header, "digits", x, cc, ("-O3",)).reshape(-1, 10)
    assert np.abs(said - reader.predict(x, verbose=0)).max() <= 1e-6


@pytest.mark.parametrize("cc", COMPILERS)
def test_sanitizers_find_nothing(stack, tmp_path, cc) -> None:
    """Addresses and undefined behaviour, on a network with every kind of step."""
    model = stack(
        (4, 3), layers.Rescaling(0.5, 0.1), layers.Dense(9, activation="relu"), layers.Flatten(), layers.Dense(7, activation="tanh"),
        layers.LeakyReLU(0.1), layers.Dense(5, activation="sigmoid", use_bias=False), layers.Dense(3, activation="softmax"),
    )  # fmt: skip
    path = str(tmp_path / "all.h")
    export_model(model, path, verify=False)
    x = np.random.default_rng(0).normal(0, 3, (50, 4, 3)).astype("f4")
    flags = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    said = c_compiler.run(path, "all", x, cc, flags).reshape(50, 3)
    assert np.abs(said - model.predict(x, verbose=0)).max() <= 1e-6


def test_it_takes_no_memory_and_needs_two_functions_only(header, tmp_path) -> None:
    """The compiled code refers to expf and tanhf at most, and holds no writable data."""
    (tmp_path / "m.c").write_text(
        f'#include "{header}"\nvoid f(const float *x, float *y, float *w);\nvoid f(const float *x, float *y, float *w) {{ digits_predict(x, y, w); }}\n'
    )
    subprocess.run(
        ["gcc", "-std=c99", "-Os", "-fno-builtin", "-c", "-o", tmp_path / "m.o", tmp_path / "m.c"], check=True
    )
    symbols = subprocess.run(
        ["nm", tmp_path / "m.o"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    assert {line.split()[-1] for line in symbols if " U " in line} <= {
        "expf",
        "tanhf",
        "_GLOBAL_OFFSET_TABLE_",
    }
    assert not [line for line in symbols if re.search(r" [bBdD] ", line)]
    assert not re.search(
        r"\b(malloc|calloc|free|alloca)\b",
        re.sub(r"/\*.*?\*/", "", Path(header).read_text(), flags=re.DOTALL),
    )


def test_pixels_are_scaled_by_the_header(header, reader, digits, tmp_path) -> None:
    """predict_pixels takes bytes from 0 to 255."""
    program = c_compiler.PROGRAM.format(header=header, p="digits", P="DIGITS")
    program = program.replace(
        "static float input[DIGITS_INPUTS], ", "static uint8_t input[DIGITS_INPUTS]; static float "
    )
    (tmp_path / "p.c").write_text(program.replace("digits_predict(", "digits_predict_pixels("))
    subprocess.run(
        ["gcc", *c_compiler.FLAGS, "-O2", "-o", tmp_path / "p", tmp_path / "p.c", "-lm"], check=True
    )
    out = subprocess.run(
        [tmp_path / "p"], input=digits[:100].tobytes(), capture_output=True, check=True
    ).stdout
    x = digits[:100].reshape(-1, *reader.input_shape).astype("f4") / np.float32(255)
    assert np.abs(np.frombuffer(out, "f4").reshape(-1, 10) - reader.predict(x, verbose=0)).max() <= 1e-6


def test_the_report_states_code_and_memory(reader, tmp_path) -> None:
    """Bytes of weights, of code at -Os, and of RAM."""
    notes = " ".join(export_model(reader, tmp_path / "d.h", verify=False).notes)
    assert re.search(
        r"[\d,]+ bytes of weights, [\d,]+ bytes of code at -Os on this machine, [\d,]+ bytes of RAM", notes
    )


def test_without_a_compiler_it_is_written_and_the_report_says_so(stack, tmp_path, monkeypatch) -> None:
    """Nothing is called verified that was not."""
    monkeypatch.setattr(c_compiler, "compiler", lambda: None)
    written = export_model(stack((3,), layers.Dense(2)), tmp_path / "m.h")
    assert (written.verified, written.difference) == ("", None)
    assert "Not verified: there is no C compiler here." in written.notes


@pytest.mark.parametrize("value", [0.1, 1, -0.0, 1e-30, 3.4e38, 123456.789, 1e-45])
def test_literals_have_the_bits_of_their_numbers(value) -> None:
    """A float's shortest text, read back, is the same float."""
    assert np.float32(number(value).removesuffix("f")).tobytes() == np.float32(value).tobytes()


def test_labels_of_any_script_are_c_strings() -> None:
    """Quotes, backslashes and letters beyond ASCII."""
    assert quoted('a"\\é') == r'"a\042\134\303\251"'


def chain(rng):
    """An input shape and layers behind each other as they may be drawn: convolutions and pooling, then dense layers."""
    shape, made = tuple(int(n) for n in (*rng.integers(6, 12, 2), rng.integers(1, 4))), []
    activation = lambda: str(rng.choice(["linear", "relu", "sigmoid", "tanh", "softmax"]))  # noqa: E731
    for _ in range(rng.integers(0, 3)):
        padding = str(rng.choice(["same", "valid"]))
        size, strides = tuple(map(int, rng.integers(1, 3, 2))), int(rng.integers(1, 3))
        made.append(layers.Conv2D(int(rng.integers(1, 5)), size, strides, padding, activation=activation()))
        pool = rng.choice([layers.MaxPooling2D, layers.AveragePooling2D])
        made += [pool(2, int(rng.integers(1, 3)), padding="same")] if rng.random() < 0.6 else []
    made.append(rng.choice([layers.GlobalMaxPooling2D, layers.GlobalAveragePooling2D, layers.Flatten])())
    for _ in range(rng.integers(0, 3)):
        made.append(
            layers.Dense(int(rng.integers(1, 9)), activation=activation(), use_bias=bool(rng.random() < 0.7))
        )
        made += [layers.Activation(activation())] if rng.random() < 0.3 else []
    return shape, made


@pytest.mark.parametrize("cc", COMPILERS)
@pytest.mark.parametrize("seed", range(8))
def test_any_chain_is_carried_and_sanitizers_find_nothing(stack, tmp_path, seed, cc) -> None:
    """Drawn at random, by both compilers, within 1e-6 of numbers up to 1."""
    shape, made = chain(np.random.default_rng(seed))
    model = stack(shape, *made)
    export_model(model, tmp_path / "m.h", verify=False)
    x = np.random.default_rng(seed).normal(0, 1, (20, *shape)).astype("f4")
    flags = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    expected = model.predict(x, verbose=0).reshape(-1)
    said = c_compiler.run(str(tmp_path / "m.h"), "m", x, cc, flags)
    np.testing.assert_allclose(said, expected, atol=1e-6 * max(1, np.abs(expected).max()))
