"""The graph: nodes that remember how they were made.

A `Node` holds a number, the row of the table that computed it, its operands, and the partial in each operand, as
recorded.  The first two operands have slots of their own; `Extra` holds more.  Everybody else asks `operands_of` and
`partials_of`.
"""

import threading
from abc import abstractmethod
from typing import Final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import INTERNAL, Primitive

# What a node is, in bits.
CONSTANT: Final = 1  # no gradient is wanted: nothing flows back through it
REACHED: Final = 8  # a reverse pass has stored a gradient in it
ASSIGNED: Final = 16  # its data was assigned after it was made
NUMERIC: Final = 64  # it was computed from numbers alone, and no Value of a user
PASSED: Final = 128  # a number that a transform passed on, not one that is written in the function
ORDERED: Final = 256  # its adjoints are added up in the order in which nodes were made, as programs of loops do
CHOSEN: Final = 32  # it depends on a row that is `lazy`
# and while programs are traced (`abstract.tracers`)
TRACED: Final = 2  # it has no number yet
BATCHED: Final = 4  # it is different from sample to sample
ARRAYED: Final = 512  # it depends on a sum of an array expression, whose elements are one node each
STOPPED: Final = 1024  # it was recorded under no_grad: the derivatives of the program stop at it too
INHERITED: Final = ORDERED | CHOSEN | TRACED | BATCHED | ARRAYED  # what passes from any operand to the result
COMMON: Final = CONSTANT | NUMERIC  # what passes to the result where all operands have it


def of_a_batch(x: float) -> float:
    raise TypeError("batch_sum sums over the samples of a compiled vmap; outside of one, use sum")


# Rows that no operation of a user makes; a leaf has no name, as its `op` tells.
LEAF: Final = Primitive("", 0, float, (), formula="a leaf")
NUMBER: Final = Primitive("constant", 0, float, (), formula="a number")
DETACHED: Final = Primitive("detached", 0, float, (), formula="a number taken out of its graph")
BATCH_SUM: Final = Primitive("batch_sum", 1, of_a_batch, (1.0,), label="Σ batch", formula="the sum over the samples")
BATCH_SIZE: Final = Primitive("batch_size", 0, float, (), label="n", formula="the number of samples")
for _row in (LEAF, NUMBER, DETACHED, BATCH_SUM, BATCH_SIZE):
    INTERNAL[_row.name] = _row


@mypyc_attr(acyclic=True)
class Extra:
    """What few nodes need: a label, and the operands of a row that has more than two or a rule that is None."""

    __slots__ = ("label", "operands", "partials", "recorded")

    def __init__(self) -> None:
        self.label: str = ""
        self.recorded: object = None  # the numbers of one call, of a row with a payload
        self.operands: tuple[Node, ...] = ()
        self.partials: list[float | None] = []

    def all_operands(self) -> tuple["Node", ...]:
        return self.operands

    def all_partials(self) -> list[float | None]:
        return list(self.partials)


@mypyc_attr(acyclic=True)
class Node(Operand):
    """A number, the row that made it, its operands, and the recorded partial in each operand."""

    __slots__ = (
        "_adjoint", "_data", "_dleft", "_dright", "_extra", "_flags", "_grad", "_left", "_right", "_row", "_uses",
    )  # fmt: skip

    def __init__(self) -> None:
        self._data: float = 0.0
        self._grad: float = 0.0
        self._adjoint: float = 0.0  # of the running pass, valid while that holds PASS
        self._left: Node | None = None
        self._right: Node | None = None
        self._dleft: float = 0.0  # the partial in the left operand
        self._dright: float = 0.0
        self._row: Primitive = LEAF
        self._extra: Extra | None = None
        self._flags: i64 = 0  # the bits above; `fast.clock` keeps the time of making beside them
        self._uses: i64 = 0  # of the running pass: what `fast.uses` counts

    @abstractmethod  # tells mypyc that every Node is a Value, which saves half of each check of a type
    def blank(self) -> "Node":
        """A new, empty node of the same class."""
        raise NotImplementedError


class GraphState:
    """What every operation looks at; cheaper than a look-up per thread."""

    def __init__(self) -> None:
        self.assigned: i64 = 0  # the number of assignments to data so far
        self.paused: set[object] = set()  # the no_grad contexts and watches that are open, in all threads
        self.tracing: set[object] = set()  # the traces that are running, in all threads


STATE: Final = GraphState()
PASS: Final = threading.RLock()
"""Held by whoever uses `_adjoint` and `_uses` of nodes: one pass at a time, whatever the threads share."""


def operands_of(node: Node) -> tuple[Node, ...]:
    """The operands, in order."""
    left, extra = node._left, node._extra
    if left is not None:
        return (left,) if node._right is None else (left, node._right)
    return () if extra is None else extra.all_operands()


def partials_of(node: Node) -> list[float | None]:
    """The recorded partials, aligned with the operands; None where nothing flows back.

    Slots tell None by the flag of the operand, `Extra` keeps it.
    """
    left, right, extra = node._left, node._right, node._extra
    if left is None:
        return [] if extra is None else extra.all_partials()
    partials: list[float | None] = [None if left._flags & CONSTANT else node._dleft]
    if right is not None:
        partials.append(None if right._flags & CONSTANT else node._dright)
    return partials


def as_recorded(partial: float | None) -> float:
    """A partial as its slot keeps it: 0 where nothing flows."""
    return 0.0 if partial is None else partial


def connect(node: Node, operands: tuple[Node, ...], partials: list[float | None]) -> None:
    """Give a node without operands its operands, and the partial in each; None where nothing flows."""
    count = len(operands)
    if node._row.plain and 0 < count <= 2:
        node._left = operands[0]
        node._dleft = as_recorded(partials[0])
        if count == 2:
            node._right = operands[1]
            node._dright = as_recorded(partials[1])
    elif count:
        extra = node._extra
        if extra is None:
            node._extra = extra = Extra()
        extra.operands = operands
        extra.partials = partials
