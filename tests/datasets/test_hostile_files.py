"""Every data file of the corpus gets its verdict: read with finite numbers, or refused in Chainrule's words."""

import warnings

import numpy as np
import pytest
from hostile_files import Case, cases

from chainrule import datasets
from chainrule.errors import ChainruleError


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> list[Case]:
    return list(cases(tmp_path_factory.mktemp("hostile")))


@pytest.mark.parametrize("kind", ["csv", "npz", "folder"])
def test_each_data_file_gets_its_verdict(written, kind) -> None:
    """A refusal says why; what is read holds finite numbers, labels within the classes and names of one line."""
    amiss = []
    for case in (case for case in written if case.name.startswith(kind)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                data = datasets.load(case.path)
            except ChainruleError as problem:
                if case.says is None or case.says not in str(problem):
                    amiss.append((case.name, str(problem)[:200]))
                continue
        if case.says is not None:
            amiss.append((case.name, "was read"))
        assert np.isfinite(data.x_train).all()
        assert np.isfinite(data.y_train).all()
        assert all(name.isprintable() for name in data.class_names or ())
    assert amiss == []


def test_the_corpus_is_large(written) -> None:
    """More than a hundred files, and no name twice."""
    assert len({case.name for case in written}) == len(written) > 120
