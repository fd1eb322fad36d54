"""Rows of arithmetic: the operators of Python, and the square and the reciprocal."""

from typing import Any

from autograd_lite.core import numerics
from autograd_lite.core.primitives import Primitive, primitive

add: Primitive = primitive("add", lambda x, y: x + y, (1.0, 1.0), "x + y", "+",
    python="{} + {}", llvm="fadd", commutes=True, rewrites=("-0.0 x = x", "x -0.0 = x", "x -y = sub x y", "-x y = sub y x"),
)  # fmt: skip
sub: Primitive = primitive("sub", lambda x, y: x - y, (1.0, -1.0), "x - y", "-",
    python="{} - {}", llvm="fsub", rewrites=("x 0.0 = x", "-0.0 x = neg x", "x -y = add x y"),
)  # fmt: skip
mul: Primitive = primitive("mul", lambda x, y: x * y, (lambda out, x, y: y, lambda out, x, y: x), "x * y", "*",
    python="{} * {}", llvm="fmul", commutes=True, rewrites=("1.0 x = x", "-1.0 x = neg x", "x 1.0 = x", "x -1.0 = neg x"),
)  # fmt: skip
div: Primitive = primitive(
    "div", lambda x, y: x / y, (lambda out, x, y: 1.0 / y, lambda out, x, y: -out / y), "x / y", "/",
    domain="y != 0", limit=numerics.quotient,
    python="{} / {}", llvm="fdiv", rewrites=("x 1.0 = x", "x -1.0 = neg x", "x 2^k = mul x 2^-k"),
)  # fmt: skip
neg: Primitive = primitive("neg", lambda x: -x, (-1.0,), "-x", "-",
    python="-{}", llvm="fneg", rewrites=("-x = x",),
)  # fmt: skip
mod: Primitive = primitive(
    "mod", lambda x, y: x % y, (1.0, lambda out, x, y: -floor_divide(x, y)), "x % y", "%",
    domain="y != 0", kinks="x / y whole: the partials from within the cell",
    array=lambda xp, x, y: mod_of_arrays(xp, x, y), llvm="emit_mod",
)  # fmt: skip
floor_divide: Primitive = primitive(
    "floor_divide", numerics.floor_divide, (0.0, 0.0), "floor(x / y)", "//",
    domain="y != 0", kinks="x / y whole: 0", limit=numerics.quotient,
    array="floor_divide", llvm="emit_floor_divide",
)  # fmt: skip
square: Primitive = primitive(
    "square", lambda x: x * x, (lambda out, x: 2.0 * x,), "x^2", "x²", lowering=lambda x: x * x,
    python="{0} * {0}",
)
reciprocal: Primitive = primitive(
    "reciprocal", lambda x: 1.0 / x, (lambda out, x: -out * out,), "1 / x", "1/x",
    domain="x != 0", limit=lambda x: numerics.quotient(1.0, x), lowering=lambda x: 1.0 / x,
)  # fmt: skip
identity: Primitive = primitive("identity", lambda x: x, (1.0,), "x", "=", lowering=lambda x: x,
    rewrites=("x = x",),
)  # fmt: skip


def mod_of_arrays(xp: Any, x: Any, y: Any) -> Any:
    """As Python: a remainder of 0 has the sign of y."""
    remainder = xp.remainder(x, y)
    return xp.where(remainder == 0.0, xp.copysign(remainder, y), remainder)
