"""How often each class was taken for each: what a confusion matrix holds."""

import numpy as np


def confusion_counts(truth: np.ndarray, answers: np.ndarray, classes: int) -> np.ndarray:
    """How often each class (row) was taken for each class (column), (classes, classes).

    truth, answers: the classes' numbers, one for each example.

    >>> confusion_counts(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = np.asarray(truth, np.int64) * classes + np.asarray(answers, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
