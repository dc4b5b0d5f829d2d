"""`tf`'s functions of arrays take TensorFlow's names of arguments and have its defaults, which are not always Keras's."""

import pytest

from chainrule import Input
from chainrule.keras_names import thin_tensorflow as tf
from chainrule.keras_names.thin_tensorflow import math

PAIR = [[1.0, 3.0], [4.0, 2.0]]


@pytest.mark.parametrize(
    ("made", "right"),
    [
        (lambda: tf.argmax(PAIR), [1, 0]),  # along the first axis; Keras: of all numbers
        (lambda: tf.argmin(input=PAIR, axis=1), [0, 1]),
        (lambda: tf.split(tf.range(5), [2, 3])[1], [2, 3, 4]),  # sizes; Keras: places to cut at
        (lambda: tf.split(value=tf.range(6), num_or_size_splits=[4, -1])[1], [4, 5]),
        (lambda: tf.where([True, False, True]), [[0], [2]]),
        (lambda: tf.where([True, False], x=1.0, y=0.0), [1, 0]),
        (lambda: tf.range(start=1, limit=7, delta=2), [1, 3, 5]),
        (lambda: tf.range(3.0), [0, 1, 2]),
        (lambda: tf.reduce_mean(input_tensor=PAIR, axis=0), [2.5, 2.5]),
        (lambda: math.reduce_sum(PAIR, 1, keepdims=True), [[4], [6]]),
        (lambda: tf.add(x=1, y=[2, 3]), [3, 4]),
        (lambda: math.pow(x=2.0, y=3.0), 8),
        (lambda: tf.matmul(PAIR, b=PAIR, transpose_b=True), [[10, 10], [10, 20]]),
        (lambda: tf.norm(tensor=[3.0, 4.0]), 5),
        (lambda: tf.clip_by_value(t=[1, 5, 9], clip_value_min=2, clip_value_max=6), [2, 5, 6]),
        (lambda: tf.transpose(a=PAIR, perm=[1, 0]), [[1, 4], [3, 2]]),
        (lambda: tf.tile(input=[1, 2], multiples=[2]), [1, 2, 1, 2]),
        (lambda: tf.gather([5, 6, 7], indices=[0, 2]), [5, 7]),
        (lambda: tf.boolean_mask([1, 2, 3], mask=[True, False, True]), [1, 3]),
        (lambda: tf.sort([2, 3, 1], direction="DESCENDING"), [3, 2, 1]),
        (lambda: tf.argsort(values=[2, 3, 1], direction="DESCENDING"), [1, 0, 2]),
        (lambda: tf.reverse(tensor=[1, 2, 3], axis=[0]), [3, 2, 1]),
        (lambda: tf.pad([[1]], paddings=[[1, 0], [0, 1]], constant_values=9), [[9, 9], [1, 9]]),
        (lambda: tf.eye(num_rows=2, num_columns=3), [[1, 0, 0], [0, 1, 0]]),
    ],
)  # fmt: skip
def test_numbers_are_tensorflow_s(made, right) -> None:
    """By keyword and by place, from lists and from arrays."""
    assert made().numpy().tolist() == right


def test_values_of_a_network_go_through_them_too() -> None:
    """In a functional model and in a Lambda they are shapes that are still to be filled."""
    x = Input((6,))
    rows = tf.reshape(tensor=x, shape=[-1, 2, 3])
    assert rows.shape == (None, 2, 3)
    assert tf.matmul(rows, rows, transpose_b=True).shape == (None, 2, 2)
    assert tf.split(x, 2, axis=1)[0].shape == (None, 3)
    assert tf.argmax(x, axis=1).shape == (None,)
    assert tf.expand_dims(input=x, axis=-1).shape == (None, 6, 1)


def test_one_number_of_an_array_also_answers_numpy(run_script) -> None:
    """A part of what tf gives is a tensor again, also where it is one number, by its place or in a loop."""
    done = run_script(
        """
import tensorflow as tf
t = tf.constant([[1.0, 2.0], [3.0, 4.0]])
print(t[0][1].numpy(), [value.numpy().item() for value in t[0]], f"{t[1, 0]:.1f}", ["a", "b"][tf.argmax([0, 5])])
"""
    )
    assert done.stdout == "2.0 [1.0, 2.0] 3.0 b\n", done.stderr
