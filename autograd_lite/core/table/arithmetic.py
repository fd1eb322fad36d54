"""Rows of arithmetic: the operators of Python, and the square and the reciprocal."""

from autograd_lite.core import numerics
from autograd_lite.core.primitives import Primitive, primitive

add: Primitive = primitive("add", lambda x, y: x + y, (1.0, 1.0), "x + y", "+")
sub: Primitive = primitive("sub", lambda x, y: x - y, (1.0, -1.0), "x - y", "-")
mul: Primitive = primitive("mul", lambda x, y: x * y, (lambda out, x, y: y, lambda out, x, y: x), "x * y", "*")
div: Primitive = primitive(
    "div", lambda x, y: x / y, (lambda out, x, y: 1.0 / y, lambda out, x, y: -out / y), "x / y", "/",
    domain="y != 0", limit=numerics.quotient,
)  # fmt: skip
neg: Primitive = primitive("neg", lambda x: -x, (-1.0,), "-x", "-")
mod: Primitive = primitive(
    "mod", lambda x, y: x % y, (1.0, lambda out, x, y: -floor_divide(x, y)), "x % y", "%",
    domain="y != 0", kinks="x / y whole: the partials from within the cell",
)  # fmt: skip
floor_divide: Primitive = primitive(
    "floor_divide", numerics.floor_divide, (0.0, 0.0), "floor(x / y)", "//",
    domain="y != 0", kinks="x / y whole: 0", limit=numerics.quotient,
)  # fmt: skip
square: Primitive = primitive(
    "square", lambda x: x * x, (lambda out, x: 2.0 * x,), "x^2", "x²", lowering=lambda x: x * x
)
reciprocal: Primitive = primitive(
    "reciprocal", lambda x: 1.0 / x, (lambda out, x: -out * out,), "1 / x", "1/x",
    domain="x != 0", limit=lambda x: numerics.quotient(1.0, x), lowering=lambda x: 1.0 / x,
)  # fmt: skip
identity: Primitive = primitive("identity", lambda x: x, (1.0,), "x", "=", lowering=lambda x: x)
