"""What is installed, found without importing it."""

import os
from importlib import metadata
from importlib.util import find_spec

PARTS = {  # package: (module, what it is for, how to get it)
    "numpy": ("numpy", "the arithmetic", None),
    "pillow": ("PIL", "reading pictures", None),
    "safetensors": ("safetensors", "snapshots of recorded runs", None),
    "threadpoolctl": ("threadpoolctl", "one core for small products", None),
    "jax": ("jax", "compiled training", 'pip install "chainrule[jax]"'),
    "matplotlib": (
        "matplotlib",
        "drawing: chainrule plot, chainrule report",
        'pip install "chainrule[plot]"',
    ),
    "pi-heif": ("pi_heif", "photos of iPhones (HEIC)", 'pip install "chainrule[heic]"'),
    "onnx": ("onnx", "chainrule export --to onnx", 'pip install "chainrule[onnx]"'),
    "uvicorn": ("uvicorn", "chainrule serve", 'pip install "chainrule[serve]"'),
    "msgspec": ("msgspec", "chainrule serve", 'pip install "chainrule[serve]"'),
    "starlette": ("starlette", "chainrule serve", 'pip install "chainrule[serve]"'),
    "prometheus-client": (
        "prometheus_client",
        "/metrics of chainrule serve",
        'pip install "chainrule[serve]"',
    ),
    "python-multipart": (
        "python_multipart",
        "forms with pictures for chainrule serve",
        'pip install "chainrule[serve]"',
    ),
    "h5py": ("h5py", "nothing in Chainrule; reading model files yourself", "pip install h5py"),
    "keras": ("keras", "comparing with Keras in the tests", 'pip install "chainrule[test]"'),
}


def version_of(package: str) -> str | None:
    """The installed version of a package, or None.

    >>> version_of("surely-nothing-is-called-this") is None
    True
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def found(module: str) -> bool:
    """Whether a module can be imported, without importing it."""
    return find_spec(module) is not None


def backend() -> str:
    """The backend that a long training would run on."""
    return os.environ.get("CHAINRULE_BACKEND") or ("jax" if found("jax") else "numpy")
