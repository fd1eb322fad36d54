"""From graphs to instructions: numbering, constant folding, common subexpressions, simplification, dead code.

A constant is folded with the very function that the back ends compute with, and `simplification` holds only what is
true of every float.  So nothing here changes a bit of any result, with one exception: a sum over the samples of what
all of them share is computed as the number of samples times it.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, final

from mypy_extensions import i64

from autograd_lite.core.abstract.tracers import check_only_operands
from autograd_lite.core.columns.entering import is_known
from autograd_lite.core.contexts.modes import enable_grad, ieee_arithmetic
from autograd_lite.core.fast.clock import time_now
from autograd_lite.core.graph import ASSIGNED, BATCH_SIZE, BATCH_SUM, DETACHED, NUMBER, STOPPED, Node, operands_of
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import cond, mul, neg, stop_gradient
from autograd_lite.core.value import Value, traced
from autograd_lite.core.value import constant as constant_value
from autograd_lite.program.gathers import Column
from autograd_lite.program.instructions import Argument, Instruction, Parts, Result, batched_values, instruction
from autograd_lite.program.payloads import (
    Environment,
    Item,
    Kernel,
    Loop,
    Numbers,
    Payload,
    Stack,
    While,
    Whole,
    row_of,
)
from autograd_lite.program.reaching import between, in_order
from autograd_lite.program.simplification import ANYTHING, CONSTANT, NEGATION, rewritten, wanted
from autograd_lite.transforms.rule_calls import RuleCall
from autograd_lite.transforms.unrounded import is_unrounded

Lowers = Callable[[Primitive], bool]
"""Which rows are replaced by their lowering."""


def nothing(row: Primitive) -> bool:
    return False


def has_lowering(row: Primitive) -> bool:
    return row.lowering is not None


Key = tuple[Any, ...]
"""What makes two instructions the same: the payload and the operands, or the bytes of a constant."""

STOPPING: Final[list[Any]] = []  # the step of a loop that stops an array: `program.program`, which is above, makes it

NO_INSTRUCTION = Instruction(NUMBER, ())


@final
class Use:
    """A row in one program: how its instructions are made, and those that there are, by their operands."""

    def __init__(self, row: Primitive, lowers: bool) -> None:
        self.known: dict[object, int] = {}  # common subexpressions
        # a row that is not in the table is written by its lowering, however it differentiates
        self.is_lowered: Final = lowers or (not is_known(row) and not row.called_back)
        self.folds: Final = row is not BATCH_SIZE and (is_known(row) or row.called_back)
        self.wants: i64 = wanted(row)  # the marks of operands for which it may be rewritten
        self.commutes: Final = row.commutes
        self.arity: i64 = -1 if row.arity is None else row.arity


class Flattener:
    """Builds the instructions of one program; rows that it `lowers` are replaced.

    Where rules are not rounded (`transforms.unrounded`) no constant is computed, which would round.
    """

    def __init__(self, arguments: Sequence[Argument], lowers: Lowers = nothing) -> None:
        self.lowers = lowers
        self.folds = not is_unrounded()
        self.arguments = list(arguments)
        self.batched: bytearray = batched_values(arguments, ())
        self.size = len(self.batched)
        self.instructions: list[Instruction] = []
        self.marks = bytearray(self.size)  # of each value: whether it is a constant, and the result of neg
        self.uses: dict[Primitive, Use] = {}
        self.known: dict[Key, int] = {}  # constants, and what has a payload
        self.pieces: dict[int, int] = {}  # the argument that a piece of the call is
        self.views = False  # whether an array of numbers of an argument is a part of the argument

    def append(self, row: Primitive, operands: tuple[int, ...], constant: float | None = None) -> int:
        self.instructions.append(instruction(row, operands, constant))
        batched, flags = False, self.batched
        if row is not BATCH_SUM:
            for i in operands:
                batched = batched or flags[i] != 0
            if isinstance(row.payload, Whole):
                batched = self.arguments[row.payload.argument].batched
        flags.append(batched)
        self.marks.append(CONSTANT if constant is not None else NEGATION if row is neg else 0)
        return self.size + len(self.instructions) - 1

    def constant(self, x: float) -> int:
        key: Key = (NUMBER, struct.pack("<d", x))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self.append(NUMBER, (), x)
        return found

    def value_of(self, i: int) -> float | None:
        """The float that a value is, if it is a constant."""
        return self.instructions[i - self.size].constant if self.marks[i] == CONSTANT else None

    def source_of(self, i: int) -> Instruction | None:
        """The instruction that computes a value; None for an input."""
        return self.instructions[i - self.size] if i >= self.size else None

    def emit(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of the value row(operands): of an older one, a constant, or a new instruction."""
        if row.payload is not None:
            return row.payload.emit(self, operands)  # type: ignore[no-any-return]
        if row is BATCH_SUM and not self.batched[operands[0]]:
            row, operands = mul, (operands[0], self.emit(BATCH_SIZE, ()))
        use = self.uses.get(row)
        if use is None:
            use = self.uses[row] = Use(row, self.lowers(row))
        if use.folds:
            some: i64 = ANYTHING
            every: i64 = CONSTANT
            for i in operands:
                mark: i64 = self.marks[i]
                some |= mark
                every &= mark
            if every and self.folds:
                return self.constant(row.ieee_value(*[self.value_of(i) for i in operands]))  # type: ignore[arg-type]
            if some & use.wants:
                simpler = rewritten(row, operands, [self.value_of(i) for i in operands], self.source_of)
                if isinstance(simpler, int):
                    return simpler
                if simpler is not None:
                    row, new = simpler
                    return self.emit(row, tuple([x if isinstance(x, int) else self.constant(x) for x in new]))
        if use.is_lowered:
            return self.expand(row, operands)
        key: object = operands
        if use.arity == 1:
            key = operands[0]
        elif use.arity == 2:
            a, b = operands[0], operands[1]
            key = b << 32 | a if use.commutes and a > b else a << 32 | b
        found = use.known.get(key)
        if found is None:
            found = use.known[key] = self.append(row, operands)
        return found

    def applied(self, row: Primitive, operands: Sequence[int | float]) -> int:
        """The number of the value of a row on numbers of values, and on floats that are constants."""
        return self.emit(row, tuple([x if isinstance(x, int) else self.constant(x) for x in operands]))

    def payload(self, payload: Payload, operands: tuple[int, ...]) -> int:
        """The number of an array, of one of its numbers, or of the results of a loop."""
        if isinstance(payload, Item):
            return self.item(row_of(payload), operands[0])
        if isinstance(payload, Stack):
            whole = self.neighbours(operands)
            if whole is not None and whole[1] == 0 and self.array_size(whole[0]) == len(operands):
                return whole[0]
        if isinstance(payload, Kernel):
            payload, operands = self.without_copies(payload, operands)
        key = (type(payload), payload, operands)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self.append(row_of(payload), operands)
        return found

    def item(self, row: Primitive, array: int) -> int:
        """The number of a number of an array, by the row of it."""
        key = (Item, row.payload.offset, array)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = self.append(row, (array,))
        return found

    def stack(self, operands: tuple[int, ...]) -> int:
        """The array of these numbers; where they are in a row in an argument or in an array, it is a part of that."""
        first, start = operands[0], 0
        if self.views and first < self.size and operands == tuple(range(first, first + len(operands))):
            for k, argument in enumerate(self.arguments):
                if first < start + argument.size:
                    if argument.batched or first + len(operands) > start + argument.size:
                        break
                    return self.payload(Whole(k, len(operands), first - start), ())
                start += argument.size
        return self.payload(Stack(len(operands)), operands)

    def neighbours(self, numbers: tuple[int, ...]) -> tuple[int, int] | None:
        """The array whose numbers these values are, one after the other, and the offset of the first; None: of none."""
        array, first = -1, 0
        for k, i in enumerate(numbers):
            row, operands, _ = self.instructions[i - self.size] if i >= self.size else NO_INSTRUCTION
            if not isinstance(row.payload, Item):
                return None
            if k == 0:
                array, first = operands[0], row.payload.offset
            elif operands[0] != array or row.payload.offset != first + k:
                return None
        return (array, first) if numbers else None

    def without_copies(self, kernel: Kernel, operands: tuple[int, ...]) -> tuple[Kernel, tuple[int, ...]]:
        """A kernel that reads parts of arrays where they are."""
        arrays, offsets = list(operands), list(kernel.offsets)
        for k, i in enumerate(operands):
            source = self.source_of(i)
            found = self.neighbours(source.operands) if source and isinstance(source.row.payload, Stack) else None
            if found is not None:
                arrays[k], offsets[k] = found[0], found[1] + kernel.offsets[k]
        return kernel._replace(offsets=tuple(offsets)), tuple(arrays)

    def array_size(self, i: int) -> int:
        return self.instructions[i - self.size].row.payload.size  # type: ignore[no-any-return]

    def expand(self, row: Primitive, operands: tuple[int, ...]) -> int:
        """The number of the value row(operands), computed by the lowering of the row."""
        numbers: dict[Node, int] = {}
        arguments: list[Any] = []
        for i in operands:
            x: Any = self.value_of(i) if self.folds else None
            if x is None:
                x = traced(0)
                numbers[x] = i
            arguments.append(x)
        start = time_now()
        out = lowered(row, arguments)
        check_only_operands(row.name, [out], arguments, start)
        return self.graph([out], numbers)[0]

    def graph(self, roots: Sequence[Any], numbers: dict[Node, int], nodes: set[Node] | None = None) -> list[int]:
        """The numbers of the roots of a graph, which are nodes or floats; `numbers` holds those of known nodes.

        `nodes` are all of the graph, where the caller has them.
        """
        stops: set[Node] = set()
        for node in between(roots, numbers) if nodes is None else in_order(nodes, numbers):
            left, right = node._left, node._right
            operands: tuple[int, ...]
            if left is None:
                operands = tuple([self.number_of(x, numbers) for x in operands_of(node)])
            elif right is None:
                operands = (self.number_of(left, numbers),)
            else:
                operands = (self.number_of(left, numbers), self.number_of(right, numbers))
            if node._flags & STOPPED:
                stops.add(node)
            elif stops:
                pairs = zip(operands_of(node), operands, strict=True)
                operands = tuple([self.stopped(i) if x in stops else i for x, i in pairs])
            numbers[node] = self.emit(node._row, operands)
        found = [self.number_of(x, numbers) if isinstance(x, Node) else self.constant(float(x)) for x in roots]
        return [self.stopped(i) if x in stops else i for x, i in zip(roots, found, strict=True)] if stops else found

    def stopped(self, i: int) -> int:
        """The number of a value, or of an array, through which derivatives of the program do not pass."""
        size = array_size(self, i)
        if not size:
            return self.emit(stop_gradient, (i,))
        loop = Loop(STOPPING[0], size, False, 0, 1, (Column(0, 0, 1),), (), 1, 0)
        return self.payload(loop, (i,))

    def number_of(self, x: Node, numbers: dict[Node, int]) -> int:
        """The number of a node; a leaf that is no input is a constant."""
        found = numbers.get(x)
        if found is None:
            if x._row is BATCH_SIZE or x._row.payload is not None:
                found = self.emit(x._row, ())
            else:
                found = self.constant(x._data)
            numbers[x] = found
        return found

    def finished(self, results: Sequence[Result]) -> Parts:
        """Arguments, instructions and results without dead code."""
        size = self.size
        needed = [False] * len(self.instructions)
        for result in results:
            for i in result.values:
                if i >= size:
                    needed[i - size] = True
        for k in range(len(needed) - 1, -1, -1):
            if needed[k]:
                for j in self.instructions[k].operands:
                    if j >= size:
                        needed[j - size] = True
        first = needed.index(False) if False in needed else len(needed)
        later = list(range(size, size + len(needed)))  # the new numbers
        kept = self.instructions[:first]
        for k in range(first, len(needed)):
            if needed[k]:
                row, operands, constant = self.instructions[k]
                later[k] = size + len(kept)
                new = [j if j < size else later[j - size] for j in operands]
                kept.append(instruction(row, tuple(new), constant))
        values = [tuple([i if i < size else later[i - size] for i in r.values]) for r in results]
        return self.arguments, kept, [Result(v, r.batched) for v, r in zip(values, results, strict=True)]


def lowered(row: Primitive, arguments: list[Any]) -> Any:
    """The lowering of the row as a graph, also under no_grad: it becomes instructions, not gradients."""
    if row.lowering is None:
        raise ValueError(
            f"a program cannot hold {row.name}, which is not in the table and has no lowering; enter it with primitive"
        )
    return enable_grad().run(ieee_arithmetic().run, lowered_on_nodes, row.lowering, row.arity, arguments)


def lowered_on_nodes(lowering: Callable[..., Any], arity: int | None, arguments: list[Any]) -> Any:
    try:
        return applied_lowering(lowering, arity, arguments)
    except ArithmeticError:  # of plain numbers, as 1 / 0: as nodes they give inf
        nodes = [constant_value(x) if isinstance(x, float) else x for x in arguments]
        return applied_lowering(lowering, arity, nodes)


def applied_lowering(lowering: Callable[..., Any], arity: int | None, arguments: list[Any]) -> Any:
    return lowering(arguments) if arity is None else lowering(*arguments)


def flatten_values(outputs: Sequence[Any], inputs: Sequence[Any]) -> Parts:
    """The parts of a program that computes eagerly recorded `outputs` from `inputs`."""
    for xs in (outputs, inputs):
        if not isinstance(xs, (list, tuple)):
            raise TypeError(f"a program is made from lists of Values, but got {xs!r}; write [x] for one")
    for x in (*outputs, *inputs):
        if not isinstance(x, Value):
            raise TypeError(f"a program is made from Values, but got {x!r}; pass lists of Values")
    flattener = Flattener([Argument(x.label or f"x{i}", 1, False) for i, x in enumerate(inputs)])
    numbers: dict[Node, int] = {x: i for i, x in enumerate(inputs)}
    for node in between(outputs, numbers):
        refuse_frozen(node)
    values = flattener.graph(outputs, numbers)
    return flattener.finished([Result((i,), False) for i in values])


def refuse_frozen(node: Node) -> None:
    operands = operands_of(node)
    if isinstance(node._row.payload, RuleCall):
        raise ValueError(
            f"a program cannot be made from this graph: {node._row.name} has rules of its own, and only its numbers "
            f"were recorded; compile the function that calls it"
        )
    if node._row is cond and any(x._row is NUMBER and x._data != x._data for x in operands[1:]):
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


Unrolls = Callable[[Any, list[bool]], bool]
"""Whether a loop, or what it needs, is to be written out; gets the payload, and which operands are batched."""


def lower(
    arguments: Sequence[Argument],
    instructions: Sequence[Instruction],
    results: Sequence[Result],
    unrolls: Unrolls = lambda loop, batched: False,
    lowers: Lowers = has_lowering,
) -> Parts:
    """The same computation, with rows replaced by their lowering, all that have one.

    Loops stay, except those that `unrolls` asks for.
    """
    flattener = Flattener(arguments, lowers=lowers)
    given: list[Sequence[int]] = []
    start = 0
    for argument in arguments:
        given.append(range(start, start + argument.size))
        start += argument.size
    numbers = replayed(flattener, given, instructions, unrolls, [result.values for result in results])
    return flattener.finished([Result(tuple(v), r.batched) for v, r in zip(numbers, results, strict=True)])


def replayed(
    flattener: Flattener,
    arguments: Sequence[Sequence[int]],
    instructions: Sequence[Instruction],
    unrolls: Unrolls,
    results: Sequence[Sequence[int]],
    inside: bool = False,
) -> list[list[Any]]:
    """The results of a program whose arguments these are: numbers of instructions, lists of them for arrays.

    `inside`: it is the body of a loop that is written out, so that its arguments are not those of the flattener.
    """
    given = one_after_the_other(arguments)
    size = len(given)
    number: list[Any] = []
    for row, operands, constant in instructions:
        if constant is not None:
            number.append(flattener.constant(constant))
            continue
        own = [given[i] if i < size else number[i - size] for i in operands]
        if row.payload is None:
            number.append(flattener.emit(row, tuple(own)))
        elif isinstance(row.payload, Item) and type(own[0]) is int:
            number.append(flattener.item(row, own[0]))
        else:
            number.append(of_payload(flattener, row.payload, own, arguments, unrolls, inside))
    return [[given[i] if i < size else number[i - size] for i in values] for values in results]


def one_after_the_other(parts: Sequence[Sequence[int]]) -> Sequence[int]:
    """The numbers of all parts; data of a million numbers is in ranges, of which no list is made."""
    end = 0
    for part in parts:
        if not isinstance(part, range) or part.start != end:
            return [i for part in parts for i in part]
        end += len(part)
    return range(end)


def of_payload(
    flattener: Flattener,
    payload: Any,
    operands: list[Any],
    arguments: Sequence[Sequence[int]],
    unrolls: Unrolls,
    inside: bool,
) -> Any:
    """An instruction with a payload again, or what it consists of."""

    def step(body: Any) -> Any:
        def once(*parts: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
            carry, x, shared, whole = parts
            results = [result.values for result in body.results]
            return tuple(replayed(flattener, [carry, x, shared, *whole], body.instructions, unrolls, results, True))  # type: ignore[return-value]

        return once

    if isinstance(payload, Whole) and not is_argument(flattener, payload.argument, arguments):
        return list(arguments[payload.argument][payload.first : payload.first + payload.size])
    if isinstance(payload, (Kernel, While)):  # which are not written out
        arrays = [flattener.payload(Stack(len(x)), tuple(x)) if isinstance(x, list) else x for x in operands]
        if isinstance(payload, While):
            payload = payload._replace(body=payload.body.lowered(flattener.lowers))
        return flattener.payload(payload, tuple(arrays))
    if inside and isinstance(payload, Whole):
        found = arguments[payload.argument][payload.first : payload.first + payload.size]
        array = flattener.neighbours(tuple(found))
        return array[0] if array and array[1] == 0 and array_size(flattener, array[0]) == len(found) else list(found)
    written_out = any(isinstance(x, list) for x in operands)  # an array that is one, number by number
    if written_out or unrolls(payload, [flattener.batched[i] for i in operands]):
        ids = [array_elements(flattener, x, size) if (size := array_size(flattener, x)) else x for x in operands]
        values = payload.evaluate(ids, Environment(arguments, step, flattener.applied))
        if isinstance(payload, Numbers):
            return [flattener.constant(x) for x in values]
        return list(values) if isinstance(values, range) else values
    if isinstance(payload, Loop):
        payload = payload._replace(body=payload.body.lowered(flattener.lowers))
    return flattener.payload(payload, tuple(operands))


def is_argument(flattener: Flattener, k: int, arguments: Sequence[Sequence[int]]) -> bool:
    """Whether an argument of the program that is replayed is one of the flattener, too."""
    given, start = arguments[k], sum([x.size for x in flattener.arguments[:k]])
    return isinstance(given, range) or (k < len(flattener.arguments) and given[:1] == [start])


def array_size(flattener: Flattener, x: Any) -> int:
    return 0 if isinstance(x, list) or x < flattener.size else getattr(flattener.source_of(x).row.payload, "size", 0)  # type: ignore[union-attr]


def array_elements(flattener: Flattener, x: int, size: int) -> list[int]:
    """The numbers of an array that is a value of its own."""
    return [flattener.payload(Item(i), (x,)) for i in range(size)]
