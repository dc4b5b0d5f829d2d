"""How training is shared out: `DataParallel`, and the one in force."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.engine.pieces import PIECES, check_pieces
from chainrule.errors import SettingError


class DataParallel:
    """Every batch is cut into pieces that the processes share; all of them hold the whole model, as in Keras.

    The pieces and the order in which their derivatives are added belong to the run, so any number of processes that
    divides `pieces` ends with the same bits, one included. pieces: a power of two.

    >>> DataParallel(pieces=4).pieces
    4
    """

    def __init__(
        self,
        device_mesh: Any = None,
        devices: Any = None,
        auto_shard_dataset: bool = True,
        *,
        pieces: int = PIECES,
    ) -> None:
        for setting, value, only in (
            ("device_mesh", device_mesh, None), ("devices", devices, None), ("auto_shard_dataset", auto_shard_dataset, True),
        ):  # fmt: skip
            if value is not only:
                raise SettingError(
                    f"DataParallel: {setting}={value!r} is not supported; each process is one device, and all have all data."
                )
        self.pieces = check_pieces(pieces)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """In force while this is open."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)


_in_force: list[DataParallel] = []


def distribution() -> DataParallel | None:
    """How training is shared out, or None."""
    return _in_force[0] if _in_force else None


def set_distribution(value: DataParallel | None) -> None:
    """Shares out all training from now on; None ends it. Say it before anything computes with JAX.

    >>> set_distribution(None)
    """
    if value is not None and not isinstance(value, DataParallel):
        raise SettingError(f"set_distribution takes a DataParallel or None; it got {type(value).__name__}.")
    _in_force[:] = [] if value is None else [value]
