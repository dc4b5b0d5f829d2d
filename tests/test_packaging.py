"""What `pip install` brings: four small dependencies and no fifth, extras by their names, a wheel of at most 20 MB."""

import re
import tomllib
import zlib
from pathlib import Path

import pytest

import chainrule

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
EXTRAS = {"jax", "plot", "heic", "notebook", "studio", "serve", "onnx", "sweep", "trackers", "all", "test"}


@pytest.fixture
def project():
    """The project's table in pyproject.toml."""
    if not PROJECT.exists():
        pytest.skip("the package was installed without its sources")
    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]


def test_the_plain_install_has_four_dependencies(project) -> None:
    """NumPy computes, Pillow decodes, safetensors stores, threadpoolctl counts threads; everything else is an extra."""
    names = {re.split(r"[<>=!~ ;\[]", line)[0] for line in project["dependencies"]}
    assert names == {"numpy", "pillow", "safetensors", "threadpoolctl"}


def test_the_extras_are_those_that_messages_name(project) -> None:
    """`pip install "chainrule[EXTRA]"` works for each extra that a message may name."""
    assert set(project["optional-dependencies"]) >= EXTRAS


def test_the_package_fits_into_a_wheel_of_20_mb() -> None:
    """A wheel is a ZIP of these files."""
    files = [path for path in Path(chainrule.__file__).parent.rglob("*") if path.is_file()]
    packed = sum(
        len(zlib.compress(path.read_bytes(), 1)) for path in files if "__pycache__" not in path.parts
    )
    assert packed < 20_000_000, f"{packed / 1e6:.1f} MB"
