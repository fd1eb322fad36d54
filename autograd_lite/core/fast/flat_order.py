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
    use_operands(found, 1, left, right, more, uses)
    ready = [root for root in distinct if uses[root] == 0]
    use_operands(ready, -1, left, right, more, uses)
    return ready


def use_operands(
    nodes: list[int], step: int, left: list[int], right: list[int], more: dict[int, tuple[int, ...]], uses: list[int]
) -> None:
    """Count the uses of the operands of nodes, by steps of 1, or take them back, by -1, and go on with what is added.

    Added are operands at their first use, or after their last one is taken back.
    """
    i: i64 = 0
    while i < len(nodes):
        node = nodes[i]
        i += 1
        x = left[node]
        if x >= 0:
            add_use(x, step, uses, nodes)
            x = right[node]
            if x >= 0:
                add_use(x, step, uses, nodes)
        elif node in more:
            for x in more[node]:
                add_use(x, step, uses, nodes)


def add_use(x: int, step: int, uses: list[int], nodes: list[int]) -> None:
    known = uses[x]
    uses[x] = known + step if known >= 0 else 1
    if known < 0 or known + step == 0:
        nodes.append(x)
