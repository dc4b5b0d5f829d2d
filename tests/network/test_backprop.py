"""The step: one network, all its derivatives at once, the shortcuts, the frozen, the weighted, the noisy."""

import numpy as np
import pytest
from checker import compare, measured_jacobian
from hypothesis import given
from hypothesis import strategies as st

from chainrule import layers, losses, metrics
from chainrule.backprop import backward_sweep, first_state, forward_sweep, make_step
from chainrule.layers import Activation, Dense, Dropout, Flatten, LeakyReLU, Rescaling, Reshape, Softmax
from chainrule.losses.outputs import fused_output
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import ExponentialDecay
from chainrule.regularizers import L1L2, L2

NO_STEP = np.asarray(0)


def chain_of(*parts: layers.Layer, shape: tuple[int, ...]) -> tuple[list, list]:
    """Links, and float64 weights that are not small, for layers one after the other."""
    links, params, rng = [], [], np.random.default_rng(3)
    for layer in parts:
        weights = {name: rng.normal(size=size) * 0.7 for name, size in layer.weight_shapes(shape).items()}
        shape = layer.output_shape_for(shape)
        for link in layer.links():
            links.append(link)
            params.append(weights if link is layer else {})
    return links, params


def check_step(links, params, loss, x, y, weight=None, seed=7, frozen=()) -> None:
    """All derivatives that a step uses, against how the loss it reports changes with every single weight."""

    def loss_at(weights) -> float:
        record = make_step(links, loss, SGD(0.0))(first_state(weights, SGD(0.0), seed=seed), (x, y, weight))[
            1
        ]
        return record["loss"][0] / record["loss"][1]

    state, _ = make_step(links, loss, SGD(1.0))(first_state(params, SGD(1.0), seed=seed), (x, y, weight))
    for i, layer in enumerate(params):
        for name, w in layer.items():
            moved = w - state["params"][i][name]  # w ← w - 1 · g
            if i in frozen:
                assert (moved == 0).all()
                continue

            def by_weight(w, i=i, name=name):
                changed = [*params[:i], params[i] | {name: w}, *params[i + 1 :]]
                return np.asarray(loss_at(changed))

            compare(moved.reshape(1, -1), measured_jacobian(by_weight, w), f"the loss by {name} of link {i}")


def data(
    n: int, shape: tuple[int, ...], outputs: int, kind: str = "numbers"
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, *shape))
    if kind == "numbers":
        return x, rng.normal(size=(n, outputs))
    if kind == "yes":
        return x, rng.integers(0, 2, (n, outputs)).astype(float)
    labels = rng.integers(0, outputs, n)
    return x, labels if kind == "labels" else np.eye(outputs)[labels]


ENDS = [
    ("softmax", losses.CategoricalCrossentropy(), "one-hot"),
    ("softmax", losses.CategoricalCrossentropy(label_smoothing=0.2), "one-hot"),
    ("softmax", losses.SparseCategoricalCrossentropy(), "labels"),
    (None, losses.SparseCategoricalCrossentropy(from_logits=True), "labels"),
    ("sigmoid", losses.BinaryCrossentropy(), "yes"),
    (None, losses.BinaryCrossentropy(from_logits=True), "yes"),
    ("tanh", losses.MeanSquaredError(), "numbers"),
    ("softplus", losses.Huber(0.5), "numbers"),
    ("softmax", losses.MeanSquaredError(), "one-hot"),
    ("sigmoid", losses.CategoricalCrossentropy(), "one-hot"),
    (None, losses.MeanAbsoluteError(), "numbers"),
]


@pytest.mark.parametrize(("activation", "loss", "kind"), ENDS)
@pytest.mark.parametrize("n", [1, 5])
def test_a_whole_network_has_the_derivatives_measured(activation, loss, kind, n) -> None:
    """The loss by every weight of two layers, for every way a network can end."""
    links, params = chain_of(Dense(4, "tanh"), Dense(3, activation), shape=(2,))
    check_step(links, params, loss, *data(n, (2,), 3, kind))


def test_a_network_with_everything_has_the_derivatives_measured() -> None:
    """Penalties, weighted examples, dropout, a frozen layer, shapes and scales: all at once."""
    frozen = Dense(3, "sigmoid", trainable=False)
    links, params = chain_of(
        Rescaling(0.5, 0.1), Flatten(), Dense(5, "silu", kernel_regularizer=L1L2(0.02, 0.1), bias_regularizer=L2(0.3)),
        Dropout(0.4), frozen, Reshape((3, 1)), LeakyReLU(0.3), Dense(2, "elu", kernel_regularizer="l1"), Flatten(),
        Dropout(0.2), Dense(3, kernel_regularizer="l2"), Softmax(), shape=(2, 2),
    )  # fmt: skip
    x, y = data(4, (2, 2), 3, "one-hot")
    at = links.index(frozen)
    check_step(
        links, params, losses.CategoricalCrossentropy(), x, y, np.array([1.0, 0.0, 2.5, 0.3]), frozen=[at]
    )


@pytest.mark.parametrize(
    "loss", [losses.CategoricalCrossentropy(), losses.MeanSquaredError(), losses.BinaryCrossentropy()]
)
def test_outputs_of_several_rows_have_the_derivatives_measured(loss) -> None:
    """Each example with several distributions, and a weight of its own."""
    last = Softmax() if isinstance(loss, losses.CategoricalCrossentropy) else Activation("sigmoid")
    links, params = chain_of(Dense(4, "tanh"), Dense(3), last, shape=(2, 5))
    x = np.random.default_rng(2).normal(size=(4, 2, 5))
    y = np.eye(3)[np.random.default_rng(3).integers(0, 3, (4, 2))]
    check_step(links, params, loss, x, y, np.array([1.0, 0.0, 2.5, 0.3]))


@given(
    n=st.integers(1, 6), sizes=st.lists(st.integers(1, 4), min_size=1, max_size=3), seed=st.integers(0, 1000),
    activation=st.sampled_from(["tanh", "sigmoid", "softplus", "gelu", "silu", "softmax"]),
)  # fmt: skip
def test_networks_of_any_size_have_the_derivatives_measured(n, sizes, seed, activation) -> None:
    """Any depth, width and batch size, with dropout drawn from any seed."""
    links, params = chain_of(*(Dense(k, activation) for k in sizes), Dropout(0.3), Dense(2), shape=(3,))
    check_step(links, params, losses.MeanSquaredError(), *data(n, (3,), 2), seed=seed)


# ── sweeps ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_shortcut_changes_no_number() -> None:
    """A step with the shortcut and one with the two long rules move every weight alike."""

    class LongWay(losses.CategoricalCrossentropy):
        """The same loss under another name has no shortcut."""

    links, params = chain_of(Dense(4, "tanh"), Dense(3, "softmax"), shape=(2,))
    x, y = data(5, (2,), 3, "one-hot")
    short, long = (
        make_step(links, loss, SGD(1.0))(first_state(params, SGD(1.0)), (x, y, None))
        for loss in (losses.CategoricalCrossentropy(), LongWay())
    )
    assert not fused_output(links, LongWay()).fused
    assert fused_output(links, losses.CategoricalCrossentropy()).z == (len(links) - 2, 0)
    for a, b in zip(short[0]["params"], long[0]["params"], strict=True):
        for name in a:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-9)
    np.testing.assert_allclose(short[1]["loss"], long[1]["loss"], rtol=1e-12)


def test_a_weighted_sum_is_never_taken_for_its_activation() -> None:
    """Only a link without weights may be covered by a shortcut; no links at all are no mistake."""
    loss = losses.CategoricalCrossentropy()
    assert not fused_output([Dense(3, "softmax")], loss).fused
    assert not fused_output([], loss).fused


def test_whoever_watches_sees_what_passed_by() -> None:
    """`watch` is handed sums, predictions, losses, deltas, gradients, rate and weights; what it returns is recorded."""
    links, params = chain_of(Dense(3, "softmax"), shape=(2,))
    x, y = data(5, (2,), 3, "one-hot")
    seen = []

    def watch(step_trace):
        seen.append(step_trace)
        return {"largest": step_trace.p.max()}

    step = make_step(links, losses.CategoricalCrossentropy(), SGD(0.5), watch=watch)
    state, record = step(first_state(params, SGD(0.5)), (x, y, None))
    (step_trace,) = seen
    assert record["largest"] == step_trace.p.max()
    assert set(record) == {"loss", "largest"}
    np.testing.assert_allclose(step_trace.p, forward_sweep(links, params, x)[0][-1])
    np.testing.assert_allclose(step_trace.deltas[0], (step_trace.p - y) / 5)
    np.testing.assert_allclose(step_trace.grads[0]["kernel"], x.T @ (step_trace.p - y) / 5)
    np.testing.assert_allclose(
        state["params"][0]["kernel"], params[0]["kernel"] - 0.5 * step_trace.grads[0]["kernel"]
    )
    assert float(step_trace.rate) == 0.5
    assert step_trace.losses.shape == (5,)


@pytest.mark.parametrize("end", [Softmax(), Activation("softmax")])
def test_the_shortcut_is_found_however_softmax_is_written(end) -> None:
    """As a layer of its own, too: logits of 1e4 give a finite loss and the gradient p - y."""
    links, params = chain_of(Dense(2, use_bias=False), end, shape=(2,))
    params[0]["kernel"] = np.array([[1.0, 0.0], [0.0, 1.0]])
    x, y = np.array([[-1e4, 1e4]]), np.array([[1.0, 0.0]])
    state, record = make_step(links, losses.CategoricalCrossentropy(), SGD(1.0))(
        first_state(params, SGD(1.0)), (x, y, None)
    )
    assert record["loss"].tolist() == [20000.0, 1.0]
    np.testing.assert_allclose(params[0]["kernel"] - state["params"][0]["kernel"], x.T @ [[-1.0, 1.0]])


def test_below_the_lowest_layer_that_learns_nothing_is_computed() -> None:
    """The backward sweep stops where nobody below learns: no derivative by the input is made."""
    asked = []

    class Asked(Dense):
        def backward(self, params, cache, dy):
            asked.append(self.name)
            return super().backward(params, cache, dy)

        def gradients(self, params, cache, dy):
            asked.append(f"d{self.name}")
            return super().gradients(params, cache, dy)

    links, params = chain_of(
        Asked(2, name="a", trainable=False), Asked(2, name="b"), Asked(2, name="c", trainable=False), Asked(2, name="d"),
        shape=(2,),
    )  # fmt: skip
    _, cache = forward_sweep(links, params, np.ones((1, 2)))
    grads, _ = backward_sweep(links, params, cache, np.ones((1, 2)))
    assert asked == ["dd", "d", "c", "db"]
    assert [sorted(layer) for layer in grads] == [[], ["bias", "kernel"], [], ["bias", "kernel"]]


def test_a_network_that_learns_nothing_can_take_a_step() -> None:
    """All layers frozen: the loss is reported, nothing moves, nothing fails."""
    links, params = chain_of(Dense(2, trainable=False), Flatten(), shape=(2,))
    x, y = data(3, (2,), 2)
    state, record = make_step(links, losses.MeanSquaredError(), Adam())(
        first_state(params, Adam()), (x, y, None)
    )
    assert record["loss"][0] > 0
    np.testing.assert_array_equal(state["params"][0]["kernel"], params[0]["kernel"])


# ── the record and the state ─────────────────────────────────────────────────────────────────────────────────────


def test_the_record_holds_sums_over_the_batch() -> None:
    """Loss times examples, and each metric's two sums, of the predictions before the step."""
    links, params = chain_of(Dense(3, "softmax"), shape=(2,))
    x, y = data(5, (2,), 3, "one-hot")
    step = make_step(
        links, losses.CategoricalCrossentropy(), SGD(0.5), [metrics.CategoricalAccuracy("accuracy")]
    )
    _, record = step(first_state(params, SGD(0.5)), (x, y, None))
    p = forward_sweep(links, params, x)[0][-1]
    assert sorted(record) == ["accuracy", "loss"]
    np.testing.assert_allclose(record["loss"], [-np.log(p[y == 1]).sum(), 5], rtol=1e-12)
    np.testing.assert_array_equal(record["accuracy"], [(p.argmax(axis=1) == y.argmax(axis=1)).sum(), 5])


def test_the_penalties_are_part_of_the_loss_and_count_once() -> None:
    """What regularizers ask for is added to the mean loss of the batch, whatever the weights of the examples."""
    links, params = chain_of(Dense(1, use_bias=False, kernel_regularizer=L2(0.5)), shape=(1,))
    params[0]["kernel"] = np.array([[3.0]])
    x, y = np.array([[0.0], [0.0]]), np.array([[1.0], [2.0]])
    step = make_step(links, losses.MeanSquaredError(), SGD(0.1))
    for weight, expected in ((None, 2.5 + 4.5), (np.array([1.0, 0.0]), 0.5 + 4.5)):
        state, record = step(first_state(params, SGD(0.1)), (x, y, weight))
        assert record["loss"].tolist() == [2 * expected, 2]
        assert state["params"][0]["kernel"][0, 0] == pytest.approx(3 - 0.1 * 2 * 0.5 * 3)


def test_a_frozen_layer_s_penalty_is_not_part_of_the_loss() -> None:
    """As in Keras, weights that do not learn are not punished."""
    links, params = chain_of(
        Dense(1, use_bias=False, kernel_regularizer=L2(0.5), trainable=False), shape=(1,)
    )
    params[0]["kernel"] = np.array([[3.0]])
    step = make_step(links, losses.MeanSquaredError(), SGD(0.1))
    _, record = step(first_state(params, SGD(0.1)), (np.array([[0.0]]), np.array([[1.0]]), None))
    assert record["loss"].tolist() == [1.0, 1.0]


def test_a_step_is_pure() -> None:
    """The state handed in is as it was; the same state and batch give the same bits again."""
    links, params = chain_of(Dense(3, "relu"), Dropout(0.5), Dense(2), shape=(2,))
    x, y = data(4, (2,), 2)
    step, state = make_step(links, losses.MeanSquaredError(), Adam()), first_state(params, Adam(), seed=3)
    before = {name: w.copy() for name, w in params[0].items()}
    a, b = step(state, (x, y, None)), step(state, (x, y, None))
    for name, w in before.items():
        np.testing.assert_array_equal(state["params"][0][name], w)
        np.testing.assert_array_equal(a[0]["params"][0][name], b[0]["params"][0][name])
    assert (int(state["step"]), int(a[0]["step"])) == (0, 1)
    assert (a[1]["loss"] == b[1]["loss"]).all()


def test_noise_depends_on_the_step_s_number() -> None:
    """The same weights and batch at another step leave out other numbers."""
    links, params = chain_of(Dropout(0.5), Dense(2), shape=(8,))
    x, y = data(4, (8,), 2)
    step = make_step(links, losses.MeanSquaredError(), SGD(0.0))
    first, second = (step(first_state(params, SGD(0.0), step=k), (x, y, None))[1]["loss"][0] for k in (0, 1))
    assert first != second


def test_a_first_state_holds_what_learning_changes() -> None:
    """Weights, empty memory of their type, step, rate and seed."""
    _, params = chain_of(Dense(2), shape=(3,))
    state = first_state(params, Adam(0.25), step=4, seed=2**32 + 5)
    assert (int(state["step"]), float(state["rate"]), state["seed"].tolist()) == (4, 0.25, [5, 1])
    assert state["step"].dtype == np.int32
    assert state["rate"].dtype == np.float64
    assert (state["optimizer_state"]["momentum"][0]["kernel"] == 0).all()
    assert first_state([], SGD())["rate"].dtype == np.float32
    plain = first_state([], SGD(ExponentialDecay(0.1, 10, 0.5)))
    assert (int(plain["step"]), float(plain["rate"]), plain["seed"].tolist()) == (0, 0.0, [0, 0])
    optimizer_state = {"momentum": [{"w": np.ones(1)}]}
    assert first_state([], SGD(), optimizer_state)["optimizer_state"] is optimizer_state


def test_a_state_keeps_what_learning_only_reads() -> None:
    """Rate and seed go on to the next step, which has the next number."""
    links, params = chain_of(Dense(2), shape=(3,))
    x, y = data(4, (3,), 2)
    state = first_state(params, SGD(0.25), step=4, seed=7)
    after, _ = make_step(links, losses.MeanSquaredError(), SGD(0.25))(state, (x, y, None))
    assert after.keys() == state.keys()
    assert int(after["step"]) == 5
    assert float(after["rate"]) == 0.25
    np.testing.assert_array_equal(after["seed"], state["seed"])


def test_both_libraries_take_the_same_step(rng) -> None:
    """One float32 step with everything in it, on NumPy and on JAX: the same to rounding."""
    jax = pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    links, params = chain_of(
        Dense(6, "gelu", kernel_regularizer=L1L2(0.01, 0.01)), Dropout(0.3), Dense(3, "softmax"), shape=(4,)
    )  # fmt: skip
    params = [{name: w.astype(np.float32) for name, w in layer.items()} for layer in params]
    x, y = (a.astype(np.float32) for a in data(7, (4,), 3, "one-hot"))
    weight = rng.uniform(0, 2, 7).astype(np.float32)
    step = make_step(links, losses.CategoricalCrossentropy(), Adam(0.01), [metrics.CategoricalAccuracy()])
    state = first_state(params, Adam(0.01), seed=9)
    here = step(state, (x, y, weight))
    there = jax.jit(step)(
        jax.tree.map(jax.numpy.asarray, state), tuple(map(jax.numpy.asarray, (x, y, weight)))
    )
    for a, b in zip(jax.tree.leaves(here), jax.tree.leaves(there), strict=True):
        np.testing.assert_allclose(b, a, rtol=2e-5, atol=1e-6)
