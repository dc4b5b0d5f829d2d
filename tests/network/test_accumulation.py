"""Gradient accumulation and moving averages of the weights: worked by hand, on both array libraries, and in fit."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optimizers
from chainrule.errors import SettingError
from chainrule.layers import Dense
from chainrule.optimizers import SGD, Adam, Nadam


def walked(optimizer, grads, w=1.0, xp=np, other=None):
    """A weight's values after each of some gradients; `other` is a second weight, which has no gradient."""
    params = [{"w": xp.asarray([w])}, {"v": xp.asarray([7.0])}]
    state = optimizer.init([{k: np.asarray(a) for k, a in layer.items()} for layer in params])
    seen, rate = [], xp.asarray(optimizer.learning_rate)
    for step, g in enumerate(grads):
        given = [{"w": xp.asarray([g])}, {}]
        params, state = optimizer.update(given, state, params, xp.asarray(step), rate)
        seen.append(float(params[0]["w"][0]))
    assert float(params[1]["v"][0]) == 7.0
    return seen, state


def test_weights_move_every_third_batch_by_the_mean(xp) -> None:
    """Between them nothing changes but the sum, and the sum begins anew after each move."""
    seen, state = walked(SGD(0.5, gradient_accumulation_steps=3), [1.0, 2.0, 6.0, 1.0, 1.0, 1.0, 5.0], xp=xp)
    assert seen == pytest.approx([1, 1, -0.5, -0.5, -0.5, -1, -1])
    assert float(state["gradient_accumulator"][0]["w"][0]) == 5
    assert float(state["gradient_accumulator"][1]["v"][0]) == 0


def test_what_the_rule_remembers_counts_moves_not_batches() -> None:
    """Adam with the same gradient twice a move is Adam with it once: t, m and v go on when the weights move."""
    plain, kept = walked(Adam(0.1), [1.0, -2.0, 3.0])
    twice, state = walked(Adam(0.1, gradient_accumulation_steps=2), [1.0, 1.0, -2.0, -2.0, 3.0, 3.0])
    assert twice[1::2] == pytest.approx(plain)
    assert twice[2::2] == pytest.approx(plain[:2])
    assert state["velocity"][0]["w"] == pytest.approx(kept["velocity"][0]["w"])
    ahead, _ = walked(Nadam(0.1), [1.0, -2.0])
    assert walked(Nadam(0.1, gradient_accumulation_steps=2), [1.0, 1.0, -2.0, -2.0])[0][
        1::2
    ] == pytest.approx(ahead)


def test_clipping_and_decay_are_those_of_the_mean() -> None:
    """Two gradients of 3 and 1 are one of 2, clipped to 1; the weight decays once."""
    settings = {"clipvalue": 1.0, "weight_decay": 0.5, "gradient_accumulation_steps": 2}
    assert walked(SGD(0.1, **settings), [3.0, 1.0])[0] == pytest.approx([1, 1 - 0.05 - 0.1])


def test_the_average_begins_at_the_first_weights_and_follows(xp) -> None:
    """s is w after the first step, then μ s + (1 - μ) w; the weights themselves are left alone."""
    seen, state = walked(SGD(1.0, use_ema=True, ema_momentum=0.75), [1.0, 4.0, 0.0], xp=xp)
    assert seen == [0, -4, -4]
    assert float(state["average"][0]["w"][0]) == pytest.approx(0.75 * -1 + 0.25 * -4)
    assert float(state["average"][1]["v"][0]) == 0


def test_every_second_step_the_weights_become_their_average(xp) -> None:
    """After steps 2 and 4, not before."""
    settings = {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2}
    seen, _ = walked(SGD(1.0, **settings), [1.0, 4.0, 1.0, 0.0], xp=xp)
    assert seen == pytest.approx([0, -2, -3, -2.75])  # s: 0, -2, -2.5, -2.75


def test_averages_count_moves_where_gradients_are_gathered() -> None:
    """As in Keras: before the first move is over, the average is the weight itself."""
    settings = {"use_ema": True, "ema_momentum": 0.5, "gradient_accumulation_steps": 2}
    _, state = walked(SGD(1.0, **settings), [1.0, 1.0, 2.0])
    assert float(state["average"][0]["w"][0]) == 0  # w is 1, 0, 0; s is 1, 0, ½ · 0 + ½ · 0
    _, state = walked(SGD(1.0, **settings), [1.0, 1.0, 2.0, 2.0])
    assert float(state["average"][0]["w"][0]) == -1


@pytest.mark.parametrize(
    "name",
    sorted(
        set(optimizers.__all__)
        & {"SGD", "RMSprop", "Adagrad", "Adadelta", "Adam", "AdamW", "Adamax", "Nadam"}
    ),
)
def test_every_optimizer_gathers_and_averages(name, xp) -> None:
    """The mean of a gradient and itself is that gradient: two batches move the weights as one does, and the average follows."""
    kind, gradients = getattr(optimizers, name), [0.5, -2.0, 1.0]
    plain, _ = walked(kind(0.1), gradients, xp=xp)
    gathered, _ = walked(kind(0.1, gradient_accumulation_steps=2), np.repeat(gradients, 2), xp=xp)
    assert gathered == [
        w for before, after in zip([1.0, *plain], plain, strict=False) for w in (before, after)
    ]
    averaged, state = walked(kind(0.1, use_ema=True, ema_momentum=0.5), gradients, xp=xp)
    assert averaged == plain
    assert float(state["average"][0]["w"][0]) == pytest.approx(
        (plain[0] / 2 + plain[1] / 2) / 2 + plain[2] / 2
    )


def model(**settings):
    """A frozen layer below one that learns."""
    made = cr.Sequential([Dense(2, trainable=False, input_shape=(3,)), Dense(1)])
    made.compile(SGD(0.1, **settings), "mse", backend="numpy")
    return made


def test_fit_ends_with_the_averages() -> None:
    """And what is frozen keeps its bits."""
    x, y = np.eye(3, dtype=np.float32)[[0, 1, 2, 0]], np.ones(4, np.float32)
    m = model(use_ema=True, ema_momentum=0.9)
    m.build()
    frozen = m.layers[0].get_weights()[0]
    m.fit(x, y, batch_size=1, epochs=2, verbose=0)
    average = m.optimizer_state["average"][1]
    np.testing.assert_array_equal(m.layers[1].kernel, average["kernel"])
    np.testing.assert_array_equal(m.layers[0].get_weights()[0], frozen)
    assert np.abs(average["kernel"]).max() > 0


def test_their_settings_are_written_down_and_checked() -> None:
    """As Keras stores them; what means nothing is refused with its name."""
    settings = {
        "use_ema": True,
        "ema_momentum": 0.5,
        "ema_overwrite_frequency": 3,
        "gradient_accumulation_steps": 2,
    }
    made = optimizers.get(optimizers.serialize(Adam(**settings)))
    assert made.get_config() | settings == made.get_config()
    assert Adam().outer_slots == ()
    assert made.outer_slots == ("average", "gradient_accumulator")
    for wrong, words in (
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps is a whole number of 2 or more"),
        ({"gradient_accumulation_steps": True}, "gradient_accumulation_steps"),
        ({"use_ema": True, "ema_momentum": 1.1}, "ema_momentum is from 0 to 1"),
        ({"use_ema": True, "ema_momentum": -0.1}, "ema_momentum is from 0 to 1"),
        ({"use_ema": True, "ema_momentum": True}, "ema_momentum is from 0 to 1"),
        ({"use_ema": True, "ema_overwrite_frequency": 0}, "ema_overwrite_frequency is a whole number"),
        ({"use_ema": True, "ema_overwrite_frequency": 1.5}, "ema_overwrite_frequency is a whole number"),
        ({"use_ema": True, "ema_overwrite_frequency": True}, "ema_overwrite_frequency is a whole number"),
        ({"loss_scale_factor": 2.0}, "loss_scale_factor=2.0 is not supported"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=words):
            SGD(**wrong)
    SGD(use_ema=True, ema_momentum=1)
    SGD(use_ema=True, ema_momentum=0, ema_overwrite_frequency=1)


def test_some_weights_need_not_decay() -> None:
    """By a part of their name; a list of variables is refused, since weights are arrays here."""
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gam"])
    w, rate = np.ones(1), np.asarray(0.1)
    assert [float(optimizer.decayed(w, rate, k)[0]) for k in ("kernel", "bias", "gamma")] == [0.95, 1, 1]
    optimizer.exclude_from_weight_decay()
    assert float(optimizer.decayed(w, rate, "bias")[0]) == 0.95
    with pytest.raises(SettingError, match="var_names"):
        optimizer.exclude_from_weight_decay(var_list=[w])
