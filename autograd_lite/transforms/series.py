"""Power series as operands of rows, their coefficients computed one after the other from those before.

Below `power_series`, whose `Expansion` makes and keeps them.
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

from autograd_lite.core import table
from autograd_lite.core.columns.row import Partials
from autograd_lite.core.graph import Node
from autograd_lite.core.operands import Operand
from autograd_lite.core.primitives import Primitive
from autograd_lite.transforms.levels import Scalar
from autograd_lite.transforms.propagation import summed_over_samples
from autograd_lite.transforms.unrounded import exact_node_of, exact_partial, is_unrounded

Coefficient = Scalar | None
"""None: 0 for good, whatever it would be multiplied with."""


class Expanding(Protocol):
    """What series belong to: it applies rows to them, up to an order."""

    order: int
    rounded: bool

    def row(self, row: Primitive, operands: tuple[object, ...]) -> Any:
        """A row at series and numbers."""


class Series(Operand):
    """A power series, its coefficients computed as they are asked for; an operand of rows like any other."""

    def __init__(self, expansion: Expanding, first: Coefficient) -> None:
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


class Variable(Series):
    """x + t."""

    def next(self, k: int) -> Coefficient:
        return 1.0 if k == 1 else None


class KnownSeries(Series):
    """A series of which all coefficients are known."""

    def __init__(self, expansion: Expanding, found: Sequence[Coefficient]) -> None:
        super().__init__(expansion, found[0])
        self.found = list(found)

    def next(self, k: int) -> Coefficient:
        return None


class Scaled(Series):
    """A power of two, or minus one, times a series: exact, so that 0.5 (2 u) is u."""

    def __init__(self, expansion: Expanding, factor: float, base: Series) -> None:
        super().__init__(expansion, scaled_coefficient(factor, base.found[0]))
        self.factor = factor
        self.base = base

    def next(self, k: int) -> Coefficient:
        return scaled_coefficient(self.factor, self.base.at(k))


class Product(Series):
    """The sum of u v over pairs of operands."""

    def __init__(self, expansion: Expanding, first: Scalar, pairs: Sequence[tuple[Any, Any]]) -> None:
        super().__init__(expansion, first)
        self.pairs = pairs

    def next(self, k: int) -> Coefficient:
        terms = [multiplied(coefficient(u, j), coefficient(v, k - j)) for u, v in self.pairs for j in range(k + 1)]
        return added(terms)


class Quotient(Series):
    """u / v: u_k less the sum of out_j v_(k - j) over j < k, over v_0."""

    def __init__(self, expansion: Expanding, first: Scalar, u: Any, v: Any) -> None:
        super().__init__(expansion, first)
        self.u, self.v = u, v

    def next(self, k: int) -> Coefficient:
        rest = added([multiplied(self.found[j], coefficient(self.v, k - j)) for j in range(k)])
        upper = coefficient(self.u, k)
        if rest is not None:
            upper = -rest if upper is None else upper - rest
        return None if upper is None else table.div(upper, coefficient(self.v, 0))


class Power(Series):
    """u to a constant power y: the sum of ((y + 1) j - k) u_j out_(k - j) over j = 1 ... k, over k u_0.

    At u_0 = 0 all coefficients below y are 0, and there are no others.
    """

    def __init__(self, expansion: Expanding, first: Scalar, u: Series, y: Scalar) -> None:
        super().__init__(expansion, first)
        self.u, self.y = u, y

    def next(self, k: int) -> Coefficient:
        found = self.found
        y: Any = exact_node_of(self.y) if is_unrounded() else self.y
        terms = [
            multiplied(y * float(j) - float(k - j), multiplied(self.u.at(j), found[k - j])) for j in range(1, k + 1)
        ]
        rest = added(terms)
        if rest is None:
            return None
        base = self.u.found[0]
        result = table.div(rest, float(k) * base)  # type: ignore[operator]
        below = isinstance(self.y, float) and k < self.y
        return table.where(table.equal(base, 0.0), 0.0, result) if below else result  # type: ignore[no-any-return]


class Chosen(Series):
    """One of two operands, by a condition that is not known yet."""

    def __init__(self, expansion: Expanding, row: Primitive, first: Scalar, operands: Sequence[Any]) -> None:
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

    def __init__(self, expansion: Expanding, row: Primitive, first: Scalar, operands: Sequence[Any]) -> None:
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
                moving += [multiplied(multiplied(float(j), u.at(j)), p.at(k - j)) for j in range(1, k + 1)]
            else:
                constant.append(multiplied(p, u.at(k)))
        sum_of_moving = added(moving)
        if sum_of_moving is not None:
            constant.append(table.div(sum_of_moving, float(k)))
        return added(constant)


class Outer(Series):
    """A row of one operand by its own coefficients f_j at u_0: the sum of f_j (u - u_0)^j.

    O(k^3) operations to order k, O(k) where u is x + t.
    """

    def __init__(self, expansion: Expanding, row: Primitive, first: Scalar, u: Series) -> None:
        super().__init__(expansion, first)
        assert row.taylor is not None
        x = u.found[0]
        self.own = row.taylor(first, float(x) if isinstance(x, int) else x, expansion.order)
        self.u = u
        self.powers: list[list[Coefficient]] = []  # of u - u_0; those of (u - u_0)^j begin with number j

    def next(self, k: int) -> Coefficient:
        terms = []
        for j in range(1, k + 1):
            if j == k:
                self.powers.append([])
            self.powers[j - 1].append(self.power(j, k))
            terms.append(multiplied(self.powers[j - 1][k - j], self.own[j]))
        return added(terms)

    def power(self, j: int, k: int) -> Coefficient:
        """Coefficient k of (u - u_0)^j."""
        if j == 1:
            return self.u.at(k)
        lower = self.powers[j - 2]
        return added([multiplied(self.u.at(i), lower[k - i - j + 1]) for i in range(1, k - j + 2)])


class OverSamples(Series):
    """The sum over the samples of a batch."""

    def __init__(self, expansion: Expanding, node: Node, u: Series) -> None:
        super().__init__(expansion, node)  # type: ignore[arg-type]
        self.node, self.u = node, u

    def next(self, k: int) -> Coefficient:
        c = self.u.at(k)
        return None if c is None else summed_over_samples(c)


class Known(Series):
    """A series of which the first coefficient is known better."""

    def __init__(self, expansion: Expanding, first: Scalar, base: Series) -> None:
        super().__init__(expansion, first)
        self.base = base

    def next(self, k: int) -> Coefficient:
        return self.base.at(k)


class Exponential(Series):
    """e to a series: the sum of j u_j out_(k - j) over j = 1 ... k, over k."""

    def __init__(self, expansion: Expanding, first: Scalar, u: Series) -> None:
        super().__init__(expansion, first)
        self.u = u

    def next(self, k: int) -> Coefficient:
        rest = added([multiplied(multiplied(float(j), self.u.at(j)), self.found[k - j]) for j in range(1, k + 1)])
        return None if rest is None else table.div(rest, float(k))


def coefficient(x: Any, k: int) -> Coefficient:
    """Coefficient k of a series or a constant."""
    return x.at(k) if isinstance(x, Series) else x if k == 0 else None


def applied_row(row: Primitive, numbers: Sequence[Any]) -> Any:
    """A row at numbers and Values, its operands in order."""
    for x in numbers:
        if isinstance(x, Operand):
            return x.apply(row, tuple(numbers))
    return row.evaluate([float(x) for x in numbers])


def multiplied(a: Coefficient, b: Coefficient) -> Coefficient:
    if a is None or b is None:
        return None
    if isinstance(a, float) and a == 1.0:
        return b
    if isinstance(b, float) and b == 1.0:
        return a
    return a * b


def scaled_coefficient(factor: float, c: Coefficient) -> Coefficient:
    return None if c is None else -c if factor == -1.0 else factor * c


def added(terms: Sequence[Coefficient]) -> Coefficient:
    result: Coefficient = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result


def is_exact_factor(x: float) -> bool:
    """Whether multiplying by it rounds nothing."""
    return x == -1.0 or (x != 0.0 and math.isfinite(x) and abs(math.frexp(x)[0]) == 0.5 and 1e-6 < abs(x) < 1e6)
