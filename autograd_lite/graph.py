"""The graph: nodes that remember how they were made, and the chain rule, written once.

A `Node` keeps its operands and the local partial in each of them, as recorded.  `topological_order` sorts a
graph, `sweep` walks it backwards.  `differentials` walks it in the same order while recording a new graph, so
that both agree to the bit.
"""

import threading
from abc import abstractmethod
from collections.abc import Sequence
from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.rows import MARKS, Operand, Primitive
from autograd_lite.tracing import DERIVE, complain

# What a node is, in bits.
CONSTANT: Final = 1  # nothing flows back through it
TRACED: Final = 2  # it has no number: a program is being traced
BATCHED: Final = 4  # traced, and different from sample to sample
REACHED: Final = 8  # a reverse pass has stored a gradient in it
ASSIGNED: Final = 16  # its data was assigned after it was made
CHOSEN: Final = 32  # it depends on a choice between branches that are functions
INHERITED: Final = TRACED | BATCHED | CHOSEN  # what passes from any operand to the result

BITS: Final = 255
TICK: Final = 256  # above its flags a node keeps the time when it was made, or its data assigned, in ticks

# A mark is the number of a sort, times BASE, plus a count of uses.
BASE: Final = 1 << 32
USES: Final = BASE - 1

LEAF: Final = Primitive("", 0, float, (), formula="a leaf")
NUMBER: Final = Primitive("constant", 0, float, (), formula="a number")
DETACHED: Final = Primitive("detached", 0, float, (), formula="a number taken out of its graph")
BATCH_SUM: Final = Primitive("batch_sum", 1, float, (1.0,), label="Σ batch", formula="the sum over the samples")
BATCH_SIZE: Final = Primitive("batch_size", 0, float, (), label="n", formula="the number of samples")
for _mark in (LEAF, NUMBER, DETACHED, BATCH_SUM, BATCH_SIZE):
    MARKS[_mark.name] = _mark


@mypyc_attr(acyclic=True)
class Extra:
    """What few nodes need: a label, or operands that are many or that nothing flows back to.

    A dot whose operands are shared with other dots keeps them as two vectors instead.
    """

    __slots__ = ("inputs", "label", "operands", "partials", "weights")

    def __init__(self) -> None:
        self.label: str = ""
        self.operands: tuple[Node, ...] = ()
        self.partials: list[float | None] = []
        self.weights: Vector | None = None
        self.inputs: Vector | None = None


@mypyc_attr(acyclic=True)
class Vector:
    """One side of the dots of a layer: nodes that many dots share, and their data as recorded.

    To the gradient of one side the data of the other are the partials, so a dot of vectors keeps none.
    """

    __slots__ = ("constant", "data", "flags", "leaves", "mark", "nodes", "time")

    def __init__(self, nodes: list["Node"]) -> None:
        self.nodes: list[Node] = nodes
        self.data: list[float] = [x._data for x in nodes]
        self.mark: i64 = 0  # as that of a node: a vector counts as one node that uses all of its nodes
        self.time: i64 = STATE.assigned  # what was assigned later is not in `data`
        flags: i64 = 0
        common: i64 = CONSTANT
        leaves = True
        for x in nodes:
            flags |= x._flags
            common &= x._flags
            if x._row is not LEAF:
                leaves = False
        self.flags: i64 = flags  # those of any node
        self.leaves: bool = leaves and flags & CONSTANT == 0  # parameters all: nothing lies behind them
        self.constant: bool = common != 0  # nothing flows back to any of them


@mypyc_attr(acyclic=True)
class Node(Operand):
    """A number, the row that made it, its operands, and the recorded partial in each operand."""

    __slots__ = (
        "_adjoint", "_data", "_dleft", "_dright", "_extra", "_flags", "_grad", "_left", "_mark",
        "_right", "_row",
    )  # fmt: skip

    def __init__(self) -> None:
        self._data: float = 0.0
        self._grad: float = 0.0
        self._adjoint: float = 0.0  # scratch of the running pass
        self._left: Node | None = None
        self._right: Node | None = None
        self._dleft: float = 0.0
        self._dright: float = 0.0
        self._row: Primitive = LEAF
        self._extra: Extra | None = None
        self._flags: i64 = 0  # the bits above, and the time
        self._mark: i64 = 0  # the last sort that saw it, and how many uses it has yet to see

    @abstractmethod  # tells mypyc that every Node is a Value, which saves half of each check of a type
    def blank(self) -> "Node":
        """A new, empty node of the same class."""
        raise NotImplementedError


@final
class State:
    """Counters that every node looks at; cheaper than a look-up per thread."""

    def __init__(self) -> None:
        self.clock: i64 = 0  # the number of nodes and assignments so far, times TICK
        self.sorts: i64 = 0  # the number of sorts so far, times BASE
        self.assigned: i64 = 0  # the number of assignments to data so far
        self.paused: i64 = 0  # how many no_grad contexts are open, in all threads
        self.tracing: i64 = 0  # how many traces are running, in all threads


STATE: Final = State()
PASS: Final = threading.RLock()
"""Held by whoever uses the scratch of nodes: one pass at a time, whatever the threads share."""


def stamp(node: Node) -> None:
    """Note that data of a node was assigned just now, after all that was computed from it so far."""
    STATE.clock += TICK
    node._flags = (node._flags & BITS) | ASSIGNED | STATE.clock


def born(node: Node) -> int:
    """The time when a node was made, or its data assigned: later than that of its operands."""
    return node._flags // TICK


def operands_of(node: Node) -> tuple[Node, ...]:
    """The operands, in order."""
    left = node._left
    if left is not None:
        right = node._right
        return (left,) if right is None else (left, right)
    extra = node._extra
    if extra is None:
        return ()
    if extra.weights is not None and extra.inputs is not None:
        return tuple(extra.weights.nodes + extra.inputs.nodes)
    return extra.operands


def partials_of(node: Node) -> list[float | None]:
    """The recorded partials, aligned with the operands; None where nothing flows."""
    left = node._left
    if left is not None:
        right = node._right
        partials: list[float | None] = [None if left._flags & CONSTANT else node._dleft]
        if right is not None:
            partials.append(None if right._flags & CONSTANT else node._dright)
        return partials
    extra = node._extra
    if extra is None:
        return []
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        nodes, slopes = weights.nodes + inputs.nodes, inputs.data + weights.data
        return [None if nodes[i]._flags & CONSTANT else slopes[i] for i in range(len(nodes))]
    return list(extra.partials)


def topological_order(roots: Sequence[Node], everything: bool = False) -> list[Node]:
    """All nodes that the roots depend on, operands first; without recursion, linear in nodes and edges.

    Follows the edges that a gradient follows, or with `everything` those to constants and conditions too.
    Source: Kahn, Topological sorting of large networks (1962), from the roots.
    """
    with PASS:
        ready = count_uses(roots, everything)
        i: i64 = 0
        while i < len(ready):
            node = ready[i]
            i += 1
            left = node._left
            if left is not None:
                release(left, ready, everything)
                right = node._right
                if right is not None:
                    release(right, ready, everything)
            else:
                extra = node._extra
                if extra is not None:
                    release_many(extra, ready, everything, False)
    ready.reverse()
    return as_written(ready) if has_choice(roots) else ready


def has_choice(roots: Sequence[Node]) -> bool:
    """Whether anything depends on a choice between branches that are functions."""
    return any([root._flags & CHOSEN != 0 for root in roots])  # noqa: C419  (a list is faster when compiled)


def as_written(order: list[Node]) -> list[Node]:
    """The same in the order in which the nodes were made.

    Branches that are not taken are recorded while a program is traced, and not otherwise.  In this order, the nodes
    that both graphs have come in one order, so their contributions are added up to the same bits.
    """
    for node in order:
        if node._flags & ASSIGNED and operands_of(node):
            return order  # it looks younger than what was made of it
    order.sort(key=born)
    return order


def count_uses(roots: Sequence[Node], everything: bool, brief: bool = False) -> list[Node]:
    """Count in the mark of each node how often it is used, above a base that is new in every sort.

    With `brief` the leaves that a vector holds are not counted one by one: nothing waits for them.
    Returns the roots that nothing uses.  Leaves the adjoints at -0.0, the number that changes no sum.
    """
    STATE.sorts += BASE
    base: i64 = STATE.sorts
    first: i64 = base + 1
    mark: i64 = 0
    found: list[Node] = []
    for root in roots:
        if root._mark < base:
            root._mark = base
            root._adjoint = -0.0
            found.append(root)
    distinct = found[:]
    i: i64 = 0
    while i < len(found):
        node = found[i]
        i += 1
        left = node._left
        if left is not None:
            mark = left._mark
            if mark >= base:
                left._mark = mark + 1
            elif everything or not left._flags & CONSTANT:
                left._mark = first
                left._adjoint = -0.0
                found.append(left)
            right = node._right
            if right is not None:
                mark = right._mark
                if mark >= base:
                    right._mark = mark + 1
                elif everything or not right._flags & CONSTANT:
                    right._mark = first
                    right._adjoint = -0.0
                    found.append(right)
        else:
            extra = node._extra
            if extra is not None:
                use_many(extra, found, base, everything, brief)
    return [root for root in distinct if root._mark == base]


def use(node: Node, found: list[Node], base: i64, everything: bool) -> None:
    if everything or not node._flags & CONSTANT:
        if node._mark < base:
            node._mark = base + 1
            node._adjoint = -0.0
            found.append(node)
        else:
            node._mark += 1


def use_many(extra: Extra, found: list[Node], base: i64, everything: bool, brief: bool) -> None:
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        # The nodes of a vector count as used once, by the vector, however many dots share it.
        for vector in (weights, inputs):
            if vector.mark < base:
                vector.mark = base + 1
                if brief and vector.leaves:
                    for x in vector.nodes:
                        if x._mark < base:
                            x._mark = base
                            x._adjoint = -0.0
                elif everything or not vector.constant:
                    for x in vector.nodes:
                        use(x, found, base, everything)
            else:
                vector.mark += 1
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            use(operands[i], found, base, everything)


def release(node: Node, ready: list[Node], everything: bool) -> None:
    """One use is done; after the last the node is ready."""
    if everything or not node._flags & CONSTANT:
        mark: i64 = node._mark - 1
        node._mark = mark
        if mark & USES == 0:
            ready.append(node)


def release_many(extra: Extra, ready: list[Node], everything: bool, brief: bool) -> None:
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        for vector in (weights, inputs):
            vector.mark -= 1
            if vector.mark & USES == 0 and not (brief and vector.leaves) and (everything or not vector.constant):
                for x in vector.nodes:
                    release(x, ready, everything)
        return
    operands, partials = extra.operands, extra.partials
    for i in range(len(operands)):
        if everything or partials[i] is not None:
            release(operands[i], ready, everything)


def sweep(roots: Sequence[Node], seeds: Sequence[float], store: bool) -> list[Node]:
    """The chain rule with floats: each node adds adjoint x partial to its operands' adjoints, when it is ready.

    The same order as `topological_order` backwards.  With `store`, interior nodes keep their adjoint as
    gradient; the leaves are returned, for the caller to add theirs when all is done.  The caller holds PASS.
    """
    if has_choice(roots):
        return sweep_as_written(roots, seeds, store)
    ready = count_uses(roots, False, not store)
    first: i64 = STATE.sorts + 1
    mark: i64 = 0
    for k in range(len(roots)):
        roots[k]._adjoint += seeds[k]
    leaves: list[Node] = []
    i: i64 = 0
    while i < len(ready):
        node = ready[i]
        i += 1
        adjoint = node._adjoint
        left = node._left
        if left is not None:
            left._adjoint += adjoint * node._dleft
            mark = left._mark
            if mark == first:
                ready.append(left)
            left._mark = mark - 1
            right = node._right
            if right is not None:
                right._adjoint += adjoint * node._dright
                mark = right._mark
                if mark == first:
                    ready.append(right)
                right._mark = mark - 1
        else:
            extra = node._extra
            if extra is not None:
                spread(node, extra)
                release_many(extra, ready, False, not store)
        if store:
            keep(node, leaves)
    return leaves


def keep(node: Node, leaves: list[Node]) -> None:
    """Store the adjoint of an interior node; a leaf goes to a list."""
    if node._row is LEAF:
        leaves.append(node)
    else:
        node._grad = node._adjoint + 0.0
        node._flags |= REACHED


def sweep_as_written(roots: Sequence[Node], seeds: Sequence[float], store: bool) -> list[Node]:
    """The same in the order in which the nodes were made."""
    order = topological_order(roots)
    for root, seed in zip(roots, seeds, strict=True):
        root._adjoint += seed
    leaves: list[Node] = []
    for node in reversed(order):
        left, right, extra = node._left, node._right, node._extra
        if left is not None:
            left._adjoint += node._adjoint * node._dleft
            if right is not None:
                right._adjoint += node._adjoint * node._dright
        elif extra is not None:
            spread(node, extra)
        if store:
            keep(node, leaves)
    return leaves


def spread(node: Node, extra: Extra) -> None:
    """One step of the sweep for a node of many operands."""
    adjoint = node._adjoint
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        if not weights.constant:
            accumulate(weights, adjoint, inputs)
        if not inputs.constant:
            accumulate(inputs, adjoint, weights)
        return
    operands = extra.operands
    partials = extra.partials
    selects = node._row.selects
    for i in range(len(partials)):
        partial = partials[i]
        if partial is not None:
            if selects:  # the branch not taken gets 0, even where the adjoint is inf or nan
                operands[i]._adjoint += adjoint if partial != 0.0 else 0.0
            else:
                operands[i]._adjoint += adjoint * partial


def accumulate(side: Vector, adjoint: float, other: Vector) -> None:
    """Add adjoint x partial to one side of a dot: the partials are the data of the other side."""
    nodes, others = side.nodes, other.nodes
    i: i64 = 0
    n: i64 = len(nodes)
    if other.time == STATE.assigned:  # the nodes still hold what was recorded, and are faster to read
        while i < n:
            nodes[i]._adjoint += adjoint * others[i]._data
            i += 1
    else:
        partials = other.data
        while i < n:
            nodes[i]._adjoint += adjoint * partials[i]
            i += 1


def float_adjoints(roots: Sequence[Node], seeds: Sequence[float], inputs: Sequence[Node]) -> list[float]:
    """The gradients of sum(seed x root) in the inputs; 0.0 where nothing arrives.  Stores nothing."""
    with PASS:
        sweep(roots, seeds, store=False)
        return [x._adjoint if x._mark >= STATE.sorts else 0.0 for x in inputs]


def check_differentiable(v: Node, what: str) -> None:
    if v._flags & TRACED:
        complain(f"{what} was called on it", do=DERIVE)
    if v._flags & CONSTANT:
        how = {"detached": "a result of detach() or no_grad()", "constant": "a number"}
        raise RuntimeError(
            f"{what} found no graph to differentiate: {v!r} is "
            f"{how.get(v._row.name, 'computed from constants alone')}; "
            f"build it from Values outside of no_grad()"
        )
