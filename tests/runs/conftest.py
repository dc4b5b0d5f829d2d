"""The run that tests of reading and of damage share."""

import shutil

import pytest
from recorded import whole

from chainrule.runs import Run


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Run:
    """A finished run that tests only read."""
    return whole(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def run(recorded, tmp_path) -> Run:
    """A copy of it that a test may damage."""
    return Run(shutil.copytree(recorded.path, tmp_path / recorded.name))
