"""Taylor mode: power series through the graph of one call, a further reading of the table.

Above `differentiation`.  The series of a row follows from its own partials: out' = the sum of partial x operand', in
series.  So k out_k is the sum of j u_j p_(k - j) over j = 1 ... k, where p, a partial in rows, is a series too, whose
coefficients before k are enough.  Where this loses digits the row has a column `taylor`.  Equal rows on equal
operands are one series, so that sin and cos, or a result in its own partial, close a recurrence.  Products, quotients
and powers have recurrences of their own.  Order k takes O(k^2) operations a node.  Source: Griewank and Walther,
Evaluating Derivatives, ch. 13.
"""

from collections.abc import Sequence
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.contexts.modes import ieee_arithmetic
from autograd_lite.core.create_graph import argument
from autograd_lite.core.fast.clock import age_of
from autograd_lite.core.graph import BATCH_SUM, STOPPED, Node, operands_of
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.value import Value
from autograd_lite.transforms.differentiation import Call, as_float, as_value
from autograd_lite.transforms.levels import Scalar, check_steps
from autograd_lite.transforms.series import (
    Chosen,
    Coefficient,
    Composed,
    Exponential,
    Known,
    Outer,
    OverSamples,
    Power,
    Product,
    Quotient,
    Scaled,
    Series,
    Variable,
    applied_row,
    is_exact_factor,
)  # fmt: skip
from autograd_lite.transforms.signatures import Function, name_of
from autograd_lite.transforms.unrounded import EXACT, exact_node_of, is_approximate, is_unrounded

LARGEST_POWER = 64
"""Whole exponents up to which powers are products, which have every coefficient at 0 too."""


def taylor(f: Function, x: Any, order: int) -> list[Any]:
    """The Taylor coefficients of f at x: [f(x), f'(x), f''(x) / 2!, ..., the derivative of that order / order!].

    f takes one number and returns a number or a pytree of numbers; each coefficient has the structure of its result.
    So f(x + h) = c[0] + c[1] h + c[2] h^2 + ..., and the k-th derivative is k! c[k].  Where the operations of nested
    `grad` grow exponentially with the order, these grow with its square.  At a kink the convention of the row decides,
    as in `grad`.  Eager, compiled, and under other transforms.  Coefficients up to order 20 keep 12 digits where their
    condition is good.

    Raises TypeError where x is no number, the result no pytree of numbers, or a function in f has no partials
    (custom_vjp, custom_jvp), ValueError on an order below 0.

    >>> from autograd_lite import exp
    >>> taylor(lambda x: 1.0 / (1.0 - x), 0.0, 4)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    >>> taylor(lambda x: {"value": exp(2.0 * x)}, 0.0, 2)
    [{'value': 1.0}, {'value': 2.0}, {'value': 2.0}]
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ValueError(f"taylor takes the order as a whole number from 0 on, but got {order!r}; pass such a number")
    call = Call(f, 0, (x,), {})
    if len(call.inputs) != 1 or call.treedefs[0].num_leaves != 1 or len(call.treedefs[0].nodes) != 1:
        raise TypeError(
            f"taylor expands {name_of(f)} in one number, but got {x!r}; for a direction in several, expand "
            f"lambda t: f([a + t * b for a, b in zip(x, direction)]) at 0.0"
        )
    outputs, treedef = call.outputs()
    run = ieee_arithmetic().run
    columns = run(expanded, outputs, call.inputs[0], order, call.nested)
    return [treedef.unflatten([column[k] for column in columns]) for k in range(order + 1)]


def expanded(outputs: Sequence[Scalar], x: Value, order: int, record: bool) -> list[list[Any]]:
    """The coefficients of all outputs, as Values or floats."""
    expansion = Expansion(order, record)
    expansion.series[x] = Variable(expansion, x)
    graph = topological_order([out for out in outputs if isinstance(out, Value)], since=age_of([x]))
    check_steps(graph)
    expansion.follow(graph)
    columns = []
    for out in outputs:
        series = expansion.series.get(out) if isinstance(out, Value) else None
        found = [out if k == 0 else None for k in range(order + 1)] if series is None else series.first(order)
        plain = [0.0 if c is None else c for c in found]
        columns.append([as_value(c) for c in plain] if record else [as_float(c) for c in plain])
    return columns


class Expansion:
    """The series of the nodes of one call, and of all that their partials are computed from."""

    def __init__(self, order: int, record: bool) -> None:
        self.order = order
        self.record = record
        self.series: dict[Node, Any] = {}  # of a node with a payload, what its `expand` gives
        self.known: dict[Any, Any] = {}
        self.rounded = False  # whether the rule that is applied holds constants that approximate

    def within(self, series: dict[Node, Any]) -> "Expansion":
        """The same order in the graph of a step, whose leaves have these series."""
        inner = Expansion(self.order, True)
        inner.series |= series
        return inner

    def follow(self, nodes: Sequence[Node]) -> None:
        """The series of all of these that have one; operands come first."""
        for node in nodes:
            moved = any([y in self.series for y in operands_of(node)])  # noqa: C419
            if moved and node not in self.series and not node._flags & STOPPED:
                self.add(node)

    def coefficients(self, x: Scalar | Node) -> list[Coefficient]:
        """Those of a number or a node after the first, None where they are 0 for good."""
        series = self.series.get(x) if isinstance(x, Node) else None
        return [None] * self.order if series is None else series.first(self.order)[1:]

    def add(self, node: Node) -> None:
        """The series of a node, all its coefficients, so that a long graph is no deep recursion."""
        if node._row.payload is not None:
            if not hasattr(node._row.payload, "expand"):
                raise TypeError(
                    f"taylor cannot expand {node._row.name}, which has no rule for series; write it in operations of "
                    f"the library"
                )
            self.series[node] = node._row.payload.expand(self, node)
            return
        operands = [self.series.get(x, argument(x) if self.record else x._data) for x in operands_of(node)]
        if node._row is BATCH_SUM:
            found: Any = OverSamples(self, node, operands[0])
        else:
            found = self.made(node._row, operands, node if self.record else node._data)
        if isinstance(found, Series):
            found.at(self.order)
            self.series[node] = found

    def row(self, row: Primitive, operands: tuple[object, ...]) -> Any:
        """A row at series and numbers, in a partial."""
        self.rounded |= any([isinstance(x, float) and is_approximate(x) for x in operands])  # noqa: C419
        if is_unrounded():
            operands = tuple([exact_node_of(x) if isinstance(x, float) and abs(x) in EXACT else x for x in operands])
        return self.made(row, list(operands), None)

    def made(self, row: Primitive, operands: list[Any], first: Any) -> Any:
        """The series of a row, or a number where it is constant; `first` is its value where that is known."""
        key = (row, *[float(x) if isinstance(x, (int, float)) else id(x) for x in operands])
        found = self.known.get(key)
        if found is None:
            numbers = [x.found[0] if isinstance(x, Series) else x for x in operands]
            value = applied_row(row, numbers) if first is None else first
            found = self.new(row, operands, value)
            self.known[key] = found, operands  # kept, because identities are keys
            return found
        return found[0]

    def new(self, row: Primitive, operands: list[Any], first: Scalar) -> Any:
        moves = [isinstance(x, Series) for x in operands]
        if row.selects:
            return self.choice(row, operands, first)
        if row is table.neg:
            return self.times_exact(-1.0, operands[0])
        if row is table.mul and not all(moves):
            factor = operands[0] if moves[1] else operands[1]
            if isinstance(factor, (int, float)) and is_exact_factor(float(factor)):
                return self.times_exact(float(factor), operands[1] if moves[1] else operands[0])
        if row is table.mul:
            return Product(self, first, [(operands[0], operands[1])])
        if row is table.square:
            return Product(self, first, [(operands[0], operands[0])])
        if row is table.dot:
            n = len(operands) // 2
            return Product(self, first, list(zip(operands[:n], operands[n:], strict=True)))
        if row is table.div:
            return Quotient(self, first, operands[0], operands[1])
        if row is table.reciprocal:
            return Quotient(self, first, 1.0, operands[0])
        if row.taylor is not None and not is_unrounded():
            return Outer(self, row, first, operands[0])
        if row is table.pow:
            return self.power(operands[0], operands[1], first)
        return Composed(self, row, first, operands)

    def times_exact(self, factor: float, u: Series) -> Series:
        base = u
        if isinstance(u, Scaled):
            factor, base = factor * u.factor, u.base
        if factor == 1.0:
            return base
        key = (Scaled, factor, id(base))
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Scaled(self, factor, base), base
        return found[0]

    def choice(self, row: Primitive, operands: list[Any], first: Scalar) -> Any:
        condition, a, b = operands
        known = condition.truth() if isinstance(condition, Operand) else condition != 0.0
        if known is None:
            return Chosen(self, row, first, operands)
        return a if known else b

    def power(self, x: Any, y: Any, first: Scalar) -> Any:
        """By products where the exponent is a small whole number, else by a recurrence in x, or by e^(y ln x)."""
        if isinstance(y, Series):
            return Exponential(self, first, y * table.log(x))
        number = y if isinstance(y, float) else None
        if number is not None and number.is_integer() and abs(number) <= LARGEST_POWER:
            result = self.whole_power(x, int(abs(number)))
            result = table.div(1.0, result) if number < 0.0 else result
            if isinstance(result, Series):
                return Known(self, first, result)
            return result
        return Power(self, first, x, y)

    def whole_power(self, x: Series, n: int) -> Any:
        if n == 0:
            return 1.0
        half = self.whole_power(x, n // 2)
        squared = half * half if n > 1 else 1.0
        return squared if n % 2 == 0 else x * squared if n > 1 else x
