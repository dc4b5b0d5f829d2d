"""The callback Doctor: it speaks while a model learns, stays silent about healthy ones, and changes no bit."""

import numpy as np
import pytest

from chainrule import Sequential, arrays, layers, optimizers
from chainrule.diagnosis import Doctor
from chainrule.errors import SettingError


def fitted(
    rate: float = 0.01, epochs: int = 12, *, told: list[str] | None = None, labels: str = "real", **settings
):
    """A network on points that a line parts, with the doctor beside it when `told` is given; the model and the doctor."""
    arrays.set_seed(3)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(240, 4)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] > 0).astype(np.int32)
    if labels == "drawn":
        y = rng.integers(0, 2, 240)
    model = Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")]
    )
    model.compile(optimizers.SGD(rate), "sparse_categorical_crossentropy", ["accuracy"], backend="numpy")
    doctor = Doctor(show=None if told is None else told.append, **settings)
    model.fit(
        x[:200], y[:200], epochs=epochs, verbose=0, validation_data=(x[200:], y[200:]),
        callbacks=[doctor] if told is not None else [],
    )  # fmt: skip
    return model, doctor


def test_a_healthy_training_gets_one_line() -> None:
    """Nothing is said while a network learns well; at the end that it is healthy."""
    told: list[str] = []
    _, doctor = fitted(0.05, 20, told=told)
    assert told[0].startswith("doctor: looks healthy after 140 steps")
    assert all(finding.severity == "note" for finding in doctor.findings)


def test_a_rate_too_high_is_said_while_it_runs() -> None:
    """The first epochs are enough: the sentence names the epoch, the symptom, and what helps."""
    told: list[str] = []
    with pytest.warns(UserWarning, match="stopped being finite"):
        fitted(1000.0, 8, told=told)
    assert told[0].startswith(
        ("doctor, epoch 1: severe: rate too high", "doctor, epoch 2: severe: rate too high")
    )
    assert "-> Lower the learning rate (1000)" in told[0]
    assert (
        sum("doctor, epoch" in text and "rate too high" in text for text in told) == 1
    )  # not again after every epoch


def test_labels_that_mean_nothing_are_held_against_always_answering_the_same() -> None:
    """What was held back is right no oftener than by one answer for all: at the end that is said."""
    told: list[str] = []
    fitted(0.1, 15, told=told, labels="drawn")
    assert any("always answering" in text for text in told)


def test_learning_may_end_at_the_first_severe_finding() -> None:
    """stop=True: the epochs that would be in vain are not learned."""
    told: list[str] = []
    model, _ = fitted(1000.0, 50, told=told, stop=True)
    assert model.optimizer.iterations < 5 * 7


def test_the_doctor_changes_no_bit() -> None:
    """With it and without it the same weights come out."""
    one, other = fitted(told=[])[0], fitted()[0]
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_what_is_no_function_is_refused() -> None:
    """show="print" is a mistake, said when the callback is made."""
    with pytest.raises(SettingError, match="function"):
        Doctor(show="print")


def test_who_looks_for_it_among_keras_s_callbacks_is_told_where_it_is() -> None:
    """It is no callback of Keras's, and needs more of Chainrule than those may."""
    with pytest.raises(ImportError, match=r"it is chainrule\.diagnosis\.Doctor"):
        from chainrule.callbacks import Doctor  # noqa: F401
