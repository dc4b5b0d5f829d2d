"""Files that are small and would cost much: time or memory that no number in them is worth (rows c)."""

import io
import json
import struct
import zipfile
from typing import Any

import filemodels as small
import h5py
import numpy as np
from spoiling import Corpus, archive, legacy, spell, weights


def shared_tree(arrays: int) -> bytes:
    """Many compressed arrays whose chunks are found by one table: read so many times, stored once."""

    def change(file: h5py.File) -> None:
        noise = np.random.default_rng(0).integers(0, 256, (4, 1 << 16)).astype("u1")
        for k in range(arrays):
            file.create_dataset(
                f"layers/dense/vars/{k + 2}",
                data=noise if k == 0 else noise * 0,
                chunks=(1, 1 << 16),
                compression="gzip",
            )

    raw = bytearray(weights(change))
    with h5py.File(io.BytesIO(bytes(raw))) as file:
        address = h5py.h5o.get_info(file["layers/dense/vars/2"].id).addr
    del address
    trees = [at for at in range(len(raw)) if raw.startswith(b"TREE\x01", at)]
    first = struct.pack("<Q", trees[0])
    for tree in trees[1:]:
        place = raw.find(struct.pack("<Q", tree))
        raw[place : place + 8] = first
    return bytes(raw)


def zeros_file(megabytes: int) -> bytes:
    """Zeros in chunks, which deflate to a thousandth."""
    return weights(lambda file: file.create_dataset(
        "layers/dense/vars/2", data=np.zeros(megabytes << 18, "f4"), chunks=(1 << 18,), compression="gzip"))  # fmt: skip


def costs(to: Corpus) -> None:
    to.add("c01-shared-tree", archive(h5=shared_tree(60)), "share")
    to.add("c01-shared-tree-twice", archive(h5=shared_tree(2)), "share")
    to.add("c02-zeros-in-chunks", archive(h5=zeros_file(400)), "declares")
    to.add(
        "c02-zeros-packed-twice", archive(h5=zeros_file(400), packing=zipfile.ZIP_DEFLATED), "It is not read"
    )
    keys = ",".join(f'"k{n}":0' for n in range(60_000))
    for name, text in (
        ("first", '{"k0":1,' + keys + "}"),
        ("last", "{" + keys + ',"k59999":1}'),
        ("nested", '{"a":{' + keys + ',"k7":1}}'),
    ):
        to.add(f"c03-keys-{name}", archive(text=text.encode()), "twice")

    def listed(names: Any) -> Any:
        def change(file: h5py.File) -> None:
            group = file["model_weights"]
            del group.attrs["layer_names"]
            for k in range(0, len(names), 4000):
                group.attrs[f"layer_names{k // 4000}"] = names[k : k + 4000]

        return change

    to.add("c04-layer-names-repeated", legacy(change=listed([b"hidden"] * 40_000)), "twice", ".h5")
    to.add(
        "c04-layer-names-once-more",
        legacy(change=listed([b"flatten", b"hidden", b"out", b"out"])),
        "twice",
        ".h5",
    )
    to.add(
        "c04-layer-names-missing",
        legacy(change=listed([b"n%d" % k for k in range(40_000)])),
        "no group",
        ".h5",
    )

    def groups(file: h5py.File) -> None:
        for k in range(20_000):
            file.create_group(f"layers/g{k}")

    to.add("c05-groups", archive(h5=weights(groups)), None)
    to.add(
        "c05-groups-with-arrays",
        archive(
            h5=weights(lambda file: [file.create_dataset(f"layers/g{k}/vars/0", data=0) for k in range(4000)])
        ),
        "that its configuration does not have",
    )
    junk = io.BytesIO()
    with zipfile.ZipFile(junk, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps(spell(small.config())))
        noise = np.random.default_rng(1).integers(0, 256, 1 << 14).astype("u1").tobytes()
        file.writestr("model.weights.h5", b"".join(noise[k % 4000 :] + bytes(150_000) for k in range(400)))
    to.add("c06-junk-packed", junk.getvalue(), "member model.weights.h5")
    to.add(
        "c06-junk-after-a-beginning",
        archive(h5=weights() + bytes(range(256)) * 4000, packing=zipfile.ZIP_DEFLATED),
        "",
    )

    def long_text(file: h5py.File) -> None:
        file.attrs["model_config"] = "x" * (12 << 20)

    to.add("c07-long-text", legacy(change=long_text), "text of over", ".h5")

    def long_training(file: h5py.File) -> None:
        file.attrs["training_config"] = json.dumps({"a": "x" * (9 << 20)})

    to.add("c07-long-training", legacy(change=long_training), "text of over", ".h5")
    tiny = {"shape": (30_000,), "chunks": (1,), "dtype": "f4"}

    def tiny_chunks(file: h5py.File) -> None:
        for k in range(2):
            array = file.create_dataset(f"layers/dense/vars/{k + 2}", **tiny)
            array[:100] = 1

    to.add("c08-tiny-chunks", archive(h5=weights(tiny_chunks)), "chunks")
    to.add(
        "c09-many-settings",
        archive(
            text=json.dumps(
                {
                    "class_name": "Sequential",
                    "config": {
                        "name": "s",
                        "layers": [
                            {"class_name": "Dense", "config": {"name": f"d{k}", "units": 1}}
                            for k in range(10_001)
                        ],
                    },
                }
            ).encode()
        ),
        "layers; at most",
    )
    deep: Any = {"class_name": "Dense", "config": {"name": "a", "units": 5}}
    for _ in range(70):
        deep = [deep]
    to.add(
        "c10-deep-in-a-setting",
        archive(
            text=json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": deep}}).encode()
        ),
        "nested deeper",
    )
