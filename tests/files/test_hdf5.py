"""Our HDF5 against the HDF5 library: what one writes, the other reads."""

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from chainrule.errors import FileError
from chainrule.files import hdf5
from chainrule.files.disk import opened

NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
NUMBERS = st.sampled_from(["<f4", "<f8", ">f4", "<f2", "i1", "<i8", ">u2", "u1"])
ARRAYS = NUMBERS.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0))
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)
ATTRIBUTES = st.dictionaries(NAMES, TEXTS | st.lists(st.text("abc/_:0", min_size=1), max_size=5), max_size=3)


def folders(children: Any) -> Any:
    good = st.dictionaries(NAMES.filter(lambda name: name not in (".", "..")), ARRAYS | children, max_size=12)
    return st.builds(hdf5.Folder, ATTRIBUTES, good)


def compare(ours: hdf5.Group, theirs: h5py.Group) -> None:
    """Both readers see the same names, texts and numbers."""
    assert set(ours.children) == set(theirs)
    assert set(ours.attributes) == set(theirs.attrs)
    for name, value in theirs.attrs.items():
        if isinstance(value, np.ndarray):
            assert ours.texts(name) == [v.decode() if isinstance(v, bytes) else v for v in value.tolist()]
        else:
            assert ours.text(name) == value
    for name, child in ours.children.items():
        other = theirs[name]
        if isinstance(child, hdf5.Group):
            compare(child, other)
        else:
            array = child.read()
            assert array.dtype == other.dtype.newbyteorder("=")
            np.testing.assert_array_equal(array, other[()])


def both(raw: bytes) -> None:
    with opened(raw) as source, h5py.File(io.BytesIO(raw)) as theirs:
        compare(hdf5.read(source), theirs)


@settings(max_examples=100)
@given(folders(st.recursive(st.builds(hdf5.Folder), folders, max_leaves=4)))
def test_the_library_reads_what_we_write(root: hdf5.Folder) -> None:
    """Any tree of groups, arrays and texts comes back the same from our reader and from the HDF5 library."""
    both(b"".join(hdf5.encode(root)))


def test_the_library_goes_on_writing_in_our_files(tmp_path: Path) -> None:
    """A file of ours can be extended and pruned by the HDF5 library, and we still read it."""
    root = hdf5.Folder({"about": "größer"})
    for index in range(300):
        root.place(f"many/{index}/x", np.full(3, index))
    path = tmp_path / "file.h5"
    path.write_bytes(b"".join(hdf5.encode(root)))
    with h5py.File(path, "r+") as file:
        for index in range(0, 300, 2):
            del file[f"many/{index}"]
        for index in range(1000):
            file[f"many/new {index}"] = np.float32(index)
        file.attrs["long"] = "x" * 100_000
        file.attrs["about"] = "kleiner"
    both(path.read_bytes())


def test_thousands_of_names_in_one_group() -> None:
    """Search trees of several levels are written and read."""
    root = hdf5.Folder()
    for index in range(3000):
        root.place(f"g/{index}", np.array(index))
    raw = b"".join(hdf5.encode(root))
    both(raw)
    with opened(raw) as source:
        found = hdf5.read(source).dataset("g/2999")
        assert found is not None
        assert found.read() == 2999


def test_long_lists_of_names_are_cut_as_keras_cuts_them() -> None:
    """A list that does not fit in one attribute becomes name0, name1, ..."""
    names = [f"layer_{index:05}" for index in range(20_000)]
    with h5py.File(io.BytesIO(b"".join(hdf5.encode(hdf5.Folder({"names": names}))))) as file:
        parts = [file.attrs[f"names{index}"] for index in range(len(file.attrs))]
    assert [name.decode() if isinstance(name, bytes) else name for part in parts for name in part] == names


@pytest.mark.parametrize("how", [
    {"chunks": (10, 10)}, {"compression": "gzip"}, {"chunks": (7, 9), "compression": 9, "shuffle": True},
    {"chunks": (37, 53), "fletcher32": True}, {"chunks": (7, 9), "compression": 1, "shuffle": True, "fletcher32": True},
])  # fmt: skip
@pytest.mark.parametrize("dtype", ["<f4", ">i2"])
def test_compressed_arrays_are_read(how: dict[str, Any], dtype: str) -> None:
    """Chunks, deflate, shuffle and checksums of the HDF5 library, in every combination, give the same numbers."""
    array = (np.random.default_rng(1).normal(size=(37, 53)) * 100).astype(dtype)
    raw = io.BytesIO()
    with h5py.File(raw, "w") as file:
        file.create_dataset("x", data=array, **how)
        file.create_dataset("odd", data=np.arange(1001, dtype="u1"), chunks=(501,), fletcher32=True)
        file.create_dataset("zeros", data=np.zeros((100, 100)), compression="gzip")
    both(raw.getvalue())


def test_compact_arrays_are_read() -> None:
    """Small arrays that lie within their header are found there."""
    raw = io.BytesIO()
    with h5py.File(raw, "w") as file:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((2, 3))
        dataset = h5py.h5d.create(file.id, b"x", h5py.h5t.IEEE_F32LE, space, plist)
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(6, dtype="f4").reshape(2, 3))
    both(raw.getvalue())


def test_arrays_that_hdf5_has_no_type_for_are_refused() -> None:
    """Objects, texts and complex numbers are not written at all."""
    for array in (np.array(["a"]), np.array([1j]), np.array([None])):
        with pytest.raises(FileError, match="integers or floats"):
            hdf5.encode(hdf5.Folder(children={"x": array}))


def test_a_name_is_given_once() -> None:
    """Two arrays in the same place, or an array and a group, are an error of the writer."""
    root = hdf5.Folder()
    root.place("a/b", np.zeros(1))
    for path in ("a/b", "a/b/c"):
        with pytest.raises(FileError, match="cannot be written"):
            root.place(path, np.zeros(1))
