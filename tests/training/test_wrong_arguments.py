"""What Python programs hand over by mistake: refused in one sentence, never a raw exception, never taken for something else."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

X = np.random.default_rng(0).normal(size=(24, 4)).astype(np.float32)
Y = np.arange(24) % 3


def net(**compiled):
    model = cr.Sequential([cr.Input((4,)), cr.layers.Dense(3, "softmax")])
    how = {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}
    model.compile(**how | compiled, backend="numpy")
    return model


NO_COUNTS = [0, -1, 1.5, "2", True, [], float("nan")]


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
@pytest.mark.parametrize("name", ["batch_size", "validation_freq", "validation_batch_size"])
def test_counts_are_whole_numbers_from_1_on(name, value) -> None:
    """In fit, evaluate and predict alike; 0 does not mean "the default", and 1.5 is not 1."""
    with pytest.raises(ChainruleError, match=f"{name} must be a whole number, 1 or more"):
        net().fit(X, Y, verbose=0, **{name: value})
    if name == "batch_size":
        for ask in (
            lambda: net().predict(X, batch_size=value, verbose=0),
            lambda: net().evaluate(X, Y, batch_size=value, verbose=0),
        ):
            with pytest.raises(ChainruleError, match="batch_size must be a whole number, 1 or more"):
                ask()


@pytest.mark.parametrize("part", ["inputs", "targets"])
def test_missing_values_of_a_masked_array_are_not_learned_from(part) -> None:
    """What lies under a mask is not a value; NumPy's masked arrays with nothing masked are arrays."""
    x, y = np.ma.masked_greater(X, 1.0), np.ma.masked_equal(Y, 2)
    given = {"inputs": (x, Y), "targets": (X, y)}[part]
    with pytest.raises(
        ChainruleError, match=rf"The {part} are a masked array in which \d+ values are missing"
    ):
        net().fit(*given, verbose=0)
    if part == "inputs":
        for ask in (net().predict, net().predict_on_batch):
            with pytest.raises(ChainruleError, match="masked array"):
                ask(x)
    assert net().predict(np.ma.array(X), verbose=0).shape == (24, 3)


WRONG = {
    "one target for all": lambda: net().fit(X, 3, verbose=0),
    "an input beyond all floats": lambda: net().predict(np.full((2, 4), 10**400, object), verbose=0),
    "a set of inputs": lambda: net().evaluate({1, 2}, Y, verbose=0),
    "epochs beyond counting": lambda: net().fit(X, Y, epochs=10**400, verbose=0),
    "a class weight in words": lambda: net().fit(X, Y, class_weight={0: "much"}, verbose=0),
    "a class weight beyond float32": lambda: net().fit(X, Y, class_weight={0: 1e300}, verbose=0),
    "a rate beyond float32": lambda: cr.optimizers.Adam(1e300),
    "steps in words": lambda: net().fit(iter([(X, Y)]), steps_per_epoch="x", verbose=0),
    "weights in words": lambda: net().set_weights(["a", "b"]),
    "no weights": lambda: net().set_weights(None),
    "a layer that is not there": lambda: net().get_layer(index=9),
    "a seed in words": lambda: cr.utils.set_random_seed("x"),
    "half a seed": lambda: cr.utils.set_random_seed(1.5),
    "no file to load": lambda: cr.models.load_model(None),
    "a number as a file": lambda: cr.models.load_model(3),
    "an empty name": lambda: cr.models.load_model(""),
    "a zero byte in a name": lambda: cr.models.load_model("a\0b"),
    "no file to save to": lambda: net().save(None),
    "a name that is too long": lambda: net().save("x" * 5000 + ".keras"),
    "a zero byte to save to": lambda: net().save("a\0.keras"),
    "no weights file": lambda: net().load_weights(7),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_is_said_in_chainrule_s_words(what, recwarn) -> None:
    """One of the library's errors, in one line, without a warning of NumPy's."""
    with pytest.raises(ChainruleError) as said:
        WRONG[what]()
    assert "\n" not in str(said.value)
    assert not [one for one in recwarn if issubclass(one.category, RuntimeWarning)]


def test_one_hot_rows_need_no_square_of_the_classes() -> None:
    """A million classes and two labels: two rows, not a table of a million by a million."""
    rows = cr.utils.to_categorical([0, 999_999])
    assert rows.shape == (2, 1_000_000)
    assert rows[1, -1] == rows[0, 0] == 1
    assert rows.sum() == 2
    np.testing.assert_array_equal(cr.utils.to_categorical([[0], [2]], 3), [[1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(cr.utils.to_categorical([[0, 1]], 2), [[[1, 0], [0, 1]]])
