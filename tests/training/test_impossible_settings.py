"""What cannot be computed, or does not fit into memory, is refused in a sentence before anything is learned."""

import numpy as np
import pytest

from chainrule import Input, Sequential, initializers, layers, losses, metrics, optimizers
from chainrule.errors import ChainruleError, SettingError
from chainrule.optimizers import schedules
from chainrule.utils import pad_sequences

NAN = float("nan")
HUGE = {
    "a dense layer": lambda: (Input((4,)), layers.Dense(10**14)),
    "a dense layer beyond NumPy": lambda: (Input((4,)), layers.Dense(10**30)),
    "filters": lambda: (Input((8, 8, 3)), layers.Conv2D(10**13, 3)),
    "a window": lambda: (Input((8, 8, 3)), layers.Conv2D(3, (10**7, 10**7), padding="same")),
    "words": lambda: (Input((8,)), layers.Embedding(10**10, 10**6)),
}


@pytest.mark.parametrize("what", HUGE)
def test_weights_that_no_memory_holds_are_refused(what) -> None:
    """With the array's shape, what it would take, and what there is."""
    with pytest.raises(SettingError, match=r"would take .* and this machine has .* of memory"):
        Sequential(list(HUGE[what]()))


def test_answers_that_no_memory_holds_are_refused() -> None:
    """Also where the network is small and only its outputs are not."""
    model = Sequential([Input((8,)), layers.RepeatVector(10**13)])
    with pytest.raises(SettingError, match="predict needs more memory than there is"):
        model.predict(np.ones((1, 8)), verbose=0)
    with pytest.raises(SettingError, match="padded sequences"):
        pad_sequences([[1]], maxlen=10**14)


IMPOSSIBLE = {
    "no epsilon": lambda: optimizers.get(optimizers.Adam(epsilon=None)),
    "no rho": lambda: optimizers.get(optimizers.RMSprop(rho=None)),
    "no beta": lambda: optimizers.Adam(beta_1=None),
    "a rate of True": lambda: optimizers.SGD(True),
    "a schedule from nan": lambda: optimizers.SGD(schedules.ExponentialDecay(NAN, 1, 0.5)),
    "a schedule from below 0": lambda: optimizers.Adam(schedules.CosineDecay(-1.0, 5)),
    "a schedule from inf": lambda: optimizers.SGD(schedules.PiecewiseConstantDecay([2], [float("inf"), 0.1])),
    "bounds that fall": lambda: schedules.PiecewiseConstantDecay([5, 2], [1.0, 2.0, 3.0]),
    "a negative spread": lambda: initializers.RandomNormal(stddev=-1.0),
    "a spread of nan": lambda: initializers.TruncatedNormal(stddev=NAN),
    "bounds the wrong way round": lambda: initializers.RandomUniform(1.0, -1.0),
    "a mask of nan": lambda: layers.Masking(NAN),
    "a negative variance": lambda: layers.Normalization(mean=0.0, variance=-1.0),
    "a mean beyond float32": lambda: layers.Normalization(mean=[1e308], variance=[1.0]),
    "a variance beyond float32": lambda: layers.Normalization(mean=[0.0], variance=[1e39]),
    "a number of None": lambda: layers.Normalization(mean=[None], variance=[1.0]),
    "more axes than NumPy has": lambda: layers.Reshape((6, *[1] * 500)),
    "more thresholds than memory": lambda: metrics.AUC(num_thresholds=10**10),
    "a mean of inf": lambda: layers.Normalization(mean=[np.inf], variance=[1.0]),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_computed_is_refused(what) -> None:
    """When the object is made, by the name of what is wrong."""
    with pytest.raises(SettingError):
        IMPOSSIBLE[what]()


@pytest.mark.parametrize("wrong", ["x", (1, 2, 3), None, {}], ids=repr)
@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (layers.LeakyReLU, "negative_slope"), (layers.ReLU, "threshold"), (layers.ActivityRegularization, "l2"),
        (layers.Masking, "mask_value"), (layers.RandomContrast, "factor"), (layers.RandomBrightness, "factor"),
        (layers.BatchNormalization, "epsilon"), (layers.BatchNormalization, "axis"), (layers.Concatenate, "axis"),
    ],
    ids=lambda part: getattr(part, "__name__", part),
)  # fmt: skip
def test_a_setting_that_is_one_number_takes_nothing_else(kind, setting, wrong) -> None:
    """With the layer's name."""
    with pytest.raises(SettingError, match=kind.__name__ if setting != "l2" else "penalty"):
        kind(**{setting: wrong})


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.UnitNormalization(axis=(2, 2)), lambda: layers.RandomBrightness(0.1, value_range=3),
        lambda: layers.RandomBrightness(0.1, value_range=(1, 0)), lambda: layers.Discretization(bin_boundaries=5),
        lambda: layers.Normalization(mean="x", variance="y"), lambda: layers.Normalization(axis="last"),
        lambda: layers.IntegerLookup(vocabulary=[float("nan")]), lambda: layers.Embedding(3, 2, weights={}),
        lambda: layers.MultiHeadAttention(1, 2, attention_axes=((1, 1), (0, 2))),
    ],
)  # fmt: skip
def test_what_is_no_list_of_such_numbers_is_refused(layer) -> None:
    """Axes twice, a range of one number, borders that are one, names for numbers."""
    with pytest.raises(ChainruleError):
        layer()


def test_what_can_be_computed_is_not() -> None:
    """Settings beside those that are refused."""
    optimizers.Adam(weight_decay=None, clipnorm=None)
    optimizers.SGD(schedules.CosineDecay(0.0, 5, warmup_target=0.1, warmup_steps=2))
    initializers.RandomNormal(stddev=0.0)
    layers.Normalization(mean=0.0, variance=0.0)


class Answer(metrics.Metric):
    """A metric that gives what it is told to."""

    answer = None

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        pass

    def result(self):
        return self.answer


@pytest.mark.parametrize("answer", [None, "good", {"a": 1.0}, [1.0, 2.0], 1 + 2j])
def test_a_metric_whose_result_is_no_number_is_named(answer) -> None:
    """While learning and in evaluate."""
    for act in ("fit", "evaluate"):
        metric = Answer("mine")
        metric.answer = answer
        model = Sequential([Input((2,)), layers.Dense(1)])
        model.compile("sgd", "mse", metrics=[metric])
        with pytest.raises(SettingError, match="'mine' should give one number"):
            getattr(model, act)(np.ones((4, 2)), np.ones((4, 1)), verbose=0)


@pytest.mark.parametrize("answer", [None, "x"])
def test_a_loss_that_gives_nothing_is_named(answer) -> None:
    """A function without a return, most likely; a class with call, too."""

    def forgotten(y_true, y_pred):
        return answer

    class Forgotten(losses.Loss):
        def call(self, y_true, y_pred):
            return answer

    for loss in (forgotten, Forgotten()):
        model = Sequential([Input((2,)), layers.Dense(1)])
        model.compile("sgd", loss)
        with pytest.raises(SettingError, match=r"The loss 'forgotten' gave"):
            model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)


def test_saving_without_a_zip_is_refused(tmp_path) -> None:
    """zipped=False asks for a folder, which is not written; zipped=True is what is done anyway."""
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.save(tmp_path / "a.keras", zipped=True)
    with pytest.raises(SettingError, match="zipped"):
        model.save(tmp_path / "b.keras", zipped=False)
    assert not (tmp_path / "b.keras").exists()
