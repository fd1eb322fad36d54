"""Rows that are constant or the identity piece by piece: signs, rounding, conditions, and the choice between values.

A condition is 1 for true and 0 for false; nothing flows back through it.
"""

import math
from collections.abc import Callable
from typing import Any

from autograd_lite.core.columns.constants import INF
from autograd_lite.core.columns.entering import primitive
from autograd_lite.core.columns.row import EVERYWHERE
from autograd_lite.core.operands import Operand, Scalar
from autograd_lite.core.primitives import Primitive
from autograd_lite.core.table import ball_choices, complex_functions, float_values
from autograd_lite.core.table.distances import to_cell_of_trunc, to_half, to_step_of_trunc, to_whole

__all__ = [
    "sign", "floor", "ceil", "trunc", "fmod", "copysign", "less", "less_equal", "equal", "logical_and",
    "logical_or", "logical_not", "where", "maximum", "minimum", "clip", "relu",
]  # fmt: skip

abs: Primitive = primitive(
    "abs", math.fabs, (lambda out, x: sign(x),), "|x|", sign="|x|", kinks="0: 0", distance=math.fabs,
    complex_value=complex_functions.magnitude, notation="|<x>|", latex=r"\lvert <x> \rvert",
    array="abs", llvm="llvm.fabs",
    ball_value=ball_choices.magnitude, infinity="-inf and inf: inf",
)  # fmt: skip
sign: Primitive = primitive(
    "sign", float_values.sign, (0.0,), "x / |x|, 0 at 0", kinks="0: 0", distance=math.fabs, role="activation",
    array=lambda xp, x: xp.where(x > 0.0, 1.0, xp.where(x < 0.0, -1.0, xp.where(x != x, x, 0.0))),
    c="{0} > 0.0 ? 1.0 : {0} < 0.0 ? -1.0 : {0} != {0} ? {0} : 0.0", llvm="emit_sign",
    ball_value=ball_choices.sign, infinity="-inf: -1; inf: 1",
)  # fmt: skip
floor: Primitive = primitive(
    "floor", float_values.floor, (0.0,), "the largest whole number <= x", sign="⌊x⌋",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x, distance=to_whole,
    array="floor", llvm="llvm.floor",
    ball_value=ball_choices.rounded(ball_choices.floor_of),
)  # fmt: skip
ceil: Primitive = primitive(
    "ceil", float_values.ceil, (0.0,), "the smallest whole number >= x", sign="⌈x⌉",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x, distance=to_whole,
    array="ceil", llvm="llvm.ceil",
    ball_value=ball_choices.rounded(ball_choices.ceil_of),
)  # fmt: skip
round: Primitive = primitive(
    "round", float_values.round_half_even, (0.0,), "the nearest whole number, the even one of two",
    domain="x finite", kinks="x = n + 1/2: 0", limit=lambda x: x, distance=to_half,
    array="round", llvm="llvm.roundeven",
    ball_value=ball_choices.rounded(ball_choices.round_of),
)  # fmt: skip
trunc: Primitive = primitive(
    "trunc", float_values.trunc, (0.0,), "x without its fraction",
    domain="x finite", kinks="whole x: 0", limit=lambda x: x, distance=to_step_of_trunc,
    array="trunc", llvm="llvm.trunc",
    ball_value=ball_choices.rounded(ball_choices.trunc_of),
)  # fmt: skip
fmod: Primitive = primitive(
    "fmod", math.fmod, (1.0, lambda out, x, y: -round((x - out) / y)), "x - y trunc(x / y)",
    domain="x finite, y != 0", kinks="x / y whole: the partials from within the cell", distance=to_cell_of_trunc,
    complex_value=lambda x, y: x - math.trunc(x.real / y.real) * y,
    libm="fmod",
    ball_value=ball_choices.fmod, infinity="x with inf: x",
)  # fmt: skip
copysign: Primitive = primitive(
    "copysign", float_values.copysign,
    (lambda out, x, y: sign(x) * copysign(1.0, y), 0.0), "|x| with the sign of y",
    kinks="x = 0: 0; y = 0 in y: 0", distance=lambda x, y: min(math.fabs(x), math.fabs(y)),
    complex_value=lambda x, y: x if (x.real > 0.0) == (math.copysign(1.0, y.real) > 0.0) else -x,
    array=lambda xp, x, y: xp.where(y != y, y, xp.copysign(x, y)),
    c="{1} != {1} ? {1} : copysign({0}, {1})", llvm="emit_copysign",
    ball_value=ball_choices.copysign, infinity="x = inf: inf with the sign of y",
)  # fmt: skip
less: Primitive = primitive(
    "less", lambda x, y: 1.0 if x < y else 0.0, (None, None), "x < y", label="<",
    compares=True, notation="[<x> < <y>]", latex="[<x> < <y>]",
    python="1.0 if {} < {} else 0.0", array=lambda xp, x, y: x < y, c="{} < {} ? 1.0 : 0.0", llvm="fcmp olt",
    ball_value=ball_choices.less, infinity="-inf < x < inf",
)  # fmt: skip
less_equal: Primitive = primitive(
    "less_equal", lambda x, y: 1.0 if x <= y else 0.0, (None, None), "x <= y", label="<=", sign="≤",
    compares=True, notation="[<x> ≤ <y>]", latex=r"[<x> \le <y>]",
    python="1.0 if {} <= {} else 0.0", array=lambda xp, x, y: x <= y,
    c="{} <= {} ? 1.0 : 0.0", llvm="fcmp ole",
    ball_value=ball_choices.less_equal, infinity="-inf <= x <= inf",
)  # fmt: skip
equal: Primitive = primitive(
    "equal", lambda x, y: 1.0 if x == y else 0.0, (None, None), "x = y", label="=",
    compares=True, notation="[<x> = <y>]", latex="[<x> = <y>]",
    python="1.0 if {} == {} else 0.0", array=lambda xp, x, y: x == y,
    c="{} == {} ? 1.0 : 0.0", llvm="fcmp oeq",
    ball_value=ball_choices.equal, infinity="inf = inf",
)  # fmt: skip
logical_and: Primitive = primitive(
    "logical_and", lambda x, y: 1.0 if x and y else 0.0, (None, None), "x and y", label="and", sign="∧", truths=2,
    array=lambda xp, x, y: (x != 0.0) & (y != 0.0),
    c="{} != 0.0 && {} != 0.0 ? 1.0 : 0.0", llvm="emit_logical_and",
    ball_value=ball_choices.logical_and, infinity="inf is true",
)  # fmt: skip
logical_or: Primitive = primitive(
    "logical_or", lambda x, y: 1.0 if x or y else 0.0, (None, None), "x or y", label="or", sign="∨", truths=2,
    array=lambda xp, x, y: (x != 0.0) | (y != 0.0),
    c="{} != 0.0 || {} != 0.0 ? 1.0 : 0.0", llvm="emit_logical_or",
    ball_value=ball_choices.logical_or, infinity="inf is true",
)  # fmt: skip
logical_not: Primitive = primitive(
    "logical_not", lambda x: 0.0 if x else 1.0, (None,), "not x", label="not", sign="¬", truths=1,
    array=lambda xp, x: x == 0.0, c="{} == 0.0 ? 1.0 : 0.0", llvm="emit_logical_not",
    ball_value=ball_choices.logical_not, infinity="-inf and inf: 0",
)  # fmt: skip
where: Primitive = primitive(
    "where", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a if condition else b", selects=True, truths=1, intervals=((0.0, 1.0), EVERYWHERE, EVERYWHERE),
    complex_value=lambda condition, a, b: a if condition.real else b,
    notation="<a:branch> if <condition> else <b:branch>",
    latex=r"<a:branch>\text{ if }<condition>\text{ else }<b:branch>", binds="sum",
    rewrites=("true a b = a", "0.0 a b = b", "-0.0 a b = b", "c a a = a"),
    python="{1} if {0} else {2}", array=lambda xp, condition, a, b: xp.where(condition != 0.0, a, b),
    c="{} != 0.0 ? {} : {}", llvm="emit_where", infinity="inf is true",
)  # fmt: skip
cond: Primitive = primitive(
    "cond", lambda condition, a, b: a if condition else b,
    (None, lambda out, condition, a, b: truth(condition), lambda out, condition, a, b: logical_not(condition)),
    "a() if condition else b()", selects=True, lazy=True, truths=1, intervals=where.intervals,
    lowering=lambda condition, a, b: where(condition, a, b), complex_value=where.complex_value, rewrites=where.rewrites,
    notation=where.notation, latex=where.latex, binds="sum", python=where.python, c=where.c,
    infinity="inf is true",
)  # fmt: skip
maximum: Primitive = primitive(
    "maximum", float_values.maximum,
    (lambda out, x, y: less(y, x) + 0.5 * equal(x, y), lambda out, x, y: less(x, y) + 0.5 * equal(x, y)),
    "max(x, y)", label="max", kinks="x = y: 1/2 each", compares=True,
    complex_value=complex_functions.largest, notation="max", latex=r"\max",
    lecture=(lambda out, x, y: less(y, x), lambda out, x, y: less(x, y)),
    array=lambda xp, x, y: xp.where((y > x) | (y != y), y, x),
    c="{1} > {0} || {1} != {1} ? {1} : {0}", llvm="emit_maximum",
    ball_value=ball_choices.maximum, infinity="x = inf: inf; x = -inf: y",
)  # fmt: skip
minimum: Primitive = primitive(
    "minimum", float_values.minimum,
    (lambda out, x, y: less(x, y) + 0.5 * equal(x, y), lambda out, x, y: less(y, x) + 0.5 * equal(x, y)),
    "min(x, y)", label="min", kinks="x = y: 1/2 each", compares=True,
    complex_value=complex_functions.smallest, notation="min", latex=r"\min",
    lecture=(lambda out, x, y: less(x, y), lambda out, x, y: less(y, x)),
    array=lambda xp, x, y: xp.where((y < x) | (y != y), y, x),
    c="{1} < {0} || {1} != {1} ? {1} : {0}", llvm="emit_minimum",
    ball_value=ball_choices.minimum, infinity="x = inf: y; x = -inf: -inf",
)  # fmt: skip
clip: Primitive = primitive(
    "clip", float_values.clip,
    (
        lambda out, x, low, high: less_equal(low, x) * less_equal(x, high),
        lambda out, x, low, high: less(x, low) * less_equal(low, high),
        lambda out, x, low, high: less(high, maximum(x, low)),
    ),
    "min(max(x, low), high)", kinks="x at a bound: 1 in x, 0 in the bound",
    lowering=lambda x, low, high: minimum(maximum(x, low), high),
    distance=lambda x, low, high: min(math.fabs(x - low), math.fabs(high - x), math.fabs(high - low)),
    complex_value=lambda x, low, high: complex_functions.smallest(complex_functions.largest(x, low), high),
    infinity="x = inf: high; x = -inf: low",
)  # fmt: skip
relu: Primitive = primitive(
    "relu", float_values.relu, (lambda out, x: less(0.0, x),), "max(0, x)", label="ReLU", kinks="0: 0",
    distance=math.fabs, complex_value=complex_functions.relu, role="rectifier",
    array=lambda xp, x: xp.where((x > 0.0) | (x != x), x, 0.0),
    c="{0} > 0.0 || {0} != {0} ? {0} : 0.0", llvm="emit_relu",
    ball_value=ball_choices.relu, infinity="-inf: 0; inf: inf",
)  # fmt: skip


def decide(condition: Scalar, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """a() or b(), for rules: nothing computed in the branch not taken reaches a value or a derivative of any order.

    Both are in the graph where the condition is more than a number, so that programs can be made of it.
    """
    if isinstance(condition, Operand):
        return cond(condition, a(), b())
    return a() if condition else b()


def infinite(x: Scalar) -> Any:
    """Whether x is inf or -inf, as a condition; not by |x|, whose kink at 0 checks would meet."""
    if isinstance(x, Operand):
        return logical_or(equal(x, INF), equal(x, -INF))
    return math.isinf(x)


def finite_or_zero(x: Scalar) -> Any:
    """x, but 0 where it is infinite: for products with a factor that is 0 there, to any power of x."""
    return where(infinite(x), 0.0, x)


def within_the_bell(x: Scalar) -> Any:
    """x, but 0 where e^(-x^2 / 2) is 0: no power of x may overflow beside it."""
    return where(less(40.0, abs(x)), 0.0, x)


def truth(condition: Scalar) -> Any:
    """1 for any condition that is not 0."""
    return logical_not(logical_not(condition))
