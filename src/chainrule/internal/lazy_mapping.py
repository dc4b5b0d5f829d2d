"""Mappings whose values are made when they are asked for, such as classes whose modules are not imported yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

Value = TypeVar("Value")


class LazyMapping(Mapping[str, Value]):
    """The names are known at once, sorted; `get(name)` gives a value.

    >>> found = LazyMapping(["b", "a"], str.upper)
    >>> list(found), found["a"], "c" in found
    (['a', 'b'], 'A', False)
    """

    def __init__(self, names: Iterable[str], get: Callable[[str], Value]) -> None:
        self.names = dict.fromkeys(sorted(names))
        self.value = get

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> Value:
        if name not in self.names:
            raise KeyError(name)
        return self.value(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class InOrder(LazyMapping[Value]):
    """The same, with the names in the order in which they are given.

    >>> list(InOrder(["b", "a"], str.upper).items())
    [('b', 'B'), ('a', 'A')]
    """

    def __init__(self, names: Iterable[str], get: Callable[[str], Value]) -> None:
        super().__init__(names, get)
        self.names = dict.fromkeys(names)
