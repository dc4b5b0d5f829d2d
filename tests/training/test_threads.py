"""Small products use one core, large ones all: other programs on the machine must not slow a small training down."""

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from chainrule.engine.epoch import empty_records
from chainrule.engine.numpy_engine import NumpyEngine
from chainrule.engine.threads import SMALL, for_products, largest_product


def cores() -> list[int]:
    """How many threads each library for products may use now."""
    return [library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers]


@pytest.fixture
def many():
    """A machine where products use three threads, whatever this one has."""
    with ThreadpoolController().limit(limits=3, user_api="blas"):
        yield


@pytest.mark.usefixtures("many")
def test_small_products_use_one_core_and_give_the_others_back() -> None:
    """Inside one, afterwards as before; large products are left alone."""
    with for_products(SMALL - 1):
        assert set(cores()) == {1}
    assert set(cores()) == {3}
    with for_products(SMALL):
        assert set(cores()) == {3}


def test_the_largest_product_is_the_batch_times_the_largest_kernel() -> None:
    """Biases are no products, and a chain without weights has none."""
    params = [{"kernel": np.zeros((5, 4)), "bias": np.zeros(400)}, {}, {"kernel": np.zeros((4, 9))}]
    assert largest_product(10, params) == 360
    assert largest_product(10, [{}]) == 0


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("units", "used"), [(2, 1), (4000, 3)])
def test_training_on_numpy_decides_by_its_largest_product(units, used) -> None:
    """Seen from inside a step."""
    seen = []

    def step(state, batch):
        seen.extend(cores())
        return state | {"step": state["step"] + 1}, {"loss": np.ones(2)}

    from chainrule.engine.examples import Examples

    examples = Examples(np.zeros((4, 1), np.float32), np.zeros((4, 1), np.float32), None)
    state = {
        "params": [{"kernel": np.broadcast_to(np.float32(0), (1000, units))}],
        "optimizer_state": [],
        "step": 0,
    }
    NumpyEngine(step, 4).advance(state, empty_records([], 1), examples, np.arange(4), 0, 1)
    assert set(seen) == {used}
