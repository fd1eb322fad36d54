"""The order in which `fast.sweeps` visits a graph that is given in numbers, where a node may be many.

An expression of arrays is recorded once for all its elements.  What arrives at a number has to be added up in the order
that the graph of all elements has.
"""

from mypy_extensions import i64


def visited(left: list[int], right: list[int], more: dict[int, tuple[int, ...]], roots: list[int]) -> list[int]:
    """The nodes of a graph in the order of their visits, results first: after all their uses, first come first served.

    The operands of node i are left[i] and right[i], -1 for none, or those that `more` has for it.
    """
    uses = [-1] * len(left)
    found: list[int] = []
    for root in roots:
        if uses[root] < 0:
            uses[root] = 0
            found.append(root)
    distinct = found[:]
    i: i64 = 0
    while i < len(found):
        node = found[i]
        i += 1
        x = left[node]
        if x >= 0:
            count(x, uses, found)
            x = right[node]
            if x >= 0:
                count(x, uses, found)
        elif node in more:
            for x in more[node]:
                count(x, uses, found)
    ready = [root for root in distinct if uses[root] == 0]
    i = 0
    while i < len(ready):
        node = ready[i]
        i += 1
        x = left[node]
        if x >= 0:
            release(x, uses, ready)
            x = right[node]
            if x >= 0:
                release(x, uses, ready)
        elif node in more:
            for x in more[node]:
                release(x, uses, ready)
    return ready


def count(x: int, uses: list[int], found: list[int]) -> None:
    if uses[x] < 0:
        uses[x] = 1
        found.append(x)
    else:
        uses[x] += 1


def release(x: int, uses: list[int], ready: list[int]) -> None:
    uses[x] -= 1
    if uses[x] == 0:
        ready.append(x)
