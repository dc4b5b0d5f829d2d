"""An output of which a mask says which steps count: its loss, its derivative, its figures; worked by hand."""

import numpy as np
import pytest
from checker import check_loss

import chainrule as cr
from chainrule import losses, metrics
from chainrule.errors import ShapeError
from chainrule.graph import masks_of
from chainrule.layers import LSTM, Dense, Embedding, Flatten, Masking, TimeDistributed
from chainrule.losses.masked import Masked, counts_of, each_step, masked
from chainrule.losses.own import Summed

MASK = np.array([[True, True, False], [True, False, False]])


@pytest.mark.parametrize(
    "loss", [losses.MeanSquaredError(), losses.BinaryCrossentropy(), Summed(losses.MeanAbsoluteError())]
)
def test_the_derivative_is_that_measured(loss) -> None:
    """By every prediction, those that do not count among them; for a mean and for a sum."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (1, 3, 2)) * 1.0, rng.uniform(0.1, 0.9, (1, 3, 2))
    check_loss(Masked(loss, MASK[:1]), y, p)
    pictures = rng.normal(size=(2, 2, 3, 2, 2))
    check_loss(
        Masked(loss, MASK),
        *(pictures if loss.key != "binary_crossentropy" else rng.uniform(0.1, 0.9, pictures.shape)),
    )
    both_y, both_p = rng.integers(0, 2, (2, 3, 2)) * 1.0, rng.uniform(0.1, 0.9, (2, 3, 2))
    check_loss(Masked(loss, MASK), both_y, both_p)


def test_class_numbers_come_one_a_step() -> None:
    """(batch, steps) or (batch, steps, 1): each goes with the row of its step."""
    y, p = np.array([[0, 1, 1], [1, 0, 0]]), np.array([[[0.5, 0.5]] * 3, [[0.9, 0.1]] * 3])
    for targets in (y, y[..., None]):
        values = Masked(losses.SparseCategoricalCrossentropy(), MASK).values(targets, p)
        assert values.mean() == pytest.approx((2 * np.log(2) - np.log(0.1)) / 3, rel=1e-6)
        check_loss(Masked(losses.SparseCategoricalCrossentropy(), MASK), targets, p)


def test_the_batch_s_loss_is_the_mean_over_its_marked_steps(xp) -> None:
    """Their sum for a loss that adds up; nothing where nothing is marked; the loss itself without a mask."""
    y, p = xp.zeros((2, 3, 1)), xp.asarray([[[1.0], [2.0], [9.0]], [[4.0], [9.0], [9.0]]])
    mse = losses.MeanSquaredError()
    values = Masked(mse, xp.asarray(MASK)).values(y, p)
    assert float(values.mean()) == pytest.approx((1 + 4 + 16) / 3, rel=1e-5)
    assert float(Masked(Summed(mse), xp.asarray(MASK)).values(y, p).mean()) == pytest.approx(21)
    assert float(Masked(mse, xp.zeros((2, 3), bool)).values(y, p).mean()) == 0
    assert masked(mse, None) is mse
    assert Masked(mse, MASK).name == "mean_squared_error"


def test_figures_that_are_means_count_the_marked_steps() -> None:
    """Accuracy and the mean error do; R2, counts and a root of a mean, as in Keras, do not."""
    y, p = np.zeros((2, 3, 1)), np.array([[[1.0], [2.0], [9.0]], [[4.0], [9.0], [9.0]]])
    mae = metrics.MeanAbsoluteError()
    np.testing.assert_allclose(counts_of(mae, y, p, MASK), [7, 3])
    np.testing.assert_allclose(mae.figure(counts_of(mae, y, p, None)), 34 / 6)
    for own in (metrics.RootMeanSquaredError(), metrics.FalsePositives()):
        assert not own.is_mean_of_rows
        np.testing.assert_array_equal(counts_of(own, y, p, MASK), counts_of(own, y, p, None))


def test_an_output_without_steps_is_refused() -> None:
    """In one sentence that says what ends a mask."""
    with pytest.raises(
        ShapeError, match="marks .2, 3. steps, but the output or its targets have the shape .2, 5."
    ):
        each_step(np.zeros((2, 5)), MASK)


def test_masks_are_known_of_every_node() -> None:
    """From those that make one to those that end it; None where all steps count."""
    model = cr.Sequential([Embedding(5, 2, mask_zero=True, input_shape=(3,)), Dense(2), Flatten(), Dense(1)])
    model.build()
    x = np.array([[1.0, 2.0, 0.0]], np.float32)
    values = [np.zeros((1, 3, 2))] * 2 + [np.zeros((1, 6)), np.zeros((1, 1))]
    made = masks_of(model.graph, values, x)
    assert [None if m is None else m.tolist() for m in made] == [[[True, True, False]]] * 2 + [None, None]


@pytest.mark.parametrize("first", [Masking(), TimeDistributed(Dense(2))])
def test_learning_and_judging_leave_padding_out(first) -> None:
    """What is said about padding changes nothing: neither a weight nor a figure; without a mask it does."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 4, 2)).astype("f"), rng.normal(size=(8, 4, 1)).astype("f")
    x[:, 2:] = 0
    other = y + np.where(np.arange(4)[:, None] < 2, 0, 100).astype("f")
    learned, judged = [], []
    for targets in (y, other):
        cr.utils.set_random_seed(1)
        kind = type(first)
        made = kind() if kind is Masking else kind(Dense(2))
        model = cr.Sequential([made, LSTM(3, return_sequences=True), Dense(1)])
        model.compile("sgd", "mse", ["mae"], backend="numpy")
        model.fit(x, targets, batch_size=4, epochs=2, verbose=0, validation_data=(x, targets))
        learned.append(model.get_weights())
        judged.append([*model.evaluate(x, targets, verbose=0), model.history.history["val_loss"][0]])
    alike = all(np.array_equal(a, b) for a, b in zip(*learned, strict=True)) and judged[0] == judged[1]
    assert alike == isinstance(first, Masking)


def test_judging_goes_by_batches_of_the_size_asked_for() -> None:
    """The loss is a mean of batches' means, as Keras takes it; of one batch it is the mean over all."""
    x = np.array([[[1.0], [1.0]], [[1.0], [0.0]]], np.float32)
    model = cr.Sequential([Masking(input_shape=(2, 1)), Dense(1, use_bias=False, kernel_initializer="ones")])
    model.compile("sgd", "mse", backend="numpy")
    y = np.array([[[0.0], [0.0]], [[3.0], [0.0]]], np.float32)  # errors 1, 1 and 4
    assert model.evaluate(x, y, batch_size=1, verbose=0) == pytest.approx((1 + 4) / 2, rel=1e-5)
    assert model.evaluate(x, y, batch_size=2, verbose=0) == pytest.approx((1 + 1 + 4) / 3, rel=1e-5)
    assert model.test_on_batch(x, y) == pytest.approx(2, rel=1e-5)
