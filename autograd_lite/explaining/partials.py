"""The local partial of a row in one operand, as a formula.

From the table itself: its partials are applied to names.  A few rows of the table say their partials in a way
that keeps digits (tanh' as a product of two sigmoids); for them stands here what lectures write, which a test
compares with the table.
"""

from collections.abc import Callable
from typing import Any

from autograd_lite.core.primitives import Primitive
from autograd_lite.explaining.formulas import Applied, Formula, Name, Number, as_formula


def less(x: Any, y: Any) -> Formula:
    """1 where x < y, else 0."""
    return Applied("less", (as_formula(x), as_formula(y)))


def power_rule(out: Any, x: Any, y: Any) -> Any:
    return y * x ** (Number(y.value - 1.0) if isinstance(y, Number) else y - 1.0)


LECTURES: dict[str, tuple[Callable[..., Any], ...]] = {
    "tanh": (lambda out, x: 1.0 - out**2,),
    "sigmoid": (lambda out, x: out * (1.0 - out),),
    "relu": (lambda out, x: less(0.0, x),),
    "maximum": (lambda out, x, y: less(y, x), lambda out, x, y: less(x, y)),
    "minimum": (lambda out, x, y: less(x, y), lambda out, x, y: less(y, x)),
    "abs": (lambda out, x: Applied("sign", (x,)),),
    "sqrt": (lambda out, x: 1.0 / (2.0 * out),),
    "pow": (power_rule, lambda out, x, y: out * Applied("log", (x,))),
    "logaddexp": (
        lambda out, x, y: Applied("exp", (x - out,)),
        lambda out, x, y: Applied("exp", (y - out,)),
    ),
}
"""Each partial as a function of (result, *operands), like the table's."""


def partial_formula(row: Primitive, i: int, out: str, operands: tuple[Formula, ...]) -> Formula | None:
    """The partial of `row` in operand i, in terms of the operands and the result; None where it is not said.

    >>> from autograd_lite.core.table import mul, tanh
    >>> from autograd_lite.explaining.writing import plain
    >>> plain(partial_formula(mul, 0, "q", (Name("x"), Name("y"))))
    'y'
    >>> plain(partial_formula(tanh, 0, "h", (Name("z"),)))
    '1 − h²'
    """
    result, n = Name(out), len(operands)
    if row.name in LECTURES:
        return as_formula(LECTURES[row.name][i](result, *operands))
    if row.name in ("sum", "mean"):
        return Number(1.0) if row.name == "sum" else Applied("div", (Number(1.0), Number(float(n))))
    if row.name == "dot":
        return operands[(i + n // 2) % n]
    if row.name == "logsumexp":
        return Applied("exp", (operands[i] - result,))
    if row.selects:
        return None
    if row.arity is None:
        return None  # prod, max, min: the number says it
    values = [x.value if isinstance(x, Number) else x for x in operands]
    try:
        texts = row.partials
        text: Any = texts[i] if isinstance(texts, tuple) else texts(result, values)[i]
        return None if text is None else as_formula(text(result, *values) if callable(text) else text)
    except Exception:  # the partial asks for a number; in a rule of the user's own, in any way
        return None
