"""Nested lists of numbers in which all lists of a level have one length: to a compiled function they are a table.

Below `arguments`.  Such lists are looked at level by level, with what Python has in C, not number by number.
"""

from collections.abc import Sequence
from itertools import chain, islice
from typing import Any

from autograd_lite.core.primitives import number

Levels = tuple[tuple[type, int], ...]
"""From the outside in: what a level is made of, list or tuple, and the length of each."""


def levels_of(x: list[Any]) -> tuple[Levels, list[Any], set[type]] | None:
    """The levels of nested lists, what is inside of the innermost, and its types; None where a level is ragged."""
    levels: list[tuple[type, int]] = []
    kind: type = list
    level: list[Any] = [x]
    while True:
        lengths = set(map(len, level))
        if len(lengths) > 1:
            return None
        levels.append((kind, lengths.pop()))
        items = list(chain.from_iterable(level))
        kinds = set(map(type, items))
        if kinds != {list} and kinds != {tuple}:
            return tuple(levels), items, kinds
        (kind,), level = kinds, items


def table_of(x: list[Any]) -> tuple[Levels, list[float]] | None:
    """The levels of nested lists of numbers, and the numbers in order; None where they are no table.

    >>> table_of([[1, 2, 3], [4, 5, 6]])
    (((<class 'list'>, 2), (<class 'list'>, 3)), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> table_of([[1.0], [2.0, 3.0]]), table_of([1.0, "2"])
    (None, None)
    """
    found = levels_of(x)
    if found is None:
        return None
    levels, items, kinds = found
    if kinds <= {float, int, bool}:
        return levels, items if kinds == {float} else list(map(float, items))
    numbers = list(map(number, items))
    return None if None in numbers else (levels, numbers)  # type: ignore[return-value]


def count_of(levels: Levels) -> int:
    """How many numbers a table holds."""
    count = 1
    for _, n in levels:
        count *= n
    return count


def cut(numbers: list[Any], count: int) -> list[list[Any]]:
    """So many rows of equal length."""
    width = len(numbers) // count
    return [numbers[i : i + width] for i in range(0, len(numbers), width)] if width else [[] for _ in range(count)]


def nested(levels: Levels, leaves: Sequence[Any]) -> Any:
    """The nested lists around new leaves."""
    items: Sequence[Any] = leaves
    for depth in range(len(levels) - 1, -1, -1):
        kind, n = levels[depth]
        source = iter(items)
        items = [kind(islice(source, n)) for _ in range(count_of(levels[:depth]))]
    return items[0]
