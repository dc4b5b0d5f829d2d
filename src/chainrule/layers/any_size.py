"""An axis whose size is not said, as in `Input((None, 3))`: sequences of any length, pictures of any size."""

from typing import Any


class AnySize(int):
    """The size of an axis that may be any. It prints as None and fits every size; what is worked out with it is of any size, too.

    As a number it stands for 512, so that the sizes behind windows and strides can be worked out.

    >>> length = AnySize()
    >>> length, length == 7, (length - 4) // 2
    (None, True, None)
    """

    def __new__(cls, stand_in: int = 512) -> "AnySize":
        """One more; stand_in: the size it has while shapes are worked out."""
        return super().__new__(cls, stand_in)

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, int)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__

    def __repr__(self) -> str:
        return "None"

    __str__ = __repr__

    def __format__(self, how: str) -> str:
        return format("None", how.rstrip("d,"))

    def __add__(self, other: Any) -> Any:
        return AnySize(int(self) + other)

    def __sub__(self, other: Any) -> Any:
        return AnySize(int(self) - other)

    def __rsub__(self, other: Any) -> Any:
        return AnySize(other - int(self))

    def __mul__(self, other: Any) -> Any:
        return AnySize(int(self) * other) if isinstance(other, int) else int(self) * other

    def __floordiv__(self, other: Any) -> Any:
        return AnySize(int(self) // other)

    def __rfloordiv__(self, other: Any) -> Any:
        return other // int(self)

    def __neg__(self) -> Any:
        return AnySize(-int(self))

    __radd__, __rmul__ = __add__, __mul__


def written(shape: Any) -> Any:
    """A shape as files hold it: None where the size may be any.

    >>> written((AnySize(), 3))
    [None, 3]
    """
    return [None if isinstance(size, AnySize) else size for size in shape]
