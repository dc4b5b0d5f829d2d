"""What the plain install weighs: `pip install .` into a new virtual environment, Python itself and pip left out."""

import os
import sys
import tempfile

from benchmarks.processes import ROOT, run

NOT_OURS = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")


def measure(options):
    """{"bytes": all of site-packages, "parts": {package: bytes}}: the sizes of the files, byte code included."""
    options.alone.release()  # nothing is timed
    with tempfile.TemporaryDirectory() as work:
        run([sys.executable, "-m", "venv", os.path.join(work, "plain")])
        python = os.path.join(work, "plain", "bin", "python")
        run([python, "-m", "pip", "install", "--quiet", ROOT])
        folder = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])[
            "output"
        ].strip()
        parts = {}
        for entry in os.scandir(folder):
            name = entry.name.split("-")[0].split(".")[
                0
            ]  # numpy, numpy.libs and numpy-2.4.6.dist-info are one
            if name not in NOT_OURS:
                name = "pillow" if name == "PIL" else name
                parts[name] = parts.get(name, 0) + size(entry)
        return {"bytes": sum(parts.values()), "parts": parts}


def size(entry):
    """The bytes of a file, or of all files in a folder."""
    if not entry.is_dir(follow_symlinks=False):
        return entry.stat(follow_symlinks=False).st_size
    return sum(map(size, os.scandir(entry.path)))
