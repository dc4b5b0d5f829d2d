"""What lies beside a run as its examples or batches, and is not what it learned from, is refused in a sentence."""

import json
import os

import numpy as np
import pytest

from chainrule import RunRecorder, Sequential, explain, layers, open_run, utils
from chainrule.errors import ChainruleError, FileError

RNG = np.random.default_rng(0)
X = RNG.random((30, 4)).astype(np.float32)
Y = RNG.integers(0, 3, 30)


class Batches(utils.PyDataset):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, i):
        return X[10 * i : 10 * i + 10], Y[10 * i : 10 * i + 10]


@pytest.fixture(scope="module", params=["arrays", "batches"])
def recorded(request, tmp_path_factory):
    """A run with the file of what it learned from, and that file's bytes."""
    utils.set_random_seed(1)
    model = Sequential([layers.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", backend="numpy")
    record = RunRecorder(tmp_path_factory.mktemp("runs"))
    if request.param == "arrays":
        model.fit(
            X, Y, batch_size=10, epochs=2, verbose=0, callbacks=[record], validation_data=(X[:5], Y[:5])
        )
    else:
        model.fit(Batches(), epochs=2, verbose=0, callbacks=[record])
    (kept,) = (record.folder.parent / ".examples").glob("*.npz")
    return record.folder, kept, kept.read_bytes()


CHANGES = {
    "one number": lambda a: np.concatenate([a.reshape(-1)[:-1], a.reshape(-1)[-1:] + 1]).reshape(a.shape).astype(a.dtype),
    "gone": lambda a: None,
    "empty": lambda a: a[:0] if a.ndim else np.zeros(0),
    "one less": lambda a: a[:-1] if a.ndim else -a,
    "text": lambda a: a.astype("U9"),
    "below zero": lambda a: -a.astype(np.int64) - 1,
    "huge": lambda a: np.full(a.shape, 2**62, np.int64),
    "beyond all": lambda a: np.full(a.shape, 2**64 - 1, np.uint64),
    "nan": lambda a: np.full(a.shape, np.nan, np.float32),
    "one number alone": lambda a: np.float32(3),
    "more axes": lambda a: np.repeat(a[..., None], 2, axis=-1),
    "in another box": lambda a: a[None],
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_other_examples_than_a_run_learned_from_are_refused(recorded, change) -> None:
    """Each array of the file changed in each way: a sentence of ours, or the step as training took it; never another."""
    folder, kept, content = recorded
    good = dict(np.load(kept))
    try:
        for name, array in good.items():
            changed = good | {name: CHANGES[change](array)}
            np.savez(kept, **{key: value for key, value in changed.items() if value is not None})
            try:
                step = explain.step(open_run(folder), 4)
            except ChainruleError:  # anything else ends the test
                continue
            assert name not in {"x", "y", "batch_digests", "batch_rows"}, (name, change)
            assert step.agreement().same_bits or step.inputs.doubt, (name, change)
    finally:
        kept.unlink()
        kept.write_bytes(content)
    assert explain.step(open_run(folder), 4).agreement().same_bits


def test_what_is_no_file_is_not_opened(recorded) -> None:
    """A pipe, a folder, a device, a circle of links, half a file in its place."""
    folder, kept, content = recorded
    half = lambda: kept.write_bytes(content[: len(content) // 2])  # noqa: E731
    places = (lambda: os.mkfifo(kept), kept.mkdir, lambda: kept.symlink_to("/dev/zero"), lambda: kept.symlink_to(kept.name), half)  # fmt: skip
    for put in places:
        kept.unlink()
        put()
        with pytest.raises(FileError):
            explain.step(open_run(folder), 4)
        if kept.is_dir():
            kept.rmdir()
            kept.touch()
        kept.unlink()
        kept.write_bytes(content)


def edited(value, *place):
    """A change of run.json: one entry replaced."""

    def change(info) -> None:
        for key in place[:-1]:
            info = info[key]
        info[place[-1]] = value

    return change


EDITS = {
    "a recipe that is a number": edited(0.5, "settings", "recipe"),
    "an optimizer with another memory": edited(
        True, "settings", "training", "optimizer", "config", "amsgrad"
    ),
    "an optimizer that keeps averages": edited(
        True, "settings", "training", "optimizer", "config", "use_ema"
    ),
    "a layer more": lambda info: info["settings"]["model"]["layers"].append(
        info["settings"]["model"]["layers"][-1]
    ),
    "other units": edited(4, "settings", "model", "layers", 1, "config", "units"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_run_json_that_names_another_network_is_refused(recorded, edit) -> None:
    """Network and optimizer are compared with the arrays of the snapshot before a step is taken."""
    path = recorded[0] / "run.json"
    content = path.read_text()
    info = json.loads(content)
    EDITS[edit](info)
    path.write_text(json.dumps(info))
    try:
        with pytest.raises(ChainruleError):
            explain.step(open_run(recorded[0]), 4)
    finally:
        path.write_text(content)
