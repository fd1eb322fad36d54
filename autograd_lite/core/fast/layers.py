"""Many Values at once: what a training step does to whole layers and to all parameters.

Above `value`.  Each function does what a loop over Values and rows does, to the bit, but natively and without a list of
partials for every neuron: the dots of a layer share their inputs, and a neuron's dots of all samples share its weights.
"""

import math
import struct
from functools import cache
from typing import Any, Final, cast

from mypy_extensions import i64

from autograd_lite.core.abstract.tracers import is_tracing
from autograd_lite.core.fast.clock import note_assigned
from autograd_lite.core.fast.pool import new_node, number_node
from autograd_lite.core.fast.vectors import Pair, Vector, multiply, of_nodes, of_numbers
from autograd_lite.core.graph import CONSTANT, INHERITED, STATE, TRACED, Node
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.recording import binary, detached, observe, record, records_nothing
from autograd_lite.core.table import dot, float_values, relu, sigmoid, tanh
from autograd_lite.core.value import Value

DOT: Final = dot
RELU: Final = relu
SIGMOID: Final = sigmoid
TANH: Final = tanh


HeldDict = tuple[dict[str, object], list[str], list[str], list[object]]
HeldList = tuple[list[object], list[object]]


def vector(operands: list[Any]) -> Vector:
    """One side of dots, of Values and floats; floats alone are kept as they are."""
    for x in operands:
        if not isinstance(x, float):
            return of_nodes(as_values(operands))
    return of_numbers(operands)


def weight_rows(weights: list[Any], biases: list[Any], old: list[Vector]) -> list[Vector]:
    """A vector of the weights and the bias of each unit, to be multiplied with inputs that end with 1.

    The `old` vectors serve again where the units still have the same Values with the same data.  A number in the
    place of a Value is a weight that is held fixed.
    """
    kept = len(old) == len(weights)
    rows: list[Vector] = []
    for i in range(len(weights)):
        given = weights[i]
        w: list[object] = given if isinstance(given, list) else list(given)
        b: object = biases[i]
        if kept and is_same_row(old[i], w, b):
            rows.append(old[i])
        else:
            rows.append(vector([*w, b]))
    return rows


def is_same_row(row: Vector, w: list[object], b: object) -> bool:
    nodes = row.nodes
    n: i64 = len(w)
    if row.assigned != STATE.assigned or len(nodes) != n + 1 or nodes[n] is not b:
        return False
    i: i64 = 0
    while i < n:
        if nodes[i] is not w[i]:
            return False
        i += 1
    return True


def dots(rows: list[Vector], inputs: Vector) -> list[Value]:
    """dot(weights, inputs) for each row of weights.

    >>> rows = [vector([Value(2.0), Value(3.0)]), vector([Value(4.0), Value(5.0)])]
    >>> [out.data for out in dots(rows, vector([1.0, 10.0]))]
    [32.0, 54.0]
    """
    flags = inputs.flags
    for row in rows:
        flags |= row.flags
    if flags & TRACED or is_tracing():
        return [cast(Value, record(DOT, tuple(row.all_nodes() + inputs.all_nodes()))) for row in rows]
    unrecorded = bool(STATE.paused) and records_nothing()
    results: list[Node] = [
        detached(0.0, row.common & inputs.common) if unrecorded else dot_of(row, inputs) for row in rows
    ]
    multiply(rows, inputs, results)
    if STATE.paused and not unrecorded:
        for result in results:
            observe(result)
    return cast(list[Value], results)


def dot_of(weights: Vector, inputs: Vector) -> Node:
    """The node of a dot, its data still to come."""
    result = new_node()
    result._row = DOT
    result._flags |= ((weights.flags | inputs.flags) & INHERITED) | (weights.common & inputs.common)
    result._extra = Pair(weights, inputs)
    return result


def each(row: Primitive, operands: list[Value]) -> list[Value]:
    """row(x) for each operand x; the three most frequent activations restate their partials."""
    return cast(list[Value], [activated_node(row, x) for x in operands])


def activated_node(row: Primitive, x: Node) -> Node:
    v = x._data
    if x._flags & TRACED:
        return record(row, (x,))
    if row is RELU:
        return binary(row, float_values.relu(v), x, None, 1.0 if v > 0.0 else 0.0, 0.0)
    if row is SIGMOID:
        out = float_values.sigmoid(v)
        return binary(row, out, x, None, float_values.sigmoid_slope(v), 0.0)
    if row is TANH:
        return binary(row, math.tanh(v), x, None, 4.0 * float_values.sigmoid_slope(2.0 * v), 0.0)
    return record(row, (x,))


def as_values(numbers: list[Any]) -> list[Node]:
    """The Values among them as they are, each number as a constant.  Raises TypeError on anything else."""
    return [
        x if isinstance(x, Value) else number_node(x if isinstance(x, float) else DOT.as_number(x), CONSTANT)
        for x in numbers
    ]


def data_of_values(values: list[Value]) -> list[float]:
    """The numbers of Values; raises as `.data` does where one has none yet."""
    if STATE.tracing:
        return [x.data for x in values]
    return [x._data for x in values]


@cache
def packing(count: int) -> Any:
    """What writes so many floats into bytes."""
    return struct.Struct(f"{count}d").pack


def follow(values: list[Value], numbers: list[float]) -> None:
    """Put the numbers of Values that have changed in the place of older ones: most have not, and need no object."""
    for i in range(len(values)):
        x = values[i]._data
        if numbers[i] != x or x == 0.0:  # -0.0 too
            numbers[i] = x


class ValueNumbers:
    """The numbers of Values in one array, which is made again only after an assignment to any Value."""

    def __init__(self, values: list[Value]) -> None:
        self.values = values
        self.assigned: i64 = -1
        self.numbers: list[float] = []  # those of the array
        self.kept: Any = None

    def floats(self) -> list[float]:
        return data_of_values(self.values)

    def array(self) -> Any:
        """A read-only array of NumPy."""
        assigned = STATE.assigned
        if self.assigned != assigned:
            import numpy

            if STATE.tracing or not self.numbers:
                self.numbers = data_of_values(self.values)
            else:
                follow(self.values, self.numbers)
            self.kept = numpy.frombuffer(packing(len(self.numbers))(*self.numbers))  # 4 times as fast as numpy.array
            self.assigned = assigned
        return self.kept


def holds_same(dicts: list[HeldDict], lists: list[HeldList]) -> bool:
    """Whether dicts still have the same keys, and they and lists hold the very same objects, as was noted.

    Of a dict all keys are noted, and those whose objects matter.
    """
    for held, keys, names, objects in dicts:
        if list(held) != keys:
            return False
        i: i64 = 0
        while i < len(names):
            if held[names[i]] is not objects[i]:
                return False
            i += 1
    for items, objects in lists:
        if len(items) != len(objects):
            return False
        for x, y in zip(items, objects):  # noqa: B905  (native code has no fast zip with strict)
            if x is not y:
                return False
    return True


def all_finite(numbers: list[float]) -> bool:
    """Whether none of the numbers is nan or infinite.

    >>> all_finite([1e308, 1e308]), all_finite([0.0, math.inf])
    (True, False)
    """
    nothing = 0.0
    for x in numbers:
        nothing += 0.0 * x  # nan for those, and for ever
    return nothing == 0.0


def descend(values: list[Value], gradient: list[float], rate: float) -> None:
    """`value.data -= rate * g` for each pair."""
    check_pairs(values, gradient)
    STATE.assigned += 1
    for i in range(len(values)):
        x = values[i]
        note_assigned(x)
        x._data -= rate * gradient[i]


def are_floats(numbers: list[object]) -> bool:
    """Whether all are of Python's own type, which needs no conversion."""
    return all(type(x) is float for x in numbers)


def remember(values: list[Value]) -> None:
    """Keep the data of leaves, for `restore_data`."""
    for x in values:
        x._dleft = x._data  # a partial, which a leaf has no use for


def restore_data(values: list[Value]) -> None:
    """Assign the data that was kept last."""
    STATE.assigned += 1
    for x in values:
        note_assigned(x)
        x._data = x._dleft


def check_pairs(values: list[Value], numbers: list[float]) -> None:
    if len(values) != len(numbers):
        raise ValueError(
            f"each Value takes one number, but there are {len(values)} and {len(numbers)}; pass as many of both"
        )


def assign(values: list[Value], numbers: list[float]) -> None:
    """`value.data = number` for each pair."""
    check_pairs(values, numbers)
    STATE.assigned += 1
    for i in range(len(values)):
        x = values[i]
        note_assigned(x)
        x._data = numbers[i]
