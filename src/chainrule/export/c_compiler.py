"""Compiling an exported C header, to verify it and to say how large its code is. Nothing here without a compiler."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import FileError

Array = np.ndarray[Any, Any]

FLAGS = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
PROGRAM = """#include <stdio.h>
#include "{header}"

static float input[{P}_INPUTS], output[{P}_OUTPUTS], work[{P}_WORK];

int main(void) {{
    while (fread(input, sizeof input, 1, stdin) == 1) {{
        {p}_predict(input, output, work);
        if (fwrite(output, sizeof output, 1, stdout) != 1) return 1;
    }}
    return 0;
}}
"""


def compiler() -> str | None:
    """The name of the C compiler that is here."""
    return next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)


def run(
    path: str, prefix: str, x: Array, cc: str | None = None, flags: tuple[str, ...] = ("-O2",)
) -> Array | None:
    """What the header says to examples (n, ...) float32, flat; None without a compiler, FileError where it fails."""
    cc = cc or compiler()
    if cc is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program"
        program.with_suffix(".c").write_text(
            PROGRAM.format(header=Path(path).resolve(), p=prefix, P=prefix.upper())
        )
        _call([cc, *FLAGS, *flags, "-o", str(program), str(program.with_suffix(".c")), "-lm"], path)
        out = _call([str(program)], path, np.ascontiguousarray(x, np.float32).tobytes())
    return np.frombuffer(out, np.float32)


def text_size(path: str, prefix: str) -> int | None:
    """The bytes of machine code at -Os, weights aside; None where there is no compiler or no `size`."""
    cc, size = compiler(), shutil.which("size")
    if cc is None or size is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "model.o"
        source = made.with_suffix(".c")
        call = f"void f(const float *x, float *y, float *w);\nvoid f(const float *x, float *y, float *w) {{ {prefix}_predict(x, y, w); }}\n"
        source.write_text(f'#include "{Path(path).resolve()}"\n{call}')
        _call([cc, "-std=c99", "-Os", "-c", "-o", str(made), str(source)], path)
        lines = _call([size, "-A", str(made)], path).decode().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(".text"))


def _call(command: list[str], path: str, content: bytes | None = None) -> bytes:
    done = subprocess.run(command, input=content, capture_output=True, check=False)  # noqa: S603 - the compiler, and what it made
    if done.returncode:
        raise FileError(
            f"{path} cannot be compiled or run: {done.stderr.decode(errors='replace').strip()[:400]}"
        )
    return done.stdout
