"""`Value`: a number that remembers how it was made.

The top of the core: a `Node` with Python's operators, a printed form, and `backward()`.  Only here are nodes
made.  The four operators restate their partials for speed; a test proves that they agree with the table.
"""

import math
from typing import Any, Final, cast, final

from mypy_extensions import i64, mypyc_attr

from autograd_lite.core import table
from autograd_lite.core.attributes import label_text
from autograd_lite.core.concretization import RUNNING
from autograd_lite.core.copying import clone, deep_copy, reduced
from autograd_lite.core.fast.pool import SPARES
from autograd_lite.core.grad_mode import paused_here, watched, watched_pass
from autograd_lite.core.graph import (
    BATCH_SIZE,
    BATCH_SUM,
    BATCHED,
    CHOSEN,
    CONSTANT,
    DETACHED,
    INHERITED,
    LEAF,
    NUMBER,
    PASS,
    REACHED,
    STATE,
    TICK,
    TRACED,
    Extra,
    Node,
    check_differentiable,
    operands_of,
)
from autograd_lite.core.operators import Operators
from autograd_lite.core.primitives import Primitive, number
from autograd_lite.core.reverse import sweep

BLANK: Final = object()
COND: Final = table.cond
ADD: Final = table.add
SUB: Final = table.sub
MUL: Final = table.mul
DIV: Final = table.div
NEG: Final = table.neg
DOT: Final = table.dot


@final
@mypyc_attr(acyclic=True, free_list_len=1)
class Value(Operators):
    """A scalar that records the operation and the operands that made it.

    >>> x, y = Value(3.0, label="x"), Value(-2.0, label="y")
    >>> z = x * y + x
    >>> z.backward()
    >>> z.data, x.grad, y.grad
    (-3.0, -1.0, 3.0)

    Raises TypeError where `data` is no real number (an array, a string, a complex) or `label` no text.
    """

    __slots__ = ()

    def __init__(self, data: object, label: object = "") -> None:
        super().__init__()
        STATE.clock += TICK
        self._flags = STATE.clock
        if data is BLANK:
            return
        x = number(data)
        if x is None:
            do = "for an array or a list, make a Value of each element"
            if isinstance(data, Value):
                do = "it is one already: use it, or its .data"
            raise TypeError(f"a Value holds one real number, but got {data!r} of type {type(data).__name__}; {do}")
        self._data = x
        if label != "":
            self.label = label_text(label)

    @classmethod
    def __init_subclass__(cls) -> None:
        # Compiled classes find it out at the first instance, and say it in words of their own.
        raise TypeError(
            f"{cls.__name__} cannot inherit from Value: its results would be plain Values; keep a Value in an attribute"
        )

    # -- gradients

    def detach(self) -> "Value":
        """The same number out of the graph: a constant wherever it is used."""
        if self._flags & TRACED or computes_later():
            return node(table.identity, self._data, self, None, 0.0, 0.0, (self._flags & INHERITED) | CONSTANT)
        return detached(self._data)

    def backward(self, gradient: object = 1.0) -> None:
        """Add d(self)/d(leaf) x `gradient` to the `.grad` of every leaf that self depends on.

        Interior Values get the adjoint of this pass.  A second call doubles what the leaves hold.  An
        exception or an interrupt before the end changes no leaf.

        Raises RuntimeError on a result of `detach` or `no_grad`, TypeError where `gradient` is no number.
        """
        seed = number(gradient)
        if seed is None:
            raise TypeError(
                f"backward takes a number, but got {gradient!r} of type {type(gradient).__name__}; "
                f"pass the gradient of what follows, 1.0 for none"
            )
        check_differentiable(self, "backward")
        if STATE.paused:
            watched_pass(self, seed)
        with PASS:
            add_adjoints(sweep([self], [seed], store=True))

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> "Value":
        """Apply a row of the table, at least one of whose operands is a Value."""
        return record(row, operands)

    # -- operators: both directions of each, the table's other rows through `record`

    def __add__(self, other: object) -> Any:
        if isinstance(other, Value):
            return binary(ADD, self._data + other._data, self, other, 1.0, 1.0)
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(ADD, self._data + x, self, constant(x), 1.0, 0.0)

    def __radd__(self, other: object) -> Any:
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(ADD, x + self._data, constant(x), self, 0.0, 1.0)

    def __sub__(self, other: object) -> Any:
        if isinstance(other, Value):
            return binary(SUB, self._data - other._data, self, other, 1.0, -1.0)
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(SUB, self._data - x, self, constant(x), 1.0, 0.0)

    def __rsub__(self, other: object) -> Any:
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(SUB, x - self._data, constant(x), self, 0.0, -1.0)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Value):
            return binary(MUL, self._data * other._data, self, other, other._data, self._data)
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(MUL, self._data * x, self, constant(x), x, 0.0)

    def __rmul__(self, other: object) -> Any:
        x = number(other)
        if x is None:
            return NotImplemented
        return binary(MUL, x * self._data, constant(x), self, 0.0, x)

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, Value):
            x = other._data
            if x == 0.0:
                return record(DIV, (self, other))
            out = self._data / x
            return binary(DIV, out, self, other, 1.0 / x, -out / x)
        return self.with_number(DIV, other)

    def __rtruediv__(self, other: object) -> Any:
        return self.reflected(DIV, other)

    def __neg__(self) -> "Value":
        return binary(NEG, -self._data, self, None, -1.0, 0.0)

    # -- copies

    def blank(self) -> "Value":
        """A new Value that is still to be filled, for copies."""
        return Value(BLANK)

    def __copy__(self) -> "Value":
        return clone(self, operands_of(self))  # type: ignore[return-value]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        return deep_copy(self, memo)  # type: ignore[return-value]

    def __reduce__(self) -> tuple[object, ...]:
        return reduced(self)

    def __del__(self) -> None:
        # A deep graph must not be freed by recursion, nor need its memory be fetched again for the next graph:
        # what dies waits in a list, the outermost call takes its operands away and keeps it for reuse.
        if self._flags < 0:
            return  # mypyc's mark of what was never set: the arguments were wrong, so that no __init__ has run
        if self._left is None and self._extra is None:
            SPARES.keep(self)
        elif FREEING.busy:
            DYING.append(self)
        else:
            FREEING.busy = True
            try:
                DYING.append(self)
                free_dying()
            finally:
                FREEING.busy = False


@final
class Freeing:
    """Whether a call of __del__ is at work that frees all that dies meanwhile."""

    def __init__(self) -> None:
        self.busy: bool = False


FREEING: Final = Freeing()
KEPT: Final = 8  # a list that is never empty keeps its memory
DYING: Final[list[Value]] = [Value(0.0) for _ in range(KEPT)]


def free_dying() -> None:
    """Take their operands from those that die, and from those that die of it, and keep them."""
    while len(DYING) > KEPT:
        dying = DYING.pop()
        dying._row = LEAF
        dying._left = None
        dying._right = None
        dying._extra = None
        SPARES.keep(dying)


def add_adjoints(leaves: list[Node]) -> None:
    """Add what arrived at the leaves to their `.grad`: at all of them or, on an exception, at none."""
    undo = zip(leaves, [x._grad for x in leaves], strict=True)  # ready before: memory may be exhausted
    try:
        for x in leaves:
            x._grad += x._adjoint
            x._flags |= REACHED
    except BaseException:
        for x, grad in undo:
            x._grad = grad
        raise


# -- making nodes


def blank() -> Value:
    """A Value to be filled in, a spare one if there is any."""
    if SPARES.count == 0:
        return Value(BLANK)
    STATE.clock += TICK
    result = cast(Value, SPARES.take())
    result._flags = STATE.clock
    result._grad = 0.0
    return result


def node(row: Primitive, data: float, left: Node, right: Node | None, dleft: float, dright: float, flags: i64) -> Value:
    result = blank()
    result._row = row
    result._data = data
    result._left = left
    result._right = right
    result._dleft = dleft
    result._dright = dright
    result._flags |= flags
    return result


def binary(row: Primitive, data: float, left: Node, right: Node | None, dleft: float, dright: float) -> Value:
    """The result of one operand or two, recorded unless no_grad is on."""
    flags: i64 = left._flags
    if right is None:
        flags &= INHERITED | CONSTANT
    else:
        flags = ((flags | right._flags) & INHERITED) | (flags & right._flags & CONSTANT)
    if STATE.paused:
        if paused_here():
            if not computes_later():
                return detached(data)
            flags |= CONSTANT
        result = node(row, data, left, right, dleft, dright, flags)
        watched(result)
        return result
    return node(row, data, left, right, dleft, dright, flags)


def computes_later() -> bool:
    """Whether a program is traced, which computes at each call what is a number out of the graph now."""
    return STATE.tracing > 0 and RUNNING.trace is not None


def many(row: Primitive, data: float, operands: tuple[Node, ...], partials: list[float | None]) -> Value:
    """The result of any number of operands."""
    either: i64 = 0
    both: i64 = CONSTANT
    for x in operands:
        either |= x._flags
        both &= x._flags
    if row is COND:
        either |= CHOSEN
    return filled(row, data, operands, partials, (either & INHERITED) | both)


def filled(row: Primitive, data: float, operands: tuple[Node, ...], partials: list[float | None], flags: i64) -> Value:
    if STATE.paused and paused_here():
        if not computes_later():
            return detached(data)
        flags |= CONSTANT
    result = blank()
    result._row = row
    result._data = data
    result._flags |= flags
    extra = Extra()
    extra.operands = operands
    extra.partials = partials
    result._extra = extra
    if STATE.paused:
        watched(result)
    return result


def constant(x: float) -> Value:
    """A number as an operand: visible in drawings, but nothing flows into it."""
    result = blank()
    result._row = NUMBER
    result._data = x
    result._flags |= CONSTANT
    return result


def detached(x: float) -> Value:
    result = blank()
    result._row = DETACHED
    result._data = x
    result._flags |= CONSTANT
    return result


def traced(flags: i64, row: Primitive = LEAF) -> Value:
    """A Value without a number: an input of a program."""
    result = blank()
    result._row = row
    result._data = math.nan
    result._flags |= flags | TRACED
    return result


def as_node(row: Primitive, x: object) -> Node:
    if isinstance(x, Node):
        return x
    return constant(row.as_number(x))


def record(row: Primitive, operands: tuple[object, ...]) -> Value:
    """Compute a row on Values and numbers, with its partials in all operands that are not constants."""
    if row is BATCH_SUM:
        return record_batch_sum(operands[0])
    if row.plain and len(operands) == 1:
        x = operands[0]
        if isinstance(x, Value) and not x._flags & TRACED:
            out = row.evaluate_one(x._data)
            slope_of_x = 0.0 if x._flags & CONSTANT else row.partial_of_one(out, x._data)
            return binary(row, out, x, None, slope_of_x, 0.0)
    if row is DOT:
        return record_dot(operands)
    nodes: list[Node] = []
    flags: i64 = 0
    for operand in operands:
        x_node = as_node(row, operand)
        flags |= x_node._flags
        nodes.append(x_node)
    if flags & TRACED:
        return record_traced(row, nodes)
    floats = [x._data for x in nodes]
    data = row.evaluate(floats)
    if row.plain and len(nodes) == 2:
        left, right = nodes[0], nodes[1]
        dleft, dright = slope(row, 0, left, data, floats), slope(row, 1, right, data, floats)
        return binary(row, data, left, right, dleft, dright)
    return many(row, data, tuple(nodes), recorded(row, data, floats, nodes))


def record_dot(operands: tuple[object, ...]) -> Value:
    """A sum of products, value and partials in one pass: the row that networks live on."""
    half: i64 = len(operands) // 2
    out = 0.0
    either: i64 = 0
    both: i64 = CONSTANT
    partials: list[float | None] = [None] * len(operands)
    for i in range(half):
        w, x = operands[i], operands[half + i]
        if not isinstance(w, Value) or not isinstance(x, Value):
            return record_dot(tuple([as_node(DOT, operand) for operand in operands]))
        either |= w._flags | x._flags
        both &= w._flags & x._flags
        product = w._data * x._data
        out = out + product if i else product
        if not w._flags & CONSTANT:
            partials[i] = x._data
        if not x._flags & CONSTANT:
            partials[half + i] = w._data
    nodes: Any = operands
    if either & TRACED:
        return record_traced(DOT, list(nodes))
    return filled(DOT, out, nodes, partials, (either & INHERITED) | both)


def slope(row: Primitive, i: int, operand: Node, data: float, floats: list[float]) -> float:
    """The partial in operand `i`, never computed where that is a constant."""
    if operand._flags & CONSTANT:
        return 0.0
    partial = row.partial(i, data, floats)
    return 0.0 if partial is None else partial


def recorded(row: Primitive, data: float, floats: list[float], nodes: list[Node]) -> list[float | None]:
    """The partials of a node of many operands."""
    if not isinstance(row.partials, tuple):
        partials = row.all_partials(data, floats)
        for i in range(len(nodes)):
            if nodes[i]._flags & CONSTANT:
                partials[i] = None
        return partials
    return [None if x._flags & CONSTANT else row.partial(i, data, floats) for i, x in enumerate(nodes)]


def record_traced(row: Primitive, nodes: list[Node]) -> Value:
    """The same without numbers, while a program is traced."""
    partials: list[float | None] = [math.nan] * len(nodes)
    if isinstance(row.partials, tuple):
        partials = [None if p is None else math.nan for p in row.partials]
    for i, x in enumerate(nodes):
        if x._flags & CONSTANT:
            partials[i] = None
    return many(row, math.nan, tuple(nodes), partials)


def record_batch_sum(x: object) -> Value:
    """The sum over the samples that a traced value stands for; so many times what is the same in all of them."""
    if RUNNING.trace is None:
        raise TypeError("batch_sum sums over the samples of a compiled vmap; outside of one, use sum")
    operand = as_node(BATCH_SUM, x)
    if operand._flags & BATCHED:
        result = record_traced(BATCH_SUM, [operand])
    else:
        result = record_traced(MUL, [operand, traced(0, BATCH_SIZE)])
    result._flags &= ~BATCHED
    return result
