"""A seed decides a run to the last bit: on repeat, in another process, and however the work is cut into pieces."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learned import learned

from chainrule import Sequential
from chainrule.arrays import counter_noise, seed_words
from chainrule.backprop import first_state, make_step
from chainrule.callbacks import LambdaCallback
from chainrule.engine.engines import ENGINES
from chainrule.engine.epoch import empty_records, on_host, totals_of
from chainrule.engine.examples import Examples, Scaled
from chainrule.engine.numpy_engine import without_tiny
from chainrule.layers import Dense, Dropout, Input
from chainrule.losses import SparseCategoricalCrossentropy
from chainrule.metrics import SparseCategoricalAccuracy
from chainrule.optimizers import Adam
from chainrule.utils import set_random_seed
from installed import needs_jax

N, BATCH = 61, 8  # eight steps, the last one smaller
STEPS = 8

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (N, 12)).astype(np.uint8)
Y = RNG.integers(0, 3, N).astype(np.int32)
WEIGHT = RNG.uniform(0, 2, N).astype(np.float32)
PARAMS = [
    {"kernel": RNG.normal(size=(12, 16)).astype(np.float32), "bias": np.zeros(16, np.float32)}, {}, {},
    {"kernel": RNG.normal(size=(16, 3)).astype(np.float32), "bias": np.zeros(3, np.float32)}, {},
]  # fmt: skip
CHAIN = [*Dense(16, "relu").links(), Dropout(0.3), *Dense(3, "softmax").links()]
ORDER = RNG.permutation(N).astype(np.int32)
OPTIMIZER = Adam(0.01)
METRICS = [SparseCategoricalAccuracy("accuracy")]


@pytest.fixture(scope="module")
def engines():
    """One engine per library, made once: whatever is asked of it, nothing is compiled twice."""
    made: dict[str, object] = {}

    def engine(name: str):
        if name not in made:
            made[name] = ENGINES[name](
                make_step(CHAIN, SparseCategoricalCrossentropy(), OPTIMIZER, METRICS), BATCH
            )
        return made[name]

    return engine


def run(engine, cuts=(), epochs: int = 2) -> tuple[str, dict]:
    """Some epochs in pieces: a digest of all that was learned, and the sums."""
    examples = engine.load(Examples(X, Y, WEIGHT, 255.0))
    state = engine.state(first_state(PARAMS, OPTIMIZER, seed=2**40 + 3))
    pieces = [0, *sorted(cuts), STEPS]
    for _ in range(epochs):
        records = empty_records(["accuracy"], STEPS)
        for start, stop in itertools.pairwise(pieces):
            state, records = engine.advance(state, records, examples, ORDER, start, stop)
    state, records = on_host(state), on_host(records)
    optimizer_state = [
        array
        for slot in ("momentum", "velocity")
        for layer in state["optimizer_state"][slot]
        for array in layer.values()
    ]
    arrays = (
        [array for layer in state["params"] for array in layer.values()] + optimizer_state + [state["step"]]
    )
    assert int(state["step"]) == STEPS * epochs
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest(), totals_of(
        records
    )


@pytest.mark.parametrize("name", ["numpy", pytest.param("jax", marks=needs_jax)])
@given(cuts=st.lists(st.integers(0, STEPS), max_size=6))
def test_however_the_steps_are_cut_the_bits_are_the_same(engines, name, cuts) -> None:
    """Any cuts of an epoch, empty pieces and a lone last batch included, end at the same bits, the sums as well."""
    whole, sums = run(engines(name))
    pieces, also = run(engines(name), cuts)
    assert pieces == whole
    for figure in sums:
        np.testing.assert_array_equal(also[figure], sums[figure])


def test_both_libraries_learn_the_same(engines) -> None:
    """The same start, order and noise: sums and weights of NumPy and JAX agree to rounding."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    (_, here), (_, there) = run(engines("numpy"), epochs=3), run(engines("jax"), epochs=3)
    np.testing.assert_allclose(there["loss"], here["loss"], rtol=1e-5)
    np.testing.assert_array_equal(there["accuracy"], here["accuracy"])


def test_both_libraries_end_with_the_same_weights() -> None:
    """Three epochs of fit with dropout, penalties and an uneven last batch: weights and histories to rounding."""
    pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    lines = []
    for backend in ("numpy", "jax"):
        set_random_seed(4)
        layers = [Dense(16, "gelu", kernel_regularizer="l2"), Dropout(0.3), Dense(3, "softmax")]
        model = Sequential([Input((12,)), *layers])
        model.compile(Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"], backend=backend)
        history = model.fit(X / 255, Y, batch_size=BATCH, epochs=3, verbose=0, sample_weight=WEIGHT).history
        lines.append((model.get_weights(), history))
    for a, b in zip(lines[0][0], lines[1][0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-6)
    np.testing.assert_allclose(lines[0][1]["loss"], lines[1][1]["loss"], rtol=1e-5)
    assert lines[0][1]["accuracy"] == lines[1][1]["accuracy"]


def test_an_order_decides_which_examples_a_step_sees(engines) -> None:
    """Step k takes order[k·batch : (k+1)·batch]; the sums count every example once."""
    _, sums = run(engines("numpy"), epochs=1)
    assert sums["loss"][1] == sums["accuracy"][1] == N


def test_moments_too_small_to_matter_become_nothing() -> None:
    """Every hundred steps NumPy's loop sets moments below 1e-30 to 0: subnormal numbers slow a processor down."""
    optimizer_state = {
        "momentum": [{"w": np.array([1e-31, -1e-31, 1e-29, 0.5], np.float32)}, {}],
        "u_product": np.float32(0.25),
    }
    flushed = without_tiny(optimizer_state)
    np.testing.assert_array_equal(flushed["momentum"][0]["w"], np.array([0, 0, 1e-29, 0.5], np.float32))
    assert flushed["momentum"][0]["w"].dtype == np.float32
    assert float(flushed["u_product"]) == 0.25
    chain, optimizer = Dense(1, use_bias=False).links(), Adam(0.1)
    engine = ENGINES["numpy"](make_step(chain, SparseCategoricalCrossentropy(from_logits=True), optimizer), 1)
    state = first_state([{"kernel": np.ones((1, 1), np.float32)}], optimizer)
    state["optimizer_state"]["momentum"][0]["kernel"][:] = 1e-25
    examples, order = Examples(np.zeros((200, 1), np.float32), np.zeros(200, np.int32)), np.arange(200)
    for stop, nothing in ((99, False), (100, False), (199, False), (200, True)):  # 1e-25 · 0.9^200 is 7e-35
        moment = engine.advance(state, empty_records([], 200), examples, order, 0, stop)[0][
            "optimizer_state"
        ]["momentum"][0]["kernel"]
        assert (float(moment[0, 0]) == 0) == nothing


# ── fit ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_seed_learns_the_same_bits(backend) -> None:
    """Twice in one process, and once more in a fresh one with another hash seed: the same weights to the last bit."""
    first = learned(backend)
    assert learned(backend) == first
    command = [sys.executable, Path(__file__).with_name("learned.py"), backend]
    fresh = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONHASHSEED": "12345"}
    )
    assert fresh.stdout.strip() == first


def test_watching_changes_nothing(backend, capsys) -> None:
    """A callback at every step, a live bar, or several calls of fit end at the same bits."""
    plain = learned(backend, epochs=4)
    seen = []
    watcher = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    assert learned(backend, epochs=4, callbacks=[watcher]) == plain
    assert len(seen) == 4 * 5
    assert learned(backend, epochs=4, verbose=1) == plain
    assert learned(backend, epochs=4, calls=2) == plain
    capsys.readouterr()


def test_another_seed_learns_other_bits() -> None:
    """Seeds matter: first weights, order and dropout differ."""
    x, y = np.ones((8, 2), np.float32), np.ones(8, np.float32)
    models = []
    for seed in (1, 2):
        set_random_seed(seed)
        model = Sequential([Input((2,)), Dense(4), Dropout(0.5), Dense(1)])
        model.compile("sgd", "mse")
        models.append(model)
    first = [model.get_weights()[0] for model in models]
    assert (first[0] != first[1]).any()
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.fit(x, y, verbose=0)
    assert (models[0].get_weights()[0] != models[1].get_weights()[0]).any()  # the noise differed, too


FIRST_WEIGHTS = [-0.56307465, 0.8014909, 0.08516752, -0.48639596]
FIRST_NOISE = [0.12424064, 0.31975853]


def test_a_seed_gives_the_weights_it_has_always_given() -> None:
    """These digests are a promise to those who keep a seed; a change of them is a change worth a line in CHANGELOG."""
    set_random_seed(2026)
    model = Sequential([Input((3,)), Dense(4), Dense(2)])
    numbers = [float(w) for w in model.get_weights()[0][0]]
    assert numbers == pytest.approx(FIRST_WEIGHTS, abs=1e-7)
    assert counter_noise(seed_words(model.seed), np.asarray(0), 0)((2,)) == pytest.approx(
        FIRST_NOISE, abs=1e-7
    )


def test_pixels_may_stay_bytes(backend) -> None:
    """uint8 pixels divided inside the step learn what the same pixels divided before do."""
    digests = []
    for x in (Scaled(X, 255), X.astype(np.float32) / np.float32(255)):
        set_random_seed(3)
        model = Sequential([Input((12,)), Dense(8, "tanh"), Dense(3, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", backend=backend)
        model.fit(x, Y, epochs=2, verbose=0, batch_size=16)
        digests.append(model.get_weights())
    for a, b in zip(*digests, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
