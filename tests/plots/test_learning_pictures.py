"""Curves, sizes, weights and histograms: the lines are the numbers that were recorded."""

import numpy as np
import pytest

from chainrule import Sequential, layers, plots
from chainrule.errors import SettingError, ShapeError
from chainrule.plots import learning
from chainrule.runs import Run


def lines(ax) -> dict[str, tuple[list, list]]:
    return {str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines}


def test_curves_are_the_figures_of_the_epochs(learned) -> None:
    """Of a run, of what fit returned and of plain lists: the same lines, epochs counted from 1."""
    fields = {name: [epoch.metrics[name] for epoch in learned.run.epochs] for name in ("loss", "val_loss")}
    for run in (learned.run, learned.history, learned.history.history):
        drawn = lines(plots.curves(run, steps=False))
        assert set(drawn) == {"training", "validation"}
        assert drawn["training"][0] == [1, 2, 3]
        np.testing.assert_allclose(drawn["training"][1], fields["loss"], rtol=1e-6)
        np.testing.assert_allclose(drawn["validation"][1], fields["val_loss"], rtol=1e-6)


def test_the_steps_of_a_run_lie_between_its_epochs(learned, monkeypatch) -> None:
    """Each step's own loss, in the middle of its place; many steps are drawn by their means, all of them used."""
    at, loss = lines(plots.curves(learned.run))["steps"]
    np.testing.assert_allclose(at, (np.arange(36) + 0.5) / 12)
    np.testing.assert_allclose(loss, learned.run.steps["loss"], rtol=1e-6)
    monkeypatch.setattr(learning, "MEANS", 9)
    at, loss = lines(plots.curves(learned.run))["means of 4 steps"]
    np.testing.assert_allclose(at, (4 * np.arange(9) + 2) / 12)
    np.testing.assert_allclose(loss, learned.run.steps["loss"].reshape(9, 4).mean(axis=1), rtol=1e-6)
    assert "steps" not in lines(plots.curves(learned.run, learned.run))


def test_a_run_without_an_epoch_has_no_curve_yet() -> None:
    """That is said, instead of an empty picture."""
    with pytest.raises(SettingError, match="no epoch has ended"):
        plots.curves({"loss": []})


def test_many_runs_have_a_colour_and_a_name_each(learned) -> None:
    """Their folders' names, or the labels given; training and validation of one have one colour."""
    ax = plots.curves(learned.run, {"accuracy": [0.5, 0.6]}, figure="accuracy", labels=["first", "second"])
    assert set(lines(ax)) == {"first, training", "first, validation", "second, training"}
    colours = {str(line.get_label()): line.get_color() for line in ax.lines}
    assert colours["first, training"] == colours["first, validation"] != colours["second, training"]
    assert ax.get_ylabel() == "accuracy"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(lines(ax))
    assert f"{learned.run.name}, training" in lines(plots.curves(learned.run, learned.run))


def test_what_has_no_curve_is_refused(learned) -> None:
    """No run, a figure that was not recorded, labels that do not fit, something else."""
    with pytest.raises(SettingError, match="Give at least one"):
        plots.curves()
    with pytest.raises(SettingError, match="Did you mean 'accuracy'"):
        plots.curves(learned.run, figure="acuracy")
    with pytest.raises(SettingError, match="1 runs but 2 labels"):
        plots.curves(learned.run, labels=["a", "b"])
    with pytest.raises(SettingError, match="got int"):
        plots.curves(3)


@pytest.mark.parametrize(
    ("what", "column"), [("gradient", "grad_rms"), ("update", "update_rms"), ("weight", "weight_rms")]
)
def test_sizes_are_what_was_measured(what, column, learned) -> None:
    """A line a layer: at each step that was looked at, the recorded root mean square."""
    drawn = lines(plots.sizes(learned.run, what))
    assert list(drawn) == ["dense", "dense_1", "dense_2"]
    for layer, (steps, values) in drawn.items():
        recorded = learned.run.steps[f"{column}[{layer}]"]
        assert steps == [0, 4, 8, 12, 16, 20, 24, 28, 32]
        assert values == recorded[::4].tolist()


def test_the_ratio_is_update_to_weight(learned) -> None:
    """Both recorded at the same step; the axis is logarithmic."""
    ax = plots.sizes(learned.run, "ratio")
    values = learned.run.steps["update_rms[dense]"][::4] / learned.run.steps["weight_rms[dense]"][::4]
    np.testing.assert_allclose(lines(ax)["dense"][1], values)
    assert ax.get_yscale() == "log"


def test_sizes_that_do_not_exist_are_refused(learned) -> None:
    """With the nearest name."""
    with pytest.raises(SettingError, match="Did you mean 'gradient'"):
        plots.sizes(learned.run, "gradients")


def test_weights_are_the_kernels_columns(learned) -> None:
    """Each unit's incoming weights as a picture of the input's shape, the longest first; no weight has one colour only."""
    kernel = learned.model.layers[1].kernel
    ax = plots.weights(learned.model, count=2)
    first, second = np.argsort(-np.linalg.norm(kernel, axis=0))[:2]
    image = ax.images[0].get_array()
    np.testing.assert_array_equal(image[:6, :6], kernel[:, first].reshape(6, 6))
    np.testing.assert_array_equal(image[:6, 7:], kernel[:, second].reshape(6, 6))
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert ax.get_title() == "dense: 2 of 12 units"


def test_weights_of_a_layer_or_of_a_kernel(learned) -> None:
    """By name, or as an array; the shape of a picture is given where it is no square."""
    assert plots.weights(learned.model, layer="dense_1", shape=(3, 4)).get_title() == "dense_1: 5 units"
    assert plots.weights(np.ones((12, 2)), shape=(3, 4)).images[0].get_array().shape[0] == 3
    with pytest.raises(ShapeError, match=r"say shape=\(height, width\)"):
        plots.weights(np.ones((12, 2)))
    with pytest.raises(ShapeError, match=r"of \(5, 5\)"):
        plots.weights(np.ones((12, 2)), shape=(5, 5))
    with pytest.raises(SettingError, match="Did you mean 'dense_1'"):
        plots.weights(learned.model, layer="dense1")
    with pytest.raises(ShapeError, match="A kernel has the shape"):
        plots.weights(np.ones(12))
    with pytest.raises(SettingError, match="no layer with a kernel"):
        plots.weights(Sequential([layers.Flatten(input_shape=(2, 2))]))


def test_histograms_have_a_ridge_for_each_snapshot(learned) -> None:
    """Labelled with its step; the area of a ridge is that of all the weights."""
    ax = plots.histograms(learned.run, "dense_1", bins=40)
    steps = learned.run.snapshots()
    assert len(steps) == 5
    assert [label.get_text() for label in ax.get_yticklabels()] == [str(step) for step in steps]
    for k, line in enumerate(ax.lines):
        x, ridge = line.get_xdata(), line.get_ydata() + k
        kernel = learned.run.load_snapshot(steps[k]).state["learning"]["params"][3]["kernel"]
        counted, _ = np.histogram(kernel, bins=40, range=(1.5 * x[0] - 0.5 * x[1], 1.5 * x[-1] - 0.5 * x[-2]))
        np.testing.assert_allclose(ridge / ridge.sum(), counted / counted.sum(), atol=0.02)
    assert "60 numbers" in ax.get_title()
    assert plots.histograms(learned.run, name="bias").get_title().startswith("dense: bias (12")


def test_histograms_of_what_there_is_not_are_refused(learned) -> None:
    """A layer or an array that does not exist."""
    with pytest.raises(SettingError, match="Did you mean 'dense_1'"):
        plots.histograms(learned.run, "dense-1")
    with pytest.raises(SettingError, match="no array in dense called 'kernels'"):
        plots.histograms(Run(learned.run.path), name="kernels")


def test_weights_that_are_no_numbers_any_more_are_drawn(learned, monkeypatch) -> None:
    """A training that exploded is what one wants to look at: what is finite is drawn, the rest is left out."""
    kernel = np.ones((36, 3), np.float32)
    kernel[0], kernel[1, 1] = np.nan, np.inf
    ax = plots.weights(kernel)
    assert np.isfinite(ax.images[0].get_clim()).all()
    plots.svg(ax)
    load = Run.load_snapshot

    def exploded(run, step):
        snapshot = load(run, step)
        if step > 20:
            snapshot.state["learning"]["params"][1]["kernel"][:] = np.nan
        return snapshot

    monkeypatch.setattr(Run, "load_snapshot", exploded)
    ax = plots.histograms(learned.run)
    heights = [line.get_ydata().max() + k for k, line in enumerate(ax.lines)]
    assert heights[0] > 0.5
    assert heights[-1] < 0.1
    plots.svg(ax)


def test_a_figure_names_the_run_that_it_shows(learned) -> None:
    """Curves, sizes and histograms of a recorded run say which, in a figure of their own; not in somebody's axes."""
    for draw in (plots.curves, plots.sizes, plots.histograms):
        assert [text.get_text() for text in draw(learned.run).figure.texts] == [learned.run.name]
        given = plots.style.axes(None)
        assert not draw(learned.run, ax=given).figure.texts
    assert not plots.curves({"loss": [2.0, 1.0]}).figure.texts


def test_a_run_that_was_measured_once_shows_its_points(tmp_path) -> None:
    """One measurement makes no line: each layer is a mark above a whole step, and no tick says -0."""
    from chainrule.recording import RunRecorder

    model = Sequential([layers.Dense(3, input_shape=(2,)), layers.Dense(1)])
    model.compile("sgd", "mse", backend="numpy")
    record = RunRecorder(tmp_path)
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=2, verbose=0, callbacks=[record])
    ax = plots.sizes(Run(record.folder))
    assert all(line.get_marker() == "o" for line in ax.lines)
    ax.figure.canvas.draw()
    texts = [label.get_text() for label in ax.get_xticklabels() if label.get_text()]
    assert len(set(texts)) == len(texts)
    assert "0" in texts
    assert "−0" not in texts
