"""From graphs to instructions: numbering, folding constants, merging what is the same, dropping what is unused.

Between `transforms` and `program`.  A constant is folded with the very function that the back ends compute with,
and `rewriting` holds only what is true of every float.  So nothing here changes a bit of any result, but one: what
all samples share is summed over them as their number times it.
"""

import struct
from collections.abc import Sequence
from typing import Any

from autograd_lite.core.fast.clock import time_of
from autograd_lite.core.graph import ASSIGNED, BATCH_SIZE, BATCH_SUM, DETACHED, LEAF, NUMBER, Node, operands_of
from autograd_lite.core.modes import recording
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import add, cond, mul, where
from autograd_lite.core.value import Value, traced
from autograd_lite.program.instructions import ROWS, Argument, Instruction, Result
from autograd_lite.program.simplification import rewritten

Parts = tuple[list[Argument], list[Instruction], list[Result]]
"""What a program is made of."""


class Flattener:
    """Builds the instructions of one program."""

    def __init__(self, arguments: Sequence[Argument]) -> None:
        self.arguments = list(arguments)
        self.batched = [a.batched for a in arguments for _ in range(a.size)]
        self.size = len(self.batched)
        self.instructions: list[Instruction] = []
        self.known: dict[Any, int] = {}  # what was computed already, by row and operands

    def append(self, key: Any, instruction: Instruction) -> int:
        """The number of a new instruction."""
        row, operands, _ = instruction
        self.instructions.append(instruction)
        self.batched.append(row is not BATCH_SUM and any(self.batched[i] for i in operands))
        self.known[key] = i = self.size + len(self.instructions) - 1
        return i

    def constant(self, x: float) -> int:
        key = (NUMBER, struct.pack("<d", x))
        found = self.known.get(key)
        return self.append(key, Instruction(NUMBER, (), x)) if found is None else found

    def value_of(self, i: int) -> float | None:
        """The number that a value is known to be."""
        return self.instructions[i - self.size].constant if i >= self.size else None

    def source_of(self, i: int) -> Instruction | None:
        """The instruction that a value comes from."""
        return self.instructions[i - self.size] if i >= self.size else None

    def emit(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of row(operands): an older value, a constant, or a new instruction."""
        if row is cond:
            row = where
        if row is BATCH_SUM and not self.batched[operands[0]]:
            row, operands = mul, (operands[0], self.emit(BATCH_SIZE, ()))
        if ROWS.get(row.name) is not row:
            return self.expand(row, operands)  # what a rule of the user's own computes, however it differentiates
        if row is not BATCH_SIZE:
            numbers = [self.value_of(i) for i in operands]
            if None not in numbers:
                return self.constant(row.ieee_value(*numbers))  # type: ignore[arg-type]
            simpler = rewritten(row, operands, numbers, self.source_of)
            if isinstance(simpler, int):
                return simpler
            if simpler is not None:
                row, new = simpler
                return self.emit(row, tuple([x if isinstance(x, int) else self.constant(x) for x in new]))
        key = (row, tuple(sorted(operands)) if row is add or row is mul else operands)
        found = self.known.get(key)
        return self.append(key, Instruction(row, operands)) if found is None else found

    def expand(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of row(operands), computed by what the row means in simpler rows."""
        places: dict[Node, int] = {}
        arguments: list[Any] = []
        for i in operands:
            x: Any = self.value_of(i)
            if x is None:
                x = traced(0)
                places[x] = i
            arguments.append(x)
        out = lowered(row, arguments)
        for node in between([out], places):
            for x in operands_of(node):
                if x._row is LEAF and x not in places:
                    raise TypeError(
                        f"{row.name} has a derivative of its own, but uses {x!r}, which is not among its operands; "
                        f"make it an operand"
                    )
        return self.graph([out], places)[0]

    def graph(self, roots: Sequence[Any], places: dict[Node, int]) -> list[int]:
        """The numbers of the roots of a graph, which are nodes or floats; `places` holds the nodes known before."""
        for node in between(roots, places):
            places[node] = self.emit(node._row, tuple([self.place(x, places) for x in operands_of(node)]))
        return [self.place(x, places) if isinstance(x, Node) else self.constant(float(x)) for x in roots]

    def place(self, x: Node, places: dict[Node, int]) -> int:
        """The number of a node; a leaf that is no input is the number that it holds."""
        found = places.get(x)
        if found is None:
            found = self.emit(BATCH_SIZE, ()) if x._row is BATCH_SIZE else self.constant(x._data)
            places[x] = found
        return found

    def finished(self, results: Sequence[Result]) -> Parts:
        """Arguments, instructions and results without what no result needs."""
        needed = [False] * len(self.batched)
        for result in results:
            for i in result.values:
                needed[i] = True
        for i in range(len(needed) - 1, self.size - 1, -1):
            if needed[i]:
                for j in self.instructions[i - self.size].operands:
                    needed[j] = True
        place = list(range(len(needed)))
        kept: list[Instruction] = []
        for i, (row, operands, constant) in enumerate(self.instructions, self.size):
            if needed[i]:
                place[i] = self.size + len(kept)
                kept.append(Instruction(row, tuple([place[j] for j in operands]), constant))
        return self.arguments, kept, [Result(tuple([place[i] for i in r.values]), r.batched) for r in results]


def lowered(row: Primitive, arguments: list[Any]) -> Any:
    """What the row means in simpler rows, as a graph whatever no_grad says: these are instructions, not gradients."""
    assert row.lowering is not None
    with recording():
        return row.lowering(arguments) if row.arity is None else row.lowering(*arguments)


def between(roots: Sequence[Any], places: dict[Node, int]) -> list[Node]:
    """The nodes without a place that have to be computed for the roots, as they were written: operands first."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [x for x in roots if isinstance(x, Node)]
    while stack:
        node = stack.pop()
        if node not in seen and node not in places:
            seen.add(node)
            operands = operands_of(node)
            if operands:
                order.append(node)
                stack.extend(operands)
    order.sort(key=time_of)
    return order


def flatten_values(outputs: Sequence[Any], inputs: Sequence[Any]) -> Parts:
    """The parts of a program that computes eagerly recorded `outputs` from `inputs`."""
    for xs in (outputs, inputs):
        if not isinstance(xs, (list, tuple)):
            raise TypeError(f"a program is made from lists of Values, but got {xs!r}; write [x] for one")
    for x in (*outputs, *inputs):
        if not isinstance(x, Value):
            raise TypeError(f"a program is made from Values, but got {x!r}; pass lists of Values")
    flattener = Flattener([Argument(x.label or f"x{i}", 1, False) for i, x in enumerate(inputs)])
    places: dict[Node, int] = {x: i for i, x in enumerate(inputs)}
    for node in between(outputs, places):
        refuse_frozen(node)
    values = flattener.graph(outputs, places)
    return flattener.finished([Result((i,), False) for i in values])


def refuse_frozen(node: Node) -> None:
    operands = operands_of(node)
    if node._row is cond:
        raise ValueError(
            "a program cannot be made from this graph: a where whose branches are functions computed only one of them; "
            "pass values as branches, or compile the function"
        )
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


def lower(arguments: Sequence[Argument], instructions: Sequence[Instruction], results: Sequence[Result]) -> Parts:
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
