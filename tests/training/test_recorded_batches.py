"""A fit on data that come in batches is recorded: which batch each step saw, and any step of it again."""

import numpy as np
import pytest

from chainrule import RunRecorder, Sequential, layers, open_run, optimizers, utils
from chainrule.callbacks import Callback
from chainrule.errors import SettingError
from chainrule.explain.conditions import Condition, columns_of
from chainrule.recording import kept_batches, recorder
from chainrule.runs import Run

RNG = np.random.default_rng(0)
X = RNG.random((90, 4)).astype("float32")
Y = (X[:, 0] > 0.5).astype("float32")


def model():
    utils.set_random_seed(1)
    made = Sequential(
        [layers.Input((4,)), layers.Dense(8, "tanh"), layers.Dropout(0.3), layers.Dense(1, "sigmoid")]
    )
    made.compile(optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    return made


class Numbered(utils.PyDataset):
    """Batches by number; the last one is smaller, and its place is drawn anew in each epoch."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return X[25 * index : 25 * index + 25], Y[25 * index : 25 * index + 25]


def endless(seed=3):
    """Other examples in every batch, in the same arrays."""
    rng, x, y = np.random.default_rng(seed), np.empty((10, 4), np.float32), np.empty(10, np.float32)
    while True:
        x[:] = rng.random((10, 4))
        y[:] = x[:, 0] > 0.5
        yield x, y


class Weighted:
    """Gone through anew for each epoch; batches bring weights."""

    def __iter__(self):
        return iter([(X[k : k + 30], Y[k : k + 30], np.full(30, 1 + k, np.float32)) for k in (0, 30, 60)])


SOURCES = {
    "by number": (Numbered, {}),
    "by number, counted": (Numbered, {"steps_per_epoch": 2}),
    "in turn": (Weighted, {}),
    "once": (endless, {"steps_per_epoch": 5}),
}


class Weights(Callback):
    """The weights before each step, and which examples it saw do not matter here."""

    def __init__(self):
        super().__init__()
        self.before = []

    def on_train_batch_begin(self, batch, logs=None):
        self.before.append([w.copy() for w in self.model.get_weights()])


def recorded(folder, source, settings, **options):
    """The model, the weights before each step, the run."""
    made, seen, record = model(), Weights(), RunRecorder(folder, **options)
    made.fit(source, epochs=3, verbose=0, callbacks=[seen, record], **settings)
    return made, seen.before, Run(record.folder)


def is_the_same(run, before) -> None:
    """Every step's weights are those of training, to the last bit."""
    for step, weights in enumerate(before):
        found = [w for layer in run.at(step)["params"] for w in layer.values()]
        for a, b in zip(found, weights, strict=True):
            np.testing.assert_array_equal(a, b)
    assert run.replay.compare(0, len(before)) == 0.0


@pytest.mark.parametrize("kind", SOURCES)
def test_every_step_opens_again_without_the_program(tmp_path, kind) -> None:
    """States, batches and losses are those of training; recording changed no bit of it."""
    make, settings = SOURCES[kind]
    made, before, run = recorded(tmp_path, make(), settings)
    plain = model()
    plain.fit(make(), epochs=3, verbose=0, **settings)
    for a, b in zip(made.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert run.status == "finished"
    assert len(run.epochs) == 3
    assert len(run.steps) == len(before)
    is_the_same(open_run(run.name, tmp_path), before)


def test_a_step_s_batch_is_the_one_it_saw(tmp_path) -> None:
    """Batches that come again are kept once; each step has its own rows."""
    _, _, run = recorded(tmp_path, Numbered(), {})
    opened = open_run(run.name, tmp_path)
    assert len(opened.replay.examples) == 90
    for epoch in range(3):
        seen = np.concatenate([opened.batch(4 * epoch + k)[0] for k in range(4)])
        assert sorted(seen[:, 0].tolist()) == sorted(X[:, 0].tolist())
    sizes = [len(opened.batch(step)[0]) for step in range(12)]
    assert sorted(sizes) == [15] * 3 + [25] * 9
    assert sizes[:4] != sizes[4:8] or sizes[4:8] != sizes[8:]  # the small one's place was drawn


def test_explain_shows_a_step_of_it(tmp_path) -> None:
    """The arithmetic of a step adds up, as for arrays."""
    from chainrule import explain

    _, _, run = recorded(tmp_path, endless(), SOURCES["once"][1])
    found = explain.step(open_run(run.name, tmp_path), 7)
    assert "loss" in str(found)


@pytest.mark.parametrize("kind", SOURCES)
def test_many_batches_leave_digests_and_open_with_the_same_iterable(tmp_path, kind, monkeypatch) -> None:
    """What is not kept is gone through again; another batch, and a run opened without, are refused in a sentence."""
    monkeypatch.setattr(recorder, "MOST", 100)
    make, settings = SOURCES[kind]
    _, before, run = recorded(tmp_path, make(), settings)
    assert sum(file.stat().st_size for file in (tmp_path / ".examples").iterdir()) < 5000
    with pytest.raises(SettingError, match="batches that were not kept"):
        open_run(run.name, tmp_path).at(3)
    is_the_same(open_run(run.name, tmp_path, model=model(), x=make()), before)


def test_another_batch_is_refused(tmp_path, monkeypatch) -> None:
    """Replay goes on only where the iterable gives the same again."""
    monkeypatch.setattr(recorder, "MOST", 100)
    _, _, run = recorded(tmp_path, endless(), SOURCES["once"][1])
    with pytest.raises(SettingError, match="Batch 0 of epoch 0 is not the one"):
        open_run(run.name, tmp_path, model=model(), x=endless(seed=4)).at(3)
    other = Sequential([layers.Dense(3), layers.Dense(1, "sigmoid")])
    other.compile("sgd", "mse")
    with pytest.raises(SettingError, match="The model is not the one"):
        open_run(run.name, tmp_path, model=other, x=endless()).at(3)


def test_examples_are_not_kept_where_nobody_wants_it(tmp_path) -> None:
    """keep_examples=False leaves digests alone."""
    _, _, run = recorded(tmp_path, Numbered(), {}, keep_examples=False)
    (file,) = (tmp_path / ".examples").iterdir()
    with np.load(file) as arrays:
        assert sorted(arrays) == ["batch_digests", "batch_epochs", "batch_numbers"]
    assert run.metrics["loss"] > 0


def test_such_a_run_is_neither_resumed_nor_forked(tmp_path) -> None:
    """What would come next is not known, and that is said."""
    _, _, run = recorded(tmp_path, Numbered(), {})
    with pytest.raises(SettingError, match="cannot be resumed"):
        model().fit(Numbered(), verbose=0, callbacks=[RunRecorder(resume=run.path)])
    with pytest.raises(SettingError, match="cannot be resumed or forked"):
        open_run(run.name, tmp_path).replay.start(5)


def test_what_one_run_alone_needs_goes_with_it(tmp_path) -> None:
    """Where only metrics are left of a run, its batches go, too."""
    from chainrule.runs.removal import leave_metrics, remove

    _, _, run = recorded(tmp_path, Numbered(), {})
    _, _, other = recorded(tmp_path, Numbered(), {})
    assert len(list((tmp_path / ".examples").iterdir())) == 2
    assert leave_metrics(run) > 0
    assert len(list((tmp_path / ".examples").iterdir())) == 1
    remove(other)
    assert list((tmp_path / ".examples").iterdir()) == []


def test_damaged_batches_are_refused(tmp_path) -> None:
    """A file that names batches it does not have is no run's."""
    from chainrule.errors import FileError

    _, _, run = recorded(tmp_path, Numbered(), {})
    (file,) = (tmp_path / ".examples").iterdir()
    with np.load(file) as stored:
        arrays = dict(stored)
    for change in (
        {"batch_numbers": arrays["batch_numbers"] + 9},
        {"batch_epochs": arrays["batch_epochs"] * 5},
        {"batch_digests": arrays["batch_digests"][:, :3]},
        {"batch_rows": arrays["batch_rows"] + 1},
        {"batch_numbers": arrays["batch_numbers"].astype(float)},
    ):
        np.savez(file, **arrays | change)
        with pytest.raises(FileError, match="damaged"):
            open_run(run.name, tmp_path).at(3)


def test_batches_of_several_kinds_are_not_kept() -> None:
    """What cannot be one array is left to its digests."""
    from chainrule.engine.examples import Examples

    kept = kept_batches.KeptBatches()
    kept.saw(Examples(np.ones((2, 3), np.float32), np.ones(2)))
    kept.saw(Examples(np.ones((2, 4), np.float32), np.ones(2)))
    assert kept.contents is None
    assert sorted(kept.arrays()) == ["batch_digests", "batch_epochs", "batch_numbers"]


class OtherLengths(utils.PyDataset):
    """Batches of six examples, in every epoch another number of them."""

    def __init__(self, lengths) -> None:
        super().__init__()
        self.lengths, self.epoch = lengths, 0

    def __len__(self) -> int:
        return self.lengths[min(self.epoch, len(self.lengths) - 1)]

    def __getitem__(self, i):
        return X[6 * i : 6 * i + 6], Y[6 * i : 6 * i + 6]

    def on_epoch_end(self) -> None:
        self.epoch += 1


@pytest.mark.parametrize("lengths", [(2, 5, 1, 4), (4, 4, 4), (1, 1, 3)])
def test_conditions_and_curves_know_epochs_of_other_lengths(tmp_path, lengths) -> None:
    """`after epoch 2` and the place of a step on the axis of epochs follow the epochs as they were."""
    record = RunRecorder(tmp_path)
    model().fit(OtherLengths(lengths), epochs=len(lengths), verbose=0, callbacks=[record])
    run = Run(record.folder)
    truly = np.repeat(np.arange(len(lengths)) + 1, lengths)
    columns = columns_of(run)
    np.testing.assert_array_equal(columns["epoch"], truly)
    begins = np.cumsum([0, *lengths])
    for epoch in range(1, len(lengths)):
        assert Condition(f"loss > 0 after epoch {epoch}").first(columns) == begins[epoch]
    assert run.through_epochs(begins).tolist() == list(range(len(lengths) + 1))
    assert run.through_epochs(begins[1:] - 0.5) == pytest.approx(
        [k + 1 - 0.5 / n for k, n in enumerate(lengths)]
    )
