"""Taylor mode: power series through the graph of one call, a further reading of the table.

Above `differentiation`.  The series of a row follows from its own partials: out' = the sum of partial x operand', in
series.  So k out_k is the sum of j u_j p_(k - j) over j = 1 ... k, where p, a partial in rows, is a series too, whose
coefficients before k are enough.  Equal rows on equal operands are one series, so that sin and cos, or a result in
its own partial, close a recurrence.  Products, quotients and powers have recurrences of their own.  Order k takes
O(k^2) operations a node.  Source: Griewank and Walther, Evaluating Derivatives, ch. 13.
"""

import math
from collections.abc import Sequence
from typing import Any

from autograd_lite.core import table
from autograd_lite.core.columns import Partials
from autograd_lite.core.graph import BATCH_SUM, Node, operands_of
from autograd_lite.core.modes import ieee_arithmetic
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.reverse import topological_order
from autograd_lite.core.symbolic import argument
from autograd_lite.core.unrounded import EXACT, exact_partial, is_approximate, is_unrounded, node_of
from autograd_lite.core.value import Value
from autograd_lite.transforms.differentiation import Call, as_float, as_value
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.signatures import Function, name_of

Coefficient = Scalar | None
"""None: 0 for good, whatever it would be multiplied with."""

LARGEST_POWER = 64
"""Whole exponents up to which powers are products, which have every coefficient at 0 too."""


def taylor(f: Function, x: Any, order: int) -> list[Any]:
    """The Taylor coefficients of f at x: [f(x), f'(x), f''(x) / 2!, ..., the derivative of that order / order!].

    f takes one number and returns a number or a pytree of numbers; each coefficient has the structure of its result.
    So f(x + h) = c[0] + c[1] h + c[2] h^2 + ..., and the k-th derivative is k! c[k].  Where the operations of nested
    `grad` grow exponentially with the order, these grow with its square.  At a kink the convention of the row decides,
    as in `grad`.  Eager, compiled, and under other transforms.  Coefficients keep their digits, except where
    recurrences are unstable: Bessel functions and sinc near 0, erfcx far to the right.

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
    expansion.follow(topological_order([out for out in outputs if isinstance(out, Value)]))
    columns = []
    for out in outputs:
        series = expansion.series.get(out) if isinstance(out, Value) else None
        found = [out if k == 0 else None for k in range(order + 1)] if series is None else series.first(order)
        plain = [0.0 if c is None else c for c in found]
        columns.append([as_value(c) for c in plain] if record else [as_float(c) for c in plain])
    return columns


class Series(Operand):
    """A power series, its coefficients computed as they are asked for; an operand of rows like any other."""

    def __init__(self, expansion: "Expansion", first: Coefficient) -> None:
        self.expansion = expansion
        self.found: list[Coefficient] = [first]

    def next(self, k: int) -> Coefficient:
        """Coefficient k > 0, from those before it."""
        raise NotImplementedError

    def at(self, k: int) -> Coefficient:
        while len(self.found) <= k:
            self.found.append(self.next(len(self.found)))
        return self.found[k]

    def first(self, order: int) -> list[Coefficient]:
        self.at(order)
        return self.found[: order + 1]

    def apply(self, row: Primitive, operands: tuple[object, ...]) -> Any:
        return self.expansion.row(row, operands)

    def truth(self) -> bool | None:
        first = self.found[0]
        return first.truth() if isinstance(first, Operand) else first != 0.0

    def __neg__(self) -> Any:
        return self.apply(table.neg, (self,))

    def __add__(self, other: object) -> Any:
        return self.apply(table.add, (self, other))

    def __radd__(self, other: object) -> Any:
        return self.apply(table.add, (other, self))

    def __sub__(self, other: object) -> Any:
        return self.apply(table.sub, (self, other))

    def __rsub__(self, other: object) -> Any:
        return self.apply(table.sub, (other, self))

    def __mul__(self, other: object) -> Any:
        return self.apply(table.mul, (self, other))

    def __rmul__(self, other: object) -> Any:
        return self.apply(table.mul, (other, self))

    def __truediv__(self, other: object) -> Any:
        return self.apply(table.div, (self, other))

    def __rtruediv__(self, other: object) -> Any:
        return self.apply(table.div, (other, self))

    def __pow__(self, other: object) -> Any:
        return self.apply(table.pow, (self, other))

    def __rpow__(self, other: object) -> Any:
        return self.apply(table.pow, (other, self))


class Variable(Series):
    """x + t."""

    def next(self, k: int) -> Coefficient:
        return 1.0 if k == 1 else None


class Given(Series):
    """A series of which all coefficients are known."""

    def __init__(self, expansion: "Expansion", found: Sequence[Coefficient]) -> None:
        super().__init__(expansion, found[0])
        self.found = list(found)

    def next(self, k: int) -> Coefficient:
        return None


class Scaled(Series):
    """A power of two, or minus one, times a series: exact, so that 0.5 (2 u) is u."""

    def __init__(self, expansion: "Expansion", factor: float, base: Series) -> None:
        super().__init__(expansion, scaled(factor, base.found[0]))
        self.factor = factor
        self.base = base

    def next(self, k: int) -> Coefficient:
        return scaled(self.factor, self.base.at(k))


class Product(Series):
    """The sum of u v over pairs of operands."""

    def __init__(self, expansion: "Expansion", first: Scalar, pairs: Sequence[tuple[Any, Any]]) -> None:
        super().__init__(expansion, first)
        self.pairs = pairs

    def next(self, k: int) -> Coefficient:
        terms = [times(coefficient(u, j), coefficient(v, k - j)) for u, v in self.pairs for j in range(k + 1)]
        return total(terms)


class Quotient(Series):
    """u / v: u_k less the sum of out_j v_(k - j) over j < k, over v_0."""

    def __init__(self, expansion: "Expansion", first: Scalar, u: Any, v: Any) -> None:
        super().__init__(expansion, first)
        self.u, self.v = u, v

    def next(self, k: int) -> Coefficient:
        rest = total([times(self.found[j], coefficient(self.v, k - j)) for j in range(k)])
        upper = coefficient(self.u, k)
        if rest is not None:
            upper = -rest if upper is None else upper - rest
        return None if upper is None else table.div(upper, coefficient(self.v, 0))


class Power(Series):
    """u to a constant power y: the sum of ((y + 1) j - k) u_j out_(k - j) over j = 1 ... k, over k u_0.

    At u_0 = 0 all coefficients below y are 0, and there are no others.
    """

    def __init__(self, expansion: "Expansion", first: Scalar, u: Series, y: Scalar) -> None:
        super().__init__(expansion, first)
        self.u, self.y = u, y

    def next(self, k: int) -> Coefficient:
        found = self.found
        y: Any = node_of(self.y) if is_unrounded() else self.y
        terms = [times(y * float(j) - float(k - j), times(self.u.at(j), found[k - j])) for j in range(1, k + 1)]
        rest = total(terms)
        if rest is None:
            return None
        base = self.u.found[0]
        result = table.div(rest, float(k) * base)  # type: ignore[operator]
        below = isinstance(self.y, float) and k < self.y
        return table.where(table.equal(base, 0.0), 0.0, result) if below else result  # type: ignore[no-any-return]


class Chosen(Series):
    """One of two operands, by a condition that is not known yet."""

    def __init__(self, expansion: "Expansion", row: Primitive, first: Scalar, operands: Sequence[Any]) -> None:
        super().__init__(expansion, first)
        self.row = row
        self.operands = operands

    def next(self, k: int) -> Coefficient:
        condition, a, b = (coefficient(x, 0 if i == 0 else k) for i, x in enumerate(self.operands))
        if a is None and b is None:
            return None
        return self.row.selected(condition, 0.0 if a is None else a, 0.0 if b is None else b)  # type: ignore[no-any-return]


class Composed(Series):
    """Any row, by its partials: constants times the operands, and sums of j u_j p_(k - j) over k."""

    def __init__(self, expansion: "Expansion", row: Primitive, first: Scalar, operands: Sequence[Any]) -> None:
        super().__init__(expansion, first)
        self.row = row
        self.operands = operands
        self.terms: list[tuple[Any, Series]] | None = None

    def partials(self) -> list[tuple[Any, Series]]:
        """The partial in each operand that is a series; asked for at the first coefficient, since it holds this."""
        if self.terms is None:
            self.expansion.rounded = False
            found = self.by(self.row.partials)
            if self.expansion.rounded and self.row.lecture is not None:
                found = self.by(self.row.lecture)  # the derivatives of a polynomial that approximates do not
            self.terms = [
                (exact_partial(p, len(found)) if is_unrounded() and isinstance(p, float) else p, u)
                for p, u in zip(found, self.operands, strict=True)
                if isinstance(u, Series) and p is not None and not (isinstance(p, float) and p == 0.0)
            ]
        return self.terms

    def by(self, rules: Partials) -> Sequence[Any]:
        """What rules give for all operands."""
        if not isinstance(rules, tuple):
            return rules(self, list(self.operands))  # type: ignore[no-any-return]
        return [
            rule(self, *self.operands) if callable(rule) and isinstance(u, Series) else rule
            for rule, u in zip(rules, self.operands, strict=True)
        ]

    def next(self, k: int) -> Coefficient:
        constant, moving = [], []
        for p, u in self.partials():
            if isinstance(p, Series):
                moving += [times(times(float(j), u.at(j)), p.at(k - j)) for j in range(1, k + 1)]
            else:
                constant.append(times(p, u.at(k)))
        sum_of_moving = total(moving)
        if sum_of_moving is not None:
            constant.append(table.div(sum_of_moving, float(k)))
        return total(constant)


class OverSamples(Series):
    """The sum over the samples of a batch."""

    def __init__(self, expansion: "Expansion", node: Node, u: Series) -> None:
        super().__init__(expansion, node)  # type: ignore[arg-type]
        self.node, self.u = node, u

    def next(self, k: int) -> Coefficient:
        c = self.u.at(k)
        return None if c is None else self.node.apply(BATCH_SUM, (c,))


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
            if node not in self.series and any([y in self.series for y in operands_of(node)]):  # noqa: C419
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
            operands = tuple([node_of(x) if isinstance(x, float) and abs(x) in EXACT else x for x in operands])
        return self.made(row, list(operands), None)

    def made(self, row: Primitive, operands: list[Any], first: Any) -> Any:
        """The series of a row, or a number where it is constant; `first` is its value where that is known."""
        if row.rule is not None:
            raise TypeError(
                f"taylor needs the partials of {row.name}, which has a rule for whole cotangents or tangents; give it "
                f"partials with custom_derivative"
            )
        key = (row, *[float(x) if isinstance(x, (int, float)) else id(x) for x in operands])
        found = self.known.get(key)
        if found is None:
            numbers = [x.found[0] if isinstance(x, Series) else x for x in operands]
            value = applied(row, numbers) if first is None else first
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


class Known(Series):
    """A series of which the first coefficient is known better."""

    def __init__(self, expansion: "Expansion", first: Scalar, base: Series) -> None:
        super().__init__(expansion, first)
        self.base = base

    def next(self, k: int) -> Coefficient:
        return self.base.at(k)


class Exponential(Series):
    """e to a series: the sum of j u_j out_(k - j) over j = 1 ... k, over k."""

    def __init__(self, expansion: "Expansion", first: Scalar, u: Series) -> None:
        super().__init__(expansion, first)
        self.u = u

    def next(self, k: int) -> Coefficient:
        rest = total([times(times(float(j), self.u.at(j)), self.found[k - j]) for j in range(1, k + 1)])
        return None if rest is None else table.div(rest, float(k))


def coefficient(x: Any, k: int) -> Coefficient:
    """Coefficient k of a series or a constant."""
    return x.at(k) if isinstance(x, Series) else x if k == 0 else None


def applied(row: Primitive, numbers: Sequence[Any]) -> Any:
    """A row at numbers and Values, its operands in order."""
    for x in numbers:
        if isinstance(x, Operand):
            return x.apply(row, tuple(numbers))
    return row.evaluate([float(x) for x in numbers])


def times(a: Coefficient, b: Coefficient) -> Coefficient:
    if a is None or b is None:
        return None
    if isinstance(a, float) and a == 1.0:
        return b
    if isinstance(b, float) and b == 1.0:
        return a
    return a * b


def scaled(factor: float, c: Coefficient) -> Coefficient:
    return None if c is None else -c if factor == -1.0 else factor * c


def total(terms: Sequence[Coefficient]) -> Coefficient:
    result: Coefficient = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result


def is_exact_factor(x: float) -> bool:
    """Whether multiplying by it rounds nothing."""
    return x == -1.0 or (x != 0.0 and math.isfinite(x) and abs(math.frexp(x)[0]) == 0.5 and 1e-6 < abs(x) < 1e6)
