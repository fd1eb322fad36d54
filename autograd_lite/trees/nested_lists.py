"""Nested lists and tuples of numbers in which all of a level have one kind and one length: a table.

For speed alone: it is taken apart level by level, with what Python has in C, and is one node of a treedef.
"""

from collections.abc import Sequence
from itertools import chain, islice
from math import prod
from typing import Any, NamedTuple

from autograd_lite.core.operands import Operand, number
from autograd_lite.core.value import Value

Levels = tuple[tuple[type, int], ...]
"""From the outside in: what a level is made of, list or tuple, and the length of each."""

DEEPEST = 8
"""Levels at most: deeper lists are taken apart in steps, and one that holds itself does not keep the search busy."""

NUMBERS = frozenset({float, int, bool, Value})
"""The types whose instances are leaves for sure."""


def is_leaf(x: object) -> bool:
    """Whether x is a Value or a real number."""
    return type(x) in NUMBERS or isinstance(x, Operand) or number(x) is not None


def all_leaves(items: Sequence[Any]) -> bool:
    return NUMBERS.issuperset(map(type, items)) or all(map(is_leaf, items))


class Table(NamedTuple):
    """Nested lists taken apart: their levels, the numbers in order, and the types of these."""

    levels: Levels
    numbers: Sequence[Any]
    types: set[type]


def table_of(x: Sequence[Any]) -> Table | None:
    """Nested lists and tuples of numbers taken apart; None where the kinds or the lengths of a level differ.

    >>> table_of([[1, 2, 3], [4, 5, 6]])[:2]
    (((<class 'list'>, 2), (<class 'list'>, 3)), [1, 2, 3, 4, 5, 6])
    >>> table_of([[1.0], [2.0, 3.0]]), table_of([1.0, "2"])
    (None, None)
    """
    levels: list[tuple[type, int]] = [(list if isinstance(x, list) else tuple, len(x))]
    items = x
    while not NUMBERS.issuperset(kinds := set(map(type, items))):
        if (kinds != {list} and kinds != {tuple}) or len(levels) == DEEPEST:
            return Table(tuple(levels), items, kinds) if all(map(is_leaf, items)) else None
        lengths = set(map(len, items))
        if len(lengths) > 1:
            return None
        levels.append((kinds.pop(), lengths.pop()))
        items = list(chain.from_iterable(items))
    return Table(tuple(levels), items, kinds)


def count_of(levels: Levels) -> int:
    return prod([n for _, n in levels])


def cut(numbers: Sequence[Any], count: int) -> list[Any]:
    """So many rows of equal length."""
    width = len(numbers) // count
    return [numbers[i : i + width] for i in range(0, len(numbers), width)] if width else [[] for _ in range(count)]


def nested_again(levels: Levels, leaves: Sequence[Any]) -> Any:
    """The nested lists around new leaves."""
    items = leaves
    for depth in range(len(levels) - 1, 0, -1):
        kind, n = levels[depth]
        source = iter(items)
        items = [kind(islice(source, n)) for _ in range(count_of(levels[:depth]))]
    return levels[0][0](items)
