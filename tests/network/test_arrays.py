"""The ground: the same luck on both libraries, blocks that change nothing, and the choice of a backend."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import arrays
from chainrule.arrays import BLOCK, counter_noise, elementwise, namespace, seed_words
from chainrule.errors import MissingDependencyError, SettingError
from installed import HAVE_JAX

SEEDS = st.integers(0, 2**64 - 1)


def test_an_array_knows_its_library(xp) -> None:
    """NumPy and JAX arrays answer with their own library."""
    assert namespace(xp.zeros(2)) is xp


@given(seed=SEEDS, step=st.integers(0, 2**31 - 1), link=st.integers(0, 1000), n=st.sampled_from([1, 7, 300]))
def test_both_libraries_draw_the_same_bits(seed, step, link, n) -> None:
    """Noise for any seed, step and link is equal to the last bit on NumPy and JAX."""
    jnp = pytest.importorskip("jax.numpy", reason="JAX IS NOT INSTALLED")
    here = counter_noise(seed_words(seed), np.asarray(step, np.int32), link)((n,))
    there = counter_noise(jnp.asarray(seed_words(seed)), jnp.asarray(np.int32(step)), link)((n,))
    assert here.dtype == there.dtype == np.float32
    np.testing.assert_array_equal(here, there)


def test_noise_is_the_same_in_every_version() -> None:
    """These numbers are a promise: a change of them changes every run with dropout."""
    draw = counter_noise(seed_words(2**40 + 7), np.asarray(123), 4)
    assert [int(number * 2**24) for number in draw((6,))] == [
        4813713,
        9833290,
        15728104,
        4442600,
        14204373,
        10470540,
    ]
    np.testing.assert_array_equal(draw((2, 3)).reshape(-1), draw((6,)))


def test_the_hash_takes_no_two_numbers_to_one() -> None:
    """A million neighbours stay a million different numbers, and every bit is set in half of them."""
    bits = arrays.hash32(np.arange(1 << 20, dtype=np.uint32))
    assert len(np.unique(bits)) == 1 << 20
    shares = [(bits >> k & 1).mean() for k in range(32)]
    assert max(abs(share - 0.5) for share in shares) < 0.003


@pytest.mark.parametrize("other", [{"seed": 4}, {"seed": 3 + (1 << 32)}, {"step": 11}, {"link": 2}])
def test_noise_is_even_and_unrelated(other) -> None:
    """Uniform in [0, 1), neighbours uncorrelated, and unrelated to that of another seed, step or link."""
    place = {"seed": 3, "step": 10, "link": 1}

    def draw(seed, step, link):
        return counter_noise(seed_words(seed), np.asarray(step), link)((100_000,))

    a, b = draw(**place), draw(**place | other)
    assert 0 <= a.min() < a.max() < 1
    counts = np.histogram(a, bins=50, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 100  # chi-squared, 49 degrees of freedom
    assert abs(np.corrcoef(a[1:], a[:-1])[0, 1]) < 0.015
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.015


def test_generators_differ_by_purpose_seed_and_place() -> None:
    """The same purpose, seed and place give the same luck; any difference gives other luck."""
    draw = lambda *place: arrays.generator(*place).random(4).tolist()  # noqa: E731
    firsts = [arrays.generator(7, purpose, 0).random() for purpose in ("weights", "order", "noise", "split")]
    assert firsts == [0.03886106209751605, 0.3596767659247476, 0.12054820956228385, 0.6822299076083322]
    base = draw(1, "order", 2)
    assert draw(1, "order", 2) == base
    assert base not in (draw(2, "order", 2), draw(1, "weights", 2), draw(1, "order", 3), draw(1, "order"))


def test_set_seed_decides_the_seeds_that_follow(monkeypatch) -> None:
    """After set_seed the same seeds follow in the same order; without it they are fresh. 53 bits each."""
    try:
        arrays.set_seed(5)
        first = [arrays.next_seed() for _ in range(3)]
        arrays.set_seed(5)
        assert [arrays.next_seed() for _ in range(3)] == first
        assert first == [
            8787483674036539,
            2031330260420951,
            3938063460166390,
        ]  # a promise to those who keep a seed
        arrays.set_seed(6)
        assert arrays.next_seed() not in first
    finally:
        arrays._given.clear()
    fresh = {arrays.next_seed() for _ in range(4)}
    assert len(fresh) == 4
    monkeypatch.setattr(arrays.os, "urandom", lambda n: b"\xff" * n)
    assert arrays.next_seed() == 2**53 - 1


@pytest.mark.parametrize("size", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 5])
def test_blocks_change_nothing(size) -> None:
    """A formula applied in blocks gives the bits that it gives in one piece, in every shape and layout."""
    a, b = (np.random.default_rng(k).normal(size=(1, size)).astype(np.float32) for k in range(2))
    formula = lambda a, b: (a * b, np.sqrt(np.abs(a)) - b)  # noqa: E731
    for x, y in ((a, b), (a.T, b.T), (a[:, ::-1], b)):
        for got, want in zip(elementwise(formula, x, y), formula(x, y), strict=True):
            np.testing.assert_array_equal(got, want)
            assert got.dtype == np.float32


def test_numpy_s_arrays_are_cut_into_blocks_and_no_other_library_s() -> None:
    """The formula sees each number once, at most a block at a time; another library gets its array in one piece."""
    seen = []

    def formula(a):
        seen.append(a.size)
        return (a,)

    elementwise(formula, np.zeros((2, BLOCK + 2)))
    assert seen == [BLOCK, BLOCK, 4]

    class Foreign:
        size = 10 * BLOCK

        def __array_namespace__(self):
            return sys

    array = Foreign()
    assert elementwise(formula, array) == (array,)


def test_a_seed_is_two_words() -> None:
    """Seeds beyond 64 bits, and below 0, keep their last 64 bits."""
    assert arrays.seed_words(2**64 + 2**33 + 5).tolist() == [5, 2]
    assert arrays.seed_words(-1).tolist() == [2**32 - 1, 2**32 - 1]


def test_the_backend_is_what_was_asked_for(monkeypatch) -> None:
    """An argument wins over the environment, and that over the size of the job; small jobs stay with NumPy."""
    monkeypatch.setattr(arrays, "jax_installed", lambda: True)
    monkeypatch.delenv("CHAINRULE_BACKEND", raising=False)
    assert [arrays.choose_backend(None, seconds) for seconds in (0.1, 3.0, 3.1, 1e9)] == [
        "numpy",
        "numpy",
        "jax",
        "jax",
    ]
    assert arrays.choose_backend("numpy", 1e15) == "numpy"
    assert arrays.choose_backend("jax", 1) == "jax"
    monkeypatch.setenv("CHAINRULE_BACKEND", "jax")
    assert arrays.choose_backend(None, 1) == "jax"
    assert arrays.choose_backend("numpy", 1) == "numpy"
    monkeypatch.setenv("CHAINRULE_BACKEND", "torch")
    with pytest.raises(SettingError, match="no backend called 'torch'"):
        arrays.choose_backend(None, 1)
    with pytest.raises(SettingError, match="Did you mean 'numpy'"):
        arrays.choose_backend("nunpy", 1)


def test_the_time_on_numpy_is_guessed() -> None:
    """0.2 ms a step, and three products per weight and example: about 4.5 s for an epoch of the classic job."""
    assert arrays.seconds_on_numpy(numbers=694_950, batch=32, steps=1875) == pytest.approx(4.545, rel=1e-3)
    assert arrays.seconds_on_numpy(numbers=0, batch=32, steps=1000) == pytest.approx(0.2)


def test_without_jax_numpy_does_the_work(monkeypatch) -> None:
    """Where JAX is not installed large jobs run on NumPy, and asking for JAX says how to install it."""
    monkeypatch.setattr(arrays, "jax_installed", lambda: False)
    monkeypatch.delenv("CHAINRULE_BACKEND", raising=False)
    assert arrays.choose_backend(None, 1e15) == "numpy"
    with pytest.raises(MissingDependencyError, match=r'pip install "chainrule\[jax\]"'):
        arrays.choose_backend("jax", 1)


def test_asking_whether_jax_is_there_does_not_import_it() -> None:
    """It takes over a second, so only a job that needs it pays."""
    import subprocess

    assert arrays.jax_installed() == HAVE_JAX
    code = "import sys; from chainrule import arrays; arrays.jax_installed(); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
