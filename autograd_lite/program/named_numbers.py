"""Numbers by name, read from one array: the gradient in a Module as a compiled function returns it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd_lite.trees.registry import DICT, REGISTRY


class NamedNumbers(Mapping[str, float]):
    """A read-only mapping that makes its dict when it is first asked for; `array` has the numbers in order.

    >>> slopes = NamedNumbers(("w", "b"), [1.0, 2.0])
    >>> slopes["b"], slopes == {"w": 1.0, "b": 2.0}, slopes
    (2.0, True, {'w': 1.0, 'b': 2.0})
    """

    __slots__ = ("_entries", "_names", "array")

    def __init__(self, names: tuple[str, ...], array: Sequence[float]) -> None:
        self._names, self.array = names, array
        self._entries: dict[str, float] | None = None

    @property
    def entries(self) -> dict[str, float]:
        if self._entries is None:
            numbers: Any = self.array.tolist() if hasattr(self.array, "tolist") else self.array
            self._entries = dict(zip(self._names, numbers, strict=True))
        return self._entries

    def __getitem__(self, name: str) -> float:
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedNumbers, (self._names, self.array)

    def __repr__(self) -> str:
        return repr(self.entries)


REGISTRY[NamedNumbers] = DICT
