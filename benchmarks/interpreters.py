"""Which Python has which library: Chainrule's own, then the ones named by --peer-python."""

import json

from benchmarks.processes import run

PROBE = """
import ctypes, glob, importlib.metadata, importlib.util, json, os, platform, sys
versions, kernel = {"python": platform.python_version()}, None
for name in sys.argv[1:]:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
numpy = importlib.util.find_spec("numpy")
if numpy:
    import numpy
    for path in glob.glob(os.path.join(os.path.dirname(numpy.__file__), "..", "numpy.libs", "*openblas*")):
        for end in ("64_", ""):
            name = getattr(ctypes.CDLL(path), "scipy_openblas_get_corename" + end, None)
            if name:
                name.restype = ctypes.c_char_p
                kernel = name().decode()
print(json.dumps({"versions": versions, "openblas_kernel": kernel}))
"""
PACKAGES = (
    "chainrule",
    "numpy",
    "jax",
    "jaxlib",
    "safetensors",
    "threadpoolctl",
    "h5py",
    "pillow",
    "keras",
    "tensorflow",
    "torch",
    "scikit-learn",
)


def describe(python):
    """{"versions": {package: version}, "openblas_kernel": what NumPy's products run on}."""
    return json.loads(run([python, "-c", PROBE, *PACKAGES])["output"])


class Interpreters:
    """The interpreters at hand, Chainrule's first."""

    def __init__(self, own, peers):
        self.own = own
        self.known = {python: describe(python) for python in (own, *peers)}

    def having(self, *packages):
        """The first interpreter that has all of these, or None."""
        for python, described in self.known.items():
            if all(package in described["versions"] for package in packages):
                return python
        return None
