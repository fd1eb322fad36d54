"""Graphs made again for a page: on the numbers that it starts from, and as what its program is made of.

A page shows a matrix, or a call of a compiled function, as one node.  Its program computes what they compute: calls are
the graphs of their functions, run again, and each number that goes into such a node gets a node of its own, at which
what flows through it arrives.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from math import nan
from operator import is_, is_not
from typing import Any

from autograd_lite.backends.call_nodes import ProgramCall
from autograd_lite.backends.program_calls import row_on_values as applied_row
from autograd_lite.control.array_algebra import RecordedKernel, StackedOperand, call_kernel, constants, of_node
from autograd_lite.control.array_nodes import Item, Numbers, item, node_of, with_number
from autograd_lite.control.gather_nodes import Gather, Gathers, Scatter, Stack, stack
from autograd_lite.control.recomputation import Recomputed
from autograd_lite.core.contexts.modes import enable_grad, ieee_arithmetic
from autograd_lite.core.create_graph import adjoints
from autograd_lite.core.graph import CONSTANT
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add, stop_gradient, where
from autograd_lite.core.value import Value
from autograd_lite.drawing.sources import Values
from autograd_lite.drawing.unfolding import numbers_given, offset_of, run_again
from autograd_lite.program import gathers
from autograd_lite.program.payloads import Environment
from autograd_lite.transforms.differentiation import as_value
from autograd_lite.transforms.levels import node_apart


def on_numbers(order: Sequence[Any], known: MutableMapping[Value, Value]) -> None:
    """Compute a traced graph on numbers, node by node; `known` are those of its nodes that have them.

    What is taken at a computed index is chosen among all, so that other numbers may follow.  So it is with what
    gradients add up at such an index, in arrays of sums: these are no nodes on numbers, but each of their numbers is.
    """
    sums: dict[Value, list[Any]] = {}

    def meaning(row: Primitive, operands: list[Any]) -> Any:
        found = [known.get(p, p) if isinstance(p, Value) else p + 0.0 for p in operands]  # 0.0 for -0.0
        if row is add:  # sums begin and end with a term of 0
            found = [x for x in found if isinstance(x, Value) or x] or [0.0]
            if len(found) == 1:
                return found[0]
        return applied_row(row, found)

    def numbers(array: Value) -> list[Any]:
        return sums[array] if array in sums else numbers_of_node(known.get(array, array))

    for x in order:
        if x in known or not (x.is_traced or isinstance(x.row.payload, Numbers)):
            continue
        payload = x.row.payload
        if isinstance(payload, (Gathers, Scatter)):  # at indices that are traced
            arrays = [numbers_of_node(p) if isinstance(p.row.payload, Stack) else numbers(p) for p in x.parents]
            found = payload.instruction.evaluate(arrays, Environment(apply=meaning))
            sums[x] = [known.get(y, y) for y in found]  # at a constant index a node is taken as it is
        elif isinstance(payload, Gather):
            array, index = x.parents
            known[x] = taken(numbers(array), index, known.get(index, index), payload.places)
        elif isinstance(payload, Item) and x.parents[0] in sums:
            known[x] = as_value(sums[x.parents[0]][payload.offset])
        else:
            known[x] = on_operands(x, [stack_of(sums[p]) if p in sums else known.get(p, p) for p in x.parents])


def on_operands(x: Value, operands: list[Value]) -> Any:
    """A node on other operands, which are numbers."""
    payload = x.row.payload
    if payload is None:
        return operands[0].apply(x.row, tuple(operands))
    return item(operands[0], payload.offset) if isinstance(payload, Item) else array_on_numbers(payload, operands)


def stack_of(numbers: Sequence[Any]) -> Any:
    """Numbers as an operand of a kernel."""
    return stack(numbers, StackedOperand)


def array_on_numbers(payload: Any, operands: Sequence[Value]) -> Any:
    """An array on numbers."""
    if isinstance(payload, Numbers):
        return constants(payload.numbers)
    if isinstance(payload, RecordedKernel):
        name, sizes, offsets = payload.kernel
        counts = payload.kernel.kernel.inputs(*sizes)
        parts = [of_node(x, start, n) for x, start, n in zip(operands, offsets, counts, strict=True)]
        return call_kernel(name, sizes, *parts).as_node()
    if isinstance(payload, Stack):
        return stack_of(operands)
    raise ValueError(
        f"explore cannot write out {getattr(payload, 'name', 'an array')}, which a gradient inside of the function "
        f"made; explore the function without it, or step through one call with explain(...).page()"
    )


def numbers_of_node(array: Value) -> list[Any]:
    """The numbers of an array node."""
    if isinstance(array.row.payload, Numbers):
        return list(array.row.payload.numbers)
    if isinstance(array.row.payload, Stack):
        return list(array.parents)
    return [item(array, i) for i in range(array.row.payload.kernel.size)]


def taken(numbers: list[Any], traced: Value, index: Value, places: gathers.Gather) -> Value:
    """The number at an index: where that is traced, a choice among all."""
    offset, stride, bound = places
    rows = [numbers[offset + i * stride] for i in range(bound)]
    if gathers.is_fixed(traced):
        i = gathers.place_of(index.data, bound)
        return as_value(nan if i is None else rows[i])
    found: Any = nan
    for chosen, x in zip(gathers.choices(index, bound, Environment(apply=applied_row)), rows, strict=True):
        found = applied_row(where, [chosen, x, found])
    return as_value(found)


class PageGraph:
    """What a page computes, of what is told: for each node of a source the one that computes it.

    `twin` gives for a node the one of a graph that holds for other numbers too.
    """

    def __init__(self, source: Values, twin: Callable[[Value], Value]) -> None:
        self.source = source
        self.copies: dict[Value, Value] = {}
        self.points: dict[Value, list[Value]] = {}
        """For each call, and each array, nodes of their own for the numbers that go into it."""
        self.outputs: dict[Value, list[Any]] = {}
        """What calls compute."""
        with ieee_arithmetic(), enable_grad():
            for x in source.order:
                self.add(x, twin(x))

    def of(self, x: Value) -> Value:
        return self.copies.get(x, x)

    @property
    def end(self) -> Value:
        return self.of(self.source.roots[0])

    def ends(self) -> list[Value]:
        """The nodes at which terms arrive."""
        return [point for points in self.points.values() for point in points]

    def add(self, x: Value, twin: Value) -> None:
        parents, payload = self.source.parents(x), x.row.payload
        operands = [self.of(p) for p in parents]
        if isinstance(payload, (ProgramCall, Recomputed)):
            self.call(x, operands)
            return
        if parents and parents[0] in self.outputs:
            self.copies[x] = node_apart(as_value(self.outputs[parents[0]][offset_of(x)]))
            return
        if isinstance(payload, Stack):
            operands = self.points[x] = [p if p._flags & CONSTANT else node_apart(p) for p in operands]
        twin = x if payload is None and twin.row is not x.row else twin  # which is a number taken at an index
        is_same = len(operands) == len(twin.parents) and all(map(is_, operands, twin.parents))
        self.copies[x] = twin if is_same else recomputed(twin, operands)

    def call(self, x: Value, operands: list[Value]) -> None:
        """A call as the graph of its function on nodes of their own."""
        count = len(numbers_given(x))
        if any(map(is_not, operands[count:], x.parents[count:])):
            raise ValueError(
                f"explore cannot compute the call of {x.row.name} anew, which closes over a result of another call; "
                f"make that Value an argument, or step through one computation with explain(...).page()"
            )
        points = self.points[x] = [node_apart(p) for p in operands[:count]]
        outputs = run_again(x, points)
        if self.source.is_array(x):
            self.outputs[x] = outputs
        else:
            self.copies[x] = node_apart(as_value(outputs[0]))

    def terms(self, x: Value, slopes: Mapping[Value, Any]) -> list[Any]:
        """What flows from a call or an array to each operand: all of it, or of one number its partials.

        Empty for other nodes.
        """
        points = self.points.get(x, [])
        if not points or isinstance(x.row.payload, Stack):
            return [slopes.get(p) for p in points]
        is_one = not self.source.is_array(x)
        found = adjoints([self.of(x)], [1.0], points) if is_one else [slopes.get(p) for p in points]
        closed_over = x.parents[len(points) :]
        if not closed_over:
            return found
        outputs = run_again(x, [stop_gradient(p) for p in points])  # so that nothing comes round by the operands
        ends = [(outputs[0], 1.0)]
        if not is_one:
            items = [y for y in self.source.order if any(p is x for p in self.source.parents(y))]
            ends = [(outputs[offset_of(y)], slopes[self.of(y)]) for y in items if slopes.get(self.of(y)) is not None]
        ends = [(y, slope) for y, slope in ends if isinstance(y, Value) and not y._flags & CONSTANT]
        return [*found, *adjoints([y for y, _ in ends], [slope for _, slope in ends], closed_over)]


def recomputed(x: Value, operands: list[Value]) -> Value:
    """A node once more, on other operands."""
    if x.row.payload is None:
        return operands[0].apply(x.row, tuple(operands))  # type: ignore[no-any-return]
    node = node_of(x.row.payload, operands)
    return node if any(p.is_traced for p in operands) else with_number(node, x._data)
