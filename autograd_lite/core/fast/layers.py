"""Many Values at once: what a training step does to whole layers and to all parameters.

Above `value`.  Each function does what a loop over Values and rows does, to the bit, but natively and without
a list of partials for every neuron: the dots of a layer share their inputs, and a neuron's dots of all
samples share its weights.
"""

import math
from typing import Any, Final, cast

from mypy_extensions import i64

from autograd_lite.core import numerics, table
from autograd_lite.core.fast.vectors import multiply, of_nodes, of_numbers
from autograd_lite.core.grad_mode import paused_here, watched
from autograd_lite.core.graph import CONSTANT, INHERITED, STATE, TRACED, Extra, Node, Vector, stamp
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.value import Value, binary, blank, computes_later, constant, detached, record

DOT: Final = table.dot
RELU: Final = table.relu
SIGMOID: Final = table.sigmoid
TANH: Final = table.tanh


HeldDict = tuple[dict[str, object], list[str], list[str], list[object]]
HeldList = tuple[list[object], list[object]]


def vector(operands: list[Any]) -> Vector:
    """One side of dots, of Values and floats; floats alone are kept as they are."""
    for x in operands:
        if not isinstance(x, float):
            return of_nodes(as_values(operands))
    return of_numbers(operands)


def rows_of(weights: list[Any], biases: list[Any], old: list[Vector]) -> list[Vector]:
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
        if kept and holds(old[i], w, b):
            rows.append(old[i])
        else:
            rows.append(vector([*w, b]))
    return rows


def holds(row: Vector, w: list[object], b: object) -> bool:
    nodes = row.nodes
    n: i64 = len(w)
    if row.time != STATE.assigned or len(nodes) != n + 1 or nodes[n] is not b:
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
    if flags & TRACED or computes_later():
        some = blank()
        return [record(DOT, tuple(row.all_nodes(some) + inputs.all_nodes(some))) for row in rows]
    paused = bool(STATE.paused) and paused_here()
    results: list[Node] = [detached(0.0) if paused else dot_of(row, inputs) for row in rows]
    multiply(rows, inputs, results)
    if STATE.paused and not paused:
        for result in results:
            watched(result)
    return cast(list[Value], results)


def dot_of(weights: Vector, inputs: Vector) -> Value:
    """The node of a dot, its data still to come."""
    result = blank()
    result._row = DOT
    result._flags |= ((weights.flags | inputs.flags) & INHERITED) | (
        CONSTANT if weights.constant and inputs.constant else 0
    )
    extra = Extra()
    extra.weights = weights
    extra.inputs = inputs
    result._extra = extra
    return result


def each(row: Primitive, operands: list[Value]) -> list[Value]:
    """row(x) for each operand x; the three most frequent activations restate their partials."""
    known = 1 if row is RELU else 2 if row is SIGMOID else 3 if row is TANH else 0
    results: list[Value] = []
    for x in operands:
        v = x._data
        if known == 0 or x._flags & TRACED:
            results.append(record(row, (x,)))
        elif known == 1:
            results.append(binary(row, numerics.relu(v), x, None, 1.0 if v > 0.0 else 0.0, 0.0))
        elif known == 2:
            out = numerics.sigmoid(v)
            results.append(binary(row, out, x, None, out * numerics.sigmoid(-v), 0.0))
        else:
            slope = 4.0 * numerics.sigmoid(2.0 * v) * numerics.sigmoid(-2.0 * v)
            results.append(binary(row, math.tanh(v), x, None, slope, 0.0))
    return results


def as_values(numbers: list[Any]) -> list[Node]:
    """The Values among them as they are, each number as a constant.  Raises TypeError on anything else."""
    values: list[Node] = []
    for x in numbers:
        if isinstance(x, Value):
            values.append(x)
        else:
            values.append(constant(x if isinstance(x, float) else DOT.as_number(x)))
    return values


def data_of(values: list[Value]) -> list[float]:
    """The numbers of Values; raises as `.data` does where one has none yet."""
    if STATE.tracing:
        return [x.data for x in values]
    return [x._data for x in values]


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
        n: i64 = len(items)
        if len(objects) != n:
            return False
        i = 0
        while i < n:
            if items[i] is not objects[i]:
                return False
            i += 1
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


def descend(values: list[Value], slopes: list[float], rate: float) -> None:
    """`value.data -= rate * slope` for each pair."""
    check_pairs(values, slopes)
    STATE.assigned += 1
    for i in range(len(values)):
        x = values[i]
        stamp(x)
        x._data -= rate * slopes[i]


def remember(values: list[Value]) -> None:
    """Keep the data of leaves, for `restore`."""
    for x in values:
        x._dleft = x._data  # a partial, which a leaf has no use for


def restore(values: list[Value]) -> None:
    """Assign the data that was kept last."""
    STATE.assigned += 1
    for x in values:
        stamp(x)
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
        stamp(x)
        x._data = numbers[i]
