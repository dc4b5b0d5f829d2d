"""The real Fashion-MNIST, where a package of the system has brought it."""

from pathlib import Path

import numpy as np
import pytest

from chainrule import datasets
from chainrule.datasets.registry import FASHION_MNIST

PLACE = Path(FASHION_MNIST[0].system[0])

pytestmark = pytest.mark.skipif(
    not PLACE.is_dir(), reason="the real Fashion-MNIST is not here: apt-get install dataset-fashion-mnist"
)


def test_the_systems_copy_is_taken_without_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With empty caches and no network, the set comes from the system's folder, checked by its content."""
    monkeypatch.setenv("CHAINRULE_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("CHAINRULE_OFFLINE", "1")
    (x_train, y_train), (x_test, y_test) = datasets.fashion_mnist.load_data()
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    assert np.bincount(y_train).tolist() == [6000] * 10
    assert y_test[:5].tolist() == [9, 2, 1, 1, 6]
    assert x_train.mean() == pytest.approx(72.940352, abs=1e-5)
    assert list(tmp_path.iterdir()) == []


def test_it_loads_as_a_folder_of_idx_files() -> None:
    """A folder with the four files is a data set of its own, with the same numbers."""
    by_folder, by_name = datasets.load(PLACE), datasets.load("fashion-mnist")
    np.testing.assert_array_equal(by_folder.x_train, by_name.x_train)
    np.testing.assert_array_equal(by_folder.y_test, by_name.y_test)
    assert by_name.class_names is not None
    assert by_name.class_names[9] == "Ankle boot"
    assert by_folder.sizes == {"train": 60000, "val": 0, "test": 10000}
