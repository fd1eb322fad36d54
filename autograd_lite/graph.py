"""The graph: nodes that remember how they were made, and the chain rule, written once.

A `Node` keeps its operands and the local partial in each of them, as recorded.  `topological_order` sorts a
graph.  Three sweeps walk it: `sweep` backwards with floats, `adjoints` backwards recording a new graph (for
gradients of gradients and for programs), `tangents` forwards with either.  All of them add contributions in
one order, so that they agree to the bit.
"""

import threading
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final, final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.primitives import cond, decide, logical_and, logical_not, logical_or
from autograd_lite.rows import Operand, Primitive
from autograd_lite.tracing import complain

# What a node is, in bits.  TRACED and BATCHED pass from any operand to the result.
CONSTANT: Final = 1  # nothing flows back through it
TRACED: Final = 2  # it has no number: a program is being traced
BATCHED: Final = 4  # traced, and different from sample to sample
REACHED: Final = 8  # a reverse pass has stored a gradient in it
ASSIGNED: Final = 16  # its data was assigned after it was made

LEAF: Final = Primitive("", 0, float, (), formula="a leaf")
NUMBER: Final = Primitive("constant", 0, float, (), formula="a number")
DETACHED: Final = Primitive("detached", 0, float, (), formula="a number taken out of its graph")
BATCH_SUM: Final = Primitive(
    "batch_sum", 1, float, (1.0,), label="Σ batch", formula="the sum over the samples"
)
BATCH_SIZE: Final = Primitive("batch_size", 0, float, (), label="n", formula="the number of samples")


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

    __slots__ = ("constant", "data", "flags", "mark", "nodes", "time")

    def __init__(self, nodes: list["Node"]) -> None:
        self.nodes: list[Node] = nodes
        self.data: list[float] = [x._data for x in nodes]
        self.mark: i64 = 0  # the last sort that has seen all of them
        self.time: i64 = STATE.assigned  # what was assigned later is not in `data`
        flags: i64 = 0
        common: i64 = CONSTANT
        for x in nodes:
            flags |= x._flags
            common &= x._flags
        self.flags: i64 = flags  # those of any node
        self.constant: bool = common != 0  # nothing flows back to any of them


@mypyc_attr(acyclic=True)
class Node(Operand):
    """A number, the row that made it, its operands, and the recorded partial in each operand."""

    __slots__ = (
        "_adjoint", "_born", "_data", "_dleft", "_dright", "_extra", "_flags", "_grad", "_left", "_mark",
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
        self._born: i64 = 0
        self._flags: i64 = 0
        self._mark: i64 = 0  # the last sort that saw it

    @abstractmethod  # tells mypyc that every Node is a Value, which saves half of each check of a type
    def blank(self) -> "Node":
        """A new, empty node of the same class."""
        raise NotImplementedError


@final
class State:
    """Counters that every node looks at; cheaper than a look-up per thread."""

    def __init__(self) -> None:
        self.clock: i64 = 0  # the number of nodes and assignments so far
        self.sorts: i64 = 0
        self.assigned: i64 = 0  # the number of assignments to data so far
        self.paused: i64 = 0  # how many no_grad contexts are open, in all threads
        self.tracing: i64 = 0  # how many traces are running, in all threads


STATE: Final = State()
PASS: Final = threading.RLock()
"""Held by whoever uses the scratch of nodes: one pass at a time, whatever the threads share."""


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
    Leaves the scratch of each node at -0.0, the number that changes no sum.
    """
    order: list[Node] = []
    with PASS:
        STATE.sorts += 2
        done: i64 = STATE.sorts
        opened: i64 = done - 1
        unwanted: i64 = 0 if everything else CONSTANT
        stack: list[Node] = list(reversed(roots))
        while stack:
            node = stack.pop()
            if node._mark == done:
                continue
            if node._mark == opened:
                node._mark = done
                order.append(node)
                if node._left is None and node._extra is not None:
                    seen(node._extra, done)
                continue
            node._adjoint = -0.0
            left = node._left
            if left is not None:
                node._mark = opened
                stack.append(node)
                if left._mark < opened and not left._flags & unwanted:
                    stack.append(left)
                right = node._right
                if right is not None and right._mark < opened and not right._flags & unwanted:
                    stack.append(right)
                continue
            extra = node._extra
            if extra is None or (not extra.operands and extra.weights is None):
                node._mark = done
                order.append(node)
                continue
            node._mark = opened
            stack.append(node)
            if extra.weights is not None:
                push(extra.weights, stack, order, opened, unwanted)
            if extra.inputs is not None:
                push(extra.inputs, stack, order, opened, unwanted)
            for i in range(len(extra.operands)):
                operand = extra.operands[i]
                flows = everything or extra.partials[i] is not None
                if flows and operand._mark < opened and not operand._flags & unwanted:
                    stack.append(operand)
    return order


def push(vector: Vector, stack: list[Node], order: list[Node], opened: i64, unwanted: i64) -> None:
    """Sort the leaves of a vector, and put its other nodes that this sort has not seen on the stack."""
    if vector.mark > opened or (unwanted and vector.constant):
        return
    for x in vector.nodes:
        if x._mark < opened and not x._flags & unwanted:
            if x._left is None and x._extra is None:
                x._adjoint = -0.0
                x._mark = opened + 1
                order.append(x)
            else:
                stack.append(x)


def seen(extra: Extra, done: i64) -> None:
    """Remember of the vectors of a dot that all their nodes are sorted: not before the dot itself is, since
    until then some may wait on the stack."""
    weights, inputs = extra.weights, extra.inputs
    if weights is not None and inputs is not None:
        weights.mark = done
        inputs.mark = done


def sweep(order: list[Node], store: bool) -> list[Node]:
    """The chain rule with floats: each node adds adjoint x partial to its operands' adjoints.

    With `store`, interior nodes keep their adjoint as gradient; the leaves are returned, for the caller to add
    theirs when all is done.  The caller holds PASS, has sorted, and has set the adjoints of the roots.
    """
    leaves: list[Node] = []
    i: i64 = len(order) - 1
    while i >= 0:
        node = order[i]
        left = node._left
        if left is not None:
            adjoint = node._adjoint
            left._adjoint += adjoint * node._dleft
            right = node._right
            if right is not None:
                right._adjoint += adjoint * node._dright
        else:
            extra = node._extra
            if extra is not None:
                spread(node, extra)
        if store:
            if node._row is LEAF:
                leaves.append(node)
            else:
                node._grad = node._adjoint + 0.0
                node._flags |= REACHED
        i -= 1
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
        order = topological_order(roots)
        for root, seed in zip(roots, seeds, strict=True):
            root._adjoint += seed
        sweep(order, store=False)
        return [x._adjoint if x._mark == STATE.sorts else 0.0 for x in inputs]


class Contributions:
    """The sum of what has reached a node while a gradient is recorded as a graph.

    Each contribution may hold only under a condition (that a branch was taken).  Where conditions mix, the
    contributions that don't hold are replaced by -0.0, which changes no sum.
    """

    def __init__(self) -> None:
        self.total: Any = None
        self.condition: Any = None

    def add(self, value: Any, condition: Any) -> None:
        if self.total is None:
            self.total = value
            self.condition = condition
        elif self.condition is condition:
            self.total = self.total + value
        else:
            self.total = masked(self.total, self.condition, -0.0) + masked(value, condition, -0.0)
            if self.condition is None or condition is None:
                self.condition = None
            else:
                self.condition = logical_or(self.condition, condition)


def masked(value: Any, condition: Any, otherwise: float) -> Any:
    return value if condition is None else cond(condition, value, otherwise)


def times(adjoint: Any, partial: Any) -> Any:
    """adjoint x partial, without the products by 1 and -1 that change no bit."""
    if isinstance(partial, float):
        if partial == 1.0:
            return adjoint
        if partial == -1.0:
            return -adjoint
    if isinstance(adjoint, float) and adjoint == 1.0:
        return partial
    return adjoint * partial


def argument(node: Node) -> Any:
    """The operand as partials are to see it: the number itself where it is one."""
    return node._data if node._row is NUMBER else node


def check_differentiable(v: Node, what: str) -> None:
    if v._flags & TRACED:
        complain(f"{what} was called on it")
    if v._flags & CONSTANT:
        how = {"detached": "a result of detach() or no_grad()", "constant": "a number"}
        raise RuntimeError(
            f"{what} found no graph to differentiate: {v!r} is "
            f"{how.get(v._row.name, 'computed from constants alone')}; "
            f"build it from Values outside of no_grad()"
        )


def check_recorded(node: Node, operands: Sequence[Node]) -> None:
    """Raise where data was assigned under a graph, so that its partials can't be recorded any more."""
    for x in (node, *operands):
        if x._flags & ASSIGNED and (x._born > node._born or (x is node and operands)):
            raise RuntimeError(
                f"a graph cannot be differentiated with create_graph=True after data in it was assigned: "
                f"{x._row.name or 'a leaf'} now holds {x._data!r}, not what {node._row.name} was recorded "
                f"with; rebuild the graph after assigning, or leave create_graph at False"
            )


def symbolic_partials(node: Node, operands: tuple[Node, ...]) -> list[Any]:
    """The partials of a node as graphs; None where nothing flows."""
    row = node._row
    texts = row.partials
    arguments = [argument(x) for x in operands]
    if not isinstance(texts, tuple):
        every: list[Any] = list(texts(node, arguments))
        return [None if x._flags & CONSTANT else p for x, p in zip(operands, every, strict=True)]
    partials: list[Any] = []
    for x, text in zip(operands, texts, strict=True):
        if text is None or x._flags & CONSTANT:
            partials.append(None)
        else:
            partials.append(text if isinstance(text, float) else text(node, *arguments))
    return partials


def adjoints(roots: Sequence[Node], seeds: Sequence[Any], inputs: Sequence[Node]) -> list[Any]:
    """The gradients of sum(seed x root) in the inputs, recorded as a graph; None where nothing arrived.

    The same walk as `sweep`, over the nodes that lie between the inputs and the roots.
    """
    order = topological_order(roots)
    between = set(inputs)
    for node in order:
        if node not in between and any(x in between for x in operands_of(node)):
            between.add(node)
    whole: dict[Node, Contributions] = {}
    by_sample: dict[Node, Contributions] = {}
    for root, seed in zip(roots, seeds, strict=True):
        whole.setdefault(root, Contributions()).add(seed, None)
    result: dict[Node, Any] = {}
    wanted = set(inputs)
    for node in reversed(order):
        if node not in between:
            continue
        adjoint, condition = collect(node, whole.pop(node, None), by_sample.pop(node, None))
        if node in wanted:
            result[node] = masked(adjoint, condition, 0.0)
        operands = operands_of(node)
        check_recorded(node, operands)
        for x, value, holds in contributions(node, operands, adjoint, condition):
            if x in between:
                over_samples = bool(node._flags & BATCHED) and not x._flags & BATCHED
                sums = by_sample if over_samples else whole
                sums.setdefault(x, Contributions()).add(value, holds)
    return [result.get(x) for x in inputs]


def collect(node: Node, whole: Contributions | None, samples: Contributions | None) -> tuple[Any, Any]:
    """The adjoint of a node and the condition under which it holds; samples are summed here, once."""
    if samples is None:
        assert whole is not None
        return whole.total, whole.condition
    over_samples = node.apply(BATCH_SUM, (masked(samples.total, samples.condition, -0.0),))
    if whole is None:
        return over_samples, None
    return masked(whole.total, whole.condition, -0.0) + over_samples, None


def contributions(node: Node, operands: tuple[Node, ...], adjoint: Any, condition: Any) -> list[tuple[Node, Any, Any]]:
    """What a node passes back: (operand, contribution, the condition under which it holds)."""
    row = node._row
    if row.selects:
        chooser = argument(operands[0])
        a, b = operands[1], operands[2]
        if row is cond:
            first, second = chooser, logical_not(chooser)
            if condition is not None:
                first, second = logical_and(condition, first), logical_and(condition, second)
            return [(a, adjoint, first), (b, adjoint, second)]
        return [
            (a, decide(chooser, lambda: adjoint, lambda: 0.0), condition),
            (b, decide(chooser, lambda: 0.0, lambda: adjoint), condition),
        ]
    partials = symbolic_partials(node, operands)
    return [
        (x, times(adjoint, partial), condition)
        for x, partial in zip(operands, partials, strict=True)
        if partial is not None
    ]


def tangents(order: list[Node], seeds: dict[Node, Any], record: bool) -> dict[Node, Any]:
    """Forward mode over a sorted graph: each node's tangent is the sum of partial x operand's tangent.

    `seeds` holds the tangents of the inputs; nodes that no input reaches stay absent.  With `record` the
    tangents are graphs, else floats from the recorded partials.
    """
    result: dict[Node, Any] = dict(seeds)
    for node in order:
        if node in result:
            continue
        operands = operands_of(node)
        if not any(x in result for x in operands):
            continue
        row = node._row
        if record:
            check_recorded(node, operands)
        if row.selects:
            chooser = argument(operands[0]) if record else operands[0]._data
            a, b = result.get(operands[1], 0.0), result.get(operands[2], 0.0)
            result[node] = decide(chooser, lambda a=a: a, lambda b=b: b)  # type: ignore[misc]
            continue
        partials: list[Any] = symbolic_partials(node, operands) if record else partials_of(node)
        total: Any = None
        for x, partial in zip(operands, partials, strict=True):
            if partial is not None and x in result:
                term = times(result[x], partial)
                total = term if total is None else total + term
        if total is not None:
            result[node] = node.apply(BATCH_SUM, (total,)) if row is BATCH_SUM else total
    return result
