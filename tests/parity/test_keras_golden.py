"""What tests/golden keeps of Keras is what the installed Keras says."""

import importlib
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("keras", reason="KERAS IS NOT INSTALLED: nothing was compared with it")

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.long
@pytest.mark.parametrize("name", ["keras_layers", "keras_losses", "keras_defaults"])
def test_kept_answers_are_those_of_the_installed_keras(name) -> None:
    """Settings, shapes and numbers, read again: pytest -m long tests/parity/test_keras_golden.py."""
    sys.path.insert(0, str(GOLDEN))
    module = importlib.import_module(name)
    kept = json.loads(module.FILE.read_text(encoding="utf-8"))
    assert json.loads(json.dumps(module.told_by_keras())) == kept
