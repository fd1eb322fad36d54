"""The table: all the mathematics of the library, one row per primitive, in files by family.

A row holds the value on floats, the partial derivative in each operand, the label in drawings, the formula, the
domain and the points without a derivative.  The function on Values, the operators, forward and reverse mode,
gradients of gradients and compiled programs all derive from it; `autograd_lite.core.primitives` explains the
columns.  Partials are written in rows themselves; `out` is the result of the row.
"""

from autograd_lite.core.table.arithmetic import add, div, floor_divide, identity, mod, mul, neg, reciprocal, square, sub
from autograd_lite.core.table.choices import (
    abs,
    ceil,
    clip,
    cond,
    copysign,
    equal,
    floor,
    fmod,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    maximum,
    minimum,
    relu,
    round,
    sign,
    trunc,
    where,
)
from autograd_lite.core.table.exponentials import (
    cbrt,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    pow,
    sigmoid,
    softplus,
    sqrt,
)
from autograd_lite.core.table.sequences import dot, logsumexp, max, mean, min, prod, sum
from autograd_lite.core.table.special import digamma, erf, erfc, gamma, lgamma, polygamma, trigamma
from autograd_lite.core.table.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    hypot,
    sin,
    sinh,
    tan,
    tanh,
)

__all__ = [
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "clip", "cond",
    "copysign", "cos", "cosh", "digamma", "div", "dot", "equal", "erf", "erfc", "exp", "exp2", "expm1", "floor",
    "floor_divide", "fmod", "gamma", "hypot", "identity", "less", "less_equal", "lgamma", "log", "log1p", "log2",
    "log10", "logaddexp", "logical_and", "logical_not", "logical_or", "logsumexp", "max", "maximum", "mean", "min",
    "minimum", "mod", "mul", "neg", "polygamma", "pow", "prod", "reciprocal", "relu", "round", "sigmoid", "sign",
    "sin", "sinh", "softplus", "sqrt", "square", "sub", "sum", "tan", "tanh", "trigamma", "trunc", "where",
]  # fmt: skip
