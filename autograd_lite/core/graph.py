"""The graph: nodes that remember how they were made.

A `Node` keeps its operands and the local partial in each of them, as recorded; the dots of a layer keep theirs
together, in a `Vector`.
"""

import threading
from abc import abstractmethod
from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.core.concretization import DERIVE, complain
from autograd_lite.core.primitives import INTERNAL, Operand, Primitive

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
    INTERNAL[_mark.name] = _mark


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


@final
@mypyc_attr(acyclic=True)
class Quad:
    """Four numbers side by side: natively a list of floats costs an object, and a look at its type, for each."""

    __slots__ = ("a", "b", "c", "d")

    def __init__(self, a: float, b: float, c: float, d: float) -> None:
        self.a: float = a
        self.b: float = b
        self.c: float = c
        self.d: float = d


UNKNOWN: Final = -2
NOWHERE: Final = -1


@final
@mypyc_attr(acyclic=True)
class Vector:
    """One side of the dots of a layer: nodes that many dots share, and their data as recorded.

    To the gradient of one side the data of the other are the partials, so a dot of vectors keeps none.
    Numbers alone become nodes only when somebody asks for them.
    """

    __slots__ = ("born", "constant", "data", "flags", "leaves", "mark", "nodes", "place", "size", "time")

    def __init__(self, nodes: list["Node"], data: list[Quad], size: i64) -> None:
        self.nodes: list[Node] = nodes  # none as yet where there are only numbers
        self.data: list[Quad] = data  # in fours; what is beyond the size is 0
        self.size: i64 = size
        self.time: i64 = STATE.assigned  # what was assigned later is not in `data`
        STATE.clock += TICK
        self.born: i64 = STATE.clock  # its nodes are younger than all that is there, as if made now
        self.mark: i64 = 0  # as that of a node: a vector counts as one node that uses all of its nodes
        self.place: i64 = NOWHERE  # where the running pass gathers the dots that are to be added to its nodes
        flags: i64 = 0
        common: i64 = CONSTANT
        leaves = True
        for x in nodes:
            flags |= x._flags
            common &= x._flags
            if x._row is not LEAF:
                leaves = False
        self.flags: i64 = flags  # those of any node
        self.leaves: bool = leaves  # all of them: nothing lies behind them
        self.constant: bool = common != 0  # nothing flows back to any of them

    def numbers(self) -> list[float]:
        """The data, one by one."""
        numbers: list[float] = []
        for q in self.data:
            numbers += [q.a, q.b, q.c, q.d]
        return numbers[: self.size]

    def all_nodes(self, like: "Node") -> list["Node"]:
        """Its nodes; numbers become constants now, of the class of `like`."""
        with PASS:
            if len(self.nodes) != self.size:
                nodes: list[Node] = []
                for x in self.numbers():
                    node = like.blank()
                    node._row = NUMBER
                    node._data = x
                    node._flags = CONSTANT | self.born
                    nodes.append(node)
                self.nodes = nodes
            return self.nodes


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
        return tuple(extra.weights.all_nodes(node) + extra.inputs.all_nodes(node))
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
        nodes, slopes = operands_of(node), inputs.numbers() + weights.numbers()
        return [None if nodes[i]._flags & CONSTANT else slopes[i] for i in range(len(nodes))]
    return list(extra.partials)


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
