"""Rows that are constant or the identity piece by piece: signs, rounding, conditions, and the choice between values.

A condition is 1 for true and 0 for false; nothing flows back through it.
"""

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.primitives import Operand, Primitive, primitive

abs: Primitive = primitive("abs", math.fabs, (lambda out, x: sign(x),), "|x|", kinks="0: 0",
    array="abs", llvm="llvm.fabs",
)  # fmt: skip
sign: Primitive = primitive("sign", numerics.sign, (0.0,), "x / |x|, 0 at 0", kinks="0: 0",
    array=lambda xp, x: sign_of_arrays(xp, x), llvm="emit_sign",
)  # fmt: skip
floor: Primitive = primitive(
    "floor", numerics.floor, (0.0,), "the largest whole number <= x",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
    array="floor", llvm="llvm.floor",
)  # fmt: skip
ceil: Primitive = primitive(
    "ceil", numerics.ceil, (0.0,), "the smallest whole number >= x",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
    array="ceil", llvm="llvm.ceil",
)  # fmt: skip
round: Primitive = primitive(
    "round", numerics.round_half_even, (0.0,), "the nearest whole number, the even one of two",
    domain="x finite", kinks="x = n + 1/2: 0", limit=lambda x: x,
    array="round", llvm="llvm.roundeven",
)  # fmt: skip
trunc: Primitive = primitive(
    "trunc", numerics.trunc, (0.0,), "x without its fraction",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x,
    array="trunc", llvm="llvm.trunc",
)  # fmt: skip
fmod: Primitive = primitive(
    "fmod", math.fmod, (1.0, lambda out, x, y: -round((x - out) / y)), "x - y trunc(x / y)",
    domain="x finite, y != 0", kinks="x / y whole: the partials from within the cell",
    libm="fmod",
)  # fmt: skip
copysign: Primitive = primitive(
    "copysign", numerics.copysign,
    (lambda out, x, y: sign(x) * copysign(1.0, y), 0.0), "|x| with the sign of y",
    kinks="x = 0: 0; y = 0 in y: 0",
    array=lambda xp, x, y: xp.where(y != y, y, xp.copysign(x, y)), llvm="emit_copysign",
)  # fmt: skip
less: Primitive = primitive("less", lambda x, y: 1.0 if x < y else 0.0, (None, None), "x < y", "<",
    python="1.0 if {} < {} else 0.0", array=lambda xp, x, y: x < y, llvm="fcmp olt",
)  # fmt: skip
less_equal: Primitive = primitive("less_equal", lambda x, y: 1.0 if x <= y else 0.0, (None, None), "x <= y", "<=",
    python="1.0 if {} <= {} else 0.0", array=lambda xp, x, y: x <= y, llvm="fcmp ole",
)  # fmt: skip
equal: Primitive = primitive("equal", lambda x, y: 1.0 if x == y else 0.0, (None, None), "x = y", "=",
    python="1.0 if {} == {} else 0.0", array=lambda xp, x, y: x == y, llvm="fcmp oeq",
)  # fmt: skip
logical_and: Primitive = primitive("logical_and", lambda x, y: 1.0 if x and y else 0.0, (None, None), "x and y", "and",
    array=lambda xp, x, y: (x != 0.0) & (y != 0.0), llvm="emit_logical_and",
)  # fmt: skip
logical_or: Primitive = primitive("logical_or", lambda x, y: 1.0 if x or y else 0.0, (None, None), "x or y", "or",
    array=lambda xp, x, y: (x != 0.0) | (y != 0.0), llvm="emit_logical_or",
)  # fmt: skip
logical_not: Primitive = primitive("logical_not", lambda x: 0.0 if x else 1.0, (None,), "not x", "not",
    array=lambda xp, x: x == 0.0, llvm="emit_logical_not",
)  # fmt: skip
where: Primitive = primitive(
    "where", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a if condition else b", selects=True,
    python="{1} if {0} else {2}", array=lambda xp, condition, a, b: xp.where(condition != 0.0, a, b), llvm="emit_where", rewrites=("true a b = a", "0.0 a b = b", "-0.0 a b = b", "c a a = a"),
)  # fmt: skip
cond: Primitive = primitive(
    "cond", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a() if condition else b()", selects=True, lowering=lambda condition, a, b: where(condition, a, b),
)  # fmt: skip
maximum: Primitive = primitive(
    "maximum", numerics.maximum,
    (lambda out, x, y: less(y, x) + 0.5 * equal(x, y), lambda out, x, y: less(x, y) + 0.5 * equal(x, y)),
    "max(x, y)", "max", kinks="x = y: 1/2 each",
    array=lambda xp, x, y: xp.where((y > x) | (y != y), y, x), llvm="emit_maximum",
)  # fmt: skip
minimum: Primitive = primitive(
    "minimum", numerics.minimum,
    (lambda out, x, y: less(x, y) + 0.5 * equal(x, y), lambda out, x, y: less(y, x) + 0.5 * equal(x, y)),
    "min(x, y)", "min", kinks="x = y: 1/2 each",
    array=lambda xp, x, y: xp.where((y < x) | (y != y), y, x), llvm="emit_minimum",
)  # fmt: skip
clip: Primitive = primitive(
    "clip", numerics.clip,
    (
        lambda out, x, low, high: less_equal(low, x) * less_equal(x, high),
        lambda out, x, low, high: less(x, low) * less_equal(low, high),
        lambda out, x, low, high: less(high, maximum(x, low)),
    ),
    "min(max(x, low), high)", kinks="x at a bound: 1 in x, 0 in the bound",
    lowering=lambda x, low, high: minimum(maximum(x, low), high),
)  # fmt: skip
relu: Primitive = primitive("relu", numerics.relu, (lambda out, x: less(0.0, x),), "max(0, x)", "ReLU", kinks="0: 0",
    array=lambda xp, x: xp.where((x > 0.0) | (x != x), x, 0.0), llvm="emit_relu",
)  # fmt: skip


def decide(condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """a() or b(): at once where the condition is a number, by `where` where it is more than that."""
    if isinstance(condition, Operand):
        return where(condition, a(), b())
    return a() if condition else b()


def truth(condition: Any) -> Any:
    """1 for any condition that is not 0."""
    return logical_not(logical_not(condition))


def sign_of_arrays(xp: Any, x: Any) -> Any:
    return xp.where(x > 0.0, 1.0, xp.where(x < 0.0, -1.0, xp.where(x != x, x, 0.0)))
