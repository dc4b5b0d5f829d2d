"""callbacks.TensorBoard: what it writes is read back with TensorBoard's own reader."""

import json

import numpy as np
import pytest
from event_reading import accumulated, curve
from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

import chainrule as c
from chainrule import callbacks
from chainrule.errors import SettingError


def learned(model, data, folder, epochs=3, **settings):
    """Learns with the callback; returns the history."""
    board = callbacks.TensorBoard(folder, **settings)
    return model.fit(
        *data, epochs=epochs, batch_size=8, validation_data=data, callbacks=[board], verbose=0
    ).history


def test_every_epochs_figures_are_keras_curves(model, data, tmp_path) -> None:
    """train/ has epoch_loss and the like, validation/ the same without val_; the numbers are the history's."""
    history = learned(model, data, tmp_path)
    train, held = accumulated(tmp_path / "train"), accumulated(tmp_path / "validation")
    for found, prefix in ((train, ""), (held, "val_")):
        for name in ("loss", "mae"):
            expected = list(enumerate(np.float32(history[prefix + name]).tolist()))
            assert curve(found, f"epoch_{name}") == expected
    assert curve(train, "epoch_learning_rate") == [(k, np.float32(0.001)) for k in range(3)]
    assert curve(held, "evaluation_mae_vs_iterations") == [
        (8 * (k + 1), np.float32(value)) for k, value in enumerate(history["val_mae"])
    ]
    assert not [tag for tag in train.Tags()["scalars"] if tag.startswith("batch_")]
    assert not train.Tags()["histograms"]


@pytest.mark.parametrize(
    ("every", "steps"), [("batch", list(range(1, 25))), (1, list(range(1, 25))), (5, [5, 10, 15, 20])]
)
def test_batches_are_written_as_often_as_asked(model, data, tmp_path, every, steps) -> None:
    """update_freq counts steps over all epochs, from 1; an epoch's last running loss is the epoch's."""
    history = learned(model, data, tmp_path, update_freq=every)
    found = curve(accumulated(tmp_path / "train"), "batch_loss")
    assert [step for step, _ in found] == steps
    if 24 in steps:
        assert dict(found)[24] == pytest.approx(history["loss"][-1], rel=1e-6)


def test_histograms_and_pictures_of_every_weight(model, data, tmp_path) -> None:
    """histogram_freq=2 writes epochs 0 and 2; the last histogram counts and bounds what the model holds now."""
    learned(model, data, tmp_path, histogram_freq=2, write_images=True)
    found = accumulated(tmp_path / "train")
    expected = {
        f"{model.name}/{layer.name}/{name}": value
        for layer in model.flat_layers
        for name, value in layer.params.items()
    }
    assert len(expected) == 8
    assert {tag.removesuffix("/histogram") for tag in found.Tags()["histograms"]} == set(expected)
    assert {tag.removesuffix("/image") for tag in found.Tags()["images"]} == set(expected)
    for tag, weight in expected.items():
        first, last = found.Histograms(f"{tag}/histogram")
        assert (first.step, last.step) == (0, 2)
        assert last.histogram_value.num == weight.size == sum(last.histogram_value.bucket)
        assert last.histogram_value.max == weight.max()
        assert last.histogram_value.sum == pytest.approx(weight.astype(float).sum())


def test_the_network_is_drawn_under_graphs(model, data, tmp_path) -> None:
    """TensorBoard's own reader of Keras's architectures finds all layers; write_graph=False leaves it out."""
    learned(model, data, tmp_path / "with", epochs=1)
    learned(model, data, tmp_path / "without", epochs=1, write_graph=False)
    tensor = accumulated(tmp_path / "with" / "train").Tensors("keras")[0].tensor_proto
    drawn = keras_model_to_graph_def(json.loads(tensor.string_val[0]))
    assert {node.name.rpartition("/")[2] for node in drawn.node} >= {
        layer.name for layer in model.flat_layers
    }
    assert "keras" not in accumulated(tmp_path / "without" / "train").Tags()["tensors"]


def test_the_speed_is_written_where_it_is_wanted(model, data, tmp_path) -> None:
    """A positive number for each epoch."""
    learned(model, data, tmp_path, write_steps_per_second=True)
    found = curve(accumulated(tmp_path / "train"), "epoch_steps_per_second")
    assert len(found) == 3
    assert all(value > 0 for _, value in found)


def test_watching_changes_no_bit(data, tmp_path, backend) -> None:
    """The weights are those of training without the callback."""
    ends = []
    for given in (
        [],
        [callbacks.TensorBoard(tmp_path, histogram_freq=1, update_freq="batch", write_images=True)],
    ):
        c.utils.set_random_seed(3)
        made = c.Sequential(
            [c.layers.Dense(4, activation="relu", input_shape=(3,)), c.layers.Dropout(0.3), c.layers.Dense(1)]
        )
        made.compile("adam", "mse", backend=backend)
        made.fit(*data, epochs=2, batch_size=8, callbacks=given, verbose=0)
        ends.append(b"".join(weight.tobytes() for weight in made.get_weights()))
    assert ends[0] == ends[1]


def test_a_stream_of_batches_is_watched_as_arrays_are(model, data, tmp_path) -> None:
    """Epochs, steps and weights of a generator's training are written as well."""
    x, y = data

    def batches():
        while True:
            for k in range(0, 64, 8):
                yield x[k : k + 8], y[k : k + 8]

    board = callbacks.TensorBoard(tmp_path, histogram_freq=1, update_freq=4)
    history = model.fit(batches(), steps_per_epoch=8, epochs=2, callbacks=[board], verbose=0).history
    found = accumulated(tmp_path / "train")
    assert curve(found, "epoch_loss") == list(enumerate(np.float32(history["loss"]).tolist()))
    assert [step for step, _ in curve(found, "batch_loss")] == [4, 8, 12, 16]
    last = found.Histograms(f"{model.name}/dense/kernel/histogram")[-1].histogram_value
    assert (last.min, last.max) == (
        model.layers[0].params["kernel"].min(),
        model.layers[0].params["kernel"].max(),
    )


def test_a_network_that_no_file_holds_learns_without_its_graph(data, tmp_path, capsys) -> None:
    """A layer whose settings are no JSON: that is said, and all else is written."""

    class Odd(c.layers.Dense):
        def get_config(self):
            return {**super().get_config(), "odd": object()}

    made = c.Sequential([Odd(4, input_shape=(3,)), c.layers.Dense(1)])
    made.compile("adam", "mse")
    learned(made, data, tmp_path, epochs=2)
    assert "the graph is left out" in capsys.readouterr().err
    found = accumulated(tmp_path / "train")
    assert len(curve(found, "epoch_loss")) == 2
    assert "keras" not in found.Tags()["tensors"]


def test_two_fits_write_two_files(model, data, tmp_path) -> None:
    """A second fit in the same second overwrites nothing."""
    learned(model, data, tmp_path, epochs=1)
    learned(model, data, tmp_path, epochs=1)
    assert len(list((tmp_path / "train").iterdir())) == 2


def test_what_is_not_supported_is_said(model, data, tmp_path, capsys) -> None:
    """profile_batch and embeddings_freq change nothing, and it says so."""
    learned(model, data, tmp_path, profile_batch=2, embeddings_freq=1)
    assert "profile_batch and embeddings_freq" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"update_freq": 0}, "update_freq is a whole number from 1 on or 'epoch' or 'batch'; it got 0"),
        ({"update_freq": "step"}, "got 'step'"),
        ({"histogram_freq": -1}, "histogram_freq is a whole number from 0 on"),
        ({"histogram_frequency": 1}, "no setting of TensorBoard called 'histogram_frequency'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, words) -> None:
    """Before anything is learned."""
    with pytest.raises(SettingError, match=words):
        callbacks.TensorBoard("logs", **settings)
