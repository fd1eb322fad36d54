"""Kernels of linear algebra in the graph: a node is a whole matrix, and its payload differentiates it as one.

Above `array_nodes`.  The rules of `array_rules` are written in these operations, so derivatives of any order follow; on
plain numbers the operations compute, on nodes they record.  Eagerly a node has its numbers, in a traced function none;
both have the same graph, and so the same bits.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from autograd_lite.control import array_nodes
from autograd_lite.control.array_nodes import (
    Column,
    Direct,
    Item,
    Number,
    Own,
    Piece,
    Terms,
    Timed,
    condition_at,
    data_of,
    item,
    item_row,
    node_of,
    number_in,
    outermost,
    own_terms,
    stays,
    with_number,
)  # fmt: skip
from autograd_lite.control.gather_nodes import Stack, dense, stack
from autograd_lite.control.step_graphs import Inside
from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.contexts.modes import enable_grad
from autograd_lite.core.contexts.scopes import Scope, Settings
from autograd_lite.core.contexts.variables import Mode
from autograd_lite.core.create_graph import check_unassigned
from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import BATCHED, CONSTANT, Node, operands_of
from autograd_lite.core.recording import records_nothing
from autograd_lite.core.value import Value
from autograd_lite.program import payloads
from autograd_lite.program.flattening import Flattener
from autograd_lite.program.kernels import KERNELS
from autograd_lite.transforms.branches import either, masked
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.power_series import Expansion
from autograd_lite.transforms.propagation import Cotangents, Propagation, summed_over_samples, under
from autograd_lite.transforms.reverse_mode import AdjointPass, Arrived


class Array(NamedTuple):
    """Numbers next to each other: plain ones, or those of an array node from `start` on; `data` where known."""

    node: Node | None
    start: int
    size: int
    data: Sequence[float] | None

    def part(self, start: int, size: int) -> "Array":
        data = None if self.data is None else self.data[start : start + size]
        return Array(self.node, 0 if self.node is None else self.start + start, size, data)

    def as_node(self) -> Node:
        if self.node is None:
            assert self.data is not None
            return constants(self.data)
        return self.node

    def leaves(self) -> list[Scalar]:
        """The numbers, one by one."""
        if self.node is None:
            assert self.data is not None
            return list(self.data)
        return [item(self.node, self.start + i) for i in range(self.size)]


def plain(numbers: Sequence[float]) -> Array:
    return Array(None, 0, len(numbers), numbers)


def full(size: int, x: float) -> Array:
    return plain([x] * size)


def constants(numbers: Sequence[float]) -> Node:
    node = node_of(array_nodes.Numbers(numbers), [])
    return node if is_tracing() else with_number(node, 0.0)


OPENED: Final = Mode("autograd_lite.opened", False)
"""Whether kernels record their scalars."""


class opened(Scope):
    """A context in which functions of linear algebra record the scalars that they compute, to be drawn and stepped.

    The graph is what the algorithm does with these numbers, choices included, and its derivatives are those of the
    scalars.  A compiled function holds whole matrices all the same.  Also a decorator.

    >>> from autograd_lite import Value, linalg
    >>> a = [[Value(4.0), Value(2.0)], [Value(2.0), Value(10.0)]]
    >>> linalg.cholesky(a)[1][0].op
    'item'
    >>> with linalg.opened():
    ...     factor = linalg.cholesky(a)
    >>> factor[1][0], factor[0][0].op
    (Value(data=1.0, op='div'), 'sqrt')
    """

    def modes(self) -> Settings:
        return ((OPENED, True),)


def array(leaves: Sequence[Scalar]) -> Array:
    """Numbers and Values as an array."""
    if OPENED.get() and not is_tracing():
        return plain(list(leaves))  # type: ignore[arg-type]
    if not any(isinstance(x, Value) for x in leaves):
        return plain([float(x) for x in leaves])
    known = not is_tracing()
    if known and (records_nothing() or all(not isinstance(x, Value) or x._flags & CONSTANT for x in leaves)):
        return plain([x._data if isinstance(x, Value) else float(x) for x in leaves])
    node = stack(leaves, StackedOperand)
    return Array(node, 0, len(leaves), data_of(node))


def of_node(node: Node, start: int, size: int) -> Array:
    data = data_of(node)
    return Array(node, start, size, None if data is None else data[start : start + size])


def call_kernel(name: str, sizes: Sequence[int], *operands: Array) -> Array:
    """A kernel on arrays."""
    sizes = tuple(sizes)
    data = None
    if all(x.data is not None for x in operands):
        data = KERNELS[name](sizes, [x.data for x in operands])  # type: ignore[misc]
    if all(x.node is None for x in operands):
        assert data is not None
        return plain(data)
    if is_tracing():
        data = None
    rule = RecordedKernel(payloads.Kernel(name, sizes, tuple([x.start for x in operands])), data)
    node: Value = node_of(rule, [x.as_node() for x in operands])
    if data is not None:
        with_number(node, 0.0)
    return Array(node, 0, rule.kernel.size, data)


class StackedOperand(Stack):
    """Numbers as an operand of a kernel.

    What arrives at it is added up before it goes to the numbers, as it does eagerly.  While a program is traced, that
    of neighbours in another array goes to this array at once, after all that has arrived at its numbers so far.
    """

    name = "stack"

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        operands, rules = operands_of(node), walk.propagation
        holds = condition_of(walk.propagation, arrived.whole)
        total = all_arrived(node, len(operands), arrived.whole)
        source, start = (None, 0) if self.data is not None else neighbours(operands)
        if source in walk.dependent and type(rules) is Propagation and walk.inputs.isdisjoint(operands):
            found: list[Any] = []
            for i, x in enumerate(operands, start):
                if x in walk.arrived:
                    found += own_terms(walk, x, walk.arrived.pop(x), i)
            direct = Direct(start, 1, len(operands), Column(total.as_node(), total.start, 1))
            direct.time = time_of(operands[0])
            found.append(direct)
            walk.direct.add(source)
            return [(source, Arrived(found, []))]
        terms = []
        for x, number in reversed([*zip(operands, total.leaves(), strict=True)]):
            if x in walk.dependent:
                terms.append(walk.term(number if isinstance(number, Node) else x, x, under(rules, number, holds)))
        return terms


def neighbours(operands: Sequence[Node]) -> tuple[Node | None, int]:
    """The array whose numbers these are, one after the other, and the place of the first; None: of none."""
    first = operands[0]
    if not isinstance(first._row.payload, Item):
        return None, 0
    (array,), start = operands_of(first), first._row.payload.offset
    if not getattr(array._row.payload, "takes_direct", False):
        return None, 0
    for k, x in enumerate(operands):
        if x._row is not item_row(start + k) or operands_of(x)[0] is not array:
            return None, 0
    return array, start


class KernelRule(NamedTuple):
    """The derivatives of a kernel, in kernels.

    `pull(sizes, operands, out, adjoint, reaches)` gives the adjoints of the operands, None where nothing flows;
    `reaches(start, stop)` is whether any adjoint has arrived at these numbers of the result.
    `push(sizes, operands, out, tangents)` gives the tangent of the result; None is no tangent.
    """

    pull: Callable[..., list[Array | None]]
    push: Callable[..., Array]


RULES: dict[str, KernelRule] = {}
"""Of the kernels by name; those of `array_rules`."""


class RecordedKernel:
    """The payload of a kernel in the graph, and eagerly its numbers."""

    takes_direct = True

    def __init__(self, kernel: payloads.Kernel, data: list[float] | None) -> None:
        self.kernel, self.data, self.name = kernel, data, kernel.name

    def emit(self, flattener: Flattener, operands: tuple[int, ...]) -> int:
        return flattener.payload(self.kernel, operands)

    def operands(self, node: Node) -> list[Array]:
        counts = self.kernel.kernel.inputs(*self.kernel.sizes)
        parts = zip(operands_of(node), self.kernel.offsets, counts, strict=True)
        return [of_node(x, start, count) for x, start, count in parts]

    @property
    def rule(self) -> KernelRule:
        found = RULES.get(self.kernel.name)
        if found is None:
            raise TypeError(f"{self.kernel.name} has no derivative; take its numbers out of the graph by detach()")
        return found

    # Adjoints

    def pull(self, walk: AdjointPass, node: Node, arrived: Arrived) -> Terms:
        if stays(walk, node, arrived):
            return []
        operands = self.operands(node)
        if self.data is not None:
            check_unassigned(node, operands_of(node))
        holds = condition_of(walk.propagation, arrived.whole)
        reached = [reach(part, self.kernel.size) for part in arrived.whole]

        def reaches(start: int, stop: int) -> bool:
            return any(a < stop and b > start for a, b in reached)

        out = of_node(node, 0, self.kernel.size)
        adjoint = all_arrived(node, self.kernel.size, arrived.whole)
        found = self.rule.pull(self.kernel.sizes, operands, out, adjoint, reaches)
        terms: Terms = []
        for x, operand, term in zip(operands_of(node), operands, found, strict=True):
            if term is not None and x in walk.dependent:
                column = Column(term.as_node(), term.start, 1)
                piece = Timed(operand.start, 1, operand.size, column, holds)
                piece.time = time_of(node)
                terms.append((x, Arrived([piece], [])))
        return terms

    def pull_floats(self, node: Node, adjoint: Cotangents, arrived: dict[Node, Any]) -> list[tuple[Node, Any]]:
        terms = adjoint.terms
        numbers = plain([terms.get(i, -0.0) for i in range(self.kernel.size)])
        operands = [plain(x.data) for x in self.operands(node)]  # type: ignore[arg-type]

        def reaches(start: int, stop: int) -> bool:
            return any(start <= i < stop for i in terms)

        assert self.data is not None
        found = self.rule.pull(self.kernel.sizes, operands, plain(self.data), numbers, reaches)
        pairs = zip(operands_of(node), self.kernel.offsets, found, strict=True)
        return [
            (x, Cotangents(dict(enumerate(term.data, start))))  # type: ignore[arg-type]
            for x, start, term in pairs
            if term is not None and not x._flags & CONSTANT
        ]

    # Series, tangents

    def expand(self, expansion: Expansion, node: Node) -> list[list[Any]]:
        """The coefficients of each number, by the kernel opened into scalars."""
        inside = Inside()
        with enable_grad():
            leaves = [
                [item(x, start + i) for i in range(operand.size)]
                for x, start, operand in zip(operands_of(node), self.kernel.offsets, self.operands(node), strict=True)
            ]
            outputs = self.kernel.kernel(self.kernel.sizes, leaves)
        nodes, _, _ = inside.closure(outputs, operands_of(node))
        inner = expansion.within({x: expansion.series[x] for x in operands_of(node) if x in expansion.series})
        inner.record = expansion.record
        inner.follow(nodes)
        numbers = outputs if expansion.record else [x._data if isinstance(x, Value) else float(x) for x in outputs]
        return [[x, *inner.coefficients(y)] for x, y in zip(numbers, outputs, strict=True)]

    def push(self, propagation: Propagation, node: Node, tangents: dict[Node, Any]) -> Any:
        operands = self.operands(node)
        moved = [
            of_node(tangents[x], operand.start, operand.size) if x in tangents else None
            for x, operand in zip(operands_of(node), operands, strict=True)
        ]
        found = self.rule.push(self.kernel.sizes, operands, of_node(node, 0, self.kernel.size), moved)
        return found.as_node()

    def push_floats(self, node: Node, tangents: dict[Node, Any]) -> list[float]:
        operands = [plain(x.data) for x in self.operands(node)]  # type: ignore[arg-type]
        parts = zip(operands_of(node), self.kernel.offsets, operands, strict=True)
        moved = [
            plain(tangents[x][start : start + operand.size]) if x in tangents else None for x, start, operand in parts
        ]
        assert self.data is not None
        return list(self.rule.push(self.kernel.sizes, operands, plain(self.data), moved).data or ())


def all_arrived(node: Node, size: int, parts: Sequence[Any]) -> Array:
    """All that has arrived as one array, added up in order; -0.0 where nothing has, because it changes no sum."""
    if not all(isinstance(x, Number) or (isinstance(x, Piece) and x.stride == 1) for x in parts):
        return of_node(dense(parts, size), 0, size)
    own = [x for x in parts if isinstance(x, (Own, Direct))]
    direct = [x for x in own if isinstance(x, Direct)]
    if not direct:
        return accumulated(node, size, parts, None)
    others = [x for x in parts if not isinstance(x, (Own, Direct))]
    later = [x for x in others if not isinstance(x, Timed) or x.time > direct[0].time]  # than the numbers were made
    found = accumulated(node, size, later, None) if later else None
    total = accumulated(node, size, own, None)
    found = total if found is None else call_kernel("plus", (size,), found, total)
    return accumulated(node, size, [x for x in others if not any(x is y for y in later)], found)


def accumulated(node: Node, size: int, parts: Sequence[Any], found: Array | None) -> Array:
    """The sum of parts, one after the other, from what was found so far."""
    numbers: dict[int, Scalar] = {}
    for part in [*parts, None]:
        if isinstance(part, Number) and (found is None or part.offset not in numbers):
            term = summed(node, masked(part.adjoint, part.holds))
            numbers[part.offset] = numbers[part.offset] + term if part.offset in numbers else term
            continue
        if numbers:
            more = array([numbers.get(i, -0.0) for i in range(size)])
            found = more if found is None else call_kernel("plus", (size,), found, more)
            numbers = {}
        if isinstance(part, Number):
            numbers[part.offset] = summed(node, masked(part.adjoint, part.holds))
        elif part is not None:
            found = with_piece(node, size, found, part)
    assert found is not None
    return found


def with_piece(node: Node, size: int, found: Array | None, part: Piece) -> Array:
    column = part.adjoint
    term = of_node(column.array, column.offset, part.length)
    apart = column.array._flags & BATCHED and not node._flags & BATCHED
    if column.stride != 1 or part.holds is not None or apart:
        terms = [masked(number_in(column, t), condition_at(part, t)) for t in range(part.length)]
        term = array([summed(node, x) for x in terms])
    if part.length == size:
        return term if found is None else call_kernel("plus", (size,), found, term)
    base = full(size, -0.0) if found is None else found
    return call_kernel("placed", (size, part.offset, part.length), base, term)


def condition_of(rules: Propagation, parts: Sequence[Any]) -> Any:
    """The condition under which any part of an adjoint arrives; None: for sure."""
    found: list[Any] = []
    for part in parts:
        holds = getattr(part, "holds", None)
        found += [condition_at(part, t) for t in range(part.length)] if isinstance(holds, Column) else [holds]
    return either(rules, found)


def reach(part: Any, size: int) -> tuple[int, int]:
    """The first number that an adjoint arrives at, and the first that it does not any more."""
    if isinstance(part, Number):
        return part.offset, part.offset + 1
    if not isinstance(part, Piece):
        return 0, size
    first, last = outermost(part.offset, part.stride, part.length)
    return first, last + 1


def summed(node: Node, term: Scalar) -> Scalar:
    """A term of each sample for a node that all samples share: over the samples."""
    if isinstance(term, Value) and term._flags & BATCHED and not node._flags & BATCHED:
        return summed_over_samples(term)  # type: ignore[no-any-return]
    return term


def is_finite(numbers: Sequence[float] | None) -> bool:
    """Whether numbers are known, and all of them finite."""
    return numbers is not None and all(map(math.isfinite, numbers))
