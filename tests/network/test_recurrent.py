"""Recurrent layers: values by hand, every derivative through time, masks, directions, states, and what they refuse."""

import math

import numpy as np
import pytest
from several import check_every_derivative, noisy, random_weights

import chainrule as cr
from chainrule.errors import SettingError, ShapeError
from chainrule.layers import GRU, LSTM, Bidirectional, SimpleRNN
from chainrule.layers.base import Context

KINDS = (SimpleRNN, LSTM, GRU)
SETTINGS = {
    "plain": {},
    "every time": {"return_sequences": True},
    "with states": {"return_state": True},
    "every time with states": {"return_sequences": True, "return_state": True},
    "backwards": {"go_backwards": True, "return_sequences": True},
    "no bias": {"use_bias": False},
    "dropout": {"dropout": 0.4},
    "recurrent dropout": {"dropout": 0.4, "recurrent_dropout": 0.3},
    "zeros where masked": {"zero_output_for_mask": True, "return_sequences": True},
    "the last, 0 if masked": {"zero_output_for_mask": True},
    "other activation": {"activation": "softplus"},
}
GATED = {"other gates": {"recurrent_activation": "gelu"}}
OF_GRU = {
    "reset before": {"reset_after": False},
    "reset before, recurrent dropout": {"reset_after": False, "recurrent_dropout": 0.4},
    "reset before, no bias": {"reset_after": False, "use_bias": False},
}
CASES = [
    (kind, name, settings)
    for kind in KINDS
    for name, settings in (
        SETTINGS | (GATED if kind is not SimpleRNN else {}) | (OF_GRU if kind is GRU else {})
    ).items()
]
MASK = np.array([[True, True, False, True], [False, True, True, False]])


def name_of(value) -> str:
    return value if isinstance(value, str) else getattr(value, "__name__", "")


@pytest.mark.parametrize("states", [False, True], ids=["from zeros", "from states"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all times", "masked"])
@pytest.mark.parametrize(("kind", "name", "settings"), CASES, ids=name_of)
def test_every_derivative_through_time_is_the_one_measured(kind, name, settings, mask, states, rng) -> None:
    """By the input, by the first states and by every weight, with every setting, masked or not."""
    layer = kind(2, **settings)
    x = rng.normal(size=(2, 4, 3))
    x = (x, *(rng.normal(size=(2, 2)) for _ in range(layer.state_count))) if states else x
    check_every_derivative(layer, random_weights(layer, x, rng), x, noisy(mask))


@pytest.mark.parametrize("mode", ["concat", "sum", "ave", "mul", None])
@pytest.mark.parametrize("kind", [LSTM, GRU], ids=name_of)
@pytest.mark.parametrize("name", ["plain", "every time", "every time with states", "recurrent dropout"])
def test_both_directions_have_their_derivatives(mode, kind, name, rng) -> None:
    """Bidirectional, with every way of merging, masked, from states and from zeros."""
    for states in (False, True):
        layer = Bidirectional(kind(2, **SETTINGS[name]), mode)
        x = rng.normal(size=(2, 4, 3))
        count = 2 * layer.forward_layer.state_count
        x = (x, *(rng.normal(size=(2, 2)) for _ in range(count))) if states else x
        check_every_derivative(layer, random_weights(layer, x, rng), x, noisy(MASK))


def test_only_the_outputs_that_were_used_are_told(rng) -> None:
    """Of several outputs some may have led nowhere: their derivative is None, and counts as 0."""
    layer = LSTM(2, return_state=True, return_sequences=True)
    x = rng.normal(size=(2, 4, 3))
    params = random_weights(layer, x, rng)
    (y, h, c), cache = layer.forward(params, x, Context())
    dy = rng.normal(size=y.shape)
    whole = layer.backward(params, cache, (dy, np.zeros_like(h), np.zeros_like(c)))
    for part in (dy, (dy, None, None), (dy,)):
        np.testing.assert_array_equal(layer.backward(params, cache, part), whole)
    d_c = rng.normal(size=c.shape)
    whole = layer.backward(params, cache, (np.zeros_like(y), np.zeros_like(h), d_c))
    np.testing.assert_array_equal(layer.backward(params, cache, (None, None, d_c)), whole)


# ── values by hand ───────────────────────────────────────────────────────────────────────────────────────────────


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def test_an_lstm_s_two_steps_by_hand() -> None:
    """One unit, one input, two times: the textbook's formulas in Python's own numbers."""
    w, u, b = [0.5, -0.3, 0.8, 0.1], [0.2, 0.4, -0.6, 0.7], [0.05, 1.0, -0.1, 0.2]
    h = c = 0.0
    for x in (1.5, -0.7):
        i, f, o = (sigmoid(x * w[k] + h * u[k] + b[k]) for k in (0, 1, 3))
        g = math.tanh(x * w[2] + h * u[2] + b[2])
        c = f * c + i * g
        h = o * math.tanh(c)
    params = {"kernel": np.array([w]), "recurrent_kernel": np.array([u]), "bias": np.array(b)}
    (y, h_last, c_last), _ = LSTM(1, return_state=True).forward(params, np.array([[[1.5], [-0.7]]]))
    assert [float(v) for v in (y[0, 0], h_last[0, 0], c_last[0, 0])] == pytest.approx([h, h, c], rel=1e-14)


@pytest.mark.parametrize("after", [True, False])
def test_a_gru_s_two_steps_by_hand(after) -> None:
    """The same for a GRU, with the reset gate after and before the product."""
    w, u, b, r_b = [0.5, -0.3, 0.8], [0.2, 0.4, -0.6], [0.05, 1.0, -0.1], [0.3, -0.2, 0.15]
    h = 0.0
    for x in (1.5, -0.7):
        extra = r_b if after else [0.0] * 3
        z, r = (sigmoid(x * w[k] + b[k] + h * u[k] + extra[k]) for k in (0, 1))
        g = math.tanh(x * w[2] + b[2] + (r * (h * u[2] + extra[2]) if after else (r * h) * u[2]))
        h = z * h + (1 - z) * g
    bias = np.array([b, r_b]) if after else np.array(b)
    params = {"kernel": np.array([w]), "recurrent_kernel": np.array([u]), "bias": bias}
    y, _ = GRU(1, reset_after=after).forward(params, np.array([[[1.5], [-0.7]]]))
    assert y[0, 0] == pytest.approx(h, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_masked_times_might_as_well_not_be_there(kind, rng) -> None:
    """A sequence with masked times ends where the sequence without them ends, and learns the same."""
    x, mask = rng.normal(size=(1, 5, 3)), np.array([[True, False, True, True, False]])
    layer = kind(4)
    params = random_weights(layer, x, rng)
    (y, cache), (short, short_cache) = (
        layer.forward(params, x, Context(mask=mask)),
        layer.forward(params, x[:, mask[0]], Context()),
    )
    np.testing.assert_allclose(y, short, rtol=1e-13)
    dy = rng.normal(size=y.shape)
    dx, grads = layer.backward_and_gradients(params, cache, dy)
    short_dx, short_grads = layer.backward_and_gradients(params, short_cache, dy)
    np.testing.assert_allclose(dx[:, mask[0]], short_dx, rtol=1e-12, atol=1e-15)
    assert (dx[:, ~mask[0]] == 0).all()
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, short_grads[name], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_dropout_leaves_out_the_same_at_all_times_and_only_while_learning(kind, rng) -> None:
    """A left-out input has no derivative at any time; when predicting nothing is left out."""
    layer = kind(3, dropout=0.5)
    x = rng.normal(size=(4, 6, 5))
    params = random_weights(layer, x, rng)
    y, cache = layer.forward(params, x, noisy())
    dx = layer.backward(params, cache, np.ones_like(y))
    silent = (dx == 0).all(axis=1)
    assert 0 < silent.mean() < 1
    assert ((dx == 0) == silent[:, None, :]).all()
    plain = kind(3)
    np.testing.assert_array_equal(layer.forward(params, x)[0], plain.forward(params, x)[0])


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_both_libraries_agree(kind, rng) -> None:
    """NumPy's loop and JAX's compiled one give the same outputs and derivatives, to rounding."""
    jax = pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    layer = Bidirectional(kind(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.3))
    x = rng.normal(size=(3, 5, 2)).astype(np.float32)
    params = {k: w.astype(np.float32) for k, w in random_weights(layer, x, rng).items()}
    mask = rng.random((3, 5)) > 0.3

    def both(params, x, mask):
        y, cache = layer.forward(params, x, noisy(mask))
        return y, layer.backward_and_gradients(params, cache, y)

    here = both(params, x, mask)
    there = jax.jit(both)(params, x, mask)
    for a, b in zip(jax.tree.leaves(here), jax.tree.leaves(there), strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_forget_gate_begins_open() -> None:
    """unit_forget_bias puts 1 on the forget gate's bias and 0 elsewhere; without it all is 0."""
    rng = np.random.default_rng(0)
    assert LSTM(2).init(rng, (3, 1))["bias"].tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    assert not LSTM(2, unit_forget_bias=False).init(rng, (3, 1))["bias"].any()


def test_masks_go_on_with_the_sequence() -> None:
    """A layer that returns every time passes the mask on; one that returns the last ends it; states have none."""
    assert LSTM(2, return_sequences=True).next_mask(None, MASK) is MASK
    assert GRU(2).next_mask(None, MASK) is None
    assert LSTM(2, return_sequences=True, return_state=True).next_mask(None, MASK) == (MASK, None, None)
    assert Bidirectional(LSTM(2, return_sequences=True)).next_mask(None, MASK) is MASK
    assert Bidirectional(GRU(2, return_sequences=True), None).next_mask(None, MASK) == (MASK, MASK)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_settings_come_back(kind) -> None:
    """A layer from its own settings has the same settings, also inside Bidirectional."""
    layer = kind(3, dropout=0.1, return_sequences=True, kernel_regularizer="l2", name="a")
    assert kind.from_config(layer.get_config()).get_config() == layer.get_config()
    assert layer.multiplications((7, 5)) == 7 * (5 + 3) * 3 * layer.gate_count


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: LSTM(0), "LSTM needs a whole number of units, 1 or more; it got 0"),
        (lambda: SimpleRNN(2, dropout=1.0), "SimpleRNN's dropout is a share from 0 to below 1; it got 1.0"),
        (lambda: LSTM(2, recurrent_dropout=-0.1), "LSTM's recurrent_dropout is a share"),
        (lambda: LSTM(2, tanh=1), "LSTM has no setting called 'tanh'"),
        (lambda: Bidirectional(3), "Bidirectional needs a recurrent layer"),
        (lambda: Bidirectional(GRU(2), "cat"), "no merge_mode called 'cat'. Did you mean 'concat'"),
        (
            lambda: Bidirectional(GRU(2, go_backwards=True)),
            "one layer with go_backwards=True and one without",
        ),
        (
            lambda: Bidirectional(GRU(2), backward_layer=GRU(2, go_backwards=True, return_sequences=True)),
            "the same return_sequences in both layers",
        ),
    ],
)
def test_a_wrong_setting_is_refused(make, words) -> None:
    """One sentence: what came, what was expected."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (
            (5,),
            "LSTM 'reader' takes sequences, (times, numbers at each time); one example has the shape (5,)",
        ),
        ((4, 3, 2), "takes sequences"),
        (((4, 3), (2,)), "starts from 2 state(s) of 2 numbers each; it was given shapes (2,)"),
        (((4, 3), (2,), (3,)), "starts from 2 state(s) of 2 numbers each"),
    ],
)
def test_a_wrong_shape_is_refused(shape, words) -> None:
    """Rows, pictures and states of another size name the layer and what it takes."""
    with pytest.raises(ShapeError) as result:
        LSTM(2, name="reader").output_shape_for(shape)
    assert words in str(result.value)


def test_a_network_with_first_states_has_a_cost_and_learns(rng) -> None:
    """States handed from one layer to the next: the engine is chosen, the loss falls, the steps are counted."""
    words = cr.Input((5, 3))
    y, *states = LSTM(4, return_state=True, return_sequences=True)(words)
    out = LSTM(4)(y, initial_state=states)
    cr.utils.set_random_seed(1)
    model = cr.Model(words, cr.layers.Dense(1)(out))
    model.compile("adam", "mse")
    x = rng.normal(size=(32, 5, 3)).astype(np.float32)
    losses = model.fit(x, x.sum(axis=(1, 2))[:, None] / 5, epochs=10, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
