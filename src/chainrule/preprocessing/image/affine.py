"""Turning, moving, shearing and zooming a picture: one matrix, and bilinear values in between."""

import numpy as np

from chainrule.errors import unknown

FILLS = ("constant", "nearest", "reflect", "wrap")


def matrix(
    theta: float = 0, tx: float = 0, ty: float = 0, shear: float = 0, zx: float = 1, zy: float = 1
) -> np.ndarray:
    """From a new picture's (row, column) to the old one's, both from the middle. Angles in degrees, tx along rows.

    >>> matrix(tx=2).tolist()
    [[1.0, 0.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    made = np.eye(3)
    if theta:
        a = np.deg2rad(theta)
        made = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    if tx or ty:
        made = made @ np.array([[1, 0, tx], [0, 1, ty], [0, 0, 1.0]])
    if shear:
        s = np.deg2rad(shear)
        made = made @ np.array([[1, -np.sin(s), 0], [0, np.cos(s), 0], [0, 0, 1]])
    if zx != 1 or zy != 1:
        made = made @ np.array([[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    return made


def transformed(
    x: np.ndarray, change: np.ndarray, fill_mode: str = "nearest", cval: float = 0.0
) -> np.ndarray:
    """A picture (height, width, channels) seen through a matrix of `matrix`; outside it is filled as fill_mode says.

    >>> transformed(np.arange(3.0).reshape(1, 3, 1), matrix(ty=1))[0, :, 0].tolist()
    [1.0, 2.0, 2.0]
    """
    if fill_mode not in FILLS:
        raise unknown("fill_mode", fill_mode, FILLS)
    height, width = x.shape[:2]
    middle = np.array([height / 2 - 0.5, width / 2 - 0.5])
    rows, columns = np.indices((height, width)).reshape(2, -1)
    places = change[:2, :2] @ (np.stack([rows, columns]) - middle[:, None]) + change[:2, 2:] + middle[:, None]
    low = np.floor(places)
    part = places - low
    low = low.astype(np.int64)
    result = np.zeros((height * width, x.shape[2]), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            r, c = low[0] + down, low[1] + right
            share = np.abs(1 - down - part[0]) * np.abs(1 - right - part[1])
            values = x[inside(r, height, fill_mode), inside(c, width, fill_mode)].astype(np.float32)
            if fill_mode == "constant":
                values[(r < 0) | (r >= height) | (c < 0) | (c >= width)] = cval
            result += share[:, None].astype(np.float32) * values
    return result.reshape(height, width, -1)


def inside(index: np.ndarray, size: int, fill_mode: str) -> np.ndarray:
    """Places outside 0..size - 1 brought back in.

    >>> inside(np.array([-1, 5]), 4, "reflect").tolist(), inside(np.array([-1, 5]), 4, "wrap").tolist()
    ([0, 2], [3, 1])
    """
    if fill_mode == "wrap":
        return np.asarray(index % size)
    if fill_mode == "reflect":
        back = index % (2 * size)
        return np.asarray(np.where(back < size, back, 2 * size - 1 - back))
    return np.asarray(np.clip(index, 0, size - 1))
