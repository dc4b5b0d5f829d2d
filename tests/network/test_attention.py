"""Attention: values by hand, every derivative, masks, and what it refuses."""

import math

import numpy as np
import pytest
from checker import check_rule
from several import check_every_derivative, noisy, random_weights

from chainrule.errors import DataError, SettingError, ShapeError
from chainrule.layers import AdditiveAttention, Attention, MultiHeadAttention, PositionalEmbedding
from chainrule.layers.base import Context

LAYERS = {
    "plain": Attention,
    "scaled": lambda: Attention(use_scale=True),
    "added": lambda: Attention(score_mode="concat"),
    "added, scaled": lambda: Attention(use_scale=True, score_mode="concat"),
    "dropout": lambda: Attention(dropout=0.3),
    "summed": AdditiveAttention,
    "summed, no scale": lambda: AdditiveAttention(use_scale=False, dropout=0.3),
    "heads": lambda: MultiHeadAttention(2, 3),
    "heads, other sizes": lambda: MultiHeadAttention(2, 3, value_dim=4, output_shape=5, dropout=0.3),
    "heads, no bias": lambda: MultiHeadAttention(3, 2, use_bias=False),
}
CALLS = {
    "plainly": {},
    "causally": {"use_causal_mask": True},
    "with shares": {"return_attention_scores": True},
}
OF_QUERY = np.array([[True, True, False], [True, True, True]])
OF_VALUE = np.array([[True, False, True, True, False], [True, True, True, False, True]])


def inputs(rng) -> tuple[np.ndarray, ...]:
    """Query, value and key of two examples."""
    return rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 2)), rng.normal(size=(2, 5, 4))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", LAYERS)
def test_every_derivative_is_the_one_measured(name, call, rng) -> None:
    """By query, value, key and every weight; with and without a key of its own, masked or not, however it is called."""
    q, v, k = inputs(rng)
    for x, mask in (
        ((q, v, k), None), ((q, v, k), (OF_QUERY, OF_VALUE, OF_VALUE)), ((q, k), (None, OF_VALUE)), ((q, k), None),
    ):  # fmt: skip
        layer = LAYERS[name]()
        layer.call_settings = CALLS[call]
        check_every_derivative(layer, random_weights(layer, x, rng), x, noisy(mask))


def test_the_shares_by_hand() -> None:
    """One query, two keys: scores, softmax and mix in Python's own numbers."""
    q, k, v = [1.0, 2.0], [[0.5, -0.5], [0.25, 1.0]], [[10.0], [20.0]]
    scores = [sum(a * b for a, b in zip(q, key, strict=True)) for key in k]
    e = [math.exp(s) for s in scores]
    mixed = sum(share / sum(e) * value[0] for share, value in zip(e, v, strict=True))
    y, _ = Attention().forward({}, (np.array([[q]]), np.array([v]), np.array([k])))
    assert y[0, 0, 0] == pytest.approx(mixed, rel=1e-14)


@pytest.mark.parametrize("name", ["plain", "heads"])
def test_nobody_looks_where_it_may_not(name, rng) -> None:
    """What stands at masked keys, and causally at later times, changes nothing; the shares there are 0."""
    layer, x = LAYERS[name](), rng.normal(size=(2, 5, 4))
    layer.call_settings = {"use_causal_mask": True}
    params = random_weights(layer, (x, x), rng)
    before, _ = layer.forward(params, (x, x), Context())
    other = x.copy()
    other[:, 3:] += 5.0
    after, _ = layer.forward(params, (other, other), Context())
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert (before[:, 3:] != after[:, 3:]).any()

    layer.call_settings = {"return_attention_scores": True}
    (_, shares), _ = layer.forward(params, (x, x), Context(mask=(None, OF_VALUE)))
    shares = shares if shares.ndim == 3 else shares.transpose(1, 0, 2, 3)[0]
    assert (shares.transpose(0, 2, 1)[~OF_VALUE] == 0).all()
    np.testing.assert_allclose(shares.sum(axis=-1), 1)


@pytest.mark.parametrize("name", ["scaled", "added", "summed", "heads, other sizes"])
def test_both_libraries_agree(name, rng) -> None:
    """NumPy and JAX give the same outputs and derivatives, to rounding."""
    jax = pytest.importorskip("jax", reason="JAX IS NOT INSTALLED")
    layer = LAYERS[name]()
    x = tuple(part.astype(np.float32) for part in inputs(rng))
    params = {k: w.astype(np.float32) for k, w in random_weights(layer, x, rng).items()}

    def sweep(params, x):
        y, cache = layer.forward(params, x, noisy((OF_QUERY, OF_VALUE, None)))
        return y, layer.backward_and_gradients(params, cache, y)

    here, there = sweep(params, x), jax.jit(sweep)(params, x)
    for a, b in zip(jax.tree.leaves(here), jax.tree.leaves(there), strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_a_positional_embedding_learns_words_and_places(rng) -> None:
    """Both tables have the derivative measured; places beyond the end learn nothing; 0 may be no word."""
    layer, words = PositionalEmbedding(4, 5, 2, mask_zero=True), np.array([[1, 4, 0], [1, 1, 2]])
    params = random_weights(layer, words, rng)
    y, cache = layer.forward(params, words)
    assert y.shape[1:] == layer.output_shape_for((3,))
    for name in params:
        check_rule(
            lambda w, name=name: layer.forward(params | {name: w}, words)[0],
            lambda dy, name=name: layer.gradients(params, cache, dy)[name],
            params[name],
            name,
        )
    assert (layer.backward(params, cache, y) == 0).all()
    assert layer.next_mask(words, None).tolist() == [[True, True, False], [True, True, True]]
    with pytest.raises(DataError, match="has rows for 0 to 4"):
        layer.forward(params, np.array([[5]]))
    with pytest.raises(ShapeError, match="rows of at most 4 words"):
        layer.output_shape_for((5,))
    with pytest.raises(SettingError, match="whole sequence_length"):
        PositionalEmbedding(0, 5, 2)


@pytest.mark.parametrize("name", LAYERS)
def test_settings_come_back(name) -> None:
    """A layer from its own settings has the same settings."""
    layer = LAYERS[name]()
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Attention(score_mode="product"), "no score_mode called 'product'"),
        (lambda: Attention(dropout=1), "Attention's dropout is a share from 0 to below 1; it got 1"),
        (lambda: MultiHeadAttention(0, 3), "MultiHeadAttention needs a whole num_heads, 1 or more; it got 0"),
        (lambda: MultiHeadAttention(2, 3, sliding_window=4), "sliding_window=4 is not supported"),
        (lambda: MultiHeadAttention(2, 3, attention_axes=2), "attention_axes=2 is not supported"),
        (
            lambda: MultiHeadAttention(2, 3, output_shape=(2, 3)),
            r"output_shape is one whole number; it got \(2, 3\)",
        ),
    ],
)
def test_a_wrong_setting_is_refused(make, words) -> None:
    """One sentence: what came, what was expected."""
    with pytest.raises(SettingError, match=words):
        make()


@pytest.mark.parametrize("shape", [(4, 3), ((4, 3),), ((4, 3), (5,)), ((4, 3), (5, 3), (6, 3))])
@pytest.mark.parametrize("name", ["plain", "heads"])
def test_a_wrong_shape_is_refused(name, shape) -> None:
    """One input, rows, and values that are not as many as keys name the layer and what it takes."""
    layer = LAYERS[name]()
    layer.name = "looks"
    with pytest.raises(ShapeError, match="'looks'"):
        layer.output_shape_for(shape)
