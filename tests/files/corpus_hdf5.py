"""HDF5 that lies about its sizes, leads elsewhere or in circles (rows h), and some that is only unusual."""

import struct
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from spoiling import Corpus, archive, legacy, weights


def replaced(path: str, **how: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        del file[path]
        file.create_dataset(path, **how)

    return change


def hdf5_files(to: Corpus) -> None:
    kernel = "layers/dense/vars/0"

    def both(name: str, change: Callable[[h5py.File, str], None], says: str | None) -> None:
        """The same attack on the weights of a .keras and on a whole .h5."""
        to.add(name, archive(h5=weights(lambda file: change(file, kernel))), says)
        to.add(
            f"{name}-h5",
            legacy(change=lambda file: change(file, "model_weights/hidden/hidden/kernel:0")),
            says,
            ".h5",
        )

    def swap(**how: Any) -> Callable[[h5py.File, str], None]:
        return lambda file, path: replaced(path, **how)(file)

    both("h01-8-PiB", swap(shape=(2**50,), dtype="f8"), "declares")
    both("h01-8-PiB-chunked", swap(shape=(2**50,), dtype="f8", chunks=(2**20,)), "declares")
    both("h02-3.9-GiB", swap(shape=(1_046_898_278,), dtype="f4"), "declares")
    both(
        "h02-3.9-GiB-chunked",
        swap(shape=(1_046_898_278,), dtype="f4", chunks=(2**16,), compression="gzip"),
        "declares",
    )
    both(
        "h03-external",
        swap(shape=(16, 5), dtype="f4", external=[(str(to.canary), 0, 320)]),
        "external storage",
    )

    def virtual(file: h5py.File, path: str) -> None:
        del file[path]
        layout = h5py.VirtualLayout((16, 5), "f4")
        layout[:] = h5py.VirtualSource(str(to.canary), "x", (16, 5))
        file.create_virtual_dataset(path, layout)

    both("h04-virtual", virtual, "virtual")

    def link(target: Any) -> Callable[[h5py.File, str], None]:
        def change(file: h5py.File, path: str) -> None:
            del file[path]
            file[path] = target

        return change

    both("h05-external-link", link(h5py.ExternalLink(str(to.canary), "/x")), "external link")
    both("h06-soft-link", link(h5py.SoftLink("/layers")), "soft link")

    def cycle(file: h5py.File, path: str) -> None:
        folder = path.rsplit("/", 1)[0]
        file[f"{folder}/again"] = file[path.split("/", maxsplit=1)[0]]

    both("h07-cycle", cycle, "same object twice")
    both("h07-hard-link", lambda file, path: file.__setitem__("elsewhere", file[path]), "same object twice")
    text = h5py.string_dtype()
    both("h08-text", swap(shape=(16, 5), dtype=text), "holds text")
    both("h08-fixed-text", swap(data=np.full((16, 5), b"abc")), "holds text")
    both("h08-compound", swap(data=np.zeros((16, 5), [("a", "f4"), ("b", "i4")])), "compound")
    both("h08-reference", swap(shape=(16, 5), dtype=h5py.ref_dtype), "reference")
    both("h08-list", swap(shape=(16, 5), dtype=h5py.vlen_dtype("f4")), "variable length")
    both("h08-opaque", swap(data=np.zeros((16, 5), "V3")), "opaque")
    both("h08-bool", swap(data=np.zeros((16, 5), bool)), "enumeration")
    both("h08-complex", swap(data=np.zeros((16, 5), "c8")), "a type that weights never have")
    both("h08-aside", lambda file, path: file.create_dataset("metrics/notes", data="hello"), None)
    both(
        "h08-bool-aside", lambda file, path: file.create_dataset("metrics/mask", data=np.zeros(4, bool)), None
    )
    both(
        "h08-compound-aside",
        lambda file, path: file.create_dataset("log", data=np.zeros(4, [("a", "f4")])),
        None,
    )
    both("h06-soft-link-aside", lambda file, path: file.__setitem__("latest", h5py.SoftLink("/layers")), None)
    both(
        "h05-external-link-aside",
        lambda file, path: file.__setitem__("other", h5py.ExternalLink(str(to.canary), "/x")),
        None,
    )
    both("h09-transposed", swap(data=np.zeros((5, 16), "f4")), "needs arrays")
    both("h09-flat", swap(data=np.zeros(80, "f4")), "needs arrays")
    both("h09-missing", lambda file, path: file.__delitem__(path), "")
    both("h10-lzf", swap(data=np.zeros((16, 5), "f4"), compression="lzf"), "filter number 32000")
    unknown = weights(replaced(kernel, data=np.zeros((16, 5), "f4"), compression="gzip"))
    marker = struct.pack("<HH", 1, 8)  # filter 1 with a name of eight bytes, in the filter message
    to.add(
        "h10-unknown",
        archive(h5=unknown.replace(marker, struct.pack("<HH", 31999, 8), 1)),
        "filter number 31999",
    )
    to.add("h11-user-block", b"#!/bin/sh\n" + legacy(userblock_size=512)[10:], None, ".h5")
    to.add("h11-user-block-4096", legacy(userblock_size=4096), None, ".h5")
    to.add("h11-user-block-inside", archive(h5=weights(userblock_size=1024)), None)
    to.add("h11-user-block-cut", legacy(userblock_size=512)[:-10], "truncated", ".h5")

    def names(file: h5py.File) -> None:
        group = file["model_weights"]
        for index in range(160):
            group.attrs[f"layer_names{index}"] = np.full(6300, b"0123456789")
        del group.attrs["layer_names"]

    to.add("h12-names", legacy(change=names), "100,000", ".h5")
    to.add(
        "h12-names-latest",
        legacy(libver="latest", change=lambda f: f.attrs.create("n", np.full(10**6, b"abcdefgh"))),
        "newer layout",
        ".h5",
    )
    loops(to)
    to.add("h16-newer", legacy(libver="latest"), "newer layout", ".h5")
    to.add("h16-track-order", legacy(track_order=True), "newer layout", ".h5")
    to.add("h16-weights-only", weights(), "load_weights", ".h5")
    to.add(
        "h16-unclaimed",
        archive(h5=weights(lambda f: f.create_dataset("layers/dense_7/vars/0", data=np.zeros(3)))),
        "does not have",
    )


def loops(to: Corpus) -> None:
    """Search trees that lead back to themselves, or out of the file."""
    good = legacy()
    root = struct.unpack_from("<Q", good, 0x50)[0]  # the root's tree, cached in the superblock

    def patch(raw: bytes, at: int, value: int) -> bytes:
        return raw[:at] + struct.pack("<Q", value) + raw[at + 8 :]

    to.add("h13-tree-loop", patch(good, root + 32, root), "leads back to itself", ".h5")
    to.add("h13-tree-outside", patch(good, root + 32, 2**40), "truncated or damaged", ".h5")
    to.add("h13-tree-minus-one", patch(good, root + 32, 2**64 - 1), "truncated or damaged", ".h5")
    header = struct.unpack_from("<Q", good, 0x40)[0]
    to.add("h13-root-outside", patch(good, 0x40, 2**63), "truncated or damaged", ".h5")
    to.add("h13-root-is-a-tree", patch(good, 0x40, root), "damaged", ".h5")
    leaf = struct.unpack_from("<Q", good, root + 32)[0]
    to.add("h13-child-is-root", patch(good, leaf + 8 + 8, header), "same object twice", ".h5")
    packed = weights(
        replaced("layers/dense/vars/0", data=np.ones((16, 5), "f4"), chunks=(8, 5), compression="gzip")
    )
    tree = packed.find(b"TREE\1")
    step = 8 + 8 * 3
    to.add("h13-chunk-outside", archive(h5=patch(packed, tree + 24 + step, 2**40)), "damaged chunk table")
    to.add(
        "h13-chunk-twice",
        archive(h5=packed[: tree + 24 + step + 16] + bytes(8) + packed[tree + 48 + step :]),
        "damaged chunk table",
    )
    to.add(
        "h13-chunk-loop",
        archive(h5=patch(packed[: tree + 5] + b"\1" + packed[tree + 6 :], tree + 24 + step, tree)),
        "looping chunk table",
    )
    raw = bytearray(packed)
    raw[struct.unpack_from("<Q", packed, tree + 24 + step)[0] + 5] ^= 0xFF
    to.add("h13-chunk-rotten", archive(h5=bytes(raw)), "chunk")


def overlaps(to: Corpus) -> None:
    """Small files whose parts are read again and again, or unpack to far more than they are."""

    def groups(file: h5py.File) -> None:
        for index in range(300):
            file.create_group(f"metrics/{index}")
        for index in range(500):
            file.create_group(f"names/{index:0400}")

    raw = bytearray(weights(groups))
    marker = struct.pack("<HH", 0x11, 16)
    places, at = [], raw.find(marker)
    while at > 0:
        places.append(at + 16)
        at = raw.find(marker, at + 1)
    heaps = [struct.unpack_from("<Q", raw, place)[0] for place in places]
    largest = max(
        (heap for heap in heaps if raw[heap : heap + 4] == b"HEAP"),
        key=lambda heap: raw[heap + 8 : heap + 16][::-1],
    )
    for place, heap in zip(places, heaps, strict=True):
        if raw[heap : heap + 4] == b"HEAP" and raw[heap + 8 : heap + 16] == struct.pack("<Q", 88):
            raw[place : place + 8] = struct.pack("<Q", largest)
    to.add("h18-shared-heap", archive(h5=bytes(raw)), "over each other")
    giant = replaced(
        "layers/dense/vars/0",
        shape=(16, 5),
        maxshape=(None, None),
        chunks=(4096, 4096),
        dtype="f4",
        compression="gzip",
        fillvalue=1,
    )

    def written(file: h5py.File) -> None:
        giant(file)
        file["layers/dense/vars/0"][:] = 1

    to.add("h18-giant-chunk", archive(h5=weights(written)), "would unpack")
    tiny = replaced("layers/dense/vars/0", shape=(200_000,), chunks=(1,), dtype="u1", maxshape=(None,))
    to.add("h18-tiny-chunks", archive(h5=weights(tiny)), "200,000 chunks")


def acceptable(to: Corpus) -> None:
    """Unusual, and to be opened all the same."""

    def nan(file: h5py.File) -> None:
        file["layers/dense/vars/0"][0, 0] = np.nan
        file["layers/dense_1/vars/1"][1] = np.inf

    to.add("h14-nan", archive(h5=weights(nan)), None, warns="hidden/kernel, out/bias")
    to.add("h15-big-endian", legacy(dtype=">f4"), None, ".h5")
    to.add("h15-float16", legacy(dtype="f2"), None, ".h5")
    to.add("h15-float64", legacy(dtype=">f8"), None, ".h5")
    training = {
        "loss": "mse",
        "metrics": ["mae"],
        "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": 0.1}},
    }
    to.add("h15-mse", legacy(training=training), None, ".h5")
    to.add("h17-packed", archive(packing=zipfile.ZIP_DEFLATED), None)
    to.add("h17-extra-member", archive(members=lambda z: z.writestr("assets/notes.txt", "hello")), None)
    to.add("h17-misnamed", legacy(), None, ".keras")
    to.add("h17-misnamed-zip", archive(), None, ".h5")
    gzip = replaced(
        "layers/dense/vars/0", data=np.ones((16, 5), "f4"), compression="gzip", shuffle=True, fletcher32=True
    )
    to.add("h17-compressed", archive(h5=weights(gzip)), None)
