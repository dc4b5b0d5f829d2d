"""Optimizers: step by step against the papers' formulas, written here a second time for one number at a time."""

import json
import math

import numpy as np
import pytest

from chainrule import optimizers
from chainrule.arrays import BLOCK
from chainrule.errors import SettingError
from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, Adamax, AdamW, Nadam, RMSprop, schedules

STEPS = 12


def gradients(seed: int = 1) -> np.ndarray:
    """A sequence of gradients for one weight."""
    return np.random.default_rng(seed).normal(size=STEPS)


# ── the formulas, once more ──────────────────────────────────────────────────────────────────────────────────────


def sgd(g, w, rate=0.01, momentum=0.0, nesterov=False):
    v = 0.0
    for t in range(STEPS):
        v = momentum * v - rate * g[t]
        w += momentum * v - rate * g[t] if nesterov else v
        yield w


def rmsprop(g, w, rate=0.001, rho=0.9, momentum=0.0, eps=1e-7, centered=False):
    v = mean = step = 0.0
    for t in range(STEPS):
        v = rho * v + (1 - rho) * g[t] ** 2
        mean = rho * mean + (1 - rho) * g[t]
        step = momentum * step + rate * g[t] / math.sqrt((v - mean**2 if centered else v) + eps)
        w -= step
        yield w


def adagrad(g, w, rate=0.001, start=0.1, eps=1e-7):
    s = start
    for t in range(STEPS):
        s += g[t] ** 2
        w -= rate * g[t] / math.sqrt(s + eps)
        yield w


def adadelta(g, w, rate=0.001, rho=0.95, eps=1e-7):
    s = d = 0.0
    for t in range(STEPS):
        s = rho * s + (1 - rho) * g[t] ** 2
        step = math.sqrt(d + eps) / math.sqrt(s + eps) * g[t]
        d = rho * d + (1 - rho) * step**2
        w -= rate * step
        yield w


def adamax(g, w, rate=0.001, b1=0.9, b2=0.999, eps=1e-7):
    m = u = 0.0
    for t in range(1, STEPS + 1):
        m = b1 * m + (1 - b1) * g[t - 1]
        u = max(b2 * u, abs(g[t - 1]))
        w -= rate / (1 - b1**t) * m / (u + eps)
        yield w


def adam(g, w, rate=0.001, b1=0.9, b2=0.999, eps=1e-7, amsgrad=False, decay=0.0):
    m = v = top = 0.0
    for t in range(1, STEPS + 1):
        w -= w * decay * rate
        m = b1 * m + (1 - b1) * g[t - 1]
        v = b2 * v + (1 - b2) * g[t - 1] ** 2
        top = max(top, v)
        alpha = rate * math.sqrt(1 - b2**t) / (1 - b1**t)
        w -= alpha * m / (math.sqrt(top if amsgrad else v) + eps)
        yield w


def nadam(g, w, rate=0.001, b1=0.9, b2=0.999, eps=1e-7):
    m = v = 0.0
    product = 1.0
    for t in range(1, STEPS + 1):
        u, u_next = (b1 * (1 - 0.5 * 0.96**k) for k in (t, t + 1))
        product *= u
        m = b1 * m + (1 - b1) * g[t - 1]
        v = b2 * v + (1 - b2) * g[t - 1] ** 2
        m_hat = u_next * m / (1 - product * u_next) + (1 - u) * g[t - 1] / (1 - product)
        w -= rate * m_hat / (math.sqrt(v / (1 - b2**t)) + eps)
        yield w


CASES = {
    "sgd": (SGD(), sgd, {}),
    "sgd rate": (SGD(0.3), sgd, {"rate": 0.3}),
    "momentum": (SGD(0.1, momentum=0.8), sgd, {"rate": 0.1, "momentum": 0.8}),
    "nesterov": (SGD(0.1, 0.8, nesterov=True), sgd, {"rate": 0.1, "momentum": 0.8, "nesterov": True}),
    "rmsprop": (RMSprop(), rmsprop, {}),
    "rmsprop rho": (RMSprop(0.1, rho=0.5, epsilon=1e-3), rmsprop, {"rate": 0.1, "rho": 0.5, "eps": 1e-3}),
    "rmsprop momentum": (RMSprop(momentum=0.7), rmsprop, {"momentum": 0.7}),
    "rmsprop centered": (RMSprop(centered=True), rmsprop, {"centered": True}),
    "rmsprop both": (RMSprop(momentum=0.7, centered=True), rmsprop, {"momentum": 0.7, "centered": True}),
    "adagrad": (Adagrad(), adagrad, {}),
    "adagrad start": (Adagrad(0.1, 0.5, 1e-3), adagrad, {"rate": 0.1, "start": 0.5, "eps": 1e-3}),
    "adadelta": (Adadelta(), adadelta, {}),
    "adadelta rho": (Adadelta(1.0, 0.5, 1e-3), adadelta, {"rate": 1.0, "rho": 0.5, "eps": 1e-3}),
    "adamax": (Adamax(), adamax, {}),
    "adamax betas": (Adamax(0.1, 0.5, 0.9, 1e-3), adamax, {"rate": 0.1, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    "adam": (Adam(), adam, {}),
    "adam betas": (Adam(0.1, 0.5, 0.9, 1e-3), adam, {"rate": 0.1, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
    "amsgrad": (Adam(beta_2=0.5, amsgrad=True), adam, {"b2": 0.5, "amsgrad": True}),
    "adamw": (AdamW(), adam, {"decay": 0.004}),
    "adamw decay": (AdamW(0.1, 0.5), adam, {"rate": 0.1, "decay": 0.5}),
    "adam decay": (Adam(weight_decay=0.3), adam, {"decay": 0.3}),
    "nadam": (Nadam(), nadam, {}),
    "nadam betas": (Nadam(0.1, 0.5, 0.9, 1e-3), nadam, {"rate": 0.1, "b1": 0.5, "b2": 0.9, "eps": 1e-3}),
}


def run(optimizer, g: np.ndarray, w: float, xp=np) -> list[float]:
    """The same through `update`, on an array of one number."""
    params = [{"kernel": xp.asarray([w])}, {}]
    optimizer_state, path = optimizer.init(params), []
    for t in range(STEPS):
        rate = optimizer.rate_at(np.asarray(t), np.asarray(optimizer.learning_rate))
        params, optimizer_state = optimizer.update(
            [{"kernel": xp.asarray(g[t : t + 1])}, {}], optimizer_state, params, np.asarray(t), rate
        )
        path.append(float(params[0]["kernel"][0]))
    return path


@pytest.mark.parametrize("name", CASES)
def test_every_step_is_the_formula_s(name) -> None:
    """A dozen steps of every optimizer and setting, in float64, to the last digits."""
    optimizer, formula, settings = CASES[name]
    assert run(optimizer, gradients(), 0.7) == pytest.approx(
        list(formula(gradients(), 0.7, **settings)), rel=1e-13
    )


@pytest.mark.parametrize("name", CASES)
def test_both_libraries_agree(name, xp) -> None:
    """In float32 NumPy and JAX stay within rounding of the formula, and answer in float32."""
    optimizer, formula, settings = CASES[name]
    g = gradients().astype(np.float32)
    params = [{"kernel": xp.asarray(np.array([0.7], np.float32))}]
    optimizer_state = optimizer.init([{"kernel": np.array([0.7], np.float32)}])
    for t in range(STEPS):
        rate = xp.asarray(np.float32(optimizer.learning_rate))
        step = xp.asarray(np.int32(t))
        params, optimizer_state = optimizer.update(
            [{"kernel": xp.asarray(g[t : t + 1])}], optimizer_state, params, step, rate
        )
    assert params[0]["kernel"].dtype == np.float32
    assert all(
        layer["kernel"].dtype == np.float32 for slot in optimizer.slots for layer in optimizer_state[slot]
    )
    expected = list(formula(g.astype(float), 0.7, **settings))[-1]
    assert float(params[0]["kernel"][0]) == pytest.approx(expected, rel=2e-6, abs=5e-6)


@pytest.mark.parametrize(
    "optimizer", [SGD(0.1, 0.9), Adam(), Nadam(), RMSprop(momentum=0.5, centered=True), Adagrad()]
)
def test_large_arrays_are_the_same_number_by_number(optimizer) -> None:
    """Arrays longer than a block of the cache learn exactly as if each number were alone."""
    rng = np.random.default_rng(0)
    w, g = (rng.normal(size=(3, BLOCK // 2 + 7)).astype(np.float32) for _ in range(2))
    state = optimizer.init([{"w": w}])
    whole, optimizer_state = optimizer.update(
        [{"w": g}], state, [{"w": w}], np.asarray(0), np.asarray(0.1, np.float32)
    )
    rest = slice(BLOCK - 20, BLOCK + 20)
    part, g = w.reshape(-1)[rest], g.reshape(-1)[rest]
    state = optimizer.init([{"w": part}])
    alone, alone_memory = optimizer.update(
        [{"w": g}], state, [{"w": part}], np.asarray(0), np.asarray(0.1, np.float32)
    )
    np.testing.assert_array_equal(whole[0]["w"].reshape(-1)[rest], alone[0]["w"])
    assert whole[0]["w"].shape == w.shape
    for slot in optimizer.slots:
        np.testing.assert_array_equal(
            optimizer_state[slot][0]["w"].reshape(-1)[rest], alone_memory[slot][0]["w"]
        )


def test_what_is_remembered_after_a_step() -> None:
    """The memory that a file keeps, after one step with a gradient of 2: each slot by its formula."""
    for optimizer, expected in (
        (SGD(0.1, 0.9), {"momentum": -0.2}),
        (RMSprop(0.1), {"velocity": 0.4}),
        (
            RMSprop(0.1, momentum=0.5, centered=True),
            {"velocity": 0.4, "momentum": 0.2 / math.sqrt(0.36 + 1e-7), "average_gradient": 0.2},
        ),
        (Adagrad(0.1), {"accumulator": 4.1}),
        (Adam(), {"momentum": 0.2, "velocity": 0.004}),
        (Adam(amsgrad=True), {"momentum": 0.2, "velocity": 0.004, "velocity_hat": 0.004}),
        (Nadam(), {"momentum": 0.2, "velocity": 0.004, "u_product": 0.9 * (1 - 0.5 * 0.96)}),
    ):
        params = [{"w": np.array([1.0])}]
        _, optimizer_state = optimizer.update(
            [{"w": np.array([2.0])}], optimizer.init(params), params, np.asarray(0), np.asarray(0.1)
        )
        fields = {
            name: float(slot if name == "u_product" else slot[0]["w"][0])
            for name, slot in optimizer_state.items()
        }
        assert fields == pytest.approx(expected)
        assert optimizer.slots == tuple(name for name in expected if name != "u_product")


def test_the_order_in_a_file_is_keras_s() -> None:
    """Keras stores Adam's memory weight by weight, RMSprop's slot by slot."""
    by_weight = {name: kind().slots_by_variable for name, kind in optimizers.CLASSES.items()}
    assert by_weight == {
        "SGD": True,
        "RMSprop": False,
        "Adadelta": True,
        "Adagrad": True,
        "Adam": True,
        "AdamW": True,
        "Adamax": True,
        "Nadam": True,
    }


def test_nothing_is_written_in_place() -> None:
    """Weights, gradients and memory handed in are as they were."""
    for optimizer, _, _ in CASES.values():
        w, g = np.ones(4), np.full(4, 0.5)
        params, grads = [{"w": w}], [{"w": g}]
        optimizer_state = optimizer.init(params)
        before = {slot: optimizer_state[slot][0]["w"].copy() for slot in optimizer.slots}
        optimizer.update(grads, optimizer_state, params, np.asarray(0), np.asarray(0.1))
        assert (w == 1).all()
        assert (g == 0.5).all()
        for slot, array in before.items():
            np.testing.assert_array_equal(optimizer_state[slot][0]["w"], array)


def test_a_weight_without_a_gradient_stays_as_it_is() -> None:
    """Frozen layers neither move nor decay, and their memory rests."""
    params = [{"w": np.ones(2)}, {"w": np.ones(2)}]
    learned, optimizer_state = AdamW(0.1).update(
        [{}, {"w": np.ones(2)}], AdamW().init(params), params, np.asarray(0), np.asarray(0.1)
    )
    assert (learned[0]["w"] == 1).all()
    assert (learned[1]["w"] < 1).all()
    assert (optimizer_state["momentum"][0]["w"] == 0).all()


# ── clipping ─────────────────────────────────────────────────────────────────────────────────────────────────────


def clip(**setting) -> list[list[float]]:
    grads = [
        {"kernel": np.array([3.0, 4.0])},
        {},
        {"kernel": np.array([0.0, -12.0]), "bias": np.array([0.3])},
    ]
    return [list(g) for layer in SGD(**setting).clipped(grads) for g in layer.values()]


def test_clipping_worked_by_hand() -> None:
    """Lengths 5, 12 and 0.3, of all together 13.0034...; what is short enough stays."""
    assert clip() == [[3, 4], [0, -12], [0.3]]
    assert clip(clipvalue=1.5) == [[1.5, 1.5], [0, -1.5], [0.3]]
    assert clip(clipnorm=2.5) == [[1.5, 2.0], [0, -2.5], [0.3]]
    assert clip(clipnorm=5.0) == [[3, 4], [0, -5], [0.3]]
    length = math.sqrt(9 + 16 + 144 + 0.09)
    expected = [[3 / length, 4 / length], [0, -12 / length], [0.3 / length]]
    for got, want in zip(clip(global_clipnorm=1.0), expected, strict=True):
        assert got == pytest.approx(want, rel=1e-14)
    assert clip(global_clipnorm=20.0) == clip()


def test_clipping_nothing_is_no_mistake() -> None:
    """A model without gradients (all layers frozen) can be clipped, too; a gradient of 0 stays 0."""
    assert SGD(global_clipnorm=1.0).clipped([{}, {}]) == [{}, {}]
    assert SGD(clipnorm=1.0).clipped([{"w": np.zeros(2)}])[0]["w"].tolist() == [0, 0]
    assert SGD(global_clipnorm=1.0).clipped([{"w": np.zeros(2)}])[0]["w"].tolist() == [0, 0]


def test_clipping_is_applied_by_update() -> None:
    """The step is made with the shortened gradient, before decay and momentum see it."""
    params = [{"w": np.array([0.0, 0.0])}]
    for setting, expected in ({"clipnorm": 1.0}, [-0.6, -0.8]), ({"clipvalue": 2.0}, [-2.0, -2.0]):
        learned, _ = SGD(1.0, **setting).update(
            [{"w": np.array([3.0, 4.0])}], {}, params, np.asarray(0), np.asarray(1.0)
        )
        assert learned[0]["w"].tolist() == pytest.approx(expected)


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CASES)
def test_an_optimizer_survives_being_written_down(name) -> None:
    """Stored and read again, an optimizer has the same settings."""
    optimizer = CASES[name][0]
    again = optimizers.deserialize(optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert vars(again) == vars(optimizer)
    assert again.slots == optimizer.slots
    assert json.loads(json.dumps(optimizer.get_config())) == optimizer.get_config()
    followed = type(optimizer)(schedules.ExponentialDecay(0.1, 10, 0.5)).get_config()
    assert json.loads(json.dumps(followed))["learning_rate"]["class_name"] == "ExponentialDecay"
    assert type(optimizer).from_config(optimizer.get_config()).get_config() == optimizer.get_config()


@pytest.mark.parametrize("name", optimizers.CLASSES)
def test_an_optimizer_is_found_by_name(name) -> None:
    """By name in any case, by class, or given as itself."""
    kind = optimizers.CLASSES[name]
    assert (
        type(optimizers.get(name)) is type(optimizers.get(name.lower())) is type(optimizers.get(kind)) is kind
    )
    made = kind()
    assert optimizers.get(made) is made


def test_defaults_are_keras_s() -> None:
    """The numbers that scripts rely on without writing them."""
    assert (SGD().learning_rate, SGD().momentum, SGD().nesterov) == (0.01, 0, False)
    assert (RMSprop().learning_rate, RMSprop().rho, RMSprop().epsilon) == (0.001, 0.9, 1e-7)
    assert (Adagrad().learning_rate, Adagrad().initial_accumulator_value) == (0.001, 0.1)
    for kind in (Adam, AdamW, Nadam):
        made = kind()
        assert (made.learning_rate, made.beta_1, made.beta_2, made.epsilon) == (0.001, 0.9, 0.999, 1e-7)
    assert (AdamW().weight_decay, Adam().weight_decay) == (0.004, None)
    assert (SGD().name, SGD(name="mine").name, SGD().iterations) == ("sgd", "mine", 0)


def test_settings_that_change_nothing_are_accepted() -> None:
    """What Keras's files spell out at its default is no mistake; beta and momentum may be 0."""
    for settings in (
        {"jit_compile": True}, {"jit_compile": False}, {"is_legacy_optimizer": False}, {"decay": 0}, {"decay": 0.0},
        {"use_ema": False, "ema_momentum": 0.99, "ema_overwrite_frequency": None}, {"loss_scale_factor": None},
        {"gradient_accumulation_steps": None}, {"beta_1": 0.0}, {"beta_2": 0.0}, {"weight_decay": None},
    ):  # fmt: skip
        Adam(**settings)
    assert SGD(momentum=1).momentum == 1
    for settings in ({"decay": 0.1}, {"decay": 1}, {"is_legacy_optimizer": True}, {"loss_scale_factor": 2}):
        with pytest.raises(SettingError, match="not supported"):
            Adam(**settings)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: optimizers.get("adm"), "Did you mean 'adam'"),
        (lambda: optimizers.get({"class_name": "Lion", "config": {}}), "no optimizer called 'Lion'"),
        (lambda: Adam(lr=0.1), "now called 'learning_rate'"),
        (lambda: Adam(beta1=0.1), "no setting called 'beta1'"),
        (lambda: Adam(beta_1=1.0), "from 0 to below 1"),
        (lambda: Adam(beta_2=-0.1), "from 0 to below 1"),
        (lambda: SGD(momentum=1.5), "from 0 to 1"),
        (lambda: SGD(-0.1), "0 or more"),
        (lambda: SGD(float("nan")), "finite"),
        (lambda: SGD("fast"), "number or a schedule"),
        (lambda: SGD(clipnorm=0), "above 0"),
        (lambda: SGD(clipnorm=1, clipvalue=1), "only one of"),
        (lambda: AdamW(weight_decay=None), "use Adam"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(make, words) -> None:
    """A wrong or unsupported setting is refused with its name."""
    with pytest.raises(SettingError, match=words):
        make()


def test_a_rate_that_follows_a_schedule_cannot_be_set_to_a_number() -> None:
    """As in Keras; another schedule may take its place."""
    from chainrule.optimizers import SGD
    from chainrule.optimizers.schedules import ExponentialDecay

    optimizer = SGD(ExponentialDecay(0.1, 10, 0.5))
    with pytest.raises(SettingError, match="follows ExponentialDecay"):
        optimizer.learning_rate = 0.1
    optimizer.learning_rate = ExponentialDecay(0.2, 10, 0.5)
    assert float(optimizer.learning_rate(0)) == pytest.approx(0.2)
