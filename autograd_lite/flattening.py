"""From graphs to instructions: numbering, folding constants, merging what is the same, dropping what is unused.

Between `transforms` and `program`.  Nothing here changes a bit of any result: a constant is folded with the
very function that the back ends compute with, and only rewrites that hold for every float are made.
"""

import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.graph import (
    ASSIGNED,
    BATCH_SIZE,
    BATCH_SUM,
    DETACHED,
    NUMBER,
    Node,
    operands_of,
    topological_order,
)
from autograd_lite.instructions import ROWS, Argument, Instruction, Result
from autograd_lite.primitives import add, cond, div, identity, mul, neg, pow, sub, where
from autograd_lite.rows import Primitive
from autograd_lite.value import Value, traced

Entry = Callable[[Node], int | None]
"""Says which nodes are inputs: their number, or None for a node that is to be computed."""


class Flattener:
    """Builds the instructions of one program."""

    def __init__(self, arguments: Sequence[Argument]) -> None:
        self.arguments = list(arguments)
        self.size = sum(a.size for a in arguments)
        self.instructions: list[Instruction] = []
        self.known: dict[Any, int] = {}  # what was computed already, by row and operands

    def constant(self, x: float) -> int:
        key = (NUMBER, struct.pack("<d", x))
        if key not in self.known:
            self.known[key] = self.append(Instruction(NUMBER, (), x))
        return self.known[key]

    def append(self, instruction: Instruction) -> int:
        self.instructions.append(instruction)
        return self.size + len(self.instructions) - 1

    def value_of(self, i: int) -> float | None:
        """The number that a value is known to be."""
        return self.instructions[i - self.size].constant if i >= self.size else None

    def emit(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of row(operands): an older value, a constant, or a new instruction."""
        if row is cond:
            row = where
        simpler = self.simplified(row, operands)
        if isinstance(simpler, int):
            return simpler
        row, operands = simpler
        if (
            ROWS.get(row.name) is not row
        ):  # a rule of the user's own: what it computes, not how it differentiates
            return self.expand(row, operands)
        key = (row, operands)
        if key not in self.known:
            self.known[key] = self.append(Instruction(row, operands))
        return self.known[key]

    def simplified(
        self, row: Primitive, operands: tuple[int, ...]
    ) -> int | tuple[Primitive, tuple[int, ...]]:
        """Rewrites that hold to the bit for all floats, nan and signed zeros included."""
        if row is identity:
            return operands[0]
        if row is BATCH_SIZE or row is BATCH_SUM:
            return row, operands
        values = [self.value_of(i) for i in operands]
        if None not in values and ROWS.get(row.name) is row:
            return self.constant(row.total(*values))  # type: ignore[arg-type]
        last = values[-1] if values else None
        if row is where and values[0] is not None:
            return operands[1] if values[0] != 0.0 else operands[2]
        if row is mul and 1.0 in values:
            return operands[1 - values.index(1.0)]
        if row is mul and -1.0 in values:
            return neg, (operands[1 - values.index(-1.0)],)
        if row in (div, pow) and last == 1.0:
            return operands[0]
        if row is pow and last == 2.0:
            return mul, (operands[0], operands[0])
        if row is sub and last == 0.0 and math.copysign(1.0, last) == 1.0:
            return operands[0]
        if row is add and last == 0.0 and math.copysign(1.0, last) == -1.0:
            return operands[0]
        return row, operands

    def expand(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of row(operands), computed by what the row means in simpler rows."""
        assert row.lowering is not None
        places: dict[Node, int] = {}
        arguments: list[Any] = []
        for i in operands:
            x = self.value_of(i)
            if x is None:
                leaf = traced("", 0)
                places[leaf] = i
                arguments.append(leaf)
            else:
                arguments.append(x)
        out = row.lowering(arguments) if row.arity is None else row.lowering(*arguments)
        return self.graph([out], places, no_entry)[0]

    def graph(self, roots: Sequence[Any], places: dict[Node, int], entry: Entry) -> list[int]:
        """The numbers of the roots of a graph, which are nodes or floats; `places` holds known nodes."""
        order = topological_order([x for x in roots if isinstance(x, Node)], everything=True)
        order.sort(key=born)  # as written: the steps of one loop stand together
        for node in order:
            if node not in places:
                place = entry(node)
                if place is None:
                    place = self.compute(node, places)
                places[node] = place
        return [places[x] if isinstance(x, Node) else self.constant(float(x)) for x in roots]

    def compute(self, node: Node, places: dict[Node, int]) -> int:
        """The number of a node whose operands have theirs."""
        operands = operands_of(node)
        if operands or node._row is BATCH_SIZE:
            return self.emit(node._row, tuple([places[x] for x in operands]))
        return self.constant(node._data)

    def finished(self, results: Sequence[Result]) -> tuple[list[Argument], list[Instruction], list[Result]]:
        """Arguments, instructions and results without what no result needs."""
        needed = [False] * (self.size + len(self.instructions))
        for result in results:
            for i in result.values:
                needed[i] = True
        for i in range(len(needed) - 1, self.size - 1, -1):
            if needed[i]:
                for j in self.instructions[i - self.size].operands:
                    needed[j] = True
        place = list(range(self.size)) + [0] * len(self.instructions)
        kept: list[Instruction] = []
        for i, (row, operands, constant) in enumerate(self.instructions, self.size):
            if needed[i]:
                place[i] = self.size + len(kept)
                kept.append(Instruction(row, tuple([place[j] for j in operands]), constant))
        return self.arguments, kept, [Result(tuple([place[i] for i in r.values]), r.batched) for r in results]


def born(node: Node) -> int:
    return node._born


def no_entry(node: Node) -> int | None:
    """Everything is computed; a leaf that is no input is the number it holds."""
    return None


def flatten_values(
    outputs: Sequence[Any], inputs: Sequence[Any]
) -> tuple[list[Argument], list[Instruction], list[Result]]:
    """The parts of a program that computes eagerly recorded `outputs` from `inputs`."""
    for x in (*outputs, *inputs):
        if not isinstance(x, Value):
            raise TypeError(f"a program is made from Values, but got {x!r}; pass lists of Values")
    arguments = [Argument(x.label or f"x{i}", 1, False) for i, x in enumerate(inputs)]
    flattener = Flattener(arguments)
    for node in topological_order(outputs, everything=True):
        refuse_frozen(node)
    places: dict[Node, int] = {x: i for i, x in enumerate(inputs)}
    values = flattener.graph(outputs, places, no_entry)
    return flattener.finished([Result((i,), False) for i in values])


def refuse_frozen(node: Node) -> None:
    operands = operands_of(node)
    if node._row.selects and operands[0]._row in (NUMBER, DETACHED):
        raise ValueError(
            f"a program cannot be made from this graph: a where chose its branch by {operands[0]._data!r}, a plain "
            f"number, which would be frozen; make the condition with less, less_equal or equal"
        )
    if operands and node._flags & ASSIGNED:
        raise ValueError(
            f"a program cannot be made from this graph: data of the result of {node._row.name} was assigned; "
            f"rebuild the graph after assigning"
        )


def lower(
    arguments: Sequence[Argument], instructions: Sequence[Instruction], results: Sequence[Result]
) -> tuple[list[Argument], list[Instruction], list[Result]]:
    """The same computation without rows that are said in simpler ones."""
    flattener = Flattener(arguments)
    place = list(range(flattener.size))
    for row, operands, constant in instructions:
        moved = tuple([place[i] for i in operands])
        if constant is not None:
            place.append(flattener.constant(constant))
        elif row.lowering is not None:
            place.append(flattener.expand(row, moved))
        else:
            place.append(flattener.emit(row, moved))
    return flattener.finished([Result(tuple([place[i] for i in r.values]), r.batched) for r in results])
