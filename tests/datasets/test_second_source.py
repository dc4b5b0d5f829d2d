"""A test part from another folder or archive: prepared alike, classes by name, checked against what is learned."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule import datasets
from chainrule.errors import DataError

RNG = np.random.default_rng(0)


def folder(root: Path, classes: tuple[str, ...], n: int, seed: int, size=(12, 12)) -> Path:
    """Pictures of noise."""
    for k, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for j in range(n):
            pixels = np.random.default_rng([seed, k, j]).integers(0, 256, size).astype("u1")
            Image.fromarray(pixels).save(root / name / f"{j}.png")
    return root


def test_a_second_folder(tmp_path) -> None:
    """All of it is the test part, in the size of the first; classes go by their names."""
    one = folder(tmp_path / "a", ("cat", "dog", "eel"), 6, 1)
    two = folder(tmp_path / "b", ("dog", "eel"), 4, 2, size=(20, 30))
    data = datasets.load(one, test=two)
    assert data.sizes == {"train": 18, "val": 0, "test": 8}
    assert data.x_test.shape[1:] == (12, 12)
    assert np.bincount(data.y_test, minlength=3).tolist() == [0, 4, 4]
    assert data.checks.stops == ()
    with pytest.raises(
        DataError, match="has the class 'eel', which b has not|has the class 'cat', which b has not"
    ):
        datasets.load(two, test=one)


def test_the_same_folder_or_copies_of_it_stop(tmp_path) -> None:
    """A test part that was learned from is found."""
    one = folder(tmp_path / "a", ("cat", "dog"), 6, 1)
    assert datasets.load(one, test=one).checks.stops[0].name == "copies in two parts"


@pytest.mark.parametrize("dtype", ["u1", "f4", "i8"])
def test_a_second_archive(tmp_path, dtype) -> None:
    """Brought to the scale of the first; regression beside classes is refused."""
    x, y = RNG.integers(0, 256, (60, 5, 5)).astype("u1"), np.arange(60) % 3
    np.savez(tmp_path / "a.npz", x=x[:40], y=y[:40])
    np.savez(tmp_path / "b.npz", x=x[40:].astype(dtype), y=y[40:])
    data = datasets.load(tmp_path / "a.npz", test=tmp_path / "b.npz")
    assert data.sizes == {"train": 40, "val": 0, "test": 20}
    np.testing.assert_array_equal(data.x_test, x[40:])
    np.testing.assert_array_equal(data.y_test, y[40:])
    np.savez(tmp_path / "c.npz", x=x[40:], y=RNG.normal(size=20))
    with pytest.raises(DataError, match="not of one task"):
        datasets.load(tmp_path / "a.npz", test=tmp_path / "c.npz")
